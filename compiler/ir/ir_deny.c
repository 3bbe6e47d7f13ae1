/*
 * Patterns against trees, both with holes.
 *
 * Both are cut into names. A name with a parameter in it may be any name. Two texts that begin
 * differently, one with "~" and one with "/srv", say, may lead anywhere, so the pattern may match
 * inside the tree; else the names decide: the pattern is run over the tree's, and where it has
 * matched before they end the tree is denied as a whole, where it can still go on behind them it
 * may match inside.
 */
#include "ir/ir_deny.h"

#include <string.h>

/* Stands for a parameter in a name; where a policy has this byte itself the name is open too. */
#define HOLE '\1'

static bool is_open(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == HOLE)
			return true;
	}
	return false;
}

/* Of a text's parts but the first when that is its root. */
static struct str flatten(struct arena *arena, const struct ir_text *text)
{
	struct str all = STR("");

	for (size_t i = 0; i < text->n; i++) {
		const struct ir_part *part = &text->parts[i];

		if (part->kind == IR_PART_LITERAL)
			all = str_printf(arena, "%.*s%.*s", STR_ARG(all), STR_ARG(part->literal));
		else if (i > 0)
			all = str_printf(arena, "%.*s%c", STR_ARG(all), HOLE);
	}
	return all;
}

static struct ir_deny_text cut_text(struct arena *arena, const struct ir_text *text)
{
	struct str all = flatten(arena, text);
	struct ir_deny_text cut = {.text = text, .open = is_open(all)};
	size_t begin = 0;

	for (size_t i = 0; i <= all.len; i++) {
		if (i < all.len && all.ptr[i] != '/')
			continue;
		if (i > begin)
			vec_add(arena, &cut.names, ((struct str){all.ptr + begin, i - begin}));
		begin = i + 1;
	}
	cut.reach = arena_alloc(arena, (cut.names.n + 1) * sizeof(*cut.reach));
	return cut;
}

static bool same_root(const struct ir_text *a, const struct ir_text *b)
{
	return a->n && b->n && a->parts[0].kind == b->parts[0].kind &&
	       (a->parts[0].kind != IR_PART_PARAM || a->parts[0].param == b->parts[0].param);
}

static bool is_many(const struct ir_names *pattern, size_t j)
{
	return str_eq_cstr(pattern->items[j], "**");
}

/* reach[j]: the first j names of the pattern match the names so far; "**" also matches none. */
static void skip_many(const struct ir_names *pattern, bool *reach)
{
	for (size_t j = 0; j < pattern->n; j++) {
		if (reach[j] && is_many(pattern, j))
			reach[j + 1] = true;
	}
}

static bool name_matches(struct arena *arena, struct str pattern, struct str name)
{
	if (is_open(pattern) || is_open(name) || str_eq(pattern, name))
		return true;
	if (!memchr(pattern.ptr, '*', pattern.len) && !memchr(pattern.ptr, '?', pattern.len))
		return false;
	return ir_glob(arena, pattern, name);
}

static void step(struct arena *arena, const struct ir_names *pattern, bool *reach, struct str name)
{
	for (size_t j = pattern->n + 1; j-- > 0;) {
		bool stays = j < pattern->n && reach[j] && is_many(pattern, j);
		bool comes = j && reach[j - 1] && !is_many(pattern, j - 1);

		reach[j] = stays || (comes && name_matches(arena, pattern->items[j - 1], name));
	}
	skip_many(pattern, reach);
}

static enum ir_deny_reach reach_of(struct arena *arena, const struct ir_deny_text *pattern,
				   const struct ir_deny_text *tree)
{
	const struct ir_names *wanted = &pattern->names;
	bool *reach = pattern->reach;
	bool any = false;

	if (!same_root(pattern->text, tree->text))
		return IR_DENY_INSIDE;
	memset(reach, 0, wanted->n + 1);
	reach[0] = true;
	skip_many(wanted, reach);
	for (size_t i = 0; i < tree->names.n && !reach[wanted->n]; i++)
		step(arena, wanted, reach, tree->names.items[i]);
	if (reach[wanted->n])
		return pattern->open || tree->open ? IR_DENY_INSIDE : IR_DENY_ALL;
	for (size_t j = 0; j < wanted->n; j++)
		any |= reach[j];
	return any ? IR_DENY_INSIDE : IR_DENY_NOTHING;
}

struct ir_deny_texts ir_deny_patterns(struct arena *arena, const struct ir_sandbox *sandbox)
{
	struct ir_deny_texts patterns = {0};

	for (size_t i = 0; i < sandbox->denies.n; i++)
		vec_add(arena, &patterns, cut_text(arena, &sandbox->denies.items[i].text));
	return patterns;
}

enum ir_deny_reach ir_deny_reach(struct arena *arena, const struct ir_deny_texts *patterns,
				 const struct ir_text *tree)
{
	const struct ir_deny_text cut = cut_text(arena, tree);
	enum ir_deny_reach most = IR_DENY_NOTHING;

	for (size_t i = 0; i < patterns->n && most != IR_DENY_ALL; i++) {
		enum ir_deny_reach reach = reach_of(arena, &patterns->items[i], &cut);

		most = reach > most ? reach : most;
	}
	return most;
}

bool ir_deny_literal(struct arena *arena, const struct ir_deny_texts *patterns, const char *path)
{
	struct ir_part part = {.kind = IR_PART_LITERAL, .literal = str_from(path)};
	const struct ir_text text = {.parts = &part, .n = 1};

	return ir_deny_reach(arena, patterns, &text) == IR_DENY_ALL;
}
