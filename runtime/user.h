/*
 * The user that a sandbox's launches run as, when the policy says.
 */
#ifndef WRIT_RUNTIME_USER_H
#define WRIT_RUNTIME_USER_H

#include "runtime/sandbox.h"

/*
 * Looks the name or number up, once. Only root can become another user: anybody else has to be that
 * user already. Errors: HOST, SYSTEM.
 */
WRIT_MUST_CHECK int user_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source);

#endif
