/*
 * What of an event may be written down: values that are secret become "[masked:HASH]".
 *
 * HASH is 16 hexadecimal digits of a keyed hash (BLAKE2b), so that equal secrets can be told equal
 * by who reads the log, and be guessed by nobody without the key.
 */
#ifndef WRIT_AUDIT_MASK_H
#define WRIT_AUDIT_MASK_H

#include "runtime/writ.h"

#define MASK_KEY_SIZE 32u

struct mask; /* any thread */

/*
 * What a policy wants masked, and what looks like a secret by itself. policy NULL: only that. It
 * may be closed afterwards. The caller owns *out. Errors: UNSUPPORTED, INVALID (a pattern after
 * "redact" can't be taken), NOMEM.
 */
WRIT_MUST_CHECK int mask_new(const struct writ_policy *policy,
			     const unsigned char key[MASK_KEY_SIZE], struct mask **out,
			     struct writ_error *error);
void mask_free(struct mask *mask);

/*
 * The arguments of a call as one JSON object, whole whatever the arguments are and NUL-terminated;
 * its length. What does not fit is cut, after masking, and said to be: "[cut: N bytes]" at the end
 * of a value whose text has N bytes, or a member "[cut]" that tells how many arguments are missing.
 * A byte that is no UTF-8 becomes \xNN. A tool_len of 0: NUL-terminated. size: at least MASK_SIZE.
 */
#define MASK_SIZE 512u
size_t mask_args(struct mask *mask, const char *tool, size_t tool_len, const struct writ_arg *args,
		 size_t n_args, char *out, size_t size);

/*
 * Any text, NUL-terminated and without control characters; its length. size: at least MASK_SIZE.
 */
size_t mask_text(struct mask *mask, const char *text, size_t len, char *out, size_t size);

#endif
