#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "support/bundle_maker.h"

#define FILES                                                                                      \
	"filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", \"/etc/ld.so.cache\", "       \
	"\"/proc\"; write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; }\n"
#define BOX(more) "sandbox s { " FILES more " }\n"

struct run {
	struct writ_result result;
	char output[8192];
};

/* Runs a shell command and gathers what it wrote. */
static struct run run_in(const struct writ_sandbox *sandbox, const char *command)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_error error = {.code = 0};
	struct run run = {.output = ""};
	FILE *out = tmpfile();
	size_t n;

	launch.stdio[1] = launch.stdio[2] = fileno(out);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &run.result, &error), 0, "%s", error.text);
	cr_assert_null(process);
	rewind(out);
	n = fread(run.output, 1, sizeof(run.output) - 1, out);
	run.output[n] = '\0';
	fclose(out);
	return run;
}

static void expect_output(const char *box, const char *command, const char *want)
{
	struct writ_sandbox *sandbox = bundle_sandbox(box);
	struct run run = run_in(sandbox, command);

	cr_expect_eq(run.result.end, WRIT_EXITED, "%s: end %d status %d", command, run.result.end,
		     run.result.status);
	cr_expect_str_eq(run.output, want, "%s: %s", command, run.output);
	writ_sandbox_close(sandbox);
}

static int try_spawn(const struct writ_sandbox *sandbox, const char *command)
{
	const char *const argv[] = {command, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_error error;
	int rc = writ_spawn(sandbox, &launch, &process, &error);

	if (!rc)
		cr_assert_eq(writ_wait(&process, NULL, NULL), 0);
	return rc;
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(spawn, exit_status_and_signal_are_told)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX(""));
	struct run run = run_in(sandbox, "exit 7");

	cr_expect_eq(run.result.end, WRIT_EXITED);
	cr_expect_eq(run.result.status, 7);
	run = run_in(sandbox, "kill -TERM $$");
	cr_expect_eq(run.result.end, WRIT_SIGNALED);
	cr_expect_eq(run.result.status, SIGTERM);
	writ_sandbox_close(sandbox);
}

Test(spawn, privilege_is_gone)
{
	expect_output(BOX(""),
		      "while read k v; do case $k in CapInh:|CapPrm:|CapEff:|CapAmb:|NoNewPrivs:|"
		      "Seccomp:|SigBlk:|SigIgn:) echo $k $v;; esac; done </proc/self/status",
		      "SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n"
		      "CapInh: 0000000000000000\nCapPrm: 0000000000000000\n"
		      "CapEff: 0000000000000000\nCapAmb: 0000000000000000\n"
		      "NoNewPrivs: 1\nSeccomp: 2\n");
}

Test(spawn, path_keeps_its_absolute_elements_only)
{
	setenv("PATH", ":.:/usr/bin::bin:/bin:", 1);
	expect_output(BOX("env { pass PATH; }"), "echo \"$PATH\"", "/usr/bin:/bin\n");
	setenv("PATH", ".:", 1);
	expect_output(BOX("env { pass PATH; }"), "/usr/bin/env | /usr/bin/grep -c ^PATH=", "0\n");
}

/* What root executes has what root's sets say and no more: capabilities(7), prctl(2). */
Test(spawn, uid_0_means_nothing_to_execve)
{
	if (geteuid() != 0)
		cr_skip_test("only root could gain anything");
	expect_output(BOX(""),
		      "setpriv -d | grep -o 'noroot,noroot_locked,no_setuid_fixup,"
		      "no_setuid_fixup_locked,keep_caps_locked'",
		      "noroot,noroot_locked,no_setuid_fixup,no_setuid_fixup_locked,"
		      "keep_caps_locked\n");
}

Test(spawn, ignored_signals_and_blocked_ones_are_reset)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN + 3, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	expect_output(BOX(""),
		      "while read k v; do case $k in SigBlk:|SigIgn:) echo $k $v;; esac; done "
		      "</proc/self/status",
		      "SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n");
	sigprocmask(SIG_BLOCK, NULL, &set);
	cr_expect(sigismember(&set, SIGUSR1) == 1, "the caller's mask is as it was");
}

Test(spawn, descriptors_are_closed_but_for_three)
{
	int leak = open("/etc/hostname", O_RDONLY);

	cr_assert_geq(leak, 3);
	cr_assert_eq(dup2(leak, 200), 200);
	/* ls has the directory it lists open as 3. */
	expect_output(BOX(""), "ls /proc/self/fd", "0\n1\n2\n3\n");
}

