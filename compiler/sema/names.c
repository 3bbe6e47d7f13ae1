/*
 * Names: what is declared, and finding it again.
 *
 * Parameters, tools, sandboxes, roles, sets and users each have a name space of their own. The
 * first declaration of a name is the one that counts; a further one is an error with a note to the
 * first. Ids are given in the bytewise order of the names, so that the order of the source does not
 * show in the IR. A name that is not there is reported with the nearest one that is.
 */
#include "sema/pass.h"

#include <stdlib.h>

static const struct {
	const char *word;
	enum diag_code unknown;
} kinds[SEMA__KINDS] = {
	[SEMA_PARAM] = {"parameter", DIAG_E0102}, [SEMA_TOOL] = {"tool", DIAG_E0102},
	[SEMA_SANDBOX] = {"sandbox", DIAG_E0103}, [SEMA_ROLE] = {"role", DIAG_E0104},
	[SEMA_SET] = {"set", DIAG_E0113},         [SEMA_USER] = {"user", DIAG_E0102},
};

struct named {
	struct str name;
	uint32_t index;
};

static int named_cmp(const void *left, const void *right)
{
	const struct named *a = left, *b = right;

	return str_cmp(a->name, b->name);
}

void sema_check_name_length(struct sema *sema, struct str name, struct span span)
{
	if (name.len > WRIT_MAX_NAME)
		diag_report(sema->diags, DIAG_E0450, span,
			    "this name is %zu bytes long; at most %u are possible", name.len,
			    WRIT_MAX_NAME);
}

static void declare(struct sema *sema, enum sema_kind kind, uint32_t index)
{
	struct sema_names *names = &sema->names[kind];
	const struct ast_name *name = &names->list.items[index];
	uint32_t first;
	struct diag *diag;

	sema_check_name_length(sema, name->text, name->span);
	if (map_put(sema->arena, &names->first, name->text, index))
		return;
	map_get(&names->first, name->text, &first);
	diag = diag_report(sema->diags, DIAG_E0101, name->span, "%s '%.*s' is declared twice",
			   kinds[kind].word, STR_ARG(name->text));
	diag_note(sema->diags, diag, names->list.items[first].span, "first declared here");
}

/* Gives ids to the first declarations of each name. */
static void number(struct sema *sema, struct sema_names *names)
{
	struct named *sorted = arena_alloc(sema->arena, names->list.n * sizeof(*sorted));
	uint32_t first;

	names->ids = arena_alloc(sema->arena, names->list.n * sizeof(*names->ids));
	names->order = arena_alloc(sema->arena, names->list.n * sizeof(*names->order));
	for (uint32_t i = 0; i < names->list.n; i++) {
		names->ids[i] = IR_NONE;
		if (map_get(&names->first, names->list.items[i].text, &first) && first == i)
			sorted[names->n_ids++] = (struct named){names->list.items[i].text, i};
	}
	qsort(sorted, names->n_ids, sizeof(*sorted), named_cmp);
	for (uint32_t id = 0; id < names->n_ids; id++) {
		names->order[id] = sorted[id].index;
		names->ids[sorted[id].index] = id;
	}
}

/* A user's name is a string; one that can't be a name still takes its place in the list. */
static struct ast_name user_name(struct sema *sema, const struct ast_text *text)
{
	struct str name = STR("");

	if (!sema_plain_text(sema, text, "a user's name", &name))
		return (struct ast_name){STR(""), text->span};
	for (size_t i = 0; i < name.len; i++) {
		unsigned char byte = (unsigned char)name.ptr[i];

		if (byte < 0x20 || byte == 0x7f) {
			diag_report(sema->diags, DIAG_E0215, text->span,
				    "a user's name can't hold control characters");
			break;
		}
	}
	if (!name.len)
		diag_report(sema->diags, DIAG_E0215, text->span, "a user's name can't be empty");
	return (struct ast_name){name, text->span};
}

static void collect(struct sema *sema)
{
	const struct ast *ast = sema->ast;
	struct sema_names *names = sema->names;

	for (size_t i = 0; i < ast->params.n; i++)
		vec_add(sema->arena, &names[SEMA_PARAM].list, ast->params.items[i].name);
	for (size_t i = 0; i < ast->tools.n; i++)
		vec_add(sema->arena, &names[SEMA_TOOL].list, ast->tools.items[i].pattern);
	for (size_t i = 0; i < ast->sandboxes.n; i++)
		vec_add(sema->arena, &names[SEMA_SANDBOX].list, ast->sandboxes.items[i].name);
	for (size_t i = 0; i < ast->roles.n; i++)
		vec_add(sema->arena, &names[SEMA_ROLE].list, ast->roles.items[i].name);
	for (size_t i = 0; i < ast->sets.n; i++)
		vec_add(sema->arena, &names[SEMA_SET].list, ast->sets.items[i].name);
}

/* Their names are strings, and what a string may name is to be declared before. */
static void collect_users(struct sema *sema)
{
	for (size_t i = 0; i < sema->ast->users.n; i++)
		vec_add(sema->arena, &sema->names[SEMA_USER].list,
			user_name(sema, &sema->ast->users.items[i].name));
}

static void declare_all(struct sema *sema, enum sema_kind kind)
{
	for (uint32_t i = 0; i < sema->names[kind].list.n; i++)
		declare(sema, kind, i);
	number(sema, &sema->names[kind]);
}

void sema_names(struct sema *sema)
{
	collect(sema);
	for (int kind = 0; kind < SEMA_USER; kind++)
		declare_all(sema, (enum sema_kind)kind);
	collect_users(sema);
	declare_all(sema, SEMA_USER);
	sema->ir->name = sema->ast->name.text;
	sema->ir->version = sema->ast->version;
	sema_check_name_length(sema, sema->ast->name.text, sema->ast->name.span);
}

uint32_t sema_id(const struct sema *sema, enum sema_kind kind, uint32_t index)
{
	return index == IR_NONE ? IR_NONE : sema->names[kind].ids[index];
}

bool sema_is_first(const struct sema *sema, enum sema_kind kind, uint32_t index)
{
	return sema->names[kind].ids[index] != IR_NONE;
}

void sema_nearest_help(struct sema *sema, struct diag *diag, const struct str_nearest *nearest)
{
	if (nearest->best.ptr)
		diag_help(sema->diags, diag, "did you mean '%.*s'?", STR_ARG(nearest->best));
}

uint32_t sema_resolve(struct sema *sema, enum sema_kind kind, struct str name, struct span span)
{
	const struct sema_names *names = &sema->names[kind];
	struct str_nearest nearest = str_nearest(name);
	struct diag *diag;
	uint32_t index;

	if (map_get(&names->first, name, &index))
		return index;
	diag = diag_report(sema->diags, kinds[kind].unknown, span, "there is no %s '%.*s'",
			   kinds[kind].word, STR_ARG(name));
	/* Reports beyond those kept need no advice, and must not cost a search each. */
	if (sema->diags->errors > DIAG_MAX_ERRORS)
		return IR_NONE;
	for (size_t i = 0; i < names->list.n; i++)
		str_nearest_offer(&nearest, names->list.items[i].text);
	if (kind == SEMA_SET && map_get(&sema->names[SEMA_PARAM].first, name, &index))
		diag_help(sema->diags, diag, "'%.*s' is a parameter: its value is \"${%.*s}\"",
			  STR_ARG(name), STR_ARG(name));
	else
		sema_nearest_help(sema, diag, &nearest);
	return IR_NONE;
}
