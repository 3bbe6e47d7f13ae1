#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"
#include "support/zygotes.h"

#define FILES                                                                                      \
	"filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", \"/etc/ld.so.cache\", "       \
	"\"/proc\"; write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; "
#define ALONE "syscalls { allow @default; deny clone, clone3, fork, vfork; }"

/* No namespaces and no keeper; both; and file systems of its own besides. */
#define PLAIN    "sandbox s { " FILES "} " ALONE " env { pass PATH, MARK; } }\n"
#define KEPT     "sandbox s { " FILES "} env { pass PATH, MARK; } }\n"
#define SCRATCHY "sandbox s { " FILES "scratch \"/tmp\" 1MiB; } env { pass PATH; } }\n"

static const char *const boxes[] = {PLAIN, KEPT, SCRATCHY};
#define N_BOXES (sizeof(boxes) / sizeof(boxes[0]))

static void refill(struct writ_zygote *zygote)
{
	struct writ_error error = {.code = 0};

	cr_assert_eq(writ_zygote_refill(zygote, &error), 0, "%s", error.text);
}

static struct writ_result run(struct writ_zygote *zygote, struct writ_launch launch)
{
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_error error = {.code = 0};

	cr_assert_eq(writ_zygote_spawn(zygote, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	return result;
}

/* Standard output of a shell's command. */
static struct writ_result run_shell(struct writ_zygote *zygote, struct writ_launch launch,
				    const char *command, char output[512])
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	FILE *out = tmpfile();
	struct writ_result result;
	size_t n;

	launch.argv = argv;
	launch.stdio[0] = launch.stdio[2] = -1;
	launch.stdio[1] = fileno(out);
	result = run(zygote, launch);
	rewind(out);
	n = fread(output, 1, 511, out);
	output[n] = '\0';
	fclose(out);
	return result;
}

static int run_true(struct writ_zygote *zygote)
{
	const char *const argv[] = {"/bin/true", NULL};
	struct writ_result result = run(zygote,
					(struct writ_launch){.argv = argv, .stdio = {-1, -1, -1}});

	return result.end == WRIT_EXITED ? result.status : -1;
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(zygote, launches_a_thousand_times)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		int fds = count_fds();
		struct writ_zygote *zygote = open_zygote(sandbox, 3);

		for (int n = 0; n < (i ? 100 : 1000); n++) {
			cr_assert_eq(run_true(zygote), 0);
			if (n % 4)
				refill(zygote);
		}
		writ_zygote_close(zygote);
		cr_expect_eq(count_children(), 0);
		cr_expect_eq(count_fds(), fds);
		writ_sandbox_close(sandbox);
	}
}

