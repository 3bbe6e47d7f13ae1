/*
 * The parser from text to tree: what is accepted, how faults are told, that it goes on after them.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "front/words.h"
#include "support/parsed.h"

static void expect_says(const char *text, const char *wanted)
{
	cr_assert_str_eq(parsed_says(parsed_from(text)), wanted);
}

Test(parse, the_policy_line_names_and_numbers)
{
	struct ast *ast = parsed_clean("policy blog-agent version 0x10;");

	EXPECT_STR(ast->name.text, "blog-agent");
	cr_assert_eq(ast->version, 16);
	cr_assert_eq(ast->version_span.begin, 26);
	cr_assert_eq(parsed_clean("policy x;")->version_span.file, SPAN_NO_FILE);
}

Test(parse, parameters_have_types_and_defaults)
{
	struct ast *ast = parsed_clean(
		"policy p; param a : path; param b : port = 443;\n"
		"param c : size = 64KiB; param d : duration = 5m;\n"
		"param e : string = \"x${a}y\"; param f : int = true; param g : host = w;");

	cr_assert_eq(ast->params.n, 7);
	cr_assert_not(ast->params.items[0].has_default);
	cr_assert_eq(ast->params.items[0].type, AST_TYPE_PATH);
	cr_assert_eq(ast->params.items[1].fallback.number, 443);
	cr_assert_eq(ast->params.items[2].fallback.number, 65536);
	cr_assert_eq(ast->params.items[2].fallback.kind, AST_SIZE);
	cr_assert_eq(ast->params.items[3].fallback.number, 300000);
	cr_assert_eq(ast->params.items[4].fallback.text.n, 3);
	cr_assert_eq(ast->params.items[5].fallback.kind, AST_BOOL);
	cr_assert_eq(ast->params.items[5].fallback.number, 1);
	EXPECT_STR(ast->params.items[6].fallback.word, "w");
}

Test(parse, tools_keep_their_properties_in_order)
{
	struct ast *ast = parsed_clean(
		"policy p;\ntool http_get { class read; sandbox net; "
		"describe \"gets\"; arg url : url; arg token : string secret; }");
	struct ast_tool *tool = &ast->tools.items[0];

	EXPECT_STR(tool->pattern.text, "http_get");
	cr_assert_eq(tool->props.n, 5);
	cr_assert_eq(tool->props.items[0].class, AST_CLASS_READ);
	EXPECT_STR(tool->props.items[1].sandbox.text, "net");
	EXPECT_STR(tool->props.items[2].describe.parts[0].text, "gets");
	cr_assert_eq(tool->props.items[3].arg.type, AST_TYPE_URL);
	cr_assert_not(tool->props.items[3].arg.secret);
	cr_assert(tool->props.items[4].arg.secret);
	cr_assert_eq(tool->span.begin, 10);
}

Test(parse, sandboxes_keep_every_section)
{
	struct ast *ast = parsed_clean(
		"policy p; sandbox s extends base, net {\n"
		"filesystem { read \"/usr\", \"/lib\"; write \"${w}/x\"; execute \"/bin/sh\"; }\n"
		"network { connect \"*:443\"; bind \"*:8000-8010\"; }\n"
		"syscalls { allow @default, ptrace; deny mount, bpf errno EACCES; deny kill kill; "
		"}\n"
		"limits { wall 60s; memory 512MiB; processes 10; }\n"
		"env { pass PATH, LANG; set A = \"b\"; secret KEY; }\n"
		"best_effort; }");
	struct ast_sandbox *sandbox = &ast->sandboxes.items[0];

	EXPECT_STR(sandbox->parents.items[1].text, "net");
	cr_assert_eq(sandbox->grants.n, 6);
	cr_assert_eq(sandbox->grants.items[1].kind, AST_FS_READ);
	cr_assert_eq(sandbox->grants.items[2].kind, AST_FS_WRITE);
	cr_assert(sandbox->grants.items[2].text.parts[0].is_param);
	cr_assert_eq(sandbox->grants.items[3].kind, AST_FS_EXECUTE);
	cr_assert_eq(sandbox->grants.items[4].kind, AST_NET_CONNECT);
	cr_assert_eq(sandbox->grants.items[5].kind, AST_NET_BIND);
	cr_assert_eq(sandbox->calls.n, 5);
	EXPECT_STR(sandbox->calls.items[0].name.text, "@default");
	cr_assert(sandbox->calls.items[1].allow);
	cr_assert_eq(sandbox->calls.items[2].action, AST_CALL_ERRNO);
	EXPECT_STR(sandbox->calls.items[3].errno_name.text, "EACCES");
	EXPECT_STR(sandbox->calls.items[4].name.text, "kill");
	cr_assert_eq(sandbox->calls.items[4].action, AST_CALL_KILL);
	cr_assert_eq(sandbox->limits.n, 3);
	cr_assert_eq(sandbox->limits.items[1].value.number, 512u << 20);
	cr_assert_eq(sandbox->env.n, 4);
	cr_assert_eq(sandbox->env.items[1].kind, AST_ENV_PASS);
	cr_assert_eq(sandbox->env.items[2].kind, AST_ENV_SET);
	cr_assert_eq(sandbox->env.items[3].kind, AST_ENV_SECRET);
	cr_assert_neq(sandbox->best_effort.file, SPAN_NO_FILE);
	cr_assert_neq(sandbox->syscalls_span.file, SPAN_NO_FILE);
}

Test(parse, a_sandbox_without_sections_says_so)
{
	struct ast *ast = parsed_clean("policy p; sandbox s { }");

	cr_assert_eq(ast->sandboxes.items[0].syscalls_span.file, SPAN_NO_FILE);
	cr_assert_eq(ast->sandboxes.items[0].best_effort.file, SPAN_NO_FILE);
}

Test(parse, roles_and_users)
{
	struct ast *ast = parsed_clean("policy p; role dev extends guest {\n\tallow git_*, a.b-c;\n"
				       "\tdeny 2nd, *; }\nuser \"alice\" : dev, guest;");
	struct ast_role *role = &ast->roles.items[0];

	EXPECT_STR(role->parents.items[0].text, "guest");
	cr_assert_eq(role->rules.n, 4);
	EXPECT_STR(role->rules.items[0].pattern.text, "git_*");
	EXPECT_STR(role->rules.items[1].pattern.text, "a.b-c");
	cr_assert_eq(role->rules.items[1].verdict, AST_ALLOW);
	cr_assert_eq(role->rules.items[0].span.begin, role->rules.items[1].span.begin);
	cr_assert_eq(role->rules.items[0].span.end - role->rules.items[0].span.begin, 19);
	cr_assert_eq(role->rules.items[2].verdict, AST_DENY);
	EXPECT_STR(role->rules.items[2].pattern.text, "2nd");
	EXPECT_STR(ast->users.items[0].name.parts[0].text, "alice");
	cr_assert_eq(ast->users.items[0].roles.n, 2);
}

Test(parse, keywords_are_names_where_a_name_is_expected)
{
	struct ast *ast = parsed_clean(
		"policy policy; tool read { class read; arg path : path; arg class : int; "
		"arg where : int; }\n tool deny-list { } tool 10 { } tool 64KiB { } tool not { }\n"
		"sandbox sandbox extends set, env { limits { wall 1; } env { pass set, pass; } }\n"
		"role role extends extends { allow allow, where, rate, not; deny deny; }\n"
		"user \"u\" : user, role; conflict session, admin; conflict session session, "
		"role;\n"
		"param version : int;");

	cr_assert_eq(ast->tools.n, 5);
	EXPECT_STR(ast->tools.items[3].pattern.text, "64KiB");
	EXPECT_STR(ast->sandboxes.items[0].name.text, "sandbox");
	cr_assert_eq(ast->roles.items[0].rules.n, 5);
}

Test(parse, a_call_named_like_a_set_is_kept_as_written)
{
	struct ast *ast = parsed_clean("policy p; sandbox s { syscalls { allow calls, read; } }\n"
				       "set calls : syscalls { openat };");

	cr_assert_eq(ast->sandboxes.items[0].calls.n, 2);
	EXPECT_STR(ast->sandboxes.items[0].calls.items[0].name.text, "calls");
}

static const char *const expressions[] = {
	"a == 1",
	"a != \"x\" and b < 2 or not c >= 3s",
	"(a > 1MiB or (b <= 2)) and not not c == d",
	"a in { 1, \"b\", c }",
	"a in hosts",
	"a under \"${w}/x\"",
	"a matches \"rm *\"",
	"a present",
	"present present and or == in or in in in",
};

Test(parse, every_form_of_condition_parses)
{
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		char text[256];
		struct parsed *parsed;

		snprintf(text, sizeof(text), "policy p; role r { allow t where %s; }",
			 expressions[i]);
		parsed = parsed_from(text);
		cr_assert_eq(parsed->diags.errors, 0, "%s: %s", expressions[i],
			     parsed_says(parsed));
	}
}

Test(parse, strings_are_decoded_and_split_at_parameters)
{
	struct ast *ast = parsed_clean(
		"policy p; tool t { describe "
		"\"a\\\"\\\\\\n\\t\\x41${one}${_2}\\x24{no} $ {x}\"; describe \"\"; }");
	struct ast_text *text = &ast->tools.items[0].props.items[0].describe;

	cr_assert_eq(text->n, 4);
	EXPECT_STR(text->parts[0].text, "a\"\\\n\tA");
	EXPECT_STR(text->parts[1].text, "one");
	cr_assert(text->parts[1].is_param);
	cr_assert(text->parts[2].is_param);
	EXPECT_STR(text->parts[3].text, "${no} $ {x}");
	cr_assert_eq(ast->tools.items[0].props.items[1].describe.n, 0);
}

static const struct {
	const char *written;
	uint64_t value;
} numbers[] = {
	{"0", 0},
	{"0x1F", 31},
	{"0o755", 493},
	{"18446744073709551615", UINT64_MAX},
	{"0xffffffffffffffff", UINT64_MAX},
	{"7B", 7},
	{"2kB", 2000},
	{"2KiB", 2048},
	{"3MB", 3000000},
	{"1GiB", 1 << 30},
	{"1TB", 1000000000000},
	{"500ms", 500},
	{"30s", 30000},
	{"5m", 300000},
	{"1h", 3600000},
	{"16777215TiB", 16777215ull << 40},
};

Test(parse, numbers_have_their_values)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char text[128];
		struct ast *ast;

		snprintf(text, sizeof(text), "policy p; sandbox s { limits { x %s; } }",
			 numbers[i].written);
		ast = parsed_clean(text);
		cr_assert_eq(ast->sandboxes.items[0].limits.items[0].value.number, numbers[i].value,
			     "%s", numbers[i].written);
	}
}

static const struct {
	const char *text; /* after "policy p;\n" */
	const char *wanted;
} faults[] = {
	{"tool t { class read }", "2:20 missing ';' before '}' [E0002]\n"},
	{"tool t { class read arg a : int; }", "2:20 missing ';' before 'arg' [E0002]\n"},
	{"user \"a\" : b\nuser \"c\" : d;", "2:13 missing ';' before 'user' [E0002]\n"},
	{"user \"a\" : b", "2:13 missing ';' before end of file [E0002]\n"},
	{"role r { allow", "2:15 missing '}' before end of file [E0003]\n"},
	{"tool t {\nrole r { allow t; }", "3:1 missing '}' before 'role' [E0003]\n"},
	{"role r { allow t where (a == 1\n\n\n", "2:31 missing ')' before end of file [E0003]\n"},
	{"}", "2:1 expected a declaration, found '}' [E0001]\n"},
	{"snadbox s { filesystem { read \"/a\"; } }\nuser 1;",
	 "2:1 expected a declaration, found 'snadbox' [E0001]\n  did you mean 'sandbox'?\n"
	 "3:6 expected a string, found '1' [E0001]\n  write user names as strings: \"1\"\n"},
	{"role r { alow t; deny t; DENY u; }", "2:10 expected 'allow', 'ask', 'deny' or '}', found "
					       "'alow' [E0001]\n  did you mean 'allow'?\n"
					       "2:26 expected 'allow', 'ask', 'deny' or '}', found "
					       "'DENY' [E0001]\n  did you mean 'deny'?\n"},
	{"sandbox s extnds b { }",
	 "2:11 expected 'extends' or '{', found 'extnds' [E0001]\n  did you mean 'extends'?\n"},
	{"sandbox { filesystem { read 5; } }",
	 "2:9 expected the name of a sandbox, found '{' [E0001]\n"},
	{"sandbox s extends a b { }", "2:21 expected ',' or '{', found 'b' [E0001]\n"},
	{"sandbox s { filesystem { read \"/a\" \"/b\"; read 5; } limits { x; } }",
	 "2:36 expected ',' or ';', found \"/b\" [E0001]\n"
	 "2:47 expected a name or a string, found '5' [E0001]\n  write paths as strings: \"5\"\n"
	 "2:62 expected a value, found ';' [E0001]\n"},
	{"role r { allow a, ; deny b; }", "2:19 expected the name of a tool, found ';' [E0001]\n"},
	{"role ci-bot { }",
	 "2:6 expected the name of a role, found 'ci-bot' [E0001]\n"
	 "  a name is letters, digits and '_', and does not begin with a digit\n"},
	{"param p : strng;",
	 "2:11 unknown type of parameter 'strng': it is one of path, host, "
	 "port, int, size, duration or string [E0016]\n  did you mean 'string'?\n"},
	{"param p : url;", "2:11 unknown type of parameter 'url': it is one of path, host, port, "
			   "int, size, duration or string [E0016]\n"},
	{"tool t { arg a : port; }",
	 "2:18 unknown type of argument 'port': it is one of string, path, url, host, int or bool "
	 "[E0016]\n  did you mean 'host'?\n"},
	{"param p : path = ;\nbogus thing;", "2:18 expected a value, found ';' [E0001]\n"
					     "3:1 expected a declaration, found 'bogus' [E0001]\n"},
	{"sandbox s { filesystem { read \"/a\", ; bogus; } }",
	 "2:37 expected a name or a string, found ';' [E0001]\n"
	 "2:39 expected 'deny', 'execute', 'read', 'scratch', 'write' or '}', found 'bogus' "
	 "[E0001]\n"},
	{"param p : int = 010;",
	 "2:17 a number doesn't begin with 0 [E0012]\n  write 0o755 for an octal number\n"},
	{"param p : int = 18446744073709551616;",
	 "2:17 this number is too large: it needs more than 64 bits [E0011]\n"},
	{"param p : size = 16777216TiB;",
	 "2:18 this number is too large: it needs more than 64 bits [E0011]\n"},
	{"user \"a : b;\nuser \"c\" : d;",
	 "2:6 this string doesn't end on its line [E0007]\n2:12 expected ':', found ';' [E0001]\n"},
	{"user \"a\\xg1\" : b;", "2:8 '\\x' needs two hexadecimal digits [E0008]\n"},
	{"user \"a\\q\" : b;", "2:8 unknown escape '\\q' [E0008]\n  write \\\\ for a backslash\n"},
	{"user \"a\\x00\" : b;", "2:8 a string can't hold a NUL byte [E0009]\n"},
	{"user \"${1}\" : b;", "2:7 expected '${name}' with the name of a parameter [E0010]\n"
			       "  write \\x24 for a dollar sign that is meant literally\n"},
	{"user \"a\xe2\x80\xae\" : b;", "2:8 invisible or control character <U+202E> [E0006]\n"
					"  in a string, write its bytes as \\xHH\n"},
	{"# a\x1b b", "2:4 invisible or control character <U+001B> [E0006]\n"
		      "  in a string, write its bytes as \\xHH\n"},
	{"// x", "2:1 this is not a comment [E0006]\n"
		 "  comments begin with '#' and go to the end of the line\n"},
	{"policy q;", "2:1 second 'policy' line in one file [E0015]\n"},
};

