/*
 * The IR for people: a listing that says everything the IR says, one fact a line, for golden files
 * and for looking at; and texts as the language spells them.
 */
#ifndef WRIT_IR_PRINT_H
#define WRIT_IR_PRINT_H

#include <stdio.h>

#include "ir/ir.h"

/* "${workspace}/src", "~/x". */
struct str ir_text_spell(struct arena *arena, const struct ir_policy *policy,
			 const struct ir_text *text);

void ir_print(FILE *out, struct arena *arena, const struct ir_policy *policy);

#endif
