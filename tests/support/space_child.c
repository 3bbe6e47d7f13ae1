/*
 * See space_child.h.
 */
#include "support/space_child.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net_space.h"

void space_child_run(int (*what)(void), const char *file)
{
	pid_t child;
	int status = 0;

	if (!net_space_works())
		cr_skip_test("the host refuses user and network namespaces");
	child = fork();
	if (child == 0) {
		int line = what();

		if (line)
			(void)fprintf(stderr, "%s:%d: does not hold\n", file, line);
		_exit(line != 0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
}
