#include <criterion/criterion.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "support/box.h"

#define STRICT                                                                                     \
	"param box : path = \"/\";\nsandbox s { strict exec; filesystem { read \"/usr\", "         \
	"\"/lib\", \"/lib64\", \"/bin\"; execute \"/usr\", \"/lib\", \"/lib64\", \"/bin\"; "       \
	"write \"/dev/null\", \"${box}\"; } }\n"
#define PLAIN BOX("write \"${box}\"; ")

/* Its output and its errors go to one file, which is open for reading, too. */
static int run(const struct writ_sandbox *sandbox, const char *command, int file)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	const struct writ_launch launch = {.argv = argv, .stdio = {-1, file, file}};
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_error error;

	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	return result.end == WRIT_EXITED ? result.status : -1;
}

static int open_file(void)
{
	char path[] = "/var/tmp/writ-streams-XXXXXX";
	int file = mkstemp(path);

	cr_assert_geq(file, 0);
	(void)unlink(path);
	cr_assert_eq(write(file, "head\n", 5), 5);
	return file;
}

static void expect(const char *text, const char *command, int status, const char *want)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;
	char got[64] = "";
	int file = open_file();

	make_box();
	sandbox = open_box(text, &error);
	if (!sandbox) {
		remove_box();
		cr_skip_test("%s", error.text);
	}
	cr_expect_eq(run(sandbox, command, file), status);
	cr_assert_geq(pread(file, got, sizeof(got) - 1, 0), 0);
	cr_expect_str_eq(got, want);
	(void)close(file);
	writ_sandbox_close(sandbox);
	remove_box();
}

Test(streams, a_strict_tool_writes_where_its_callers_file_goes_on)
{
	expect(STRICT, "echo out; echo err >&2; echo more", 0, "head\nout\nerr\nmore\n");
}

/* What can be read can be mapped. */
Test(streams, where_execution_is_not_strict_it_can_read_that_file)
{
	expect(PLAIN, "/usr/bin/tail -c1 <&1 >/dev/null 2>&1", 0, "head\n");
}

Test(streams, a_strict_tool_can_not)
{
	expect(STRICT, "/usr/bin/tail -c1 <&1 >/dev/null 2>&1", 1, "head\n");
}
