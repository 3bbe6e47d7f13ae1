/*
 * writc verify from outside: what it proves, what it finds in a bundle that was changed and sealed
 * again, and its exit statuses.
 */
#include <criterion/criterion.h>

#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "support/bundle_maker.h"
#include "support/run_verb.h"

static const char text[] = "param work : path;\n"
			   "tool read { class read; sandbox box; arg path : path; }\n"
			   "tool git_* { class write; sandbox box; }\n"
			   "sandbox box { filesystem { read \"/srv\"; write \"${work}\"; }\n"
			   "  syscalls { allow @default; allow ioctl(request == 0x1234); } }\n"
			   "role a { allow read where path under \"${work}\" and path present;\n"
			   "  allow git_*; ask git_* where n < 3; }\n"
			   "role b { deny read where path == \"/x\"; allow *; }\n"
			   "user \"u\" : a, b;\n";

static char dir[] = "/tmp/writ-verify-XXXXXX";
static char bundle_path[64], source_path[64], other_path[64];
static struct test_bundle bundle;

static void put(const char *path, const void *bytes, size_t size)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out);
	cr_assert_eq(fwrite(bytes, 1, size, out), size);
	cr_assert_eq(fclose(out), 0);
}

static void put_source(const char *path, const char *source)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "policy test;\n%s", source);
	put(path, whole, strlen(whole));
}

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(bundle_path, sizeof(bundle_path), "%s/b.wrt", dir);
	snprintf(source_path, sizeof(source_path), "%s/p.writ", dir);
	snprintf(other_path, sizeof(other_path), "%s/other.writ", dir);
	put_source(source_path, text);
	bundle = bundle_make(text);
	put(bundle_path, bundle.bytes, bundle.size);
}

static void end(void)
{
	unlink(bundle_path);
	unlink(source_path);
	unlink(other_path);
	rmdir(dir);
}

TestSuite(verify_cli, .init = begin, .fini = end);

