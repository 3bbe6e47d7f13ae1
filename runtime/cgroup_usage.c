/*
 * What a launch's cgroup has counted, read from its files.
 *
 * A file that is missing (an older kernel's) or not a number makes what it would tell unknown, and
 * nothing else.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup.h"
#include "runtime/fd.h"

#define FILE_BYTES 1024
#define NS_PER_US  1000u
#define OOM_BYTES  ((uint64_t)64 << 10)

static const struct cgroup_dir *dir_of(const struct cgroup *cgroup,
				       enum cgroup_controller controller)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		if (cgroup->dirs[i].controllers & CGROUP_BIT(controller))
			return &cgroup->dirs[i];
	}
	return NULL;
}

static bool read_control(const struct cgroup_dir *dir, const char *file, char *text)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir->path, file);

	return n > 0 && (size_t)n < sizeof(path) && fd_read_file(path, text, FILE_BYTES) >= 0;
}

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (end == text || (*end != '\n' && *end != '\0'))
		return false;
	*out = number;
	return true;
}

/* A file of one number. */
static bool read_number(const struct cgroup_dir *dir, const char *file, uint64_t *out)
{
	char text[FILE_BYTES];

	return read_control(dir, file, text) && parse_number(text, out);
}

/* The number behind a key, of lines "key number". */
static bool find_number(const char *text, const char *key, uint64_t *out)
{
	size_t len = strlen(key);

	while (*text) {
		if (strncmp(text, key, len) == 0 && text[len] == ' ')
			return parse_number(text + len + 1, out);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

uint64_t cgroup_cpu_us(const struct cgroup *cgroup)
{
	const struct cgroup_dir *dir = dir_of(cgroup, CGROUP_CPU);
	char text[FILE_BYTES];
	uint64_t n = 0;

	if (!dir)
		return 0;
	if (dir->version == 1)
		return read_number(dir, "cpuacct.usage", &n) ? n / NS_PER_US : 0;
	return read_control(dir, "cpu.stat", text) && find_number(text, "usage_usec", &n) ? n : 0;
}

/*
 * Version 1 counts the sum exactly, but user and system time in ticks: as the kernel does for a
 * process, the sum is divided in the proportion of the ticks.
 */
static void read_cpu_v1(const struct cgroup_dir *dir, struct cgroup_usage *out)
{
	uint64_t user = 0;
	uint64_t system = 0;
	uint64_t sum = 0;

	out->has_cpu = read_number(dir, "cpuacct.usage", &sum) &&
		       read_number(dir, "cpuacct.usage_user", &user) &&
		       read_number(dir, "cpuacct.usage_sys", &system);
	sum /= NS_PER_US;
	if (user + system)
		out->cpu_system_us =
			(uint64_t)((double)sum * (double)system / (double)(user + system));
	out->cpu_user_us = sum - out->cpu_system_us;
}

static void read_cpu(const struct cgroup *cgroup, struct cgroup_usage *out)
{
	const struct cgroup_dir *dir = dir_of(cgroup, CGROUP_CPU);
	char text[FILE_BYTES];

	if (!dir)
		return;
	if (dir->version == 1)
		read_cpu_v1(dir, out);
	else
		out->has_cpu = read_control(dir, "cpu.stat", text) &&
			       find_number(text, "user_usec", &out->cpu_user_us) &&
			       find_number(text, "system_usec", &out->cpu_system_us);
}

/*
 * Was the limit of version 1 reached? Its counter of that, failcnt, stays zero on some kernels, so
 * the peak tells: what the kernel kills for is at most a few pages.
 */
static bool limit_reached_v1(const struct cgroup_dir *dir)
{
	uint64_t limit = UINT64_MAX;
	uint64_t peak = 0;
	uint64_t peak_with_swap = 0;

	(void)read_number(dir, "memory.limit_in_bytes", &limit);
	(void)read_number(dir, "memory.max_usage_in_bytes", &peak);
	(void)read_number(dir, "memory.memsw.max_usage_in_bytes", &peak_with_swap);
	if (peak_with_swap > peak)
		peak = peak_with_swap;
	return peak + OOM_BYTES >= limit;
}

/* Only when its own limit was reached: a host without memory kills as well. */
uint64_t cgroup_oom_kills(const struct cgroup *cgroup)
{
	const struct cgroup_dir *dir = dir_of(cgroup, CGROUP_MEMORY);
	char text[FILE_BYTES];
	uint64_t reached = 0;
	uint64_t kills = 0;

	if (!dir ||
	    !read_control(dir, dir->version == 1 ? "memory.oom_control" : "memory.events", text) ||
	    !find_number(text, "oom_kill", &kills) || !kills)
		return 0;
	if (dir->version == 1)
		return limit_reached_v1(dir) ? kills : 0;
	return find_number(text, "oom", &reached) && reached ? kills : 0;
}

static void read_memory(const struct cgroup *cgroup, struct cgroup_usage *out)
{
	const struct cgroup_dir *dir = dir_of(cgroup, CGROUP_MEMORY);

	if (!dir)
		return;
	out->has_peak = read_number(dir,
				    dir->version == 1 ? "memory.max_usage_in_bytes" : "memory.peak",
				    &out->peak_bytes);
	out->oom_kills = cgroup_oom_kills(cgroup);
}

static void read_tasks(const struct cgroup *cgroup, struct cgroup_usage *out)
{
	const struct cgroup_dir *dir = dir_of(cgroup, CGROUP_PIDS);
	char text[FILE_BYTES];

	if (!dir)
		return;
	out->has_tasks = read_control(dir, "pids.events", text) &&
			 find_number(text, "max", &out->refused_tasks);
	(void)read_number(dir, "pids.peak", &out->peak_tasks);
}

void cgroup_usage(const struct cgroup *cgroup, struct cgroup_usage *out)
{
	*out = (struct cgroup_usage){.has_cpu = false};
	read_cpu(cgroup, out);
	read_memory(cgroup, out);
	read_tasks(cgroup, out);
}
