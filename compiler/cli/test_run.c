/*
 * From a file to the results of its tests.
 *
 * A test stands on its own: it has the values it binds, and defaults. A home directory is made up,
 * so that a test says the same everywhere. Tests of imported files are run too, in the policy that
 * imports them; what that policy has parameters for they can't know, so those get stand-ins.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/testing.h"

#define TEST_HOME STR("/home/user")

/* ---- places ---- */

static struct str directory_of(struct str path)
{
	while (path.len && path.ptr[path.len - 1] != '/')
		path.len--;
	return path;
}

/* Origins name files relative to the directory of the first one, or by their last name. */
static bool is_named(const struct sources *sources, struct str path, struct str name)
{
	struct str root = directory_of(sources->files.items[0].path);

	if (path.len < root.len || memcmp(path.ptr, root.ptr, root.len) != 0)
		root = directory_of(path);
	return str_eq((struct str){path.ptr + root.len, path.len - root.len}, name);
}

struct span test_place(const struct test_file *file, const struct ir_origin *origin)
{
	const struct sources *sources = &file->input.compilation.sources;

	for (uint32_t i = 0; origin->line && i < sources->files.n; i++) {
		const struct source_file *source = &sources->files.items[i];
		uint32_t begin;

		if (source->original != SPAN_NO_FILE ||
		    !is_named(sources, source->path, origin->file) ||
		    origin->line > source->line_starts.n)
			continue;
		begin = source->line_starts.items[origin->line - 1] + origin->col - 1;
		return (struct span){i, begin, begin};
	}
	return SPAN_NONE;
}

struct str test_where(const struct test_file *file, struct span span)
{
	const struct sources *sources = &file->input.compilation.sources;
	struct span place = source_map(sources, span);
	struct line_col at;

	if (place.file == SPAN_NO_FILE)
		return STR("");
	at = source_line_col(sources, place.file, place.begin);
	return str_printf(file->judge.arena, "%.*s:%u:%u",
			  STR_ARG(sources->files.items[place.file].path), at.line, at.col);
}

/* What was written, with white space as one space and without the ';' at its end. */
static struct str written(const struct test_file *file, struct span span)
{
	const char *text = file->input.compilation.sources.files.items[span.file].text.ptr;
	char *out = arena_alloc(file->judge.arena, span.end - span.begin + 1u);
	size_t n = 0;

	for (uint32_t i = span.begin; i < span.end; i++) {
		bool blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' ||
			     text[i] == '\r';

		if (!blank)
			out[n++] = text[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && (out[n - 1] == ' ' || out[n - 1] == ';'))
		n--;
	return (struct str){out, n};
}

/* ---- parameters ---- */

static struct str plain_text(const struct ast_text *text)
{
	return text->n ? text->parts[0].text : STR("");
}

/* As the runtime parses values. */
static struct str value_text(struct arena *arena, const struct ast_literal *literal)
{
	switch (literal->kind) {
	case AST_STRING:
		return plain_text(&literal->text);
	case AST_SIZE:
		return str_printf(arena, "%" PRIu64 "B", literal->number);
	case AST_DURATION:
		return str_printf(arena, "%" PRIu64 "ms", literal->number);
	case AST_INT:
	case AST_BOOL:
	case AST_WORD:
		break;
	}
	return str_printf(arena, "%" PRIu64, literal->number);
}

/* The parameters that the file of a test can't know of, being imported. */
static const bool *foreign_params(const struct test_file *file, uint32_t home)
{
	const struct compilation *compilation = &file->input.compilation;
	const struct ir_policy *ir = file->input.ir;
	bool *foreign = arena_alloc(file->judge.arena, ir->params.n);

	for (size_t p = 0; home != 0 && p < compilation->ast.params.n; p++) {
		const struct ast_param *param = &compilation->ast.params.items[p];

		if (source_map(&compilation->sources, param->span).file == home)
			continue;
		for (size_t i = 0; i < ir->params.n; i++)
			foreign[i] |= str_eq(ir->params.items[i].name, param->name.text);
	}
	return foreign;
}

/* The policy as it was opened last: most tests of a file bind the same. */
struct opened {
	struct bound bound; /* policy NULL: none */
	const struct bound_param *params;
	size_t n;
	uint32_t home; /* the file of the test */
};

static bool binds_the_same(const struct opened *opened, const struct bound_options *options,
			   uint32_t home)
{
	if (!opened->bound.policy || opened->home != home || opened->n != options->n_params)
		return false;
	for (size_t i = 0; i < opened->n; i++) {
		if (!str_eq(opened->params[i].name, options->params[i].name) ||
		    !str_eq(opened->params[i].text, options->params[i].text))
			return false;
	}
	return true;
}

static int open_policy(struct test_file *file, const struct ast_test *test, struct opened *opened,
		       struct writ_error *error)
{
	struct arena *arena = file->judge.arena;
	uint32_t home = source_map(&file->input.compilation.sources, test->span).file;
	struct bound_param *params = arena_alloc(arena, test->with.n * sizeof(*params));
	struct bound_options options = {
		.params = params,
		.n_params = test->with.n,
		.home = TEST_HOME,
	};

