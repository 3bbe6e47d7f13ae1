/*
 * Chains: the rules with conditions that decide one cell of the table. What they decide is tested
 * by differential_test.c; here, how many there may be.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/bundle_maker.h"
#include "support/policy.h"

struct source {
	char *text;
	size_t size;
	FILE *out;
};

static FILE *begin(struct source *source)
{
	source->out = open_memstream(&source->text, &source->size);
	return source->out;
}

/* The diagnostics of a source of a given code. */
static size_t errors_of(struct source *source, enum diag_code code)
{
	const struct bundle_options options = {.archs = {true}};
	struct compilation *compilation;
	struct bytes bytes;

	fclose(source->out);
	compilation = policy_check(source->text);
	cr_assert_not_null(compilation->ir, "%.2000s", policy_report(compilation));
	if (compile_bundle(compilation, &options, &bytes))
		cr_expect_gt(policy_count(compilation, code), 0u, "%.2000s",
			     policy_report(compilation));
	return policy_count(compilation, code);
}

static void put_users(FILE *out, unsigned roles)
{
	for (unsigned user = 1; user < 1u << roles; user++) {
		const char *separator = " : ";

		fprintf(out, "user \"u%u\"", user);
		for (unsigned role = 0; role < roles; role++) {
			if (user >> role & 1) {
				fprintf(out, "%sr%u", separator, role);
				separator = ", ";
			}
		}
		fprintf(out, ";\n");
	}
}

/* Users have every set of 8 roles, and every role a rule of its own for every tool. */
static size_t combinations(unsigned tools)
{
	struct source source;
	FILE *out = begin(&source);

	fprintf(out, "set ts : tools { t0");
	for (unsigned tool = 1; tool < tools; tool++)
		fprintf(out, ", t%u", tool);
	fprintf(out, " };\n");
	for (unsigned role = 0; role < 8; role++)
		fprintf(out, "role r%u { allow ts where a == \"%u\"; }\n", role, role);
	put_users(out, 8);
	return errors_of(&source, DIAG_E0406);
}

Test(chains, combinations_of_conditional_rules_have_a_limit)
{
	/* 8 rules and 255 chains for each tool, of 65535 together. */
	cr_expect_eq(combinations(249), 0u);
	cr_expect_eq(combinations(250), 1u);
}

/* Rules that all match tools whose names begin with 64 times 'a'. */
static void put_rules(FILE *out, unsigned statements, unsigned patterns)
{
	for (unsigned i = 0; i < statements; i++) {
		fprintf(out, "  allow ");
		for (unsigned p = 1; p <= patterns; p++)
			fprintf(out, "%s%.*s*", p > 1 ? ", " : "", (int)p,
				"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		fprintf(out, " where n == %u;\n", i);
	}
}

static size_t chain_of(unsigned statements)
{
	struct source source;
	FILE *out = begin(&source);

	fprintf(out, "role r {\n");
	put_rules(out, statements, 64);
	fprintf(out, "}\n");
	return errors_of(&source, DIAG_E0407);
}

Test(chains, conditional_rules_for_one_tool_have_a_limit)
{
	cr_expect_eq(chain_of(64), 0u);
	cr_expect_eq(chain_of(65), 1u);
}

static size_t work_of(unsigned roles)
{
	struct source source;
	FILE *out = begin(&source);

	fprintf(out, "role r0 {\n");
	put_rules(out, 64, 64);
	for (unsigned i = 0; i < 64; i++)
		fprintf(out, "  allow %064d%u;\n", 0, i);
	fprintf(out, "}\n");
	for (unsigned role = 1; role < roles; role++)
		fprintf(out, "role r%u extends r0 { }\n", role);
	return errors_of(&source, DIAG_E0408);
}

/* The 64 patterns make as many classes of names, with 64 times 1 to 64 rules: 133120 a role. */
Test(chains, conditional_rules_together_have_a_limit, .timeout = 60)
{
	cr_expect_eq(work_of(504), 0u);
	cr_expect_eq(work_of(505), 1u);
}

static size_t condition_of(size_t len)
{
	struct source source;
	FILE *out = begin(&source);
	size_t rest = len;

	fprintf(out, "role r { allow t where ");
	/* a == "..." or ... */
	while (rest > 4000) {
		fprintf(out, "a == \"%0*d\" or ", 2990, 0);
		rest -= 3001;
	}
	fprintf(out, "a == \"%0*d\"; }\n", (int)rest - 7, 0);
	return errors_of(&source, DIAG_E0409);
}

Test(chains, the_text_of_a_condition_has_a_limit)
{
	cr_expect_eq(condition_of(WRIT_MAX_CONDITION), 0u);
	cr_expect_eq(condition_of(WRIT_MAX_CONDITION + 1), 1u);
}

/* Rules of one statement share its condition; each role's chain is in the bundle once. */
Test(chains, what_is_equal_is_written_once)
{
	struct test_bundle bundle = bundle_make("set ts : tools { a, b, c };\n"
						"role r { allow ts where path under \"/x\"; }\n"
						"role s extends r { }\n"
						"user \"u\" : r, s;\n");
	uint32_t count;

	bundle_section(&bundle, WRIT_SECTION_TESTS, sizeof(struct writ_fmt_test), &count);
	cr_expect_eq(count, 1u);
	bundle_section(&bundle, WRIT_SECTION_CHAINS, sizeof(struct writ_fmt_range), &count);
	cr_expect_eq(count, 3u);
}
