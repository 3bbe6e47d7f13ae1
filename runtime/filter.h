/*
 * What a seccomp filter says of a call.
 */
#ifndef WRIT_RUNTIME_FILTER_H
#define WRIT_RUNTIME_FILTER_H

#include <stdint.h>

#include "runtime/writ_format.h"

#define FILTER_ARGS 4u

struct filter_call {
	uint32_t audit_arch;
	uint32_t number;
	const uint32_t *args; /* FILTER_ARGS of 32 bits, the others are 0; or NULL: any */
};

/*
 * The instruction up to which a filter is the same for all arguments: a load of one of them, or a
 * return. To go on from there is to begin, for a call with the same number.
 */
const struct writ_fmt_insn *filter_enter(const struct writ_fmt_insn *insns,
					 const struct filter_call *call);

/*
 * The action of a filter that verify_bpf has accepted, SECCOMP_ACTION_*; any, where that depends on
 * arguments that the call leaves open.
 */
uint32_t filter_action(const struct writ_fmt_insn *insns, const struct filter_call *call,
		       uint32_t any);

#endif
