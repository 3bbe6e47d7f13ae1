/*
 * Where a name is declared and where it is used, in every policy that has the document.
 *
 * Names are compared by kind and text; a declaration of a tool with wildcards is one of every tool
 * that it matches. What several policies share is listed once.
 */
#include "base/map.h"
#include "ir/ir.h"
#include "lsp/features.h"
#include "lsp/json.h"

enum { HIGHLIGHT_READ = 2, HIGHLIGHT_WRITE = 3 };

/* Places that were found: by several policies perhaps, and then once. */
struct places {
	struct workspace *workspace;
	struct map seen; /* "OFFSET URI" */
	json_t *list;
};

static void add_place(struct places *places, const struct analysis *analysis, struct span span)
{
	struct arena *arena = &places->workspace->scratch;
	struct str uri = analysis->views[span.file].uri;
	struct str key = str_printf(arena, "%u %.*s", span.begin, STR_ARG(uri));

	if (map_put(arena, &places->seen, key, 0))
		lsp_push(places->list, analysis_location(places->workspace, analysis, span));
}

/* An exact declaration, or a pattern that a tool belongs to. */
static bool declares(const struct analysis *analysis, const struct mention *candidate,
		     const struct mention *wanted)
{
	if (!candidate->ref->declares)
		return false;
	if (mention_is_same(analysis, wanted, candidate))
		return true;
	return wanted->ref->kind == REF_TOOL && candidate->ref->kind == REF_TOOL &&
	       ir_patterns_overlap(candidate->ref->name, wanted->ref->name);
}

static json_t *import_location(struct workspace *workspace, const struct target *target)
{
	const struct ast *ast = &target->analysis->compilation.ast;

	for (size_t i = 0; i < ast->imports.n; i++) {
		const struct ast_import *import = &ast->imports.items[i];
		struct span begin = {import->file, 0, 0};

		if (import->path.span.begin != target->mention->ref->span.begin ||
		    import->path.span.file != target->mention->ref->span.file ||
		    import->file == SPAN_NO_FILE)
			continue;
		return analysis_location(workspace, target->analysis, begin);
	}
	return NULL;
}

json_t *feature_definition(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct places places = {.workspace = workspace};
	struct target target;
	bool exact = false;

	(void)refused;
	if (!target_find(workspace, params, &target) || !target.mention)
		return NULL;
	if (target.mention->ref->kind == REF_FILE)
		return import_location(workspace, &target);
	places.list = lsp_array();
	for (size_t i = 0; i < target.analysis->mentions.n; i++) {
		const struct mention *mention = &target.analysis->mentions.items[i];
		bool same = mention_is_same(target.analysis, target.mention, mention);

		if (!declares(target.analysis, mention, target.mention) || (exact && !same))
			continue;
		if (same && !exact)
			json_array_clear(places.list);
		exact = same;
		add_place(&places, target.analysis, mention->name);
	}
	return places.list;
}

static void add_references(struct places *places, const struct analysis *analysis,
			   const struct mention *wanted, bool declarations)
{
	for (size_t i = 0; i < analysis->mentions.n; i++) {
		const struct mention *mention = &analysis->mentions.items[i];

		if (mention_is_same(analysis, wanted, mention) &&
		    (declarations || !mention->ref->declares))
			add_place(places, analysis, mention->name);
	}
}

json_t *feature_references(struct workspace *workspace, const json_t *params, struct str *refused)
{
	bool declarations = json_is_true(lsp_at(params, "context.includeDeclaration"));
	struct places places = {.workspace = workspace};
	struct target target;

	(void)refused;
	if (!target_find(workspace, params, &target) || !target.mention)
		return NULL;
	places.list = lsp_array();
	for (size_t i = 0; i < workspace->n; i++) {
		if (analysis_file(workspace->analyses[i], target.document) != SPAN_NO_FILE)
			add_references(&places, workspace->analyses[i], target.mention,
				       declarations);
	}
	return places.list;
}

json_t *feature_highlights(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct target target;
	json_t *found;

	(void)refused;
	if (!target_find(workspace, params, &target) || !target.mention)
		return NULL;
	found = lsp_array();
	for (size_t i = 0; i < target.analysis->mentions.n; i++) {
		const struct mention *mention = &target.analysis->mentions.items[i];
		json_t *highlight;

		if (mention->span.file != target.file ||
		    !mention_is_same(target.analysis, target.mention, mention))
			continue;
		highlight = lsp_object();
		lsp_set(highlight, "range",
			analysis_range(workspace, target.analysis, mention->name));
		lsp_set(highlight, "kind",
			json_integer(mention->ref->declares ? HIGHLIGHT_WRITE : HIGHLIGHT_READ));
		lsp_push(found, highlight);
	}
	return found;
}