Test(zygote, one_launch_sees_nothing_of_another)
{
	static const char *const first[] = {"PATH=/usr/bin:/bin", "MARK=first", NULL};
	static const char *const second[] = {"PATH=/usr/bin:/bin", NULL};

	for (size_t i = 0; i < 2; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		struct writ_zygote *zygote = open_zygote(sandbox, 2);
		char output[512];

		run_shell(zygote, (struct writ_launch){.envp = first, .cwd = "/usr"},
			  "echo $MARK; pwd; echo /proc/self/fd/*; umask", output);
		cr_expect_str_eq(output,
				 "first\n/usr\n/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 "
				 "/proc/self/fd/3\n0022\n",
				 "%s", output);
		run_shell(zygote, (struct writ_launch){.envp = second}, "echo ${MARK:-none}; pwd",
			  output);
		cr_expect_str_eq(output, "none\n/\n", "%s", output);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

Test(zygote, scratch_is_of_one_launch)
{
	struct writ_sandbox *sandbox = bundle_sandbox(SCRATCHY);
	struct writ_zygote *zygote = open_zygote(sandbox, 2);
	char output[512];

	run_shell(zygote, (struct writ_launch){0}, "echo x >/tmp/mine; echo /tmp/*", output);
	cr_expect_str_eq(output, "/tmp/mine\n", "%s", output);
	run_shell(zygote, (struct writ_launch){0}, "echo /tmp/*", output);
	cr_expect_str_eq(output, "/tmp/*\n", "%s", output);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

Test(zygote, walls_are_those_of_a_spawn)
{
	struct writ_sandbox *sandbox = bundle_sandbox(
		"sandbox s { " FILES
		"} limits { files 64; file_size 1MiB; } env { pass PATH; } }\n");
	struct writ_zygote *zygote = open_zygote(sandbox, 1);
	char output[512];

	run_shell(zygote, (struct writ_launch){0},
		  "ulimit -n; ulimit -c; grep -E "
		  "'^(NoNewPrivs|Seccomp|CapEff|CapBnd|SigBlk|SigIgn):' "
		  "/proc/self/status | tr '\\t\\n' '  '; cat /etc/passwd || echo no",
		  output);
	cr_expect(strstr(output, "64\n0\n") == output, "%s", output);
	cr_expect_not_null(strstr(output, "SigBlk: 0000000000000000"), "%s", output);
	cr_expect_not_null(strstr(output, "SigIgn: 0000000000000000"), "%s", output);
	cr_expect_not_null(strstr(output, "CapEff: 0000000000000000"), "%s", output);
	cr_expect_not_null(strstr(output, "NoNewPrivs: 1"), "%s", output);
	cr_expect_not_null(strstr(output, "Seccomp: 2"), "%s", output);
	cr_expect_not_null(strstr(output, "no\n"), "%s", output);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

Test(zygote, tells_why_a_command_does_not_start)
{
	static const struct {
		const char *command;
		const char *cwd;
		int code;
	} rows[] = {
		{"/usr/bin/there-is-no-such", NULL, WRIT_E_NOT_FOUND},
		{"/etc/ld.so.cache", NULL, WRIT_E_NOT_ALLOWED},
		{"/bin/true", "/there-is-no-such", WRIT_E_SYSTEM},
	};

	for (size_t i = 0; i < N_BOXES * 3; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i / 3]);
		struct writ_zygote *zygote = open_zygote(sandbox, 1);
		const char *const argv[] = {rows[i % 3].command, NULL};
		const struct writ_launch launch = {.argv = argv,
						   .cwd = rows[i % 3].cwd,
						   .stdio = {-1, -1, -1}};
		struct writ_process *process = NULL;
		struct writ_error error = {.code = 0};

		cr_expect_eq(writ_zygote_spawn(zygote, &launch, &process, &error),
			     -rows[i % 3].code, "%s", error.text);
		cr_expect_null(process);
		cr_expect_eq(count_children(), 0);
		refill(zygote);
		cr_expect_eq(run_true(zygote), 0);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

Test(zygote, replaces_what_is_killed_while_it_waits)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		struct writ_zygote *zygote = open_zygote(sandbox, 4);

		for (int round = 0; round < 10; round++) {
			pid_t pids[64];
			size_t n = list_children(pids);

			cr_expect_eq(n, 4);
			for (size_t k = 0; k < n; k++) {
				siginfo_t end;

				kill(pids[k], SIGKILL);
				cr_assert_eq(waitid(P_PID, (id_t)pids[k], &end, WEXITED | WNOWAIT),
					     0);
			}
			cr_expect_eq(run_true(zygote), 0);
			refill(zygote);
		}
		writ_zygote_close(zygote);
		cr_expect_eq(count_children(), 0);
		writ_sandbox_close(sandbox);
	}
}

/* The kill may meet the command that has just been executed: then it is that which was killed. */
Test(zygote, is_killed_while_it_launches)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		struct writ_zygote *zygote = open_zygote(sandbox, 4);

		for (int round = 0; round < 10; round++) {
			pid_t pids[64];
			size_t n = list_children(pids);
			int status;

			for (size_t k = 0; k < n; k++)
				kill(pids[k], SIGKILL);
			status = run_true(zygote);
			cr_expect(status == 0 || status == -1);
			refill(zygote);
		}
		writ_zygote_close(zygote);
		cr_expect_eq(count_children(), 0);
		writ_sandbox_close(sandbox);
	}
}

Test(zygote, outlives_commands_that_crash)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		struct writ_zygote *zygote = open_zygote(sandbox, 1);
		char output[512];

		for (int n = 0; n < 5; n++) {
			struct writ_result result = run_shell(zygote, (struct writ_launch){0},
							      "kill -SEGV $$", output);

			cr_expect_eq(result.end, WRIT_SIGNALED);
			cr_expect_eq(result.signal, SIGSEGV);
			refill(zygote);
		}
		cr_expect_eq(run_true(zygote), 0);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

