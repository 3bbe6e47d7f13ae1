#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/resolve.h"
#include "support/bundle_maker.h"

/* A directory of the test's own: ws is what tools may write, out is not granted to anyone. */
static char root[64];
static char writers[4096]; /* the sandboxes that may write, as a policy says it */

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
	snprintf(writers, sizeof(writers), "sandbox writer { filesystem { write \"%s/ws\"; } }\n",
		 root);
}

static void remove_world(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	cr_assert_eq(system(command), 0);
}

/* Opens the sandbox "reader" of a policy in which others may write, {root}/ws if nothing is said.
 */
static int open_reader(const char *granted, struct writ_error *error)
{
	char text[sizeof(writers) + 1024];
	struct writ_sandbox *sandbox = NULL;
	struct writ_policy *policy;
	int rc;

	snprintf(text, sizeof(text), "%ssandbox reader { filesystem { read \"%s/%s\"; } }\n",
		 writers, root, granted);
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

Test(resolve, also_one_deep_in_the_tree)
{
	cr_assert_eq(mkdir("ws/docs/deep", 0755), 0);
	cr_assert_eq(symlink("../../../out/docs", "ws/docs/deep/far"), 0);
	expect_refused("ws/docs/deep/far");
}

/* The reader is granted both: the second path comes by a link that the first has made known. */
static void both(char *granted, size_t size, const char *first, const char *second)
{
	snprintf(granted, size, "%s\", \"%s/%s", first, root, second);
}

Test(resolve, a_link_that_is_known_does_not_hide_a_planted_one)
{
	char granted[256];

	both(granted, sizeof(granted), "alias", "alias/docs");
	expect_opens(granted);
	swap_docs("../out/docs");
	expect_refused(granted);
}

Test(resolve, a_name_that_begins_like_a_known_link_is_another)
{
	char granted[256];

	cr_assert_eq(mkdir("aliases", 0755), 0);
	both(granted, sizeof(granted), "alias", "aliases");
	expect_opens(granted);
}

Test(resolve, more_links_than_are_remembered_are_followed)
{
	enum { N = RESOLVER_LINKS + 2 };
	char granted[512] = "out";
	size_t len = strlen(granted);

	for (int i = 0; i < N; i++) {
		char name[16];

		snprintf(name, sizeof(name), "l%d", i);
		cr_assert_eq(symlink("out", name), 0);
		len += (size_t)snprintf(granted + len, sizeof(granted) - len, "\", \"%s/%s/docs",
					root, name);
	}
	expect_opens(granted);
}

/* Of two sandboxes each, so that all come again, some sooner and some later. */
Test(resolve, each_of_many_writable_trees_is_known)
{
	enum { N = 12 };
	char path[64];
	size_t len = 0;

	for (int i = 0; i < N; i++) {
		snprintf(path, sizeof(path), "w%d", i);
		cr_assert_eq(mkdir(path, 0755), 0);
		snprintf(path, sizeof(path), "w%d/docs", i);
		cr_assert_eq(symlink("../out/docs", path), 0);
	}
	for (int i = 0; i < 2 * N; i++)
		len += (size_t)
			snprintf(writers + len, sizeof(writers) - len,
				 "sandbox s%d { filesystem { write \"%s/w%d\", \"%s/ws\"; } }\n", i,
				 root, i % N, root);
	for (int i = 0; i < N; i++) {
		snprintf(path, sizeof(path), "w%d/docs", i);
		expect_refused(path);
	}
}

/* What it leads to is not there: no access, so a warning and no refusal. */
Test(resolve, a_planted_link_to_nowhere_grants_nothing)
{
	struct writ_error error = {.text = ""};

	swap_docs("nowhere");
	cr_expect_eq(open_reader("ws/docs", &error), 1);
	cr_expect(strstr(error.text, "nothing is granted") || strstr(error.text, "Landlock"), "%s",
		  error.text);
}
