/*
 * Argument tests: one condition becomes a load, perhaps an AND, and one to three compares.
 *
 * A 32-bit argument is the low half of its register, whatever the upper half holds: the kernel
 * ignores it and so must we. A 64-bit one is compared in two halves, the upper first, unsigned. BPF
 * compares the accumulator with a constant, so a condition knows which word, under which mask, it
 * leaves there; a following test that begins by loading just that is entered behind its load.
 */
#include "backend/seccomp_args.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stddef.h>

/* What the accumulator holds: a word of struct seccomp_data, under a mask. */
struct held {
	uint32_t offset;
	uint32_t mask;
};

/* Both architectures are little-endian: the low half comes first. */
static struct held low_word(uint8_t arg)
{
	return (struct held){(uint32_t)offsetof(struct seccomp_data, args) + 8u * arg, BPF_NO_MASK};
}

static struct held high_word(uint8_t arg)
{
	return (struct held){low_word(arg).offset + 4, BPF_NO_MASK};
}

static uint32_t load(struct bpf_graph *graph, struct held held, uint32_t next)
{
	if (held.mask != BPF_NO_MASK)
		next = bpf_and(graph, held.mask, next);
	return bpf_load(graph, held.offset, next);
}

/* Compares a word: load it, then one jump. */
static uint32_t compare(struct bpf_graph *graph, struct held held, uint16_t op, uint32_t k,
			const uint32_t to[2])
{
	uint32_t yes = bpf_enter(graph, held.offset, held.mask, to[0]);
	uint32_t no = bpf_enter(graph, held.offset, held.mask, to[1]);

	if (to[0] == to[1])
		return to[0];
	return load(graph, held, bpf_jump(graph, op, k, yes, no));
}

/* (word & mask) == value, with no AND where one jump can tell. */
static uint32_t masked_equal(struct bpf_graph *graph, struct held word, uint32_t mask,
			     uint32_t value, const uint32_t to[2])
{
	const uint32_t swapped[2] = {to[1], to[0]};

	if (value & ~mask)
		return to[1];
	if (mask == 0)
		return to[0];
	if (value == 0)
		return compare(graph, word, BPF_JSET, mask, swapped);
	if (value == mask && (mask & (mask - 1)) == 0)
		return compare(graph, word, BPF_JSET, mask, to);
	word.mask = mask;
	return compare(graph, word, BPF_JEQ, value, to);
}

static uint32_t cond_equal(struct bpf_graph *graph, const struct call_cond *cond, uint64_t mask,
			   const uint32_t to[2])
{
	uint32_t low = masked_equal(graph, low_word(cond->arg), (uint32_t)mask,
				    (uint32_t)cond->value, to);
	const uint32_t both[2] = {low, to[1]};

	if (!cond->is_64)
		return low;
	return masked_equal(graph, high_word(cond->arg), (uint32_t)(mask >> 32),
			    (uint32_t)(cond->value >> 32), both);
}

/* op is BPF_JGT or BPF_JGE: arg > value or arg >= value. */
static uint32_t cond_order(struct bpf_graph *graph, const struct call_cond *cond, uint16_t op,
			   const uint32_t to[2])
{
	uint32_t low = compare(graph, low_word(cond->arg), op, (uint32_t)cond->value, to);
	uint32_t high_value = (uint32_t)(cond->value >> 32);
	const uint32_t same[2] = {low, to[1]};
	uint32_t more[2] = {to[0], 0};

	if (!cond->is_64)
		return low;
	more[1] = compare(graph, high_word(cond->arg), BPF_JEQ, high_value, same);
	return compare(graph, high_word(cond->arg), BPF_JGT, high_value, more);
}

static uint32_t cond_node(struct bpf_graph *graph, const struct call_cond *cond, uint32_t yes,
			  uint32_t no)
{
	const uint32_t to[2] = {yes, no}, swapped[2] = {no, yes};

	switch (cond->op) {
	case COND_EQ:
		return cond_equal(graph, cond, UINT64_MAX, to);
	case COND_NE:
		return cond_equal(graph, cond, UINT64_MAX, swapped);
	case COND_MASKED_EQ:
		return cond_equal(graph, cond, cond->mask, to);
	case COND_MASKED_NE:
		return cond_equal(graph, cond, cond->mask, swapped);
	case COND_GT:
		return cond_order(graph, cond, BPF_JGT, to);
	case COND_LE:
		return cond_order(graph, cond, BPF_JGT, swapped);
	case COND_GE:
		return cond_order(graph, cond, BPF_JGE, to);
	case COND_LT:
		return cond_order(graph, cond, BPF_JGE, swapped);
	}
	return no;
}

uint32_t seccomp_conds(struct bpf_graph *graph, const struct call_cond *conds, uint32_t n,
		       uint32_t yes, uint32_t no)
{
	uint32_t node = yes;

	while (n > 0)
		node = cond_node(graph, &conds[--n], node, no);
	return node;
}
