/*
 * writ from outside: what signals do to a launch, what an unread terminal does not do, and what
 * is shown of text from outside.
 *
 * Runs the program (build/writ, or what $WRIT names).
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

#define BOX(name, more)                                                                            \
	"sandbox " name " { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", "          \
	"\"/etc/ld.so.cache\"; write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; }" more " }\n"
#define POLICY                                                                                     \
	BOX("plain", "")                                                                           \
	BOX("limited", "limits { output 1MiB; wall 500ms; }")                                      \
	BOX("kills", "syscalls { allow @default; deny execve kill; }")                             \
	BOX("strict", "syscalls { allow @default; deny mkdir, mkdirat kill; } limits { cpu 1s; }")

static char path[] = "/tmp/writ-run-XXXXXX";

static void setup(void)
{
	struct test_bundle bundle = bundle_make(POLICY);
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write(fd, bundle.bytes, bundle.size) == (ssize_t)bundle.size);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

TestSuite(run, .init = setup, .fini = teardown, .timeout = 60);

/* Starts writ with fd as its standard output and error. */
static pid_t start(char *const argv[], int fd)
{
	const char *writ = getenv("WRIT") ? getenv("WRIT") : BUILD_DIR "/writ";
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t none;

		/*
		 * Whatever we were started with: a background job has SIGINT and SIGQUIT ignored.
		 */
		for (int number = 1; number <= SIGRTMAX; number++)
			signal(number, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (dup2(fd, 1) == 1 && dup2(fd, 2) == 2)
			execv(writ, argv);
		_exit(99);
	}
	cr_assert_gt(pid, 0);
	return pid;
}

static pid_t start_shell(const char *sandbox, const char *script, int fd)
{
	char *const argv[] = {"writ", "run", "-p", path,           "--sandbox", (char *)sandbox,
			      "--",   "sh",  "-c", (char *)script, NULL};

	return start(argv, fd);
}

static int status_of(pid_t pid)
{
	int status = 0;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A launch says that it runs; then writ gets a signal. Its exit status; nothing may be left. */
static int status_after(int number)
{
	struct pollfd reader = {.events = POLLIN};
	char line[4];
	int ends[2];
	pid_t pid;
	int status;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = start_shell("plain", "sleep 300 & echo up; sleep 300", ends[1]);
	close(ends[1]);
	cr_assert_eq(read(ends[0], line, 3), 3);
	kill(pid, number);
	status = status_of(pid);
	/* The pipe hangs up when the last that holds it is gone. */
	reader.fd = ends[0];
	cr_expect_eq(poll(&reader, 1, 5000), 1, "signal %d: something was left", number);
	close(ends[0]);
	return status;
}

Test(run, every_signal_that_would_end_writ_ends_the_launch)
{
	const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT,      SIGTERM,     SIGUSR1,
			       SIGUSR2, SIGALRM, SIGVTALRM,    SIGPROF,     SIGXCPU,
			       SIGXFSZ, SIGIO,   SIGPWR,       SIGSTKFLT,   SIGSEGV,
			       SIGABRT, SIGSYS,  SIGRTMIN + 2, SIGRTMAX - 1};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int status = status_after(numbers[i]);

		cr_expect_eq(status, 128 + numbers[i], "signal %d: %d", numbers[i], status);
	}
}

/* SIGKILL can't be caught: the kernel ends the command with writ. */
Test(run, a_kill_of_writ_ends_the_command)
{
	struct pollfd reader = {.events = POLLIN};
	char line[4];
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = start_shell("plain", "echo up; exec sleep 300", ends[1]);
	close(ends[1]);
	cr_assert_eq(read(ends[0], line, 3), 3);
	kill(pid, SIGKILL);
	cr_expect_eq(status_of(pid), -SIGKILL);
	reader.fd = ends[0];
	cr_expect_eq(poll(&reader, 1, 5000), 1, "the command goes on");
	close(ends[0]);
}

