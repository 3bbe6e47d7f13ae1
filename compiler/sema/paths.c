/*
 * Paths in policies, and filesystem grants: which paths, with which rights.
 *
 * A path is absolute, or begins with "~" or with a path parameter, and is brought to one spelling
 * ("//" and "/." are taken out, a slash at the end too), so that equal grants are one grant. What
 * could name another place than it seems to is an error: "..", a parameter that might hold a slash,
 * a parameter glued to a name. The IR has one entry a path, its rights joined, in canonical order.
 */
#include "sema/pass.h"

#include <stdlib.h>
#include <string.h>

/* What these expand to can't hold a slash or be "..". */
#define INNER_TYPES (SEMA_TYPE(AST_TYPE_PORT) | SEMA_TYPE(AST_TYPE_INT))
#define PATH_TYPES  (INNER_TYPES | SEMA_TYPE(AST_TYPE_PATH))

/* The parameter that a part names, or NULL for literals. */
static const struct ast_param *part_param(const struct sema *sema, const struct ir_part *part)
{
	if (part->kind != IR_PART_PARAM || part->param == IR_NONE)
		return NULL;
	return &sema->ast->params.items[sema->names[SEMA_PARAM].order[part->param]];
}

static bool is_path_param(const struct sema *sema, const struct ir_part *part)
{
	const struct ast_param *param = part_param(sema, part);

	return param && param->type == AST_TYPE_PATH;
}

/* "~" and "~/x" become a part of their own and the rest. */
static void split_home(struct sema *sema, struct ir_text *text)
{
	struct str first;
	struct ir_part *parts;

	if (!text->n || text->parts[0].kind != IR_PART_LITERAL)
		return;
	first = text->parts[0].literal;
	if (first.ptr[0] != '~' || (first.len > 1 && first.ptr[1] != '/'))
		return;
	/*
	 * "~${x}" would name a sibling of the home directory: sema_path_text finds it not absolute.
	 */
	if (first.len == 1 && text->n > 1)
		return;
	parts = arena_alloc(sema->arena, (text->n + 1) * sizeof(*parts));
	memcpy(parts + 1, text->parts, text->n * sizeof(*parts));
	parts[0] = (struct ir_part){.kind = IR_PART_HOME, .param = IR_NONE};
	parts[1].literal = (struct str){first.ptr + 1, first.len - 1};
	text->parts = parts;
	text->n = first.len == 1 ? 1 : text->n + 1;
}

struct str sema_tidy_path(struct arena *arena, struct str in, bool at_end)
{
	char *out = arena_alloc(arena, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		bool after_slash = n && out[n - 1] == '/';
		bool ends = i + 1 == in.len ? at_end : in.ptr[i + 1] == '/';

		if (after_slash && in.ptr[i] == '/')
			continue;
		if (after_slash && in.ptr[i] == '.' && ends)
			continue;
		out[n++] = in.ptr[i];
	}
	if (at_end && n > 1 && out[n - 1] == '/')
		n--;
	return (struct str){out, n};
}

static void tidy_all(struct sema *sema, struct ir_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->n; i++) {
		struct ir_part *part = &text->parts[i];

		if (part->kind == IR_PART_LITERAL) {
			part->literal = sema_tidy_path(sema->arena, part->literal,
						       i + 1 == text->n);
			/* A lone slash behind "~" or a parameter adds nothing. */
			if (i && i + 1 == text->n && str_eq(part->literal, STR("/")))
				continue;
		}
		text->parts[n++] = *part;
	}
	text->n = n;
}

static bool has_dot_dot(struct str literal)
{
	for (size_t i = 0; i + 2 <= literal.len; i++) {
		if (memcmp(literal.ptr + i, "..", 2) == 0 && (!i || literal.ptr[i - 1] == '/') &&
		    (i + 2 == literal.len || literal.ptr[i + 2] == '/'))
			return true;
	}
	return false;
}

static bool begins_with_slash(const struct ir_part *part)
{
	return part->kind == IR_PART_LITERAL && part->literal.ptr[0] == '/';
}

/* The reason why a lowered text is not a path that can be granted, or NULL. */
static const char *misplaced_part(const struct sema *sema, const struct ir_text *text)
{
	for (size_t i = 1; i < text->n; i++) {
		if (is_path_param(sema, &text->parts[i]))
			return "a path parameter can only stand at the beginning of a path";
	}
	if (text->n > 1 && is_path_param(sema, &text->parts[0]) &&
	    !begins_with_slash(&text->parts[1]))
		return "a path parameter must be followed by a slash or the end";
	return NULL;
}

/* "**" that is not a whole name: what it stood for could not be said in a sentence. */
static bool has_glued_stars(struct str literal, bool begins_name, bool ends_name)
{
	for (size_t i = 0; i + 2 <= literal.len; i++) {
		bool begins = i ? literal.ptr[i - 1] == '/' : begins_name;
		bool ends = i + 2 < literal.len ? literal.ptr[i + 2] == '/' : ends_name;

		if (memcmp(literal.ptr + i, "**", 2) == 0 && (!begins || !ends))
			return true;
	}
	return false;
}

