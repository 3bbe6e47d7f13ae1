/*
 * Sandboxes: which of OLD is which of NEW, and all of what changed in them.
 *
 * A sandbox keeps its identity with its name; of those left over, two with the same content that
 * the same tools run in are one. The comparison of two contents is a list of entries without a
 * subject, so that it also tells whether a tool that moved to another sandbox is better off.
 */
#include "ir/ir_diff_impl.h"

#include "ir/ir_print.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Pairs of left-over sandboxes that are compared to find renames. */
#define MAX_RENAME_PAIRS 4096u

static const struct {
	const char *name;
	const char *unit;
} limits[] = {
#define LIMIT(id, name, unit, doc) {name, #unit},
#include "runtime/limits.def"
#undef LIMIT
};

static struct str limit_text(struct diff *diff, size_t id, uint64_t value)
{
	if (strcmp(limits[id].unit, "DURATION") == 0)
		return diff_duration_text(diff, value);
	if (strcmp(limits[id].unit, "SIZE") == 0)
		return diff_size_text(diff, value);
	return str_printf(diff->arena, "%" PRIu64, value);
}

static void compare_limit(struct diff *diff, const struct diff_pair *pair, size_t id,
			  struct diff_entries *out)
{
	const struct ir_sandbox *old = pair->side[OLD], *new = pair->side[NEW];
	bool was = old && old->limit_set[id], is = new &&new->limit_set[id];
	struct diff_item item = {.name = str_from(limits[id].name), .side = NEW};

	if (was)
		item.before = limit_text(diff, id, old->limits[id]);
	if (is)
		item.after = limit_text(diff, id, new->limits[id]);
	item.effect = IR_DIFF_WIDENED;
	if (was && is && old->limits[id] == new->limits[id])
		return;
	if (was && is)
		item.change = new->limits[id] > old->limits[id] ? IR_DIFF_LIMIT_RAISED
								: IR_DIFF_LIMIT_LOWERED;
	else
		item.change = is ? IR_DIFF_LIMIT_ADDED : IR_DIFF_LIMIT_REMOVED;
	if (item.change == IR_DIFF_LIMIT_LOWERED || item.change == IR_DIFF_LIMIT_ADDED)
		item.effect = IR_DIFF_NARROWED;
	if (was || is)
		diff_item(diff, out, &item);
}

static const struct ir_env *find_env(const struct ir_sandbox *sandbox, struct str name)
{
	for (size_t i = 0; sandbox && i < sandbox->env.n; i++) {
		if (str_eq(sandbox->env.items[i].name, name))
			return &sandbox->env.items[i];
	}
	return NULL;
}

static struct str env_text(struct diff *diff, int side, const struct ir_env *env)
{
	static const char *const kinds[] = {
		[WRIT_ENV_PASS] = "pass", [WRIT_ENV_SET] = "set", [WRIT_ENV_SECRET] = "secret"};
	struct str value;

	if (env->kind != WRIT_ENV_SET)
		return str_from(kinds[env->kind]);
	value = ir_text_spell(diff->arena, diff->policy[side], &env->value);
	return str_printf(diff->arena, "set to \"%.*s\"", STR_ARG(value));
}

static bool same_env(struct diff *diff, const struct ir_env *old, const struct ir_env *new)
{
	return old->kind ==
	       new->kind &&str_eq(diff_key(diff->arena, diff->policy[OLD], &old->value),
				  diff_key(diff->arena, diff->policy[NEW], &new->value));
}

static void compare_both_env(struct diff *diff, const struct ir_env *old, const struct ir_env *new,
			     struct diff_entries *out)
{
	struct diff_item item = {.change = IR_DIFF_ENV_SET,
				 .effect = IR_DIFF_CHANGED,
				 .name = new->name,
				 .side = NEW};

	if (same_env(diff, old, new))
		return;
	/* From a secret to a plain variable is more exposure of one value, and back is less. */
	if (old->kind == WRIT_ENV_SECRET && new->kind == WRIT_ENV_PASS)
		item.effect = IR_DIFF_WIDENED;
	if (old->kind == WRIT_ENV_PASS && new->kind == WRIT_ENV_SECRET)
		item.effect = IR_DIFF_NARROWED;
	item.before = env_text(diff, OLD, old);
	item.after = env_text(diff, NEW, new);
	diff_item(diff, out, &item);
}