/* musl keeps 32 to 34 for itself, so they can only be ignored. */
Test(run, signals_that_writ_ignores_do_not_end_it)
{
	static const int numbers[] = {SIGPIPE, 32, 33, 34};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char line[4];
		int ends[2];
		pid_t pid;

		cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
		pid = start_shell("plain", "echo up; sleep 0.2; exit 5", ends[1]);
		cr_assert_eq(read(ends[0], line, 3), 3);
		kill(pid, numbers[i]);
		cr_expect_eq(status_of(pid), 5, "signal %d", numbers[i]);
		close(ends[0]);
		close(ends[1]);
	}
}

/* A signal may come at any moment of the start: then nothing runs, or what runs is ended. */
Test(run, no_signal_is_lost_while_writ_starts)
{
	for (unsigned int delay_us = 0; delay_us < 3000; delay_us += 50) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		pid_t pid = start_shell("plain", "sleep 300", null);
		int status;

		(void)usleep(delay_us);
		kill(pid, SIGTERM);
		status = status_of(pid);
		cr_expect(status == -SIGTERM || status == 128 + SIGTERM, "%u us: %d", delay_us,
			  status);
		close(null);
	}
}

static int open_terminal(int *master)
{
	int fd;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	cr_assert(*master >= 0 && grantpt(*master) == 0 && unlockpt(*master) == 0);
	fd = open(ptsname(*master), O_RDWR | O_NOCTTY);
	cr_assert_geq(fd, 0);
	return fd;
}

/* Its message that the time is over can't be written either. */
Test(run, a_terminal_that_nobody_reads_keeps_nobody)
{
	int master, fd = open_terminal(&master);
	pid_t pid;

	cr_expect_eq(status_of(start_shell("limited", "yes", fd)), 124);
	pid = start_shell("plain", "yes", fd);
	(void)usleep(300000);
	kill(pid, SIGTERM);
	cr_expect_eq(status_of(pid), 128 + SIGTERM);
}

