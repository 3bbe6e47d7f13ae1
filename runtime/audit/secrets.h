/*
 * Which arguments must not be recorded, whatever their values: by their names.
 */
#ifndef WRIT_AUDIT_SECRETS_H
#define WRIT_AUDIT_SECRETS_H

#include <stdbool.h>

#include "runtime/writ.h"

struct secrets;

/* Of a policy, or NULL: only those whose names say it themselves. The caller owns *out. */
WRIT_MUST_CHECK int secrets_new(const struct writ_policy *policy, struct secrets **out,
				struct writ_error *error);
void secrets_free(struct secrets *secrets);

bool secrets_has(const struct secrets *secrets, const char *tool, size_t tool_len, const char *name,
		 size_t name_len);

#endif
