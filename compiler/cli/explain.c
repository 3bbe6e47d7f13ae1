/*
 * writc explain: what is decided about one call, by which rule, and why not by another.
 *
 * The decision is the runtime's own, on the bundle; the rules around it come from the IR. A
 * parameter without a value does not keep a question from being answered: something that means
 * nothing stands in for it, and each condition that needs it says so.
 */
#include "cli/explain.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/hint.h"

static const char *const formats[] = {"text", "json", NULL};

static void (*const printers[])(const struct explanation *) = {explain_text, explain_json};

const char *explain_verdict(enum writ_verdict verdict)
{
	static const char *const names[] = {
		[WRIT_DENY] = "deny", [WRIT_ASK] = "ask", [WRIT_ALLOW] = "allow"};

	return names[verdict];
}

const char *explain_truth(enum ir_truth truth)
{
	static const char *const names[] = {
		[IR_FALSE] = "no", [IR_UNKNOWN] = "unknown", [IR_TRUE] = "yes"};

	return names[truth];
}

const char *explain_reason(const struct explanation *explanation)
{
	static const char *const reasons[] = {
		[WRIT_BY_RULE] = "",
		[WRIT_NO_RULE] = "no rule matches the tool",
		[WRIT_NO_CONDITION] = "rules match the tool, but the condition of none holds",
		[WRIT_UNKNOWN_SUBJECT] = "the policy has no such subject",
		[WRIT_BAD_TOOL_NAME] = "no tool can have this name",
		[WRIT_BAD_REQUEST] = "an argument is given twice, or too many of them or elements",
	};

	if (explanation->decision.reason != WRIT_UNKNOWN_SUBJECT)
		return reasons[explanation->decision.reason];
	return explanation->is_user ? "the policy has no such user" : "the policy has no such role";
}

struct str explain_sandbox(const struct explanation *explanation)
{
	const char *name = explanation->decision.verdict == WRIT_DENY
				   ? NULL
				   : writ_sandbox_name(explanation->bound.policy,
						       explanation->decision.sandbox);

	return name ? str_from(name) : STR("");
}

/* ---- what a condition needs ---- */

struct needs {
	const struct explanation *explanation;
	struct ir_indices unbound;
};

static void need(struct needs *needs, uint32_t param)
{
	if (param == IR_NONE || !needs->explanation->bound.stands_in[param])
		return;
	for (size_t i = 0; i < needs->unbound.n; i++) {
		if (needs->unbound.items[i] == param)
			return;
	}
	vec_add(needs->explanation->arena, &needs->unbound, param);
}

static void need_text(struct needs *needs, const struct ir_text *text)
{
	for (size_t i = 0; i < text->n; i++) {
		if (text->parts[i].kind == IR_PART_PARAM)
			need(needs, text->parts[i].param);
	}
}

/* Which tests have endpoints as operands. */
enum operand_kind { OPERAND_NONE, OPERAND_TEXT, OPERAND_NUMBER, OPERAND_ENDPOINT };

static const enum operand_kind operand_kinds[] = {
#define TEST(id, name, operand, doc) [id] = OPERAND_##operand,
	WRIT_TESTS(TEST)
#undef TEST
};

static void need_where(struct needs *needs, const struct ir_where *where)
{
	for (size_t i = 0; i < where->kids.n; i++)
		need_where(needs, where->kids.items[i]);
	for (size_t i = 0; i < where->operands.n; i++) {
		need_text(needs, &where->operands.items[i].text);
		if (operand_kinds[where->op] != OPERAND_ENDPOINT)
			continue;
		need_text(needs, &where->operands.items[i].endpoint.name);
		need(needs, where->operands.items[i].endpoint.param);
	}
}

/* ---- the call ---- */

/* How the subject has the rule: by the first of its roles that has it. */
static struct str through(const struct explanation *explanation, uint32_t rule)
{
	const struct ir_policy *ir = explanation->ir;
	uint32_t written_in = ir->rules.items[rule].role;

	for (size_t i = 0; i < explanation->request.n_roles; i++) {
		uint32_t role = explanation->request.roles[i];
		struct str way = why_inherited(explanation->arena, ir, role, written_in);

		if (role == written_in)
			return STR("");
		if (way.len)
			return way;
	}
	return STR("");
}

static void explain_rule(struct explanation *explanation, const struct why_rule *why)
{
	const struct ir_rule *rule = &explanation->ir->rules.items[why->rule];
	struct needs needs = {.explanation = explanation};
	struct explained_rule out = {
		.rule = why->rule,
		.holds = why->holds,
		.decides = explanation->decision.reason == WRIT_BY_RULE &&
			   explanation->decision.rule == why->rule,
		.through = through(explanation, why->rule),
	};

	if (rule->where) {
		out.tests = why_tests(explanation->arena, rule->where, &explanation->request);
		need_where(&needs, rule->where);
		out.unbound = needs.unbound;
	}
	vec_add(explanation->arena, &explanation->rules, out);
}

/* The roles of the subject; none when there is no such subject. */
static void find_roles(struct explanation *explanation)
{
	const struct ir_policy *ir = explanation->ir;
	struct ir_request *request = &explanation->request;
	uint32_t id = explanation->is_user ? why_user(ir, explanation->subject)
					   : why_role(ir, explanation->subject);
	uint32_t *role = arena_new(explanation->arena, uint32_t);

	if (id == IR_NONE)
		return;
	*role = id;
	request->roles = explanation->is_user ? ir->users.items[id].roles.items : role;
	request->n_roles = explanation->is_user ? ir->users.items[id].roles.n : 1;
}

