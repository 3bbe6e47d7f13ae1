/*
 * See facts.h. All is read from /proc of a process that has just been executed and not yet run. The
 * bytes of its filters are the kernel's word (PTRACE_SECCOMP_GET_FILTER), which only root gets.
 */
#include "facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FILTER_BYTES (4096 * 8)
#define MAX_FILTERS      8

struct facts {
	pid_t pid;
	char *text;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct facts *facts, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(facts->text + facts->len, facts->size - facts->len, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= facts->size - facts->len) {
		fprintf(stderr, "faults: the facts do not fit\n");
		exit(1);
	}
	facts->len += (size_t)n;
}

static FILE *open_file(const struct facts *facts, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)facts->pid, name);
	return fopen(path, "re");
}

static void add_status(struct facts *facts)
{
	static const char *const names[] = {
		"Umask:",      "Uid:",     "Gid:",    "Groups:",         "SigBlk:",
		"SigIgn:",     "SigCgt:",  "CapInh:", "CapPrm:",         "CapEff:",
		"NoNewPrivs:", "Seccomp:", "CapAmb:", "Seccomp_filters:"};
	FILE *file = open_file(facts, "status");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			if (!strncmp(line, names[i], strlen(names[i])))
				add(facts, "%s", line);
		}
	}
	if (file)
		fclose(file);
}

/* proc(5): session and group are told by whether they are its own. */
static void add_stat(struct facts *facts)
{
	FILE *file = open_file(facts, "stat");
	char line[1024] = "";
	const char *rest;
	int group = 0, session = 0, tty = 0;
	long nice = 0;
	unsigned priority = 0, policy = 0;

	if (file && fgets(line, sizeof(line), file) && (rest = strrchr(line, ')')))
		(void)sscanf(rest + 1,
			     " %*c %*d %d %d %d %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %ld "
			     "%*d %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u "
			     "%*u %*d %*d %u %u",
			     &group, &session, &tty, &nice, &priority, &policy);
	if (file)
		fclose(file);
	add(facts, "group: %s\nsession: %s\nterminal: %d\nnice: %ld\nscheduling: %u %u\n",
	    group == facts->pid ? "own" : "other", session == facts->pid ? "own" : "other", tty,
	    nice, policy, priority);
	add(facts, "io priority: %ld\n", syscall(SYS_ioprio_get, 1, facts->pid));
}

/* A file that is taken as it is, line by line with a word before. */
static void add_file(struct facts *facts, const char *name)
{
	FILE *file = open_file(facts, name);
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		add(facts, "%s: %s", name, line);
	if (file)
		fclose(file);
}

static void add_environment(struct facts *facts)
{
	FILE *file = open_file(facts, "environ");
	char *entry = NULL;
	size_t size = 0;

	while (file && getdelim(&entry, &size, '\0', file) > 0)
		add(facts, "environment: %s\n", entry);
	free(entry);
	if (file)
		fclose(file);
}

static void add_descriptors(struct facts *facts)
{
	char path[64];
	DIR *fds;
	const struct dirent *entry;
	unsigned long long low = 0;
	int n_high = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)facts->pid);
	fds = opendir(path);
	while (fds && (entry = readdir(fds))) {
		int number = atoi(entry->d_name);

		if (*entry->d_name == '.')
			continue;
		if (number < 64)
			low |= 1ull << number;
		else
			n_high++;
	}
	if (fds)
		closedir(fds);
	add(facts, "descriptors: %llx and %d\n", low, n_high);
}

static void add_namespaces(struct facts *facts)
{
	static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64];
		char ours[64] = "";
		char its[64] = "";
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, ours, sizeof(ours) - 1);
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)facts->pid, names[i]);
		if (n <= 0 || readlink(path, its, sizeof(its) - 1) <= 0)
			continue;
		add(facts, "namespace %s: %s\n", names[i], strcmp(ours, its) ? "own" : "shared");
	}
}

/* In a mount namespace of its own: what is mounted where, and how. */
static void add_mounts(struct facts *facts)
{
	FILE *file = strstr(facts->text, "namespace mnt: own") ? open_file(facts, "mountinfo")
							       : NULL;
	char line[1024], point[512], options[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*d %*d %*s %*s %511s %255s", point, options) == 2)
			add(facts, "mount: %s %s\n", point, options);
	}
	if (file)
		fclose(file);
}

static void add_control(struct facts *facts, const char *controllers, const char *path,
			const char *control)
{
	char name[768];
	char value[64] = "";
	FILE *file;

	(void)snprintf(name, sizeof(name), "/sys/fs/cgroup/%s%s/%s", controllers, path, control);
	file = fopen(name, "re");
	if (file && fgets(value, sizeof(value), file))
		add(facts, "cgroup: %s %s", control, value);
	if (file)
		fclose(file);
}

static void add_cgroups(struct facts *facts)
{
	static const char *const controls[] = {"pids.max",        "memory.limit_in_bytes",
					       "memory.max",      "memory.memsw.limit_in_bytes",
					       "memory.swap.max", "memory.oom.group"};
	FILE *file = open_file(facts, "cgroup");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path || !strstr(path, "/writ-"))
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		add(facts, "cgroup: own, %s\n", controllers + 1);
		for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++)
			add_control(facts, controllers + 1, path, controls[i]);
	}
	if (file)
		fclose(file);
}

static void add_filters(struct facts *facts)
{
	static unsigned char bytes[MAX_FILTER_BYTES];

	for (long i = 0; i < MAX_FILTERS; i++) {
		long n = ptrace(PTRACE_SECCOMP_GET_FILTER, facts->pid, i, bytes);
		uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

		if (n <= 0)
			return;
		for (long at = 0; at < n * 8 && at < MAX_FILTER_BYTES; at++)
			hash = (hash ^ bytes[at]) * 0x100000001b3u;
		add(facts, "filter: %ld instructions, %llx\n", n, (unsigned long long)hash);
	}
}

static void add_processors(struct facts *facts)
{
	cpu_set_t set;

	if (!sched_getaffinity(facts->pid, sizeof(set), &set))
		add(facts, "processors: %d\n", CPU_COUNT(&set));
}

void facts_read(pid_t pid, char *text, size_t size)
{
	struct facts facts = {.pid = pid, .text = text, .size = size};

	text[0] = '\0';
	add_status(&facts);
	add_stat(&facts);
	add_file(&facts, "personality");
	add_file(&facts, "limits");
	add_environment(&facts);
	add_descriptors(&facts);
	add_namespaces(&facts);
	add_mounts(&facts);
	add_cgroups(&facts);
	add_filters(&facts);
	add_processors(&facts);
}