static void compare_env(struct diff *diff, const struct diff_pair *pair, int side,
			struct diff_entries *out)
{
	const struct ir_sandbox *sandbox = pair->side[side];

	for (size_t i = 0; sandbox && i < sandbox->env.n; i++) {
		const struct ir_env *env = &sandbox->env.items[i];
		const struct ir_env *other = find_env(pair->side[!side], env->name);
		struct diff_item item = {.change = IR_DIFF_ENV_LOST,
					 .effect = IR_DIFF_NARROWED,
					 .name = env->name,
					 .side = side};

		if (other && side == NEW)
			compare_both_env(diff, other, env, out);
		if (other)
			continue;
		if (side == NEW) {
			/* A value that the policy gives tells nothing of the caller's. */
			bool set = env->kind == WRIT_ENV_SET;

			item.change = set ? IR_DIFF_ENV_SET : IR_DIFF_ENV_GAINED;
			item.effect = set ? IR_DIFF_CHANGED : IR_DIFF_WIDENED;
			item.after = env_text(diff, side, env);
		}
		diff_item(diff, out, &item);
	}
}

static void compare_best_effort(struct diff *diff, const struct diff_pair *pair,
				struct diff_entries *out)
{
	bool was = pair->side[OLD] && pair->side[OLD]->best_effort;
	bool is = pair->side[NEW] && pair->side[NEW]->best_effort;
	struct diff_item item = {.name = STR("best_effort"), .side = NEW};

	if (was == is || !pair->side[OLD] || !pair->side[NEW])
		return;
	item.change = is ? IR_DIFF_BEST_EFFORT_ADDED : IR_DIFF_BEST_EFFORT_REMOVED;
	item.effect = is ? IR_DIFF_WIDENED : IR_DIFF_NARROWED;
	diff_item(diff, out, &item);
}

static void compare_strict_exec(struct diff *diff, const struct diff_pair *pair,
				struct diff_entries *out)
{
	const struct ir_sandbox *old = pair->side[OLD], *new = pair->side[NEW];
	struct diff_item item = {.name = STR("strict exec"), .side = NEW};

	if (!old || !new || old->strict_exec == new->strict_exec)
		return;
	item.change = new->strict_exec ? IR_DIFF_STRICT_ADDED : IR_DIFF_STRICT_REMOVED;
	item.effect = new->strict_exec ? IR_DIFF_NARROWED : IR_DIFF_WIDENED;
	diff_item(diff, out, &item);
}

/* Of two users neither may do more, as far as their names tell; without one a launch stays root. */
static void compare_user(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out)
{
	const struct ir_sandbox *old = pair->side[OLD], *new = pair->side[NEW];
	struct diff_item item = {.change = IR_DIFF_LAUNCH_USER, .name = STR("user"), .side = NEW};

	if (!old || !new || str_eq(old->user, new->user))
		return;
	item.before = old->user;
	item.after = new->user;
	item.effect = IR_DIFF_CHANGED;
	if (old->user.len == 0)
		item.effect = IR_DIFF_NARROWED;
	else if (new->user.len == 0)
		item.effect = IR_DIFF_WIDENED;
	diff_item(diff, out, &item);
}

void diff_sandbox_contents(struct diff *diff, const struct diff_pair *pair,
			   struct diff_entries *out)
{
	diff_filesystem(diff, pair, out);
	diff_network(diff, pair, out);
	diff_calls(diff, pair, out);
	for (size_t id = 0; id < WRIT_LIMIT__COUNT; id++)
		compare_limit(diff, pair, id, out);
	compare_env(diff, pair, NEW, out);
	compare_env(diff, pair, OLD, out);
	compare_best_effort(diff, pair, out);
	compare_strict_exec(diff, pair, out);
	compare_user(diff, pair, out);
}

/* The names that run in a sandbox, as one key. */
static struct str runs_in(struct diff *diff, int side, uint32_t sandbox)
{
	const struct ir_policy *policy = diff->policy[side];
	struct diff_bytes key = {0};

	for (size_t i = 0; i < policy->tools.n; i++) {
		if (policy->tools.items[i].sandbox == sandbox)
			diff_put_str(diff->arena, &key, policy->tools.items[i].name);
	}
	for (size_t i = 0; i < policy->rules.n; i++) {
		if (policy->rules.items[i].sandbox == sandbox)
			diff_put_str(diff->arena, &key, policy->rules.items[i].pattern);
	}
	return key.n ? (struct str){key.items, key.n} : STR("");
}