/* Is what holds the other end of a pipe gone within two seconds? */
static bool ends_soon(int fd)
{
	char byte;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 400; i++) {
		if (read(fd, &byte, 1) == 0)
			return true;
		(void)usleep(5000);
	}
	return false;
}

static bool all_gone(const pid_t *pids, size_t n)
{
	for (int i = 0; i < 400; i++) {
		size_t left = 0;

		for (size_t k = 0; k < n; k++)
			left += kill(pids[k], 0) == 0;
		if (!left)
			return true;
		(void)usleep(5000);
	}
	return false;
}

/* In a process of its own, where nothing may be asserted: what fails is not told, and missed. */
static void own_zygote(const struct writ_sandbox *sandbox, int out)
{
	struct writ_zygote *zygote = NULL;
	pid_t pids[64] = {0};

	if (writ_zygote_open(sandbox, 3, &zygote, NULL) || list_children(pids) != 3)
		_exit(1);
	(void)!write(out, pids, 3 * sizeof(pids[0]));
	for (;;)
		(void)pause();
}

/* What waits below a keeper, so that it does nothing for its own end. False: there is nothing. */
static bool stop_child_of(pid_t keeper)
{
	char path[64];
	pid_t child = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
	file = fopen(path, "r");
	if (!file)
		return false;
	(void)!fscanf(file, "%d", &child);
	fclose(file);
	return child > 0 && kill(child, SIGSTOP) == 0;
}

static void expect_death_with_owner(const char *box, bool is_stopped)
{
	struct writ_sandbox *sandbox = bundle_sandbox(box);
	pid_t pids[3];
	int ends[2];
	pid_t owner;

	cr_assert_eq(pipe(ends), 0);
	owner = fork();
	if (owner == 0)
		own_zygote(sandbox, ends[1]);
	close(ends[1]);
	cr_assert_eq(read(ends[0], pids, sizeof(pids)), (ssize_t)sizeof(pids));
	for (size_t i = 0; is_stopped && i < 3; i++)
		cr_expect(stop_child_of(pids[i]), "%s", box);
	kill(owner, SIGKILL);
	cr_assert_eq(waitpid(owner, NULL, 0), owner);
	cr_expect(ends_soon(ends[0]));
	cr_expect(all_gone(pids, 3), "%s", box);
	close(ends[0]);
	writ_sandbox_close(sandbox);
}

Test(zygote, dies_with_its_owner)
{
	for (size_t i = 0; i < N_BOXES; i++)
		expect_death_with_owner(boxes[i], false);
}

/* As it does between a request and the command, which asks for nothing then. */
Test(zygote, dies_with_its_owner_though_it_is_stopped)
{
	expect_death_with_owner(KEPT, true);
	expect_death_with_owner(SCRATCHY, true);
}

/* Starts a command that sleeps; killed, it leaves it or takes it along. */
static void own_launch(const struct writ_sandbox *sandbox, int die_with_caller, int out)
{
	static const char *const argv[] = {"/bin/sleep", "3", NULL};
	struct writ_zygote *zygote = NULL;
	const struct writ_launch launch = {.argv = argv,
					   .stdio = {-1, -1, -1},
					   .die_with_caller = die_with_caller};
	struct writ_process *process = NULL;
	pid_t pid;

	if (writ_zygote_open(sandbox, 1, &zygote, NULL) ||
	    writ_zygote_spawn(zygote, &launch, &process, NULL))
		_exit(1);
	pid = writ_process_pid(process);
	(void)!write(out, &pid, sizeof(pid));
	for (;;)
		(void)pause();
}

Test(zygote, commands_die_with_the_caller_if_so_asked)
{
	for (size_t i = 0; i < N_BOXES * 2; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i / 2]);
		pid_t pid;
		int ends[2];
		pid_t owner;

		cr_assert_eq(pipe(ends), 0);
		owner = fork();
		if (owner == 0)
			own_launch(sandbox, i % 2, ends[1]);
		close(ends[1]);
		cr_assert_eq(read(ends[0], &pid, sizeof(pid)), (ssize_t)sizeof(pid));
		kill(owner, SIGKILL);
		cr_assert_eq(waitpid(owner, NULL, 0), owner);
		if (i % 2) {
			cr_expect(all_gone(&pid, 1), "%zu", i);
		} else {
			(void)usleep(100000);
			cr_expect_eq(kill(pid, SIGKILL), 0, "%zu", i);
		}
		close(ends[0]);
		writ_sandbox_close(sandbox);
	}
}

