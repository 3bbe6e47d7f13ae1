/*
 * How a failed operation is told: a negative enum writ_error_code, and a text for people.
 */
#ifndef WRIT_RUNTIME_ERROR_H
#define WRIT_RUNTIME_ERROR_H

#include "runtime/writ.h"

/*
 * Fills *error, unless it is NULL. sys_errno: of a failed system call, whose text is appended, or
 * 0.
 */
__attribute__((format(printf, 4, 5))) void error_fill(struct writ_error *error,
						      enum writ_error_code code, int sys_errno,
						      const char *format, ...);

/*
 * Fills *error and is -code, to be returned in turn. Macros, so that every compiler and analyser
 * sees that the result is not zero.
 */
#define error_set(error, code, ...) (error_fill((error), (code), 0, __VA_ARGS__), -(int)(code))
#define error_sys(error, code, sys_errno, ...)                                                     \
	(error_fill((error), (code), (sys_errno), __VA_ARGS__), -(int)(code))
#define error_nomem(error) error_set((error), WRIT_E_NOMEM, "out of memory")

#endif
