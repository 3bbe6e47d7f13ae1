/*
 * Completion: what may stand at the cursor.
 *
 * A table says for each place of the language which words and which kinds of names can follow; the
 * first row that fits decides. Names are those of the policy the document belongs to, as far as it
 * can be parsed.
 */
#include <string.h>

#include "base/map.h"
#include "front/words.h"
#include "front/yaml.h"
#include "lsp/features.h"
#include "lsp/json.h"
#include "lsp/place.h"
#include "lsp/words.h"
#include "tables/syscall_args.h"
#include "tables/syscalls.h"

enum {
	OFFER_DECLARATIONS = 1 << 0,
	OFFER_SECTIONS = 1 << 1,
	OFFER_PARAM_TYPES = 1 << 2,
	OFFER_ARG_TYPES = 1 << 3,
	OFFER_CLASSES = 1 << 4,
	OFFER_SET_KINDS = 1 << 5,
	OFFER_RATE_UNITS = 1 << 6,
	OFFER_ROLES = 1 << 7,
	OFFER_TOOLS = 1 << 8,
	OFFER_SANDBOXES = 1 << 9,
	OFFER_PARAMS = 1 << 10,
	OFFER_ARGS = 1 << 11,
	OFFER_GROUPS = 1 << 12,
	OFFER_CALLS = 1 << 13,
	OFFER_CALL_ARGS = 1 << 14,
	OFFER_CONSTANTS = 1 << 15,
	OFFER_ERRNOS = 1 << 16,
	OFFER_LIMITS = 1 << 17,
	OFFER_SETS = 1 << 18, /* shifted by the kind of set: to 1 << 21 */
};

#define OFFER_SETS_OF(kind) (OFFER_SETS << (kind))
#define PATH_SETS           OFFER_SETS_OF(AST_SET_PATHS)
#define HOST_SETS           OFFER_SETS_OF(AST_SET_HOSTS)
#define CALL_SETS           OFFER_SETS_OF(AST_SET_SYSCALLS)
#define TOOL_SETS           OFFER_SETS_OF(AST_SET_TOOLS)

/* NULL is anything; "" is nothing yet; of prev, one of several words. */
struct row {
	enum block block;
	int names; /* OFFER_* */
	const char *lead, *marker, *prev;
	const char *words;
};

