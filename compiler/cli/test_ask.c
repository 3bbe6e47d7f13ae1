/*
 * Questions about calls: allow, deny or ask?
 *
 * The verdict is the runtime's own. Beside it the rules that have to do with the call are looked at
 * in the IR, for saying why and for coverage.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/testing.h"

#define MAX_NOTES 8u

static struct str literal_text(const struct test_question *question,
			       const struct ast_literal *literal)
{
	struct arena *arena = question->file->judge.arena;

	switch (literal->kind) {
	case AST_STRING:
		return test_text(question, &literal->text);
	case AST_BOOL:
		return literal->number ? STR("true") : STR("false");
	case AST_WORD:
		return literal->word;
	case AST_INT:
	case AST_SIZE:
	case AST_DURATION:
		break;
	}
	return str_printf(arena, "%" PRIu64, literal->number);
}

static struct ir_call_list read_list(const struct test_question *question,
				     const struct ast_binding *binding)
{
	size_t n = binding->elements.n;
	struct str *items = arena_alloc(question->file->judge.arena, n * sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = literal_text(question, &binding->elements.items[i]);
	return (struct ir_call_list){binding->name.text, items, n};
}

static void read_args(const struct test_question *question, const struct ast_expect *expect,
		      struct ir_request *out)
{
	struct arena *arena = question->file->judge.arena;
	struct ir_call_arg *args = arena_alloc(arena, expect->args.n * sizeof(*args));
	struct ir_call_list *lists = arena_alloc(arena, expect->args.n * sizeof(*lists));

	for (size_t i = 0; i < expect->args.n; i++) {
		const struct ast_binding *binding = &expect->args.items[i];

		if (binding->is_list)
			lists[out->n_lists++] = read_list(question, binding);
		else
			args[out->n_args++] =
				(struct ir_call_arg){binding->name.text,
						     literal_text(question, &binding->value)};
	}
	out->args = args;
	out->lists = lists;
}

static struct writ_arg runtime_value(struct str text)
{
	return (struct writ_arg){.text = text.ptr, .text_len = text.len, .type = WRIT_ARG_BYTES};
}

static struct writ_arg runtime_list(struct arena *arena, const struct ir_call_list *list)
{
	struct writ_arg *items = arena_alloc(arena, list->n * sizeof(*items));

	for (size_t i = 0; i < list->n; i++)
		items[i] = runtime_value(list->items[i]);
	return (struct writ_arg){.items = items, .n_items = list->n, .type = WRIT_ARG_LIST};
}

static void set_name(struct writ_arg *arg, struct str name)
{
	arg->name = name.ptr;
	arg->name_len = name.len;
}

/* The call as the runtime takes it: what has one value, then lists. */
static struct writ_arg *runtime_args(struct arena *arena, const struct ir_request *request)
{
	size_t n = request->n_args;
	struct writ_arg *args = arena_alloc(arena, (n + request->n_lists) * sizeof(*args));

	for (size_t i = 0; i < n; i++) {
		args[i] = runtime_value(request->args[i].text);
		set_name(&args[i], request->args[i].name);
	}
	for (size_t i = 0; i < request->n_lists; i++) {
		args[n + i] = runtime_list(arena, &request->lists[i]);
		set_name(&args[n + i], request->lists[i].name);
	}
	return args;
}

static enum writ_verdict decide(const struct test_question *question, struct str role,
				const struct ir_request *request, struct writ_decision *decision)
{
	return writ_check(question->bound->policy,
			  &(struct writ_request){
				  .role = role.ptr,
				  .role_len = role.len,
				  .tool = request->tool.ptr,
				  .tool_len = request->tool.len,
				  .args = runtime_args(question->file->judge.arena, request),
				  .n_args = request->n_args + request->n_lists,
			  },
			  decision);
}

static struct diag_note *add_note(const struct test_question *question,
				  const struct ir_origin *origin)
{
	struct diag_note *note = vec_push(question->file->judge.arena, &question->result->notes);

	note->span = test_place(question->file, origin);
	return note;
}

