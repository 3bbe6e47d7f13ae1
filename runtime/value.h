/*
 * The values that parameters take, in the language's spelling. Each type's parser is strict: the
 * whole string, nothing around it, nothing out of range.
 */
#ifndef WRIT_RUNTIME_VALUE_H
#define WRIT_RUNTIME_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/writ_format.h"

/* NULL when text is a value of the type, else what such a value looks like. */
const char *value_check(enum writ_param_type type, const char *text);

/* Decimal, without sign or leading zeroes. */
bool value_uint(const char *text, uint64_t max, uint64_t *out);

/*
 * Makes a path canonical without looking at the file system: no "." or "..", no double or trailing
 * slashes. out holds WRIT_MAX_TEXT + 1 bytes and may be path itself. NULL, or what is wrong.
 */
const char *value_normalise_path(const char *path, char *out);

#endif
