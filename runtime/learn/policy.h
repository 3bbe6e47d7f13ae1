/*
 * The text of a policy for what was recorded.
 */
#ifndef WRIT_RUNTIME_LEARN_POLICY_H
#define WRIT_RUNTIME_LEARN_POLICY_H

#include <stdio.h>

#include "runtime/learn/generalise.h"
#include "runtime/learn/trace.h"

#define POLICY_MAX_NAME 64

struct policy {
	const char *name; /* of the policy, its sandbox and its tool */
	const struct record *record;
	const struct grants *grants;
	const struct setting *setting;
	const struct trace *trace;
};

/* A name made of a command's: "python3_11". */
void policy_name(const char *command, char name[POLICY_MAX_NAME]);

/* In the layout of writc fmt. */
void policy_print(FILE *out, const struct policy *policy);

#endif
