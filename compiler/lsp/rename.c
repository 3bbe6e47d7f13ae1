/*
 * Renaming: one name for another in all the files of all the policies that have the document.
 *
 * A policy that is renamed must mean what it meant. So it is refused while the text has syntax
 * errors, since names could be missing then; when the new name is taken, or is none; when a
 * wildcard matches only one of the two names; and for names that are not in the text as they are.
 */
#include <string.h>

#include "base/map.h"
#include "ir/ir.h"
#include "lsp/features.h"
#include "lsp/json.h"
#include "tables/syscalls.h"

#define DIGITS       "0123456789"
#define LETTERS      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define TOOL_LETTERS LETTERS DIGITS ".-"

struct renaming {
	struct workspace *workspace;
	const struct target *target;
	struct str to;
	struct str *refused;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct renaming *renaming,
							 const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*renaming->refused = str_copy(&renaming->workspace->scratch, text, strlen(text));
	return false;
}

static bool is_made_of(struct str text, const char *letters)
{
	if (!text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!text.ptr[i] || !strchr(letters, text.ptr[i]))
			return false;
	}
	return true;
}

static bool is_identifier(struct str text)
{
	return is_made_of(text, LETTERS DIGITS) && !strchr(DIGITS, text.ptr[0]) &&
	       !str_eq_cstr(text, "not");
}

static bool is_name(enum ref_kind kind, struct str text)
{
	switch (kind) {
	case REF_TOOL:
		return is_made_of(text, TOOL_LETTERS) && !str_eq_cstr(text, "not");
	case REF_USER:
		return text.len && !memchr(text.ptr, '"', text.len) &&
		       !memchr(text.ptr, '\\', text.len) && !memchr(text.ptr, '$', text.len) &&
		       !memchr(text.ptr, '\n', text.len);
	case REF_SET:
		return is_identifier(text) && !syscall_exists(text);
	case REF_PARAM:
	case REF_SANDBOX:
	case REF_ROLE:
	case REF_ARG:
		return is_identifier(text);
	case REF_FILE:
		break;
	}
	return false;
}

/* Sets and tools stand in the same places. */
static bool share_names(enum ref_kind a, enum ref_kind b)
{
	bool a_is_tool = a == REF_SET || a == REF_TOOL, b_is_tool = b == REF_SET || b == REF_TOOL;

	return a == b || (a_is_tool && b_is_tool);
}

/* Is the new name in use, where it would be the same as the old one's? */
static bool takes(const struct analysis *analysis, const struct mention *mention,
		  const struct mention *wanted, struct str to)
{
	if (!share_names(mention->ref->kind, wanted->ref->kind) || !str_eq(mention->ref->name, to))
		return false;
	return wanted->ref->kind != REF_ARG || mention_shares_tool(analysis, wanted, mention);
}

static bool is_wildcard_of_one(const struct mention *mention, struct str from, struct str to)
{
	struct str pattern = mention->ref->name;

	return mention->ref->kind == REF_TOOL && !ir_pattern_is_exact(pattern) &&
	       ir_pattern_matches(pattern, from) != ir_pattern_matches(pattern, to);
}

static bool check_mention(struct renaming *renaming, const struct analysis *analysis,
			  const struct mention *mention)
{
	const struct mention *wanted = renaming->target->mention;
	struct str from = wanted->ref->name;

	if (takes(analysis, mention, wanted, renaming->to))
		return refuse(renaming, "'%.*s' is taken", STR_ARG(renaming->to));
	if (wanted->ref->kind == REF_TOOL && is_wildcard_of_one(mention, from, renaming->to))
		return refuse(renaming, "'%.*s' matches only one of '%.*s' and '%.*s'",
			      STR_ARG(mention->ref->name), STR_ARG(from), STR_ARG(renaming->to));
	if (mention_is_same(analysis, wanted, mention) && mention->made_up)
		return refuse(renaming, "the name does not stand everywhere as it is");
	return true;
}