static const struct row rows[] = {
	{BLOCK_TOP, OFFER_DECLARATIONS, "", NULL, NULL, ""},
	{BLOCK_TOP, 0, "policy", NULL, NULL, "version"},
	{BLOCK_TOP, OFFER_PARAM_TYPES, "param", NULL, ":", ""},
	{BLOCK_TOP, OFFER_SET_KINDS, "set", NULL, ":", ""},
	{BLOCK_TOP, OFFER_ROLES, "role", NULL, "extends ,", ""},
	{BLOCK_TOP, 0, "role", "", NULL, "extends"},
	{BLOCK_TOP, OFFER_SANDBOXES, "sandbox", NULL, "extends ,", ""},
	{BLOCK_TOP, 0, "sandbox", "", NULL, "extends"},
	{BLOCK_TOP, OFFER_ROLES, "user", ":", NULL, ""},
	{BLOCK_TOP, OFFER_ROLES, "conflict", NULL, "conflict", "session"},
	{BLOCK_TOP, OFFER_ROLES, "conflict", NULL, NULL, ""},
	{BLOCK_TOP, OFFER_PARAMS, "test", "with", "with ,", ""},
	{BLOCK_TOP, 0, "test", "", NULL, "with"},
	{BLOCK_TOOL, 0, "", NULL, NULL, "class sandbox arg describe"},
	{BLOCK_TOOL, OFFER_CLASSES, "class", NULL, NULL, ""},
	{BLOCK_TOOL, OFFER_SANDBOXES, "sandbox", NULL, NULL, ""},
	{BLOCK_TOOL, OFFER_ARG_TYPES, "arg", NULL, ":", ""},
	{BLOCK_TOOL, 0, "arg", ":", NULL, "secret"},
	{BLOCK_SANDBOX, OFFER_SECTIONS, "", NULL, NULL, "user"},
	{BLOCK_SANDBOX, 0, "strict", NULL, NULL, "exec"},
	{BLOCK_FILESYSTEM, 0, "", NULL, NULL, "read write execute deny scratch"},
	{BLOCK_FILESYSTEM, PATH_SETS, NULL, NULL, "read write execute", "required"},
	{BLOCK_FILESYSTEM, PATH_SETS, NULL, NULL, NULL, ""},
	{BLOCK_NETWORK, 0, "", NULL, NULL, "connect bind unix deny"},
	{BLOCK_NETWORK, PATH_SETS, "unix", NULL, NULL, ""},
	{BLOCK_NETWORK, HOST_SETS, "connect", NULL, "connect ,", ""},
	{BLOCK_NETWORK, 0, "connect", NULL, NULL, "sni"},
	{BLOCK_NETWORK, HOST_SETS, NULL, NULL, NULL, ""},
	{BLOCK_SYSCALLS, 0, "", NULL, NULL, "allow deny"},
	{BLOCK_SYSCALLS, OFFER_ERRNOS, NULL, "errno", NULL, ""},
	{BLOCK_SYSCALLS, OFFER_CALLS | OFFER_GROUPS | CALL_SETS | OFFER_CALL_ARGS, NULL, NULL,
	 "allow deny ,", ""},
	{BLOCK_SYSCALLS, OFFER_CALL_ARGS, NULL, NULL, "(", ""},
	{BLOCK_SYSCALLS, OFFER_CONSTANTS, NULL, NULL, "== != < <= > >= & |", ""},
	{BLOCK_SYSCALLS, 0, NULL, NULL, NULL, "errno kill log notify in"},
	{BLOCK_VALUE_LIST, OFFER_CONSTANTS, NULL, NULL, NULL, ""},
	{BLOCK_LIMITS, OFFER_LIMITS, "", NULL, NULL, ""},
	{BLOCK_ENV, 0, "", NULL, NULL, "pass set secret"},
	{BLOCK_ROLE, 0, "", NULL, NULL, "allow deny ask"},
	{BLOCK_ROLE, OFFER_SANDBOXES, NULL, NULL, "using", ""},
	{BLOCK_ROLE, OFFER_RATE_UNITS, NULL, "rate", "/", ""},
	{BLOCK_ROLE, 0, NULL, "rate", NULL, "burst"},
	{BLOCK_ROLE, 0, NULL, "using", NULL, "rate"},
	{BLOCK_ROLE, OFFER_ARGS, NULL, "where", "where and or not (", "not"},
	{BLOCK_ROLE, PATH_SETS | HOST_SETS, NULL, "where", "in", ""},
	{BLOCK_ROLE, 0, NULL, "where", NULL, "and or in under matches present using rate"},
	{BLOCK_ROLE, OFFER_TOOLS | TOOL_SETS, NULL, NULL, "allow deny ask ,", ""},
	{BLOCK_ROLE, 0, NULL, NULL, NULL, "where using rate"},
	{BLOCK_AUDIT, 0, "", NULL, NULL, "required full"},
	{BLOCK_AUDIT, 0, "full", NULL, NULL, "block deny drop"},
	{BLOCK_TEST, 0, "", NULL, NULL, "allow deny ask sandbox"},
	{BLOCK_TEST, OFFER_SANDBOXES, "sandbox", NULL, NULL, ""},
	{BLOCK_TEST, OFFER_ROLES, NULL, NULL, "allow deny ask", ""},
	{BLOCK_TEST, OFFER_ARGS, NULL, NULL, "( ,", ""},
	{BLOCK_TEST, 0, NULL, NULL, "=", "true false"},
	{BLOCK_TEST, OFFER_TOOLS, NULL, NULL, NULL, ""},
	{BLOCK_BOX_TEST, 0, "", NULL, NULL, "allow deny"},
	{BLOCK_BOX_TEST, 0, NULL, NULL, "allow deny",
	 "read write execute connect bind unix syscall"},
	{BLOCK_BOX_TEST, OFFER_CALLS, NULL, NULL, "syscall", ""},
	{BLOCK_BOX_TEST, OFFER_CALL_ARGS, NULL, NULL, "( ,", ""},
	{BLOCK_BOX_TEST, OFFER_CONSTANTS, NULL, NULL, "=", ""},
};

static const struct row set_rows[] = {
	{BLOCK_SET, PATH_SETS, "paths", NULL, NULL, ""},
	{BLOCK_SET, HOST_SETS, "hosts", NULL, NULL, ""},
	{BLOCK_SET, OFFER_CALLS | OFFER_GROUPS | CALL_SETS, "syscalls", NULL, NULL, ""},
	{BLOCK_SET, OFFER_TOOLS | TOOL_SETS, "tools", NULL, NULL, ""},
};

