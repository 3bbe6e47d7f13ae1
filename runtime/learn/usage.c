/*
 * See usage.h. Memory is looked at when it may have grown by much and before a process ends; a
 * peak in between is missed, which the headroom of the limits made from it has to cover. The size
 * of a file is where a write to it ended.
 */
#include "runtime/learn/usage.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "runtime/learn/text.h"

#define MS_PER_S  1000u
#define NS_PER_MS 1000000u
#define US_PER_MS 1000u
#define LARGE_MAP (1u << 20)

enum what { MAPS, GROWS, OPENS, COPIES, WRITES };

static const struct usage_row {
	long number;
	enum what what;
} rows[] = {
#ifdef SYS_open
	{SYS_open, OPENS},      {SYS_dup2, OPENS},
#endif
	{SYS_mmap, MAPS},       {SYS_mremap, GROWS},     {SYS_brk, GROWS},
	{SYS_openat, OPENS},    {SYS_dup, OPENS},        {SYS_dup3, OPENS},
	{SYS_socket, OPENS},    {SYS_accept4, OPENS},    {SYS_epoll_create1, OPENS},
	{SYS_write, WRITES},    {SYS_writev, WRITES},    {SYS_pwrite64, WRITES},
	{SYS_sendfile, WRITES}, {SYS_ftruncate, WRITES}, {SYS_copy_file_range, COPIES},
};

static uint64_t now_ms(void)
{
	struct timespec now = {.tv_sec = 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * MS_PER_S + (uint64_t)now.tv_nsec / NS_PER_MS;
}

void usage_begin(struct usage *usage)
{
	usage->started_ms = now_ms();
}

static uint64_t time_ms(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * MS_PER_S + (uint64_t)time->tv_usec / US_PER_MS;
}

void usage_end(struct usage *usage)
{
	struct rusage children;

	usage->wall_ms = now_ms() - usage->started_ms;
	if (!getrusage(RUSAGE_CHILDREN, &children))
		usage->cpu_ms = time_ms(&children.ru_utime) + time_ms(&children.ru_stime);
}

static void raise_to(uint64_t *peak, uint64_t value)
{
	if (value > *peak)
		*peak = value;
}

static void add_memory(const struct tracee *tracee, void *context)
{
	*(uint64_t *)context += tracee->memory_kib;
}

void usage_task(struct usage *usage, struct tracee *tracee)
{
	struct tracee *process = tracee_find(tracee->process);
	uint64_t sum = 0;

	raise_to(&usage->tasks, tracee_count());
	if (process)
		process->memory_kib = tracee_status(tracee, "\nVmData:");
	tracee_each(add_memory, &sum);
	raise_to(&usage->memory_kib, sum);
}

/* A file of a descriptor: its size by now, if it is a regular one. */
static void written(struct usage *usage, const struct tracee *tracee, int fd, int64_t result)
{
	char path[64];
	struct stat st;

	if (fd == 1 || fd == 2)
		usage->output_bytes += (uint64_t)result;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tracee->tid, fd);
	if (!stat(path, &st) && S_ISREG(st.st_mode))
		raise_to(&usage->file_bytes, (uint64_t)st.st_size);
}

void usage_call(struct usage *usage, const struct tracee *tracee, int64_t result)
{
	const struct usage_row *row = rows;
	const struct usage_row *end = rows + sizeof(rows) / sizeof(rows[0]);

	while (row < end && (uint64_t)row->number != tracee->number)
		row++;
	if (row == end || result < 0)
		return;
	switch (row->what) {
	case MAPS:
		if (tracee->args[1] >= LARGE_MAP)
			usage_task(usage, tracee_find(tracee->tid));
		break;
	case GROWS:
		usage_task(usage, tracee_find(tracee->tid));
		break;
	case OPENS:
		raise_to(&usage->descriptors, (uint64_t)result + 1);
		break;
	case COPIES:
		written(usage, tracee, (int)tracee->args[2], result);
		break;
	case WRITES:
		written(usage, tracee, (int)tracee->args[0], result);
		break;
	}
}
