/*
 * JSON before it is parsed: how deep it is, and the numbers that a parser would round or refuse.
 */
#ifndef WRIT_AUDIT_ARGS_SCAN_H
#define WRIT_AUDIT_ARGS_SCAN_H

#include "runtime/writ.h"

/*
 * A copy of the text, to be freed, in which every number but a whole one of 64 bits is a string.
 * Valid JSON stays valid, and what is not stays invalid. 0; -WRIT_E_INVALID when it is too deep;
 * -WRIT_E_NOMEM.
 */
int args_scan(const char *text, size_t len, char **out, size_t *out_len, struct writ_error *error);

/* Which byte of the text a byte of its copy is. */
size_t args_scan_offset(const char *text, size_t len, const char *copy, size_t at);

/* Says what is wrong at a byte of the text: "line 1, column 7: ...". Returns -WRIT_E_INVALID. */
int args_scan_fail(const char *text, size_t at, const char *what, struct writ_error *error);

#endif
