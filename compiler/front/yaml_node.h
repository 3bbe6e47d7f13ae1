/*
 * A YAML document as a small tree with places.
 *
 * Only what a policy needs: text, lists, mappings and nothing. Anchors, aliases, tags, merge keys
 * and second documents are reported by the reader and in no tree; text is never taken for a number
 * or a truth value here. Invariant: the keys of a mapping are text and differ.
 */
#ifndef WRIT_FRONT_YAML_NODE_H
#define WRIT_FRONT_YAML_NODE_H

#include "front/build.h"

#define YAML_MAX_NODES (4u << 20)

enum yaml_kind { YAML_KIND_NULL, YAML_KIND_TEXT, YAML_KIND_LIST, YAML_KIND_MAP };

enum yaml_style { YAML_STYLE_PLAIN, YAML_STYLE_SINGLE, YAML_STYLE_DOUBLE, YAML_STYLE_BLOCK };

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_style style;       /* of TEXT */
	struct span span;            /* in the YAML file, with quotes or brackets */
	struct str text;             /* TEXT: its value, escapes decoded and lines folded */
	const struct yaml_node *key; /* of an entry of a mapping, else NULL */
	struct yaml_node *first, *last, *next; /* items or entries, in order */
	size_t n;
};

VEC_TYPE(yaml_comments, struct span);

/*
 * Reads the text of parse->file from byte offset begin. NULL when something was reported; an empty
 * document is an empty mapping. The comments, from "#" to the ends of their lines, are added to
 * *comments in order; those behind the '|' or '>' of a block are not seen.
 */
struct yaml_node *yaml_read(struct parse *parse, uint32_t begin, struct yaml_comments *comments);

#endif
