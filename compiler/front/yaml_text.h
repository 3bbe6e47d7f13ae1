/*
 * Writ text under construction, each byte with the place in the YAML file it comes from.
 *
 * What the author wrote is copied (and its place kept byte for byte where YAML has it byte for
 * byte); what only the translation needs, keywords and punctuation, is made up and stands for the
 * key or value it is made for.
 */
#ifndef WRIT_FRONT_YAML_TEXT_H
#define WRIT_FRONT_YAML_TEXT_H

#include "front/yaml_node.h"

struct yaml_out {
	struct parse *parse;
	struct str source; /* the YAML file's text */
	char *bytes;
	size_t n, cap;
	struct source_ranges ranges;
	struct yaml_comments comments;
	size_t n_commented; /* comments that were put */
	bool full;          /* it would be larger than a source file may be */
};

/*
 * Made-up text that stands for span. At the begin of a line, the comments that stand before span in
 * the file are put first.
 */
void yaml_put(struct yaml_out *out, const char *text, struct span span);

/* An empty line, for readers of the text. */
void yaml_put_gap(struct yaml_out *out, struct span span);

/* The text of a node as it is; the caller has checked that it can't mean more than it should. */
void yaml_put_raw(struct yaml_out *out, const struct yaml_node *node);

/* The text of a node as a Writ string. ${param} keeps its meaning; "$${" is a literal "${". */
void yaml_put_string(struct yaml_out *out, const struct yaml_node *node);

/* ";" and a new line, standing for the end of node; between them the comment behind node, if there
 * is one. */
void yaml_put_end(struct yaml_out *out, const struct yaml_node *node);

/* The place that stands for a node: its key's, or its own. */
struct span yaml_head(const struct yaml_node *node);

#endif