static const struct row in_param = {BLOCK_UNKNOWN, OFFER_PARAMS, NULL, NULL, NULL, ""};

/* CompletionItemKind of the protocol. */
enum {
	ITEM_FUNCTION = 3,
	ITEM_VARIABLE = 6,
	ITEM_CLASS = 7,
	ITEM_MODULE = 9,
	ITEM_PROPERTY = 10,
	ITEM_UNIT = 11,
	ITEM_KEYWORD = 14,
	ITEM_CONSTANT = 21,
	ITEM_STRUCT = 22,
};

struct offers {
	struct workspace *workspace;
	const struct target *target;
	struct place place;
	json_t *range; /* of the word being typed */
	struct map seen;
	json_t *items;
};

static bool is_word(struct str token, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (str_eq(token, (struct str){words, len}))
			return true;
		words += len + (words[len] == ' ');
	}
	return false;
}

static bool fits(const struct row *row, const struct place *place)
{
	if (row->block != place->block || (row->lead && !str_eq_cstr(place->lead, row->lead)))
		return false;
	if (row->marker && !str_eq_cstr(place->marker, row->marker))
		return false;
	return !row->prev || is_word(place->prev, row->prev);
}

/* In YAML names are completed within "${" only: its layout is not that of the table. */
static const struct row *find_row(const struct place *place, bool yaml)
{
	struct place in_set = *place;

	if (place->inside == PLACE_PARAM)
		return &in_param;
	if (place->inside != PLACE_CODE || yaml)
		return NULL;
	in_set.lead = place->kind;
	for (size_t i = 0; i < sizeof(set_rows) / sizeof(set_rows[0]); i++) {
		if (fits(&set_rows[i], &in_set))
			return &set_rows[i];
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (fits(&rows[i], place))
			return &rows[i];
	}
	return NULL;
}

static void offer(struct offers *offers, struct str label, int kind, const char *doc)
{
	json_t *item, *edit;

	if (!label.len || !map_put(&offers->workspace->scratch, &offers->seen, label, 0))
		return;
	item = lsp_object();
	edit = lsp_object();
	lsp_set(edit, "range", json_incref(offers->range));
	lsp_set(edit, "newText", lsp_text(label));
	lsp_set(item, "label", lsp_text(label));
	lsp_set(item, "kind", json_integer(kind));
	lsp_set(item, "textEdit", edit);
	if (doc)
		lsp_set(item, "documentation",
			lsp_must(json_pack("{s:s,s:s}", "kind", "markdown", "value", doc)));
	lsp_push(offers->items, item);
}

static void offer_words(struct offers *offers, const char *words)
{
	while (*words) {
		struct str word = {words, strcspn(words, " ")};

		offer(offers, word, ITEM_KEYWORD, words_keyword_doc(word));
		words += word.len + (words[word.len] == ' ');
	}
}

static void offer_keywords(struct offers *offers, enum keyword_place place)
{
	for (size_t i = 0; words_keyword(i); i++) {
		struct str word = str_from(words_keyword(i));
		int row = keyword_find(word);

		if (row >= 0 && keyword_at(row)->place == place)
			offer(offers, word, ITEM_KEYWORD, words_keyword_doc(word));
	}
}

static void offer_list(struct offers *offers, const struct word_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		offer(offers, str_from(list->words[i].text), ITEM_KEYWORD, NULL);
}

/* Names that are declared, and tools also when a rule alone names them. */
static void offer_names(struct offers *offers, enum ref_kind kind, int item_kind)
{
	const struct analysis *analysis = offers->target->analysis;

	for (size_t i = 0; i < analysis->mentions.n; i++) {
		const struct mention *mention = &analysis->mentions.items[i];
		bool typed = mention->span.file == offers->target->file &&
			     mention->span.begin <= offers->target->offset &&
			     mention->span.end >= offers->target->offset;

		if (mention->ref->kind == kind && !typed &&
		    (mention->ref->declares || kind == REF_TOOL))
			offer(offers, mention->ref->name, item_kind, NULL);
	}
}

