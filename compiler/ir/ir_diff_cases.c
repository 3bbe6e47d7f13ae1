/*
 * Truth tables of atoms that depend on each other.
 *
 * In: for every two atoms, which combinations of their truth can't come up ("under /a/b" true and
 * "under /a" false). Out: all rows of truth values in which no two atoms contradict each other.
 * That is every row that can come up, and perhaps some that can't: a comparison over them may see
 * a difference that is none, but misses none that there is.
 */
#include "ir/ir_diff_impl.h"

#include <string.h>

/* Does a value for the next atom contradict one of those before? */
static bool fits(const uint8_t *row, uint32_t atom, uint32_t n_atoms, const uint8_t *forbidden,
		 unsigned value)
{
	for (uint32_t i = 0; i < atom; i++) {
		unsigned combination = 1u << (2u * row[i] + value);

		if (forbidden[(size_t)i * n_atoms + atom] & combination)
			return false;
	}
	return true;
}

/* Every row with the next atom false, and true, where that fits. -1: too many rows. */
static int extend(struct diff_bytes *rows, struct arena *arena, uint32_t atom, uint32_t n_atoms,
		  const uint8_t *forbidden)
{
	static const uint8_t none[1];
	struct diff_bytes longer = {0};
	size_t n = atom ? rows->n / atom : 1;

	for (size_t r = 0; r < n; r++) {
		const uint8_t *row = atom ? (const uint8_t *)rows->items + r * atom : none;

		for (unsigned value = 0; value < 2; value++) {
			if (!fits(row, atom, n_atoms, forbidden, value))
				continue;
			diff_put(arena, &longer, row, atom);
			vec_add(arena, &longer, (char)value);
		}
	}
	*rows = longer;
	return longer.n > DIFF_MAX_TABLE || longer.n / (atom + 1) > DIFF_MAX_VECTORS ? -1 : 0;
}

int diff_table_build(struct arena *arena, uint32_t n_atoms, const uint8_t *forbidden,
		     struct diff_table *out)
{
	struct diff_bytes rows = {0};

	for (uint32_t atom = 0; atom < n_atoms; atom++) {
		if (extend(&rows, arena, atom, n_atoms, forbidden))
			return -1;
	}
	out->n_atoms = n_atoms;
	out->n_rows = n_atoms ? (uint32_t)(rows.n / n_atoms) : 1;
	out->rows = (uint8_t *)rows.items;
	return 0;
}

void diff_table_add(struct arena *arena, struct diff_table *table, struct map *known,
		    const uint8_t *row)
{
	size_t size = (size_t)table->n_rows * table->n_atoms;
	struct str key = {arena_strndup(arena, (const char *)row, table->n_atoms), table->n_atoms};

	if (!map_put(arena, known, key, table->n_rows))
		return;
	table->rows = arena_grow(arena, table->rows, size, size + table->n_atoms);
	memcpy(table->rows + size, row, table->n_atoms);
	table->n_rows++;
}
