#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/box.h"
#include "support/bundle_maker.h"

/* box/etc/p.wrt; box/work/link leads to it, and box/work/dir to box/etc. */
static void make_files(const char *text)
{
	make_box();
	cr_assert_eq(chdir(box), 0);
	cr_assert_eq(mkdir("etc", 0755) | mkdir("work", 0755) | mkdir("other", 0755), 0);
	bundle_write("etc/p.wrt", text);
	cr_assert_eq(symlink("../etc/p.wrt", "work/link"), 0);
	cr_assert_eq(symlink("etc", "dir"), 0);
}

/* The first sandbox of a bundle, opened with the box as its parameter: a negative error code. */
static int open_from(const char *path, struct writ_sandbox **sandbox, struct writ_error *error)
{
	const struct writ_param param = {"box", box};
	const struct writ_options options = {.params = &param, .n_params = 1};
	struct writ_policy *policy = NULL;
	int rc;

	cr_assert_eq(writ_open(path, &options, &policy, error), 0, "%s", error->text);
	rc = writ_sandbox_open(policy, 0, sandbox, error);
	writ_close(policy);
	return rc;
}

static void expect_from(const char *path, bool told)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = NULL;
	bool got = false;
	const char *text;

	cr_assert_eq(open_from(path, &sandbox, &error), 0, "%s: %s", path, error.text);
	for (size_t i = 0; (text = writ_sandbox_warning(sandbox, i)); i++)
		got |= strstr(text, "where its own bundle is") != NULL;
	cr_expect_eq(got, told, "%s", path);
	writ_sandbox_close(sandbox);
}

static void expect(const char *text, bool plainly, bool by_link)
{
	char path[64];

	make_files(text);
	(void)snprintf(path, sizeof(path), "%s/etc/p.wrt", box);
	expect_from(path, plainly);
	expect_from("etc/p.wrt", plainly);
	expect_from("dir/../etc/./p.wrt", plainly);
	expect_from("dir/p.wrt", plainly);
	expect_from("work/link", by_link);
	cr_assert_eq(chdir("etc"), 0);
	expect_from("p.wrt", plainly);
	cr_assert_eq(chdir("/"), 0);
	remove_box();
}

#define PLACE(more) "param box : path = \"/\";\nsandbox s { filesystem { " more " } }\n"

Test(origin, a_bundle_that_can_be_written_is_told)
{
	expect(PLACE("write \"${box}\";"), true, true);
}

Test(origin, so_is_one_in_a_directory_that_can_be_written)
{
	expect(PLACE("write \"${box}/etc\";"), true, true);
}

Test(origin, and_a_file_that_can_be_written)
{
	expect(PLACE("write \"${box}/etc/p.wrt\";"), true, true);
}

Test(origin, a_link_to_it_that_can_be_replaced_is_no_better)
{
	expect(PLACE("write \"${box}/work\"; read \"${box}\";"), false, true);
}

Test(origin, elsewhere_it_may_lie)
{
	expect(PLACE("write \"${box}/other\"; read \"${box}\";"), false, false);
}

Test(origin, a_broker_keeps_what_is_denied)
{
	expect(PLACE("write \"${box}\"; deny \"${box}/etc\";"), false, true);
}

/* ---- what a monitor goes by ---- */

/* Is it told that the first sandbox of a policy may write the box's state, or log? */
static bool tells(const char *text, const char *state, const char *log)
{
	struct test_bundle bundle = bundle_make(text);
	const struct writ_param param = {"box", box};
	const char *const kept[] = {log};
	const struct writ_options options = {
		.params = &param,
		.n_params = 1,
		.state = state,
		.kept = kept,
		.n_kept = log != NULL,
		.examine = 1,
	};
	struct writ_policy *policy = NULL;
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error = {.code = 0};
	bool told = false;
	const char *warning;

	cr_assert_eq(writ_open_memory(bundle.bytes, bundle.size, &options, &policy, &error), 0,
		     "%s", error.text);
	cr_assert_eq(writ_sandbox_open(policy, 0, &sandbox, &error), 0, "%s", error.text);
	for (size_t i = 0; (warning = writ_sandbox_warning(sandbox, i)); i++)
		told |= strstr(warning, "where its monitor's state, log or store is") != NULL;
	writ_sandbox_close(sandbox);
	writ_close(policy);
	return told;
}

#define OPEN_BOX PLACE("write \"${box}/work\"; read \"${box}\";")

Test(origin, a_tool_that_may_answer_questions_is_told_of)
{
	char state[64];

	make_files(OPEN_BOX);
	(void)snprintf(state, sizeof(state), "%s/work/state", box); /* not made yet */
	cr_expect(tells(OPEN_BOX "role r { ask tool; }", state, NULL));
	cr_expect(tells(OPEN_BOX "role r { allow tool rate 1/day; }", state, NULL));
	cr_expect(tells(OPEN_BOX "role r { ask tool; }", "work/state", NULL));
	cr_expect(!tells(OPEN_BOX "role r { allow tool; }", state, NULL));
	cr_expect(!tells(OPEN_BOX "role r { ask tool; }", "private", NULL));
	cr_expect(!tells(OPEN_BOX "role r { ask tool; }", "other/state", NULL));
	cr_assert_eq(chdir("/"), 0);
	remove_box();
}

Test(origin, the_usual_state_directory_is_told_of)
{
	const char *policy = "sandbox s { filesystem { write \"/run\", \"/tmp\"; } }\n"
			     "param box : path = \"/\"; role r { ask tool; }";

	make_box();
	cr_assert_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
	cr_expect(tells(policy, NULL, NULL));
	remove_box();
}

Test(origin, a_log_that_can_be_written_is_told_of)
{
	make_files(OPEN_BOX);
	cr_expect(tells(OPEN_BOX, NULL, "work/audit.db"));
	cr_expect(!tells(OPEN_BOX, NULL, "other/audit.db"));
	cr_assert_eq(chdir("/"), 0);
	remove_box();
}