Test(spawn, closed_standard_descriptors_are_no_trouble)
{
	struct writ_sandbox *sandbox;
	struct run run;

	close(0);
	close(1);
	close(2);
	sandbox = bundle_sandbox(BOX("limits { output 1KiB; }"));
	run = run_in(sandbox, "echo out; echo err >&2; cat; ls -l /proc/self/fd/0 >/dev/null");
	writ_sandbox_close(sandbox);
	open("/dev/null", O_RDWR);
	open("/dev/null", O_RDWR);
	open("/dev/null", O_RDWR);
	cr_expect_eq(run.result.end, WRIT_EXITED);
	cr_expect_str_eq(run.output, "out\nerr\n", "%s", run.output);
}

Test(spawn, environment_is_what_is_listed)
{
	setenv("PASSED", "yes", 1);
	setenv("LEAK", "secret", 1);
	unsetenv("ABSENT");
	/* PWD is the shell's own. */
	expect_output(BOX("env { pass PASSED, ABSENT; set FIXED = \"a b\"; }"),
		      "env | grep -v ^PWD= | sort", "FIXED=a b\nPASSED=yes\n");
}

Test(spawn, session_group_and_umask_are_its_own)
{
	expect_output(BOX(""),
		      "read pid comm state ppid pgrp session tty rest </proc/self/stat; "
		      "[ $pgrp = $$ ] && [ $session = $$ ] && echo $tty $(umask)",
		      "0 0022\n");
}

Test(spawn, directory_is_the_callers_where_granted)
{
	cr_assert_eq(chdir("/usr/share"), 0);
	expect_output(BOX(""), "pwd", "/usr/share\n");
	cr_assert_eq(chdir("/var"), 0);
	expect_output(BOX(""), "pwd", "/\n");
}

Test(spawn, commands_that_cant_start_leave_nothing)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { processes 5; output 1KiB; }"));
	int before = count_fds();

	cr_expect_eq(try_spawn(sandbox, "no-such-command"), -WRIT_E_NOT_FOUND);
	cr_expect_eq(try_spawn(sandbox, "/no/such/command"), -WRIT_E_NOT_FOUND);
	cr_expect_eq(try_spawn(sandbox, "/etc/passwd"), -WRIT_E_NOT_ALLOWED);
	cr_expect_eq(try_spawn(sandbox, ""), -WRIT_E_INVALID);
	cr_expect_eq(count_fds(), before);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
	writ_sandbox_close(sandbox);
}

Test(spawn, launches_leave_nothing)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { processes 5; output 1KiB; }"));
	int before = count_fds();

	for (int i = 0; i < 5; i++)
		(void)run_in(sandbox, "echo x; sleep 100 & exit 0");
	cr_expect_eq(count_fds(), before);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	writ_sandbox_close(sandbox);
}

Test(spawn, files_outside_are_refused)
{
	expect_output(BOX(""), "cat /etc/passwd >/dev/null 2>&1 || echo refused", "refused\n");
	expect_output(BOX(""), "echo x 2>/dev/null >/tmp/writ-spawn-test || echo refused",
		      "refused\n");
}

Test(spawn, wall_limit_kills_every_descendant)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { wall 300ms; }"));
	struct run run = run_in(sandbox, "(sleep 300; echo late) & sleep 300 & sleep 300");

	cr_expect_eq(run.result.end, WRIT_WALL_LIMIT);
	cr_expect_geq(run.result.wall_us, UINT64_C(300000));
	cr_expect_lt(run.result.wall_us, UINT64_C(5000000));
	cr_expect_str_empty(run.output);
	writ_sandbox_close(sandbox);
}

Test(spawn, output_limit_cuts_marks_and_kills)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { output 10kB; wall 20s; }"));
	const char *const argv[] = {"yes", NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_result result;
	FILE *out = tmpfile();
	FILE *err = tmpfile();
	char mark[128] = "";
	struct stat st;

	launch.stdio[1] = fileno(out);
	launch.stdio[2] = fileno(err);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, NULL), 0);
	cr_assert_eq(writ_wait(&process, &result, NULL), 0);
	cr_expect_eq(result.end, WRIT_OUTPUT_LIMIT);
	cr_assert_eq(fstat(fileno(out), &st), 0);
	cr_expect_eq(st.st_size, 10000);
	rewind(err);
	cr_expect_gt(fread(mark, 1, sizeof(mark) - 1, err), 0u);
	cr_expect_str_eq(mark, "\n[writ: output limit of 10000 bytes reached]\n");
	writ_sandbox_close(sandbox);
}

/* Both streams are one file: what is written to them keeps its order. */
Test(spawn, limited_output_keeps_its_order)
{
	expect_output(BOX("limits { output 1MiB; }"),
		      "for i in 1 2 3 4 5 6 7 8; do echo $i; echo e$i >&2; done",
		      "1\ne1\n2\ne2\n3\ne3\n4\ne4\n5\ne5\n6\ne6\n7\ne7\n8\ne8\n");
}

