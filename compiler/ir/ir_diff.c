/*
 * The whole comparison, and what belongs to no role, user, tool or sandbox: parameters, conflicts
 * and redactions.
 *
 * Sandboxes are matched before rules are read, since a rule names one; roles after it, since what
 * a role may do is in its rules.
 */
#include "ir/ir_diff_impl.h"

#include <string.h>

static const struct ir_diff_info infos[] = {
#define CHANGE(id, name, title, explanation) {name, title, explanation},
#include "ir/ir_diff.def"
#undef CHANGE
};

const struct ir_diff_info *ir_diff_info(enum ir_diff_change change)
{
	return &infos[change];
}

static struct ir_diff_entry *policy_entry(struct diff *diff, enum ir_diff_change change,
					  enum ir_diff_effect effect)
{
	struct ir_diff_entry *entry = diff_entry(diff, &diff->entries, change, effect);

	entry->subject = IR_DIFF_POLICY;
	entry->name = diff->policy[NEW]->name;
	return entry;
}

static struct str param_text(struct diff *diff, const struct ir_param *param)
{
	static const char *const types[] = {
		[WRIT_PARAM_STRING] = "string",     [WRIT_PARAM_PATH] = "path",
		[WRIT_PARAM_HOST] = "host",         [WRIT_PARAM_PORT] = "port",
		[WRIT_PARAM_INT] = "int",           [WRIT_PARAM_SIZE] = "size",
		[WRIT_PARAM_DURATION] = "duration",
	};

	if (!param->has_default)
		return str_printf(diff->arena, "%s, no default", types[param->type]);
	return str_printf(diff->arena, "%s = \"%.*s\"", types[param->type],
			  STR_ARG(param->fallback));
}

static void compare_param(struct diff *diff, const struct ir_param *old, const struct ir_param *new)
{
	bool only_removed = old->type == new->type && !new->has_default;
	struct ir_diff_entry *entry;

	if (old->type == new->type && old->has_default == new->has_default &&
	    (!old->has_default || str_eq(old->fallback, new->fallback)))
		return;
	/* Without its default the parameter must be bound, as it could be before. */
	entry = policy_entry(diff, IR_DIFF_PARAM,
			     only_removed ? IR_DIFF_NARROWED : IR_DIFF_CHANGED);
	entry->before = param_text(diff, old);
	entry->after = param_text(diff, new);
	diff_object(diff, entry, new->name, NULL, NEW);
}

