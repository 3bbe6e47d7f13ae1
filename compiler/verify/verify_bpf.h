/*
 * Does an emitted filter mean what the IR says? Checked at every compilation, before a byte is
 * written.
 */
#ifndef WRIT_VERIFY_VERIFY_BPF_H
#define WRIT_VERIFY_VERIFY_BPF_H

#include <stddef.h>

#include "ir/ir.h"

/*
 * An empty string (len 0) when the program is well formed and agrees with ir_call_verdict on every
 * number of the table, numbers around its edges, other architectures, and arguments on both sides
 * of every constant of the rules. Else what was found, in the arena.
 */
struct str verify_filter(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
			 const struct writ_fmt_insn *insns, size_t n);

#endif
