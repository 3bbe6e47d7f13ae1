/*
 * The rules of one system call as conjunctions of tests on 32-bit words, the only thing that a
 * filter can test.
 */
#ifndef WRIT_BACKEND_SECCOMP_WORDS_H
#define WRIT_BACKEND_SECCOMP_WORDS_H

#include <stdbool.h>

#include "backend/bpf.h"
#include "base/vec.h"
#include "tables/syscalls.h"

/* A rule on arguments: where all conditions hold, the node is the verdict. */
struct arg_rule {
	uint32_t node;
	uint32_t n_conds;
	const struct call_cond *conds;
};

/* (word & mask) is in first..last, or, negated, is not. No padding: compared byte by byte. */
struct word_test {
	uint32_t offset; /* of the word in struct seccomp_data */
	uint32_t mask;   /* BPF_NO_MASK where the high bits, or all, are looked at */
	uint32_t first, last;
	uint32_t negated;
};

struct word_rule {
	uint32_t node;
	uint32_t n;
	const struct word_test *tests; /* all must hold */
};

VEC_TYPE(word_rules, struct word_rule);

/*
 * Rules that are tried in this order, the last of which has no conditions, as word rules that
 * decide the same. False when they would be too many.
 */
__attribute__((warn_unused_result)) bool word_rules_make(struct arena *arena,
							 const struct arg_rule *rules, size_t n,
							 struct word_rules *out);

/*
 * Joins rules that differ in single values of one word, where these are all combinations of some
 * bits: 0, 8, 0x20000 and 0x20008 are one test under a mask. Often shorter, not always.
 */
void word_rules_fold(struct arena *arena, struct word_rules *rules);

bool word_test_holds(const struct word_test *test, uint32_t word);

#endif