static void offer_sets(struct offers *offers, int names)
{
	const struct ast *ast = &offers->target->analysis->compilation.ast;

	for (size_t i = 0; i < ast->sets.n; i++) {
		if (names & OFFER_SETS_OF(ast->sets.items[i].kind))
			offer(offers, ast->sets.items[i].name.text, ITEM_STRUCT, NULL);
	}
}

static void offer_call_args(struct offers *offers)
{
	const struct call_args *call = call_args_find(offers->place.callee);

	for (size_t i = 0; call && i < CALL_MAX_ARGS && call->args[i].type != CALL_ARG_NONE; i++) {
		/* A filter can't look at what a pointer points to. */
		if (call->args[i].type != CALL_ARG_PTR)
			offer(offers, str_from(call->args[i].names[0]), ITEM_PROPERTY, NULL);
	}
}

static void offer_tables(struct offers *offers, int names)
{
	for (uint32_t i = 0; names & OFFER_GROUPS && group_at(i); i++)
		offer(offers, str_from(group_at(i)->name), ITEM_MODULE, group_at(i)->doc);
	for (uint32_t i = 0; names & OFFER_CALLS && call_args_at(i); i++)
		offer(offers, str_from(call_args_at(i)->call), ITEM_FUNCTION, NULL);
	for (uint32_t i = 0; names & OFFER_CONSTANTS && constant_at(i); i++)
		offer(offers, str_from(constant_at(i)->name), ITEM_CONSTANT, NULL);
	for (size_t i = 0; names & OFFER_LIMITS && words_limit(i); i++)
		offer(offers, str_from(words_limit(i)), ITEM_PROPERTY,
		      words_limit_doc(str_from(words_limit(i))));
	for (int i = 1; names & OFFER_ERRNOS && i < 4096; i++) {
		if (errno_name(i))
			offer(offers, str_from(errno_name(i)), ITEM_CONSTANT, NULL);
	}
}

static void offer_lists(struct offers *offers, int names)
{
	static const struct {
		int name;
		const struct word_list *list;
	} lists[] = {
		{OFFER_PARAM_TYPES, &words_param_type}, {OFFER_ARG_TYPES, &words_arg_type},
		{OFFER_CLASSES, &words_class},          {OFFER_SET_KINDS, &words_set_kind},
		{OFFER_RATE_UNITS, &words_rate_unit},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (names & lists[i].name)
			offer_list(offers, lists[i].list);
	}
	if (names & OFFER_DECLARATIONS)
		offer_keywords(offers, KEYWORD_DECL);
	if (names & OFFER_SECTIONS)
		offer_keywords(offers, KEYWORD_SECTION);
}

static void offer_declared(struct offers *offers, int names)
{
	static const struct {
		int name;
		enum ref_kind kind;
		int item;
	} kinds[] = {
		{OFFER_ROLES, REF_ROLE, ITEM_CLASS},
		{OFFER_TOOLS, REF_TOOL, ITEM_FUNCTION},
		{OFFER_SANDBOXES, REF_SANDBOX, ITEM_MODULE},
		{OFFER_PARAMS, REF_PARAM, ITEM_VARIABLE},
		{OFFER_ARGS, REF_ARG, ITEM_PROPERTY},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (names & kinds[i].name)
			offer_names(offers, kinds[i].kind, kinds[i].item);
	}
	offer_sets(offers, names);
}

static void offer_row(struct offers *offers, const struct row *row)
{
	/* Behind a comma in parentheses comes an argument, else another call. */
	if (row->names & OFFER_CALL_ARGS && offers->place.callee.len) {
		offer_call_args(offers);
		return;
	}
	offer_words(offers, row->words);
	offer_lists(offers, row->names);
	offer_declared(offers, row->names);
	offer_tables(offers, row->names);
}

json_t *feature_completion(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct offers offers = {.workspace = workspace};
	const struct row *row;
	struct target target;
	struct lines lines;

	(void)refused;
	if (!target_find(workspace, params, &target))
		return NULL;
	offers.target = &target;
	offers.place = place_at(document_text(target.document), target.offset);
	offers.items = lsp_array();
	lines_index(&workspace->scratch, document_text(target.document), &lines);
	offers.range = lines_range(&lines, workspace->encoding, offers.place.word, target.offset);
	row = find_row(&offers.place, yaml_is_name(str_from(target.document->path)));
	if (row)
		offer_row(&offers, row);
	json_decref(offers.range);
	return offers.items;
}
