/*
 * A bundle read back is the IR it was made from: the listing is the same, and it makes the same
 * bundle again, byte for byte.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/ir_print.h"
#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "runtime/writ.h"
#include "support/bundle_maker.h"
#include "support/cases.h"
#include "support/gen_policy.h"
#include "support/ir_maker.h"
#include "support/policy.h"

static const struct bundle_options all = {.archs = {true, true}};

/* Every construct that is in a bundle. */
static const char everything[] =
	"param work : path;\n"
	"param api : port = 443;\n"
	"param peer : host = \"peer.example.org\";\n"
	"set peers : hosts { \"a.example.org:443\", \"*.b.example.org:${api}\", "
	"\"10.0.0.0/8:80\",\n"
	"  \"[2001:db8::/32]:443\", \"*:22\" };\n"
	"set places : paths { \"/srv\", \"${work}/x\" };\n"
	"tool read_file { class read; sandbox box; arg path : path; }\n"
	"tool http_get { class read; arg url : url; arg token : string secret; arg n : int;\n"
	"  arg host : host; arg quick : bool; }\n"
	"tool git_* { class write; sandbox net; arg remote : string; }\n"
	"sandbox box {\n"
	"  filesystem { read \"/usr\", \"${work}/src\"; write \"~/out\"; execute "
	"\"/usr/bin/env\";\n"
	"    deny \"${work}/**/.env\", \"~/.ssh\"; scratch \"/tmp\" 64MiB; }\n"
	"  syscalls { allow @default, personality log; allow socket(domain in {AF_UNIX, "
	"AF_INET});\n"
	"    deny mount errno ENOENT; deny ptrace kill; deny bpf notify;\n"
	"    allow clone(flags & CLONE_NEWUSER == 0); }\n"
	"  limits { wall 1500ms; memory 64MiB; processes 3; }\n"
	"  env { pass PATH; set MODE = \"x-${work}\"; set EMPTY = \"\"; secret KEY; }\n"
	"}\n"
	"sandbox net extends box {\n"
	"  network { connect \"*:${api}\", \"*:8000-8010\", peers, \"udp://10.0.0.53:53\",\n"
	"    \"${peer}:443\"; connect \"${peer}:444\", \"*.tls.example:443\" sni; bind \"*:9000\", "
	"\"127.0.0.1:8000-8010\"; unix \"/run/x.sock\";\n"
	"    deny \"169.254.0.0/16\"; }\n"
	"  best_effort;\n"
	"}\n"
	"role guest { allow read_file where path under \"${work}/src\"; }\n"
	"role dev extends guest {\n"
	"  allow read_file where path in places or path matches \"/a/**/*.c\" using net;\n"
	"  allow http_get where url in peers and (n >= 3 and n < 10 or not (quick == true or\n"
	"    token present)) rate 10/minute burst 3;\n"
	"  allow http_get where host == \"Example.ORG\" or host in peers or n in {1, 2, 3};\n"
	"  ask http_get where token matches \"sk-*\" and not (token in {\"a\", \"b\"} and n != "
	"4);\n"
	"  deny git_push where remote != \"origin\";\n"
	"  allow git_*;\n"
	"}\n"
	"role other { allow nothing_declared; }\n"
	"user \"al\" : guest;\n"
	"user \"bo\" : guest, dev;\n"
	"conflict dev, other;\n"
	"conflict session guest, other;\n"
	"redact \"sk-[A-Za-z0-9]{20,}\";\n";

static struct bytes build(const struct ir_policy *policy, const struct bundle_options *options)
{
	struct sources sources = {.arena = maker_arena()};
	struct diag_list diags;
	struct bytes bytes = {0};

	diag_init(&diags, maker_arena(), &sources);
	cr_assert_eq(bundle_build(maker_arena(), &diags, policy, options, &bytes), 0);
	return bytes;
}

static const struct ir_policy *read_back(struct bytes bytes)
{
	struct bundle_image image;
	struct bundle_proof proof;
	struct writ_error error;
	const struct ir_policy *policy;

	cr_assert_eq(writ_verify(bytes.ptr, bytes.len, &error), 0, "%s", error.text);
	bundle_read(bytes, &image);
	policy = bundle_ir(maker_arena(), &image);
	cr_assert_not_null(policy);
	bundle_prove(maker_arena(), &image, policy, BUNDLE_PROVE_ALL, &proof);
	cr_expect_eq(proof.wrong.len, 0u, "%.*s", STR_ARG(proof.wrong));
	return policy;
}

