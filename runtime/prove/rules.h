/*
 * What a bundle says about one system call: by its filter's bytes, and by the rules they were made
 * from.
 */
#ifndef WRIT_PROVE_RULES_H
#define WRIT_PROVE_RULES_H

#include "runtime/kernel_abi.h"
#include "runtime/policy.h"

struct rules_call {
	uint32_t arch; /* AUDIT_ARCH_* */
	uint32_t number;
	uint64_t args[6];
};

/* The verdict of the filter for this machine, SECCOMP_RET_*. */
uint32_t rules_of_filter(const struct writ_policy *policy, const struct writ_fmt_sandbox *sandbox,
			 const struct rules_call *call);

/* The verdict of the rules; false when the call has no name that we know. */
bool rules_of_records(const struct writ_policy *policy, const struct writ_fmt_sandbox *sandbox,
		      const struct rules_call *call, uint32_t *verdict);

/* The instructions for this machine; NULL: there are none. */
const struct writ_fmt_insn *rules_filter(const struct writ_policy *policy,
					 const struct writ_fmt_sandbox *sandbox, uint32_t *n);

/* A call's name, or NULL; a name's number, or -1. */
const char *rules_name(uint32_t number);
int64_t rules_number(const char *name);

/* Does a verdict let the call happen? A broker's does, on behalf. */
bool rules_allow(uint32_t verdict);

#endif
