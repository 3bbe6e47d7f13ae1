/*
 * See later.h. Offsets are for the children of who makes the namespace (time_namespaces(7)), hence
 * two forks.
 */
#include "support/later.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_NAMESPACES 256 /* as no exit status of run's */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static int set_offset(long seconds)
{
	char offset[64];
	int n = snprintf(offset, sizeof(offset), "monotonic %ld 0\n", seconds);
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWTIME) && unshare(CLONE_NEWTIME))
		return -1;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, offset, (size_t)n) != n)
		return -1;
	return close(fd);
}

static int result_of(pid_t child)
{
	int status;

	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "it was killed: %d", status);
	return WEXITSTATUS(status);
}

static void run_later(long seconds, int (*run)(void *context), void *context, int out)
{
	int result = NO_NAMESPACES;
	pid_t child;

	if (set_offset(seconds) == 0) {
		child = fork();
		if (child == 0)
			_exit(run(context));
		result = result_of(child);
	}
	_exit(write(out, &result, sizeof(result)) != sizeof(result));
}

int later(long seconds, int (*run)(void *context), void *context)
{
	int result = NO_NAMESPACES;
	int ends[2];
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0)
		run_later(seconds, run, context, ends[1]);
	cr_assert_eq(result_of(child), 0);
	cr_assert_eq(read(ends[0], &result, sizeof(result)), (ssize_t)sizeof(result));
	close(ends[0]);
	close(ends[1]);
	if (result == NO_NAMESPACES)
		cr_skip_test("no time namespaces here");
	return result;
}
