/*
 * Which policies the open documents belong to, compiled when they change.
 *
 * Edits come in; analyses go out, one for each policy that an open document is or is part of.
 * Invariant: after workspace_refresh every open document is in at least one analysis.
 */
#include "lsp/workspace.h"

#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"
#include "lsp/importer.h"
#include "lsp/json.h"

void workspace_init(struct workspace *workspace)
{
	*workspace = (struct workspace){0};
	arena_init(&workspace->scratch);
}

static void analysis_free(struct analysis *analysis)
{
	compilation_fini(&analysis->compilation);
	free(analysis->root);
	free(analysis);
}

static void drop(struct workspace *workspace, size_t index)
{
	analysis_free(workspace->analyses[index]);
	workspace->analyses[index] = workspace->analyses[--workspace->n];
	workspace->changed = true;
}

void workspace_forget(struct workspace *workspace)
{
	while (workspace->n)
		drop(workspace, workspace->n - 1);
	for (size_t i = 0; i < workspace->documents.n; i++)
		importer_forget(workspace->documents.items[i]);
	workspace->changed = true;
}

void workspace_fini(struct workspace *workspace)
{
	workspace_forget(workspace);
	documents_fini(&workspace->documents);
	arena_fini(&workspace->scratch);
}

uint32_t analysis_file(const struct analysis *analysis, const struct document *document)
{
	const struct sources *sources = &analysis->compilation.sources;

	for (uint32_t i = 0; i < sources->files.n; i++) {
		if (document && analysis->views[i].document == document)
			return i;
	}
	return SPAN_NO_FILE;
}

void workspace_edited(struct workspace *workspace, const struct document *document)
{
	for (size_t i = workspace->n; i-- > 0;) {
		if (analysis_file(workspace->analyses[i], document) != SPAN_NO_FILE)
			drop(workspace, i);
	}
	workspace->changed = true;
}

static bool overlay_text(void *context, struct str path, struct str *out)
{
	const struct document *document = documents_at(context, path);

	if (document)
		*out = document_text(document);
	return document;
}

static void view_files(struct workspace *workspace, struct analysis *analysis)
{
	struct arena *arena = &analysis->compilation.arena;
	const struct sources *sources = &analysis->compilation.sources;

	analysis->views = arena_alloc(arena, sources->files.n * sizeof(struct view));
	for (size_t i = 0; i < sources->files.n; i++) {
		const struct source_file *file = &sources->files.items[i];
		struct view *view = &analysis->views[i];

		if (file->original != SPAN_NO_FILE)
			continue;
		view->document = documents_at(&workspace->documents, file->path);
		view->uri = view->document ? str_copy(arena, view->document->uri,
						      strlen(view->document->uri))
					   : document_uri(arena, file->path);
		lines_index(arena, file->text, &view->lines);
	}
}

struct str analysis_text(const struct analysis *analysis, struct span span)
{
	struct str text = analysis->compilation.sources.files.items[span.file].text;

	return (struct str){text.ptr + span.begin, span.end - span.begin};
}

/* Without the quotes of a user or the "${}" of a parameter. */
static struct span name_span(const struct analysis *analysis, struct span span)
{
	struct str text = analysis_text(analysis, span);

	if (text.len > 3 && text.ptr[0] == '$' && text.ptr[1] == '{')
		return (struct span){span.file, span.begin + 2, span.end - 1};
	if (text.len > 1 && (text.ptr[0] == '"' || text.ptr[0] == '\''))
		return (struct span){span.file, span.begin + 1, span.end - 1};
	return span;
}

static void collect_mentions(struct analysis *analysis)
{
	struct arena *arena = &analysis->compilation.arena;
	const struct sources *sources = &analysis->compilation.sources;
	struct refs *refs = arena_new(arena, struct refs);

	refs_collect(arena, &analysis->compilation.ast, refs);
	for (size_t i = 0; i < refs->n; i++) {
		const struct ref *ref = &refs->items[i];
		struct mention *mention;

		if (ref->span.file == SPAN_NO_FILE)
			continue;
		mention = vec_push(arena, &analysis->mentions);
		mention->ref = ref;
		mention->span = source_map(sources, ref->span);
		mention->name = name_span(analysis, mention->span);
		mention->made_up = !str_eq(analysis_text(analysis, mention->name), ref->name);
	}
}

