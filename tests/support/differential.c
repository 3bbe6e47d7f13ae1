/*
 * See differential.h. The two evaluators share no code: the one runs tests with jumps over two
 * values on prepared operands, the other walks the tree in Kleene's logic on the texts as they are
 * written.
 */
#include "support/differential.h"

#include <stdio.h>
#include <string.h>

#define MAX_SHOWN 100

/* By the index of the parameter: they are sorted by name. GEN_PARAMS says the same. */
static const struct writ_param params[] = {
	{"api", "api.example.com"},
	{"gate", "10.1.2.3"},
	{"port", "8443"},
	{"workspace", "/srv/./agent"},
};
static const struct str param_values[] = {{"api.example.com", 15},
					  {"10.1.2.3", 8},
					  {"8443", 4},
					  {"/srv/agent", 10}};

#define HOME "/home/test"

static bool fail(struct differential *pair, const char *what, const char *detail)
{
	snprintf(pair->why, sizeof(pair->why), "%s: %s", what, detail);
	return false;
}

bool differential_open(struct differential *pair, uint64_t *random)
{
	const struct bundle_options archs = {.archs = {true}};
	const struct writ_options options = {.params = params,
					     .n_params = sizeof(params) / sizeof(params[0]),
					     .home = HOME,
					     .examine = 1};
	struct compilation *compilation = &pair->compilation;
	struct bytes bytes = {NULL, 0};
	struct writ_error error;
	struct str text;

	memset(pair, 0, sizeof(*pair));
	compilation_init(compilation);
	text = str_printf(&compilation->arena, "policy generated;\n%s",
			  gen_policy(&compilation->arena, random));
	if (compile_check_text(compilation, STR("generated.writ"), text) || !compilation->ir)
		return fail(pair, "the generated policy has errors",
			    compilation->diags.items.n
				    ? compilation->diags.items.items[0].message.ptr
				    : "");
	if (compile_bundle(compilation, &archs, &bytes))
		return fail(pair, "the generated policy does not compile", "");
	if (writ_open_memory(bytes.ptr, bytes.len, &options, &pair->policy, &error))
		return fail(pair, "its bundle does not open", error.text);
	return true;
}

void differential_close(struct differential *pair)
{
	writ_close(pair->policy);
	compilation_fini(&pair->compilation);
}

struct answer {
	enum writ_verdict_id verdict;
	uint32_t rule; /* or IR_NONE */
	uint32_t sandbox;
};

static struct answer ask_reference(const struct differential *pair, struct arena *arena,
				   const struct gen_call *call)
{
	const struct ir_policy *ir = pair->compilation.ir;
	const struct ir_values values = {param_values, STR(HOME)};
	const struct ir_tool *tool = ir_tool_for(ir, call->tool);
	struct ir_call_arg args[GEN_MAX_ARGS];
	struct ir_call_list lists[GEN_MAX_ARGS];
	struct ir_request request = {.roles = &call->index,
				     .n_roles = 1,
				     .tool = call->tool,
				     .args = args,
				     .n_args = call->n_args,
				     .lists = lists,
				     .n_lists = call->n_lists,
				     .values = &values};
	struct answer answer = {.rule = IR_NONE};

	if (call->is_user) {
		request.roles = ir->users.items[call->index].roles.items;
		request.n_roles = ir->users.items[call->index].roles.n;
	}
	for (size_t i = 0; i < call->n_args; i++)
		args[i] = (struct ir_call_arg){call->args[i].name, call->args[i].text};
	for (size_t i = 0; i < call->n_lists; i++)
		lists[i] = (struct ir_call_list){call->lists[i].name, call->lists[i].items,
						 call->lists[i].n};
	answer.verdict = ir_decide_call(arena, ir, &request, &answer.rule, NULL);
	answer.sandbox = answer.rule == IR_NONE ? IR_NONE : ir->rules.items[answer.rule].sandbox;
	if (answer.sandbox == IR_NONE && tool)
		answer.sandbox = tool->sandbox;
	return answer;
}

/* What can't be read is a list within a list now and then. */
static struct writ_arg runtime_value(struct str text)
{
	static const struct writ_arg inner = {.text = "/data/x"};