/* Both lists are sorted by name. One that only one policy has shows in the texts that name it. */
static void compare_params(struct diff *diff)
{
	const struct ir_policy *old = diff->policy[OLD], *new = diff->policy[NEW];
	size_t i = 0, j = 0;

	while (i < old->params.n && j < new->params.n) {
		int order = str_cmp(old->params.items[i].name, new->params.items[j].name);

		if (order == 0)
			compare_param(diff, &old->params.items[i], &new->params.items[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

struct clash { /* two roles that may not come together */
	bool session;
	uint32_t a, b; /* of a side */
	const struct ir_conflict *conflict;
};

VEC_TYPE(clashes, struct clash);

static void add_clashes(struct diff *diff, const struct ir_conflict *conflict, struct clashes *out)
{
	for (size_t i = 0; i < conflict->roles.n; i++) {
		for (size_t j = i + 1; j < conflict->roles.n; j++)
			vec_add(diff->arena, out,
				((struct clash){conflict->session, conflict->roles.items[i],
						conflict->roles.items[j], conflict}));
	}
}

static struct clashes clashes_of(struct diff *diff, int side)
{
	struct clashes out = {0};

	for (size_t i = 0; i < diff->policy[side]->conflicts.n; i++)
		add_clashes(diff, &diff->policy[side]->conflicts.items[i], &out);
	return out;
}

/* Equal for equal pairs of roles of either side, whatever they are called. */
static struct str clash_key(struct diff *diff, int side, const struct clash *clash)
{
	uint32_t a = diff->role_ids[side][clash->a], b = diff->role_ids[side][clash->b];
	const uint32_t key[3] = {clash->session, a < b ? a : b, a < b ? b : a};

	return (struct str){arena_strndup(diff->arena, (const char *)key, sizeof(key)),
			    sizeof(key)};
}

/* A static conflict is kept by the compiler: no user breaks it, so nobody gains by its end. */
static void report_clash(struct diff *diff, int side, const struct clash *clash)
{
	const struct ir_role *roles = diff->policy[side]->roles.items;
	enum ir_diff_effect effect = side == NEW ? IR_DIFF_NARROWED : IR_DIFF_WIDENED;
	struct ir_diff_entry *entry;

	entry = policy_entry(diff, side == NEW ? IR_DIFF_CONFLICT_ADDED : IR_DIFF_CONFLICT_REMOVED,
			     clash->session ? effect : IR_DIFF_NEUTRAL);
	diff_object(diff, entry,
		    str_printf(diff->arena, "%s%.*s, %.*s", clash->session ? "session " : "",
			       STR_ARG(roles[clash->a].name), STR_ARG(roles[clash->b].name)),
		    &clash->conflict->origin, side);
}

static void compare_conflicts(struct diff *diff, int side)
{
	struct clashes own = clashes_of(diff, side), other = clashes_of(diff, !side);
	struct map known = {0};

	for (size_t i = 0; i < other.n; i++)
		map_put(diff->arena, &known, clash_key(diff, !side, &other.items[i]), 0);
	for (size_t i = 0; i < own.n; i++) {
		/* Told once, also when two statements say it. */
		if (map_put(diff->arena, &known, clash_key(diff, side, &own.items[i]), 0))
			report_clash(diff, side, &own.items[i]);
	}
}

static void compare_redacts(struct diff *diff, int side)
{
	const struct ir_policy *own = diff->policy[side], *other = diff->policy[!side];
	struct map known = {0};

	for (size_t i = 0; i < other->redacts.n; i++)
		map_put(diff->arena, &known, other->redacts.items[i].pattern, 0);
	for (size_t i = 0; i < own->redacts.n; i++) {
		const struct ir_redact *redact = &own->redacts.items[i];
		struct ir_diff_entry *entry;

		if (!map_put(diff->arena, &known, redact->pattern, 0))
			continue;
		entry = policy_entry(diff,
				     side == NEW ? IR_DIFF_REDACT_ADDED : IR_DIFF_REDACT_REMOVED,
				     side == NEW ? IR_DIFF_NARROWED : IR_DIFF_WIDENED);
		diff_object(diff, entry, redact->pattern, &redact->origin, side);
	}
}

/* What a policy makes sure of: that a decision waits for its record, or that none is dropped. */
static struct ir_diff_entry *compare_audit_demand(struct diff *diff, bool old, bool new,
						  struct str demand)
{
	int side = new ? NEW : OLD;
	struct ir_diff_entry *entry;

	if (old == new)
		return NULL;
	entry = policy_entry(diff, new ? IR_DIFF_AUDIT_ADDED : IR_DIFF_AUDIT_REMOVED,
			     new ? IR_DIFF_NARROWED : IR_DIFF_WIDENED);
	diff_object(diff, entry, demand, &diff->policy[side]->audit.origin, side);
	return entry;
}

/* To wait for room or to deny at once keep the same calls from being made unrecorded. */
static void compare_audit_full(struct diff *diff, enum ir_audit_full old, enum ir_audit_full new)
{
	const struct str names[] = {
		[IR_AUDIT_BLOCK] = STR("full block"),
		[IR_AUDIT_DENY] = STR("full deny"),
		[IR_AUDIT_DROP] = STR("full drop"),
	};
	struct ir_diff_entry *entry;

	if (old == new)
		return;
	entry = compare_audit_demand(diff, old != IR_AUDIT_DROP, new != IR_AUDIT_DROP,
				     STR("no record is dropped"));
	if (!entry) {
		entry = policy_entry(diff, IR_DIFF_AUDIT_FULL, IR_DIFF_NEUTRAL);
		diff_object(diff, entry, STR("audit"), &diff->policy[NEW]->audit.origin, NEW);
	}
	entry->before = names[old];
	entry->after = names[new];
}

static void compare_audit(struct diff *diff)
{
	const struct ir_audit *old = &diff->policy[OLD]->audit, *new = &diff->policy[NEW]->audit;

	(void)compare_audit_demand(diff, old->required, new->required, STR("required"));
	compare_audit_full(diff, old->full, new->full);
}

static void compare_calls_of_tools(struct diff *diff)
{
	struct ir_diff_entry *entry;

	diff_rules_init(diff);
	if (!diff->rules->too_many_wildcards) {
		diff_match_roles(diff);
		diff_roles(diff);
		diff_users(diff);
		diff_tools(diff);
		return;
	}
	entry = policy_entry(diff, IR_DIFF_TOO_COMPLEX, IR_DIFF_CHANGED);
	diff_object(diff, entry, STR("the wildcards of both policies together"), NULL, NEW);
}

void ir_diff(struct arena *arena, const struct ir_policy *old, const struct ir_policy *new,
	     struct ir_diff *out)
{
	struct diff diff = {.arena = arena, .policy = {old, new}};

	memset(out, 0, sizeof(*out));
	diff_match_sandboxes(&diff);
	compare_calls_of_tools(&diff);
	diff_sandboxes(&diff);
	compare_params(&diff);
	if (!diff.rules->too_many_wildcards) {
		compare_conflicts(&diff, NEW);
		compare_conflicts(&diff, OLD);
	}
	compare_redacts(&diff, NEW);
	compare_redacts(&diff, OLD);
	compare_audit(&diff);
	out->entries.items = diff.entries.items;
	out->entries.n = diff.entries.n;
	for (size_t i = 0; i < out->entries.n; i++)
		out->counts[out->entries.items[i].effect] += out->entries.items[i].objects.n;
}
