/*
 * An interpreter of every instruction that seccomp takes, for filters that others made.
 *
 * Written from the kernel's kernel/seccomp.c and net/core/filter.c; shares nothing with the
 * verifier's (compiler/verify/bpf_run.c), which knows our instructions only.
 */
#ifndef WRIT_TESTS_CBPF_H
#define WRIT_TESTS_CBPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The result on one call. False when the program holds an instruction that seccomp refuses, leaves
 * its end, or loads what is not part of a call.
 */
__attribute__((warn_unused_result)) bool cbpf_run(const struct sock_filter *insns, size_t n,
						  const struct seccomp_data *data,
						  unsigned *result);

#endif