static bool is_renamed(struct diff *diff, uint32_t old, uint32_t new)
{
	struct diff_entries changes = {0};
	struct diff_pair pair = {{&diff->policy[OLD]->sandboxes.items[old],
				  &diff->policy[NEW]->sandboxes.items[new]}};

	if (!str_eq(runs_in(diff, OLD, old), runs_in(diff, NEW, new)))
		return false;
	diff_sandbox_contents(diff, &pair, &changes);
	return changes.n == 0;
}

static void match_renamed(struct diff *diff, const struct ir_indices left[2])
{
	bool *taken = arena_alloc(diff->arena, left[OLD].n + 1);

	if (left[OLD].n && left[NEW].n > MAX_RENAME_PAIRS / left[OLD].n)
		return;
	for (size_t j = 0; j < left[NEW].n; j++) {
		for (size_t i = 0; i < left[OLD].n; i++) {
			if (taken[i] || !is_renamed(diff, left[OLD].items[i], left[NEW].items[j]))
				continue;
			taken[i] = true;
			diff->sandbox_ids[NEW][left[NEW].items[j]] = left[OLD].items[i];
			break;
		}
	}
}

static uint32_t sandbox_by_name(const struct ir_policy *policy, struct str name)
{
	for (uint32_t i = 0; i < policy->sandboxes.n; i++) {
		if (str_eq(policy->sandboxes.items[i].name, name))
			return i;
	}
	return IR_NONE;
}

void diff_match_sandboxes(struct diff *diff)
{
	const struct ir_policy *old = diff->policy[OLD], *new = diff->policy[NEW];
	struct ir_indices left[2] = {{0}, {0}};

	diff->sandbox_ids[OLD] = arena_alloc(diff->arena, old->sandboxes.n * sizeof(uint32_t));
	diff->sandbox_ids[NEW] = arena_alloc(diff->arena, new->sandboxes.n * sizeof(uint32_t));
	for (uint32_t i = 0; i < old->sandboxes.n; i++) {
		diff->sandbox_ids[OLD][i] = i;
		if (sandbox_by_name(new, old->sandboxes.items[i].name) == IR_NONE)
			vec_add(diff->arena, &left[OLD], i);
	}
	for (uint32_t i = 0; i < new->sandboxes.n; i++) {
		uint32_t id = sandbox_by_name(old, new->sandboxes.items[i].name);

		diff->sandbox_ids[NEW][i] = id;
		if (id != IR_NONE)
			continue;
		diff->sandbox_ids[NEW][i] = (uint32_t)old->sandboxes.n + i;
		vec_add(diff->arena, &left[NEW], i);
	}
	match_renamed(diff, left);
}

const struct ir_sandbox *diff_sandbox_at(const struct diff *diff, int side, uint32_t id)
{
	const struct ir_policy *policy = diff->policy[side];

	for (size_t i = 0; i < policy->sandboxes.n; i++) {
		if (diff->sandbox_ids[side][i] == id)
			return &policy->sandboxes.items[i];
	}
	return NULL;
}

static bool compared_before(struct diff *diff, const uint32_t key[2], enum ir_diff_effect *effect)
{
	struct str bytes = {(const char *)key, 2 * sizeof(*key)};
	uint32_t value;

	if (!map_get(&diff->sandbox_pairs, bytes, &value))
		return false;
	*effect = (enum ir_diff_effect)value;
	return true;
}

/* What it means to run in the second instead of the first. */
static enum ir_diff_effect effect_of_pair(struct diff *diff, const struct diff_pair *pair,
					  const uint32_t key[2])
{
	struct diff_entries changes = {0};
	enum ir_diff_effect effect;

	if (compared_before(diff, key, &effect))
		return effect;
	diff_sandbox_contents(diff, pair, &changes);
	effect = diff_effect_of(&changes);
	map_put(diff->arena, &diff->sandbox_pairs,
		(struct str){arena_strndup(diff->arena, (const char *)key, 2 * sizeof(*key)),
			     2 * sizeof(*key)},
		(uint32_t)effect);
	return effect;
}

