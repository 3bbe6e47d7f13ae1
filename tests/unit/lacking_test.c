/*
 * Hosts that give some namespaces and not others: what is left is used, what is not is told,
 * whether that is seen when the sandbox is opened or at the launch.
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/lacking.h"
#include "runtime/landlock.h"
#include "runtime/writ_format.h"
#include "support/box.h"
#include "support/refusals.h"
#include "support/user_ns.h"

TestSuite(lacking, .init = make_box, .fini = remove_box, .timeout = 30);

static const struct refusal no_mount_namespace = {SYS_clone, EPERM, CLONE_NEWNS};
static const struct refusal no_pid_namespace = {SYS_clone, EPERM, CLONE_NEWPID};
static const struct refusal no_mount = {SYS_mount, EPERM, 0};

static bool is_there(const struct writ_sandbox *sandbox, const char *name)
{
	struct writ_mechanism mechanism;

	for (size_t i = 0; !writ_sandbox_mechanism(sandbox, i, &mechanism); i++) {
		if (strcmp(mechanism.name, name) == 0)
			return mechanism.is_there;
	}
	return false;
}

#define CHANGES                                                                                    \
	"echo x >$box/f; chmod 600 $box/f 2>&- && echo changed || echo kept; [ $$ -lt 10 ] && "    \
	"echo alone || echo not alone"

static void expect(const char *want, bool has_pid_ns, bool has_mounts)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(BOX("write \"${box}\"; "), &error);
	char output[1024];

	cr_assert_not_null(sandbox, "%s", error.text);
	cr_expect_eq(is_there(sandbox, "PID namespace"), has_pid_ns);
	cr_expect_eq(is_there(sandbox, "read-only mounts"), has_mounts);
	cr_expect_eq(box_is_told(sandbox, "no owner"), !has_mounts);
	cr_expect_eq(box_is_told(sandbox, "no owner, attribute, mode or time"),
		     has_pid_ns && !has_mounts);
	cr_expect_eq(box_is_told(sandbox, "by its process group"), !has_pid_ns);
	(void)run_in_box(sandbox, CHANGES, output);
	cr_expect_str_eq(output, want);
	writ_sandbox_close(sandbox);
}

Test(lacking, without_mount_namespaces_there_are_pid_namespaces)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_calls(&no_mount_namespace, 1);
	expect("kept\nalone\n", true, false);
}

Test(lacking, without_pid_namespaces_there_are_mount_namespaces)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_calls(&no_pid_namespace, 1);
	expect("changed\nnot alone\n", false, true);
}

Test(lacking, where_mounting_is_refused_there_are_pid_namespaces)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_calls(&no_mount, 1);
	expect("kept\nalone\n", true, false);
}

/* The keeper says what it is refused while its caller goes on: in whatever order. */
Test(lacking, a_launch_that_meets_a_refusal_goes_without_every_time)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_mounts_unseen();
	for (int i = 0; i < 100; i++) {
		struct writ_error error = {.code = 0};
		struct writ_sandbox *sandbox = open_box(BOX("write \"${box}\"; "), &error);
		char output[1024];

		cr_assert_not_null(sandbox, "%s", error.text);
		(void)run_in_box(sandbox, CHANGES, output);
		cr_assert_str_eq(output, "kept\nalone\n", "%d: %s", i, output);
		cr_assert(!is_there(sandbox, "read-only mounts"));
		writ_sandbox_close(sandbox);
	}
}

Test(lacking, a_scratch_needs_no_pid_namespace)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_calls(&no_pid_namespace, 1);
	expect_in_box(BOX("scratch \"${box}\" 1MiB; "), "cd $box; echo *; echo x >f && cat f",
		      "*\nx\n");
}

Test(lacking, a_scratch_is_refused_where_nothing_can_be_mounted)
{
	struct writ_error error = {.code = 0};

	refuse_calls(&no_mount, 1);
	cr_expect_null(open_box(BOX("scratch \"${box}\" 1MiB; "), &error));
	cr_expect_eq(error.code, WRIT_E_HOST);
}