Test(parse, each_fault_is_reported_once_where_it_is)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "policy p;\n%s", faults[i].text);
		cr_expect_str_eq(parsed_says(parsed_from(text)), faults[i].wanted, "%s",
				 faults[i].text);
	}
}

Test(parse, numbers_with_fractions_signs_or_unknown_units_are_malformed)
{
	static const char *const written[] = {"1.5GiB", "-1", "60sec", "0x", "0o9", "1e6", "1_000"};

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		char text[128];
		struct parsed *parsed;

		snprintf(text, sizeof(text), "policy p; sandbox s { limits { x %s; y 1; } }",
			 written[i]);
		parsed = parsed_from(text);
		cr_assert_eq(parsed->diags.errors, 1, "%s", parsed_says(parsed));
		cr_assert_eq(parsed->diags.items.items[0].code, DIAG_E0012, "%s", written[i]);
		cr_assert_eq(parsed->ast.sandboxes.items[0].limits.n, 1);
	}
}

Test(parse, an_unclosed_brace_is_shown)
{
	struct parsed *parsed = parsed_from("policy p;\ntool t {\n\tclass read;\n");
	const struct diag *diag = &parsed->diags.items.items[0];

	cr_assert_eq(parsed->diags.errors, 1);
	cr_assert_eq(diag->notes.n, 1);
	cr_assert_eq(diag->notes.items[0].span.begin, 17);
}

