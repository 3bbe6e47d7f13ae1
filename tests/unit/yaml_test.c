/*
 * The YAML form of a policy: what is reported about it and where, to the column.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "front/yaml.h"
#include "support/policy.h"

static struct compilation *yaml_check(struct str text)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));

	compilation_init(compilation);
	cr_assert_eq(compile_check_text(compilation, STR("test.yaml"), text), 0);
	return compilation;
}

/* A report that text, behind "policy: p" on line 1, must give. */
struct fault {
	const char *text;
	enum diag_code code;
	const char *says;
};

static void expect_faults(const struct fault *faults, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *text = NULL;
		struct compilation *compilation;

		cr_assert_gt(asprintf(&text, "policy: p\n%s", faults[i].text), 0);
		compilation = yaml_check(str_from(text));
		cr_expect_str_eq(policy_says(compilation, faults[i].code), faults[i].says,
				 "%s\ngives\n%s", text, policy_report(compilation));
		free(text);
	}
}

#define EXPECT_FAULTS(faults) expect_faults(faults, sizeof(faults) / sizeof((faults)[0]))

static const struct fault syntax_faults[] = {
	{"roles: [*]", DIAG_E0043, "2:9 YAML reads an unquoted '*' as an alias of another value"},
	{"roles: {a: [b, *c]}", DIAG_E0043,
	 "2:16 YAML reads an unquoted '*' as an alias of another value"},
	{"roles:\n- name: a\n  permissions:\n  - *\n", DIAG_E0043,
	 "5:5 YAML reads an unquoted '*' as an alias of another value"},
	{"roles:\n  *a: [b]\n", DIAG_E0043,
	 "3:3 YAML reads an unquoted '*' as an alias of another value"},
	{"\tx: y", DIAG_E0041, "2:1 there is a tab where YAML wants spaces"},
	{"roles:\n  a: [b]\n\tc: [d]", DIAG_E0041, "4:1 there is a tab where YAML wants spaces"},
	{"roles: {a: [b]}\nroles: {c: [d]}", DIAG_E0042,
	 "3:1 'roles' stands twice in this mapping"},
	{"roles: &r {a: [b]}", DIAG_E0044,
	 "2:8 YAML's anchors and aliases are not supported in a policy"},
	{"version: !!int 3", DIAG_E0044, "2:10 YAML's tags are not supported in a policy"},
	{"roles: {<<: {a: [b]}}", DIAG_E0044,
	 "2:9 YAML's merge keys ('<<') are not supported in a policy"},
	{"--- \npolicy: q", DIAG_E0045, "2:1 a second document begins here: a policy is one"},
	{"roles: {a: [@b]}", DIAG_E0040,
	 "2:13 in YAML, text that begins with '@' must stand in quotes"},
	{"roles: {a: [b}", DIAG_E0040, "2:14 this is not YAML: did not find expected ',' or ']'"},
	{"roles: \"a", DIAG_E0040, "2:10 this is not YAML: found unexpected end of stream"},
	{"redact: \xc3\xa9\xc3\xa9 [\nx: [@b]", DIAG_E0040,
	 "3:5 in YAML, text that begins with '@' must stand in quotes"},
	{"redact: a\xe2\x80\xae"
	 "b",
	 DIAG_E0006, "2:10 invisible or control character <U+202E>"},
	{"roles: {a: [b]}\rusers: {}", DIAG_E0006, "2:16 invisible or control character <U+000D>"},
	{"# \x01", DIAG_E0006, "2:3 invisible or control character <U+0001>"},
	{"redact: \xff", DIAG_E0004, "2:9 invalid UTF-8: a policy is UTF-8 text"},
};

Test(yaml, faults_of_syntax_are_reported_at_their_place)
{
	EXPECT_FAULTS(syntax_faults);
}

