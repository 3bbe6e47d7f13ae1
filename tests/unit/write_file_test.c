/*
 * What is left when a process is told to end while it writes a file: the old one or the new, and no
 * other.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "cli/write_file.h"

#define LARGE ((size_t)64 << 20)

static char dir[] = "/tmp/writ-file-XXXXXX";
static char path[64];

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(write_file, .init = setup, .fini = teardown);

static size_t files_left(void)
{
	char pattern[64];
	glob_t files;
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s/*", dir);
	n = glob(pattern, 0, NULL, &files) ? 0 : files.gl_pathc;
	globfree(&files);
	return n;
}

static void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

Test(write_file, a_signal_that_waits_ends_the_writing)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			block(signals[i]);
			raise(signals[i]);
			_exit(write_file(path, "x", 1) == -EINTR ? 0 : 1);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "signal %d", signals[i]);
		cr_expect_eq(files_left(), 0, "signal %d", signals[i]);
	}
}

Test(write_file, a_signal_that_is_ignored_ends_nothing)
{
	signal(SIGHUP, SIG_IGN);
	raise(SIGHUP);
	cr_expect_eq(write_file(path, "x", 1), 0);
	cr_expect_eq(files_left(), 1);
}

/* Waits until something is made in the directory. */
static void await_file(int watch)
{
	char event[4096];

	cr_assert_gt(read(watch, event, sizeof(event)), 0);
}

Test(write_file, a_process_that_is_ended_leaves_no_temporary_file)
{
	int watch = inotify_init1(IN_CLOEXEC);
	struct stat st;
	pid_t child;
	int status;

	cr_assert_geq(inotify_add_watch(watch, dir, IN_CREATE), 0);
	child = fork();
	if (child == 0) {
		char *bytes = calloc(1, LARGE);

		_exit(bytes && write_file(path, bytes, LARGE) == 0 ? 0 : 1);
	}
	await_file(watch);
	cr_assert_eq(kill(child, SIGTERM), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	/* It may have been done before it was told. */
	cr_expect(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	cr_expect_eq(files_left(), stat(path, &st) ? 0 : 1);
	close(watch);
}
