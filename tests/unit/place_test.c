/*
 * What decides, or records what was decided, below a directory that everybody may write: refused,
 * by each that opens such a thing, and nothing is made. The control is the same directory with the
 * sticky bit, or without the permission.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/monitor/state.h"
#include "runtime/writ_audit.h"
#include "runtime/writ_identity.h"
#include "runtime/writ_info.h"
#include "runtime/writ_sign.h"
#include "support/shell.h"

static char root[] = "/tmp/writ-place-XXXXXX";
static char open_directory[64]; /* that everybody may write */

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

/* ROOT/open (0777) with in/deep (0700) in it, and ROOT/safe (0700). */
static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(shell("umask 077; mkdir -p %s/open/in/deep %s/safe/in", root, root), 0);
	(void)snprintf(open_directory, sizeof(open_directory), "%s/open", root);
	cr_assert_eq(chmod(open_directory, 0777), 0);
}

static void teardown(void)
{
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(shell("rm -rf %s", root), 0);
}

TestSuite(place, .init = setup, .fini = teardown, .timeout = 60);

static void expect_unsafe(const char *path)
{
	struct writ_error error = {.text = ""};

	cr_expect_eq(writ_place_check(path, &error), -WRIT_E_OPEN, "%s", path);
	cr_expect(strstr(error.text, "everybody may write the directory '"), "%s: %s", path,
		  error.text);
}

static void expect_safe(const char *path)
{
	struct writ_error error = {.text = ""};

	cr_expect_eq(writ_place_check(path, &error), 0, "%s: %s", path, error.text);
}

Test(place, is_unsafe_anywhere_below_a_directory_that_everybody_may_write)
{
	expect_unsafe(path_of("open/x"));
	expect_unsafe(path_of("open/x/"));
	expect_unsafe(path_of("open/in"));
	expect_unsafe(path_of("open/in/deep/x"));
	expect_unsafe(path_of("open/in/../../safe/x"));
	expect_unsafe(path_of("safe/../open/in/x"));
	expect_safe(path_of("safe/x"));
	expect_safe(path_of("open"));
	expect_safe(path_of("open/"));
	expect_safe(path_of("nothing/is/here"));
	expect_safe("/");
	cr_assert_eq(chmod(open_directory, 01777), 0);
	expect_safe(path_of("open/in/deep/x"));
	cr_assert_eq(chmod(open_directory, 0775), 0);
	expect_safe(path_of("open/in/deep/x"));
}

Test(place, is_unsafe_from_within)
{
	cr_assert_eq(chdir(path_of("open/in/deep")), 0);
	expect_unsafe("x");
	expect_unsafe("./x");
	expect_unsafe("../x");
	cr_assert_eq(chmod(open_directory, 0755), 0);
	expect_safe("x");
	cr_assert_eq(chdir(path_of("safe")), 0);
	expect_safe("x");
}

/* A link that can be replaced, and one that leads to where things can be. */
Test(place, is_unsafe_by_way_of_links)
{
	cr_assert_eq(symlink("../safe", path_of("open/link")), 0);
	cr_assert_eq(symlink("../open/in", path_of("safe/link")), 0);
	expect_unsafe(path_of("open/link/x"));
	expect_unsafe(path_of("open/link/in/x"));
	expect_unsafe(path_of("safe/link/x"));
	expect_unsafe(path_of("safe/link/deep/x"));
	cr_assert_eq(chmod(open_directory, 0755), 0);
	expect_safe(path_of("open/link/x"));
	expect_safe(path_of("safe/link/x"));
}

/* The first link may be replaced by nobody, and leads to one that everybody may replace. */
Test(place, is_unsafe_by_way_of_links_to_links)
{
	cr_assert_eq(symlink("../safe", path_of("open/link")), 0);
	cr_assert_eq(symlink("../open/link", path_of("safe/link")), 0);
	cr_assert_eq(symlink(path_of("safe/link/in"), path_of("safe/more")), 0);
	cr_assert_eq(symlink("../open/link/in/x", path_of("safe/last")), 0);
	expect_unsafe(path_of("safe/link/x"));
	expect_unsafe(path_of("safe/more/x"));
	expect_unsafe(path_of("safe/last"));
	cr_assert_eq(chdir(path_of("safe")), 0);
	expect_unsafe("more/x");
	expect_unsafe("last");
	cr_assert_eq(chmod(open_directory, 0755), 0);
	expect_safe("more/x");
	expect_safe("last");
	expect_safe(path_of("safe/link/x"));
}

Test(place, links_that_lead_nowhere_or_in_circles)
{
	struct writ_error error = {.text = ""};

	cr_assert_eq(symlink("missing/far", path_of("safe/link")), 0);
	cr_assert_eq(symlink("circle/on", path_of("safe/circle")), 0);
	expect_safe(path_of("safe/link"));
	expect_safe(path_of("safe/link/x"));
	cr_assert_eq(symlink("self", path_of("safe/self")), 0);
	cr_expect_eq(writ_place_check(path_of("safe/self"), &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "too many symbolic links"), "%s", error.text);
	cr_expect_eq(writ_place_check(path_of("safe/circle"), &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "too many symbolic links"), "%s", error.text);
}

