/*
 * What enforces a sandbox beside Landlock, seccomp and limits: its plan.
 */
#ifndef WRIT_IR_IR_PLAN_H
#define WRIT_IR_IR_PLAN_H

#include "ir/ir.h"

/* Pairs of a granted tree and a denied pattern that are compared; of more one is taken to match. */
#define IR_PLAN_MAX_PAIRS 65536u

/* The WRIT_PLAN_* bits of a sandbox. */
uint32_t ir_plan(struct arena *arena, const struct ir_sandbox *sandbox);

/*
 * Do the rules let a call pass, for some arguments as far as they are looked at here: is there a
 * rule for it that lets pass, and none that refuses it whatever its arguments are?
 */
bool ir_permits(const struct ir_sandbox *sandbox, struct str name);

#endif
