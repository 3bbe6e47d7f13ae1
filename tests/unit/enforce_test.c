/*
 * A sandbox for the calling process itself, and what is said of the host.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

#define BOX(more)                                                                                  \
	"sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\"; "                 \
	"write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; } " more " }\n"

/* In a forked child: Criterion's own process has threads, and the sandbox is for good. */
static int enforced_child(const char *box, int (*body)(void))
{
	struct writ_sandbox *sandbox = bundle_sandbox(box);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(writ_enforce(sandbox, NULL) ? 99 : body());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	writ_sandbox_close(sandbox);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int cant_read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES &&
			       open("/usr/bin/env", O_RDONLY) >= 0
		       ? 42
		       : 1;
}

/* A filter of Writ's refuses setsid, without which a launch can't be ended as a whole. */
static struct writ_sandbox *nested;

static int cant_launch(void)
{
	static const char *const argv[] = {"true", NULL};
	const struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_host host;

	writ_host_probe(&host);
	return host.new_session == 0 && writ_spawn(nested, &launch, &process, NULL) == -WRIT_E_HOST
		       ? 42
		       : 1;
}

Test(enforce, a_launch_from_inside_is_the_hosts_refusal)
{
	nested = bundle_sandbox(BOX(""));
	cr_expect_eq(enforced_child(BOX(""), cant_launch), 42);
	writ_sandbox_close(nested);
}

Test(enforce, confines_the_caller)
{
	cr_expect_eq(enforced_child(BOX(""), cant_read_passwd), 42);
}

Test(enforce, refuses_limits_that_need_a_supervisor)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX("limits { wall 5s; }"));
	struct writ_error error;

	cr_expect_eq(writ_enforce(sandbox, &error), -WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "wall"));
	writ_sandbox_close(sandbox);
}

static void *idle(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

Test(enforce, refuses_a_process_with_threads)
{
	struct writ_sandbox *sandbox = bundle_sandbox(BOX(""));
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, idle, NULL), 0);
	cr_expect_eq(writ_enforce(sandbox, NULL), -WRIT_E_INVALID);
	writ_sandbox_close(sandbox);
}

Test(host, the_probe_says_what_is_known)
{
	struct writ_host host;

	writ_host_probe(&host);
	cr_expect_eq(host.is_root, geteuid() == 0);
	cr_expect_eq(host.new_session, 1);
	cr_expect(host.landlock_abi >= 0 && host.pids_cgroup >= 0 && host.pids_cgroup <= 2);
}
