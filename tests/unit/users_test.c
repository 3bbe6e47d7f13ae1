/*
 * writ users from outside: what each verb does, its exit status, and all that it refuses.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/bundle_maker.h"
#include "support/shell.h"

static char root[] = "/tmp/writ-users-XXXXXX";

static const char policy[] = "role dev { allow a; } role lead extends dev { allow b; }\n"
			     "role aud { allow c; } role ops { allow d; }\n"
			     "conflict dev, aud; conflict session ops, dev;\n";

static void setup(void)
{
	char path[64];

	cr_assert_not_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/p.wrt", root);
	bundle_write(path, policy);
}

static void teardown(void)
{
	shell("rm -rf %s", root);
}

TestSuite(users, .init = setup, .fini = teardown, .timeout = 120);

/* The status of a line of the shell's, in the directory of the bundle. */
static void expect(int status, const char *line, const char *says)
{
	shell_expect(root, line, status, says);
}

static void put(const char *name, const char *text, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	cr_assert(file && (len == 0 || fwrite(text, len, 1, file) == 1) && fclose(file) == 0);
}

Test(users, are_added_changed_and_listed)
{
	expect(0, "$R users add u.db bob dev ops && $R users add --by root u.db 'ann lee'", "");
	expect(0, "$R users disable u.db 'ann lee'", "");
	expect(0, "$R users list u.db", "ann lee (disabled): no roles\nbob: dev, ops\n");
	expect(0, "$R users revoke u.db bob dev && $R users grant u.db bob aud lead", "");
	expect(0, "$R users enable u.db 'ann lee'", "");
	expect(0, "$R users list u.db", "ann lee: no roles\nbob: aud, lead, ops\n");
	expect(0, "$R users list --role lead --format csv u.db | cut -d, -f1,2,5",
	       "user,disabled,role\nbob,false,lead\n");
	expect(0, "$R users show u.db bob", "\n  lead: since 20");
	expect(0, "$R users show u.db 'ann lee'", ", by root\n");
	expect(0, "$R users remove u.db bob && $R users list u.db", "ann lee: no roles\n");
	expect(0, "$R users list --format=json u.db", "\"created_by\":\"root\",\"roles\":[]}");
}

Test(users, who_are_not_there_are_told_by_status)
{
	expect(0, "$R users add u.db bob dev", "");
	expect(1, "$R users add u.db bob", "writ: users: there is a user 'bob' already\n");
	expect(1, "$R users grant u.db Bob dev", "there is no user 'Bob'");
	expect(1, "$R users remove u.db eve", "there is no user 'eve'");
	expect(1, "$R users disable u.db eve", "there is no user 'eve'");
	expect(1, "$R users enable u.db eve", "there is no user 'eve'");
	expect(1, "$R users show u.db eve", "there is no user 'eve'");
	expect(1, "$R users revoke u.db bob ops", "the user does not have the role 'ops'");
	expect(1, "$R users revoke u.db bob dev ops; s=$?; $R users list u.db; exit $s",
	       "bob: dev\n");
}

Test(users, roles_are_held_against_a_policy)
{
	expect(1, "$R users add -p p.wrt u.db bob nope", "the policy has no role 'nope'");
	expect(1, "$R users show u.db bob", "there is no user 'bob'");
	expect(0, "$R users add -p p.wrt u.db bob aud ops", "");
	expect(1, "$R users grant --bundle=p.wrt u.db bob lead",
	       "user 'bob': roles 'aud' and 'dev' (inherited by 'lead') are in conflict");
	expect(0, "$R users list u.db", "bob: aud, ops\n");
	expect(0, "$R users check -p p.wrt u.db", "");
	expect(0, "$R users grant u.db bob lead; $R users add u.db eve nope", "");
	expect(1, "$R users check -p p.wrt u.db",
	       "user 'bob': roles 'aud' and 'dev' (inherited by 'lead') are in conflict\n"
	       "user 'eve': the policy has no role 'nope'\n");
	expect(0, "$R users add -p p.wrt u.db max ops dev", "");
	expect(2, "$R users check u.db", "-p BUNDLE is missing");
	expect(3, "$R users check -p u.db u.db", "u.db: ");
	expect(3, "$R users check -p none.wrt u.db", "none.wrt: ");
}

