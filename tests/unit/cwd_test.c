#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/box.h"

/* The box is covered by a scratch; on the host it holds "deep" and a file "secret". */
static void make_covered_box(void)
{
	char path[64];
	FILE *file;

	make_box();
	(void)snprintf(path, sizeof(path), "%s/deep", box);
	cr_assert_eq(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/secret", box);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	(void)fclose(file);
}

/* Where a command begins and what it sees there; or "refused". */
static const char *begins(const struct writ_sandbox *sandbox, const char *here, const char *cwd)
{
	static char output[1024];
	const char *const argv[] = {"sh", "-c", "/bin/pwd; ls .", NULL};
	struct writ_launch launch = {.argv = argv, .cwd = cwd, .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_error error;
	FILE *out = tmpfile();
	size_t n;

	launch.stdio[1] = fileno(out);
	cr_assert_eq(chdir(here), 0);
	if (writ_spawn(sandbox, &launch, &process, &error))
		return "refused";
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	rewind(out);
	n = fread(output, 1, sizeof(output) - 1, out);
	output[n] = '\0';
	(void)fclose(out);
	return output;
}

static struct writ_sandbox *open_or_skip(const char *text)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(text, &error);

	if (!sandbox) {
		remove_box();
		cr_skip_test("%s", error.text);
	}
	return sandbox;
}

Test(cwd, below_a_scratch_is_never_what_the_scratch_hides)
{
	struct writ_sandbox *sandbox;
	char deep[64], scratch[64];

	make_covered_box();
	(void)snprintf(deep, sizeof(deep), "%s/deep", box);
	(void)snprintf(scratch, sizeof(scratch), "%s\n", box);
	sandbox = open_or_skip(BOX("scratch \"${box}\" 1MiB; "));
	cr_expect_str_eq(begins(sandbox, box, "."), scratch);
	cr_expect_str_eq(begins(sandbox, box, box), scratch);
	cr_expect_str_eq(begins(sandbox, box, "deep"), "refused");
	cr_expect_str_eq(begins(sandbox, deep, "."), "refused");
	cr_expect_str_eq(begins(sandbox, deep, ".."), "refused");
	cr_expect_str_eq(begins(sandbox, deep, deep), "refused");
	cr_expect_str_eq(begins(sandbox, deep, ""), "refused");
	cr_expect_eq(strncmp(begins(sandbox, deep, NULL), "/\n", 2), 0);
	writ_sandbox_close(sandbox);
	cr_assert_eq(chdir("/"), 0);
	remove_box();
}

Test(cwd, granted_below_a_scratch_is_the_granted_one)
{
	struct writ_sandbox *sandbox;
	char deep[64], want[80];

	make_covered_box();
	(void)snprintf(deep, sizeof(deep), "%s/deep", box);
	(void)snprintf(want, sizeof(want), "%s\n", deep);
	sandbox = open_or_skip(BOX("scratch \"${box}\" 1MiB; write \"${box}/deep\"; "));
	cr_expect_str_eq(begins(sandbox, deep, NULL), want);
	cr_expect_str_eq(begins(sandbox, deep, "."), want);
	cr_expect_str_eq(begins(sandbox, box, "deep"), want);
	(void)snprintf(want, sizeof(want), "%s\ndeep\n", box);
	cr_expect_str_eq(begins(sandbox, deep, ".."), want);
	writ_sandbox_close(sandbox);
	cr_assert_eq(chdir("/"), 0);
	remove_box();
}

Test(cwd, relative_ones_are_relative_to_where_a_zygote_is_asked)
{
	struct writ_error error = {.code = 0};
	const char *const argv[] = {"sh", "-c", "test $(/bin/pwd) = /usr/share", NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "share", .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_zygote *zygote = NULL;
	struct writ_sandbox *sandbox;
	struct writ_result result;

	make_box();
	sandbox = open_or_skip(BOX(""));
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(writ_zygote_open(sandbox, 1, &zygote, &error), 0, "%s", error.text);
	cr_assert_eq(chdir("/usr"), 0);
	cr_assert_eq(writ_zygote_spawn(zygote, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_EXITED);
	cr_expect_eq(result.status, 0);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
	remove_box();
}