/* A path and a link in it, each as long as may be, and together longer. */
Test(place, links_that_are_long)
{
	struct writ_error error = {.text = ""};
	char words[PATH_MAX], path[PATH_MAX];
	size_t len = (size_t)snprintf(path, sizeof(path), "%s/safe/long/", root);

	for (size_t i = 0; i < sizeof(words) - 1; i++)
		words[i] = i % 2 ? '/' : '.';
	words[sizeof(words) - 2] = '\0';
	cr_assert_eq(symlink(words, path_of("safe/long")), 0);
	memcpy(path + len, words, sizeof(path) - len - 1);
	path[sizeof(path) - 1] = '\0';
	cr_expect_eq(writ_place_check(path, &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "too many symbolic links"), "%s", error.text);
}

Test(place, paths_that_are_none)
{
	char *big = malloc(1 << 20);
	struct writ_error error;

	memset(big, 'a', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	cr_expect_eq(writ_place_check(NULL, &error), -WRIT_E_INVALID);
	cr_expect_eq(writ_place_check("", &error), -WRIT_E_INVALID);
	cr_expect_eq(writ_place_check(big, &error), -WRIT_E_INVALID);
	cr_expect_str_eq(error.text, "a path is missing or too long");
	memset(big, '/', 4000);
	big[4000] = '\0';
	expect_safe(big);
	free(big);
}

/* ---- who asks ---- */

static int open_state(const char *path, struct writ_error *error)
{
	struct state *state = NULL;
	int rc = state_open(path, &state, error);

	state_close(state);
	return rc;
}

static int open_log(const char *path, struct writ_error *error)
{
	struct writ_audit *audit = NULL;
	int rc = writ_audit_open(path, NULL, &audit, error);

	writ_audit_close(audit);
	return rc;
}

/* The log lies where nobody else writes, its key does not. */
static int open_log_of_key(const char *path, struct writ_error *error)
{
	const struct writ_audit_options options = {.key = path};
	struct writ_audit *audit = NULL;
	char log[160];
	int rc;

	(void)snprintf(log, sizeof(log), "%s/safe/log.%zu", root, strlen(path) + (size_t)*path);
	(void)shell("rm -f %s*", log);
	rc = writ_audit_open(log, &options, &audit, error);
	writ_audit_close(audit);
	return rc;
}

static int open_store(const char *path, struct writ_error *error)
{
	struct writ_identity_store *store = NULL;
	int rc = writ_identity_open(path, &store, error);

	writ_identity_close(store);
	return rc;
}

static int open_versions(const char *path, struct writ_error *error)
{
	const struct writ_trust_options options = {.keys.list = path_of("safe/k.pub"),
						   .state = path};
	struct writ_trust *trust = NULL;
	int rc = writ_trust_open(&options, &trust, error);

	writ_trust_close(trust);
	return rc;
}

static const struct opener {
	const char *name;
	int (*open)(const char *path, struct writ_error *error);
} openers[] = {
	{"state", open_state}, {"log.db", open_log},        {"log-key", open_log_of_key},
	{"u.db", open_store},  {"versions", open_versions}, {"old-key", open_log_of_key},
};

static void try_opener(const struct opener *opener, const char *directory, int wanted)
{
	struct writ_error error = {.text = ""};
	char path[256];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", path_of(directory), opener->name);
	rc = opener->open(path, &error);
	cr_expect_eq(rc == 0, wanted, "%s: %d %s", path, rc, error.text);
	if (wanted)
		return;
	cr_expect(strstr(error.text, "everybody may write the directory '"), "%s: %s", path,
		  error.text);
	cr_expect(strstr(error.text, opener->name), "%s: not named in: %s", path, error.text);
}

Test(place, nothing_that_decides_is_opened_there)
{
	cr_assert_eq(shell("cd %s/safe && $W keygen k && $R users add u.db bob dev", root), 0, "%s",
		     shell_output);
	cr_assert_eq(shell("cd %s && umask 077 && printf '%%064d\\n' 7 | "
			   "tee safe/old-key > open/in/deep/old-key",
			   root),
		     0, "%s", shell_output);
	cr_assert_eq(shell("cd %s && cp safe/u.db* open/in/deep && rm -f open/in/deep/*-shm "
			   "open/in/deep/*-wal",
			   root),
		     0, "%s", shell_output);
	cr_assert_eq(shell("cd %s && ls open/in/deep > before", root), 0);
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		try_opener(&openers[i], "open/in/deep", 0);
		try_opener(&openers[i], "safe", 1);
	}
	cr_assert_eq(shell("cd %s && ls open/in/deep | diff before -", root), 0, "made: %s",
		     shell_output);
	cr_assert_eq(chmod(open_directory, 01777), 0);
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
		try_opener(&openers[i], "open/in/deep", 1);
}

Test(place, the_programs_refuse_as_well)
{
	cr_assert_eq(shell("cd %s/safe && $R users add u.db bob dev", root), 0, "%s", shell_output);
	cr_expect_eq(shell("cd %s/open/in/deep && $R users add u.db bob dev", root), 3, "%s",
		     shell_output);
	cr_expect(strstr(shell_output, "everybody may write the directory"), "%s", shell_output);
	cr_assert_eq(mkdir(path_of("open/in/deep/state"), 0700), 0);
	cr_expect_eq(shell("$R pending --state %s/open/in/deep/state", root), 3, "%s",
		     shell_output);
	cr_expect(strstr(shell_output, "everybody may write the directory"), "%s", shell_output);
	cr_expect_eq(rmdir(path_of("open/in/deep/state")), 0, "something was made");
}