Test(parse, what_follows_an_error_is_still_parsed)
{
	struct parsed *parsed = parsed_from("policy p;\n"
					    "tool a { clas read; arg x : int; }\n"
					    "rolle r { allow a; }\n"
					    "role s { allow a b; deny c; allow d }\n"
					    "tool e { class read;\n"
					    "role t { allow a; }\n");

	cr_assert_eq(parsed->diags.errors, 5, "%s", parsed_says(parsed));
	cr_assert_eq(parsed->ast.tools.n, 2);
	cr_assert_eq(parsed->ast.tools.items[0].props.n, 1);
	cr_assert_eq(parsed->ast.roles.n, 2);
	cr_assert_eq(parsed->ast.roles.items[0].rules.n, 3);
}

Test(parse, the_main_file_needs_a_policy_line)
{
	expect_says("", "1:1 a policy begins with its name [E0014]\n"
			"  write 'policy NAME;' as the first statement\n");
	expect_says("role r { }", "1:1 a policy begins with its name [E0014]\n"
				  "  write 'policy NAME;' as the first statement\n");
	expect_says("role r { }\npolicy p;",
		    "2:1 the 'policy' line must come before everything else [E0015]\n");
	expect_says("policy a.b;",
		    "1:8 'a.b' can't be the name of a policy [E0017]\n"
		    "  a policy's name is letters, digits, '_' and '-', and does not begin with a "
		    "digit or '-'\n");
}