static const char *listing(const struct ir_policy *policy)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ir_print(out, maker_arena(), policy);
	fclose(out);
	return text;
}

static void expect_same(const struct ir_policy *policy, const char *name)
{
	struct bytes bytes = build(policy, &all), again;
	const struct ir_policy *back = read_back(bytes);

	cr_expect_str_eq(listing(back), listing(policy), "%s", name);
	again = build(back, &all);
	cr_expect_eq(again.len, bytes.len, "%s", name);
	cr_expect(again.len == bytes.len && memcmp(again.ptr, bytes.ptr, bytes.len) == 0, "%s",
		  name);
}

Test(bundle_ir, every_construct_reads_back)
{
	expect_same(policy_ir(everything), "everything");
	expect_same(policy_ir("role r { allow x; }\n"), "hardly anything");
}

Test(bundle_ir, whole_policies_read_back)
{
	static const char *const files[] = {"policies/dev-agent/policy.writ",
					    "tests/golden/ir/constructs.writ",
					    "tests/golden/ir/default.writ"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct compilation compilation;

		compilation_init(&compilation);
		cr_assert_eq(compile_check(&compilation, str_from(files[i])), 0, "%s", files[i]);
		cr_assert_not_null(compilation.ir, "%s: %s", files[i], policy_report(&compilation));
		expect_same(compilation.ir, files[i]);
		compilation_fini(&compilation);
	}
}

Test(bundle_ir, generated_policies_read_back, .timeout = 120)
{
	uint64_t random = 3;

	for (unsigned i = 0; i < CASES(100); i++) {
		const char *source = gen_policy(maker_arena(), &random);

		expect_same(policy_ir(source), source);
	}
}

/* What writ_verify accepts can be read, whatever it is: sanitizers judge. */
Test(bundle_ir, no_consistent_change_crashes, .timeout = 300)
{
	static const uint8_t changes[] = {0x01, 0xff};
	struct bytes bytes = build(policy_ir(everything), &all);
	struct test_bundle bundle = {bytes.ptr, bytes.len};
	const struct writ_fmt_section *table =
		(const void *)(bytes.ptr + sizeof(struct writ_fmt_header));
	size_t filters = table[WRIT_SECTION_INSNS - 1].offset;
	size_t end = filters + table[WRIT_SECTION_INSNS - 1].size;
	unsigned accepted = 0;

	for (size_t i = 0; i < 2 * bytes.len; i++) {
		uint8_t before = bytes.ptr[i / 2];
		struct bundle_image image;
		struct arena arena;

		if (i / 2 >= filters && i / 2 < end)
			continue; /* not read here */
		bytes.ptr[i / 2] ^= changes[i % 2];
		bundle_seal(&bundle);
		if (!writ_verify(bytes.ptr, bytes.len, NULL)) {
			arena_init(&arena);
			bundle_read(bytes, &image);
			(void)bundle_ir(&arena, &image);
			arena_fini(&arena);
			accepted++;
		}
		bytes.ptr[i / 2] = before;
	}
	cr_expect_gt(accepted, 0u);
}

/* The condition as a text with all its parentheses: (a & !b) */
static void spell(FILE *out, const struct ir_where *where)
{
	switch (where->kind) {
	case IR_WHERE_TEST:
		fprintf(out, "%.*s", STR_ARG(where->arg));
		return;
	case IR_WHERE_NOT:
		fputc('!', out);
		spell(out, where->kids.items[0]);
		return;
	case IR_WHERE_AND:
	case IR_WHERE_OR:
		break;
	}
	for (size_t i = 0; i < where->kids.n; i++) {
		fputs(i ? where->kind == IR_WHERE_AND ? " & " : " | " : "(", out);
		spell(out, where->kids.items[i]);
	}
	fputc(')', out);
}

static const char *spelt(const struct ir_where *where)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	spell(out, where);
	fclose(out);
	return text;
}

static void expect_condition(const char *source, const char *want)
{
	const struct ir_policy *policy =
		policy_ir(str_printf(maker_arena(), "role r { allow t where %s; }\n", source).ptr);
	const struct ir_policy *back = read_back(build(policy, &all));

	cr_expect_str_eq(spelt(back->rules.items[0].where), want, "%s", source);
}

