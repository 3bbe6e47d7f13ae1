/*
 * Whether launches leave anything: many at once, many in a row, and with the runtime killed.
 *
 *	stress WRIT BUNDLE SANDBOX AT_ONCE LAUNCHES KILLS
 *
 * Before and after, everything that could be left is counted: descriptors, memory, children, and
 * cgroups with our number in their names. We adopt orphans (PR_SET_CHILD_SUBREAPER), so that
 * whatever outlives its launcher is found. Exit status 1: something was left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/writ.h"

#define MAX_AT_ONCE   1000
#define WARM_UP       200
#define SLACK_KIB     256 /* of resident memory: what the allocator and the libc keep */
#define SETTLE_MS     2000
#define MAX_DELAY_US  4000
#define TREE_DEPTH    20
#define CGROUP_ROOT   "/sys/fs/cgroup"
#define CGROUP_PREFIX "writ-"

static bool failed;

__attribute__((format(printf, 2, 3))) static void tell(bool ok, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%s ", ok ? "ok  " : "FAIL");
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	va_end(args);
	failed = failed || !ok;
}

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "stress: %s: %s\n", what, why);
	exit(1);
}

/* ---- what can be left ---- */

static int count_fds(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int n = 0;

	while (fds && readdir(fds))
		n++;
	if (fds)
		closedir(fds);
	return n;
}

static long resident_kib(void)
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

/* Of a maker that is gone, whoever it was. */
static bool is_orphaned(const char *name)
{
	return maker_of(name) > 0 && kill(maker_of(name), 0) && errno == ESRCH;
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

/* Reaps until there is no child (true), or for so long. */
static bool no_children(int ms)
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

/* ---- many launches ---- */

static struct writ_process *start(const struct writ_sandbox *sandbox, const char *const *argv)
{
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}, .die_with_caller = 1};
	struct writ_process *process = NULL;
	struct writ_error error;

	if (writ_spawn(sandbox, &launch, &process, &error))
		give_up("writ_spawn", error.text);
	return process;
}

static void end(struct writ_process *process, int status)
{
	struct writ_result result;
	struct writ_error error;

	if (writ_wait(&process, &result, &error))
		give_up("writ_wait", error.text);
	if (result.end != WRIT_EXITED || result.status != status)
		tell(false, "a launch ended otherwise: end %d, status %d", (int)result.end,
		     result.status);
}

static void run_at_once(const struct writ_sandbox *sandbox, int n)
{
	static const char *const argv[] = {"sh", "-c", "sleep 1 & sleep 1 & exit 3", NULL};
	static struct writ_process *running[MAX_AT_ONCE];

	for (int i = 0; i < n; i++)
		running[i] = start(sandbox, argv);
	for (int i = 0; i < n; i++)
		end(running[i], 3);
}

static void run_in_a_row(const struct writ_sandbox *sandbox, int n)
{
	static const char *const argv[] = {"/bin/true", NULL};

	for (int i = 0; i < n; i++)
		end(start(sandbox, argv), 0);
}

struct state {
	int fds;
	long kib;
	int cgroups;
};

static struct state look(void)
{
	return (struct state){count_fds(), resident_kib(), count_cgroups(is_ours)};
}

static void compare(const char *what, int n, const struct state *before)
{
	bool childless = no_children(SETTLE_MS);
	struct state now = look();

	tell(childless && now.fds == before->fds && now.cgroups == before->cgroups &&
		     now.kib <= before->kib + SLACK_KIB,
	     "%d launches %s: %d descriptors and %d before, %ld KiB and %ld, %d cgroups and %d, "
	     "children: %s",
	     n, what, now.fds, before->fds, now.kib, before->kib, now.cgroups, before->cgroups,
	     childless ? "none" : "some");
}

/* ---- the runtime killed ---- */

/* `writ run` killed at a random moment of its life; what it started is ours then. */
static void kill_one(char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		for (int fd = 0; fd < 3; fd++)
			(void)dup2(null, fd);
		execv(argv[0], argv);
		_exit(99);
	}
	(void)usleep((unsigned)(rand() % MAX_DELAY_US));
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* How many of n kills leave a process of the launch; those are then ended. */
static int count_survivors(char *const *argv, int n)
{
	int survivors = 0;

	for (int i = 0; i < n; i++) {
		kill_one(argv);
		if (no_children(200))
			continue;
		survivors++;
		/* Not ours to end where the next launch does. */
	}
	return survivors;
}

static void end_all(void)
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

/* A launch by a process of its own sweeps up what the dead have left. */
static void sweep(char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(99);
	}
	(void)waitpid(pid, NULL, 0);
}

static void run_kills(char **words, int n, bool in_cgroup)
{
	char *const command[] = {words[1], "run", "-p",    words[2], "--sandbox",
				 words[3], "--",  "sleep", "60",     NULL};
	char *const tree[] = {words[1],    "run",
			      "-p",        words[2],
			      "--sandbox", words[3],
			      "--",        "sh",
			      "-c",        "sleep 60 & sleep 60 & sleep 60; exit 0",
			      NULL};
	char *const sweeper[] = {words[1], "run", "-p",   words[2], "--sandbox",
				 words[3], "--",  "true", NULL};
	int survivors = count_survivors(command, n);

	tell(survivors == 0, "writ killed %d times: the command outlived it %d times", n,
	     survivors);
	survivors = count_survivors(tree, n / 10);
	if (in_cgroup) {
		sweep(sweeper);
		tell(no_children(SETTLE_MS) && count_cgroups(is_orphaned) == 0,
		     "the same %d times with a command that forks: its children outlived it %d "
		     "times; the next launch ended them, and no cgroup is left",
		     n / 10, survivors);
	} else {
		end_all();
		tell(no_children(SETTLE_MS),
		     "the same %d times with a command that forks: its children outlived it %d "
		     "times (known: SECURITY.md)",
		     n / 10, survivors);
	}
}

static struct writ_sandbox *open_sandbox(char **words)
{
	struct writ_policy *policy;
	struct writ_sandbox *sandbox;
	struct writ_error error;

	if (writ_open(words[2], NULL, &policy, &error) ||
	    writ_sandbox_open(policy, writ_sandbox_id(policy, words[3], strlen(words[3])), &sandbox,
			      &error))
		give_up(words[2], error.text);
	writ_close(policy);
	return sandbox;
}

static bool is_in_cgroup(const struct writ_sandbox *sandbox)
{
	struct writ_limit limit;

	for (size_t i = 0; !writ_sandbox_limit(sandbox, i, &limit); i++) {
		if (strstr(limit.by, "cgroup"))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct writ_sandbox *sandbox;
	struct state before;
	bool in_cgroup;
	int at_once = argc == 7 ? atoi(argv[4]) : 0;

	if (argc != 7 || at_once < 1 || at_once > MAX_AT_ONCE) {
		fprintf(stderr, "usage: stress WRIT BUNDLE SANDBOX AT_ONCE LAUNCHES KILLS\n");
		return 2;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	srand((unsigned)time(NULL));
	sandbox = open_sandbox(argv);
	in_cgroup = is_in_cgroup(sandbox);
	run_at_once(sandbox, at_once < 20 ? at_once : 20);
	run_in_a_row(sandbox, WARM_UP);
	before = look();
	run_at_once(sandbox, at_once);
	compare("at once", at_once, &before);
	/* As many structures at once may have grown the heap. */
	before = look();
	run_in_a_row(sandbox, atoi(argv[5]));
	compare("in a row", atoi(argv[5]), &before);
	writ_sandbox_close(sandbox);
	run_kills(argv, atoi(argv[6]), in_cgroup);
	return failed;
}