/* Compiles the policy at path; false when it can't be read, and nothing is added then. */
static bool analyse(struct workspace *workspace, const char *path)
{
	struct analysis *analysis;

	if (workspace->n == DOCUMENTS_MAX)
		return false;
	analysis = calloc(1, sizeof(*analysis));
	if (!analysis)
		arena_die();
	compilation_init(&analysis->compilation);
	analysis->compilation.sources.overlay = (struct source_overlay){overlay_text,
									&workspace->documents};
	analysis->root = strdup(path);
	if (!analysis->root)
		arena_die();
	if (compile_check(&analysis->compilation, str_from(path))) {
		analysis_free(analysis);
		return false;
	}
	view_files(workspace, analysis);
	collect_mentions(analysis);
	workspace->analyses[workspace->n++] = analysis;
	return true;
}

/* The analysis of the policy at path, or n. */
static size_t find_root(const struct workspace *workspace, const char *path)
{
	size_t i = 0;

	while (i < workspace->n && strcmp(workspace->analyses[i]->root, path) != 0)
		i++;
	return i;
}

static bool is_part(const struct workspace *workspace, const struct document *document)
{
	for (size_t i = 0; i < workspace->n; i++) {
		const struct analysis *analysis = workspace->analyses[i];

		if (strcmp(analysis->root, document->path) != 0 &&
		    analysis_file(analysis, document) != SPAN_NO_FILE)
			return true;
	}
	return false;
}

/* A document without a policy line: with the policy that imports it, or else alone. */
static void refresh_part(struct workspace *workspace, struct document *document)
{
	size_t own = find_root(workspace, document->path);
	const char *importer;

	if (is_part(workspace, document)) {
		if (own < workspace->n)
			drop(workspace, own);
		return;
	}
	if (own < workspace->n)
		return;
	importer = importer_find(document);
	if (importer && analyse(workspace, importer)) {
		if (is_part(workspace, document))
			return;
		drop(workspace, workspace->n - 1);
	}
	analyse(workspace, document->path);
}

void workspace_refresh(struct workspace *workspace)
{
	const struct documents *documents = &workspace->documents;

	for (size_t i = 0; i < documents->n; i++) {
		if (importer_is_policy(documents->items[i]) &&
		    find_root(workspace, documents->items[i]->path) == workspace->n)
			analyse(workspace, documents->items[i]->path);
	}
	for (size_t i = 0; i < documents->n; i++) {
		if (!importer_is_policy(documents->items[i]))
			refresh_part(workspace, documents->items[i]);
	}
}

json_t *analysis_range(const struct workspace *workspace, const struct analysis *analysis,
		       struct span span)
{
	return lines_range(&analysis->views[span.file].lines, workspace->encoding, span.begin,
			   span.end);
}

json_t *analysis_location(const struct workspace *workspace, const struct analysis *analysis,
			  struct span span)
{
	json_t *location = lsp_object();

	lsp_set(location, "uri", lsp_text(analysis->views[span.file].uri));
	lsp_set(location, "range", analysis_range(workspace, analysis, span));
	return location;
}

const struct mention *analysis_mention_at(const struct analysis *analysis, uint32_t file,
					  uint32_t offset)
{
	const struct mention *best = NULL;

	for (size_t i = 0; i < analysis->mentions.n; i++) {
		const struct mention *mention = &analysis->mentions.items[i];
		struct span span = mention->span;

		if (span.file != file || offset < span.begin || offset > span.end)
			continue;
		/* Of a parameter in a user's name, the parameter; of neighbours, the right one. */
		if (!best || span.begin >= best->span.begin)
			best = mention;
	}
	return best;
}

bool target_find(struct workspace *workspace, const json_t *params, struct target *out)
{
	struct position at = {0};
	struct document *document = documents_find(&workspace->documents,
						   lsp_str_at(params, "textDocument.uri"));

	if (!document)
		return false;
	workspace_refresh(workspace);
	(void)position_read(lsp_at(params, "position"), &at);
	*out = (struct target){.document = document, .file = SPAN_NO_FILE};
	out->offset = (uint32_t)position_offset(document_text(document), workspace->encoding, at);
	for (size_t i = 0; i < workspace->n; i++) {
		struct analysis *analysis = workspace->analyses[i];
		uint32_t file = analysis_file(analysis, document);
		bool own = strcmp(analysis->root, document->path) == 0;

		if (file == SPAN_NO_FILE || (out->analysis && !own))
			continue;
		out->analysis = analysis;
		out->file = file;
	}
	if (!out->analysis)
		return false;
	out->mention = analysis_mention_at(out->analysis, out->file, out->offset);
	return true;
}