Test(users, grants_end)
{
	expect(0, "$R users add --expires 2100-01-31 u.db bob dev", "");
	expect(0, "$R users list u.db", "bob: dev (until 2100-01-31T00:00:00Z)\n");
	expect(0, "$R users grant --expires 30d u.db bob dev && $R users grant u.db bob dev", "");
	expect(0, "$R users list u.db", "bob: dev\n");
	expect(2, "$R users grant --expires 2001-01-01 u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 2100-02-30 u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 2100-1-3 u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 0h u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 8 u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 99999999999d u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 9999999999d u.db bob dev", "--expires takes");
	expect(2, "$R users grant --expires 1hh u.db bob dev", "--expires takes");
}

/* What has expired stands in the store until it is revoked, and excludes nothing any more. */
Test(users, a_grant_that_has_ended_is_in_no_conflict)
{
	expect(0, "$R users add u.db cyd dev && $R users grant --expires 1h u.db cyd aud", "");
	expect(1, "$R users check -p p.wrt u.db", "cyd");
	expect(0,
	       "python3 -c 'import sqlite3; c = sqlite3.connect(\"u.db\"); c.execute(\"UPDATE "
	       "grants SET expires_s = 1 WHERE expires_s IS NOT NULL\"); c.commit()'",
	       "");
	expect(0, "$R users check -p p.wrt u.db", "");
}

Test(users, times_are_utc_wherever_it_is)
{
	expect(0, "TZ=America/New_York $R users add --expires 2100-11-01T06:30:00Z u.db bob dev",
	       "");
	expect(0, "TZ=Asia/Kolkata $R users list u.db", "bob: dev (until 2100-11-01T06:30:00Z)\n");
	expect(2, "$R users add --expires 2100-11-01T06:30:00-05:00 u.db eve dev",
	       "--expires takes");
	expect(2, "$R users add --expires 2100-11-01T06:30:00 u.db eve dev", "--expires takes");
}

static const char *const bad_names[] = {
	"''",
	"' bob'",
	"'bob '",
	"\"$(printf 'a\\nb')\"",
	"\"$(printf 'bo\\302\\240')\"",
	"\"$(printf 'a\\033[2J')\"",
	"\"$(printf '\\377')\"",
	"$(printf %0256d 0)",
};

Test(users, names_that_can_not_be_are_refused_before_anything)
{
	char line[256];

	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		snprintf(line, sizeof(line), "$R users add u.db %s; s=$?; test ! -e u.db; exit $s",
			 bad_names[i]);
		expect(2, line, "can't be a user's name: it ");
		cr_expect_null(strchr(shell_output, 033));
	}
	expect(2, "$R users add u.db bob 'dev '", "can't be a role's name: it is not an ident");
	expect(2, "$R users add u.db bob ''", "can't be a role's name: it is empty");
	expect(2, "$R users add --by ' x' u.db bob", "--by takes a name");
	expect(0, "$R users add u.db -- --by && $R users list u.db", "--by: no roles\n");
	expect(0, "$R users add u.db \"x'); DROP TABLE users; --\" && $R users list u.db",
	       "x'); DROP TABLE users; --: no roles\n");
}

Test(users, wrong_command_lines)
{
	static const char *const lines[] = {
		"",
		"frob u.db",
		"add",
		"add u.db",
		"grant u.db bob",
		"remove u.db bob dev",
		"list",
		"list u.db x",
		"list --by x u.db",
		"list --format",
		"list --format xml u.db",
		"list --format=json --format=csv u.db",
		"export --format text u.db",
		"import --replace=1 u.db f",
		"add --expires= u.db bob",
		"import --format text u.db f",
		"add -x u.db bob",
		"check -p p.wrt",
	};
	char line[128];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "$R users %s", lines[i]);
		expect(2, line, "writ: ");
	}
	expect(0, "$R users --help", "usage: writ users ");
	expect(0, "$R users add --help", "usage: writ users ");
	expect(0, "$R help users", "usage: writ users ");
}