Test(lacking, a_broker_goes_without_a_pid_namespace_where_there_are_no_mounts)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;
	char output[1024];

	refuse_calls(&no_mount_namespace, 1);
	sandbox = open_box(BOX("write \"${box}\"; deny \"${box}/x\"; "), &error);
	cr_assert_not_null(sandbox, "%s", error.text);
	cr_expect(!is_there(sandbox, "PID namespace"));
	(void)run_in_box(sandbox,
			 "echo x 2>&- >$box/x || echo denied; echo y >$box/y && cat $box/y",
			 output);
	cr_expect_str_eq(output, "denied\ny\n");
	writ_sandbox_close(sandbox);
}

/* ---- limits on namespaces: in a user namespace, where nothing of the host's is changed ---- */

enum { AS_WANTED, NO_PLACE, NOT_OPENED, WRONG_BEFORE, NOT_STARTED, WRONG_AFTER, WRONG_OUTPUT };

struct limited {
	const char *file;
	bool is_above; /* the limit is of a namespace around ours, and not to be seen in ours */
	const char *told;
	const char *output;
};

/* In a process of its own, as one with threads makes no user namespace. */
static int launch_limited(const struct limited *how)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;
	char output[1024];

	if (!user_ns_enter(4321) || !user_ns_write(how->file, "0") ||
	    (how->is_above && !user_ns_enter(4322)))
		return NO_PLACE;
	sandbox = open_box(BOX("write \"${box}\"; "), &error);
	if (!sandbox)
		return NOT_OPENED;
	if (box_is_told(sandbox, how->told) == how->is_above)
		return WRONG_BEFORE;
	(void)run_in_box(sandbox, CHANGES, output);
	if (strcmp(output, how->output) != 0) {
		(void)fputs(output, stderr);
		return WRONG_OUTPUT;
	}
	return box_is_told(sandbox, how->told) ? AS_WANTED : WRONG_AFTER;
}

static void expect_limited(const struct limited *how)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(launch_limited(how));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PLACE)
		cr_skip_test("no user namespace to set a limit in");
	cr_expect_eq(status, AS_WANTED, "%d", WEXITSTATUS(status));
}

#define MOUNT_LIMIT "/proc/sys/user/max_mnt_namespaces"
#define PID_LIMIT   "/proc/sys/user/max_pid_namespaces"

Test(lacking, a_limit_on_mount_namespaces_is_seen_before_a_launch)
{
	expect_limited(&(struct limited){MOUNT_LIMIT, false, "no owner", "kept\nalone\n"});
}

Test(lacking, a_limit_on_pid_namespaces_is_seen_before_a_launch)
{
	expect_limited(
		&(struct limited){PID_LIMIT, false, "process group", "changed\nnot alone\n"});
}

Test(lacking, a_limit_on_mount_namespaces_that_only_a_launch_meets_is_told_then)
{
	expect_limited(&(struct limited){MOUNT_LIMIT, true, "no owner", "kept\nalone\n"});
}

Test(lacking, a_limit_on_pid_namespaces_that_only_a_launch_meets_is_told_then)
{
	expect_limited(&(struct limited){PID_LIMIT, true, "process group", "changed\nnot alone\n"});
}

/* ---- no PID namespace, and all of the caller's session killed ---- */

static int stay_in_a_session(int output)
{
	const char *const argv[] = {"sh", "-c", STAYS, NULL};
	struct writ_launch launch = {.argv = argv,
				     .cwd = "/",
				     .stdio = {-1, output, -1},
				     .die_with_caller = 1};
	struct writ_error error = {.code = 0};
	struct writ_process *process = NULL;
	struct writ_sandbox *sandbox;

	if (setsid() < 0 || !user_ns_enter(4321) || !user_ns_write(PID_LIMIT, "0"))
		return NO_PLACE;
	sandbox = open_box(BOX(""), &error);
	if (!sandbox)
		return NOT_OPENED;
	if (writ_spawn(sandbox, &launch, &process, &error))
		return NOT_STARTED;
	return writ_wait(&process, NULL, &error) ? WRONG_AFTER : AS_WANTED;
}

static void signal_session(pid_t session, int number)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	cr_assert_not_null(proc);
	while ((entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && getsid(pid) == session)
			(void)kill(pid, number);
	}
	(void)closedir(proc);
}

