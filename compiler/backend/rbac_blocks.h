/*
 * The decision table cut into blocks, as it stands in a bundle: equal blocks are kept once.
 */
#ifndef WRIT_BACKEND_RBAC_BLOCKS_H
#define WRIT_BACKEND_RBAC_BLOCKS_H

#include <stdint.h>

#include "base/arena.h"

struct rbac_table {
	const uint16_t *cells; /* n_rows rows of n_columns */
	uint32_t n_rows;
	uint32_t n_columns;
};

struct rbac_blocks {
	uint32_t bits;   /* a block has 1 << bits cells; 0 when there are none */
	uint16_t *ids;   /* n_ids of them: row by row, those of the row's blocks */
	uint16_t *cells; /* n_cells of them: block by block */
	uint32_t n_ids;
	uint32_t n_cells;
};

/* Blocks of the size that takes the least space. 0, or -1 when of no size there are few enough. */
__attribute__((warn_unused_result)) int rbac_blocks_make(struct arena *arena,
							 const struct rbac_table *table,
							 struct rbac_blocks *out);

#endif
