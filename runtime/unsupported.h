/*
 * What a policy may demand and this version can't enforce yet. A demand that can't be met is
 * refused: never is a policy enforced in part.
 */
#ifndef WRIT_RUNTIME_UNSUPPORTED_H
#define WRIT_RUNTIME_UNSUPPORTED_H

#include "runtime/image.h"

#define UNSUPPORTED_TEXT 480u /* bytes of one text with its NUL; names are at most 255 */

/* A walk over the demands of a verified bundle; all zero at its beginning. */
struct unsupported {
	uint32_t sandbox; /* the next to look at */
	uint32_t row;     /* of the table of demands */
	char text[UNSUPPORTED_TEXT];
};

/* True with the next demand in text, or false past the last one. */
bool unsupported_next(const struct image *image, struct unsupported *walk);

/* Can the policy be enforced without a memory of calls and sessions? 0, or MONITOR. */
WRIT_MUST_CHECK int unsupported_alone(const struct image *image, struct writ_error *error);

/* Does the bundle make such a demand? 0, or UNSUPPORTED with the first. */
WRIT_MUST_CHECK int unsupported_policy(const struct image *image, struct writ_error *error);

/* Does the sandbox? 0, or UNSUPPORTED with the first. */
WRIT_MUST_CHECK int unsupported_sandbox(const struct image *image, uint32_t id,
					struct writ_error *error);

#endif
