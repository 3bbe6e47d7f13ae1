/*
 * What a launch has not of what its policy says is in the log of `writ run --audit`: with its start
 * where that is known, else with its end.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "support/audit.h"
#include "support/bundle_maker.h"
#include "support/refusals.h"
#include "support/shell.h"
#include "support/box.h"

static const char policy[] =
	"param box : path;\n"
	"tool whole { sandbox whole; }\ntool part { sandbox part; }\ntool w { sandbox w; }\n"
	"role dev { allow whole, part, w; }\n"
	"sandbox whole { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/etc/ld.so.cache\";\n"
	"  execute \"/usr/bin/true\"; } }\n"
	"sandbox part extends whole { filesystem { read \"/none/here\"; scratch \"/tmp\" 1MiB; }\n"
	"  best_effort; }\n"
	"sandbox w extends whole { filesystem { write \"${box}\"; } }\n";

static char place[256];
static const char *database;

static void setup(void)
{
	char path[300];

	database = audit_setup();
	(void)snprintf(place, sizeof(place), "%.*s", (int)(strrchr(database, '/') - database),
		       database);
	(void)snprintf(path, sizeof(path), "%s/p.wrt", place);
	bundle_write(path, policy);
	cr_assert_eq(shell("mkdir %s/box", place), 0);
}

TestSuite(given_up, .init = setup, .fini = audit_teardown, .timeout = 60);

static void run(const char *tool)
{
	cr_assert_eq(shell("$R run -p %s/p.wrt --param box=%s/box --role dev --tool %s --audit %s "
			   "-- /usr/bin/true",
			   place, place, tool, database),
		     0, "%s", shell_output);
}

/* How many warnings the record of this kind has. */
static int64_t warnings_of(const char *kind)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT ifnull(json_array_length(args, '$.warnings'), 0) FROM records "
		       "WHERE kind = '%s'",
		       kind);
	return audit_number(sql);
}

static void expect_word(const char *kind, const char *word)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM records, json_each(records.args, '$.warnings') AS one "
		       "WHERE kind = '%s' AND one.value LIKE '%%%s%%'",
		       kind, word);
	cr_expect_eq(audit_number(sql), 1, "no '%s' in %s", word,
		     audit_text(
			     "SELECT group_concat(kind || ' ' || ifnull(args, '')) FROM records"));
}

Test(given_up, nothing)
{
	run("whole");
	cr_expect_eq(warnings_of("launch") + warnings_of("end"), 0);
	cr_expect_eq(audit_number("SELECT args IS NULL FROM records WHERE kind = 'launch'"), 1);
}

Test(given_up, what_is_known_is_told_with_the_start)
{
	static const struct refusal refusals[] = {
		{SYS_clone, EPERM, REFUSALS_NAMESPACES},
		{SYS_unshare, EPERM, 0},
		{SYS_mount, EPERM, 0},
	};

	refuse_calls(refusals, sizeof(refusals) / sizeof(refusals[0]));
	run("part");
	expect_word("launch", "/none/here");
	expect_word("launch", "not enforced (best effort): scratch");
	expect_word("launch", "a PID namespace");
	cr_expect_eq(warnings_of("end"), 0);
	cr_expect_eq(audit_number("SELECT json_type(args, '$.create_us') = 'integer' FROM records "
				  "WHERE kind = 'end'"),
		     1);
	cr_expect_str_eq(audit_verify(), "");
}

/* As many as a list in the log may have, of which the last says how many are left out. */
Test(given_up, of_very_many_it_is_told_how_many_there_are_more)
{
	enum { MANY = 100 };
	char text[4096], path[300];
	size_t at =
		(size_t)snprintf(text, sizeof(text),
				 "tool many { sandbox many; }\nrole dev { allow many; }\n"
				 "param box : path;\nsandbox many { filesystem { read \"/usr\", "
				 "\"/lib\", \"/lib64\"; execute \"/usr/bin/true\"; ");

	for (unsigned i = 0; i < MANY; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "read \"/none/%u\"; ",
				       100 + i);
	(void)snprintf(text + at, sizeof(text) - at, "} }\n");
	(void)snprintf(path, sizeof(path), "%s/p.wrt", place);
	bundle_write(path, text);
	run("many");
	cr_expect_eq(warnings_of("launch"), 64);
	expect_word("launch", "/none/162");
	expect_word("launch", "37 more");
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE args LIKE '%/none/163%'"), 0);
}

Test(given_up, what_the_launch_meets_is_told_with_its_end)
{
	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_mounts_unseen();
	run("w");
	cr_expect_eq(warnings_of("launch"), 0);
	expect_word("end", "no owner");
	cr_expect_eq(audit_number("SELECT json_type(args, '$.create_us') = 'integer' FROM records "
				  "WHERE kind = 'end'"),
		     1);
}