static void *open_in_thread(void *arg)
{
	return open_zygote(arg, 2);
}

Test(zygote, outlives_the_thread_that_made_it)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		pthread_t thread;
		void *zygote = NULL;

		cr_assert_eq(pthread_create(&thread, NULL, open_in_thread, sandbox), 0);
		cr_assert_eq(pthread_join(thread, &zygote), 0);
		(void)usleep(20000);
		cr_expect_eq(count_children(), 2);
		cr_expect_eq(run_true(zygote), 0);
		cr_expect_eq(run_true(zygote), 0);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

static void *use_in_thread(void *arg)
{
	for (int i = 0; i < 50; i++) {
		cr_expect_eq(run_true(arg), 0);
		if (i % 3)
			refill(arg);
	}
	return NULL;
}

Test(zygote, serves_threads_at_once)
{
	for (size_t i = 0; i < 2; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		struct writ_zygote *zygote = open_zygote(sandbox, 3);
		pthread_t threads[3];

		for (size_t k = 0; k < 3; k++)
			cr_assert_eq(pthread_create(&threads[k], NULL, use_in_thread, zygote), 0);
		for (size_t k = 0; k < 3; k++)
			cr_assert_eq(pthread_join(threads[k], NULL), 0);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

/* A pipe whose other end only waiting children could still hold reads as ended. */
Test(zygote, holds_no_descriptor_of_the_caller)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		struct writ_zygote *zygote;
		int ends[2];

		cr_assert_eq(pipe(ends), 0);
		zygote = open_zygote(sandbox, 2);
		close(ends[1]);
		cr_expect(ends_soon(ends[0]));
		close(ends[0]);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

Test(zygote, refuses_without_descriptors)
{
	struct writ_sandbox *sandbox = bundle_sandbox(KEPT);
	struct rlimit before;
	struct rlimit none;
	struct writ_zygote *zygote = NULL;
	struct writ_error error = {.code = 0};

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (rlim_t n = 3; n < 16; n++) {
		int fds = count_fds();

		none = (struct rlimit){.rlim_cur = n, .rlim_max = before.rlim_max};
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
		if (writ_zygote_open(sandbox, 1, &zygote, &error) == 0)
			writ_zygote_close(zygote);
		else
			cr_expect_eq(error.code, WRIT_E_SYSTEM, "%s", error.text);
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		cr_expect_eq(count_fds(), fds);
		cr_expect_eq(count_children(), 0);
	}
	writ_sandbox_close(sandbox);
}

Test(zygote, keeps_wall_and_output_limits)
{
	struct writ_sandbox *sandbox = bundle_sandbox(
		"sandbox s { " FILES
		"} limits { wall 300ms; output 1KiB; } env { pass PATH; } }\n");
	struct writ_zygote *zygote = open_zygote(sandbox, 2);
	char output[512];

	/* A wall begins when the command does, not when its child began to wait. */
	(void)usleep(400000);
	cr_expect_eq(run_shell(zygote, (struct writ_launch){0}, "sleep 5", output).end,
		     WRIT_WALL_LIMIT);
	cr_expect_eq(run_shell(zygote, (struct writ_launch){0}, "yes", output).end,
		     WRIT_OUTPUT_LIMIT);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

Test(zygote, refuses_wrong_arguments)
{
	struct writ_sandbox *sandbox = bundle_sandbox(PLAIN);
	struct writ_zygote *zygote = NULL;
	struct writ_process *process = NULL;
	const struct writ_launch nothing = {.argv = NULL};

	cr_expect_eq(writ_zygote_open(sandbox, 0, &zygote, NULL), -WRIT_E_INVALID);
	cr_expect_eq(writ_zygote_open(sandbox, WRIT_MAX_ZYGOTE + 1, &zygote, NULL),
		     -WRIT_E_INVALID);
	cr_expect_eq(writ_zygote_open(NULL, 1, &zygote, NULL), -WRIT_E_INVALID);
	cr_expect_eq(writ_zygote_refill(NULL, NULL), -WRIT_E_INVALID);
	zygote = open_zygote(sandbox, 1);
	cr_expect_eq(writ_zygote_spawn(zygote, &nothing, &process, NULL), -WRIT_E_INVALID);
	writ_zygote_close(zygote);
	writ_zygote_close(NULL);
	writ_sandbox_close(sandbox);
}
