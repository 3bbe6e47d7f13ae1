/*
 * A sandbox in a sandbox, as docs/plan.md shows it: the policy is read from there. The outer
 * command is writ itself.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/box.h"
#include "support/bundle_maker.h"
#include "support/refusals.h"

#define DOC       "docs/plan.md"
#define FENCE     "```writ\npolicy nested;\n"
#define WRIT      BUILD_DIR "/writ"
#define DOC_BYTES 65536
#define BRIEF                                                                                      \
	"sandbox brief extends outer { limits { wall 1s; } }\n"                                    \
	"sandbox closed { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\"; "            \
	"execute \"/usr/bin\", \"/bin\", \"${writ}\"; write \"/dev/null\", \"${work}\"; } "        \
	"syscalls { allow @default, openat2; } }\n"

static char writ[4096];
static char bundle_path[64];
static char params[2][4200];
static struct writ_policy *policy;

static char *example(void)
{
	static char text[DOC_BYTES];
	FILE *file = fopen(DOC, "r");
	size_t n = file ? fread(text, 1, sizeof(text) - sizeof(BRIEF) - 1, file) : 0;
	char *begin, *end;

	text[n] = '\0';
	begin = strstr(text, FENCE);
	cr_assert_not_null(begin);
	begin += strlen(FENCE);
	end = strstr(begin, "```");
	cr_assert_not_null(end);
	memcpy(end, BRIEF, sizeof(BRIEF));
	return begin;
}

static void setup(void)
{
	struct test_bundle bundle;
	char both[8500];
	char path[64];
	int fd;

	make_box();
	if (!realpath(WRIT, writ))
		cr_skip_test("no " WRIT);
	(void)snprintf(path, sizeof(path), "%s/inner", box);
	cr_assert_eq(mkdir(path, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/secret", box);
	cr_assert_eq(close(open(path, O_WRONLY | O_CREAT, 0644)), 0);
	(void)snprintf(bundle_path, sizeof(bundle_path), "%s/bundle", box);
	(void)snprintf(params[0], sizeof(params[0]), "work=%s", box);
	(void)snprintf(params[1], sizeof(params[1]), "writ=%s", writ);
	bundle = bundle_make(example());
	fd = open(bundle_path, O_WRONLY | O_CREAT, 0644);
	cr_assert_eq(write(fd, bundle.bytes, bundle.size), (ssize_t)bundle.size);
	cr_assert_eq(close(fd), 0);
	(void)snprintf(both, sizeof(both), "%s %s", params[0], params[1]);
	policy = bundle_open(example(), both);
}

static void teardown(void)
{
	writ_close(policy);
	remove_box();
}

TestSuite(nested, .init = setup, .fini = teardown, .timeout = 60);

/* Starts a shell command in the sandbox inner, by writ in the sandbox outside; it writes to out. */
static struct writ_process *start(const char *outside, const char *command, int out)
{
	const char *const argv[] = {writ,      "run",     "-p",      bundle_path, "--param",
				    params[0], "--param", params[1], "--sandbox", "inner",
				    "--",      "sh",      "-c",      command,     NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, out, out}};
	struct writ_sandbox *sandbox = NULL;
	struct writ_process *process = NULL;
	struct writ_error error;
	uint32_t id = writ_sandbox_id(policy, outside, strlen(outside));

	if (writ_sandbox_open(policy, id, &sandbox, &error))
		cr_skip_test("%s", error.text);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	writ_sandbox_close(sandbox);
	return process;
}

static struct writ_result run(const char *outside, const char *command, char output[1024])
{
	struct writ_result result = {.status = -1};
	struct writ_error error;
	FILE *out = tmpfile();
	struct writ_process *process = start(outside, command, fileno(out));

	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	rewind(out);
	output[fread(output, 1, 1023, out)] = '\0';
	(void)fclose(out);
	return result;
}

static const struct refusal no_namespace = {SYS_clone, EPERM, CLONE_NEWPID | CLONE_NEWUSER};

Test(nested, the_inner_confines_further)
{
	char command[512], output[1024];
	struct writ_result result;

	if (no_namespaces())
		cr_skip_test("this host has no PID namespaces");
	(void)snprintf(
		command, sizeof(command),
		"cd %s; echo x >inner/f && cat inner/f; cat secret 2>&- || echo no secret; "
		"echo y 2>&- >f || echo no f; setsid -w true 2>&- || echo no session; exit 7",
		box);
	result = run("outer", command, output);
	cr_expect_eq(result.status, 7, "%s", output);
	cr_expect_not_null(strstr(output, "x\nno secret\nno f\nno session\n"), "%s", output);
}

/* The control: what the inner refuses the outer allows. */
Test(nested, the_outer_alone_may_do_more)
{
	const char *const argv[] = {"sh", "-c",
				    "cd $0; cat secret && echo y >f && setsid -w true && exit 7",
				    box, NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, 2}};
	struct writ_sandbox *sandbox = NULL;
	struct writ_process *process = NULL;
	struct writ_result result = {.status = -1};
	struct writ_error error;

	if (no_namespaces())
		cr_skip_test("this host has no PID namespaces");
	cr_assert_eq(writ_sandbox_open(policy, writ_sandbox_id(policy, "outer", 5), &sandbox,
				       &error),
		     0, "%s", error.text);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0);
	cr_expect_eq(result.status, 7);
	writ_sandbox_close(sandbox);
}

static void expect_hang_up(int reader)
{
	struct pollfd end = {.fd = reader, .events = 0};

	cr_expect_eq(poll(&end, 1, 10000), 1, "something lives on");
}

/* By the outer's wall limit: the inner writ is killed, and can end nothing itself. */
Test(nested, both_end_together)
{
	struct writ_result result = {.status = -1};
	struct writ_process *process;
	struct writ_error error;
	char up[3];
	int ends[2];

	if (no_namespaces())
		cr_skip_test("this host has no PID namespaces");
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	process = start("brief", "exec 2>&-; " STAYS, ends[1]);
	close(ends[1]);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_WALL_LIMIT);
	cr_expect_gt(read(ends[0], up, sizeof(up)), 0, "it never ran");
	expect_hang_up(ends[0]);
}

/* The inner's end is its own: what it has started is gone, and the outer goes on. */
Test(nested, the_inner_leaves_nothing_in_the_outer)
{
	char output[1024];
	struct writ_result result;

	if (no_namespaces())
		cr_skip_test("this host has no PID namespaces");
	result = run("outer", "(trap '' TERM; exec sleep 300) & exit 3", output);
	cr_expect_eq(result.status, 3, "%s", output);
	cr_expect_lt(result.wall_us, 30000000u);
}

Test(nested, a_sandbox_that_allows_no_session_has_none_inside)
{
	char output[1024];

	cr_expect_eq(run("closed", "echo ran", output).status, 4, "%s", output);
	cr_expect_null(strstr(output, "ran\n"));
}

/* Nobody may leave the process group where that is all there is to end a launch by. */
Test(nested, without_a_pid_namespace_there_is_no_session)
{
	char output[1024];

	refuse_calls(&no_namespace, 1);
	cr_expect_eq(run("outer", "echo ran", output).status, 4, "%s", output);
	cr_expect_not_null(strstr(output, "setsid"), "%s", output);
	cr_expect_null(strstr(output, "ran\n"));
}