Test(parse, line_endings_are_white_space)
{
	cr_assert_eq(parsed_clean("policy p;\r\nrole r {\r\n\tallow t;\r}\r\n")->roles.n, 1);
}

Test(parse, a_byte_order_mark_is_an_error)
{
	struct parsed *parsed = parsed_from("\xef\xbb\xbfpolicy p;");

	cr_assert_eq(parsed->diags.errors, 1);
	cr_assert_eq(parsed->diags.items.items[0].code, DIAG_E0005);
	EXPECT_STR(parsed->ast.name.text, "p");
}

Test(parse, bytes_that_are_not_text_are_an_error)
{
	struct parsed *parsed = parsed_bytes("policy p;\0", 10);

	cr_assert_eq(parsed->diags.errors, 1);
	cr_assert_eq(parsed->diags.items.items[0].code, DIAG_E0004);
	cr_assert_eq(parsed->diags.items.items[0].span.begin, 9);
	cr_assert_eq(parsed_from("policy \xff;")->diags.items.items[0].code, DIAG_E0004);
}

Test(parse, nesting_ten_thousand_deep_is_one_error)
{
	static const struct {
		const char *head;
		const char *unit;
		enum diag_code code;
	} deep[] = {
		{"role r { allow t where ", "(", DIAG_E0013},
		{"role r { allow t where ", "not ", DIAG_E0013},
		{"", "{", DIAG_E0001},
		{"sandbox s { syscalls { allow a(b & ", "(", DIAG_E0001},
	};

	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		struct parsed *parsed = parsed_repeated(deep[i].head, deep[i].unit, 10000, "");

		cr_assert_eq(parsed->diags.errors, 1, "row %zu: %s", i, parsed_says(parsed));
		cr_assert_eq(parsed->diags.items.items[0].code, deep[i].code, "row %zu", i);
	}
}

