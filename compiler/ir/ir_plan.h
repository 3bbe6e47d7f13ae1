/*
 * What enforces a sandbox beside Landlock, seccomp and limits: its plan.
 */
#ifndef WRIT_IR_IR_PLAN_H
#define WRIT_IR_IR_PLAN_H

#include "ir/ir.h"

/* Pairs of a granted tree and a denied pattern that are compared; of more one is taken to match. */
#define IR_PLAN_MAX_PAIRS 16384u

/* The WRIT_PLAN_* bits of a sandbox. */
uint32_t ir_plan(struct arena *arena, const struct ir_sandbox *sandbox);

/* Is WRIT_PLAN_BROKER among them? The system call rules are not looked at. */
bool ir_plan_has_broker(struct arena *arena, const struct ir_sandbox *sandbox);

/* Is WRIT_PLAN_NETWORK: does the sandbox list a peer that is no TCP port of any host? */
bool ir_plan_has_gate(const struct ir_sandbox *sandbox);

/* Does an endpoint take datagram sockets: to be looked up, as it is a name, or for itself? */
bool ir_plan_takes_datagrams(const struct ir_endpoint *endpoint);

/*
 * The sandbox as the kernel is to enforce it: where a broker or a net gate makes calls on the
 * tool's behalf, what the rules let pass of these is a notification to it, and so is what would
 * make a datagram socket beside a resolver. The meaning of the policy stays with the sandbox given,
 * which is also what is returned without any.
 */
const struct ir_sandbox *ir_plan_enforced(struct arena *arena, const struct ir_sandbox *sandbox);

/* Can files be written, other than devices: is changing their metadata of use? */
bool ir_plan_writes(const struct ir_sandbox *sandbox);

/*
 * Do the rules let a call pass, for some arguments as far as they are looked at here: is there a
 * rule for it that lets pass, and none that refuses it whatever its arguments are?
 */
bool ir_permits(const struct ir_sandbox *sandbox, struct str name);

#endif
