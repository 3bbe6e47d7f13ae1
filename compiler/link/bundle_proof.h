/*
 * Does a bundle do what a policy says? The runtime decides by a table, and tells the kernel filters
 * and rights, that the compiler has made of the rules; it never looks at the rules themselves. Who
 * reads a bundle reads the rules. That the two belong together is proven here, for what was just
 * compiled and for what somebody else has.
 */
#ifndef WRIT_LINK_BUNDLE_PROOF_H
#define WRIT_LINK_BUNDLE_PROOF_H

#include "link/bundle_read.h"

enum bundle_claim_kind {
	BUNDLE_CLAIM_NAMES,    /* roles, users, tools by name */
	BUNDLE_CLAIM_RULES,    /* rules, tests of conditions */
	BUNDLE_CLAIM_TABLE,    /* rows, columns, states of the automaton */
	BUNDLE_CLAIM_LANDLOCK, /* paths, ports, variants; of a sandbox */
	BUNDLE_CLAIM_FILTER,   /* instructions; of a sandbox and an architecture */
};

#define BUNDLE_CLAIM_COUNTS 3u

struct bundle_claim {
	enum bundle_claim_kind kind;
	struct str sandbox;
	const char *arch;
	size_t counts[BUNDLE_CLAIM_COUNTS]; /* how much of what the kind's comment says */
};

struct bundle_proof {
	VEC(struct bundle_claim) claims; /* what was proven, up to the first that is not so */
	struct str wrong;                /* which, with a counterexample; empty when all is so */
};

/*
 * Where two policies differ in anything but the places of rules: empty when they don't, else what
 * the first says that the second does not, or the reverse.
 */
struct str bundle_difference(struct arena *arena, const struct ir_policy *have,
			     const struct ir_policy *want);

enum bundle_proof_scope {
	BUNDLE_PROVE_ALL,
	BUNDLE_PROVE_REST, /* all but the filters, which the linker has proved when it made them */
};

/*
 * The image has passed writ_verify, and bundle_difference finds none between what bundle_ir reads
 * from it and the policy. Filters, decision table, conditions and Landlock rights are then held
 * against what the policy's rules and grants mean.
 */
void bundle_prove(struct arena *arena, const struct bundle_image *image,
		  const struct ir_policy *policy, enum bundle_proof_scope scope,
		  struct bundle_proof *out);

#endif