static const struct fault shape_faults[] = {
	{"roles: guest", DIAG_E0046,
	 "2:8 expected a mapping of names, or a list of mappings with 'name', found text"},
	{"roles: {[a]: b}", DIAG_E0046, "2:9 a key is a word, not a list, a mapping or nothing"},
	{"roles: {a: {rules: {allow: b}}}", DIAG_E0046, "2:20 expected a list, found a mapping"},
	{"users: {bob: []}", DIAG_E0046, "2:14 this list needs at least one item"},
	{"conflicts: [a, b]", DIAG_E0046,
	 "2:13 expected a list of roles that exclude each other, found text"},
	{"rolls: {}", DIAG_E0047, "2:1 there is no key 'rolls' here"},
	{"roles: {a: {rules: [{alow: b}]}}", DIAG_E0047, "2:22 there is no key 'alow' here"},
	{"sandboxes: {a: {limits: }}", DIAG_E0048,
	 "2:17 expected a mapping of limits to values, found nothing"},
	{"roles: {a: {permissions: [~]}}", DIAG_E0048,
	 "2:27 expected the name of a tool, or a pattern, found nothing"},
	{"tools: {null: {}}", DIAG_E0048,
	 "2:9 expected the name of a tool, or a pattern, found nothing"},
	{"roles: [{permissions: [a]}]", DIAG_E0049, "2:9 the key 'name' is missing"},
	{"roles: {a: {rules: [{where: x present}]}}", DIAG_E0049,
	 "2:21 one of the keys 'allow', 'deny' or 'ask' is missing"},
	{"roles: {a: {rules: [{allow: b, burst: 3}]}}", DIAG_E0049,
	 "2:32 'burst' stands only with a 'rate'"},
	{"params: {a b: path}", DIAG_E0050, "2:10 'a b' is not a name"},
	{"version: 010", DIAG_E0050, "2:10 '010' is not a number"},
	{"roles: {a: {rules: [{allow: b, rate: 5 per hour}]}}", DIAG_E0050,
	 "2:38 '5 per hour' is not a rate"},
	{"tools: {a: {args: {b: {type: int, secret: yes}}}}", DIAG_E0050,
	 "2:43 'yes' is not true or false"},
	{"sandboxes: {a: {syscalls: {allow: 'read, write'}}}", DIAG_E0050,
	 "2:35 'read, write' is not a system call"},
	{"sandboxes: {a: {syscalls: {allow: 'read(a) errno(b)'}}}", DIAG_E0050,
	 "2:35 'read(a) errno(b)' is not a system call"},
	{"roles: {a: {rules: [{allow: b, deny: c}]}}", DIAG_E0052,
	 "2:32 'deny' and 'allow' can't stand together"},
	{"sandboxes: {a: {syscalls: [{deny: b, kill: true, log: true}]}}", DIAG_E0052,
	 "2:50 'log' and 'kill' can't stand together"},
	{"tests: {t: {sandboxes: {a: [{allow: reed, target: /x}]}}}", DIAG_E0016,
	 "2:37 unknown kind 'reed': it is one of read, write, execute, connect, bind, unix or "
	 "syscall"},
};

Test(yaml, faults_of_shape_are_reported_at_their_place)
{
	EXPECT_FAULTS(shape_faults);
}

/* A condition can't end the statement it stands in, nor its file. */
static const struct fault escapes[] = {
	{"roles: {a: {rules: [{allow: b, where: 'x present; allow c'}]}}", DIAG_E0051,
	 "2:39 this is not a condition: it holds a ';'"},
	{"roles: {a: {rules: [{allow: b, where: 'x present # '}]}}", DIAG_E0051,
	 "2:39 this is not a condition: it holds a '#'"},
	{"roles: {a: {rules: [{allow: b, where: 'x present } role c {'}]}}", DIAG_E0051,
	 "2:39 this is not a condition: it has a '}' without a '{'"},
	{"roles: {a: {rules: [{allow: b, where: 'x == \"'}]}}", DIAG_E0051,
	 "2:39 this is not a condition: a string in it has no end"},
	{"roles: {a: {rules: [{allow: b, where: 'x == \"\\\"'}]}}", DIAG_E0051,
	 "2:39 this is not a condition: a string in it has no end"},
	{"roles: {a: {rules: [{allow: b, where: '(x present}'}]}}", DIAG_E0051,
	 "2:39 this is not a condition: it has a '}' without a '{'"},
	{"roles: {a: {rules: [{allow: b, where: ' '}]}}", DIAG_E0051,
	 "2:39 this is not a condition: it is empty"},
	{"roles: {a: {rules: [{allow: b, where: 'x present using s'}]}}", DIAG_E0001,
	 "2:50 expected 'and', 'or' or ')', found 'using'"},
	{"roles: {a: {rules: [{allow: b, where: 'x present) or (x present'}]}}", DIAG_E0051,
	 "2:39 this is not a condition: it has a ')' without a '('"},
	/* "using present" would be a test of an argument named so. */
	{"roles: {a: {rules: [{allow: b, where: 'x present or', using: present}]}}", DIAG_E0051,
	 "2:39 this is not a condition: its last word wants a condition behind it"},
	{"roles: {a: {rules: [{allow: b, where: \"not\\n\", rate: 1/second}]}}", DIAG_E0051,
	 "2:39 this is not a condition: its last word wants a condition behind it"},
	{"sandboxes: {a: {limits: {wall: '60s; cpu 1s'}}}", DIAG_E0050,
	 "2:32 '60s; cpu 1s' is not a number, a size or a duration"},
	{"sandboxes: {a: {syscalls: {deny: 'read errno EPERM'}}}", DIAG_E0050,
	 "2:34 'read errno EPERM' is not a system call"},
	{"roles: {'a { allow b; } role c': [d]}", DIAG_E0050,
	 "2:9 'a { allow b; } role c' is not a name"},
};