Test(spawn, a_reader_that_is_gone_does_not_hurt_the_caller)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { output 1MiB; wall 20s; }"));
	const char *const argv[] = {"yes", NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_result result;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	launch.stdio[1] = ends[1];
	close(ends[0]);
	signal(SIGPIPE, SIG_DFL);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, NULL), 0);
	cr_assert_eq(writ_wait(&process, &result, NULL), 0);
	cr_expect_eq(result.end, WRIT_SIGNALED);
	cr_expect_eq(result.status, SIGPIPE);
	writ_sandbox_close(sandbox);
}

/* A launch whose standard output and error are fd; what comes of it. */
static struct writ_result run_into(const char *box, const char *command, int fd)
{
	struct writ_sandbox *sandbox = bundle_sandbox(box);
	const char *const argv[] = {"sh", "-c", command, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, fd, fd}};
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_error error = {.code = 0};
	int flags = fcntl(fd, F_GETFL);

	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_expect_eq(fcntl(fd, F_GETFL), flags, "others share the caller's description");
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(fcntl(fd, F_GETFL), flags);
	writ_sandbox_close(sandbox);
	return result;
}

Test(spawn, a_terminal_that_nobody_reads_does_not_stop_the_clock, .timeout = 10)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct writ_result result;
	char line[16] = "";
	int fd;

	cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	cr_assert_geq(fd, 0);
	result = run_into(BOX("limits { output 1MiB; wall 500ms; }"), "yes", fd);
	cr_expect_eq(result.end, WRIT_WALL_LIMIT);
	cr_expect_lt(result.wall_us, UINT64_C(5000000));
	/* The master of one: opening it again would give another terminal. */
	result = run_into(BOX("limits { output 1MiB; wall 500ms; }"), "echo hello", master);
	cr_expect_eq(result.end, WRIT_EXITED);
	cr_expect_eq(result.output_lost, 0);
	cr_assert_eq(read(fd, line, sizeof(line) - 1), 6);
	cr_expect_str_eq(line, "hello\n");
	close(fd);
	close(master);
}

/* Pipes hold 64 KiB each: the command can end although nobody reads. */
Test(spawn, a_slow_reader_does_not_change_how_a_command_ended, .timeout = 10)
{
	struct writ_result result;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	result = run_into(BOX("limits { output 1MiB; wall 1s; }"),
			  "head -c 100000 /dev/zero 2>/dev/null || yes | head -c 100000; exit 7",
			  ends[1]);
	cr_expect_eq(result.end, WRIT_EXITED, "end %d", result.end);
	cr_expect_eq(result.status, 7);
	cr_expect_neq(result.output_lost, 0);
}

Test(spawn, a_launch_that_another_has_reaped_is_killed_all_the_same, .timeout = 20)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX(""));
	const char *const argv[] = {"sh", "-c", "sleep 300 & exit 0", NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_error error;
	struct pollfd reader = {.events = POLLIN};
	siginfo_t end;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	launch.stdio[1] = ends[1];
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, NULL), 0);
	close(ends[1]);
	cr_assert_eq(waitid((idtype_t)KERNEL_P_PIDFD, (id_t)writ_process_fd(process), &end,
			    WEXITED),
		     0);
	cr_expect_eq(writ_wait(&process, NULL, &error), -WRIT_E_SYSTEM);
	cr_expect_null(process);
	/* The pipe hangs up when the last that holds it is gone. */
	reader.fd = ends[0];
	cr_expect_eq(poll(&reader, 1, 5000), 1);
	writ_sandbox_close(sandbox);
}

Test(spawn, priority_and_personality_are_the_usual)
{
	struct sched_param priority = {.sched_priority = 1};

	if (setpriority(PRIO_PROCESS, 0, -5) || sched_setscheduler(0, SCHED_FIFO, &priority) ||
	    personality(ADDR_NO_RANDOMIZE) < 0)
		cr_skip_test("only a privileged user has what is to be reset");
	/* Fields 19 and 41 of /proc/self/stat: nice value and scheduling policy. */
	expect_output(BOX(""),
		      "set -- $(cat /proc/self/stat); echo ${19} ${41}; cat /proc/self/personality",
		      "0 0\n00000000\n");
}

