/*
 * Cutting the decision table into blocks.
 *
 * In: the table, a row after the other. Out: the same cells as blocks of one size, each kind of
 * block once, numbered in the order in which the rows use them, and for each row the numbers of its
 * blocks. A small block is shared often but many have to be numbered, so every size is tried and
 * the one that takes the least space is chosen. That costs one pass: a block of the next size is
 * two of the last, so its kind is a pair of numbers, and the work halves each time. The largest
 * block holds a row, and then the table stands there as it is.
 */
#include "backend/rbac_blocks.h"

#include <string.h>

#include "base/map.h"
#include "runtime/writ_format.h"

#define MIN_CELLS 4u /* of a block; as many fill a key */

/* The table in blocks of one size. Kind 0 is the block without a rule, others have an own number.
 */
struct level {
	uint32_t bits;
	uint32_t n_blocks; /* in a row */
	uint32_t n_kinds;
	uint32_t *kinds; /* row by row */
};

struct folding {
	struct arena *arena;
	const struct rbac_table *table;
	struct map known;
};

static uint32_t kind_of(struct folding *folding, struct level *level, uint64_t key)
{
	struct str text = {(const char *)&key, sizeof(key)};
	uint32_t kind;

	if (key == 0)
		return 0;
	if (map_get(&folding->known, text, &kind))
		return kind;
	kind = level->n_kinds++;
	text = str_copy(folding->arena, text.ptr, text.len);
	map_put(folding->arena, &folding->known, text, kind);
	return kind;
}

static struct level new_level(struct folding *folding, uint32_t bits, uint32_t n_blocks)
{
	size_t n = (size_t)folding->table->n_rows * n_blocks;

	folding->known = (struct map){0};
	return (struct level){.bits = bits,
			      .n_blocks = n_blocks,
			      .n_kinds = 1,
			      .kinds = arena_alloc(folding->arena, n * sizeof(uint32_t))};
}

static struct level first_level(struct folding *folding)
{
	const struct rbac_table *table = folding->table;
	struct level level = new_level(folding, WRIT_MIN_BLOCK_BITS,
				       (table->n_columns + MIN_CELLS - 1) / MIN_CELLS);
	uint32_t *kind = level.kinds;

	for (uint32_t row = 0; row < table->n_rows; row++) {
		const uint16_t *cells = table->cells + (size_t)row * table->n_columns;

		for (uint32_t at = 0; at < table->n_columns; at += MIN_CELLS) {
			uint32_t left = table->n_columns - at;
			uint64_t key = 0;

			memcpy(&key, cells + at,
			       (left < MIN_CELLS ? left : MIN_CELLS) * sizeof(*cells));
			*kind++ = kind_of(folding, &level, key);
		}
	}
	return level;
}

static struct level next_level(struct folding *folding, const struct level *last)
{
	struct level level = new_level(folding, last->bits + 1, (last->n_blocks + 1) / 2);
	uint32_t *kind = level.kinds;

	for (uint32_t row = 0; row < folding->table->n_rows; row++) {
		const uint32_t *halves = last->kinds + (size_t)row * last->n_blocks;

		for (uint32_t i = 0; i < last->n_blocks; i += 2) {
			uint64_t right = i + 1 < last->n_blocks ? halves[i + 1] : 0;

			*kind++ = kind_of(folding, &level, halves[i] | right << 32);
		}
	}
	return level;
}

static uint64_t level_size(const struct folding *folding, const struct level *level)
{
	return (uint64_t)folding->table->n_rows * level->n_blocks +
	       ((uint64_t)level->n_kinds << level->bits);
}

/* The level of the smallest size that has few enough kinds; its kinds is NULL when there is none.
 */
static struct level best_level(struct folding *folding)
{
	struct level level = first_level(folding), best = {.kinds = NULL};

	for (;;) {
		if (level.n_kinds <= WRIT_MAX_BLOCKS &&
		    (!best.kinds || level_size(folding, &level) < level_size(folding, &best)))
			best = level;
		if (level.n_blocks == 1)
			return best;
		level = next_level(folding, &level);
	}
}

/* The cells of a block, of which the last in a row may lack some. */
static void copy_block(const struct rbac_table *table, uint32_t row, uint32_t column,
		       uint32_t n_cells, uint16_t *out)
{
	uint32_t left = table->n_columns - column;

	memcpy(out, table->cells + (size_t)row * table->n_columns + column,
	       (left < n_cells ? left : n_cells) * sizeof(*out));
}

/* Numbers the kinds that are there in the order of their first use, and writes each out then. */
static void write_blocks(const struct folding *folding, const struct level *level,
			 struct rbac_blocks *out)
{
	uint32_t *ids = arena_alloc(folding->arena, level->n_kinds * sizeof(*ids));
	uint32_t n = 0, width = 1u << level->bits;

	*out = (struct rbac_blocks){.bits = level->bits,
				    .n_ids = folding->table->n_rows * level->n_blocks};
	out->ids = arena_alloc(folding->arena, out->n_ids * sizeof(*out->ids));
	out->cells = arena_alloc(folding->arena,
				 ((size_t)level->n_kinds << level->bits) * sizeof(*out->cells));
	for (uint32_t i = 0; i < out->n_ids; i++) {
		uint32_t *id = &ids[level->kinds[i]]; /* plus 1: 0 is not numbered yet */

		if (*id == 0) {
			copy_block(folding->table, i / level->n_blocks,
				   (i % level->n_blocks) << level->bits, width,
				   out->cells + ((size_t)n << level->bits));
			*id = ++n;
		}
		out->ids[i] = (uint16_t)(*id - 1);
	}
	out->n_cells = n << level->bits;
}

int rbac_blocks_make(struct arena *arena, const struct rbac_table *table, struct rbac_blocks *out)
{
	struct folding folding = {.arena = arena, .table = table};
	struct level level;

	*out = (struct rbac_blocks){.bits = 0};
	if (table->n_rows == 0 || table->n_columns == 0)
		return 0;
	level = best_level(&folding);
	if (!level.kinds)
		return -1;
	write_blocks(&folding, &level, out);
	return 0;
}
