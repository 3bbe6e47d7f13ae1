/*
 * Launches in namespaces of their own, with a keeper; and what is left where the host refuses them.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/box.h"
#include "support/refusals.h"
#include "support/bundle_maker.h"
#include "support/user_ns.h"

TestSuite(keeper, .init = make_box, .fini = remove_box, .timeout = 30);

Test(keeper, the_command_is_alone_with_its_keeper)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	expect_in_box(BOX(""), "echo $$ $PPID; echo /proc/[0-9]*; kill -9 1 2>&- || echo no",
		      "2 1\n/proc/2\nno\n");
}

Test(keeper, scratch_is_empty_limited_private_and_gone)
{
	char path[64];
	struct stat st;

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	expect_in_box(BOX("scratch \"${box}\" 1MiB; "),
		      "cd $box; echo *; echo x >f && cat f; "
		      "cp /bin/true t; ./t 2>&- || echo no program; chmod 600 f && echo changed",
		      "*\nx\nno program\nchanged\n");
	(void)snprintf(path, sizeof(path), "%s/f", box);
	cr_expect_eq(stat(path, &st), -1, "the host has it");
}

Test(keeper, a_scratch_takes_no_more_than_its_size)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	expect_in_box(BOX("scratch \"${box}\" 64KiB; "),
		      "cat /bin/sh >$box/f 2>&- || echo full; wc -c <$box/f", "full\n65536\n");
}

Test(keeper, what_is_granted_in_a_scratch_is_in_it)
{
	char path[64];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	(void)snprintf(path, sizeof(path), "%s/in", box);
	cr_assert_eq(mkdir(path, 0777), 0);
	cr_assert_eq(chmod(path, 0777), 0);
	expect_in_box(BOX("scratch \"${box}\" 1MiB; write \"${box}/in\"; "),
		      "echo a >$box/a; echo b >$box/in/b; cd $box; echo *", "a in\n");
	(void)snprintf(path, sizeof(path), "%s/in/b", box);
	cr_expect_eq(access(path, F_OK), 0);
	(void)snprintf(path, sizeof(path), "%s/a", box);
	cr_expect_eq(access(path, F_OK), -1);
}

/* Landlock's rule for the scratch covers what is mounted in it: the mount itself has to refuse. */
Test(keeper, what_is_only_read_in_a_scratch_is_not_written)
{
	char path[64];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	(void)snprintf(path, sizeof(path), "%s/in", box);
	cr_assert_eq(mkdir(path, 0777), 0);
	cr_assert_eq(chmod(path, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/in/out", box);
	cr_assert_eq(mkdir(path, 0777), 0);
	cr_assert_eq(chmod(path, 0777), 0);
	expect_in_box(BOX("scratch \"${box}\" 1MiB; read \"${box}/in\"; write \"${box}/in/out\"; "),
		      "cd $box; echo a >a && cat a; ls in; (echo b >in/b) 2>&- || echo no; "
		      "echo c >in/out/c && cat in/out/c",
		      "a\nout\nno\nc\n");
	(void)snprintf(path, sizeof(path), "%s/in/b", box);
	cr_expect_eq(access(path, F_OK), -1, "it was made on the host");
}

/* ---- what others have in /tmp ---- */

#define LOOK "cd /; for f in in other in/file; do stat -c $f $box/$f 2>&- || echo no $f; done; "

Test(keeper, what_is_granted_to_nobody_in_tmp_is_not_seen)
{
	char command[160];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	(void)snprintf(command, sizeof(command),
		       "cd %s && mkdir -m 777 in && touch in/file other && chmod 666 in/file", box);
	cr_assert_eq(system(command), 0);
	expect_in_box(BOX("read \"${box}/in\"; "), LOOK, "in\nno other\nin/file\n");
	expect_in_box(BOX("read \"${box}/in/file\"; "), LOOK, "in\nno other\nin/file\n");
	expect_in_box(BOX(""), LOOK, "no in\nno other\nno in/file\n");
	expect_in_box(BOX("read \"/tmp\"; "), LOOK, "in\nother\nin/file\n");
}

/* What a grant's link leads to is there, the link is not: a tool that is told of it sees nothing.
 */
static void expect_told(const char *text, bool is_told)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(text, &error);

	cr_assert_not_null(sandbox, "%s", error.text);
	cr_expect_eq(box_is_told(sandbox, "does not see"), is_told, "%s", text);
	writ_sandbox_close(sandbox);
}

Test(keeper, a_grant_by_a_link_in_tmp_is_told)
{
	char command[160];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	(void)snprintf(command, sizeof(command),
		       "cd %s && mkdir in && touch in/file .env && ln -s in link", box);
	cr_assert_eq(system(command), 0);
	expect_in_box(BOX("read \"${box}/link\"; "),
		      "cat $box/in/file; cat $box/link/file 2>&- || "
		      "echo none\n",
		      "none\n");
	expect_told(BOX("read \"${box}/link\"; "), true);
	expect_told(BOX("read \"${box}/in\"; "), false);
	expect_told(BOX("read \"${box}/none\"; "), false);
	expect_told(BOX("read \"${box}/in\", \"${box}/.env\"; deny \"${box}/**/.env\"; "), false);
	expect_told(BOX("read \"/tmp\", \"${box}/link\"; "), false);
}

Test(keeper, what_covers_tmp_is_nobodys_to_change)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	expect_in_box(
		"param box : path = \"/\";\nsandbox s { filesystem { " FILES
		"write \"${box}/in\"; } syscalls { allow @default, chmod, fchmodat; } "
		"env { set box = \"${box}\"; } }\n",
		"stat -c %a:%F /tmp /dev/shm; mkdir /tmp/x 2>&1 | grep -o 'Read-only.*'; "
		"chmod 777 /tmp 2>&1 | grep -oE 'Read-only.*|Operation.*'; ls /tmp 2>&- || echo no",
		"755:directory\n755:directory\nRead-only file system\nRead-only file system\nno\n");
}

