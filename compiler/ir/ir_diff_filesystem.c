/*
 * The files of two sandboxes.
 *
 * A grant on a directory is one on everything below, so what a path may be used for is what all
 * grants at and above it give: a grant inside a tree that has the same rights gains nothing, and
 * nothing is lost when it goes. A denied pattern counts while a grant might hold something of it.
 */
#include "ir/ir_diff_impl.h"

#include "ir/ir_print.h"

#define RIGHTS (WRIT_PATH_READ | WRIT_PATH_WRITE | WRIT_PATH_EXECUTE)

struct tree {
	struct str key;
	uint32_t rights;
	const struct ir_path *path;
};

struct trees {
	struct tree *items;
	size_t n;
};

void diff_item(struct diff *diff, struct diff_entries *out, const struct diff_item *item)
{
	struct ir_diff_entry *entry = NULL;

	for (size_t i = out->n; i > 0 && !entry && !item->before.len && !item->after.len; i--) {
		struct ir_diff_entry *other = &out->items[i - 1];

		if (other->change == item->change && other->effect == item->effect &&
		    !other->before.len && !other->after.len)
			entry = other;
	}
	if (!entry)
		entry = diff_entry(diff, out, item->change, item->effect);
	if (item->before.len)
		entry->before = item->before;
	if (item->after.len)
		entry->after = item->after;
	diff_object(diff, entry, item->name, item->origin, item->side);
}

/* Who may write may read; a path that the compiler added follows from the others. */
static uint32_t effective_rights(const struct ir_path *path)
{
	uint32_t rights = path->rights & RIGHTS;

	if (path->rights & WRIT_PATH_IMPLIED)
		return 0;
	return rights & WRIT_PATH_WRITE ? rights | WRIT_PATH_READ : rights;
}

static struct trees trees_of(struct diff *diff, const struct diff_pair *pair, int side)
{
	const struct ir_sandbox *sandbox = pair->side[side];
	struct trees trees = {NULL, 0};

	if (!sandbox)
		return trees;
	trees.items = arena_alloc(diff->arena, sandbox->paths.n * sizeof(*trees.items));
	for (size_t i = 0; i < sandbox->paths.n; i++) {
		const struct ir_path *path = &sandbox->paths.items[i];

		trees.items[trees.n++] =
			(struct tree){diff_key(diff->arena, diff->policy[side], &path->text),
				      effective_rights(path), path};
	}
	return trees;
}

/* What the trees of a side give on a path. */
static uint32_t rights_on(const struct trees *trees, struct str path)
{
	uint32_t rights = 0;

	for (size_t i = 0; i < trees->n; i++) {
		enum diff_relation relation = diff_paths(trees->items[i].key, path);

		if (relation == DIFF_SAME || relation == DIFF_ABOVE)
			rights |= trees->items[i].rights;
	}
	return rights;
}

/* What trees strictly above have that the other side lacks there: told at those trees. */
static uint32_t told_above(const struct trees *own, const struct trees *other, struct str path)
{
	uint32_t rights = 0;

	for (size_t i = 0; i < own->n; i++) {
		if (diff_paths(own->items[i].key, path) == DIFF_ABOVE)
			rights |= own->items[i].rights & ~rights_on(other, own->items[i].key);
	}
	return rights;
}

static struct str rights_text(struct diff *diff, uint32_t rights, struct str path)
{
	/* "write" says "read" too. */
	const char *first = rights & WRIT_PATH_WRITE  ? "write"
			    : rights & WRIT_PATH_READ ? "read"
						      : "";
	const char *last = rights & WRIT_PATH_EXECUTE ? "execute" : "";

	return str_printf(diff->arena, "%s%s%s \"%.*s\"", first, *first && *last ? ", " : "", last,
			  STR_ARG(path));
}

static void compare_trees(struct diff *diff, const struct trees trees[2], int side,
			  struct diff_entries *out)
{
	for (size_t i = 0; i < trees[side].n; i++) {
		const struct tree *tree = &trees[side].items[i];
		uint32_t rights = tree->rights & ~rights_on(&trees[!side], tree->key);
		struct diff_item item = {.origin = &tree->path->origin, .side = side};

		if (rights)
			rights &= ~told_above(&trees[side], &trees[!side], tree->key);
		if (!rights)
			continue;
		item.change = side == NEW ? IR_DIFF_PATH_GAINED : IR_DIFF_PATH_LOST;
		item.effect = side == NEW ? IR_DIFF_WIDENED : IR_DIFF_NARROWED;
		item.name = rights_text(diff, rights,
					ir_text_spell(diff->arena, diff->policy[side],
						      &tree->path->text));
		diff_item(diff, out, &item);
	}
}

/* Is the path of exactly this key required by a side? */
static bool is_required(const struct trees *trees, struct str key)
{
	for (size_t i = 0; i < trees->n; i++) {
		if (str_eq(trees->items[i].key, key))
			return trees->items[i].path->rights & WRIT_PATH_REQUIRED;
	}
	return false;
}

/* Whether a path has to exist opens nothing and closes nothing. */
static void compare_required(struct diff *diff, const struct trees trees[2], int side,
			     struct diff_entries *out)
{
	for (size_t i = 0; i < trees[side].n; i++) {
		const struct tree *tree = &trees[side].items[i];
		struct diff_item item = {.effect = IR_DIFF_CHANGED,
					 .origin = &tree->path->origin,
					 .side = side};

		if (!(tree->path->rights & WRIT_PATH_REQUIRED) ||
		    is_required(&trees[!side], tree->key))
			continue;
		item.change = side == NEW ? IR_DIFF_REQUIRED_ADDED : IR_DIFF_REQUIRED_REMOVED;
		item.name = str_printf(diff->arena, "\"%.*s\"",
				       STR_ARG(ir_text_spell(diff->arena, diff->policy[side],
							     &tree->path->text)));
		diff_item(diff, out, &item);
	}
}