	if (!text.ptr)
		return (struct writ_arg){.type = WRIT_ARG_OTHER, .items = &inner, .n_items = 1};
	return (struct writ_arg){.text = text.ptr, .text_len = text.len, .type = WRIT_ARG_BYTES};
}

struct runtime_args {
	struct writ_arg args[GEN_MAX_ARGS];
	struct writ_arg items[GEN_MAX_ARGS][GEN_MAX_ITEMS];
	size_t n;
};

static void add_arg(struct runtime_args *out, struct str name, struct writ_arg value)
{
	value.name = name.ptr;
	value.name_len = name.len;
	out->args[out->n++] = value;
}

static void make_args(const struct gen_call *call, struct runtime_args *out)
{
	out->n = 0;
	for (size_t i = 0; i < call->n_args; i++)
		add_arg(out, call->args[i].name, runtime_value(call->args[i].text));
	for (size_t i = 0; i < call->n_lists; i++) {
		const struct gen_list *list = &call->lists[i];

		for (size_t k = 0; k < list->n; k++) {
			out->items[i][k] = runtime_value(list->items[k]);
			if (k % 2 && !list->items[k].ptr)
				out->items[i][k].type = WRIT_ARG_LIST;
		}
		add_arg(out, list->name,
			(struct writ_arg){.type = WRIT_ARG_LIST,
					  .items = out->items[i],
					  .n_items = list->n});
	}
}

static struct answer ask_runtime(const struct differential *pair, const struct gen_call *call)
{
	struct runtime_args args;
	const struct writ_request request = {.role = call->is_user ? NULL : call->subject,
					     .user = call->is_user ? call->subject : NULL,
					     .tool = call->tool.ptr,
					     .tool_len = call->tool.len,
					     .args = args.args,
					     .n_args = call->n_args + call->n_lists};
	struct writ_decision decision;
	struct answer answer;

	make_args(call, &args);
	answer.verdict = (enum writ_verdict_id)writ_check(pair->policy, &request, &decision);
	answer.rule = decision.reason == WRIT_BY_RULE ? decision.rule : IR_NONE;
	answer.sandbox = decision.sandbox;
	return answer;
}

static void print_answer(FILE *out, const char *who, struct answer answer)
{
	fprintf(out, "%s: %d by rule %d, sandbox %d\n", who, (int)answer.verdict, (int)answer.rule,
		(int)answer.sandbox);
}

static void print_value(FILE *out, struct str name, struct str text)
{
	fprintf(out, " %.*s='%.*s'(%zu)", STR_ARG(name),
		text.len > MAX_SHOWN ? MAX_SHOWN : (int)text.len, text.ptr ? text.ptr : "",
		text.len);
}

static char *describe(const struct differential *pair, const struct gen_call *call,
		      const struct answer answers[2])
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	print_answer(out, "reference", answers[0]);
	print_answer(out, "runtime", answers[1]);
	fprintf(out, "%s %.*s", call->subject, STR_ARG(call->tool));
	for (size_t i = 0; i < call->n_args; i++)
		print_value(out, call->args[i].name, call->args[i].text);
	for (size_t i = 0; i < call->n_lists; i++) {
		fprintf(out, " %.*s=[", STR_ARG(call->lists[i].name));
		for (size_t k = 0; k < call->lists[i].n; k++)
			print_value(out, call->lists[i].name, call->lists[i].items[k]);
		fprintf(out, "]");
	}
	fprintf(out, "\n%.*s", STR_ARG(pair->compilation.sources.files.items[0].text));
	fclose(out);
	return text;
}

char *differential_compare(const struct differential *pair, struct arena *arena,
			   const struct gen_call *call, enum writ_verdict_id *verdict)
{
	const struct answer answers[2] = {ask_reference(pair, arena, call),
					  ask_runtime(pair, call)};

	*verdict = answers[0].verdict;
	if (answers[0].verdict == answers[1].verdict && answers[0].rule == answers[1].rule &&
	    answers[0].sandbox == answers[1].sandbox)
		return NULL;
	return describe(pair, call, answers);
}

enum writ_verdict_id differential_decide(const struct differential *pair,
					 const struct gen_call *call)
{
	return ask_runtime(pair, call).verdict;
}
