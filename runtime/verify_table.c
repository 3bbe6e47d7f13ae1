/*
 * Validation of the decision table: blocks, cells, and whether each cell can be what it is.
 *
 * In: an image whose rules, columns, automaton and chains have been verified. After this a check
 * needs no bounds of its own: every block is one that is there, and every cell names a rule or a
 * chain of rules that can decide there. That is to say: the cell of a class of names only wildcards
 * decide, and the cell of a listed tool is that of its class, but for the rules that name the tool.
 * So a row is compared with what its classes alone would make of it, and only where it differs are
 * the rules looked at. Every cell of every row is looked at, whoever else has the block.
 */
#include "runtime/verify.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/index.h"

#define FEW 1024u /* words of scratch: for so many no memory is asked for, which is dear */

/*
 * The table as it is being checked. homes[r] is the column of the tool that rule r names, or
 * WRIT_NONE for a wildcard. members[k] is one of the listed tools that would be in class k, which
 * has column n_named + k, if they were not listed, next[c] the one after column c, or WRIT_NONE.
 * wild[c] is the cell of column c's class in the row at hand, 0 between rows and for tools that no
 * wildcard matches, and touched[b] is whether it may be something else in block b. empty is the
 * block without a rule; good[b] is where block b has been checked with wild 0, plus 1. set are the
 * classes that decide in the row at hand. work is how many rules were looked at in chains.
 */
struct table_check {
	const struct image *image;
	const uint16_t *blocks;
	const uint16_t *cells;
	uint32_t n_rules;
	uint32_t n_named;
	uint32_t n_columns;
	uint32_t n_blocks; /* in a row */
	uint32_t block_bits;
	uint32_t *homes;
	uint32_t *next;
	uint32_t *members;
	uint32_t *wild;
	uint32_t *touched;
	uint32_t *good;
	uint32_t *set;
	uint32_t n_set;
	uint32_t empty;
	uint64_t work;
};

/* The rules that may decide a cell, strictest first; none for an empty cell. */
struct deciders {
	uint16_t plain; /* of a cell that names a rule and no chain */
	const uint16_t *rules;
	uint32_t n;
};

/* A block is no larger than it must be to hold a row, so that what it leaves empty is no more. */
static bool size_ok(const struct image *image)
{
	const struct writ_fmt_policy *policy = image_POLICY(image, 0);
	uint64_t n_columns = image_count(image, WRIT_SECTION_COLUMNS);
	uint32_t bits = policy->block_bits;

	if (policy->n_rows == 0 || n_columns == 0)
		return bits == 0;
	if (policy->n_rows > WRIT_MAX_CELLS / n_columns || bits < WRIT_MIN_BLOCK_BITS || bits > 31)
		return false;
	return bits == WRIT_MIN_BLOCK_BITS || n_columns > UINT64_C(1) << (bits - 1);
}

/* As many blocks as rows have, which are numbered in the order of their first use. */
static int check_blocks(const struct image *image, struct writ_error *error)
{
	const struct writ_fmt_policy *policy = image_POLICY(image, 0);
	const uint16_t *ids = image->sections[WRIT_SECTION_BLOCKS].records;
	uint32_t n_ids = image_count(image, WRIT_SECTION_BLOCKS);
	uint64_t n_cells = image_count(image, WRIT_SECTION_CELLS);
	uint64_t n = 0;

	if (!size_ok(image))
		return verify_bad(error, "policy", 0, "the size of the table or of its blocks");
	if (n_ids != (uint64_t)policy->n_rows * image_blocks(image))
		return verify_bad(error, "blocks", n_ids, "their number");
	for (uint32_t i = 0; i < n_ids; i++) {
		if (ids[i] < n)
			continue;
		if (ids[i] > n)
			return verify_bad(error, "blocks", i, "not in the order of their use");
		n++;
	}
	if (n_cells != n << policy->block_bits)
		return verify_bad(error, "cells", 0, "their number is not that of the blocks");
	return 0;
}

/* The first rule that names a tool which is not listed, or their number. */
static uint32_t find_homes(const struct table_check *check)
{
	const struct image *image = check->image;
	const struct index tools = index_of(image, WRIT_SECTION_TOOL_INDEX, WRIT_SECTION_COLUMNS);

	for (uint32_t i = 0; i < check->n_rules; i++) {
		struct writ_fmt_str pattern = image_RULES(image, i)->pattern;
		const char *bytes = image_str(image, pattern);

		check->homes[i] = index_find(&tools, bytes, pattern.len);
		if (check->homes[i] == WRIT_NONE && !memchr(bytes, '*', pattern.len))
			return i;
	}
	return check->n_rules;
}