static void expect_text(const char *condition, const char *want)
{
	const struct ir_policy *policy = policy_ir(
		str_printf(maker_arena(),
			   "param w : path;\nset h : hosts { \"a.org:443\", \"10.0.0.0/8:1-9\" };\n"
			   "set p : paths { \"/a\", \"${w}/b\" };\n"
			   "role r { allow t where %s; }\n",
			   condition)
			.ptr);
	const struct ir_where *where = read_back(build(policy, &all))->rules.items[0].where;

	cr_expect(str_eq_cstr(where->source.text, want), "%s: %.*s", condition,
		  STR_ARG(where->source.text));
}

Test(bundle_ir, tests_are_spelt_again)
{
	expect_text("a present", "a present");
	expect_text("a == \"x\"", "a == \"x\"");
	expect_text("a in {\"x\", \"y\"}", "a in {\"x\", \"y\"}");
	expect_text("n < 5", "n < 5");
	expect_text("n in {1, 2}", "n in {1, 2}");
	expect_text("b == true", "b == true");
	expect_text("a under \"${w}/x\"", "a under \"${w}/x\"");
	expect_text("a in p", "a under \"/a\" or a under \"${w}/b\"");
	expect_text("a matches \"x*\"", "a matches \"x*\"");
}

#define T(name) #name " == \"x\""

Test(bundle_ir, conditions_are_trees_again)
{
	expect_condition(T(a), "a");
	expect_condition("not " T(a), "!a");
	expect_condition(T(a) " and " T(b) " and " T(c), "(a & b & c)");
	expect_condition(T(a) " or " T(b) " and " T(c), "(a | (b & c))");
	expect_condition("(" T(a) " or " T(b) ") and " T(c), "((a | b) & c)");
	expect_condition(T(a) " and (" T(b) " or " T(c) ")", "(a & (b | c))");
	expect_condition("(" T(a) " or " T(b) ") and (" T(c) " or " T(d) ")",
			 "((a | b) & (c | d))");
	expect_condition("not (" T(a) " and (" T(b) " or not " T(c) "))", "(!a | (!b & c))");
	expect_condition("(" T(a) " and " T(b) " or " T(c) ") and (" T(d) " or " T(e) " and " T(
				 f) ") or " T(g),
			 "((((a & b) | c) & (d | (e & f))) | g)");
}

/* Tests that are not a condition's: a jump into the middle of a group, exits exchanged. */
Test(bundle_ir, jumps_that_no_condition_makes_are_told)
{
	const struct ir_policy *policy =
		policy_ir("role r { allow t where a present and (b present or c present); }\n");
	struct bundle_image image;
	struct writ_fmt_test *tests;
	struct bytes bytes = build(policy, &all);

	bundle_read(bytes, &image);
	cr_assert_eq(BUNDLE_N(&image, TESTS), 3u);
	tests = (void *)(bytes.ptr +
			 ((const uint8_t *)image.sections[WRIT_SECTION_TESTS].records - bytes.ptr));
	cr_assert_not_null(bundle_ir(maker_arena(), &image));
	tests[0].yes = 2;
	tests[0].no = 1;
	cr_expect_null(bundle_ir(maker_arena(), &image));
	tests[0].yes = 1;
	tests[0].no = WRIT_TEST_FAIL;
	cr_assert_not_null(bundle_ir(maker_arena(), &image));
	tests[2].yes = WRIT_TEST_FAIL;
	tests[2].no = WRIT_TEST_MATCH;
	cr_expect_null(bundle_ir(maker_arena(), &image));
}

/* The same rules on other lines of another file. */
Test(bundle_ir, without_places_equal_policies_give_equal_bytes)
{
	static const struct bundle_options strip = {.archs = {true, true}, .strip_places = true};
	static const char one[] = "role r { allow x; deny y where p present; }\n";
	static const char two[] =
		"\n\n# else\nrole r {\n\n  allow x;\n  deny y\n where p present; }\n";
	struct bytes a = build(policy_ir(one), &strip), b = build(policy_ir(two), &strip);
	const struct ir_policy *back;

	cr_assert_eq(a.len, b.len);
	cr_expect_eq(memcmp(a.ptr, b.ptr, a.len), 0);
	back = read_back(a);
	cr_expect_eq(back->rules.items[0].origin.file.len, 0u);
	cr_expect_eq(back->rules.items[0].origin.line, 0u);
	a = build(policy_ir(one), &all);
	b = build(policy_ir(two), &all);
	cr_expect(a.len != b.len || memcmp(a.ptr, b.ptr, a.len) != 0);
}