Test(keeper, a_scratch_needs_a_directory_on_the_host)
{
	struct writ_error error = {.code = 0};

	cr_expect_null(open_box(BOX("scratch \"${box}/none\" 1MiB; "), &error));
	cr_expect_eq(error.code, WRIT_E_HOST, "%s", error.text);
	if (!no_namespaces())
		cr_expect_not_null(strstr(error.text, "no such directory"), "%s", error.text);
}

Test(keeper, metadata_is_changed_where_files_may_be_written_only)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/ro", box);
	cr_assert_eq(mkdir(path, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/rw", box);
	cr_assert_eq(mkdir(path, 0777), 0);
	cr_assert_eq(chmod(path, 0777), 0);
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	expect_in_box(
		BOX("read \"${box}/ro\"; write \"${box}/rw\"; "),
		"chmod 700 $box/ro 2>&1 | grep -o 'Read-only.*'; touch $box/ro 2>&1 | grep -o "
		"'Read-only.*'; "
		"echo x >$box/rw/f; chmod 600 $box/rw/f && touch -d @0 $box/rw/f && echo changed",
		"Read-only file system\nRead-only file system\nchanged\n");
}

/* ---- the end ---- */

/* How long until the other end of a pipe is closed, in ms, or -1: not within a second. */
static int hangs_up(int end)
{
	struct pollfd reader = {.fd = end, .events = POLLIN};
	struct timespec from, to;
	char rest[64];

	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		if (poll(&reader, 1, 1000) != 1)
			return -1;
	} while (read(end, rest, sizeof(rest)) > 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (int)((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
}

/* Nothing is left that has the other end: the figure is told, and has a second. */
static void expect_end(int reader, const char *cause)
{
	int ms = hangs_up(reader);

	cr_expect_geq(ms, 0, "something outlives %s", cause);
	cr_log_info("all has ended %d ms after %s", ms, cause);
}

static void expect_end_by_kill(void)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(BOX(""), &error);
	struct writ_result result;
	struct writ_process *process;
	int reader;

	cr_assert_not_null(sandbox, "%s", error.text);
	process = start_in_box(sandbox, &reader);
	cr_expect_gt(writ_process_pid(process), 2);
	cr_expect_eq(kill(writ_process_pid(process), 0), 0);
	writ_kill(process);
	expect_end(reader, "writ_kill");
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_KILLED);
	cr_expect_eq(result.signal, SIGKILL);
	writ_sandbox_close(sandbox);
}

/* A caller that is killed before it can do anything. */
static void expect_end_with_caller(void)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(BOX(""), &error);
	int ends[2], reader = -1;
	char byte;
	pid_t pid;

	cr_assert_not_null(sandbox, "%s", error.text);
	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		const char *const argv[] = {"sh", "-c", STAYS, NULL};
		struct writ_launch launch = {.argv = argv,
					     .cwd = "/",
					     .stdio = {-1, ends[1], ends[1]},
					     .die_with_caller = 1};
		struct writ_process *process = NULL;

		if (writ_spawn(sandbox, &launch, &process, &error))
			_exit(1);
		pause();
	}
	(void)close(ends[1]);
	cr_assert_eq(read(ends[0], &byte, 1), 1, "%s", error.text);
	reader = ends[0];
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	expect_end(reader, "SIGKILL of the caller");
	writ_sandbox_close(sandbox);
}