Test(parse, brackets_nest_to_the_limit)
{
	struct parsed *parsed = parsed_repeated("role r { allow t where ", "(", PARSE_MAX_DEPTH - 1,
						"a present");

	cr_assert_eq(parsed->diags.items.items[0].code, DIAG_E0003, "%s", parsed_says(parsed));
	parsed = parsed_repeated("role r { allow t where ", "(", PARSE_MAX_DEPTH, "a present");
	cr_assert_eq(parsed->diags.items.items[0].code, DIAG_E0013, "%s", parsed_says(parsed));
}

Test(parse, lists_may_be_long)
{
	struct parsed *parsed = parsed_repeated("role r { allow ", "a, ", 200000, "b; }");

	cr_assert_eq(parsed->diags.errors, 0);
	cr_assert_eq(parsed->ast.roles.items[0].rules.n, 200001);
}

Test(parse, garbage_is_reported_to_a_limit)
{
	struct parsed *parsed = parsed_repeated("", "bad bad; ", 100000, "");

	cr_assert_eq(parsed->diags.items.n, DIAG_MAX_ERRORS);
}

Test(parse, keywords_are_sorted_and_found)
{
	static const char *const words[] = {
#define KEYWORD(token, text, place) text,
#include "grammar/keywords.def"
#undef KEYWORD
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cr_assert_eq(keyword_find(str_from(words[i])), (int)i, "%s", words[i]);
		cr_assert(i == 0 || strcmp(words[i - 1], words[i]) < 0, "%s", words[i]);
	}
	cr_assert_eq(keyword_find(STR("sandboxes")), -1);
	cr_assert_eq(keyword_find(STR("")), -1);
}