/* The number of the class that a listed tool would be in, or WRIT_NONE. */
static uint32_t class_of(const struct table_check *check, uint32_t column)
{
	const struct image *image = check->image;
	const struct writ_fmt_policy *policy = image_POLICY(image, 0);
	const uint8_t *classes = image->sections[WRIT_SECTION_CHAR_CLASSES].records;
	const uint16_t *states = image->sections[WRIT_SECTION_STATES].records;
	struct writ_fmt_str name = image_COLUMNS(image, column)->name;
	const char *bytes = image_str(image, name);
	uint32_t state = policy->start;
	uint32_t class;

	for (uint32_t i = 0; i < name.len; i++)
		state = states[state * policy->n_classes + classes[(uint8_t)bytes[i]]];
	class = *image_ACCEPTS(image, state);
	return class == WRIT_NONE ? class : class - check->n_named;
}

/* Links the members of each class. */
static void find_members(const struct table_check *check)
{
	for (uint32_t k = 0; k < check->n_columns - check->n_named; k++)
		check->members[k] = WRIT_NONE;
	for (uint32_t i = 0; i < check->n_named; i++) {
		uint32_t class = class_of(check, i);

		if (class == WRIT_NONE)
			continue;
		check->next[i] = check->members[class];
		check->members[class] = i;
	}
}

static bool is_plain(const struct table_check *check, uint32_t rule)
{
	return image_RULES(check->image, rule)->where.count == 0;
}

/* False when a cell names no chain that there is, or a rule with a condition. */
static bool get_deciders(const struct table_check *check, uint16_t cell, struct deciders *out)
{
	const struct writ_fmt_range *chain;

	*out = (struct deciders){0, NULL, 0};
	if (cell == 0)
		return true;
	if (cell <= check->n_rules) {
		*out = (struct deciders){(uint16_t)(cell - 1), &out->plain, 1};
		return is_plain(check, out->plain);
	}
	if (cell - check->n_rules > image_count(check->image, WRIT_SECTION_CHAINS))
		return false;
	chain = image_CHAINS(check->image, cell - check->n_rules - 1);
	out->rules = image_CHAIN_RULES(check->image, chain->first);
	out->n = chain->count;
	return true;
}

/* The rules of a cell that is about to be walked; false also when it is too much together. */
static bool walk_deciders(struct table_check *check, uint16_t cell, struct deciders *out)
{
	if (!get_deciders(check, cell, out))
		return false;
	check->work += cell > check->n_rules ? out->n : 0;
	return check->work <= WRIT_MAX_CHAIN_WORK;
}

/*
 * The rules that may decide a listed tool are those that name it and the wildcards that may decide
 * its class, merged, up to the first without a condition: none of the others is there, and none of
 * the wildcards up to there is missing.
 */
static bool merges(const struct table_check *check, uint32_t column, const struct deciders *own,
		   const struct deciders *wild)
{
	uint32_t w = 0;

	for (uint32_t i = 0; i < own->n; i++) {
		uint32_t rule = own->rules[i];

		if (w < wild->n && wild->rules[w] == rule)
			w++;
		else if (check->homes[rule] != column || (w < wild->n && wild->rules[w] < rule))
			return false;
	}
	return w == wild->n || (own->n > 0 && is_plain(check, own->rules[own->n - 1]));
}

static bool named_cell_ok(struct table_check *check, uint32_t column, uint16_t cell)
{
	struct deciders own, wild;

	return walk_deciders(check, cell, &own) &&
	       get_deciders(check, (uint16_t)check->wild[column], &wild) &&
	       merges(check, column, &own, &wild);
}

/* Only wildcards decide about names that are not listed. */
static bool class_cell_ok(struct table_check *check, uint16_t cell)
{
	struct deciders deciders;

	if (!walk_deciders(check, cell, &deciders))
		return false;
	for (uint32_t i = 0; i < deciders.n; i++) {
		if (check->homes[deciders.rules[i]] != WRIT_NONE)
			return false;
	}
	return true;
}

/* The cells of one of a row's blocks. */
static const uint16_t *block_at(const struct table_check *check, const uint16_t *row, uint32_t at)
{
	return check->cells + ((size_t)row[at] << check->block_bits);
}

static void set_wild(struct table_check *check, uint32_t class, uint16_t cell)
{
	for (uint32_t i = check->members[class]; i != WRIT_NONE; i = check->next[i]) {
		check->wild[i] = cell;
		check->touched[i >> check->block_bits] = cell != 0;
	}
}

/*
 * Checks the cells of the classes in one of a row's blocks, and lets wild follow from them; what is
 * no class's is left out.
 */
static bool set_block(struct table_check *check, const uint16_t *row, uint32_t at)
{
	const uint16_t *cells = block_at(check, row, at);
	uint32_t first = at << check->block_bits;
	uint32_t begin = first < check->n_named ? check->n_named - first : 0;
	uint32_t left = check->n_columns - first, width = 1u << check->block_bits;

	for (uint32_t i = begin; i < width && i < left; i++) {
		if (cells[i] == 0)
			continue;
		if (!class_cell_ok(check, cells[i]))
			return false;
		set_wild(check, first + i - check->n_named, cells[i]);
		check->set[check->n_set++] = first + i - check->n_named;
	}
	return true;
}

