/*
 * libwrit-audit: the arguments of a call from JSON, as agents give them.
 *
 * In: a JSON object (RFC 8259). Out: arguments for writ_check and writ_session_check. What programs
 * read in different ways is no call: a name that is given twice (at any level, however spelled), a
 * name with a dot or without a byte, text that is not UTF-8, half a surrogate pair, anything behind
 * the object. Names that differ in case are different names.
 *
 *	{"path": "/a", "n": 1, "options": {"mode": "x"}, "edits": [{"old": "1"}, {"old": "2"}]}
 *
 * has the arguments path, n, options and options.mode, edits and edits.old. Of these
 * - options is of WRIT_ARG_OTHER, as every object and null, and options.mode its member;
 * - edits is a list, and edits.old the list of its elements' members: as long as edits, with
 *   WRIT_ARG_OTHER for an element that has no such member.
 * - a list within a list is WRIT_ARG_OTHER, and so are its members, which are there: of
 *   {"a": [{"b": [{"c": 1}]}]} the argument a.b.c is a list of one WRIT_ARG_OTHER.
 * A whole number of 64 bits is an INTEGER; any other number (1.5, 1e3, 2^63) is its text, as it is
 * written, which no test of numbers holds of. A text is of WRIT_ARG_BYTES, also with NULs in it:
 * no path, URL or host has any.
 */
#ifndef WRIT_ARGS_H
#define WRIT_ARGS_H

#include "writ.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WRIT_MAX_ARGS_JSON       (4u << 20) /* bytes */
#define WRIT_MAX_ARGS_JSON_DEPTH 32         /* of objects and lists */
#define WRIT_MAX_ARGS_JSON_ITEMS 65536      /* elements of all lists */
#define WRIT_MAX_ARG_NAME        255        /* bytes: "options.mode" has 12 */

struct writ_args {
	const struct writ_arg
		*items; /* at most WRIT_MAX_CALL_ARGS; members after all of their level */
	size_t n;
};

/*
 * The text is not needed afterwards. The caller owns *out and gives it back to writ_args_free.
 * Errors: INVALID (with line, column and what is wrong), NOMEM. Any thread.
 */
WRIT_API WRIT_MUST_CHECK int writ_args_from_json(const char *text, size_t len,
						 struct writ_args **out, struct writ_error *error);

/* NULL is allowed. */
WRIT_API void writ_args_free(struct writ_args *args);

#ifdef __cplusplus
}
#endif

#endif
