/*
 * Changes of the text that the compiler proposes: the canonical form, and what it asks whether it
 * was meant.
 */
#include <string.h>

#include "front/fmt.h"
#include "lsp/features.h"
#include "lsp/json.h"

#define GUESS "did you mean '"

static json_t *edit_json(json_t *range, struct str text)
{
	json_t *edit = lsp_object();

	lsp_set(edit, "range", range);
	lsp_set(edit, "newText", lsp_text(text));
	return edit;
}

/* One edit of all that lies between the common begin and the common end of the two texts. */
static json_t *replacement(const struct workspace *workspace, const struct lines *lines,
			   struct str to)
{
	struct str from = lines->text;
	size_t begin = 0, end = 0;

	while (begin < from.len && begin < to.len && from.ptr[begin] == to.ptr[begin])
		begin++;
	while (begin && begin < from.len && from.ptr[begin - 1] != '\n')
		begin--; /* whole lines: no character is cut */
	while (end < from.len - begin && end < to.len - begin &&
	       from.ptr[from.len - 1 - end] == to.ptr[to.len - 1 - end])
		end++;
	while (end && from.ptr[from.len - end - (end < from.len)] != '\n')
		end--;
	return edit_json(lines_range(lines, workspace->encoding, (uint32_t)begin,
				     (uint32_t)(from.len - end)),
			 (struct str){to.ptr + begin, to.len - end - begin});
}

json_t *feature_formatting(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct sources sources = {.arena = &workspace->scratch};
	struct document *document = documents_find(&workspace->documents,
						   lsp_str_at(params, "textDocument.uri"));
	struct diag_list diags;
	struct lines lines;
	struct str out;
	json_t *edits;

	if (!document)
		return NULL;
	diag_init(&diags, &workspace->scratch, &sources);
	if (fmt_source(&workspace->scratch, &diags,
		       source_add(&sources, str_from(document->path), document_text(document)),
		       &out)) {
		*refused = STR("only a policy in Writ's own syntax, without syntax errors, can be "
			       "formatted");
		return NULL;
	}
	edits = lsp_array();
	lines_index(&workspace->scratch, document_text(document), &lines);
	if (!str_eq(out, lines.text))
		lsp_push(edits, replacement(workspace, &lines, out));
	return edits;
}

/* What the compiler guesses was meant; .ptr NULL when it does not. */
static struct str guess_of(const struct diag *diag)
{
	for (size_t i = 0; i < diag->notes.n; i++) {
		struct str text = diag->notes.items[i].text;
		size_t begin = strlen(GUESS);
		const char *end;

		if (text.len <= begin || memcmp(text.ptr, GUESS, begin) != 0)
			continue;
		end = memchr(text.ptr + begin, '\'', text.len - begin);
		if (end)
			return (struct str){text.ptr + begin, (size_t)(end - text.ptr) - begin};
	}
	return (struct str){0};
}

static json_t *action_json(struct workspace *workspace, const struct target *target,
			   const struct diag *diag, struct str guess)
{
	json_t *action = lsp_object(), *edit = lsp_object(), *changes = lsp_object();
	json_t *edits = lsp_array();
	struct str title = str_printf(&workspace->scratch, "Change to '%.*s'", STR_ARG(guess));

	lsp_push(edits, edit_json(analysis_range(workspace, target->analysis, diag->span), guess));
	lsp_set(changes, target->document->uri, edits);
	lsp_set(edit, "changes", changes);
	lsp_set(action, "title", lsp_text(title));
	lsp_set(action, "kind", json_string("quickfix"));
	lsp_set(action, "isPreferred", json_true());
	lsp_set(action, "edit", edit);
	return action;
}

json_t *feature_actions(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct position first, last;
	struct target target;
	uint32_t begin, end;
	json_t *actions;

	(void)refused;
	if (!position_read(lsp_at(params, "range.start"), &first) ||
	    !position_read(lsp_at(params, "range.end"), &last) ||
	    !target_find(workspace, params, &target))
		return NULL;
	begin = (uint32_t)position_offset(document_text(target.document), workspace->encoding,
					  first);
	end = (uint32_t)position_offset(document_text(target.document), workspace->encoding, last);
	actions = lsp_array();
	for (size_t i = 0; i < target.analysis->compilation.diags.items.n; i++) {
		const struct diag *diag = &target.analysis->compilation.diags.items.items[i];
		struct str guess = guess_of(diag);

		if (diag->span.file == target.file && diag->span.begin <= end &&
		    diag->span.end >= begin && guess.ptr)
			lsp_push(actions, action_json(workspace, &target, diag, guess));
	}
	return actions;
}
