/*
 * Questions about sandboxes: what may be read, connected to, called?
 *
 * The names of a question were checked when the policy was compiled; here they are brought into the
 * form that judge/ takes, and the answer is held against what was expected.
 */
#include <string.h>

#include "cli/testing.h"
#include "tables/syscall_args.h"

static const struct {
	const char *verb;
	uint32_t right;
} targets[] = {
	[AST_TARGET_READ] = {"read", WRIT_PATH_READ},
	[AST_TARGET_WRITE] = {"write", WRIT_PATH_WRITE},
	[AST_TARGET_EXECUTE] = {"execute", WRIT_PATH_EXECUTE},
	[AST_TARGET_CONNECT] = {"connect", IR_ENDPOINT_CONNECT},
	[AST_TARGET_BIND] = {"bind", IR_ENDPOINT_BIND},
	[AST_TARGET_UNIX] = {"unix", 0},
	[AST_TARGET_SYSCALL] = {"syscall", 0},
};

struct str test_text(const struct test_question *question, const struct ast_text *text)
{
	struct arena *arena = question->file->judge.arena;
	const struct ir_policy *ir = question->file->input.ir;
	struct str out = STR("");

	for (size_t i = 0; i < text->n; i++) {
		struct str piece = text->parts[i].text;

		for (size_t p = 0; text->parts[i].is_param && p < ir->params.n; p++) {
			if (!str_eq(ir->params.items[p].name, text->parts[i].text))
				continue;
			piece = question->bound->values.params[p];
			break;
		}
		out = text->n == 1 ? piece
				   : str_printf(arena, "%.*s%.*s", STR_ARG(out), STR_ARG(piece));
	}
	return out;
}

/* A path, in which "~" is the home directory. */
static struct str path_text(const struct test_question *question, const struct ast_text *text)
{
	struct str path = test_text(question, text);
	bool written = text->n && !text->parts[0].is_param;

	if (!written || path.ptr[0] != '~' || (path.len > 1 && path.ptr[1] != '/'))
		return path;
	return str_printf(question->file->judge.arena, "%.*s%.*s",
			  STR_ARG(question->bound->values.home), (int)path.len - 1, path.ptr + 1);
}

/* The bits of a value; what its names are worth is the same on every architecture. */
static uint64_t value_bits(const struct ast_value *value)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < value->terms.n; i++) {
		const struct ast_value_term *term = &value->terms.items[i];
		const struct constant *constant;

		constant = term->is_number ? NULL : constant_find(term->name.text);
		bits |= constant ? (uint64_t)constant->value : term->number;
	}
	return bits;
}

static struct judgement ask_call(const struct judge *judge, uint32_t sandbox,
				 const struct ast_box_expect *expect)
{
	struct judge_call call = {.name = expect->call.text};
	const struct call_args *args = call_args_find(call.name);

	for (size_t i = 0; i < expect->facts.n; i++) {
		const struct ast_fact *fact = &expect->facts.items[i];
		int position = call_arg_position(args, fact->arg.text);

		call.given[position] = true;
		call.args[position] = value_bits(&fact->value);
	}
	return judge_call(judge, sandbox, &call);
}

static struct judgement ask(const struct test_question *question, uint32_t sandbox,
			    const struct ast_box_expect *expect)
{
	const struct judge *judge = &question->file->judge;
	uint32_t right = targets[expect->target].right;

	switch (expect->target) {
	case AST_TARGET_READ:
	case AST_TARGET_WRITE:
	case AST_TARGET_EXECUTE:
		return judge_path(judge, sandbox, right, path_text(question, &expect->text));
	case AST_TARGET_CONNECT:
	case AST_TARGET_BIND:
		return judge_endpoint(judge, sandbox, right, test_text(question, &expect->text));
	case AST_TARGET_UNIX:
		return judge_unix(judge, sandbox, path_text(question, &expect->text));
	case AST_TARGET_SYSCALL:
		break;
	}
	return ask_call(judge, sandbox, expect);
}

/* Where the statement stands that decided. */
static const struct ir_origin *origin_of(const struct ir_sandbox *box,
					 const struct judgement *judgement)
{
	uint32_t i = judgement->index;

	switch (judgement->by) {
	case JUDGE_PATHS:
		return i < box->paths.n ? &box->paths.items[i].origin : NULL;
	case JUDGE_DENIES:
		return &box->denies.items[i].origin;
	case JUDGE_SCRATCHES:
		return &box->scratches.items[i].origin;
	case JUDGE_UNIX:
		return &box->unix_sockets.items[i].origin;
	case JUDGE_ENDPOINTS:
		return &box->endpoints.items[i].origin;
	case JUDGE_PORTS:
	case JUDGE_NONE:
	case JUDGE_LIST__COUNT:
		break;
	}
	return NULL;
}

/* With the place of what decided, or else of the sandbox. */
static void add_note(const struct test_question *question, uint32_t sandbox,
		     const struct judgement *judgement)
{
	struct test_file *file = question->file;
	const struct ir_sandbox *box = &file->input.ir->sandboxes.items[sandbox];
	const struct ir_origin *origin = origin_of(box, judgement);
	struct diag_note *note = vec_push(file->judge.arena, &question->result->notes);

	note->span = test_place(file, origin ? origin : &box->origin);
	note->text = origin ? STR("by this")
			    : str_printf(file->judge.arena, "sandbox '%.*s' is declared here",
					 STR_ARG(box->name));
}

static bool is_as_expected(enum ast_verdict verdict, const struct judgement *judgement)
{
	switch (verdict) {
	case AST_ALLOW:
		return judgement->allowed;
	case AST_DENY:
		return judgement->refused;
	case AST_ASK:
		break;
	}
	return judgement->asked;
}

void test_ask_sandbox(const struct test_question *question, uint32_t sandbox,
		      const struct ast_box_expect *expect)
{
	static const char *const expected[] = {
		[AST_ALLOW] = "allowed", [AST_DENY] = "refused", [AST_ASK] = "asked about"};
	struct test_file *file = question->file;
	struct judgement judgement;

	file->judge.values = &question->bound->values;
	judgement = ask(question, sandbox, expect);
	test_cover_grant(file, sandbox, &judgement);
	question->result->passed = is_as_expected(expect->verdict, &judgement);
	if (question->result->passed)
		return;
	question->result->message = str_printf(file->judge.arena, "expected %s to be %s, but %.*s",
					       targets[expect->target].verb,
					       expected[expect->verdict], STR_ARG(judgement.why));
	add_note(question, sandbox, &judgement);
}
