/*
 * Random system call rules whose conditions are near to each other, and what they compare with.
 */
#ifndef WRIT_TESTS_GEN_RULES_H
#define WRIT_TESTS_GEN_RULES_H

#include "ir/ir.h"

/* Adds rules for bpf(2). The same random state gives the same rules. */
void gen_rules(struct ir_sandbox *sandbox, uint64_t *random);

/* A constant as they have. */
uint64_t gen_constant(uint64_t *random);

#endif
