/*
 * An explanation for people.
 */
#include "base/utf8.h"
#include "cli/explain.h"

static void put(struct str text)
{
	utf8_print(stdout, text);
}

static void put_line(struct str text)
{
	put(text);
	putchar('\n');
}

static void put_tests(const struct explanation *explanation, const struct explained_rule *rule)
{
	for (size_t i = 0; i < rule->tests.n; i++) {
		const struct why_test *test = &rule->tests.items[i];

		put_line(str_printf(explanation->arena, "      %.*s: %s, %.*s",
				    STR_ARG(why_test_text(explanation->arena, test)),
				    explain_truth(test->truth),
				    STR_ARG(why_value(explanation->arena, test->test, test->truth,
						      &explanation->request))));
	}
	for (size_t i = 0; i < rule->unbound.n; i++) {
		uint32_t param = rule->unbound.items[i];

		put_line(str_printf(
			explanation->arena,
			"      depends on parameter '%.*s', which has no value; \"%.*s\" stands in",
			STR_ARG(explanation->ir->params.items[param].name),
			STR_ARG(explanation->bound.values.params[param])));
	}
}

static void put_rule(const struct explanation *explanation, const struct explained_rule *explained)
{
	const struct ir_policy *ir = explanation->ir;
	const struct ir_rule *rule = &ir->rules.items[explained->rule];

	put_line(str_printf(explanation->arena, "  %.*s",
			    STR_ARG(why_rule_text(explanation->arena, ir, explained->rule))));
	printf("      of role '");
	put(ir->roles.items[rule->role].name);
	putchar('\'');
	if (explained->through.len) {
		fputs(" (", stdout);
		put(explained->through);
		putchar(')');
	}
	if (rule->origin.line) {
		fputs(", ", stdout);
		put(rule->origin.file);
		printf(":%u:%u", rule->origin.line, rule->origin.col);
	}
	putchar('\n');
	put_tests(explanation, explained);
}

/* The rules of one kind, under a heading. */
static void put_rules(const struct explanation *explanation, const char *heading, bool decides,
		      bool holds)
{
	bool first = true;

	for (size_t i = 0; i < explanation->rules.n; i++) {
		const struct explained_rule *rule = &explanation->rules.items[i];

		if (rule->decides != decides || rule->holds != holds)
			continue;
		if (first)
			puts(heading);
		first = false;
		put_rule(explanation, rule);
	}
}

/* The decision is one that nobody gets: the runtime does not load such a policy. */
static void put_unsupported(const struct explanation *explanation)
{
	const char *first = writ_unsupported(explanation->bound.policy, 0);
	size_t n = 1;

	if (!first)
		return;
	while (writ_unsupported(explanation->bound.policy, n))
		n++;
	fputs("note: this version does not load the policy, which demands what it can't enforce "
	      "yet: ",
	      stdout);
	put(str_from(first));
	if (n > 1)
		printf("; and %zu more", n - 1);
	putchar('\n');
}

void explain_text(const struct explanation *explanation)
{
	const char *reason = explain_reason(explanation);
	struct str sandbox = explain_sandbox(explanation);

	printf("%s: %s '", explain_verdict(explanation->decision.verdict),
	       explanation->is_user ? "user" : "role");
	put(explanation->subject);
	fputs("', tool '", stdout);
	put(explanation->request.tool);
	printf("'%s%s\n", *reason ? ": " : "", reason);
	put_rules(explanation, "decided by", true, true);
	if (sandbox.len) {
		fputs("runs in sandbox '", stdout);
		put(sandbox);
		puts("'");
	} else if (explanation->decision.verdict != WRIT_DENY) {
		puts("the tool has no sandbox: nothing would limit what it touches, so `writ run` "
		     "refuses it");
	}
	put_rules(explanation, "does not match", false, false);
	put_rules(explanation, "matches, but comes after the one that decided", false, true);
	put_unsupported(explanation);
}
