/*
 * Steps of a launch that a single command does not show: when the caller goes, a command that asked
 * to die with it does, one that did not goes on; and who a command is in a user namespace.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

#define PATIENCE_MS 10000
#define SHELL(more)                                                                                \
	"sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", "                 \
	"\"/etc/ld.so.cache\"; execute \"/usr/bin\", \"/bin\"; } " more " }\n"

/* Both ends of what the command reads and of what it writes. */
struct pipes {
	int in[2];
	int out[2];
};

/*
 * A process of its own launches a shell, which waits for a line and answers it; then that process
 * is gone. What is left are our ends of the pipes.
 */
static struct pipes launch_and_go(bool die_with_caller)
{
	static const char *const argv[] = {"sh", "-c", "read line; echo $line", NULL};
	struct writ_sandbox *sandbox = bundle_sandbox(SHELL(""));
	struct pipes pipes;
	int status = -1;
	pid_t caller;

	cr_assert_eq(pipe2(pipes.in, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(pipes.out, O_CLOEXEC), 0);
	caller = fork();
	if (caller == 0) {
		const struct writ_launch launch = {
			.argv = argv,
			.stdio = {pipes.in[0], pipes.out[1], -1},
			.die_with_caller = die_with_caller,
		};
		struct writ_process *process;

		_exit(writ_spawn(sandbox, &launch, &process, NULL) ? 1 : 0);
	}
	cr_assert_eq(waitpid(caller, &status, 0), caller);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	close(pipes.in[0]);
	close(pipes.out[1]);
	writ_sandbox_close(sandbox);
	return pipes;
}

/* What the command has written when nobody holds its output any more; "none" if that never is. */
static const char *answer(int fd)
{
	static char text[16];
	struct pollfd reader = {.fd = fd, .events = POLLIN};
	ssize_t n = poll(&reader, 1, PATIENCE_MS) == 1 ? read(fd, text, sizeof(text) - 1) : -1;

	if (n < 0)
		return "none";
	text[n] = '\0';
	return text;
}

Test(launch, a_command_dies_with_its_caller_when_asked_to)
{
	struct pipes pipes = launch_and_go(true);

	/* Its end of the pipe closes with nothing written, although nobody has sent it a line. */
	cr_expect_str_eq(answer(pipes.out[0]), "");
	close(pipes.in[1]);
	close(pipes.out[0]);
}

Test(launch, a_command_outlives_its_caller_otherwise)
{
	struct pipes pipes = launch_and_go(false);

	cr_expect_eq(write(pipes.in[1], "here\n", 5), 5);
	cr_expect_str_eq(answer(pipes.out[0]), "here\n");
	close(pipes.in[1]);
	close(pipes.out[0]);
}

/* A limit on processes may cost a user namespace of the launch's own: its user is mapped in it. */
Test(launch, the_user_is_the_callers)
{
	static const char *const argv[] = {"id", "-u", NULL};
	struct writ_sandbox *sandbox = bundle_sandbox(SHELL("limits { processes 64; }"));
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_error error;
	char want[16];
	int out[2];

	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	launch.stdio[1] = out[1];
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	close(out[1]);
	snprintf(want, sizeof(want), "%u\n", (unsigned)geteuid());
	cr_expect_str_eq(answer(out[0]), want);
	cr_expect_eq(writ_wait(&process, NULL, &error), 0, "%s", error.text);
	close(out[0]);
	writ_sandbox_close(sandbox);
}
