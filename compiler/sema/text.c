/*
 * Strings with ${parameters} in them: from the tree's to the IR's, names resolved.
 *
 * Which types of parameter may stand in a string depends on the place: a path takes what can't
 * smuggle a slash or "..", a port takes a port, a name takes nothing. Each caller says so with a
 * set of types and a word for the place, and everything else is refused here.
 */
#include "sema/pass.h"

#include <string.h>

/* The "~" of a path becomes a part of its own. */
#define MAX_PARTS (WRIT_MAX_TEXT - 1)

const char *sema_a_type(enum ast_type type)
{
	static const char *const names[] = {
		[AST_TYPE_STRING] = "a string",     [AST_TYPE_PATH] = "a path",
		[AST_TYPE_HOST] = "a host",         [AST_TYPE_PORT] = "a port",
		[AST_TYPE_INT] = "an int",          [AST_TYPE_SIZE] = "a size",
		[AST_TYPE_DURATION] = "a duration", [AST_TYPE_URL] = "a url",
		[AST_TYPE_BOOL] = "a bool",
	};

	return names[type];
}

static void add_literal(struct sema *sema, struct ir_text *text, struct str bytes)
{
	struct ir_part *last = text->n ? &text->parts[text->n - 1] : NULL;

	if (!bytes.len)
		return;
	if (last && last->kind == IR_PART_LITERAL)
		last->literal = str_printf(sema->arena, "%.*s%.*s", STR_ARG(last->literal),
					   STR_ARG(bytes));
	else
		text->parts[text->n++] = (struct ir_part){.kind = IR_PART_LITERAL,
							  .literal = bytes,
							  .param = IR_NONE};
}

static void add_param(struct sema *sema, struct ir_text *text, const struct ast_text_part *part,
		      uint32_t types, const char *where)
{
	uint32_t index = sema_resolve(sema, SEMA_PARAM, part->text, part->span);
	const struct ast_param *param;
	struct diag *diag;

	if (index == IR_NONE) {
		text->parts[text->n++] = (struct ir_part){.kind = IR_PART_PARAM, .param = IR_NONE};
		return;
	}
	param = &sema->ast->params.items[index];
	if (!(types & SEMA_TYPE(param->type))) {
		diag = diag_report(sema->diags, DIAG_E0203, part->span,
				   "parameter '%.*s' is %s and can't be used in %s",
				   STR_ARG(part->text), sema_a_type(param->type), where);
		diag_note(sema->diags, diag, param->name.span, "declared here");
	}
	text->parts[text->n++] = (struct ir_part){.kind = IR_PART_PARAM,
						  .param = sema_id(sema, SEMA_PARAM, index)};
}

struct ir_text sema_text(struct sema *sema, const struct ast_text *text, uint32_t types,
			 const char *where)
{
	struct ir_text out = {
		.parts = arena_alloc(sema->arena, text->n * sizeof(struct ir_part)),
	};
	size_t bytes = 0;

	for (size_t i = 0; i < text->n; i++) {
		const struct ast_text_part *part = &text->parts[i];

		if (part->is_param) {
			add_param(sema, &out, part, types, where);
			continue;
		}
		add_literal(sema, &out, part->text);
		bytes += part->text.len;
	}
	if (bytes > WRIT_MAX_TEXT)
		diag_report(sema->diags, DIAG_E0452, text->span,
			    "this text is %zu bytes long; at most %u are possible", bytes,
			    WRIT_MAX_TEXT);
	else if (out.n > MAX_PARTS)
		diag_report(sema->diags, DIAG_E0452, text->span,
			    "this text has %zu parts, parameters and what stands between them; at "
			    "most %u are possible",
			    out.n, MAX_PARTS);
	return out;
}

bool sema_plain_text(struct sema *sema, const struct ast_text *text, const char *where,
		     struct str *out)
{
	struct ir_text lowered = sema_text(sema, text, 0, where);

	if (lowered.n > 1 || (lowered.n && lowered.parts[0].kind != IR_PART_LITERAL))
		return false;
	*out = lowered.n ? lowered.parts[0].literal : STR("");
	return true;
}

static int part_cmp(const struct ir_part *a, const struct ir_part *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == IR_PART_PARAM && a->param != b->param)
		return a->param < b->param ? -1 : 1;
	return a->kind == IR_PART_LITERAL ? str_cmp(a->literal, b->literal) : 0;
}

int sema_text_cmp(const struct ir_text *a, const struct ir_text *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		int order = part_cmp(&a->parts[i], &b->parts[i]);

		if (order)
			return order;
	}
	return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

static struct str directory_of(struct str path)
{
	while (path.len && path.ptr[path.len - 1] != '/')
		path.len--;
	return path;
}

/*
 * Files are named relative to the directory of the first one: an absolute name, or one that depends
 * on where the compiler was called, would make equal sources give different bundles.
 */
static struct str stable_name(const struct sema *sema, struct str path)
{
	struct str root = directory_of(sema->diags->sources->files.items[0].path);

	if (path.len >= root.len && memcmp(path.ptr, root.ptr, root.len) == 0)
		return (struct str){path.ptr + root.len, path.len - root.len};
	root = directory_of(path);
	return (struct str){path.ptr + root.len, path.len - root.len};
}

struct ir_origin sema_origin(const struct sema *sema, struct span span)
{
	const struct sources *sources = sema->diags->sources;
	struct span place = source_map(sources, span);
	struct line_col at = source_line_col(sources, place.file, place.begin);

	return (struct ir_origin){
		.file = stable_name(sema, sources->files.items[place.file].path),
		.line = at.line,
		.col = at.col,
	};
}
