/*
 * The seccomp back end: the system call rules of a sandbox in, a BPF program for one architecture
 * out.
 *
 * The program dies on another architecture's calls (and x32's, and int 0x80's with it), answers
 * calls that have no name with ENOSYS, and else gives the verdict that ir_call_verdict defines.
 */
#ifndef WRIT_BACKEND_SECCOMP_H
#define WRIT_BACKEND_SECCOMP_H

#include "backend/bpf.h"
#include "backend/seccomp_memo.h"
#include "ir/ir.h"
#include "tables/profile.h"

#define SECCOMP_HEAVIEST 3u

struct seccomp_options {
	const struct profile *profile; /* NULL: the one that is built in */
	bool small;                    /* the fewest instructions, however many are executed */
	struct tree_memo *memo;        /* for several filters, or NULL */
};

struct seccomp_filter {
	struct bpf_program program;
	bool too_long;
	/* Then: the calls whose rules take most instructions, and how many; fewer: .ptr NULL. */
	struct {
		struct str call;
		uint32_t insns;
	} heaviest[SECCOMP_HEAVIEST];
};

void seccomp_plan(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
		  const struct seccomp_options *options, struct seccomp_filter *out);

/* The same with default options: 0, or -1 when the filter would be longer than the kernel takes
 * (WRIT_MAX_INSNS). */
__attribute__((warn_unused_result)) int seccomp_assemble(struct arena *arena,
							 const struct ir_sandbox *sandbox,
							 enum arch arch, struct bpf_program *out);

#endif
