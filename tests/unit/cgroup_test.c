#include <criterion/criterion.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cgroup.h"

#define TRIES 5000

static char base[PATH_MAX];
static char made[PATH_MAX];
static int procs = -1;

static void setup(void)
{
	if (!cgroup_find(base, sizeof(base)))
		cr_skip_test("no cgroup that counts processes can be made here");
}

/* The name that this process's nth cgroup would have. */
static const char *name_of(unsigned int n)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/writ-%d-%u", base, (int)getpid(), n);
	return path;
}

Test(cgroup, a_name_that_is_taken_is_no_obstacle)
{
	char busy[PATH_MAX + 64], inner[PATH_MAX + 80];
	unsigned int next;

	setup();
	cr_assert_eq(cgroup_create(base, 5, made, sizeof(made), &procs), 0);
	close(procs);
	cgroup_remove(made);
	cr_assert_eq(sscanf(made + strlen(base), "/writ-%*d-%u", &next), 1);
	/* The next one is not empty, the one after it is. */
	snprintf(busy, sizeof(busy), "%s", name_of(next + 1));
	snprintf(inner, sizeof(inner), "%s/inner", busy);
	cr_assert(mkdir(busy, 0755) == 0 && mkdir(inner, 0755) == 0);
	cr_assert_eq(mkdir(name_of(next + 2), 0755), 0);
	cr_expect_eq(cgroup_create(base, 5, made, sizeof(made), &procs), 0);
	cr_expect_str_eq(made, name_of(next + 2));
	close(procs);
	cgroup_remove(made);
	cr_expect(rmdir(inner) == 0 && rmdir(busy) == 0);
}

Test(cgroup, kill_ends_what_is_in_it_and_nothing_else, .timeout = 20)
{
	pid_t inside, outside;
	int status = 0;

	setup();
	cr_assert_eq(cgroup_create(base, 5, made, sizeof(made), &procs), 0);
	outside = fork();
	if (outside == 0)
		_exit(pause());
	inside = fork();
	if (inside == 0)
		_exit(write(procs, "0", 1) == 1 ? pause() : 1);
	/* Until it has entered there is nothing to kill. */
	for (int i = 0; i < TRIES && waitpid(inside, &status, WNOHANG) == 0; i++) {
		cgroup_kill(made);
		(void)usleep(1000);
	}
	(void)kill(inside, SIGTERM);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(waitpid(outside, NULL, WNOHANG), 0);
	kill(outside, SIGKILL);
	waitpid(outside, NULL, 0);
	close(procs);
	cgroup_remove(made);
	cr_expect_eq(access(made, F_OK), -1);
}
