/*
 * Does an emitted filter mean what the policy says? Proved at every compilation, before a byte is
 * written, for every architecture, every number and all arguments.
 */
#ifndef WRIT_VERIFY_VERIFY_BPF_H
#define WRIT_VERIFY_VERIFY_BPF_H

#include <linux/seccomp.h>
#include <stddef.h>

#include "ir/ir.h"
#include "verify/program.h"

/*
 * Steps that a proof may take, some 100 ns each. A filter as long as the kernel takes, of one
 * constant after the other, needs a tenth; only conditions that depend on each other come near.
 */
#define VERIFY_MAX_STEPS ((uint32_t)1 << 22)

enum filter_proof_result {
	FILTER_PROVED,
	FILTER_MALFORMED, /* the kernel would not take it, or it holds what no filter of ours does
			   */
	FILTER_DIFFERS,   /* from the policy, for a call */
	FILTER_UNDECIDED, /* not within VERIFY_MAX_STEPS */
};

struct filter_proof {
	enum filter_proof_result result;
	struct str wrong;         /* a sentence about it; empty when proved */
	struct seccomp_data call; /* DIFFERS */
	uint32_t want, got;       /* DIFFERS: the policy's result for the call, the filter's */
	struct str dearest;       /* UNDECIDED: the call whose rules cost most, or .ptr NULL */
	uint32_t steps;
};

/* Texts are in the arena. */
struct filter_proof prove_filter(struct arena *arena, const struct ir_sandbox *sandbox,
				 enum arch arch, const struct writ_fmt_insn *insns, size_t n);

/* Only the sentence: an empty string (len 0) when the filter is proved right. */
struct str verify_filter(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
			 const struct writ_fmt_insn *insns, size_t n);

/* What is proved about, kept to prove several programs for the same rules. */
struct prover {
	struct diagram diagram;
	enum arch arch;
	uint32_t meaning;
	struct str dearest;
};

/* The arena, which is the prover's own, is for its diagrams. */
void prover_init(struct prover *prover, struct arena *arena, const struct ir_sandbox *sandbox,
		 enum arch arch);

/* As prove_filter; texts are in the arena of the call. */
struct filter_proof prover_prove(struct prover *prover, struct arena *arena,
				 const struct program *program);

#endif
