/*
 * See tracee.h. Tasks are found by their ids in a table of chains. All that is read comes from the
 * kernel, but what is read from a task's memory is what the task put there: it is used to name
 * files in a policy that its author reads.
 */
#include "runtime/learn/tracee.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/learn/text.h"

#define BUCKETS     1024u
#define PAGE        4096u
#define STATUS_SIZE 4096
#define PROC_PATH   64

static struct tracee *buckets[BUCKETS];
static size_t n_tracees;

static struct tracee **chain(pid_t tid)
{
	return &buckets[(unsigned int)tid % BUCKETS];
}

struct tracee *tracee_find(pid_t tid)
{
	struct tracee *tracee = *chain(tid);

	while (tracee && tracee->tid != tid)
		tracee = tracee->next;
	return tracee;
}

uint64_t tracee_status(const struct tracee *tracee, const char *name)
{
	char text[STATUS_SIZE];
	char path[PROC_PATH];
	const char *found;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tracee->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	found = strstr(text, name);
	return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

struct tracee *tracee_get(pid_t tid)
{
	struct tracee *tracee = tracee_find(tid);
	const struct tracee *parent;

	if (tracee)
		return tracee;
	tracee = memset(learn_resize(NULL, 1, sizeof(*tracee)), 0, sizeof(*tracee));
	tracee->tid = tid;
	tracee->next = *chain(tid);
	*chain(tid) = tracee;
	n_tracees++;
	tracee->process = (pid_t)tracee_status(tracee, "\nTgid:");
	parent = tracee_find(tracee->process == tid ? (pid_t)tracee_status(tracee, "\nPPid:")
						    : tracee->process);
	if (parent) {
		tracee->inside = parent->inside;
		memcpy(tracee->program, parent->program, sizeof(tracee->program));
	}
	return tracee;
}

void tracee_forget(pid_t tid)
{
	struct tracee **link = chain(tid);
	struct tracee *tracee;

	while (*link && (*link)->tid != tid)
		link = &(*link)->next;
	tracee = *link;
	if (!tracee)
		return;
	*link = tracee->next;
	free(tracee);
	n_tracees--;
}

size_t tracee_count(void)
{
	return n_tracees;
}

void tracee_each(void (*visit)(const struct tracee *tracee, void *context), void *context)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct tracee *tracee = buckets[i]; tracee; tracee = tracee->next)
			visit(tracee, context);
	}
}

/* Where process_vm_readv(2) is refused, as by some containers' filters. */
static size_t read_file(const struct tracee *tracee, uint64_t address, void *buffer, size_t size)
{
	char path[PROC_PATH];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)tracee->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = pread(fd, buffer, size, (off_t)address);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

size_t tracee_read(const struct tracee *tracee, uint64_t address, void *buffer, size_t size)
{
	const struct iovec local = {.iov_base = buffer, .iov_len = size};
	/* struct iovec; an address of another process is no pointer of ours. */
	const uint64_t remote[] = {address, size};
	long n = syscall(SYS_process_vm_readv, (long)tracee->tid, &local, 1L, remote, 1L, 0L);

	return n > 0 ? (size_t)n : read_file(tracee, address, buffer, size);
}

bool tracee_string(const struct tracee *tracee, uint64_t address, char *buffer, size_t size)
{
	size_t n = 0;

	/* Page by page: the next may not be there, and need not be. */
	while (address && n < size) {
		size_t part = PAGE - (size_t)((address + n) % PAGE);
		size_t got;

		part = part < size - n ? part : size - n;
		got = tracee_read(tracee, address + n, buffer + n, part);
		if (memchr(buffer + n, '\0', got))
			return true;
		if (got != part)
			return false;
		n += got;
	}
	return false;
}

bool tracee_link(const struct tracee *tracee, const char *name, char *buffer, size_t size)
{
	char path[PROC_PATH];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)tracee->tid, name);
	n = readlink(path, buffer, size);
	if (n <= 0 || (size_t)n >= size)
		return false;
	buffer[n] = '\0';
	return true;
}

/* The directory that a relative path begins at; nothing for an absolute one. */
static bool put_base(const struct tracee *tracee, int directory, const char *path, char *base)
{
	char name[PROC_PATH];

	if (*path == '/') {
		*base = '\0';
		return true;
	}
	if (directory == AT_FDCWD)
		return tracee_link(tracee, "cwd", base, PATH_MAX);
	(void)snprintf(name, sizeof(name), "fd/%d", directory);
	return tracee_link(tracee, name, base, PATH_MAX);
}

/* "/proc/self" is the task's, not ours. */
static int join(const struct tracee *tracee, const char *base, const char *path, char *whole)
{
	static const struct {
		const char *name;
		size_t n;
	} own[] = {{"/proc/self/", 11}, {"/proc/thread-self/", 18}};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!strncmp(path, own[i].name, own[i].n))
			return snprintf(whole, PATH_MAX, "/proc/%d/%s", (int)tracee->tid,
					path + own[i].n);
	}
	return snprintf(whole, PATH_MAX, "%s%s%s", base, *base && *path ? "/" : "", path);
}

/* The last component stays as it is. */
static bool resolve_directory(char *whole, char *resolved)
{
	size_t n = strlen(whole);
	const char *name;

	while (n > 1 && whole[n - 1] == '/')
		whole[--n] = '\0';
	name = text_base(whole);
	if (!strcmp(name, ".") || !strcmp(name, "..") || !*name)
		return realpath(whole, resolved);
	whole[n - strlen(name) - 1] = '\0';
	if (!realpath(*whole ? whole : "/", resolved))
		return false;
	n = strlen(resolved);
	return snprintf(resolved + n, PATH_MAX - n, "%s%s", n > 1 ? "/" : "", name) <
	       (int)(PATH_MAX - n);
}

bool tracee_resolve(const struct tracee *tracee, int directory, const char *path, bool follow,
		    char *resolved)
{
	char base[PATH_MAX];
	char whole[PATH_MAX];
	int n;

	if (!put_base(tracee, directory, path, base))
		return false;
	n = join(tracee, base, path, whole);
	if (n <= 0 || n >= PATH_MAX || *whole != '/')
		return false;
	if (follow && realpath(whole, resolved))
		return true;
	return resolve_directory(whole, resolved);
}