#define RECORDS(section, type, n)                                                                  \
	((type *)bundle_section(&bundle, WRIT_SECTION_##section, sizeof(type), (n)))

/* Seals the bundle as it is now and has it verified; then it is as it was again. */
static struct run_verb verify_changed(const char *source)
{
	struct run_verb run;

	bundle_seal(&bundle);
	put(bundle_path, bundle.bytes, bundle.size);
	run = RUN_VERB(verb_verify, bundle_path, source);
	bundle = bundle_make(text);
	return run;
}

/* Found without a source and with it, and told with these words. */
static void expect_found(const char *words)
{
	struct test_bundle changed = {malloc(bundle.size), bundle.size};
	struct run_verb run;

	memcpy(changed.bytes, bundle.bytes, bundle.size);
	run = verify_changed(NULL);
	cr_expect_eq(run.status, 1, "%s: %s%s", words, run.out, run.err);
	cr_expect_not_null(strstr(run.out, words), "'%s' is not in: %s", words, run.out);
	cr_expect_not_null(strstr(run.out, "does not mean what it lists"), "%s", run.out);
	bundle = changed;
	run = verify_changed(source_path);
	cr_expect_eq(run.status, 1, "%s: %s%s", words, run.out, run.err);
	cr_expect_not_null(strstr(run.out, words), "'%s' is not in: %s", words, run.out);
}

static void expect_refused(const char *words)
{
	struct run_verb run = verify_changed(NULL);

	cr_expect_eq(run.status, 3, "%s: %s", words, run.out);
	cr_expect_not_null(strstr(run.err, words), "'%s' is not in: %s", words, run.err);
}

Test(verify_cli, what_was_compiled_is_proven)
{
	struct run_verb run = RUN_VERB(verb_verify, bundle_path);

	cr_expect_eq(run.status, 0, "%s%s", run.out, run.err);
	cr_expect_not_null(strstr(run.out, "b.wrt: means what it lists\n"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "\n  names: roles 2, users 1, tools 2\n"), "%s",
			   run.out);
	cr_expect_not_null(strstr(run.out, "\n  landlock of sandbox box: paths 2, ports 0, "), "%s",
			   run.out);
	cr_expect_not_null(strstr(run.out, "\n  filter of sandbox box for aarch64: "), "%s",
			   run.out);
	cr_expect_not_null(strstr(run.out, "note: the text of conditions"), "%s", run.out);
	run = RUN_VERB(verb_verify, bundle_path, source_path);
	cr_expect_eq(run.status, 0, "%s%s", run.out, run.err);
	cr_expect_not_null(strstr(run.out, "p.writ says\n"), "%s", run.out);
	cr_expect_null(strstr(run.out, "note:"), "%s", run.out);
}

Test(verify_cli, lines_of_rules_may_differ)
{
	char moved[2048];
	struct run_verb run;

	snprintf(moved, sizeof(moved), "\n\n# moved\n%s", text);
	put_source(other_path, moved);
	run = RUN_VERB(verb_verify, bundle_path, other_path);
	cr_expect_eq(run.status, 0, "%s%s", run.out, run.err);
	cr_expect_not_null(strstr(run.out, "note: it says of rules that they are on other lines"),
			   "%s", run.out);
}

Test(verify_cli, a_source_that_says_otherwise)
{
	static const struct {
		const char *from, *to, *told;
	} rows[] = {
		{"deny read", "ask  read", "role b"},
		{"allow git_*", "allow git_?", NULL},
		{"allow git_*", "allow  gi_*", "condition loosened: any other tool matching git_*"},
		{"under", "==   ", "'rule "},
		{"and path", "or  path", "allow where path under \"${work}\" or path present"},
		{"0x1234", "0x1235", "'sandbox box: allow ioctl arg1==0x1234'"},
		{"\"/srv\"", "\"/sry\"", "'sandbox box: path r-- /srv'"},
		{"class write", "class admin", "'tool git_* class write sandbox box'"},
		{": a, b", ": a   ", "'user u roles a b'"},
		{": path;", ": string;", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char source[2048];
		const char *at = strstr(text, rows[i].from);
		struct run_verb run;

		snprintf(source, sizeof(source), "%.*s%s%s", (int)(at - text), text, rows[i].to,
			 at + strlen(rows[i].from));
		put_source(other_path, source);
		run = RUN_VERB(verb_verify, bundle_path, other_path);
		cr_expect_eq(run.status, rows[i].told ? 1 : 3, "%s: %s%s", rows[i].to, run.out,
			     run.err);
		if (rows[i].told)
			cr_expect_not_null(strstr(run.out, rows[i].told), "'%s' is not in: %s",
					   rows[i].told, run.out);
	}
}

Test(verify_cli, a_changed_filter)
{
	struct writ_fmt_insn *insns;
	uint32_t n, changed = 0;

	insns = RECORDS(INSNS, struct writ_fmt_insn, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (insns[i].k != 0x1234 || BPF_CLASS(insns[i].code) != BPF_JMP)
			continue;
		insns[i].k = 0x1235;
		changed++;
	}
	cr_assert_gt(changed, 0u);
	expect_found("sandbox 'box', x86_64: ");
}

/* A cell of row 0. */
static uint16_t *cell_of(uint32_t column)
{
	uint32_t bits = RECORDS(POLICY, struct writ_fmt_policy, NULL)->block_bits;
	uint32_t block = RECORDS(BLOCKS, uint16_t, NULL)[column >> bits];

	return RECORDS(CELLS, uint16_t, NULL) + (block << bits) + (column & ((1u << bits) - 1));
}

Test(verify_cli, a_changed_table)
{
	uint32_t n;

	/* Whoever is row 0 may call no tool that is not listed. */
	RECORDS(COLUMNS, struct writ_fmt_column, &n);
	for (uint32_t i = RECORDS(POLICY, struct writ_fmt_policy, NULL)->n_named; i < n; i++)
		*cell_of(i) = 0;
	expect_found("role 'a' and tool 'git_', which is not listed, are decided by nothing; "
		     "the policy says: by ask git_*");
}

static uint16_t last_rule(void)
{
	uint32_t n;

	RECORDS(RULES, struct writ_fmt_rule, &n);
	return (uint16_t)(n - 1);
}

Test(verify_cli, a_changed_chain)
{
	uint32_t n, chains;
	struct writ_fmt_range *chain = RECORDS(CHAINS, struct writ_fmt_range, &chains);
	uint16_t *rules = RECORDS(CHAIN_RULES, uint16_t, &n);

	/* Of tools that only git_* matches: what comes after the question is another role's rule.
	 */
	for (uint32_t i = 0; i < chains; i++) {
		uint32_t end = chain[i].first + chain[i].count - 1;

		if (rules[chain[i].first] == 1)
			rules[end] = last_rule();
	}
	expect_found("role 'a' and tool 'git_', which is not listed, are decided by ask git_* "
		     "where ... of role 'a', then allow * of role 'b'; the policy says: by ask "
		     "git_* where ... of role 'a', then allow git_* of role 'a'");
	RECORDS(CHAINS, struct writ_fmt_range, &chains)[chains - 1].first = 0;
	expect_refused("its rules");
}

Test(verify_cli, a_changed_automaton)
{
	uint32_t n, classes = RECORDS(POLICY, struct writ_fmt_policy, NULL)->n_classes;
	uint32_t start = RECORDS(POLICY, struct writ_fmt_policy, NULL)->start;
	uint16_t *states = RECORDS(STATES, uint16_t, &n);
	uint8_t *bytes = RECORDS(CHAR_CLASSES, uint8_t, NULL);

	/* "g" leads where every other byte leads. */
	states[start * classes + bytes['g']] = states[start * classes + bytes['Z']];
	expect_found("tool 'git_");
}

Test(verify_cli, changed_landlock_rights)
{
	uint32_t n;

	RECORDS(PATHS, struct writ_fmt_path, &n)[0].access ^= 8;
	expect_found("sandbox 'box', Landlock: path 0, ");
	RECORDS(LANDLOCK, struct writ_fmt_landlock, &n)[0].lacking ^= WRIT_LACKS_IOCTL_DEV;
	expect_found("Landlock ABI 1: what it lacks");
}

/* Without a source, other tests are another policy. */
Test(verify_cli, a_changed_condition)
{
	struct writ_fmt_test *tests;
	struct run_verb run;
	uint32_t n;

	tests = RECORDS(TESTS, struct writ_fmt_test, &n);
	cr_assert_eq(n, 4u);
	/* deny is first, then ask; "a and b" becomes "a or b" */
	tests[2].yes = WRIT_TEST_MATCH;
	tests[2].no = 1;
	run = verify_changed(source_path);
	cr_expect_eq(run.status, 1, "%s%s", run.out, run.err);
	cr_expect_not_null(strstr(run.out, "where test 0, of 'path', holds, it goes on otherwise"),
			   "%s", run.out);
}

/* A string at the end of STRINGS. */
static struct writ_fmt_str append_str(const char *string)
{
	uint32_t len = (uint32_t)strlen(string);

	return (struct writ_fmt_str){bundle_append(&bundle, WRIT_SECTION_STRINGS, string, 1,
						   len + 1),
				     len};
}

/* The bundle lists, as text, what the source does, and is not it. */
static void expect_unlike(const char *source, const char *words)
{
	struct run_verb run;

	put_source(other_path, source);
	run = verify_changed(other_path);
	cr_expect_eq(run.status, 1, "%s: %s%s", words, run.out, run.err);
	cr_expect_not_null(strstr(run.out, words), "'%s' is not in: %s", words, run.out);
}

Test(verify_cli, what_prints_alike_is_told_apart)
{
	static const char source[] = "param work : path;\n"
				     "sandbox box { env { set A = \"${work}\"; set B = \"1\"; } }\n"
				     "redact \"sk-\";\nredact \"tk-\";\n";
	struct writ_fmt_part part = {.kind = WRIT_PART_LITERAL};
	struct writ_fmt_str joined;
	uint32_t at;

	bundle = bundle_make(source);
	part.text = append_str("${work}");
	at = bundle_append(&bundle, WRIT_SECTION_PARTS, &part, sizeof(part), 1);
	RECORDS(ENV, struct writ_fmt_env, NULL)[0].value = (struct writ_fmt_range){at, 1};
	expect_unlike(source, "sandbox 'box' has other variables");
	bundle = bundle_make(source);
	joined = append_str("sk-\nredact tk-");
	RECORDS(REDACTS, struct writ_fmt_redact, NULL)[0].pattern = joined;
	RECORDS(REDACTS, struct writ_fmt_redact, NULL)[1].pattern = joined;
	expect_unlike("redact \"sk-\";\nredact \"tk-\";\nredact \"sk-\";\nredact \"tk-\";\n"
		      "param work : path;\n"
		      "sandbox box { env { set A = \"${work}\"; set B = \"1\"; } }\n",
		      "it has other patterns to redact");
}

Test(verify_cli, damage_is_no_bundle)
{
	struct writ_fmt_slot *slots;
	struct run_verb run;
	uint32_t n;

	slots = RECORDS(ROLE_INDEX, struct writ_fmt_slot, &n);
	for (uint32_t i = 0; i < n; i++)
		slots[i].id ^= slots[i].id == WRIT_NONE ? 0 : 1;
	expect_refused("a name is not found where it must be");
	bundle.bytes[bundle.size / 2] ^= 1;
	put(bundle_path, bundle.bytes, bundle.size);
	run = RUN_VERB(verb_verify, bundle_path);
	cr_expect_eq(run.status, 3);
	cr_expect_not_null(strstr(run.err, "can't use the bundle"), "%s", run.err);
	run = RUN_VERB(verb_verify, "/nonexistent.wrt");
	cr_expect_eq(run.status, 3);
}

Test(verify_cli, json_has_it_all)
{
	json_t *root, *claim;
	struct run_verb run = RUN_VERB(verb_verify, bundle_path, source_path, "--format", "json");

	root = json_loads(run.out, 0, NULL);
	cr_assert_not_null(root, "%s", run.out);
	cr_expect(json_is_true(json_object_get(root, "proven")));
	cr_expect_str_eq(json_string_value(json_object_get(root, "places")), "same");
	cr_assert_eq(json_array_size(json_object_get(root, "claims")), 6u, "%s", run.out);
	claim = json_array_get(json_object_get(root, "claims"), 5);
	cr_expect_str_eq(json_string_value(json_object_get(claim, "arch")), "aarch64");
	json_decref(root);
	put_source(other_path, "role a { allow *; }\n");
	run = RUN_VERB(verb_verify, bundle_path, other_path, "--format", "json");
	cr_expect_eq(run.status, 1);
	root = json_loads(run.out, 0, NULL);
	cr_assert_not_null(root, "%s", run.out);
	cr_expect(json_is_false(json_object_get(root, "proven")));
	cr_expect_not_null(json_object_get(root, "counterexample"));
	cr_expect_gt(json_integer_value(
			     json_object_get(json_object_get(root, "changes"), "widened")),
		     0);
	json_decref(root);
}

Test(verify_cli, wrong_command_lines)
{
	struct run_verb run = RUN_VERB(verb_verify, bundle_path, bundle_path);

	cr_expect_eq(run.status, 2);
	cr_expect_not_null(strstr(run.err, "SOURCE is a bundle"), "%s", run.err);
	run = run_verb(verb_verify, (const char *const[]){NULL});
	cr_expect_eq(run.status, 2);
	run = RUN_VERB(verb_verify, bundle_path, "--format", "xml");
	cr_expect_eq(run.status, 2);
	put_source(other_path, "role a { allow }\n");
	run = RUN_VERB(verb_verify, bundle_path, other_path);
	cr_expect_eq(run.status, 3);
}
