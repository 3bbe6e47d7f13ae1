/*
 * Tests on the arguments of a system call, as nodes of a BPF graph.
 */
#ifndef WRIT_BACKEND_SECCOMP_ARGS_H
#define WRIT_BACKEND_SECCOMP_ARGS_H

#include "backend/bpf.h"
#include "tables/syscalls.h"

/*
 * The node that goes on to yes when all conditions hold and to no otherwise. A condition that
 * begins with the word that the one before has just loaded does not load it again.
 */
uint32_t seccomp_conds(struct bpf_graph *graph, const struct call_cond *conds, uint32_t n,
		       uint32_t yes, uint32_t no);

#endif