Test(users, stores_that_can_not_be_used)
{
	expect(3, "$R users list none.db", "none.db: it can't be opened");
	expect(3, "$R users grant none.db bob dev", "none.db: it can't be opened");
	expect(3, "test ! -e none.db; $R users list p.wrt", "file is not a database");
	expect(3, "$R users add p.wrt bob", "file is not a database");
	expect(3, "$R users import i.db .", "users: .: it can't be read: Is a directory");
	expect(3, "$R users add . bob", ".: it is not a regular file");
	expect(3, "$R users add no/u.db bob", "it can't be made: No such file or directory");
	expect(3, "ln -s none.db l.db; $R users add l.db bob; s=$?; test ! -e none.db; exit $s",
	       "it is not a regular file");
	expect(0, "$R users add u.db bob", "");
	expect(3, "rm u.db-generation; mkdir u.db-generation; $R users add u.db eve",
	       "its generation file");
	expect(0, "rmdir u.db-generation; $R users add u.db eve && $R users list u.db",
	       "bob: no roles\neve: no roles\n");
	expect(3, "chmod 666 u.db; $R users add u.db max", "everybody can write it");
}

Test(users, exported_are_imported_the_same)
{
	expect(0,
	       "$R users add u.db 'a \"b\", c' dev && $R users add u.db sv\303\251n && "
	       "$R users grant --expires 8h u.db 'a \"b\", c' ops && $R users disable u.db "
	       "sv\303\251n",
	       "");
	for (size_t i = 0; i < 2; i++) {
		const char *format = i ? "csv" : "json";
		char line[512];

		snprintf(line, sizeof(line),
			 "$R users export --format %s u.db >x.%s && $R users import %s.db x.%s && "
			 "$R users export --format %s %s.db | cmp - x.%s && "
			 "$R users import --replace %s.db x.%s && "
			 "$R users import --format %s from.%s.db - <x.%s && "
			 "$R users export --format %s from.%s.db | cmp - x.%s",
			 format, format, format, format, format, format, format, format, format,
			 format, format, format, format, format, format);
		expect(0, line, "");
		cr_expect_str_empty(shell_output);
	}
	expect(1, "$R users import u.db x.json", "x.json:1: there is a user 'a \"b\", c' already");
	expect(1, "$R users import u.db x.csv", "x.csv:2: there is a user 'a \"b\", c' already");
}

/* Whatever made the file has failed: nobody loses what they may do by that. */
Test(users, an_empty_file_replaces_nobody)
{
	expect(0, "$R users add u.db ann dev && : >x.json && : >x.csv", "");
	expect(3, "$R users import --replace u.db x.json",
	       "x.json: there is no user in it, and --replace would remove all");
	expect(3, "$R users import --replace u.db x.csv", "x.csv");
	expect(3, "$R users import --replace u.db - <&-", "");
	expect(0, "$R users list u.db", "ann");
	expect(0, "$R users import u.db x.json", "");
}

