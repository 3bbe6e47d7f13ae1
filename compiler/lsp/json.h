/*
 * JSON of the protocol: jansson's values, where running out of memory ends the program, so that
 * what reads and builds messages has no failures of its own to handle.
 */
#ifndef WRIT_LSP_JSON_H
#define WRIT_LSP_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "base/str.h"

/* The value, or the end. */
json_t *lsp_must(json_t *value);

/* Both take the value over. */
void lsp_set(json_t *object, const char *key, json_t *value);
void lsp_push(json_t *array, json_t *value);

json_t *lsp_object(void);
json_t *lsp_array(void);

/* Any bytes: of what is not UTF-8, those that are not ASCII become "?". */
json_t *lsp_text(struct str text);

/* The member at a path of keys, "textDocument.uri"; NULL when there is none. */
json_t *lsp_at(const json_t *value, const char *path);

/* The string at a path; .ptr NULL when there is none. */
struct str lsp_str_at(const json_t *value, const char *path);

/* True and *out set when a number from 0 to UINT32_MAX is at path. */
bool lsp_number_at(const json_t *value, const char *path, uint32_t *out);

#endif