Test(keeper, the_wall_limit_ends_all)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(
		"param box : path = \"/\";\nsandbox s { limits { wall 300ms; } filesystem { " FILES
		"} }\n",
		&error);
	struct writ_result result;
	struct writ_process *process;
	int reader;

	cr_assert_not_null(sandbox, "%s", error.text);
	process = start_in_box(sandbox, &reader);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_WALL_LIMIT);
	expect_end(reader, "the wall limit was told");
	cr_expect_lt(result.wall_us, 1300000u);
	cr_log_info("a wall limit of 300 ms took %d ms", (int)(result.wall_us / 1000));
	writ_sandbox_close(sandbox);
}

Test(keeper, a_kill_ends_all)
{
	expect_end_by_kill();
}

Test(keeper, all_end_with_the_caller)
{
	expect_end_with_caller();
}

Test(keeper, a_signal_that_ends_the_command_is_told)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(BOX(""), &error);
	char output[1024];
	struct writ_result result;

	cr_assert_not_null(sandbox, "%s", error.text);
	result = run_in_box(sandbox, "kill -USR1 $$", output);
	cr_expect_eq(result.end, WRIT_SIGNALED);
	cr_expect_eq(result.signal, SIGUSR1);
	/* What orphans used is the launch's. */
	result = run_in_box(sandbox,
			    "(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done) & wait; exit 9",
			    output);
	cr_expect_eq(result.status, 9);
	cr_expect_gt(result.cpu_user_us, 10000u);
	writ_sandbox_close(sandbox);
}

/* ---- where the host refuses namespaces, as containers do ---- */

/* What the usual profile of containers does to those without CAP_SYS_ADMIN. */
static void refuse_namespaces(void)
{
	static const struct refusal refusals[] = {
		{SYS_clone, EPERM, REFUSALS_NAMESPACES},
		{435 /* clone3 */, ENOSYS, 0},
		{SYS_unshare, EPERM, 0},
		{SYS_mount, EPERM, 0},
		{430 /* fsopen */, EPERM, 0},
	};

	refuse_calls(refusals, sizeof(refusals) / sizeof(refusals[0]));
	cr_assert_eq(unshare(CLONE_NEWUSER), -1);
	cr_assert_eq(errno, EPERM);
}

Test(keeper, without_namespaces_a_launch_is_killed_by_its_group)
{
	refuse_namespaces();
	expect_end_by_kill();
}