/* One token of this text at a time is left out: that costs one diagnostic, or two now and then. */
static const char whole[] =
	"policy p version 1;\n"
	"param w : path = \"/w\";\n"
	"set s : paths { \"/a\", \"/b\" };\n"
	"tool t { class read; sandbox x; arg a : int secret; }\n"
	"sandbox x extends y, z {\n"
	"  filesystem {\n    read \"/usr\", s;\n    write \"${w}/x\";\n    scratch \"/tmp\" 1MiB;\n"
	"    deny \"~/.ssh\";\n  }\n"
	"  network {\n    connect \"*:443\", h;\n    unix \"/s\";\n    deny \"10.0.0.0/8\";\n  }\n"
	"  syscalls {\n    allow @default, kill;\n    deny mount errno EPERM;\n"
	"    allow socket(domain in {A, 2}, type == B);\n    deny clone(flags & (C | D) == 0) "
	"log;\n"
	"  }\n"
	"  limits {\n    wall 60s;\n  }\n"
	"  env {\n    pass PATH;\n    set A = \"b\";\n  }\n"
	"}\n"
	"role r extends q {\n  allow t, u where a in { 1, 2 } and (b == 3);\n  deny *;\n"
	"  ask v where not c under \"/a\" or d matches \"*\" or e present or f in s using x\n"
	"      rate 10/minute burst 3;\n}\n"
	"user \"u\" : r;\n"
	"conflict r, q;\n"
	"redact \"sk-\";\n"
	"test \"a test\" with w = \"/w\" {\n  allow r t(a = 1, b = c);\n  deny r u;\n"
	"  sandbox x {\n    allow read \"/usr\";\n    deny syscall socket(domain = E);\n  }\n}\n";

