/*
 * An opened policy. Everything in here is written by writ_open and never again: the image is
 * verified, parameters are bound, texts are expanded, and the memory is read-only.
 */
#ifndef WRIT_RUNTIME_POLICY_H
#define WRIT_RUNTIME_POLICY_H

#include <stdint.h>

#include "runtime/image.h"
#include "runtime/index.h"
#include "runtime/pool.h"
#include "runtime/writ.h"

struct policy_param {
	const char *value; /* as it stands in texts: a path is normalised */
	uint16_t port;     /* for a port parameter */
};

struct policy_rule {
	const char *pattern;
	const char *file;
};

struct writ_policy {
	/* What a check touches, together. */
	const uint16_t *cells;
	uint32_t n_rows;
	uint32_t n_columns;
	uint32_t ask_from;   /* a cell above this many asks, */
	uint32_t allow_from; /* above this many allows; 1 to ask_from deny */
	const struct writ_fmt_column *columns;
	struct index tools;
	struct index roles;
	struct index users;
	const uint8_t *char_classes;
	const uint16_t *states;
	const uint32_t *accepts;
	uint32_t n_classes;
	uint32_t start;

	struct image image;
	struct pool pool;
	const char *name;
	struct policy_param *params; /* by index in PARAMS */
	const char **paths;          /* by index in PATHS, expanded and normalised */
	const char **env_values;     /* by index in ENV; NULL unless it sets a value */
	const char **role_names;     /* by index in ROLES */
	const char **sandbox_names;  /* by index in SANDBOXES */
	struct policy_rule *rules;   /* by index in RULES */
};

#endif