static void decide(struct explanation *explanation)
{
	const struct ir_request *request = &explanation->request;
	struct writ_arg *args = arena_alloc(explanation->arena, request->n_args * sizeof(*args));
	struct str subject = explanation->subject;
	struct writ_request asked = {.tool = request->tool.ptr,
				     .args = args,
				     .n_args = request->n_args};

	for (size_t i = 0; i < request->n_args; i++)
		args[i] = (struct writ_arg){.name = request->args[i].name.ptr,
					    .name_len = request->args[i].name.len,
					    .text = request->args[i].text.ptr,
					    .text_len = request->args[i].text.len,
					    .type = WRIT_ARG_BYTES};
	if (explanation->is_user)
		asked.user = subject.ptr;
	else
		asked.role = subject.ptr;
	/* The verdict is in the decision too. */
	(void)!writ_check(explanation->bound.policy, &asked, &explanation->decision);
}

static void fill(struct explanation *explanation)
{
	struct why_rules rules;

	find_roles(explanation);
	decide(explanation);
	rules = why_rules(explanation->arena, explanation->ir, &explanation->request);
	for (size_t i = 0; i < rules.n; i++)
		explain_rule(explanation, &rules.items[i]);
}

/* ---- the command line ---- */

struct order {
	char **operands; /* FILE ROLE TOOL k=v ... */
	size_t n;
	struct bound_param *params;
	size_t n_params;
	int format;
	bool is_user;
};

/* "name=value"; false after reporting when it is not. */
static bool cut(const char *text, const char *what, struct bound_param *out)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		cli_usage_error("explain", "%s is written NAME=VALUE, not '%s'", what, text);
		return false;
	}
	out->name = (struct str){text, (size_t)(equals - text)};
	out->text = str_from(equals + 1);
	return true;
}

/* Takes every "--param NAME=VALUE" out of argv, since it may be given more than once. */
static int take_params(int *argc, char **argv, struct order *order)
{
	int n = 1;

	for (int i = 1; i < *argc; i++) {
		const char *value = NULL;

		if (strncmp(argv[i], "--param=", 8) == 0)
			value = argv[i] + 8;
		else if (strcmp(argv[i], "--param") == 0)
			value = i + 1 < *argc ? argv[++i] : "";
		if (!value)
			argv[n++] = argv[i];
		else if (!cut(value, "a parameter", &order->params[order->n_params++]))
			return -1;
	}
	*argc = n;
	return 0;
}

static int read_args(struct explanation *explanation, const struct order *order)
{
	size_t n = order->n - 3;
	struct ir_call_arg *args = arena_alloc(explanation->arena, n * sizeof(*args));

	for (size_t i = 0; i < n; i++) {
		struct bound_param arg;

		if (!cut(order->operands[i + 3], "an argument", &arg))
			return -1;
		args[i] = (struct ir_call_arg){arg.name, arg.text};
	}
	explanation->request.args = args;
	explanation->request.n_args = n;
	return 0;
}

static int answer(const struct order *order, struct input *input)
{
	struct arena *arena = &input->compilation.arena;
	bool *all = arena_alloc(arena, input->ir->params.n);
	const struct bound_options options = {order->params, order->n_params, bound_home(arena),
					      all};
	struct explanation explanation = {.arena = arena,
					  .ir = input->ir,
					  .is_user = order->is_user,
					  .subject = str_from(order->operands[1])};
	struct writ_error error;

	memset(all, true, input->ir->params.n);
	if (read_args(&explanation, order))
		return CLI_USAGE;
	explanation.request.tool = str_from(order->operands[2]);
	if (bound_open(arena, input, &options, &explanation.bound, &error)) {
		return cli_file_error(order->operands[0], "%s", error.text);
	}
	explanation.request.values = &explanation.bound.values;
	fill(&explanation);
	printers[order->format](&explanation);
	hint_subject(input->ir, explanation.subject, order->is_user);
	hint_tool(input->ir, explanation.request.tool);
	bound_close(&explanation.bound);
	return explanation.decision.verdict == WRIT_ALLOW ? CLI_OK : CLI_FINDINGS;
}

static int run(const struct order *order)
{
	struct input input;
	int status = input_load(order->operands[0], &input);

	if (!status)
		status = answer(order, &input);
	input_fini(&input);
	return status;
}

static int parse(int argc, char **argv, struct order *order)
{
	const char *format = NULL;
	const struct cli_option options[] = {
		{"--user", &order->is_user, NULL},
		{"--format", NULL, &format},
		{NULL, NULL, NULL},
	};
	int n;

	if (take_params(&argc, argv, order))
		return CLI_USAGE;
	n = cli_parse("explain", options, argc, argv);
	if (n < 0)
		return CLI_USAGE;
	if (n < 3)
		return cli_usage_error("explain", "a FILE, a role and a tool are needed");
	if (format)
		order->format = cli_choice("explain", "--format", format, formats);
	order->operands = argv;
	order->n = (size_t)n;
	return order->format < 0 ? CLI_USAGE : CLI_OK;
}

int verb_explain(int argc, char **argv)
{
	struct order order = {0};
	struct arena arena;
	int status;

	arena_init(&arena);
	order.params = arena_alloc(&arena, (size_t)argc * sizeof(*order.params));
	status = parse(argc, argv, &order);
	if (!status)
		status = run(&order);
	arena_fini(&arena);
	return status;
}
