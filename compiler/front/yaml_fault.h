/*
 * What is wrong with a YAML file as such, in words that help.
 */
#ifndef WRIT_FRONT_YAML_FAULT_H
#define WRIT_FRONT_YAML_FAULT_H

#include "front/build.h"

struct yaml_fault {
	const char *problem; /* libyaml's words */
	const char *context; /* what it was doing, or NULL */
	uint32_t at;         /* byte offsets in parse->text */
	uint32_t context_at;
};

void yaml_fault_report(struct parse *parse, const struct yaml_fault *fault);

/* span is of "*name". */
void yaml_fault_alias(struct parse *parse, struct span span);

/* What of a text a message quotes: not more than its begin. */
struct str yaml_shown(struct arena *arena, struct str text);

/* False when the text holds characters that must not stand in a policy as they are: reported. */
bool yaml_fault_check_visible(struct parse *parse, uint32_t begin);

#endif
