/*
 * A second opinion on filters, for the tests: by running them, not by proof.
 */
#ifndef WRIT_TESTS_FILTER_JUDGE_H
#define WRIT_TESTS_FILTER_JUDGE_H

#include "ir/ir.h"

/*
 * Empty (len 0) when a program that bpf_check accepts gives what ir_call_verdict says on every
 * number of the table, numbers around its edges, other architectures, and arguments on both sides
 * of every constant of the rules. Else a call on which it does not, in the arena.
 */
struct str judge_filter(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
			const struct writ_fmt_insn *insns);

/* Is no argument read for a call that no rule with conditions is about? */
bool judge_is_lean(const struct ir_sandbox *sandbox, enum arch arch,
		   const struct writ_fmt_insn *insns);

#endif
