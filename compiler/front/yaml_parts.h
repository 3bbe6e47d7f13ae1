/*
 * The declarations of a YAML policy as Writ text, for yaml.c's table of top-level keys.
 */
#ifndef WRIT_FRONT_YAML_PARTS_H
#define WRIT_FRONT_YAML_PARTS_H

#include "front/yaml_shape.h"

void yaml_put_sandbox(struct yaml_out *out, const struct yaml_node *name,
		      const struct yaml_node *body);
void yaml_put_role(struct yaml_out *out, const struct yaml_node *name,
		   const struct yaml_node *body);
void yaml_put_test(struct yaml_out *out, const struct yaml_node *name,
		   const struct yaml_node *body);

/* "extends a, b" of a sandbox or a role, with a blank before it; nothing for an empty list. */
void yaml_put_extends(struct yaml_out *out, const struct yaml_node *parents);

#endif
