/*
 * Errors of libwrit-audit: struct writ_error of writ.h, filled with a text for people.
 */
#ifndef WRIT_AUDIT_FAIL_H
#define WRIT_AUDIT_FAIL_H

#include "runtime/writ.h"

/* Fills *error, unless it is NULL, and returns -code. */
__attribute__((format(printf, 3, 4))) int fail_set(struct writ_error *error,
						   enum writ_error_code code, const char *format,
						   ...);

/* The same for a system call: what it was about, then what errno says. */
__attribute__((format(printf, 3, 4))) int fail_errno(struct writ_error *error, int sys_errno,
						     const char *format, ...);

#endif
