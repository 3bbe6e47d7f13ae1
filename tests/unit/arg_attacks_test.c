/*
 * Attacks by the arguments of a call, as an agent sends them: JSON in, a decision out. Beside each
 * stands what the same rule lets pass, or the test would hold for a policy that lets nothing.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/writ_args.h"
#include "support/bundle_maker.h"

static const char text[] =
	"tool read { class read; arg path : path; }\n"
	"tool read_many { class read; arg paths : path; }\n"
	"tool edit { class write; arg edits.path : path; }\n"
	"tool run { class execute; arg command : string; }\n"
	"tool ls { class execute; arg command : string; }\n"
	"tool clone { class write; arg repo : string; }\n"
	"tool search { class read; arg q : string; }\n"
	"tool fetch { class read; arg url : url; }\n"
	"tool resize { class write; arg n : int; }\n"
	"tool status { class read; arg path : path; }\n"
	"tool push { class write; arg options.force : bool; }\n"
	"role r {\n"
	"  allow read where path under \"/proj\";\n"
	"  deny  read where path matches \"/**/.env\";\n"
	"  allow read_many where paths under \"/proj\";\n"
	"  allow edit where edits.path under \"/proj\";\n"
	"  allow run where command in { \"make\", \"make test\" };\n"
	"  allow ls where command matches \"ls *\";\n"
	"  deny  ls where command matches \"*;*\" or command matches \"*|*\" or\n"
	"    command matches \"*$*\" or command matches \"*`*\" or command matches \"*&*\" or\n"
	"    command matches \"*\\n*\" or command matches \"*>*\" or command matches \"*<*\";\n"
	"  allow clone;\n"
	"  deny  clone where repo matches \"-*\";\n"
	"  allow search where q matches \"????\";\n"
	"  allow fetch where url matches \"https://example.org/*\";\n"
	"  allow resize where n < 10;\n"
	"  allow status where not path present;\n"
	"  allow push;\n"
	"  deny  push where options.force present;\n"
	"}\n";

/* What can become of a call; the text may not be one. */
enum { DENY = WRIT_DENY, ALLOW = WRIT_ALLOW, REFUSED = 7 };

struct row {
	const char *tool;
	const char *json;
	int outcome;
};

static int outcome_of(const struct writ_policy *policy, const char *tool, const char *json)
{
	struct writ_args *args;
	struct writ_error error;
	enum writ_verdict verdict;

	if (writ_args_from_json(json, strlen(json), &args, &error))
		return REFUSED;
	verdict = writ_check(policy,
			     &(struct writ_request){.role = "r",
						    .tool = tool,
						    .args = args->items,
						    .n_args = args->n},
			     NULL);
	writ_args_free(args);
	return (int)verdict;
}

static void expect_rows(const struct row *rows, size_t n)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	bool allowed = false;

	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(outcome_of(policy, rows[i].tool, rows[i].json), rows[i].outcome,
			     "%s %s", rows[i].tool, rows[i].json);
		allowed |= rows[i].outcome == ALLOW;
	}
	cr_assert(allowed, "there is a control");
	writ_close(policy);
}

#define EXPECT_ROWS(rows) expect_rows((rows), sizeof(rows) / sizeof((rows)[0]))

