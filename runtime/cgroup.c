/*
 * Making, entering, killing and removing a launch's cgroup, in both versions.
 *
 * Its directories have one name, "writ-NAMESPACE-PID-NUMBER": the pid namespace and the number of
 * the process that made them, and a count. So a process that was killed before it could remove its
 * own has left what can be recognised: nobody has that number any more. The name ends in "-bound"
 * where what is inside was to die with its launcher, and then may be killed by whoever finds it.
 */
#include "runtime/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/raw.h"
#include "runtime/trial.h"

#define PREFIX          "writ-"
#define BOUND           "-bound"
#define PROCS_BYTES     4096
#define NAME_BYTES      80
#define NAME_TRIES      100
#define REMOVE_TRIES    1000
#define REMOVE_PAUSE_NS 1000000L
#define SWEEP_TRIES     20

static int control_path(const char *dir, const char *name, char *path)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int write_control(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	int rc = control_path(dir, name, path);

	return rc ? rc : fd_write_file(path, text);
}

/*
 * What each controller is told. Swap would be a second allowance; where it is not accounted, the
 * file is missing, or in version 1 can't be written. In version 2 the kernel can be told to kill
 * all of a cgroup when its memory is used up; in version 1 the waiting process does that.
 */
static const struct control {
	enum cgroup_controller controller;
	int version;
	const char *file;
	enum { TASKS, BYTES, ZERO, ONE } value;
	bool may_lack;
} controls[] = {
	{CGROUP_PIDS, 1, "pids.max", TASKS, false},
	{CGROUP_PIDS, 2, "pids.max", TASKS, false},
	{CGROUP_MEMORY, 1, "memory.limit_in_bytes", BYTES, false},
	{CGROUP_MEMORY, 1, "memory.memsw.limit_in_bytes", BYTES, true},
	{CGROUP_MEMORY, 2, "memory.max", BYTES, false},
	{CGROUP_MEMORY, 2, "memory.swap.max", ZERO, true},
	{CGROUP_MEMORY, 2, "memory.oom.group", ONE, true},
};

static int set_control(const struct cgroup_dir *dir, const struct control *control,
		       const struct cgroup_limits *limits)
{
	const uint64_t values[] = {
		[TASKS] = limits->max_tasks, [BYTES] = limits->max_bytes, [ONE] = 1};
	char text[24];
	int rc;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)values[control->value]);
	rc = write_control(dir->path, control->file, text);
	return rc && control->may_lack && (rc == -ENOENT || rc == -EOPNOTSUPP) ? 0 : rc;
}

static int set_limits(const struct cgroup_dir *dir, const struct cgroup_limits *limits)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(controls) / sizeof(controls[0]); i++) {
		if (controls[i].version == dir->version &&
		    dir->controllers & CGROUP_BIT(controls[i].controller))
			rc = set_control(dir, &controls[i], limits);
	}
	return rc;
}

/* Our pid namespace, as the number of its file; 0 where that is not to be seen. */
static unsigned long own_namespace(void)
{
	static atomic_ulong known;
	unsigned long number = atomic_load(&known);
	struct stat st;

	if (!number && !stat("/proc/self/ns/pid", &st)) {
		number = (unsigned long)st.st_ino;
		atomic_store(&known, number);
	}
	return number;
}

/*
 * A name may be taken, by a process with our number that another namespace hides from us. One that
 * is empty is removed, one that is not is left alone.
 */
static int make_directory(const char *base, const char *name, char *path)
{
	int rc = control_path(base, name, path);

	if (rc)
		return rc;
	rc = mkdir(path, 0755) ? -errno : 0;
	if (rc == -EEXIST && rmdir(path) == 0)
		rc = mkdir(path, 0755) ? -errno : 0;
	return rc;
}

static int make_part(const struct cgroup_dir *base, const struct cgroup_limits *limits,
		     const char *name, struct pool *pool, struct cgroup *out)
{
	struct cgroup_dir *dir = &out->dirs[out->n];
	char path[PATH_MAX];
	int rc = make_directory(base->path, name, path);

	if (rc)
		return rc;
	*dir = *base;
	dir->path = pool_strndup(pool, path, strlen(path));
	rc = dir->path ? set_limits(dir, limits) : -ENOMEM;
	if (rc)
		(void)rmdir(path);
	else
		out->n++;
	return rc;
}

static int make_named(const struct cgroup *bases, const struct cgroup_limits *limits,
		      const char *name, struct pool *pool, struct cgroup *out)
{
	int rc = 0;

	*out = (struct cgroup){.n = 0};
	for (size_t i = 0; !rc && i < bases->n; i++)
		rc = make_part(&bases->dirs[i], limits, name, pool, out);
	while (rc && out->n)
		(void)rmdir(out->dirs[--out->n].path);
	return rc;
}

int cgroup_create(const struct cgroup *bases, const struct cgroup_limits *limits, struct pool *pool,
		  struct cgroup *out)
{
	static atomic_uint counter;
	static atomic_bool swept;
	char name[NAME_BYTES];
	int rc = -EEXIST;