static const char *read_all(int fd)
{
	static char text[4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

Test(run, text_from_outside_is_shown_as_what_it_is)
{
	char *const argv[] = {"writ",
			      "run",
			      "-p",
			      path,
			      "--sandbox",
			      "a\xe2\x80\xae"
			      "b\xe2\x80\x8b\xef\xbb\xbf\xc2\x9b\x9b\xc3(\xed\xa0\x80\033[\xc3\xa4",
			      "--",
			      "true",
			      NULL};
	FILE *out = tmpfile();

	cr_expect_eq(status_of(start(argv, fileno(out))), 3);
	cr_expect_str_eq(read_all(fileno(out)),
			 "writ: the policy has no sandbox 'a<U+202E>b<U+200B><U+FEFF><U+009B><0x9B>"
			 "<0xC3>(<0xED><0xA0><0x80><U+001B>[\xc3\xa4'\n");
}

/* What the command says itself is nothing: it is gone. */
Test(run, the_signal_that_enforced_the_sandbox_is_told)
{
	static const struct {
		const char *script;
		int status;
		const char *says;
	} rows[] = {
		{"exec mkdir /tmp/x", 128 + SIGSYS,
		 "writ: killed by SIGSYS, as for a system call that its sandbox kills for\n"},
		{"while :; do :; done", 128 + SIGXCPU,
		 "writ: killed: its limit on processor time is used up\n"},
		{"kill -XFSZ $$", 128 + SIGXFSZ,
		 "writ: killed by SIGXFSZ, as when a file grows past its limit of size\n"},
		{"kill -TERM $$", 128 + SIGTERM, ""},
		{"kill -KILL $$", 128 + SIGKILL, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *out = tmpfile();
		int status = status_of(start_shell("strict", rows[i].script, fileno(out)));

		cr_expect_eq(status, rows[i].status, "%s: %d", rows[i].script, status);
		cr_expect_str_eq(read_all(fileno(out)), rows[i].says, "%s", rows[i].script);
		fclose(out);
	}
}

Test(run, doctor_enters_each_sandbox)
{
	char *const argv[] = {"writ", "doctor", "-p", path, NULL};
	FILE *out = tmpfile();
	int status = status_of(start(argv, fileno(out)));

	if (status == 4)
		cr_skip_test("this host can't: %s", read_all(fileno(out)));
	cr_expect_eq(status, 0);
	cr_expect_not_null(strstr(read_all(fileno(out)), "sandbox kills: enforced\n"), "%s",
			   read_all(fileno(out)));
}

Test(run, doctor_says_which_parameter_is_not_bound)
{
	static const char source[] =
		"param w : path; param v : path; param d : path = \"/no/such\";\n"
		"sandbox s { filesystem { read \"${w}/a\", \"${v}\"; "
		"write \"${w}\"; read \"${d}\"; } }\n";
	struct test_bundle bundle = bundle_make(source);
	char file[] = "/tmp/writ-doctor-XXXXXX";
	char *const argv[] = {"writ", "doctor", "-p", file, "--param", "v=/usr", NULL};
	FILE *out = tmpfile();
	int fd = mkstemp(file), status;

	cr_assert_eq(write(fd, bundle.bytes, bundle.size), (ssize_t)bundle.size);
	close(fd);
	status = status_of(start(argv, fileno(out)));
	unlink(file);
	if (status == 4)
		cr_skip_test("this host can't: %s", read_all(fileno(out)));
	cr_expect_not_null(strstr(read_all(fileno(out)), "sandbox s: enforced\n"
							 "  keeper                 yes"),
			   "%s", read_all(fileno(out)));
	cr_expect_not_null(strstr(read_all(fileno(out)),
				  "\n  warning: nothing is granted at '/no/such': No such file or "
				  "directory\n"
				  "  warning: parameter 'w' is not bound: what it names was not "
				  "looked at\n"),
			   "%s", read_all(fileno(out)));
	cr_expect_null(strstr(read_all(fileno(out)), "unbound-parameter"));
}

/* Not this host's fault, and said before anything is tried. */
Test(run, doctor_lists_what_this_version_can_not_enforce)
{
	static const char source[] = "role r { allow t; }\n"
				     "sandbox s { network { bind \"udp://127.0.0.1:1\"; } }\n";
	struct test_bundle bundle = bundle_make(source);
	char file[] = "/tmp/writ-doctor-XXXXXX";
	char *const doctor[] = {"writ", "doctor", "-p", file, NULL};
	char *const decide[] = {"writ", "decide", "-p", file, "--role", "r", "--tool", "t", NULL};
	FILE *out = tmpfile(), *refused = tmpfile();
	int fd = mkstemp(file);

	cr_assert_eq(write(fd, bundle.bytes, bundle.size), (ssize_t)bundle.size);
	close(fd);
	cr_expect_eq(status_of(start(doctor, fileno(out))), 4);
	cr_expect_eq(status_of(start(decide, fileno(refused))), 4);
	unlink(file);
	cr_expect_not_null(strstr(read_all(fileno(out)),
				  "this version can't enforce: network bind \"udp://\", of "
				  "sandbox "
				  "'s'\nsandbox s: can't be enforced: "),
			   "%s", read_all(fileno(out)));
	cr_expect_not_null(strstr(read_all(fileno(refused)), "network bind \"udp://\""), "%s",
			   read_all(fileno(refused)));
}

/* Init may take its time to reap a killed orphan: then it would still be seen. */
Test(run, orphans_of_a_launch_are_gone_when_writ_ends)
{
	char *const argv[] = {"writ",  "run", "-p", path, "--sandbox",
			      "plain", "--",  "sh", "-c", "(sleep 300 &); exit 0",
			      NULL};
	struct pollfd reader = {.events = POLLIN};
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = start(argv, ends[1]);
	close(ends[1]);
	reader.fd = ends[0];
	cr_assert_eq(poll(&reader, 1, 0), 0);
	cr_assert_eq(status_of(pid), 0);
	/* The pipe hangs up when the last that holds it is gone. */
	cr_expect_eq(poll(&reader, 1, 0), 1);
}

Test(run, nobody_is_denied_and_no_mistake_in_the_command_line)
{
	char *const by_role[] = {"writ", "decide", "-p", path, "--role", "", "--tool", "x", NULL};
	char *const by_user[] = {"writ",   "run", "-p", path,   "--user", "",
				 "--tool", "x",   "--", "true", NULL};
	int fd = open("/dev/null", O_WRONLY);

	cr_assert_eq(status_of(start(by_role, fd)), 1);
	cr_assert_eq(status_of(start(by_user, fd)), 126);
	close(fd);
}