static bool check_wildcards(struct sema *sema, const struct ast_text *text, size_t at,
			    bool wildcards)
{
	struct str literal = text->parts[at].text;

	if (!wildcards && memchr(literal.ptr, '*', literal.len)) {
		diag_report(sema->diags, DIAG_E0903, text->span,
			    "wildcards stand in 'deny' only; this must name one file or directory");
		return false;
	}
	if (has_glued_stars(literal, false, at + 1 == text->n)) {
		diag_report(sema->diags, DIAG_E0246, text->span,
			    "'**' stands for whole names: write \"/**/\" or \"/**\" at the end");
		return false;
	}
	return true;
}

static bool check_literals(struct sema *sema, const struct ast_text *text, bool wildcards)
{
	for (size_t i = 0; i < text->n; i++) {
		struct str literal = text->parts[i].text;

		if (text->parts[i].is_param)
			continue;
		if (has_dot_dot(literal)) {
			diag_report(sema->diags, DIAG_E0205, text->span,
				    "a path can't have '..' in it");
			return false;
		}
		if (!check_wildcards(sema, text, i, wildcards))
			return false;
	}
	return true;
}

static bool is_rooted(const struct sema *sema, const struct ir_text *text)
{
	if (!text->n)
		return false;
	return begins_with_slash(&text->parts[0]) || text->parts[0].kind == IR_PART_HOME ||
	       is_path_param(sema, &text->parts[0]);
}

static bool path_text(struct sema *sema, const struct ast_text *text, bool wildcards,
		      struct ir_text *out)
{
	size_t errors = sema->diags->errors;
	struct ir_text path = sema_text(sema, text, PATH_TYPES, "a path");
	const char *why;

	if (sema->diags->errors != errors || !check_literals(sema, text, wildcards))
		return false;
	split_home(sema, &path);
	if (!is_rooted(sema, &path)) {
		diag_report(sema->diags, DIAG_E0204, text->span,
			    "a path must be absolute, or begin with '~/' or a path parameter");
		return false;
	}
	why = misplaced_part(sema, &path);
	if (why) {
		diag_report(sema->diags, DIAG_E0203, text->span, "%s", why);
		return false;
	}
	tidy_all(sema, &path);
	*out = path;
	return true;
}

bool sema_path_text(struct sema *sema, const struct ast_text *text, struct ir_text *out)
{
	return path_text(sema, text, false, out);
}

bool sema_path_pattern(struct sema *sema, const struct ast_text *text, struct ir_text *out)
{
	return path_text(sema, text, true, out);
}

static const uint32_t rights[] = {
	[AST_FS_READ] = WRIT_PATH_READ,
	[AST_FS_WRITE] = WRIT_PATH_WRITE,
	[AST_FS_EXECUTE] = WRIT_PATH_EXECUTE,
};

static void add_path(struct sema *sema, struct sema_box *box, const struct ast_grant *grant,
		     struct ir_text text)
{
	struct ir_path path = {
		.text = text,
		.rights = rights[grant->kind] | (grant->required ? WRIT_PATH_REQUIRED : 0),
		.origin = sema_origin(sema, grant->span),
	};

	vec_add(sema->arena, &box->paths, path);
}

static void add_set(struct sema *sema, struct sema_box *box, const struct ast_grant *grant)
{
	const struct sema_set *set = sema_set(sema, &grant->set, AST_SET_PATHS);

	for (size_t i = 0; set && i < set->items.n; i++) {
		struct ir_text text;

		if (sema_item_path(sema, set->items.items[i], false, &text))
			add_path(sema, box, grant, text);
	}
}

static void paths_own(struct sema *sema, struct sema_box *box)
{
	for (size_t i = 0; i < box->ast->grants.n; i++) {
		const struct ast_grant *grant = &box->ast->grants.items[i];
		struct ir_text text;

		if (grant->kind > AST_FS_EXECUTE)
			continue;
		if (grant->is_set)
			add_set(sema, box, grant);
		else if (sema_path_text(sema, &grant->text, &text))
			add_path(sema, box, grant, text);
	}
}

static void paths_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	for (size_t i = 0; i < parent->paths.n; i++)
		vec_add(sema->arena, &box->paths, parent->paths.items[i]);
}

static int path_cmp(const void *left, const void *right)
{
	const struct ir_path *a = left, *b = right;
	int order = sema_text_cmp(&a->text, &b->text);

	if (!order)
		order = str_cmp(a->origin.file, b->origin.file);
	if (!order && a->origin.line != b->origin.line)
		order = a->origin.line < b->origin.line ? -1 : 1;
	if (!order && a->origin.col != b->origin.col)
		order = a->origin.col < b->origin.col ? -1 : 1;
	return order;
}

static void paths_settle(struct sema *sema, struct sema_box *box)
{
	struct sema_paths *paths = &box->paths;
	size_t n = 0;

	(void)sema;
	if (!paths->n)
		return;
	qsort(paths->items, paths->n, sizeof(*paths->items), path_cmp);
	for (size_t i = 0; i < paths->n; i++) {
		if (n && !sema_text_cmp(&paths->items[n - 1].text, &paths->items[i].text))
			paths->items[n - 1].rights |= paths->items[i].rights;
		else
			paths->items[n++] = paths->items[i];
	}
	paths->n = n;
}

const struct sema_section sema_filesystem = {paths_own, paths_inherit, paths_settle};
