#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/broker_fold.h"
#include "runtime/broker_rules.h"
#include "runtime/match.h"

static struct pool pool;

static struct broker_rules rules_of(const char *const *patterns, size_t n)
{
	struct broker_rules rules = {.items = pool_array(&pool, n, sizeof(struct broker_deny))};

	for (size_t i = 0; i < n; i++)
		cr_assert_eq(broker_rules_add(&rules, &pool, patterns[i]), 0);
	return rules;
}

static struct broker_rules one_rule(const char *pattern)
{
	return rules_of(&pattern, 1);
}

Test(broker_rules, a_pattern_covers_what_it_matches_and_all_below)
{
	static const struct {
		const char *pattern, *name;
		bool denied;
	} rows[] = {
		{"/a/b", "/a/b", true},
		{"/a/b", "/a/b/c/d", true},
		{"/a/b", "/a", false},
		{"/a/b", "/a/bc", false},
		{"/a/b", "/", false},
		{"/", "/", true},
		{"/", "/x", true},
		{"/w/**/.env", "/w/.env", true},
		{"/w/**/.env", "/w/x/y/.env", true},
		{"/w/**/.env", "/w/x/.env/y", true},
		{"/w/**/.env", "/w/x/.envy", false},
		{"/w/**/.env", "/v/.env", false},
		{"/w/**", "/w", true},
		{"/w/*/k?y", "/w/a/key", true},
		{"/w/*/k?y", "/w/key", false},
		{"/**/a/**/b", "/x/a/y/b", true},
		{"/**/a/**/b", "/x/b/a", false},
		{"/**/**/b", "/b", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct broker_rules rules = one_rule(rows[i].pattern);

		cr_expect_eq(broker_rules_deny(&rules, rows[i].name), rows[i].denied, "'%s' '%s'",
			     rows[i].pattern, rows[i].name);
	}
}

/* The matcher of conditions, asked about the name and each directory above it, says the same. */
Test(broker_rules, agree_with_the_matcher_of_conditions)
{
	static const char *const names[] = {"a", "b", "*", "**", "?b", "ab"};
	size_t denied = 0;

	for (unsigned int p = 0; p < 6 * 6 * 6; p++) {
		char pattern[32];
		struct broker_rules rules;

		(void)snprintf(pattern, sizeof(pattern), "/%s/%s/%s", names[p % 6],
			       names[p / 6 % 6], names[p / 36]);
		rules = one_rule(pattern);
		for (unsigned int t = 0; t < 3 * 3 * 3 * 3; t++) {
			static const char *const parts[] = {"/a", "/b", "/ab"};
			char text[32] = "";
			bool want = false;

			for (unsigned int k = 0, rest = t; k < 4; k++, rest /= 3) {
				(void)strcat(text, parts[rest % 3]);
				want |= match_path((struct slice){pattern, strlen(pattern)},
						   (struct slice){text, strlen(text)});
			}
			denied += want;
			cr_expect_eq(broker_rules_deny(&rules, text), want, "'%s' '%s'", pattern,
				     text);
		}
	}
	cr_expect_gt(denied, 1000u);
}

Test(broker_rules, a_move_is_neutral_or_refused)
{
	static const struct {
		const char *pattern, *from, *to;
		int want;
	} rows[] = {
		{"/w/**/.env", "/w/a", "/w/b/c", 0},
		{"/w/**/.env", "/v/a", "/v/b", 0},
		{"/w/**/.env", "/w/a", "/v/a", -EXDEV},
		{"/w/**/.env", "/v/a", "/w/a", -EXDEV},
		{"/w/**/.env", "/w", "/v", -EACCES},
		{"/x/w/**/.env", "/x", "/y", -EACCES},
		{"/w/.git/hooks", "/w/.git", "/w/g", -EACCES},
		{"/w/.git/hooks", "/w/g", "/w/.git", -EACCES},
		{"/w/.git/hooks", "/w/a", "/w/b", 0},
		{"/w/**/.git/hooks", "/w/a/.git", "/w/a/g", -EACCES},
		{"/w/**/.git/hooks", "/w/a", "/w/b", 0},
		{"/**/a/**/b", "/x/a/d", "/x/d", -EXDEV},
		{"/**/a/**/b", "/x/a/d", "/y/a/e/f", 0},
		{"/w/*/b", "/w/x", "/w/y", 0},
		{"/w/*/b", "/w/x", "/v/y", -EACCES},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct broker_rules rules = one_rule(rows[i].pattern);

		cr_expect_eq(broker_rules_move(&rules, rows[i].from, rows[i].to), rows[i].want,
			     "'%s' '%s' '%s'", rows[i].pattern, rows[i].from, rows[i].to);
	}
}

Test(broker_rules, a_link_must_not_stand_where_a_pattern_goes_on)
{
	struct broker_rules rules = one_rule("/w/**/.git/hooks");

	cr_expect(broker_rules_pass(&rules, "/w"));
	cr_expect(broker_rules_pass(&rules, "/w/x/.git"));
	cr_expect_not(broker_rules_pass(&rules, "/w/x"));
	cr_expect_not(broker_rules_pass(&rules, "/v"));
}

Test(broker_rules, case_is_folded_in_ascii_and_other_bytes_may_be_anything)
{
	struct broker_rules rules = one_rule("/w/**/.Env");

	cr_expect(broker_rules_deny_folded(&rules, "/W/x/.eNV"));
	cr_expect(broker_rules_deny_folded(&rules, "/w/.\xc3\xa9nv"));
	cr_expect_not(broker_rules_deny_folded(&rules, "/w/.enV2"));
	cr_expect_not(broker_rules_deny(&rules, "/w/.env"));
}

Test(broker_rules, too_many_names_are_refused)
{
	char pattern[2 * (WRIT_MAX_NAMES + 1) + 1] = "";
	struct broker_rules rules = {.items = pool_array(&pool, 2, sizeof(struct broker_deny))};

	for (unsigned int i = 0; i < WRIT_MAX_NAMES; i++)
		(void)strcat(pattern, "/a");
	cr_expect_eq(broker_rules_add(&rules, &pool, pattern), 0);
	cr_expect(broker_rules_deny(&rules, pattern));
	pattern[2 * WRIT_MAX_NAMES - 2] = '\0';
	cr_expect_not(broker_rules_deny(&rules, pattern));
	(void)strcat(pattern, "/a/a");
	cr_expect_eq(broker_rules_add(&rules, &pool, pattern), -E2BIG);
}

Test(broker_rules, names_do_not_fold_in_an_ordinary_directory)
{
	char dir[] = "/tmp/writ-fold-XXXXXX";
	char name[64];

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(name, sizeof(name), "%s/.ENV", dir);
	cr_expect_not(broker_folds(name));
	cr_assert_eq(mkdir(name, 0755), 0);
	cr_expect_not(broker_folds(name));
	cr_assert_eq(rmdir(name), 0);
	cr_assert_eq(rmdir(dir), 0);
}

/* It takes root, a loop device and mkfs.vfat to have a directory that does. */
Test(broker_rules, names_fold_on_vfat)
{
	char name[] = "/tmp/writ-vfat/.ENV";
	int fd;

	if (system("mkdir -p /tmp/writ-vfat && mkfs.vfat -C /tmp/writ-vfat.img 1024 >/dev/null "
		   "2>&1 "
		   "&& mount -o loop /tmp/writ-vfat.img /tmp/writ-vfat 2>/dev/null")) {
		(void)system("rm -rf /tmp/writ-vfat.img; rmdir /tmp/writ-vfat");
		cr_skip_test("can't mount a vfat file system here");
	}
	cr_expect(broker_folds(name), "before it is there");
	fd = creat("/tmp/writ-vfat/.env", 0600);
	cr_expect_geq(fd, 0);
	(void)close(fd);
	cr_expect(broker_folds(name), "when it is there");
	cr_expect_str_eq(name, "/tmp/writ-vfat/.ENV");
	cr_assert_eq(system("umount /tmp/writ-vfat && rm /tmp/writ-vfat.img && rmdir "
			    "/tmp/writ-vfat"),
		     0);
}