Test(yaml, no_value_changes_the_structure_around_it)
{
	EXPECT_FAULTS(escapes);
}

/* Later passes know nothing of YAML; their places are those of the file all the same. */
static const struct fault later_faults[] = {
	{"users: {bob: [gast]}\nroles: {guest: [a]}", DIAG_E0104, "2:15 there is no role 'gast'"},
	{"sandboxes: {a: {filesystem: {read: [b/c]}}}", DIAG_E0204,
	 "2:37 a path must be absolute, or begin with '~/' or a path parameter"},
	{"sandboxes: {a: {limits: {wal: 5s}}}", DIAG_E0108, "2:26 there is no limit 'wal'"},
	{"roles:\n  a:\n    rules:\n      - allow: b\n        where: path under", DIAG_E0001,
	 "6:26 expected a string, found the end of the value"},
	{"roles:\n  a:\n    rules:\n      - allow: b\n        where: |\n"
	 "          path present and\n            (url present or\n             path undr \"/\")\n",
	 DIAG_E0001,
	 "9:19 expected 'in', 'matches', 'present', 'under' or a comparison, found 'undr'"},
	{"redact: \"a\\x41\\u00e9\\\n   b ${\"", DIAG_E0010,
	 "3:6 expected '${name}' with the name of a parameter"},
	{"redact: 'it''s ${'", DIAG_E0010, "2:16 expected '${name}' with the name of a parameter"},
	{"redact: >\n  folded\n  text ${\n", DIAG_E0010,
	 "4:8 expected '${name}' with the name of a parameter"},
	{"redact: \xc3\xa9\xc3\xa9 ${", DIAG_E0010,
	 "2:14 expected '${name}' with the name of a parameter"},
	{"redact: \"a\\0b\"", DIAG_E0009, "2:11 a string can't hold a NUL byte"},
};

Test(yaml, places_of_later_reports_are_in_the_yaml_file)
{
	EXPECT_FAULTS(later_faults);
}

Test(yaml, a_policy_line_is_missed_as_in_writ)
{
	cr_assert_str_eq(policy_says(yaml_check(STR("roles: {a: [b]}")), DIAG_E0014),
			 "1:1 a policy begins with its name");
	cr_assert_str_eq(policy_says(yaml_check(STR("")), DIAG_E0014),
			 "1:1 a policy begins with its name");
	cr_assert_str_eq(policy_says(yaml_check(STR("# nothing\n")), DIAG_E0014),
			 "1:1 a policy begins with its name");
	cr_assert_str_eq(policy_says(yaml_check(STR("policy: \"a; role b\"")), DIAG_E0050),
			 "1:9 'a; role b' is not the name of a policy");
	cr_assert_str_eq(policy_says(yaml_check(STR("version: 3")), DIAG_E0049),
			 "1:1 the key 'policy' is missing");
}

Test(yaml, a_byte_order_mark_is_refused)
{
	struct compilation *compilation = yaml_check(STR("\xef\xbb\xbfpolicy: p\nroles: x\n"));

	cr_expect_eq(policy_count(compilation, DIAG_E0005), 1);
	cr_expect_str_eq(
		policy_says(compilation, DIAG_E0046),
		"2:8 expected a mapping of names, or a list of mappings with 'name', found text");
}

Test(yaml, words_that_are_truth_values_elsewhere_are_names)
{
	struct compilation *compilation = yaml_check(STR(
		"policy: no\ntools: {on: {}, off: {args: {y: bool}}}\nroles: {yes: [on, no]}\n"));

	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_assert(str_eq_cstr(compilation->ast.name.text, "no"));
	cr_assert(str_eq_cstr(compilation->ast.roles.items[0].name.text, "yes"));
	cr_assert(str_eq_cstr(compilation->ast.tools.items[0].pattern.text, "on"));
}

static enum ast_literal_kind kind_of(const char *value)
{
	struct arena arena;
	struct str text;
	struct compilation *compilation;

	arena_init(&arena);
	text = str_printf(&arena, "policy: p\nparams: {a: {type: string, default: %s}}\n", value);
	compilation = yaml_check(text);
	arena_fini(&arena);
	cr_assert_eq(compilation->ast.params.n, 1, "%s", policy_report(compilation));
	return compilation->ast.params.items[0].fallback.kind;
}

