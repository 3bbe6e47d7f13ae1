/*
 * Cgroups by themselves: made, entered, counted, killed, removed; and what others have left.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/task.h"

#define TRIES      5000
#define UNIFIED    "/sys/fs/cgroup/unified"
#define BOUND_TEXT "-bound"

static struct pool pool;
static struct cgroup bases;
static struct cgroup made;
static struct cgroup_door door;
static const struct cgroup_limits limits = {.max_tasks = 5, .max_bytes = 64 << 20};

static void find(enum cgroup_controller controller)
{
	cr_assert_eq(cgroup_find(CGROUP_BIT(controller), &pool, &bases), 0);
	if (!cgroup_works(&bases))
		cr_skip_test("no such cgroup can be made here");
}

static void make(void)
{
	cr_assert_eq(cgroup_create(&bases, &limits, &pool, &made), 0);
	cr_assert_eq(cgroup_open(&made, &door), 0);
}

static void unmake(void)
{
	cgroup_close(&door);
	cgroup_remove(&made);
	for (size_t i = 0; i < made.n; i++)
		cr_expect_eq(access(made.dirs[i].path, F_OK), -1, "%s is left", made.dirs[i].path);
}

/* A child in the cgroup: it enters, then runs. Its wait status. */
static int status_inside(int (*run)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(cgroup_enter(&door) ? 99 : run());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static const char *name_of(const struct cgroup_dir *dir)
{
	return strrchr(dir->path, '/') + 1;
}

/* A directory beside ours with the name that ours would have, but for some fields. */
static const char *sibling(unsigned long namespace, int pid, unsigned int n, const char *end)
{
	static char path[PATH_MAX];
	const char *dir = bases.dirs[0].path;

	snprintf(path, sizeof(path), "%s/writ-%lu-%d-%u%s", dir, namespace, pid, n, end);
	return path;
}

static unsigned long own_namespace(unsigned int *n)
{
	unsigned long number = 0;
	int pid = 0;

	make();
	cr_assert_eq(sscanf(name_of(&made.dirs[0]), "writ-%lu-%d-%u", &number, &pid, n), 3, "%s",
		     name_of(&made.dirs[0]));
	cr_assert_eq(pid, getpid());
	unmake();
	return number;
}

Test(cgroup, a_name_that_is_taken_is_no_obstacle)
{
	char busy[PATH_MAX], inner[PATH_MAX + 8];
	unsigned long number;
	unsigned int next;

	find(CGROUP_PIDS);
	number = own_namespace(&next);
	/* The next one is not empty, the one after it is. */
	snprintf(busy, sizeof(busy), "%s", sibling(number, getpid(), next + 1, ""));
	snprintf(inner, sizeof(inner), "%s/inner", busy);
	cr_assert(mkdir(busy, 0755) == 0 && mkdir(inner, 0755) == 0);
	cr_assert_eq(mkdir(sibling(number, getpid(), next + 2, ""), 0755), 0);
	make();
	cr_expect_str_eq(made.dirs[0].path, sibling(number, getpid(), next + 2, ""));
	unmake();
	cr_expect(rmdir(inner) == 0 && rmdir(busy) == 0);
}

Test(cgroup, kill_ends_what_is_in_it_and_nothing_else, .timeout = 20)
{
	pid_t inside, outside;
	int status = 0;

	find(CGROUP_PIDS);
	make();
	outside = fork();
	if (outside == 0)
		_exit(pause());
	inside = fork();
	if (inside == 0)
		_exit(cgroup_enter(&door) ? 1 : pause());
	/* Until it has entered there is nothing to kill. */
	for (int i = 0; i < TRIES && waitpid(inside, &status, WNOHANG) == 0; i++) {
		cgroup_kill(&made);
		(void)usleep(1000);
	}
	(void)kill(inside, SIGTERM);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(waitpid(outside, NULL, WNOHANG), 0);
	kill(outside, SIGKILL);
	waitpid(outside, NULL, 0);
	unmake();
}

/* Who makes cgroups. While it lives nobody sweeps them up, of those who run beside this test
 * either. */
static pid_t begin_maker(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(pause());
	cr_assert(pid > 0);
	return pid;
}

static void end_maker(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

/* Its maker is gone: removed. It is alive, or another namespace's: left alone. */
Test(cgroup, what_the_dead_have_left_is_swept_up, .timeout = 20)
{
	unsigned long number;
	unsigned int n;
	pid_t dead = begin_maker();

	find(CGROUP_PIDS);
	number = own_namespace(&n);
	cr_assert_eq(mkdir(sibling(number, dead, 1, ""), 0755), 0);
	cr_assert_eq(mkdir(sibling(number, dead, 2, BOUND_TEXT), 0755), 0);
	cr_assert_eq(mkdir(sibling(number, getppid(), 3, ""), 0755), 0);
	cr_assert_eq(mkdir(sibling(number + 1, dead, 4, ""), 0755), 0);
	end_maker(dead);
	cgroup_sweep(&bases);
	cr_expect_eq(rmdir(sibling(number, dead, 1, "")), -1);
	cr_expect_eq(rmdir(sibling(number, dead, 2, BOUND_TEXT)), -1);
	cr_expect_eq(rmdir(sibling(number, getppid(), 3, "")), 0);
	cr_expect_eq(rmdir(sibling(number + 1, dead, 4, "")), 0);
}

/* Puts a process into a directory; it is in it when this returns. */
static pid_t sleeper_in(const char *dir)
{
	struct cgroup there = {.n = 1, .dirs = {{.path = dir, .version = 1}}};
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	cr_assert_eq(cgroup_open(&there, &door), 0);
	pid = fork();
	if (pid == 0) {
		if (cgroup_enter(&door) || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(pause());
	}
	cgroup_close(&door);
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

/* What was to die with its launcher is killed; what was not, goes on where it is. */
Test(cgroup, only_what_was_bound_to_the_dead_is_killed, .timeout = 20)
{
	char bound[PATH_MAX], free_dir[PATH_MAX];
	pid_t dead = begin_maker(), doomed, spared;
	unsigned long number;
	unsigned int n;
	int status = 0;

	find(CGROUP_PIDS);
	number = own_namespace(&n);
	snprintf(bound, sizeof(bound), "%s", sibling(number, dead, 1, BOUND_TEXT));
	snprintf(free_dir, sizeof(free_dir), "%s", sibling(number, dead, 2, ""));
	cr_assert(mkdir(bound, 0755) == 0 && mkdir(free_dir, 0755) == 0);
	doomed = sleeper_in(bound);
	spared = sleeper_in(free_dir);
	end_maker(dead);
	cgroup_sweep(&bases);
	cr_expect_eq(waitpid(doomed, &status, 0), doomed);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(waitpid(spared, NULL, WNOHANG), 0);
	kill(spared, SIGKILL);
	waitpid(spared, NULL, 0);
	cgroup_sweep(&bases);
	cr_expect_eq(rmdir(bound), -1);
	cr_expect_eq(rmdir(free_dir), -1);
}

static int fork_too_often(void)
{
	int failed = 0;

	for (int i = 0; i < 8; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(pause());
		failed += pid < 0;
	}
	return failed;
}

Test(cgroup, processes_are_bounded_and_counted, .timeout = 20)
{
	struct cgroup_usage usage;
	int status;

	find(CGROUP_PIDS);
	make();
	status = status_inside(fork_too_often);
	cgroup_kill(&made);
	cr_expect_eq(WEXITSTATUS(status), 4, "5 of 9 processes are allowed, status %x",
		     (unsigned)status);
	cgroup_usage(&made, &usage);
	cr_expect(usage.has_tasks && !usage.has_cpu && !usage.has_peak);
	cr_expect_eq(usage.refused_tasks, 4);
	cr_expect(usage.peak_tasks == 5 || usage.peak_tasks == 0);
	unmake();
}

static int touch(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 98;
	for (size_t i = 0; i < bytes; i += 4096)
		memory[i] = 1;
	return 7;
}

static int touch_half(void)
{
	return touch((size_t)32 << 20);
}

static int touch_double(void)
{
	return touch((size_t)128 << 20);
}

/* Shared memory too, which no resource limit counts. */
Test(cgroup, memory_is_bounded_and_counted, .timeout = 20)
{
	struct cgroup_usage usage;
	int status;

	find(CGROUP_MEMORY);
	make();
	status = status_inside(touch_half);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	cgroup_usage(&made, &usage);
	cr_expect(usage.has_peak && !usage.oom_kills);
	cr_expect_geq(usage.peak_bytes, UINT64_C(32) << 20);
	status = status_inside(touch_double);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x",
		  (unsigned)status);
	cr_expect_eq(cgroup_oom_kills(&made), 1);
	unmake();
}

/* What a control file of the cgroup says, or "" where there is none. */
static const char *control_text(const char *name)
{
	static char text[2][64];
	static unsigned int turn;
	char *out = text[turn++ % 2];
	char path[4096];
	FILE *file;

	*out = '\0';
	for (size_t i = 0; i < made.n; i++) {
		snprintf(path, sizeof(path), "%s/%s", made.dirs[i].path, name);
		file = fopen(path, "re");
		if (file && !fgets(out, sizeof(text[0]), file))
			*out = '\0';
		if (file)
			fclose(file);
	}
	return out;
}

Test(cgroup, swap_is_no_second_allowance)
{
	const char *limit;

	find(CGROUP_MEMORY);
	make();
	limit = control_text("memory.memsw.limit_in_bytes");
	if (*limit)
		cr_expect_str_eq(limit, control_text("memory.limit_in_bytes"));
	else if (*(limit = control_text("memory.swap.max")))
		cr_expect_str_eq(limit, "0\n");
	unmake();
	if (!*limit)
		cr_skip_test("swap is not counted here");
}

static int spin(void)
{
	for (volatile unsigned long i = 0; i < 100000000; i++)
		;
	return 0;
}

Test(cgroup, processor_time_is_counted, .timeout = 60)
{
	struct cgroup_usage usage;

	find(CGROUP_CPU);
	make();
	cr_expect_eq(status_inside(spin), 0);
	cgroup_usage(&made, &usage);
	cr_expect(usage.has_cpu);
	cr_expect_gt(usage.cpu_user_us, UINT64_C(10000));
	cr_expect_eq(usage.cpu_user_us + usage.cpu_system_us, cgroup_cpu_us(&made));
	unmake();
}

static int say_where(void *fd)
{
	char text[8192];
	FILE *file = fopen("/proc/self/cgroup", "r");
	size_t n = file ? fread(text, 1, sizeof(text), file) : 0;

	_exit(write(*(int *)fd, text, n) == (ssize_t)n ? 7 : 1);
}

/* Version 2 is where a process can be born inside; here perhaps beside a version 1. */
Test(cgroup, a_process_is_born_in_its_cgroup, .timeout = 20)
{
	static alignas(16) char stack[65536];
	char text[8192] = "";
	int pidfd = -1, ends[2], status = 0;
	pid_t pid;

	bases = (struct cgroup){
		.n = 1,
		.dirs = {{.path = access(UNIFIED, W_OK) ? "/sys/fs/cgroup" : UNIFIED,
			  .version = 2,
			  .controllers = CGROUP_BIT(CGROUP_CPU)}},
	};
	if (access("/sys/fs/cgroup/cgroup.procs", W_OK) && access(UNIFIED "/cgroup.procs", W_OK))
		cr_skip_test("no cgroup of version 2 can be made here");
	make();
	cr_assert_geq(door.only, 0);
	cr_assert_eq(pipe(ends), 0);
	pid = task_clone(&(struct task_request){.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
						.cgroup = door.only,
						.stack = stack,
						.stack_bytes = sizeof(stack),
						.pidfd = &pidfd},
			 say_where, &ends[1]);
	cr_assert_gt(pid, 0, "%s", strerror(errno));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	cr_expect_geq(pidfd, 0);
	cr_assert_gt(read(ends[0], text, sizeof(text) - 1), 0);
	cr_expect_not_null(strstr(text, name_of(&made.dirs[0])), "%s", text);
	unmake();
	/* A directory that is none is refused, and nothing is born. */
	cr_expect_eq(task_clone(&(struct task_request){.flags = CLONE_VM | CLONE_VFORK,
						       .cgroup = ends[0],
						       .stack = stack,
						       .stack_bytes = sizeof(stack)},
				say_where, &ends[1]),
		     -EBADF);
}

static int ordinary_user(void)
{
	struct pool own = {.head = NULL};
	struct cgroup found;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 2;
	if (cgroup_find(CGROUP_BIT(CGROUP_PIDS) | CGROUP_BIT(CGROUP_MEMORY), &own, &found))
		return 3;
	return found.n && cgroup_works(&found) ? 1 : 0;
}

/* Nobody has delegated anything to a user that nobody is. */
Test(cgroup, an_ordinary_user_is_let_in_nowhere, .timeout = 20)
{
	pid_t pid;
	int status = -1;

	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	pid = fork();
	if (pid == 0)
		_exit(ordinary_user());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "status %x", (unsigned)status);
}