Test(keeper, without_namespaces_all_end_with_the_caller)
{
	refuse_namespaces();
	expect_end_with_caller();
}

Test(keeper, without_namespaces_there_is_no_scratch)
{
	struct writ_error error = {.code = 0};

	refuse_namespaces();
	cr_expect_null(open_box(BOX("scratch \"${box}\" 1MiB; "), &error));
	cr_expect_eq(error.code, WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "mount namespace"), "%s", error.text);
}

/* ---- where something is mounted over parts of /proc, as in containers ---- */

/* False: no such place can be made here. */
static bool cover_proc(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {{.effective = 0}};

	/* No root, whom the kernel lets map himself with a capability only. */
	if (!user_ns_enter(4321) || unshare(CLONE_NEWNS))
		return false;
	/* Without capabilities, mounts that are there can't be taken away in a namespace of ours.
	 */
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/proc/fs", "tmpfs", 0, NULL) == 0 &&
	       syscall(SYS_capset, &header, none) == 0;
}

enum { AS_WANTED, NO_PLACE, NOT_OPENED, NOT_TOLD, NOT_STARTED, OTHERWISE };

/*
 * In a process of its own, as one with threads makes no user namespace; it tells by its exit status
 * what an assertion can't from there.
 */
static int run_on_hosts_proc(const char *text, const char *command)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, 2}};
	struct writ_error error = {.code = 0};
	struct writ_result result = {.status = -1};
	struct writ_process *process = NULL;
	struct writ_sandbox *sandbox;

	if (!cover_proc())
		return NO_PLACE;
	sandbox = open_box(text, &error);
	if (!sandbox)
		return NOT_OPENED;
	if (!box_is_told(sandbox, "refuses a procfs") &&
	    !box_is_told(sandbox, "refuses a PID namespace"))
		return NOT_TOLD;
	if (writ_spawn(sandbox, &launch, &process, &error) ||
	    writ_wait(&process, &result, &error)) {
		(void)fprintf(stderr, "%s\n", error.text);
		return NOT_STARTED;
	}
	return result.status == 0 ? AS_WANTED : OTHERWISE;
}

static void expect_hosts_proc(const char *text, const char *command)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run_on_hosts_proc(text, command));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PLACE)
		cr_skip_test("no user namespace to cover a part of /proc in");
	cr_expect_eq(status, AS_WANTED, "%d", WEXITSTATUS(status));
}

/* The numbers in /proc are those of the namespace that it was mounted for. */
Test(keeper, where_proc_is_covered_it_is_the_hosts_and_that_is_said)
{
	expect_hosts_proc(BOX(""),
			  "read pid rest </proc/self/stat; [ $$ -lt 10 ] && [ $pid -ne $$ ]");
}

Test(keeper, where_proc_is_covered_a_broker_works)
{
	char command[80];

	(void)snprintf(command, sizeof(command), "cd %s && touch x y && chmod 644 x y", box);
	cr_assert_eq(system(command), 0);
	expect_hosts_proc(BOX("read \"${box}\"; deny \"${box}/x\"; "),
			  "read pid rest </proc/self/stat; [ $pid -eq $$ ] && cat $box/y && "
			  "! cat $box/x 2>&-");
}

/* ---- where the host has no Landlock ---- */

static const struct refusal no_landlock = {444 /* landlock_create_ruleset */, ENOSYS, 0};

Test(keeper, without_landlock_the_mounts_still_go_by_the_grants)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_calls(&no_landlock, 1);
	expect_in_box("param box : path = \"/\";\nsandbox s { best_effort; filesystem { " FILES
		      "write \"${box}\"; } env { set box = \"${box}\"; } }\n",
		      "echo x >$box/f && cat $box/f; touch /var/tmp 2>&1 | grep -o 'Read-only.*'",
		      "x\nRead-only file system\n");
}
