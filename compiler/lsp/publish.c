/*
 * Diagnostics as the protocol has them: grouped by file, each file's in the order of its text.
 *
 * Notes with a place become related information; help, which has none, becomes a further line of
 * the message. A file that several policies import has what is wrong with it once.
 */
#include "lsp/features.h"
#include "lsp/json.h"

enum { SEVERITY_ERROR = 1, SEVERITY_WARNING = 2, TAG_UNNECESSARY = 1 };

static json_t *related_json(const struct workspace *workspace, const struct analysis *analysis,
			    const struct diag_note *note)
{
	json_t *related = lsp_object();

	lsp_set(related, "location", analysis_location(workspace, analysis, note->span));
	lsp_set(related, "message", lsp_text(note->text));
	return related;
}

/* What could be taken out: editors show it faded. */
static bool is_unnecessary(enum diag_code code)
{
	static const enum diag_code codes[] = {
		DIAG_W0111, DIAG_W0112, DIAG_W0114, DIAG_W0115, DIAG_W0201,
		DIAG_W0202, DIAG_W0203, DIAG_W0204, DIAG_W0301, DIAG_W0314,
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

static json_t *diag_json(struct workspace *workspace, const struct analysis *analysis,
			 const struct diag *diag, struct span span)
{
	struct str message = diag->message;
	json_t *related = lsp_array(), *out = lsp_object();

	for (size_t i = 0; i < diag->notes.n; i++) {
		const struct diag_note *note = &diag->notes.items[i];

		if (note->span.file == SPAN_NO_FILE)
			message = str_printf(&workspace->scratch, "%.*s\n%s: %.*s",
					     STR_ARG(message), note->is_help ? "help" : "note",
					     STR_ARG(note->text));
		else
			lsp_push(related, related_json(workspace, analysis, note));
	}
	lsp_set(out, "range", analysis_range(workspace, analysis, span));
	lsp_set(out, "severity",
		json_integer(diag->severity == DIAG_ERROR ? SEVERITY_ERROR : SEVERITY_WARNING));
	lsp_set(out, "code", json_string(diag_info(diag->code)->code));
	lsp_set(out, "source", json_string("writ"));
	lsp_set(out, "message", lsp_text(message));
	lsp_set(out, "relatedInformation", related);
	if (is_unnecessary(diag->code))
		lsp_set(out, "tags", lsp_must(json_pack("[i]", TAG_UNNECESSARY)));
	return out;
}

static json_t *file_diags(json_t *all, const char *uri)
{
	json_t *list = json_object_get(all, uri);

	if (!list) {
		list = lsp_array();
		lsp_set(all, uri, list);
	}
	return list;
}

static bool has_equal(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_equal(json_array_get(list, i), value))
			return true;
	}
	return false;
}

static void add_diags(struct workspace *workspace, const struct analysis *analysis, json_t *all)
{
	const struct diag_list *diags = &analysis->compilation.diags;

	for (size_t i = 0; i < diags->items.n; i++) {
		const struct diag *diag = &diags->items.items[i];
		struct span span = diag->span;
		json_t *list, *out;

		if (span.file == SPAN_NO_FILE) /* of the whole */
			span = (struct span){0, 0, 0};
		list = file_diags(all, analysis->views[span.file].uri.ptr);
		out = diag_json(workspace, analysis, diag, span);
		if (workspace->n > 1 && has_equal(list, out))
			json_decref(out);
		else
			lsp_push(list, out);
	}
}

json_t *feature_diagnostics(struct workspace *workspace)
{
	json_t *all = lsp_object();

	workspace_refresh(workspace);
	for (size_t i = 0; i < workspace->documents.n; i++)
		file_diags(all, workspace->documents.items[i]->uri);
	for (size_t i = 0; i < workspace->n; i++)
		add_diags(workspace, workspace->analyses[i], all);
	return all;
}
