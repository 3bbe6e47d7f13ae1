/*
 * An interpreter of seccomp filters, for the verifier and the tests.
 *
 * It runs what bpf_check accepts, and on nothing else: call that first.
 */
#ifndef WRIT_VERIFY_BPF_RUN_H
#define WRIT_VERIFY_BPF_RUN_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/writ_format.h"

/*
 * NULL when the kernel would take the program and every instruction of it can be reached; else what
 * is wrong, with *where set to the instruction (static text).
 */
const char *bpf_check(const struct writ_fmt_insn *insns, size_t n, size_t *where);

/* What a run did on its way. */
struct bpf_trace {
	unsigned steps;  /* instructions executed */
	bool reads_args; /* else the result is the same whatever the arguments are */
};

/* The result of a checked program on one call. trace may be NULL. */
uint32_t bpf_run(const struct writ_fmt_insn *insns, const struct seccomp_data *data,
		 struct bpf_trace *trace);

#endif