static bool set_classes(struct table_check *check, const uint16_t *row)
{
	for (uint32_t i = check->n_named >> check->block_bits; i < check->n_blocks; i++) {
		if (row[i] != check->empty && !set_block(check, row, i))
			return false;
	}
	return true;
}

static void clear_classes(struct table_check *check)
{
	for (uint32_t i = 0; i < check->n_set; i++)
		set_wild(check, check->set[i], 0);
	check->n_set = 0;
}

/* The cells of listed tools in one of a row's blocks: once, where only they decide about them. */
static bool block_ok(struct table_check *check, const uint16_t *row, uint32_t at)
{
	const uint16_t *cells = block_at(check, row, at);
	uint32_t first = at << check->block_bits, width = 1u << check->block_bits;
	uint32_t left = check->n_named - first;
	bool touched = check->touched[at];

	if (!touched && check->good[row[at]] == at + 1)
		return true;
	for (uint32_t i = 0; i < width && i < left; i++) {
		if (cells[i] != check->wild[first + i] &&
		    !named_cell_ok(check, first + i, cells[i]))
			return false;
	}
	if (!touched)
		check->good[row[at]] = at + 1;
	return true;
}

/* Are the cells behind the last column empty? */
static bool rest_ok(const struct table_check *check, const uint16_t *row)
{
	const uint16_t *cells = block_at(check, row, check->n_blocks - 1);
	uint32_t first = (check->n_blocks - 1) << check->block_bits;

	for (uint32_t i = check->n_columns - first; i < 1u << check->block_bits; i++) {
		if (cells[i])
			return false;
	}
	return true;
}

/* An empty block where no wildcard matches is as it must be, and most are. */
static bool row_ok(struct table_check *check, const uint16_t *row)
{
	uint32_t n = (check->n_named + (1u << check->block_bits) - 1) >> check->block_bits;

	if (!rest_ok(check, row) || !set_classes(check, row))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if ((row[i] != check->empty || check->touched[i]) && !block_ok(check, row, i))
			return false;
	}
	clear_classes(check);
	return true;
}

/* The first block without a rule, or WRIT_NONE. */
static uint32_t find_empty(const struct table_check *check)
{
	uint32_t n_cells = image_count(check->image, WRIT_SECTION_CELLS);
	uint32_t last = (1u << check->block_bits) - 1;
	uint32_t run = 0;

	for (uint32_t i = 0; i < n_cells; i++) {
		run = check->cells[i] ? 0 : (i & last) ? run + 1 : 1;
		if (run > last && (i & last) == last)
			return i >> check->block_bits;
	}
	return WRIT_NONE;
}

static int check_rows(struct table_check *check, uint32_t n_rows, struct writ_error *error)
{
	for (uint32_t row = 0; row < n_rows && check->n_columns; row++) {
		if (!row_ok(check, check->blocks + (size_t)row * check->n_blocks))
			return verify_bad(error, "cells", row, "a rule that can't decide there");
	}
	return 0;
}

static int check_table(struct table_check *check, struct writ_error *error)
{
	uint32_t unlisted = find_homes(check);

	if (unlisted < check->n_rules)
		return verify_bad(error, "rules", unlisted, "it names a tool that is not listed");
	find_members(check);
	check->empty = find_empty(check);
	return check_rows(check, image_POLICY(check->image, 0)->n_rows, error);
}

/* The arrays that a check needs, as many words as count_words says, all zero. */
static void place_arrays(struct table_check *check, uint32_t *words)
{
	check->homes = words;
	check->next = check->homes + check->n_rules;
	check->wild = check->next + check->n_named;
	check->members = check->wild + check->n_named;
	check->touched = check->members + (check->n_columns - check->n_named);
	check->set = check->touched + check->n_blocks;
	check->good = check->set + (check->n_columns - check->n_named);
}

static size_t count_words(const struct table_check *check)
{
	size_t n_cells = image_count(check->image, WRIT_SECTION_CELLS);

	return (size_t)check->n_rules + 2 * (size_t)check->n_columns + check->n_blocks +
	       (n_cells >> check->block_bits);
}

int verify_table(const struct image *image, struct writ_error *error)
{
	struct table_check check = {
		.image = image,
		.blocks = image->sections[WRIT_SECTION_BLOCKS].records,
		.cells = image->sections[WRIT_SECTION_CELLS].records,
		.n_rules = image_count(image, WRIT_SECTION_RULES),
		.n_named = image_POLICY(image, 0)->n_named,
		.n_columns = image_count(image, WRIT_SECTION_COLUMNS),
		.block_bits = image_POLICY(image, 0)->block_bits,
	};
	uint32_t few[FEW] = {0};
	uint32_t *words = few;
	int rc = check_blocks(image, error);

	if (rc)
		return rc;
	check.n_blocks = image_blocks(image);
	if (count_words(&check) > FEW)
		words = calloc(count_words(&check), sizeof(*words));
	if (!words)
		return error_nomem(error);
	place_arrays(&check, words);
	rc = check_table(&check, error);
	if (words != few)
		free(words);
	return rc;
}