	/* Once in a process: it costs little, and whoever was killed has a successor sooner or
	 * later. */
	if (!atomic_exchange(&swept, true))
		cgroup_sweep(bases);
	for (int i = 0; i < NAME_TRIES && rc == -EEXIST; i++) {
		(void)snprintf(name, sizeof(name), PREFIX "%lu-%d-%u%s", own_namespace(),
			       (int)getpid(), atomic_fetch_add(&counter, 1),
			       limits->dies_with_us ? BOUND : "");
		rc = make_named(bases, limits, name, pool, out);
	}
	return rc;
}

void cgroup_close(struct cgroup_door *door)
{
	fd_close(&door->only);
	for (size_t i = 0; i < CGROUP__COUNT; i++)
		fd_close(&door->procs[i]);
}

static int open_above_stdio(const char *path, int flags, int *fd)
{
	*fd = fd_above_stdio(open(path, flags | O_CLOEXEC));
	return *fd < 0 ? -errno : 0;
}

int cgroup_open(const struct cgroup *cgroup, struct cgroup_door *door)
{
	char path[PATH_MAX];
	int rc = 0;

	*door = (struct cgroup_door){.only = -1, .procs = {-1, -1, -1}};
	if (cgroup->n == 1 && cgroup->dirs[0].version == 2)
		rc = open_above_stdio(cgroup->dirs[0].path, O_PATH | O_DIRECTORY, &door->only);
	for (size_t i = 0; !rc && i < cgroup->n; i++) {
		rc = control_path(cgroup->dirs[i].path, "cgroup.procs", path);
		if (!rc)
			rc = open_above_stdio(path, O_WRONLY, &door->procs[i]);
	}
	if (rc)
		cgroup_close(door);
	return rc;
}

int cgroup_enter(const struct cgroup_door *door)
{
	long rc = 0;

	for (size_t i = 0; rc >= 0 && i < CGROUP__COUNT; i++) {
		/* "0" is the process that writes. */
		if (door->procs[i] >= 0)
			rc = RAW(SYS_write, door->procs[i], "0", 1);
	}
	return rc < 0 ? (int)rc : 0;
}

static int enter_for_trial(void *door)
{
	return cgroup_enter(door) ? 1 : 0;
}

bool cgroup_works(const struct cgroup *bases)
{
	const struct cgroup_limits limits = {.max_tasks = 1, .max_bytes = (uint64_t)64 << 20};
	struct pool pool = {.head = NULL};
	struct cgroup made;
	struct cgroup_door door;
	bool works = false;

	if (bases->n && !cgroup_create(bases, &limits, &pool, &made)) {
		works = !cgroup_open(&made, &door) && trial_works(0, enter_for_trial, &door);
		cgroup_close(&door);
		cgroup_remove(&made);
	}
	pool_free(&pool);
	return works;
}

/* Kills what cgroup.procs lists, in as many bites as it takes; how many that were. */
static size_t kill_listed(const char *procs)
{
	char text[PROCS_BYTES];
	int fd = open(procs, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	const char *line = text;
	const char *end;
	size_t n_killed = 0;

	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	/* What follows the last newline is cut off, and may be the beginning of another number. */
	while ((end = strchr(line, '\n'))) {
		unsigned long pid = strtoul(line, NULL, 10);

		/* 0: a process that this pid namespace does not show. */
		if (pid > 0 && pid <= INT_MAX && kill((pid_t)pid, SIGKILL) == 0)
			n_killed++;
		line = end + 1;
	}
	return n_killed;
}

static void kill_part(const char *dir, int tries)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NS};
	char procs[PATH_MAX];

	/* Version 2 since Linux 5.14: all at once. */
	if (!write_control(dir, "cgroup.kill", "1") || control_path(dir, "cgroup.procs", procs))
		return;
	for (int i = 0; i < tries && kill_listed(procs); i++)
		(void)nanosleep(&pause, NULL);
}

static bool remove_part(const char *dir, int tries)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NS};

	for (int i = 0; i < tries; i++) {
		if (rmdir(dir) == 0 || errno != EBUSY)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

void cgroup_kill(const struct cgroup *cgroup)
{
	/* All of its directories hold the same processes. */
	if (cgroup->n)
		kill_part(cgroup->dirs[0].path, REMOVE_TRIES);
}

void cgroup_remove(const struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->n; i++)
		(void)remove_part(cgroup->dirs[i].path, REMOVE_TRIES);
}

/* Is this the name of a directory whose maker, of this namespace, is gone? */
static bool is_left(const char *name)
{
	char *end;
	unsigned long number;
	unsigned long pid;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	number = strtoul(name + strlen(PREFIX), &end, 10);
	if (*end != '-' || !number || number != own_namespace())
		return false;
	pid = strtoul(end + 1, &end, 10);
	return *end == '-' && pid > 0 && pid <= INT_MAX && kill((pid_t)pid, 0) && errno == ESRCH;
}

static void sweep_part(const char *base)
{
	DIR *entries = opendir(base);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (entries && (entry = readdir(entries))) {
		size_t len = strlen(entry->d_name);

		if (!is_left(entry->d_name) || control_path(base, entry->d_name, path))
			continue;
		if (len > strlen(BOUND) && strcmp(entry->d_name + len - strlen(BOUND), BOUND) == 0)
			kill_part(path, SWEEP_TRIES);
		(void)remove_part(path, SWEEP_TRIES);
	}
	if (entries)
		(void)closedir(entries);
}

void cgroup_sweep(const struct cgroup *bases)
{
	for (size_t i = 0; i < bases->n; i++)
		sweep_part(bases->dirs[i].path);
}
