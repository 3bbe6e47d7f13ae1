/*
 * Records as text in some format: one file a format, found in the table of format.c.
 */
#ifndef WRIT_AUDIT_FORMAT_H
#define WRIT_AUDIT_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "runtime/audit/query.h"

/* Where records go. n counts those that came so far. */
struct output {
	FILE *out;
	bool colour;
	uint64_t n;
};

struct record_format {
	const char *name;
	const char *uses; /* verbs: "query export" */
	void (*begin)(struct output *output);
	void (*record)(struct output *output, const struct record *record);
	void (*end)(struct output *output);
};

/* The format of this name for a verb, or NULL after a message that lists those there are. */
const struct record_format *format_find(const char *verb, const char *name);

/*
 * A cell's text; NULs, which would end it, become U+2400 in a copy. The caller frees *copy, which
 * is NULL when there is none. NULL: there is nothing, or no memory.
 */
const char *format_text_of(const struct record_value *cell, char **copy);

/* Of JSON, where a cell holds an object of it; else a string; null of NULL. */
void format_json_cell(FILE *out, const struct record_value *cell, bool may_be_object);

void format_text(struct output *output, const struct record *record);
void format_csv_header(struct output *output);
void format_csv(struct output *output, const struct record *record);
void format_json_begin(struct output *output);
void format_json(struct output *output, const struct record *record);
void format_json_end(struct output *output);
void format_jsonl(struct output *output, const struct record *record);
void format_cef(struct output *output, const struct record *record);
void format_ocsf(struct output *output, const struct record *record);

#endif