Test(lacking, nothing_outlives_the_callers_session_without_a_pid_namespace)
{
	int status = 0, ends[2];
	char up[3];
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(stay_in_a_session(ends[1]));
	(void)close(ends[1]);
	if (read(ends[0], up, sizeof(up)) == sizeof(up)) {
		/* All at once, or who is left would see the others end. */
		signal_session(pid, SIGSTOP);
		signal_session(pid, SIGKILL);
		cr_expect_eq(poll(&(struct pollfd){.fd = ends[0]}, 1, 5000), 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PLACE)
		cr_skip_test("no user namespace to set a limit in");
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%#x", (unsigned)status);
	(void)close(ends[0]);
}

/* ---- Yama, as /proc tells of it ---- */

static bool set_ptrace_scope(const char *scope)
{
	return user_ns_enter(4321) && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/proc/sys/kernel", "tmpfs", 0, NULL) == 0 &&
	       mkdir("/proc/sys/kernel/yama", 0755) == 0 &&
	       user_ns_write("/proc/sys/kernel/yama/ptrace_scope", scope);
}

static int open_under_yama(const char *text, const char *scope, bool is_kept_out)
{
	struct writ_error error = {.text = ""};
	struct writ_sandbox *sandbox;

	if (!set_ptrace_scope(scope))
		return NO_PLACE;
	sandbox = open_box(text, &error);
	if (!is_kept_out)
		return sandbox ? AS_WANTED : NOT_OPENED;
	return !sandbox && error.code == WRIT_E_HOST && strstr(error.text, "ptrace_scope")
		       ? AS_WANTED
		       : WRONG_BEFORE;
}

Test(lacking, who_may_not_look_into_a_tool_answers_none_of_its_calls)
{
	static const char *const policies[] = {
		BOX("write \"${box}\"; deny \"${box}/x\"; "),
		"param box : path = \"/\";\nsandbox s { filesystem { " FILES "} "
		"network { connect \"127.0.0.1:99\"; } }\n",
	};
	static const char *const scopes[] = {"0\n", "1\n", "2\n", "3\n"};

	for (size_t i = 0; i < 8; i++) {
		const char *scope = scopes[i / 2];
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			_exit(open_under_yama(policies[i % 2], scope, *scope >= '2'));
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PLACE)
			cr_skip_test("no user namespace to set Yama's scope in");
		cr_expect_eq(status, AS_WANTED, "%zu: %d", i, WEXITSTATUS(status));
	}
}

/* ---- what follows from what ---- */

Test(lacking, what_goes_with_what_is_lacking)
{
	const uint32_t mounts = WRIT_PLAN_MOUNT_NS | WRIT_PLAN_READ_ONLY;
	const uint32_t all = WRIT_PLAN_KEEPER | WRIT_PLAN_PID_NS | mounts | WRIT_PLAN_PROC;
	const uint32_t brokers = WRIT_PLAN_KEEPER | WRIT_PLAN_PID_NS | WRIT_PLAN_BROKER;

	cr_expect_eq(lacking_whole(all, 0), 0u);
	cr_expect_eq(lacking_whole(all, WRIT_PLAN_PROC), (uint32_t)WRIT_PLAN_PROC);
	cr_expect_eq(lacking_whole(all, WRIT_PLAN_PID_NS),
		     (uint32_t)WRIT_PLAN_PID_NS | WRIT_PLAN_PROC);
	cr_expect_eq(lacking_whole(all, WRIT_PLAN_MOUNT_NS), mounts | WRIT_PLAN_PROC);
	cr_expect_eq(lacking_whole(WRIT_PLAN_KEEPER, WRIT_PLAN_PID_NS), 0u);
	/* A broker needs a procfs of its PID namespace, or none of these. */
	cr_expect_eq(lacking_flags(brokers, 0), (unsigned)(CLONE_NEWPID | CLONE_NEWNS));
	cr_expect_eq(lacking_flags(brokers, lacking_whole(brokers, WRIT_PLAN_PROC)), 0u);
	cr_expect_eq(lacking_flags(brokers | mounts,
				   lacking_whole(brokers | mounts, WRIT_PLAN_PROC)),
		     (unsigned)CLONE_NEWNS);
}
