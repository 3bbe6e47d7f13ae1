/*
 * See remains.h. Cgroups bear the number of the process that made them (docs/architecture.md).
 */
#include "remains.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TREE_DEPTH    20
#define MAX_PID       4194305 /* proc_sys_kernel(5): at most 2^22 */
#define CGROUP_ROOT   "/sys/fs/cgroup"
#define CGROUP_PREFIX "writ-"

long remains_fds(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int n = 0;

	while (fds && readdir(fds))
		n++;
	if (fds)
		closedir(fds);
	return n;
}

long remains_resident_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status) && sscanf(line, "VmRSS: %ld", &kib) != 1)
		;
	if (status)
		fclose(status);
	return kib;
}

static int n_cgroups;
static bool (*is_counted)(const char *name);

static int count_cgroup(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (type == FTW_D && !strncmp(path + at->base, CGROUP_PREFIX, strlen(CGROUP_PREFIX)))
		n_cgroups += is_counted(path + at->base);
	return 0;
}

static int maker_of(const char *name)
{
	int pid = 0;

	return sscanf(name, CGROUP_PREFIX "%*u-%d-", &pid) == 1 ? pid : 0;
}

static bool is_ours(const char *name)
{
	return maker_of(name) == (int)getpid();
}

static bool is_noted[MAX_PID];

void remains_note_maker(pid_t pid)
{
	is_noted[pid] = true;
}

/* What another run of ours has left, or somebody else, is no concern of this one's. */
static bool is_orphaned(const char *name)
{
	int maker = maker_of(name);

	return maker > 0 && maker < MAX_PID && is_noted[maker] && kill(maker, 0) && errno == ESRCH;
}

static int count_cgroups(bool (*which)(const char *name))
{
	n_cgroups = 0;
	is_counted = which;
	(void)nftw(CGROUP_ROOT, count_cgroup, TREE_DEPTH, FTW_PHYS | FTW_MOUNT);
	/* Version 1 mounts each hierarchy by itself. */
	DIR *root = opendir(CGROUP_ROOT);
	const struct dirent *entry;
	char path[512];

	while (root && (entry = readdir(root))) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", entry->d_name);
		if (*entry->d_name != '.' && entry->d_type == DT_DIR)
			(void)nftw(path, count_cgroup, TREE_DEPTH, FTW_PHYS | FTW_MOUNT);
	}
	if (root)
		closedir(root);
	return n_cgroups;
}

long remains_own_cgroups(void)
{
	return count_cgroups(is_ours);
}

long remains_orphaned_cgroups(void)
{
	return count_cgroups(is_orphaned);
}

static int count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	int c, n = 0;

	while (file && (c = getc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

long remains_mounts(void)
{
	return count_lines("/proc/self/mountinfo");
}

long remains_mappings(void)
{
	return count_lines("/proc/self/maps");
}

/* Tests have names of their own: a number follows in none of them. */
static bool is_writs(const char *name)
{
	return !strncmp(name, ".writ", 5) ||
	       (!strncmp(name, "writ-", 5) && name[5] >= '0' && name[5] <= '9');
}

long remains_files(void)
{
	static const char *const dirs[] = {"/tmp", "/dev/shm", "/run"};
	int n = 0;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		DIR *dir = opendir(dirs[i]);
		const struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			n += is_writs(entry->d_name);
		if (dir)
			closedir(dir);
	}
	return n;
}

/* Reaps until there is no child (true), or for so long. */
bool remains_no_children(int ms)
{
	for (; ms >= 0; ms--) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return true;
		(void)usleep(1000);
	}
	return false;
}

/* One round: those that are there now. */
static void kill_children(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	char path[64], text[512];

	while (proc && (entry = readdir(proc))) {
		int parent = 0, pid = atoi(entry->d_name);
		FILE *stat;

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		stat = fopen(path, "r");
		if (stat && fgets(text, sizeof(text), stat) && strrchr(text, ')') &&
		    sscanf(strrchr(text, ')'), ") %*c %d", &parent) == 1 && parent == getpid())
			kill(pid, SIGKILL);
		if (stat)
			fclose(stat);
	}
	if (proc)
		closedir(proc);
}

void remains_end_children(void)
{
	do
		kill_children();
	while (!remains_no_children(10));
}
