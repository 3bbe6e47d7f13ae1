/*
 * JSON that is only written: jansson's objects, where every failure is out of memory and ends the
 * program; and the parts of a SARIF log that all verbs write alike.
 */
#ifndef WRIT_CLI_JSON_OUT_H
#define WRIT_CLI_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/str.h"

/* The value, or the end. */
json_t *json_out_must(json_t *value);

/* Both take the value over. */
void json_out_add(json_t *object, const char *key, json_t *value);
void json_out_append(json_t *array, json_t *value);

/* Any bytes: of what is not UTF-8, those that are not ASCII become "?". */
json_t *json_out_text(struct str text);

/* To standard output, with a line end; takes the value over. */
void json_out_dump(json_t *root);

/* {"text": ...} */
json_t *sarif_message(struct str text);

/* {"uri": ...} of a path. */
json_t *sarif_artifact(struct str path);

/* What a rule of the log is; level is "error", "warning" or "note". */
json_t *sarif_rule(const char *id, const char *title, const char *explanation, const char *level);

/* What a run consists of; all taken over. invocation may be NULL. */
struct sarif_run {
	json_t *rules;
	json_t *results;
	json_t *invocation;
};

/* Writes a log of one run of writc to standard output. */
void sarif_print(const struct sarif_run *run);

#endif
