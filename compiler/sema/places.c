/*
 * Paths that are no grants: denied patterns, scratch directories and unix sockets.
 *
 * Each kind is a list of its own, sorted and without doubles. A denied pattern takes out of what is
 * granted, whoever granted it. A scratch directory hides what is there, so that two in one place,
 * or one inside the other, would depend on their order: an error. A child that restates one
 * replaces its parents' size; of parents that differ the smallest holds.
 */
#include "sema/pass.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SCRATCHES    64u
#define MAX_SCRATCH_SIZE (1ull << 40)

/* sun_path of struct sockaddr_un without the byte that ends it, unix(7). */
#define MAX_SOCKET_PATH 107u

static bool place_kind(enum ast_grant_kind grant, enum sema_place_kind *kind)
{
	static const struct {
		enum ast_grant_kind grant;
		enum sema_place_kind kind;
	} kinds[] = {
		{AST_FS_DENY, SEMA_PLACE_DENY},
		{AST_FS_SCRATCH, SEMA_PLACE_SCRATCH},
		{AST_NET_UNIX, SEMA_PLACE_UNIX},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].grant == grant) {
			*kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

static size_t literal_bytes(const struct ir_text *text)
{
	size_t bytes = 0;

	for (size_t i = 0; i < text->n; i++)
		bytes += text->parts[i].kind == IR_PART_LITERAL ? text->parts[i].literal.len : 0;
	return bytes;
}

static bool is_root(const struct ir_text *text)
{
	return text->n == 1 && text->parts[0].kind == IR_PART_LITERAL &&
	       str_eq(text->parts[0].literal, STR("/"));
}

static bool check_scratch(struct sema *sema, const struct sema_place *place)
{
	if (is_root(&place->text)) {
		diag_report(sema->diags, DIAG_E0247, place->span,
			    "the root directory can't be a scratch directory");
		return false;
	}
	if (place->size_bytes > 0 && place->size_bytes <= MAX_SCRATCH_SIZE)
		return true;
	diag_report(sema->diags, DIAG_E0248, place->span,
		    "the size of a scratch directory is 1B to 1TiB");
	return false;
}

static bool check_socket(struct sema *sema, const struct sema_place *place)
{
	size_t bytes = literal_bytes(&place->text);

	if (bytes <= MAX_SOCKET_PATH)
		return true;
	diag_report(sema->diags, DIAG_E0471, place->span,
		    "the path of this socket is %zu bytes long; at most %u are possible", bytes,
		    MAX_SOCKET_PATH);
	return false;
}

/* Those that are written: what parameters and the home directory add is known at load. */
static size_t literal_names(const struct ir_text *text)
{
	bool in_name = false;
	size_t names = 0;

	for (size_t i = 0; i < text->n; i++) {
		struct str part = text->parts[i].kind == IR_PART_LITERAL ? text->parts[i].literal
									 : STR("");

		for (size_t k = 0; k < part.len; k++) {
			names += part.ptr[k] != '/' && !in_name;
			in_name = part.ptr[k] != '/';
		}
	}
	return names;
}

static bool check_deny(struct sema *sema, const struct sema_place *place)
{
	size_t names = literal_names(&place->text);

	if (names <= WRIT_MAX_NAMES)
		return true;
	diag_report(sema->diags, DIAG_E0472, place->span,
		    "this denied path has %zu names; at most %u are possible", names,
		    WRIT_MAX_NAMES);
	return false;
}

static bool check_place(struct sema *sema, enum sema_place_kind kind,
			const struct sema_place *place)
{
	switch (kind) {
	case SEMA_PLACE_SCRATCH:
		return check_scratch(sema, place);
	case SEMA_PLACE_UNIX:
		return check_socket(sema, place);
	case SEMA_PLACE_DENY:
		return check_deny(sema, place);
	case SEMA_PLACE__KINDS:
		break;
	}
	return true;
}

static void add_place(struct sema *sema, struct sema_box *box, enum sema_place_kind kind,
		      struct sema_place place)
{
	place.origin = sema_origin(sema, place.span);
	place.own = true;
	if (check_place(sema, kind, &place))
		vec_add(sema->arena, &box->places[kind], place);
}

static void add_set(struct sema *sema, struct sema_box *box, enum sema_place_kind kind,
		    const struct ast_grant *grant)
{
	const struct sema_set *set = sema_set(sema, &grant->set, AST_SET_PATHS);

	for (size_t i = 0; set && i < set->items.n; i++) {
		struct sema_place place = {.span = grant->span};

		if (sema_item_path(sema, set->items.items[i], kind == SEMA_PLACE_DENY, &place.text))
			add_place(sema, box, kind, place);
	}
}

static void places_own(struct sema *sema, struct sema_box *box)
{
	for (size_t i = 0; i < box->ast->grants.n; i++) {
		const struct ast_grant *grant = &box->ast->grants.items[i];
		struct sema_place place = {.span = grant->span, .size_bytes = grant->size_bytes};
		enum sema_place_kind kind;
		bool good;

		if (!place_kind(grant->kind, &kind))
			continue;
		if (grant->is_set) {
			add_set(sema, box, kind, grant);
			continue;
		}
		good = kind == SEMA_PLACE_DENY ? sema_path_pattern(sema, &grant->text, &place.text)
					       : sema_path_text(sema, &grant->text, &place.text);
		if (good)
			add_place(sema, box, kind, place);
	}
}

static void places_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	for (unsigned kind = 0; kind < SEMA_PLACE__KINDS; kind++) {
		for (size_t i = 0; i < parent->places[kind].n; i++) {
			struct sema_place place = parent->places[kind].items[i];

			place.own = false;
			vec_add(sema->arena, &box->places[kind], place);
		}
	}
}