bool diff_sandbox_change(struct diff *diff, uint32_t a, uint32_t b, struct diff_aspect *out)
{
	static const enum ir_diff_change changes[] = {
		[IR_DIFF_WIDENED] = IR_DIFF_SANDBOX_WEAKER,
		[IR_DIFF_NARROWED] = IR_DIFF_SANDBOX_STRONGER,
		[IR_DIFF_CHANGED] = IR_DIFF_SANDBOX_OTHER,
		[IR_DIFF_NEUTRAL] = IR_DIFF_SANDBOX_OTHER,
	};
	const uint32_t key[2] = {a, b};
	struct diff_pair pair = {{diff_sandbox_at(diff, OLD, a), diff_sandbox_at(diff, NEW, b)}};

	if (a == b)
		return false;
	/*
	 * Without a sandbox nothing confines the tool, and `writ run` refuses it: a sandbox is less
	 * for who runs it by other means, and more for who does not.
	 */
	if (!pair.side[OLD] || !pair.side[NEW])
		out->effect = pair.side[OLD] ? IR_DIFF_WIDENED : IR_DIFF_CHANGED;
	else
		out->effect = effect_of_pair(diff, &pair, key);
	out->change = changes[out->effect];
	out->before = pair.side[OLD] ? pair.side[OLD]->name : STR("no sandbox");
	out->after = pair.side[NEW] ? pair.side[NEW]->name : STR("no sandbox");
	out->example = STR("");
	out->any = out->effect != IR_DIFF_NEUTRAL;
	return out->any;
}

static struct str summary(struct diff *diff, const struct ir_sandbox *sandbox)
{
	return str_printf(diff->arena, "%zu paths, %zu ports and peers, %zu system call rules",
			  sandbox->paths.n, sandbox->ports.n + sandbox->endpoints.n,
			  sandbox->calls.n);
}

/* A sandbox that only one side has. */
static void report_whole(struct diff *diff, const struct ir_sandbox *sandbox, int side)
{
	struct ir_diff_entry *entry = diff_entry(diff, &diff->entries,
						 side == NEW ? IR_DIFF_SANDBOX_ADDED
							     : IR_DIFF_SANDBOX_REMOVED,
						 side == NEW ? IR_DIFF_WIDENED : IR_DIFF_NARROWED);

	assert(sandbox);
	entry->subject = IR_DIFF_SANDBOX;
	entry->name = sandbox->name;
	if (side == NEW)
		entry->after = summary(diff, sandbox);
	diff_object(diff, entry, sandbox->name, &sandbox->origin, side);
}

/* What has no place of its own, such as a limit, is at the sandbox. */
static void place_objects(struct ir_diff_entry *entry, const struct ir_origin *origin)
{
	for (size_t i = 0; i < entry->objects.n; i++) {
		struct ir_diff_object *object = &entry->objects.items[i];

		if (object->origin.file.len)
			continue;
		object->origin = *origin;
		object->in_old = false;
	}
}

static void report_changes(struct diff *diff, const struct diff_pair *pair, uint32_t new)
{
	struct diff_entries changes = {0};
	struct str note = STR("");

	diff_sandbox_contents(diff, pair, &changes);
	if (changes.n && runs_in(diff, NEW, new).len == 0)
		note = STR("no tool runs in it");
	for (size_t i = 0; i < changes.n; i++) {
		struct ir_diff_entry *entry = vec_push(diff->arena, &diff->entries);

		*entry = changes.items[i];
		entry->subject = IR_DIFF_SANDBOX;
		entry->name = pair->side[NEW]->name;
		entry->note = note;
		place_objects(entry, &pair->side[NEW]->origin);
	}
}

void diff_sandboxes(struct diff *diff)
{
	const struct ir_policy *old = diff->policy[OLD], *new = diff->policy[NEW];

	for (uint32_t i = 0; i < new->sandboxes.n; i++) {
		const struct ir_sandbox *sandbox = &new->sandboxes.items[i];
		uint32_t id = diff->sandbox_ids[NEW][i];
		struct diff_pair pair = {{diff_sandbox_at(diff, OLD, id), sandbox}};

		if (pair.side[OLD])
			report_changes(diff, &pair, i);
		else
			report_whole(diff, sandbox, NEW);
	}
	for (uint32_t i = 0; i < old->sandboxes.n; i++) {
		if (!diff_sandbox_at(diff, NEW, i))
			report_whole(diff, &old->sandboxes.items[i], OLD);
	}
}
