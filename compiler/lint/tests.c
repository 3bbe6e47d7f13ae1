/*
 * Lints on tests: expectations that can't fail, or that are about a tool nobody knows.
 *
 * Tools are also seen for the first time at run time, so a name that a pattern matches is known.
 * Only "*" knows nothing: it would match any misspelling too, so a name that is one edit or two
 * from a tool of the policy's is taken for one.
 */
#include "lint/rules.h"

void lint_empty_test(struct lint *lint)
{
	for (size_t i = 0; i < lint->ast->tests.n; i++) {
		const struct ast_test *test = &lint->ast->tests.items[i];
		size_t expects = test->expects.n;

		for (size_t b = 0; b < test->boxes.n; b++)
			expects += test->boxes.items[b].expects.n;
		if (!expects)
			diag_report(lint->diags, DIAG_W0116, test->name.span,
				    "the test expects nothing, so it can't fail");
	}
}

/* The names that a policy has for tools. */
struct known {
	VEC(struct str) patterns; /* with wildcards, "*" left out */
	VEC(struct str) names;    /* exact ones */
	struct map seen;          /* names of tests that were looked at */
	bool everything;          /* there is a "*" */
};

static void add_pattern(struct lint *lint, struct known *known, struct map *added, struct str name)
{
	if (!map_put(lint->arena, added, name, 0))
		return;
	if (ir_pattern_is_exact(name))
		vec_add(lint->arena, &known->names, name);
	else if (lint_is_everything(name))
		known->everything = true;
	else
		vec_add(lint->arena, &known->patterns, name);
}

static bool matches_some(struct lint *lint, const struct known *known, struct str name)
{
	for (size_t i = 0; i < known->patterns.n; i++) {
		/* Beyond the bound nothing is said. */
		if (++lint->comparisons > LINT_MAX_COMPARISONS ||
		    ir_pattern_matches(known->patterns.items[i], name))
			return true;
	}
	return false;
}

static struct str nearest(struct lint *lint, const struct known *known, struct str name)
{
	for (size_t i = 0; i < known->names.n; i++) {
		if (++lint->comparisons > LINT_MAX_COMPARISONS)
			break;
		if (str_distance(known->names.items[i], name, 2) <= 2)
			return known->names.items[i];
	}
	return (struct str){NULL, 0};
}

static void check_expect(struct lint *lint, struct known *known, const struct ast_expect *expect)
{
	struct str name = expect->tool.text, near;
	struct diag *diag;

	if (map_get(&lint->tool_ids, name, NULL) || !map_put(lint->arena, &known->seen, name, 0) ||
	    matches_some(lint, known, name))
		return;
	near = nearest(lint, known, name);
	if (known->everything && !near.len)
		return;
	diag = diag_report(lint->diags, DIAG_W0117, expect->tool.span,
			   "the test is about tool '%.*s', which no declaration and no rule names",
			   STR_ARG(name));
	if (near.len)
		diag_help(lint->diags, diag, "did you mean '%.*s'?", STR_ARG(near));
}

void lint_unknown_tool_in_test(struct lint *lint)
{
	struct known known = {.everything = false};
	struct map added = {0};

	for (size_t i = 0; i < lint->ir->tools.n; i++)
		add_pattern(lint, &known, &added, lint->ir->tools.items[i].name);
	for (size_t i = 0; i < lint->ir->rules.n; i++)
		add_pattern(lint, &known, &added, lint->ir->rules.items[i].pattern);
	for (size_t t = 0; t < lint->ast->tests.n; t++) {
		const struct ast_test *test = &lint->ast->tests.items[t];

		for (size_t i = 0; i < test->expects.n; i++)
			check_expect(lint, &known, &test->expects.items[i]);
	}
}
