/*
 * Small IRs made by hand, for tests of what comes after the IR.
 */
#ifndef WRIT_TESTS_IR_MAKER_H
#define WRIT_TESTS_IR_MAKER_H

#include "ir/ir.h"

/* Every maker works on one arena that lives as long as the test's process. */
struct arena *maker_arena(void);

/* Adds a rule for a call, keeping the rules sorted by name. conds may be NULL. */
void maker_call(struct ir_sandbox *sandbox, const char *name, enum ir_call_verdict verdict,
		const struct call_cond *conds, uint32_t n_conds);

/* The same, refusing with an error number; always, or when all conditions hold. */
void maker_refuse_when(struct ir_sandbox *sandbox, const char *name, uint16_t error,
		       const struct call_cond *conds, uint32_t n_conds);
void maker_refuse(struct ir_sandbox *sandbox, const char *name, uint16_t error);

/* A declared tool without arguments. */
struct ir_tool maker_tool(const char *name, enum writ_tool_class class, uint32_t sandbox);

/* Allows a group. */
void maker_group(struct ir_sandbox *sandbox, const char *name);

/* Grants a literal path. */
void maker_path(struct ir_sandbox *sandbox, const char *path, uint32_t rights);

/* A deterministic random number; the same sequence in every run. */
uint64_t maker_random(uint64_t *state);

#endif