/* A file that is refused, where in it, and why; what was in the store is there after it. */
static const struct {
	const char *name;
	const char *text;
	size_t len; /* 0: strlen */
	const char *says;
} files[] = {
	{"1.json", "{\"user\":\"a\"}\n{\"user\":\"b\",\"role\":[]}\n", 0,
	 ":2: there is no key \"role\" here"},
	{"2.json", "{\"user\":\"a\"}\n{\"user\":\"a\"}\n", 0, ":2: there is a user 'a' already"},
	{"3.json", "{\"user\":\"a\",\"user\":\"b\"}", 0, ":1: duplicate object key"},
	{"4.json", "{\"user\":1}", 0, ":1: \"user\" has a value that it can't have"},
	{"5.json", "{\"disabled\":false}", 0, ":1: it has no \"user\""},
	{"6.json", "[]", 0, ":1: it is not an object"},
	{"7.json", "{\"user\":\"a\"} x", 0, ":1: end of file expected"},
	{"8.json", "{\"user\":\"a\\u0000b\"}", 0, ":1: \\u0000 is not allowed"},
	{"9.json", "{\"user\":\"a\\n\"}", 0, ":1: the user's name holds a control character"},
	{"10.json", "{\"user\":\"a\",\"roles\":[{\"granted\":null}]}", 0,
	 ":1: a role has no \"role\""},
	{"11.json", "{\"user\":\"a\",\"roles\":[\"d v\"]}", 0,
	 ":1: the role's name is not an identifier"},
	{"12.json", "{\"user\":\"a\",\"roles\":[1]}", 0, ":1: it is not an object"},
	{"13.json", "{\"user\":\"a\",\"created\":\"yesterday\"}", 0,
	 ":1: \"created\" has a value that it can't have"},
	{"14.json", "{\"user\":\"\\ud800\"}", 0, ":1: "},
	{"15.json", "{\"user\":\"a\"}\0", 13, ":1: "},
	{"1.csv", "", 0, ": its head names no column 'user'"},
	{"2.csv", "name,role\n", 0, ":1: 'name' is no column"},
	{"3.csv", "user,user\n", 0, ":1: 'user' is no column, or one that is there already"},
	{"4.csv", "role\ndev\n", 0, ":1: its head names no column 'user'"},
	{"5.csv", "user,role\na,dev\nb\n", 0, ":3: it has 1 fields, the head has 2"},
	{"6.csv", "user,role\n\"a,dev\n", 0, ":2: a quote is not closed"},
	{"7.csv", "user,role\n\"a\"b,dev\n", 0, ":2: there is text behind a quoted field"},
	{"8.csv", "user,role\na\"b,dev\n", 0, ":2: there is a quote in a field without quotes"},
	{"9.csv", "user\na\0b\n", 9, ":2: it holds a NUL"},
	{"10.csv", "user,disabled\na,yes\n", 0, ":2: 'yes' is neither true nor false"},
	{"11.csv", "user,role,expires\na,dev,soon\n", 0, ":2: 'soon' is not a time"},
	{"12.csv", "user,role,disabled\na,dev,true\na,ops,false\n", 0,
	 ":3: user 'a' is disabled in one line only"},
	{"13.csv", "user,role\na,dev\rb,dev\n", 0, ":2: there is a CR without an LF"},
	{"14.csv", "user\n\"a\nb\"\n", 0, ":2: the user's name holds a control character"},
	{"15.csv", "user,role,a,b,c,d,e,f,g\n", 0, ":1: it has more than 8 fields"},
	{"16.csv", "user\n\n", 0, ":2: the user's name is empty"},
	{"17.csv", "user\nbob\n", 0, ":2: there is a user 'bob' already"},
};

Test(users, files_that_are_not_right_change_nothing)
{
	char line[256];

	expect(0, "$R users add u.db bob dev", "");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int status;

		put(files[i].name, files[i].text,
		    files[i].len ? files[i].len : strlen(files[i].text));
		status = shell("cd %s && $R users import u.db %s", root, files[i].name);
		cr_expect(status == 1 || status == 3, "%s: %d", files[i].name, status);
		snprintf(line, sizeof(line), "writ: users: %s%s", files[i].name, files[i].says);
		shell_expect_output(line);
	}
	expect(0, "$R users list u.db", "bob: dev\n");
	expect(3, "$R users import u.db none.json", "none.json: No such file");
}

Test(users, long_lines_and_fields_end_somewhere)
{
	expect(3,
	       "(printf '{\"user\":\"'; head -c 1100000 /dev/zero | tr '\\0' x; echo '\"}') "
	       ">l.json;"
	       "$R users import u.db l.json",
	       "l.json:1: the line is longer than 1048576 bytes");
	expect(3,
	       "(echo user; head -c 1100000 /dev/zero | tr '\\0' x) >l.csv;"
	       "$R users import u.db l.csv",
	       "l.csv:2: a field is longer than 1024 bytes");
	expect(3,
	       "(printf '{\"user\":\"'; printf %0256d 0; echo '\"}') >l.json;"
	       "$R users import u.db l.json",
	       "l.json:1: the user's name is longer than 255 bytes");
}

Test(users, imports_hold_against_a_policy_as_a_whole)
{
	expect(1,
	       "echo "
	       "'{\"user\":\"a\",\"roles\":[\"dev\"]}\n{\"user\":\"b\",\"roles\":[\"lead\",\"aud\"]"
	       "}' "
	       ">x.json; $R users import -p p.wrt u.db x.json; s=$?; $R users list u.db; exit $s",
	       "user 'b': roles 'aud' and 'dev' (inherited by 'lead') are in conflict\n");
	cr_expect_null(strstr(shell_output, "a: "));
}