/* By text; then the one that stays: the sandbox's own, the smallest, the first written. */
static int place_cmp(const void *left, const void *right)
{
	const struct sema_place *a = left, *b = right;
	int order = sema_text_cmp(&a->text, &b->text);

	if (!order && a->own != b->own)
		order = a->own ? -1 : 1;
	if (!order && a->size_bytes != b->size_bytes)
		order = a->size_bytes < b->size_bytes ? -1 : 1;
	if (!order)
		order = str_cmp(a->origin.file, b->origin.file);
	if (!order && a->origin.line != b->origin.line)
		order = a->origin.line < b->origin.line ? -1 : 1;
	if (!order && a->origin.col != b->origin.col)
		order = a->origin.col < b->origin.col ? -1 : 1;
	return order;
}

static void report_pair(struct sema *sema, const struct sema_place *first,
			const struct sema_place *second, const char *what)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0247, second->span, "%s", what);

	diag_note(sema->diags, diag, first->span, "the other is here");
}

static void drop_doubles(struct sema *sema, struct sema_place_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct sema_place *last = n ? &list->items[n - 1] : NULL;
		const struct sema_place *next = &list->items[i];

		if (!last || sema_text_cmp(&last->text, &next->text))
			list->items[n++] = *next;
		else if (last->own && next->own && last->size_bytes != next->size_bytes)
			report_pair(sema, last, next, "this scratch directory has two sizes");
	}
	list->n = n;
}

/* Does b begin with all of a, up to a slash? */
static bool is_inside(const struct ir_text *a, const struct ir_text *b)
{
	size_t last = a->n - 1;
	struct str head = a->parts[last].literal, tail;

	if (b->n < a->n)
		return false;
	for (size_t i = 0; i < last; i++) {
		const struct ir_text one = {&a->parts[i], 1}, other = {&b->parts[i], 1};

		if (sema_text_cmp(&one, &other))
			return false;
	}
	if (a->parts[last].kind != b->parts[last].kind)
		return false;
	if (a->parts[last].kind != IR_PART_LITERAL)
		return a->parts[last].param == b->parts[last].param && b->n > a->n &&
		       b->parts[last + 1].kind == IR_PART_LITERAL &&
		       b->parts[last + 1].literal.ptr[0] == '/';
	tail = b->parts[last].literal;
	return tail.len > head.len && memcmp(tail.ptr, head.ptr, head.len) == 0 &&
	       tail.ptr[head.len] == '/';
}

static void check_nesting(struct sema *sema, const struct sema_place_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		for (size_t j = 0; j < list->n; j++) {
			if (i != j && is_inside(&list->items[i].text, &list->items[j].text))
				report_pair(sema, &list->items[i], &list->items[j],
					    "this scratch directory is inside another");
		}
	}
}

static void places_settle(struct sema *sema, struct sema_box *box)
{
	const struct sema_place_list *scratches = &box->places[SEMA_PLACE_SCRATCH];

	for (unsigned kind = 0; kind < SEMA_PLACE__KINDS; kind++) {
		struct sema_place_list *list = &box->places[kind];

		if (list->n)
			qsort(list->items, list->n, sizeof(*list->items), place_cmp);
		drop_doubles(sema, list);
	}
	if (scratches->n > MAX_SCRATCHES)
		diag_report(sema->diags, DIAG_E0470, box->ast->name.span,
			    "sandbox '%.*s' has %zu scratch directories; at most %u are possible",
			    STR_ARG(box->ast->name.text), scratches->n, MAX_SCRATCHES);
	else
		check_nesting(sema, scratches);
}

const struct sema_section sema_places = {places_own, places_inherit, places_settle};