	for (size_t i = 0; i < test->with.n; i++) {
		const struct ast_binding *binding = &test->with.items[i];

		params[i] = (struct bound_param){binding->name.text,
						 value_text(arena, &binding->value)};
	}
	if (binds_the_same(opened, &options, home))
		return 0;
	bound_close(&opened->bound);
	options.may_stand_in = foreign_params(file, home);
	opened->params = params;
	opened->n = options.n_params;
	opened->home = home;
	return bound_open(arena, &file->input, &options, &opened->bound, error);
}

/* ---- running ---- */

static struct test_result *add_result(struct test_file *file, struct test_block *block,
				      struct span span)
{
	struct test_result *result = vec_push(file->judge.arena, &block->results);

	result->span = span;
	result->question = written(file, span);
	return result;
}

static void count(struct test_file *file, struct test_block *block)
{
	file->n_results += block->results.n;
	for (size_t i = 0; i < block->results.n; i++)
		block->failed += !block->results.items[i].passed;
	file->n_failed += block->failed;
	file->n_errors += block->error.len > 0;
}

static uint32_t sandbox_index(const struct ir_policy *ir, struct str name)
{
	uint32_t i = 0;

	while (!str_eq(ir->sandboxes.items[i].name, name))
		i++;
	return i;
}

static void ask_sandboxes(struct test_question *question, const struct ast_test *test,
			  struct test_block *block)
{
	struct test_file *file = question->file;

	for (size_t b = 0; b < test->boxes.n; b++) {
		const struct ast_box_test *box = &test->boxes.items[b];
		uint32_t sandbox = sandbox_index(file->input.ir, box->sandbox.text);

		for (size_t i = 0; i < box->expects.n; i++) {
			const struct ast_box_expect *expect = &box->expects.items[i];

			question->result = add_result(file, block, expect->span);
			question->result->question =
				str_printf(file->judge.arena, "sandbox %.*s: %.*s",
					   STR_ARG(box->sandbox.text),
					   STR_ARG(question->result->question));
			test_ask_sandbox(question, sandbox, expect);
		}
	}
}

static void run_block(struct test_file *file, const struct ast_test *test,
		      const struct bound *bound, struct test_block *block)
{
	struct test_question question = {.file = file, .bound = bound};

	for (size_t i = 0; i < test->expects.n; i++) {
		question.result = add_result(file, block, test->expects.items[i].span);
		test_ask_call(&question, &test->expects.items[i]);
	}
	ask_sandboxes(&question, test, block);
}

static void run_test(struct test_file *file, const struct ast_test *test, struct opened *opened)
{
	struct test_block *block = vec_push(file->judge.arena, &file->blocks);
	struct writ_error error;

	block->name = plain_text(&test->name);
	block->span = test->name.span;
	if (open_policy(file, test, opened, &error))
		block->error = str_printf(file->judge.arena, "%s%s", error.text,
					  error.code == WRIT_E_PARAM
						  ? "; 'with NAME = VALUE' behind the "
						    "test's name binds one"
						  : "");
	else
		run_block(file, test, &opened->bound, block);
	count(file, block);
}

void test_run(struct test_file *file, const char *path)
{
	const struct ast *ast = &file->input.compilation.ast;
	struct opened opened = {0};

	*file = (struct test_file){.path = path};
	file->status = input_load(path, &file->input);
	if (!file->status && file->input.is_bundle)
		file->status = cli_file_error(path, "a bundle holds no tests; give the policy's "
						    "source");
	if (file->status)
		return;
	/* The compiler made the bundle, so it can be read back. */
	if (!judge_init(&file->judge, &file->input.compilation.arena, file->input.bundle)) {
		cli_file_error(path, "its bundle can't be read back");
		file->status = CLI_BUG;
		return;
	}
	test_cover_init(file);
	for (size_t i = 0; i < ast->tests.n; i++)
		run_test(file, &ast->tests.items[i], &opened);
	bound_close(&opened.bound);
}

void test_file_fini(struct test_file *file)
{
	input_fini(&file->input);
}
