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

/* "api.example.org:443", "*.example.org:*", "10.0.0.0/8:1-1024", "udp://…": as a policy says it. */
struct str ir_endpoint_spell(struct arena *arena, const struct ir_policy *policy,
			     const struct ir_endpoint *endpoint);

void ir_print_sandbox(FILE *out, struct arena *arena, const struct ir_policy *policy,
		      const struct ir_sandbox *sandbox);

void ir_print(FILE *out, struct arena *arena, const struct ir_policy *policy);

#endif
