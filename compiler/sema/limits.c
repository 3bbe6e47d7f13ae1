/*
 * Limits: names, units and bounds, from the table that the runtime enforces them by.
 *
 * A child's own limit replaces its parents'. Where it states none, it has the strictest of its
 * parents'.
 */
#include "sema/pass.h"

#include <inttypes.h>

enum unit { UNIT_DURATION, UNIT_SIZE, UNIT_COUNT };

static const struct {
	const char *word;
	const char *example;
	enum ast_literal_kind literal;
	uint64_t max;
	const char *max_text;
} units[] = {
	[UNIT_DURATION] = {"a duration", "60s", AST_DURATION, 366ull * 24 * 3600 * 1000,
			   "366 days"},
	[UNIT_SIZE] = {"a size", "512MiB", AST_SIZE, 1ull << 50, "1024TiB"},
	[UNIT_COUNT] = {"a number", "10", AST_INT, 1u << 20, "1048576"},
};

static const struct {
	struct str name;
	enum unit unit;
} limits[] = {
#define LIMIT(id, name, unit, doc) {{name, sizeof(name) - 1}, UNIT_##unit},
#include "runtime/limits.def"
#undef LIMIT
};

static void list_limits(struct sema *sema, struct diag *diag)
{
	struct str list = limits[0].name;

	for (uint32_t id = 1; id < WRIT_LIMIT__COUNT; id++)
		list = str_printf(sema->arena, "%.*s%s%.*s", STR_ARG(list),
				  id + 1 < WRIT_LIMIT__COUNT ? ", " : " and ",
				  STR_ARG(limits[id].name));
	diag_help(sema->diags, diag, "the limits are %.*s", STR_ARG(list));
}

static uint32_t find_limit(struct sema *sema, const struct ast_name *name)
{
	struct str_nearest nearest = str_nearest(name->text);
	struct diag *diag;

	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++) {
		if (str_eq(limits[id].name, name->text))
			return id;
		str_nearest_offer(&nearest, limits[id].name);
	}
	diag = diag_report(sema->diags, DIAG_E0108, name->span, "there is no limit '%.*s'",
			   STR_ARG(name->text));
	if (nearest.best.ptr)
		sema_nearest_help(sema, diag, &nearest);
	else
		list_limits(sema, diag);
	return IR_NONE;
}

static bool check_value(struct sema *sema, uint32_t id, const struct ast_literal *value)
{
	enum unit unit = limits[id].unit;

	if (value->kind != units[unit].literal) {
		diag_report(sema->diags, DIAG_E0209, value->span, "limit '%.*s' is %s, such as %s",
			    STR_ARG(limits[id].name), units[unit].word, units[unit].example);
		return false;
	}
	if (!value->number) {
		diag_report(sema->diags, DIAG_E0210, value->span,
			    "limit '%.*s' can't be zero; leave it out for no limit",
			    STR_ARG(limits[id].name));
		return false;
	}
	if (value->number > units[unit].max) {
		diag_report(sema->diags, DIAG_E0211, value->span,
			    "limit '%.*s' can't be more than %s", STR_ARG(limits[id].name),
			    units[unit].max_text);
		return false;
	}
	return true;
}

static void limits_own(struct sema *sema, struct sema_box *box)
{
	const struct ast_limit *first[WRIT_LIMIT__COUNT] = {0};

	for (size_t i = 0; i < box->ast->limits.n; i++) {
		const struct ast_limit *stated = &box->ast->limits.items[i];
		uint32_t id = find_limit(sema, &stated->name);
		struct diag *diag;

		if (id == IR_NONE || !check_value(sema, id, &stated->value))
			continue;
		if (first[id]) {
			diag = diag_report(sema->diags, DIAG_E0112, stated->name.span,
					   "limit '%.*s' is stated twice",
					   STR_ARG(stated->name.text));
			diag_note(sema->diags, diag, first[id]->name.span, "first stated here");
			continue;
		}
		first[id] = stated;
		box->limit_own[id] = box->limit_set[id] = true;
		box->limits[id] = stated->value.number;
	}
}

static void limits_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	(void)sema;
	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++) {
		if (box->limit_own[id] || !parent->limit_set[id])
			continue;
		if (!box->limit_set[id] || parent->limits[id] < box->limits[id])
			box->limits[id] = parent->limits[id];
		box->limit_set[id] = true;
	}
}

static void limits_settle(struct sema *sema, struct sema_box *box)
{
	(void)sema;
	(void)box;
}

const struct sema_section sema_limits = {limits_own, limits_inherit, limits_settle};
