/*
 * What a filter computes, as a function of all it can read.
 */
#ifndef WRIT_VERIFY_PROGRAM_H
#define WRIT_VERIFY_PROGRAM_H

#include "runtime/writ_format.h"
#include "verify/diagram.h"

struct program {
	const struct writ_fmt_insn *insns; /* that bpf_check accepts */
	size_t n;
};

/*
 * The function of a program's results. NULL, or what the instruction at *where gets wrong (static
 * text): it looks at an accumulator that nothing was loaded into.
 */
const char *program_function(struct diagram *diagram, const struct program *program, size_t *where,
			     uint32_t *out);

#endif
