/*
 * An opened policy. Everything in here is written by writ_open and never again: the image is
 * verified, parameters are bound, texts are expanded, and the memory is read-only.
 */
#ifndef WRIT_RUNTIME_POLICY_H
#define WRIT_RUNTIME_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/image.h"
#include "runtime/index.h"
#include "runtime/match.h"
#include "runtime/origin.h"
#include "runtime/pool.h"
#include "runtime/writ.h"

struct policy_param {
	const char *value; /* as it stands in texts: a path is normalised */
	uint16_t port;     /* for a port parameter */
	bool stands_in;    /* it has no value; another stands in */
};

/* A host, some hosts or a network, and ports of it, as a condition or a sandbox lists them. */
struct policy_peer {
	enum writ_host_kind kind;
	bool never;        /* no value is this: it lists datagrams, which no URL or host is */
	struct slice name; /* of NAME and SUFFIX, in lower case */
	uint8_t address[16];
	uint32_t prefix;
	uint16_t first;
	uint16_t last;
};

/* What a test compares with, ready to be compared. */
struct policy_operand {
	uint32_t op;
	struct slice
		text; /* of text tests: put together, and in the form that values are read in */
	int64_t number;
	const struct policy_peer *peer; /* of HOST_EQ and ENDPOINT */
};

struct writ_policy {
	/* What a check touches, together. */
	const uint16_t *blocks; /* n_blocks a row */
	const uint16_t *cells;  /* 1 << block_bits a block */
	uint32_t n_rows;
	uint32_t n_columns;
	uint32_t n_blocks;
	uint32_t block_bits;
	uint32_t ask_from;   /* a cell above this many asks, */
	uint32_t allow_from; /* above this many allows; 1 to ask_from deny */
	uint32_t n_rules;    /* above this many it is a chain */
	const struct writ_fmt_column *columns;
	struct index tools;
	struct index roles;
	struct index users;
	const uint8_t *char_classes;
	const uint16_t *states;
	const uint32_t *accepts;
	uint32_t n_classes;
	uint32_t start;
	bool has_using; /* some rule names a sandbox */

	/* What conditions touch. */
	const struct writ_fmt_range *chains;
	const uint16_t *chain_rules;
	const struct writ_fmt_rule *fmt_rules;
	const struct writ_fmt_test *tests;
	struct policy_operand *operands; /* by index in OPERANDS */
	struct policy_peer *peers;       /* by index in ENDPOINTS */

	/* Paths that no sandbox should write: of the file that it was read from first; or NULL. */
	const char *origins[ORIGIN_PLACES];
	struct image image;
	struct pool pool;
	struct policy_param *params; /* by index in PARAMS */
	const char **paths;          /* by index in PATHS, expanded and normalised */
	const char **scratches;      /* by index in SCRATCHES, expanded and normalised */
	const char **unix_sockets;   /* by index in UNIX_SOCKETS, likewise */
	const char **denies;         /* by index in DENIES, patterns, likewise */
	const char **env_values;     /* by index in ENV; NULL unless it sets a value */
	const char **unsupported;    /* what can't be enforced, when only examined */
	size_t n_unsupported;
};

/* A cell of the decision table; both in range. */
static inline uint32_t policy_cell(const struct writ_policy *policy, uint32_t row, uint32_t column)
{
	size_t at = (size_t)row * policy->n_blocks + (column >> policy->block_bits);
	size_t block = policy->blocks[at];

	return policy->cells[(block << policy->block_bits) +
			     (column & ((1u << policy->block_bits) - 1))];
}

#endif
