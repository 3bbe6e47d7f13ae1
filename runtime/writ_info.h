/*
 * What a policy lists and demands, for programs that keep records of calls, or say who has which
 * role. Strings are valid until writ_close. Errors, ownership and thread safety are as in writ.h.
 */
#ifndef WRIT_INFO_H
#define WRIT_INFO_H

#include "writ.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The digest of the bundle that it was opened from: 32 bytes, valid until writ_close. */
WRIT_API const unsigned char *writ_policy_digest(const struct writ_policy *policy);

/* ---- records of calls ---- */

/* What becomes of a call whose record can't be kept, because more happens than can be written. */
enum writ_audit_full {
	WRIT_AUDIT_BLOCK = 0, /* it waits for some time, and is then denied */
	WRIT_AUDIT_DENY,      /* it is denied at once */
	WRIT_AUDIT_DROP,      /* it goes on, and the log says how many records are missing */
};

/* What a policy demands of the audit log ("audit"). */
struct writ_audit_terms {
	int required; /* not 0: a decision is returned when its record is on the disk, not before;
		       * only a monitor with a sink does that */
	enum writ_audit_full full;
};
WRIT_API void writ_policy_audit(const struct writ_policy *policy, struct writ_audit_terms *out);

/*
 * The index-th pattern after "redact", a POSIX extended regular expression; NULL past the last.
 * Valid until writ_close.
 */
WRIT_API const char *writ_redact(const struct writ_policy *policy, uint32_t index);

/* A tool as a policy lists it. Strings are valid until writ_close. */
struct writ_tool {
	const char *name; /* or the wildcard in its place: "*" are any bytes, also none */
	uint32_t n_args;
};
struct writ_tool_argument {
	const char *name;
	int secret; /* not 0: its value must not be recorded */
};

/* 0 and *out, or -WRIT_E_INVALID past the last: tools, and of a tool by its index arguments. */
WRIT_API WRIT_MUST_CHECK int writ_tool(const struct writ_policy *policy, uint32_t index,
				       struct writ_tool *out);
WRIT_API WRIT_MUST_CHECK int writ_tool_argument(const struct writ_policy *policy, uint32_t tool,
						uint32_t index, struct writ_tool_argument *out);

/* ---- roles ---- */

/* The name of a role, valid until writ_close; NULL past the last: so they can be listed. */
WRIT_API const char *writ_role_name(const struct writ_policy *policy, uint32_t index);

/*
 * May one user hold these roles together, with all that they inherit? What the compiler checks of
 * the policy's own users, for those from elsewhere. active not 0: may one session have them active
 * together ("conflict session", too)? 0 when it may. Errors: UNKNOWN (the policy lacks one),
 * INVALID (two of them are in conflict: text names them), NOMEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_roles_check(const struct writ_policy *policy,
					      const char *const *roles, size_t n, int active,
					      struct writ_error *error);

/* ---- places ---- */

/*
 * May everybody replace what lies at a path, or will: is a directory above it writable by all and
 * without the sticky bit? Asked of a state directory, a log, its key and a store of users by
 * whoever opens them; ask it of a bundle that nobody has signed. 0: it is not. Errors: OPEN (text
 * names the directory), INVALID (no path).
 */
WRIT_API WRIT_MUST_CHECK int writ_place_check(const char *path, struct writ_error *error);

#ifdef __cplusplus
}
#endif

#endif
