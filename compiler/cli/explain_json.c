/*
 * An explanation for programs; the keys are in docs/testing.md.
 */
#include "cli/explain.h"
#include "cli/json_out.h"

static void add_text(json_t *object, const char *key, struct str text)
{
	json_out_add(object, key, json_out_text(text));
}

static void add_number(json_t *object, const char *key, uint32_t number)
{
	json_out_add(object, key, json_out_must(json_integer(number)));
}

static json_t *tests_json(const struct explanation *explanation, const struct explained_rule *rule)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < rule->tests.n; i++) {
		const struct why_test *test = &rule->tests.items[i];
		json_t *object = json_out_must(json_object());

		add_text(object, "test", why_test_text(explanation->arena, test));
		add_text(object, "holds", str_from(explain_truth(test->truth)));
		add_text(object, "because",
			 why_value(explanation->arena, test->test, test->truth,
				   &explanation->request));
		json_out_append(array, object);
	}
	return array;
}

static json_t *unbound_json(const struct explanation *explanation,
			    const struct explained_rule *rule)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < rule->unbound.n; i++)
		json_out_append(
			array,
			json_out_text(explanation->ir->params.items[rule->unbound.items[i]].name));
	return array;
}

static void add_rate(json_t *object, const struct ir_rule *rule)
{
	json_t *rate = json_out_must(json_object());

	add_number(rate, "count", rule->rate);
	add_number(rate, "period_s", rule->period_s);
	add_number(rate, "burst", rule->burst);
	json_out_add(object, "rate", rate);
}

static json_t *rule_json(const struct explanation *explanation,
			 const struct explained_rule *explained)
{
	const struct ir_policy *ir = explanation->ir;
	const struct ir_rule *rule = &ir->rules.items[explained->rule];
	json_t *object = json_out_must(json_object());

	add_text(object, "effect",
		 explained->decides ? STR("decides")
		 : explained->holds ? STR("matches")
				    : STR("does not match"));
	add_text(object, "verdict", str_from(why_verdict(rule->verdict)));
	add_text(object, "pattern", rule->pattern);
	if (rule->condition.len)
		add_text(object, "condition", rule->condition);
	if (rule->sandbox != IR_NONE)
		add_text(object, "using", ir->sandboxes.items[rule->sandbox].name);
	if (rule->rate)
		add_rate(object, rule);
	add_text(object, "role", ir->roles.items[rule->role].name);
	if (explained->through.len)
		add_text(object, "through", explained->through);
	if (rule->origin.line) {
		add_text(object, "file", rule->origin.file);
		add_number(object, "line", rule->origin.line);
		add_number(object, "column", rule->origin.col);
	}
	json_out_add(object, "tests", tests_json(explanation, explained));
	json_out_add(object, "unbound", unbound_json(explanation, explained));
	return object;
}

void explain_json(const struct explanation *explanation)
{
	json_t *root = json_out_must(json_object());
	json_t *rules = json_out_must(json_array());
	json_t *missing = json_out_must(json_array());
	const char *reason = explain_reason(explanation);
	struct str sandbox = explain_sandbox(explanation);
	const char *what;

	add_number(root, "version", 1);
	add_text(root, explanation->is_user ? "user" : "role", explanation->subject);
	add_text(root, "tool", explanation->request.tool);
	add_text(root, "verdict", str_from(explain_verdict(explanation->decision.verdict)));
	if (*reason)
		add_text(root, "reason", str_from(reason));
	if (sandbox.len)
		add_text(root, "sandbox", sandbox);
	for (size_t i = 0; i < explanation->rules.n; i++)
		json_out_append(rules, rule_json(explanation, &explanation->rules.items[i]));
	json_out_add(root, "rules", rules);
	for (size_t i = 0; (what = writ_unsupported(explanation->bound.policy, i)); i++)
		json_out_append(missing, json_out_text(str_from(what)));
	json_out_add(root, "not_enforced", missing);
	json_out_dump(root);
}
