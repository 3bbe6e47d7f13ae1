/*
 * What a sandbox's system call rules mean, as a function of all that a filter can read.
 */
#ifndef WRIT_VERIFY_MEANING_H
#define WRIT_VERIFY_MEANING_H

#include "ir/ir.h"
#include "verify/diagram.h"

/*
 * The function of the results that the rules demand on an architecture. *dearest is the call whose
 * rules took most work, or .ptr NULL.
 */
uint32_t meaning_function(struct diagram *diagram, const struct ir_sandbox *sandbox, enum arch arch,
			  struct str *dearest);

#endif
