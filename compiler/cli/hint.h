/*
 * What to say when a question names what the policy does not have: the nearest name it has, and
 * users taken for roles or roles for users. Help goes to standard error; the answer stands as it
 * is.
 */
#ifndef WRIT_CLI_HINT_H
#define WRIT_CLI_HINT_H

#include "ir/ir.h"

/* Of a subject that may be unknown. as_user: as with --user. */
void hint_subject(const struct ir_policy *policy, struct str name, bool as_user);

/* Of a tool; nothing when a declaration or a pattern, "*" apart, knows it. */
void hint_tool(const struct ir_policy *policy, struct str name);

#endif