/* Why a rule that names the tool did not match. */
static void note_rule(const struct test_question *question, const struct why_rule *why,
		      const struct ir_request *request)
{
	struct arena *arena = question->file->judge.arena;
	const struct ir_policy *ir = question->file->input.ir;
	const struct ir_rule *rule = &ir->rules.items[why->rule];
	struct why_tests tests = why_tests(arena, rule->where, request);

	for (size_t i = 0; i < tests.n && question->result->notes.n < MAX_NOTES; i++) {
		const struct why_test *test = &tests.items[i];
		struct diag_note *note = add_note(question, &test->test->source.origin);

		note->text =
			str_printf(arena, "so '%s %.*s' does not match: %.*s",
				   why_verdict(rule->verdict), STR_ARG(rule->pattern),
				   STR_ARG(why_value(arena, test->test, test->truth, request)));
	}
}

/* A rule matches this element, and still the call is denied. */
static void note_terms(const struct test_question *question, uint32_t rule)
{
	const struct ir_policy *ir = question->file->input.ir;
	struct diag_note *note = add_note(question, &ir->rules.items[rule].origin);

	note->text = STR("this rule and the one that matches another element of the list have "
			 "different sandboxes, or a rate");
}

static void explain(const struct test_question *question, const struct why_rules *rules,
		    const struct writ_decision *decision, const struct ir_request *request)
{
	struct arena *arena = question->file->judge.arena;
	const struct ir_policy *ir = question->file->input.ir;
	struct diag_note *note;

	if (decision->reason == WRIT_BY_RULE) {
		note = add_note(question, &ir->rules.items[decision->rule].origin);
		note->text = str_printf(arena, "'%.*s' decides",
					STR_ARG(why_rule_text(arena, ir, decision->rule)));
	} else if (decision->reason == WRIT_NO_RULE) {
		note = vec_push(arena, &question->result->notes);
		note->span = SPAN_NONE;
		note->text = STR("no rule of the role matches the tool, so it is denied");
	}
	for (size_t i = 0; i < rules->n && question->result->notes.n < MAX_NOTES; i++) {
		if (decision->reason == WRIT_BY_RULE && rules->items[i].rule >= decision->rule)
			break;
		if (rules->items[i].holds)
			note_terms(question, rules->items[i].rule);
		else
			note_rule(question, &rules->items[i], request);
	}
}

/* As the runtime's verdicts and the tree's are numbered. */
static const char *const verdicts[] = {
	[WRIT_DENY] = "deny", [WRIT_ASK] = "ask", [WRIT_ALLOW] = "allow"};
static const enum writ_verdict wanted[] = {
	[AST_ALLOW] = WRIT_ALLOW, [AST_DENY] = WRIT_DENY, [AST_ASK] = WRIT_ASK};

void test_ask_call(const struct test_question *question, const struct ast_expect *expect)
{
	struct test_file *file = question->file;
	uint32_t role = why_role(file->input.ir, expect->role.text);
	struct ir_request request = {
		.roles = &role,
		.n_roles = 1,
		.tool = expect->tool.text,
		.values = &question->bound->values,
	};
	struct writ_decision decision;
	enum writ_verdict verdict;
	struct why_rules rules;
	uint32_t rule;

	read_args(question, expect, &request);
	verdict = decide(question, expect->role.text, &request, &decision);
	/* What is told, and counted as covered, is the element that decided. */
	(void)ir_decide_call(file->judge.arena, file->input.ir, &request, &rule, &request);
	rules = why_rules(file->judge.arena, file->input.ir, &request);
	test_cover_rules(file, &rules, decision.reason == WRIT_BY_RULE ? decision.rule : IR_NONE);
	question->result->passed = verdict == wanted[expect->verdict];
	if (question->result->passed)
		return;
	question->result->message = str_printf(file->judge.arena, "expected %s, got %s",
					       verdicts[wanted[expect->verdict]],
					       verdicts[verdict]);
	explain(question, &rules, &decision, &request);
}