static size_t token_end(const char *text, size_t at)
{
	static const char word[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.*-@";

	if (text[at] == '"')
		return (size_t)(strchr(text + at + 1, '"') - text) + 1;
	return at + (strspn(text + at, word) ? strspn(text + at, word) : 1);
}

Test(parse, a_token_left_out_costs_at_most_two_errors)
{
	size_t len = strlen(whole);
	size_t end = 0;
	size_t faulty = 0;
	size_t twice = 0;

	for (size_t at = 0; at < len; at = end) {
		char text[sizeof(whole)];
		struct parsed *parsed;

		end = token_end(whole, at);
		snprintf(text, sizeof(text), "%.*s%s", (int)at, whole, whole + end);
		parsed = parsed_from(text);
		cr_expect_leq(parsed->diags.errors, 2, "%s\n%s", text, parsed_says(parsed));
		faulty += parsed->diags.errors > 0;
		twice += parsed->diags.errors == 2;
	}
	cr_assert_gt(faulty, 100);
	cr_assert_leq(twice * 10, faulty, "%zu of %zu", twice, faulty);
}

Test(parse, a_section_inside_another_closes_that)
{
	struct parsed *parsed = parsed_from(
		"policy p;\nsandbox s {\n\tfilesystem {\n\t\tread \"/a\";\n"
		"\tlimits { wall 1s; }\n}\nrole r { }\n");

	cr_assert_eq(parsed->diags.errors, 1, "%s", parsed_says(parsed));
	cr_assert_eq(parsed->diags.items.items[0].code, DIAG_E0003);
	cr_assert_eq(parsed->ast.sandboxes.items[0].limits.n, 1);
	cr_assert_eq(parsed->ast.roles.n, 1);
}

Test(parse, comments_are_kept_without_what_ends_their_line)
{
	struct parsed *parsed = parsed_from("# a \t\r\npolicy p; # b\n#\ntool t { } # c");
	const char *const wanted[] = {"# a", "# b", "#", "# c"};

	cr_assert_eq(parsed->diags.errors, 0);
	cr_assert_eq(parsed->ast.comments.n, 4);
	for (size_t i = 0; i < 4; i++)
		EXPECT_STR(parsed_text(parsed, parsed->ast.comments.items[i]), wanted[i]);
}

Test(parse, a_carriage_return_hides_nothing)
{
	expect_says("policy p;# x\rallow\n",
		    "1:13 invisible or control character <U+000D> [E0006]\n"
		    "  in a string, write its bytes as \\xHH\n");
	cr_assert_eq(parsed_from("policy p; user \"a\rb\" : c;")->diags.items.items[0].code,
		     DIAG_E0006);
}

Test(parse, a_string_cut_off_by_a_windows_line_ending_is_one_error)
{
	expect_says("policy p;\r\nuser \"a\r\n : b;\r\n",
		    "2:6 this string doesn't end on its line [E0007]\n");
}