Test(yaml, only_unquoted_numbers_as_in_writ_are_numbers)
{
	cr_expect_eq(kind_of("443"), AST_INT);
	cr_expect_eq(kind_of("0"), AST_INT);
	cr_expect_eq(kind_of("0x1f"), AST_INT);
	cr_expect_eq(kind_of("64MiB"), AST_SIZE);
	cr_expect_eq(kind_of("30s"), AST_DURATION);
	cr_expect_eq(kind_of("\"443\""), AST_STRING);
	cr_expect_eq(kind_of("010"), AST_STRING);
	cr_expect_eq(kind_of("1.5"), AST_STRING);
	cr_expect_eq(kind_of("-1"), AST_STRING);
	cr_expect_eq(kind_of("1_000"), AST_STRING);
	cr_expect_eq(kind_of("1e3"), AST_STRING);
	cr_expect_eq(kind_of("True"), AST_STRING);
	cr_expect_eq(kind_of("10 s"), AST_STRING);
}

/* No text can stand there, so it is no matter; JSON has nothing but quotes for a duration. */
Test(yaml, limits_may_stand_in_quotes)
{
	struct compilation *compilation =
		yaml_check(STR("{\"policy\": \"p\", \"sandboxes\": {\"s\": {\"limits\":"
			       " {\"wall\": \"60s\", \"files\": \"10\"}, \"filesystem\":"
			       " {\"scratch\": {\"/tmp\": \"1MiB\"}}}}}"));

	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_expect_eq(compilation->ast.sandboxes.items[0].limits.n, 2);
}

/* Deep nesting costs no stack. */
Test(yaml, nesting_is_limited)
{
	size_t n = 100000;
	char *text = calloc(1, n + 32);
	struct compilation *compilation;

	strcpy(text, "policy: ");
	memset(text + strlen(text), '[', n);
	compilation = yaml_check(str_from(text));
	cr_expect_str_eq(policy_says(compilation, DIAG_E0013),
			 "1:72 this nests too deep: lists and mappings may go 64 levels deep");
	free(text);
}

Test(yaml, a_text_that_becomes_too_large_is_refused)
{
	size_t n = SOURCE_MAX_BYTES / 2;
	char *text = malloc(n + 64);
	struct compilation *compilation;
	size_t head = (size_t)sprintf(text, "policy: p\nredact: '");

	memset(text + head, '"', n);
	strcpy(text + head + n, "'\n");
	compilation = yaml_check(str_from(text));
	cr_expect_str_eq(policy_says(compilation, DIAG_E0053),
			 "1:1 written as Writ, this file would have more than 67108864 bytes");
	free(text);
}

Test(yaml, comments_are_known_by_their_places)
{
	struct compilation *compilation =
		yaml_check(STR("# one\npolicy: p # two\nredact:\n- 'a # no' # three\n"
			       "- b#no\n  # four\n# five"));
	static const struct line_col places[] = {{1, 1}, {2, 11}, {4, 12}, {6, 3}, {7, 1}};

	cr_assert_eq(compilation->ast.comments.n, 5, "%zu", compilation->ast.comments.n);
	for (size_t i = 0; i < 5; i++) {
		struct span span = compilation->ast.comments.items[i];
		struct line_col at = source_line_col(&compilation->sources, span.file, span.begin);

		cr_expect_eq(span.file, 0);
		cr_expect(at.line == places[i].line && at.col == places[i].col, "%zu: %u:%u", i,
			  at.line, at.col);
	}
}

Test(yaml, comments_stay_with_their_statements)
{
	static const char yaml[] = "# the policy\npolicy: p # its name\n\n# roles\nroles:\n"
				   "  # guests\n  guest:\n    rules:\n      # reading\n"
				   "      - allow: read # only\n    # end\n# done\n";
	static const char writ[] = "# the policy\npolicy p; # its name\n\n# roles\n# guests\n"
				   "role guest {\n# reading\n\tallow read; # only\n}\n# end\n"
				   "# done\n\n";
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct str text;
	uint32_t file;

	compilation_init(compilation);
	file = source_add(&compilation->sources, STR("p.yaml"), str_from(yaml));
	cr_assert(yaml_to_writ(&compilation->diags, file, &text), "%s", policy_report(compilation));
	cr_assert_str_eq(text.ptr, writ);
}

Test(yaml, files_are_known_by_their_names)
{
	cr_assert(yaml_is_name(STR("a/b.yaml")));
	cr_assert(yaml_is_name(STR("b.yml")));
	cr_assert_not(yaml_is_name(STR(".yaml")));
	cr_assert_not(yaml_is_name(STR("b.yaml.writ")));
	cr_assert_not(yaml_is_name(STR("yml")));
}
