/*
 * The BPF assembler: a graph of tests in, a program the kernel takes out.
 *
 * A filter is built from its end: results first, then the tests that lead to them. Equal nodes are
 * one node (hash-consing), so shared leaves and common tails of chains cost nothing, and the graph
 * has no cycle by construction: a node can only name nodes that exist. Nodes that were tried and
 * are not reached from the root in the end cost nothing either. bpf_emit lays the graph out with
 * forward jumps only; where a target is farther than a conditional jump reaches, it adds a stepping
 * stone.
 *
 * Only what seccomp allows and what can be read back with confidence: absolute 32-bit loads, AND,
 * the compares with a constant, return. No X register, no scratch memory, no arithmetic.
 */
#ifndef WRIT_BACKEND_BPF_H
#define WRIT_BACKEND_BPF_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "runtime/writ_format.h"

/* The mask of a word that is held as it was loaded. */
#define BPF_NO_MASK UINT32_MAX

struct bpf_node {
	uint32_t code; /* as in an instruction */
	uint32_t k;
	uint32_t yes; /* next node of a load or AND, target of a jump that holds */
	uint32_t no;  /* target of a jump that does not hold; equal to yes for loads and ANDs */
};

struct bpf_graph {
	struct arena *arena;
	VEC(struct bpf_node) nodes;
	VEC(uint32_t) depths; /* by node, see bpf_depth */
	VEC(uint32_t) marks;  /* by node: the walk that last came by */
	uint32_t walk;
	struct map known;
};

struct bpf_program {
	struct writ_fmt_insn *insns;
	uint32_t n;
};

/* Each returns the index of the (perhaps shared) node. */
uint32_t bpf_return(struct bpf_graph *graph, uint32_t action);
uint32_t bpf_load(struct bpf_graph *graph, uint32_t offset, uint32_t next);
uint32_t bpf_and(struct bpf_graph *graph, uint32_t mask, uint32_t next);

/* op is BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET; compares are unsigned. */
uint32_t bpf_jump(struct bpf_graph *graph, uint16_t op, uint32_t k, uint32_t yes, uint32_t no);

/*
 * Where to go on to target when the accumulator holds the word at offset, under a mask: behind its
 * load when target begins with loading just that.
 */
uint32_t bpf_enter(const struct bpf_graph *graph, uint32_t offset, uint32_t mask, uint32_t target);

/* The most instructions that are executed from a node on, its result's among them. */
uint32_t bpf_depth(const struct bpf_graph *graph, uint32_t node);

/* How many nodes are reached from a node, itself and without the results. */
uint32_t bpf_size(struct bpf_graph *graph, uint32_t node);

/*
 * The program that begins at node root. Returns 0, or -1 when it has more than WRIT_MAX_INSNS
 * instructions.
 */
__attribute__((warn_unused_result)) int bpf_emit(struct bpf_graph *graph, uint32_t root,
						 struct bpf_program *out);

#endif
