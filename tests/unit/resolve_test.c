#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

/* A directory of the test's own: ws is what tools may write, out is not granted to anyone. */
static char root[64];

static void make_world(void)
{
	strcpy(root, "/tmp/writ-resolve.XXXXXX");
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(chdir(root), 0);
	cr_assert_eq(mkdir("ws", 0755), 0);
	cr_assert_eq(mkdir("ws/docs", 0755), 0);
	cr_assert_eq(mkdir("out", 0755), 0);
	cr_assert_eq(mkdir("out/docs", 0755), 0);
	cr_assert_eq(symlink("ws", "alias"), 0);
	cr_assert_eq(symlink("ws/docs", "link"), 0);
}

static void remove_world(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	cr_assert_eq(system(command), 0);
}

/* Opens the sandbox "reader" of a policy whose sandbox "writer" may write {root}/ws. */
static int open_reader(const char *granted, struct writ_error *error)
{
	char text[512];
	struct writ_sandbox *sandbox = NULL;
	struct writ_policy *policy;
	int rc;

	snprintf(text, sizeof(text),
		 "sandbox writer { filesystem { write \"%s/ws\"; } }\n"
		 "sandbox reader { filesystem { read \"%s/%s\"; } }\n",
		 root, root, granted);
	policy = bundle_open(text, NULL);
	rc = writ_sandbox_open(policy, writ_sandbox_id(policy, "reader", 6), &sandbox, error);
	if (!rc && writ_sandbox_warning(sandbox, 0)) {
		snprintf(error->text, sizeof(error->text), "%s", writ_sandbox_warning(sandbox, 0));
		rc = 1;
	}
	writ_sandbox_close(sandbox);
	writ_close(policy);
	return rc;
}

static void expect_opens(const char *granted)
{
	struct writ_error error = {.text = ""};
	int rc = open_reader(granted, &error);

	if (rc == -WRIT_E_HOST && strstr(error.text, "Landlock"))
		cr_skip_test("this host can't: %s", error.text);
	cr_expect_eq(rc, 0, "%s: %s", granted, error.text);
}

static void expect_refused(const char *granted)
{
	struct writ_error error = {.text = ""};

	cr_expect_eq(open_reader(granted, &error), -WRIT_E_HOST, "%s: %s", granted, error.text);
	cr_expect(strstr(error.text, "symbolic link") || strstr(error.text, "Landlock"), "%s",
		  error.text);
}

static void swap_docs(const char *target)
{
	cr_assert_eq(rename("ws/docs", "ws/docs.old"), 0);
	cr_assert_eq(symlink(target, "ws/docs"), 0);
}

TestSuite(resolve, .init = make_world, .fini = remove_world);

Test(resolve, a_grant_inside_a_writable_tree_opens)
{
	expect_opens("ws/docs");
}

Test(resolve, links_outside_of_writable_trees_are_followed)
{
	expect_opens("alias");
	expect_opens("link");
	expect_opens("alias/docs");
}

Test(resolve, a_link_that_a_tool_planted_is_refused)
{
	swap_docs("../out/docs");
	expect_refused("ws/docs");
}

Test(resolve, also_an_absolute_one_and_one_that_is_passed_through)
{
	char target[128];

	snprintf(target, sizeof(target), "%s/out", root);
	swap_docs(target);
	expect_refused("ws/docs");
	expect_refused("ws/docs/docs");
}

Test(resolve, also_when_the_tree_is_entered_by_another_name)
{
	swap_docs("../out/docs");
	expect_refused("alias/docs");
	expect_refused("link");
}

Test(resolve, also_a_link_back_into_the_tree)
{
	swap_docs("docs.old");
	expect_refused("ws/docs");
}

Test(resolve, a_loop_of_links_is_refused)
{
	cr_assert_eq(symlink("b", "a"), 0);
	cr_assert_eq(symlink("a", "b"), 0);
	expect_refused("a");
}