Test(arg_attacks, a_path_that_climbs_is_where_it_leads)
{
	static const struct row rows[] = {
		{"read", "{\"path\":\"/proj/../proj/a\"}", ALLOW},
		{"read", "{\"path\":\"/proj/a/../b\"}", ALLOW},
		{"read", "{\"path\":\"//proj//./a\"}", ALLOW},
		{"read", "{\"path\":\"/proj/../etc/passwd\"}", DENY},
		{"read", "{\"path\":\"/proj/../../etc/passwd\"}", DENY},
		{"read", "{\"path\":\"/proj/../../../proj/a\"}", DENY},
		{"read", "{\"path\":\"/proj/..\"}", DENY},
		{"read", "{\"path\":\"/project/a\"}", DENY},
		{"read", "{\"path\":\"/proj/a/../.env\"}", DENY},
		{"read", "{\"path\":\"/proj/.//.env\"}", DENY},
		{"read", "{\"path\":\"/proj/.env/\"}", DENY},
		{"read", "{\"path\":\"/proj/\\u002e\\u002e/etc\"}", DENY},
		{"read", "{\"path\":\"\\/proj\\/\\u002e\\u002e\\/etc\"}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, an_encoded_path_is_taken_as_it_stands)
{
	static const struct row rows[] = {
		/* Names with percent signs and backslashes, below /proj: nothing decodes them here.
		 */
		{"read", "{\"path\":\"/proj/%2e%2e/%2e%2e/etc/passwd\"}", ALLOW},
		{"read", "{\"path\":\"/proj/..%252f\"}", ALLOW},
		{"read", "{\"path\":\"/proj/..\\\\..\\\\etc\"}", ALLOW},
		{"read", "{\"path\":\"file:///proj/a\"}", DENY},
		{"read", "{\"path\":\"file:///etc/passwd\"}", DENY},
		{"read", "{\"path\":\"\\\\proj\\\\a\"}", DENY},
		{"read", "{\"path\":\"%2fproj%2fa\"}", DENY},
		{"read",
		 "{\"path\":\"/proj/..\xc0\xaf..\xc0\xaf"
		 "etc\"}",
		 REFUSED},
		{"read", "{\"path\":\"/proj/\xe0\x80\xae\xe0\x80\xae/etc\"}", REFUSED},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, nothing_is_expanded_in_a_path)
{
	static const struct row rows[] = {
		{"read", "{\"path\":\"/proj/~/x\"}", ALLOW},
		{"read", "{\"path\":\"/proj/$HOME\"}", ALLOW},
		{"read", "{\"path\":\"~/.ssh/id_rsa\"}", DENY},
		{"read", "{\"path\":\"~root/x\"}", DENY},
		{"read", "{\"path\":\"$HOME/.ssh/id_rsa\"}", DENY},
		{"read", "{\"path\":\"${HOME}/x\"}", DENY},
		{"read", "{\"path\":\"proj/a\"}", DENY},
		{"read", "{\"path\":\"./a\"}", DENY},
		{"read", "{\"path\":\"../proj/a\"}", DENY},
		{"read", "{\"path\":\" /proj/a\"}", DENY},
		{"read", "{\"path\":\"\"}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, a_nul_ends_no_text)
{
	static const struct row rows[] = {
		{"read", "{\"path\":\"/proj/ok.txt\"}", ALLOW},
		{"read", "{\"path\":\"/proj/ok.txt\\u0000\"}", DENY},
		{"read", "{\"path\":\"/proj/ok.txt\\u0000/../../etc/passwd\"}", DENY},
		{"read", "{\"path\":\"\\u0000/proj/ok.txt\"}", DENY},
		{"read", "{\"path\\u0000\":\"/proj/ok.txt\"}", REFUSED},
		{"run", "{\"command\":\"make\"}", ALLOW},
		{"run", "{\"command\":\"make\\u0000; rm -rf /\"}", DENY},
		{"fetch", "{\"url\":\"https://example.org/a\"}", ALLOW},
		{"fetch", "{\"url\":\"https://example.org/a\\u0000\"}", DENY},
		{"ls", "{\"command\":\"ls \\u0000;x\"}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, a_value_of_another_type_is_never_passed_over)
{
	static const struct row rows[] = {
		{"read", "{\"path\":\"/proj/a\"}", ALLOW},
		{"read", "{\"path\":[\"/proj/a\"]}", ALLOW},
		{"read", "{\"path\":[\"/etc/passwd\"]}", DENY},
		{"read", "{\"path\":[\"/proj/a\",\"/etc/passwd\"]}", DENY},
		{"read", "{\"path\":[]}", DENY},
		{"read", "{\"path\":[[\"/proj/a\"]]}", DENY},
		{"read", "{\"path\":{\"$ref\":\"/proj/a\"}}", DENY},
		{"read", "{\"path\":{}}", DENY},
		{"read", "{\"path\":1}", DENY},
		{"read", "{\"path\":true}", DENY},
		{"read", "{\"path\":null}", DENY},
		{"read", "[\"/proj/a\"]", REFUSED},
		{"resize", "{\"n\":9}", ALLOW},
		{"resize", "{\"n\":\"9\"}", ALLOW},
		{"resize", "{\"n\":10}", DENY},
		{"resize", "{\"n\":9.0}", DENY},
		{"resize", "{\"n\":0.9e1}", DENY},
		{"resize", "{\"n\":-1e400}", DENY},
		{"resize", "{\"n\":-9223372036854775809}", DENY},
		{"resize", "{\"n\":18446744073709551616}", DENY},
		{"resize", "{\"n\":\"09\"}", DENY},
		{"resize", "{\"n\":\" 9\"}", DENY},
		{"resize", "{\"n\":true}", DENY},
		/* Given, whatever it is. */
		{"status", "{}", ALLOW},
		{"status", "{\"path\":null}", DENY},
		{"status", "{\"path\":{\"x\":1}}", DENY},
		{"status", "{\"path\":[]}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, every_value_of_a_name_must_satisfy)
{
	static const struct row rows[] = {
		{"read", "{}", DENY},
		{"read", "{\"file\":\"/proj/a\"}", DENY},
		{"read", "{\"Path\":\"/proj/a\"}", DENY},
		{"read", "{\"options\":{\"path\":\"/proj/a\"}}", DENY},
		{"read", "{\"path\":\"/proj/a\",\"options\":{\"path\":\"/etc\"}}", ALLOW},
		{"read_many", "{\"paths\":[\"/proj/a\",\"/proj/b\"]}", ALLOW},
		{"read_many", "{\"paths\":[\"/proj/a\",\"/etc/passwd\"]}", DENY},
		{"read_many", "{\"paths\":[\"/proj/a\",null]}", DENY},
		{"read_many", "{\"paths\":[\"/proj/a\",[\"/etc/passwd\"]]}", DENY},
		{"read_many", "{\"paths\":[\"/proj/a\",{\"path\":\"/etc/passwd\"}]}", DENY},
		{"edit", "{\"edits\":[{\"path\":\"/proj/a\"},{\"path\":\"/proj/b\"}]}", ALLOW},
		{"edit", "{\"edits\":{\"path\":\"/proj/a\"}}", ALLOW},
		{"edit", "{\"edits\":[{\"path\":\"/proj/a\"},{\"path\":\"/etc/x\"}]}", DENY},
		{"edit", "{\"edits\":[{\"path\":\"/proj/a\"},{\"Path\":\"/etc/x\"}]}", DENY},
		{"edit", "{\"edits\":[{\"path\":\"/proj/a\"},\"/etc/x\"]}", DENY},
		{"edit", "{\"edits\":[{\"path\":[\"/proj/a\"]}]}", DENY},
		{"edit", "{\"edits\":[]}", DENY},
		{"edit", "{\"edits.path\":\"/proj/a\",\"edits\":{\"path\":\"/etc/x\"}}", REFUSED},
	};

	EXPECT_ROWS(rows);
}

/* Programs go into lists within lists, too. */
Test(arg_attacks, a_member_is_present_however_deep_its_lists_are)
{
	static const struct row rows[] = {
		{"push", "{}", ALLOW},
		{"push", "{\"options\":[[{\"forced\":true}],[],7]}", ALLOW},
		{"push", "{\"options\":[{\"more\":[{\"force\":true}]}]}", ALLOW},
		{"push", "{\"options\":{\"force\":true}}", DENY},
		{"push", "{\"options\":[{\"force\":null}]}", DENY},
		{"push", "{\"options\":[[{\"force\":true}]]}", DENY},
		{"push", "{\"options\":[{},[1,[[],{\"x\":1},{\"force\":true}]]]}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, a_name_given_twice_makes_no_call)
{
	static const struct row rows[] = {
		{"read", "{\"path\":\"/proj/a\"}", ALLOW},
		{"read", "{\"path\":\"/proj/a\",\"path\":\"/etc/passwd\"}", REFUSED},
		{"read", "{\"path\":\"/etc/passwd\",\"path\":\"/proj/a\"}", REFUSED},
		{"read", "{\"path\":\"/proj/a\",\"path\":\"/proj/a\"}", REFUSED},
		{"read", "{\"path\":\"/proj/a\",\"\\u0070ath\":\"/etc/passwd\"}", REFUSED},
		{"edit", "{\"edits\":[{\"path\":\"/proj/a\",\"path\":\"/etc/x\"}]}", REFUSED},
		{"edit", "{\"edits\":{\"path\":\"/proj/a\",\"path\":\"/etc/x\"}}", REFUSED},
		{"clone", "{\"repo\":\"x\"}", ALLOW},
		{"clone", "{\"x\":{\"y\":[{\"z\":1,\"z\":1}]}}", REFUSED},
	};

	EXPECT_ROWS(rows);
}

/* "path" and "Path" are two arguments, of which a rule about one says nothing of the other. */
Test(arg_attacks, a_name_in_another_case_is_another_argument)
{
	static const struct row rows[] = {
		{"read", "{\"path\":\"/proj/a\",\"Path\":\"/etc/passwd\"}", ALLOW},
		{"read", "{\"Path\":\"/proj/a\",\"path\":\"/etc/passwd\"}", DENY},
		{"read", "{\"PATH\":\"/proj/a\"}", DENY},
		{"clone", "{\"Repo\":\"ok\"}", DENY},
		{"clone", "{\"repo\":\"ok\"}", ALLOW},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, an_escaped_name_is_the_name)
{
	static const struct row rows[] = {
		{"read", "{\"\\u0070\\u0061th\":\"\\u002fproj/a\"}", ALLOW},
		{"read", "{\"\\u0070ath\":\"/etc/passwd\"}", DENY},
		{"clone", "{\"rep\\u006f\":\"\\u002d-upload-pack=x\"}", DENY},
		{"clone", "{\"rep\\u006f\":\"x\"}", ALLOW},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, lengths_are_in_bytes)
{
	static const struct row rows[] = {
		{"search", "{\"q\":\"abcd\"}", ALLOW},
		{"search", "{\"q\":\"\xf0\x9f\x98\x80\"}", ALLOW},
		{"search", "{\"q\":\"\\ud83d\\ude00\"}", ALLOW},
		{"search", "{\"q\":\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"}",
		 DENY},
		{"search", "{\"q\":\"abc\"}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, what_is_no_utf8_is_no_text)
{
	static const struct row rows[] = {
		{"clone", "{\"repo\":\"\\ud83d\\ude00\"}", ALLOW},
		{"clone", "{\"repo\":\"\\ud800\"}", REFUSED},
		{"clone", "{\"repo\":\"\\udfff\"}", REFUSED},
		{"clone", "{\"repo\":\"\\ud800\\ud800\"}", REFUSED},
		{"clone", "{\"repo\":\"\xed\xa0\x80\"}", REFUSED},
		{"clone", "{\"repo\":\"\xff\xfe\"}", REFUSED},
		{"clone", "{\"repo\":\"\xf4\x90\x80\x80\"}", REFUSED},
		{"clone", "{\"re\xff\":\"x\"}", REFUSED},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, shell_syntax_is_bytes_of_a_command)
{
	static const struct row rows[] = {
		{"run", "{\"command\":\"make test\"}", ALLOW},
		{"run", "{\"command\":\"make test; rm -rf /\"}", DENY},
		{"run", "{\"command\":\"make\\n\"}", DENY},
		{"run", "{\"command\":\"make \"}", DENY},
		{"ls", "{\"command\":\"ls -l /tmp\"}", ALLOW},
		{"ls", "{\"command\":\"ls ; rm x\"}", DENY},
		{"ls", "{\"command\":\"ls $(rm x)\"}", DENY},
		{"ls", "{\"command\":\"ls `rm x`\"}", DENY},
		{"ls", "{\"command\":\"ls | sh\"}", DENY},
		{"ls", "{\"command\":\"ls x\\nrm x\"}", DENY},
		{"ls", "{\"command\":\"ls x && rm x\"}", DENY},
		{"ls", "{\"command\":\"ls > /etc/x\"}", DENY},
		{"ls", "{\"command\":[\"ls -l\",\"ls ; rm\"]}", DENY},
	};

	EXPECT_ROWS(rows);
}

Test(arg_attacks, an_option_is_denied_where_a_name_is_wanted)
{
	static const struct row rows[] = {
		{"clone", "{\"repo\":\"https://example.org/a\"}", ALLOW},
		{"clone", "{\"repo\":\"a-b\"}", ALLOW},
		{"clone", "{\"repo\":\"--upload-pack=touch x\"}", DENY},
		{"clone", "{\"repo\":\"-c\"}", DENY},
		{"clone", "{\"repo\":[\"a\",\"-c\"]}", DENY},
		{"clone", "{}", DENY},
		{"read", "{\"path\":\"/proj/a\"}", ALLOW},
		{"read", "{\"path\":\"--output=/proj/a\"}", DENY},
	};

	EXPECT_ROWS(rows);
}

/* None of it is read: it can't be. */
Test(arg_attacks, a_text_that_is_too_long_is_refused_unread)
{
	size_t size = 100u << 20;
	char *bytes = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct writ_policy *policy = bundle_open(text, NULL);
	struct writ_args *args;
	struct writ_error error;

	cr_assert_neq(bytes, MAP_FAILED);
	cr_expect_eq(writ_args_from_json(bytes, size, &args, &error), -WRIT_E_INVALID);
	cr_expect(strstr(error.text, "longer than"), "%s", error.text);
	cr_expect_eq(outcome_of(policy, "read", "{\"path\":\"/proj/a\"}"), ALLOW);
	munmap(bytes, size);
	writ_close(policy);
}