Test(spawn, the_reason_why_execve_fails_is_told)
{
	char name[300] = "/", loop[] = "/tmp/writ-spawn-loop-XXXXXX", *big = malloc(300000);
	struct writ_sandbox *sandbox = bundle_sandbox(BOX(""));
	const char *const argv[] = {"true", big, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;

	memset(name + 1, 'x', sizeof(name) - 2);
	cr_expect_eq(try_spawn(sandbox, name), -WRIT_E_NOT_FOUND);
	cr_assert_geq(mkstemp(loop), 0);
	cr_assert(unlink(loop) == 0 && symlink(loop, loop) == 0);
	cr_expect_eq(try_spawn(sandbox, loop), -WRIT_E_NOT_FOUND);
	unlink(loop);
	cr_expect_eq(try_spawn(sandbox, "/usr"), -WRIT_E_NOT_ALLOWED);
	memset(big, 'x', 299999);
	big[299999] = '\0';
	cr_expect_eq(writ_spawn(sandbox, &launch, &process, NULL), -WRIT_E_SYSTEM);
	writ_sandbox_close(sandbox);
	free(big);
}

static pid_t cleaned_up_in;
static bool has_returned;

static void note_cleanup(void *arg)
{
	(void)arg;
	cleaned_up_in = (pid_t)syscall(SYS_getpid);
}

static void *spawn_cancelled(void *sandbox)
{
	int rc;

	pthread_cleanup_push(note_cleanup, NULL);
	pthread_cancel(pthread_self());
	rc = try_spawn(sandbox, "true");
	cr_expect_eq(rc, 0);
	has_returned = true;
	pthread_testcancel();
	pthread_cleanup_pop(0);
	return NULL;
}

Test(spawn, a_cancellation_waits_and_never_runs_in_the_child, .timeout = 20)
{
	/* Both ways to bound processes write files in the child, and write is where one is
	 * cancelled. */
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { processes 5; output 1KiB; }"));
	pthread_t thread;
	void *result = NULL;

	cr_assert_eq(pthread_create(&thread, NULL, spawn_cancelled, sandbox), 0);
	cr_assert_eq(pthread_join(thread, &result), 0);
	cr_expect_eq(result, PTHREAD_CANCELED);
	cr_expect(has_returned, "it took effect inside");
	cr_expect_eq(cleaned_up_in, getpid());
	writ_sandbox_close(sandbox);
}

Test(spawn, limits_are_set_and_hard)
{
	expect_output(
		BOX("limits { cpu 1500ms; files 40; file_size 1MiB; memory 256MiB; cpus 1; }"),
		"ulimit -St; ulimit -Ht; ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -Hd; nproc;"
		" ulimit -n 50 2>/dev/null || echo refused",
		"2\n3\n40\n40\n0\n262144\n1\nrefused\n");
}

Test(spawn, process_limit_counts_the_launch_only)
{
	static const char command[] = "i=0; while [ $i -lt 12 ]; do sleep 100 & i=$((i + 1)); done "
				      "2>/dev/null; echo done";
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { processes 6; wall 10s; }"));
	struct run run = run_in(sandbox, "sleep 0 & sleep 0 & sleep 0 & sleep 0 & wait; echo ok");

	cr_expect_str_eq(run.output, "ok\n", "%s", run.output);
	/* dash gives up when fork fails. */
	run = run_in(sandbox, command);
	cr_expect_null(strstr(run.output, "done"), "%s", run.output);
	writ_sandbox_close(sandbox);
}

static void *kill_it(void *process)
{
	writ_kill(process);
	return NULL;
}

Test(spawn, kill_ends_a_launch_from_another_thread)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX(""));
	const char *const argv[] = {"sh", "-c", "sleep 300 & sleep 300", NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_result result;
	pthread_t thread;

	cr_assert_eq(writ_spawn(sandbox, &launch, &process, NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, kill_it, process), 0);
	pthread_join(thread, NULL);
	cr_assert_eq(writ_wait(&process, &result, NULL), 0);
	cr_expect_eq(result.end, WRIT_KILLED);
	writ_kill(NULL);
	writ_sandbox_close(sandbox);
}

Test(spawn, a_caller_that_ignores_its_children_is_refused)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX(""));

	signal(SIGCHLD, SIG_IGN);
	cr_expect_eq(try_spawn(sandbox, "true"), -WRIT_E_INVALID);
	signal(SIGCHLD, SIG_DFL);
	cr_expect_eq(try_spawn(sandbox, "true"), 0);
	writ_sandbox_close(sandbox);
}

Test(spawn, missing_paths_are_warned_of)
{
	struct writ_sandbox *sandbox =
		bundle_sandbox("sandbox s { filesystem { read \"/no/such/place\"; } }\n");

	cr_assert_not_null(writ_sandbox_warning(sandbox, 0));
	cr_expect_not_null(strstr(writ_sandbox_warning(sandbox, 0), "/no/such/place"));
	cr_expect_null(writ_sandbox_warning(sandbox, 1));
	writ_sandbox_close(sandbox);
}