/* Could a pattern match anything in one of the trees? */
static bool touches(const struct trees *trees, struct str pattern)
{
	size_t literal = 0;

	while (literal < pattern.len && pattern.ptr[literal] != '*' && pattern.ptr[literal] != '?')
		literal++;
	while (literal < pattern.len && literal > 0 && pattern.ptr[literal - 1] != '/')
		literal--;
	for (size_t i = 0; i < trees->n; i++) {
		if (diff_paths(trees->items[i].key, (struct str){pattern.ptr, literal}) !=
		    DIFF_APART)
			return true;
	}
	return false;
}

/* The keys of what a side denies. */
static struct map denied_keys(struct diff *diff, const struct diff_pair *pair, int side)
{
	const struct ir_sandbox *sandbox = pair->side[side];
	struct map keys = {0};

	for (size_t i = 0; sandbox && i < sandbox->denies.n; i++)
		map_put(diff->arena, &keys,
			diff_key(diff->arena, diff->policy[side], &sandbox->denies.items[i].text),
			0);
	return keys;
}

/* The denies of a side that the other lacks: removed, when that is NEW. */
static void compare_denies(struct diff *diff, const struct diff_pair *pair, int side,
			   const struct trees trees[2], struct diff_entries *out)
{
	const struct ir_sandbox *sandbox = pair->side[side];
	struct map other = denied_keys(diff, pair, !side);

	for (size_t i = 0; sandbox && i < sandbox->denies.n; i++) {
		const struct ir_deny *deny = &sandbox->denies.items[i];
		struct str key = diff_key(diff->arena, diff->policy[side], &deny->text);
		struct diff_item item = {.origin = &deny->origin, .side = side};

		if (map_get(&other, key, NULL) ||
		    (!touches(&trees[OLD], key) && !touches(&trees[NEW], key)))
			continue;
		item.change = side == NEW ? IR_DIFF_DENY_ADDED : IR_DIFF_DENY_REMOVED;
		item.effect = side == NEW ? IR_DIFF_NARROWED : IR_DIFF_WIDENED;
		item.name = str_printf(diff->arena, "\"%.*s\"",
				       STR_ARG(ir_text_spell(diff->arena, diff->policy[side],
							     &deny->text)));
		diff_item(diff, out, &item);
	}
}

static const struct ir_scratch *find_scratch(struct diff *diff, const struct diff_pair *pair,
					     int side, struct str text)
{
	const struct ir_sandbox *sandbox = pair->side[side];

	for (size_t i = 0; sandbox && i < sandbox->scratches.n; i++) {
		if (str_eq(diff_key(diff->arena, diff->policy[side],
				    &sandbox->scratches.items[i].text),
			   text))
			return &sandbox->scratches.items[i];
	}
	return NULL;
}

/* Without the scratch directory, what is granted there of the host's shows. */
static bool hid_a_grant(struct diff *diff, const struct diff_pair *pair, struct str key)
{
	const struct trees trees = trees_of(diff, pair, NEW);

	for (size_t i = 0; i < trees.n; i++) {
		enum diff_relation relation = diff_paths(trees.items[i].key, key);

		if (trees.items[i].rights && relation != DIFF_APART)
			return true;
	}
	return false;
}

static void compare_scratch(struct diff *diff, const struct diff_pair *pair, int side,
			    const struct ir_scratch *scratch, struct diff_entries *out)
{
	struct str key = diff_key(diff->arena, diff->policy[side], &scratch->text);
	const struct ir_scratch *other = find_scratch(diff, pair, !side, key);
	struct diff_item item = {.origin = &scratch->origin, .side = side};
	bool more;

	/* One of both sides is compared when it comes up in NEW. */
	if (other && (side == OLD || other->size_bytes == scratch->size_bytes))
		return;
	more = side == NEW && (!other || scratch->size_bytes > other->size_bytes);
	item.effect = more ? IR_DIFF_WIDENED : IR_DIFF_NARROWED;
	item.change = more ? IR_DIFF_SCRATCH_GAINED : IR_DIFF_SCRATCH_LOST;
	item.name =
		str_printf(diff->arena, "\"%.*s\"",
			   STR_ARG(ir_text_spell(diff->arena, diff->policy[side], &scratch->text)));
	if (other) {
		item.change = more ? IR_DIFF_SCRATCH_RAISED : IR_DIFF_SCRATCH_LOWERED;
		item.before = diff_size_text(diff, other->size_bytes);
		item.after = diff_size_text(diff, scratch->size_bytes);
	} else if (!more && hid_a_grant(diff, pair, key)) {
		item.effect = IR_DIFF_CHANGED;
	}
	diff_item(diff, out, &item);
}

void diff_filesystem(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out)
{
	const struct trees trees[2] = {trees_of(diff, pair, OLD), trees_of(diff, pair, NEW)};

	for (int side = NEW; side >= OLD; side--) {
		const struct ir_sandbox *sandbox = pair->side[side];

		compare_trees(diff, trees, side, out);
		compare_required(diff, trees, side, out);
		compare_denies(diff, pair, side, trees, out);
		for (size_t i = 0; sandbox && i < sandbox->scratches.n; i++)
			compare_scratch(diff, pair, side, &sandbox->scratches.items[i], out);
	}
}