/* Syntax errors hide names. */
static bool is_complete(const struct analysis *analysis)
{
	const struct diag_list *diags = &analysis->compilation.diags;

	for (size_t i = 0; i < diags->items.n; i++) {
		if (strncmp(diag_info(diags->items.items[i].code)->code, "E00", 3) == 0)
			return false;
	}
	return true;
}

static bool has_document(const struct renaming *renaming, size_t i)
{
	return analysis_file(renaming->workspace->analyses[i], renaming->target->document) !=
	       SPAN_NO_FILE;
}

static bool check(struct renaming *renaming)
{
	const struct mention *wanted = renaming->target->mention;
	const struct workspace *workspace = renaming->workspace;

	if (wanted->ref->kind == REF_FILE)
		return refuse(renaming, "a file is renamed on disk");
	if (wanted->ref->kind == REF_TOOL && !ir_pattern_is_exact(wanted->ref->name))
		return refuse(renaming, "a pattern is no name");
	if (!is_name(wanted->ref->kind, renaming->to))
		return refuse(renaming, "'%.*s' can't be a name here", STR_ARG(renaming->to));
	for (size_t i = 0; i < workspace->n; i++) {
		const struct analysis *analysis = workspace->analyses[i];

		if (!has_document(renaming, i))
			continue;
		if (!is_complete(analysis))
			return refuse(renaming, "the policy has syntax errors");
		if (mention_is_tied(analysis, wanted))
			return refuse(renaming,
				      "a condition means this argument of other tools too");
		for (size_t m = 0; m < analysis->mentions.n; m++) {
			if (!check_mention(renaming, analysis, &analysis->mentions.items[m]))
				return false;
		}
	}
	return true;
}

static json_t *edits_of(json_t *changes, const char *uri)
{
	json_t *edits = json_object_get(changes, uri);

	if (!edits) {
		edits = lsp_array();
		lsp_set(changes, uri, edits);
	}
	return edits;
}

/* seen has "OFFSET URI": several policies may have a file, which is edited once. */
static void add_edits(const struct renaming *renaming, const struct analysis *analysis,
		      struct map *seen, json_t *changes)
{
	struct arena *arena = &renaming->workspace->scratch;

	for (size_t i = 0; i < analysis->mentions.n; i++) {
		const struct mention *mention = &analysis->mentions.items[i];
		struct str uri = analysis->views[mention->name.file].uri;
		json_t *edit;

		if (!mention_is_same(analysis, renaming->target->mention, mention) ||
		    !map_put(arena, seen,
			     str_printf(arena, "%u %.*s", mention->name.begin, STR_ARG(uri)), 0))
			continue;
		edit = lsp_object();
		lsp_set(edit, "range",
			analysis_range(renaming->workspace, analysis, mention->name));
		lsp_set(edit, "newText", lsp_text(renaming->to));
		lsp_push(edits_of(changes, uri.ptr), edit);
	}
}

json_t *feature_rename(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct target target;
	struct renaming renaming = {workspace, &target, lsp_str_at(params, "newName"), refused};
	json_t *changes, *result;
	struct map seen = {0};

	if (!target_find(workspace, params, &target) || !target.mention) {
		refuse(&renaming, "there is no name here");
		return NULL;
	}
	if (!check(&renaming))
		return NULL;
	changes = lsp_object();
	for (size_t i = 0; i < workspace->n; i++) {
		if (has_document(&renaming, i))
			add_edits(&renaming, workspace->analyses[i], &seen, changes);
	}
	result = lsp_object();
	lsp_set(result, "changes", changes);
	return result;
}

json_t *feature_prepare_rename(struct workspace *workspace, const json_t *params,
			       struct str *refused)
{
	struct target target;
	const struct ref *ref;
	json_t *result;

	(void)refused;
	if (!target_find(workspace, params, &target) || !target.mention || target.mention->made_up)
		return NULL;
	ref = target.mention->ref;
	if (ref->kind == REF_FILE || (ref->kind == REF_TOOL && !ir_pattern_is_exact(ref->name)))
		return NULL;
	result = lsp_object();
	lsp_set(result, "range", analysis_range(workspace, target.analysis, target.mention->name));
	lsp_set(result, "placeholder", lsp_text(ref->name));
	return result;
}
