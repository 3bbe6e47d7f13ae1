/*
 * The highest version of each policy that was loaded, so that an older one is refused.
 */
#ifndef WRIT_AUDIT_VERSIONS_H
#define WRIT_AUDIT_VERSIONS_H

#include <stdbool.h>

#include "runtime/audit/sign.h"

/* What is known of a policy that was loaded. */
struct version_mark {
	bool is_set;
	uint64_t version;
	unsigned char content[SIGN_CONTENT_SIZE];
	char key[WRIT_KEY_ID_SIZE];
};

struct versions; /* a directory of marks, or none: then they are in memory only */

/* As struct writ_trust_options.state. */
WRIT_MUST_CHECK int versions_open(const char *state, struct versions **out,
				  struct writ_error *error);
void versions_close(struct versions *versions);

/*
 * May a policy of this name be what mark says, after what has been loaded? Then, or when it is
 * forced, it is what is remembered. Errors: UNTRUSTED, SYSTEM.
 */
WRIT_MUST_CHECK int versions_admit(struct versions *versions, const char *name,
				   const struct version_mark *mark, bool forced,
				   struct writ_error *error);

#endif
