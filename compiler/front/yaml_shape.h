/*
 * What a value of a YAML policy must look like, and its parts as Writ text. All of these report
 * what doesn't fit and then put nothing.
 */
#ifndef WRIT_FRONT_YAML_SHAPE_H
#define WRIT_FRONT_YAML_SHAPE_H

#include "front/yaml_text.h"

/* Puts a value as Writ text, or reports it. */
typedef void yaml_put_fn(struct yaml_out *out, const struct yaml_node *value);

/* The same for something that has a name in a policy; body holds its parts. */
typedef void yaml_put_named_fn(struct yaml_out *out, const struct yaml_node *name,
			       const struct yaml_node *body);

/* A key that a mapping may have. put is NULL where the mapping's own function takes it. */
struct yaml_key {
	const char *name;
	yaml_put_fn *put;
};

/* True when node is a mapping that has only these keys (the table ends with a NULL name); "name"
 * counts as one of them in an item of a list. */
bool yaml_check_keys(struct yaml_out *out, const struct yaml_node *node,
		     const struct yaml_key *keys);

/* Calls put for an entry whose key was checked to be in the table. */
void yaml_put_part(struct yaml_out *out, const struct yaml_node *entry,
		   const struct yaml_key *keys);

/* Checks the keys, then calls put for each entry in the order of the file. */
void yaml_put_keys(struct yaml_out *out, const struct yaml_node *node, const struct yaml_key *keys);

/* The value of a key of a mapping, or NULL. Of what is no mapping, NULL. */
const struct yaml_node *yaml_field(const struct yaml_node *map, const char *name);

/* The same, reported when the key isn't there. */
const struct yaml_node *yaml_need(struct yaml_out *out, const struct yaml_node *map,
				  const char *name);

/*
 * The one of two or three keys (the list ends with NULL) that must be there, or NULL when reported.
 */
const struct yaml_node *yaml_need_one(struct yaml_out *out, const struct yaml_node *map,
				      const char *const *names);

/* For the two forms {NAME: body, ...} and [{name: NAME, ...}, ...]. */
void yaml_each_named(struct yaml_out *out, const struct yaml_node *node, yaml_put_named_fn *put);

/* Calls put for each item; a text is its own only item. */
void yaml_each(struct yaml_out *out, const struct yaml_node *node, yaml_put_fn *put);

/* Puts each item, with ", " between. The caller knows that there is one: yaml_has_items. */
void yaml_put_list(struct yaml_out *out, const struct yaml_node *node, yaml_put_fn *put);

/* False for an empty list. */
bool yaml_has_items(const struct yaml_node *node);

/* yaml_put_list of what must not be empty. */
void yaml_put_some(struct yaml_out *out, const struct yaml_node *node, yaml_put_fn *put);

/* Reports that node is not what is expected; expected is "a list of ...". */
void yaml_wrong_shape(struct yaml_out *out, const struct yaml_node *node, const char *expected);

/* True when node is text; else reported. */
bool yaml_want_text(struct yaml_out *out, const struct yaml_node *node, const char *expected);

void yaml_put_name(struct yaml_out *out, const struct yaml_node *node);
void yaml_put_arg_name(struct yaml_out *out, const struct yaml_node *node);
void yaml_put_policy_name(struct yaml_out *out, const struct yaml_node *node);
void yaml_put_pattern(struct yaml_out *out, const struct yaml_node *node);
void yaml_put_integer(struct yaml_out *out, const struct yaml_node *node);
void yaml_put_text(struct yaml_out *out, const struct yaml_node *node); /* as a Writ string */

/* A number, size, duration or truth value when it is written like one without quotes; else a
 * string. */
void yaml_put_literal(struct yaml_out *out, const struct yaml_node *node);

/* The same where no text can stand: quotes make no difference. */
void yaml_put_quantity(struct yaml_out *out, const struct yaml_node *node);

/* {set: NAME} as the name of a set, anything else as yaml_put_text. */
void yaml_put_item(struct yaml_out *out, const struct yaml_node *node);

/* True or false by *value; else reported. */
bool yaml_want_bool(struct yaml_out *out, const struct yaml_node *node, bool *value);

/* "NAME = literal, ..." of a mapping. */
void yaml_put_bindings(struct yaml_out *out, const struct yaml_node *map);

/* The same of a call's arguments, which may be lists. */
void yaml_put_args(struct yaml_out *out, const struct yaml_node *map);

/* An expression of Writ, for "where". */
void yaml_put_expr(struct yaml_out *out, const struct yaml_node *node);

/* "name", "@group" or "name(conditions)". */
void yaml_put_call(struct yaml_out *out, const struct yaml_node *node);

#endif
