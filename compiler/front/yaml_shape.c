/*
 * The shapes of a YAML policy: which keys a mapping has, what may stand behind them, and lists.
 *
 * Everything is driven by tables of keys. What does not fit is reported at its place in the file,
 * with the key that was probably meant, and left out of the text.
 */
#include "front/yaml_shape.h"

#include "front/words.h"
#include "front/yaml_fault.h"

void yaml_wrong_shape(struct yaml_out *out, const struct yaml_node *node, const char *expected)
{
	static const char *const kinds[] = {
		[YAML_KIND_NULL] = "nothing",
		[YAML_KIND_TEXT] = "text",
		[YAML_KIND_LIST] = "a list",
		[YAML_KIND_MAP] = "a mapping",
	};
	struct diag_list *diags = out->parse->diags;
	struct diag *diag;

	if (node->kind != YAML_KIND_NULL) {
		diag_report(diags, DIAG_E0046, node->span, "expected %s, found %s", expected,
			    kinds[node->kind]);
		return;
	}
	diag = diag_report(diags, DIAG_E0048, node->text.len ? node->span : yaml_head(node),
			   "expected %s, found nothing", expected);
	if (node->text.len)
		diag_help(diags, diag,
			  "an unquoted '%.*s' is YAML's word for nothing: if it is meant as text, "
			  "write it in quotes",
			  STR_ARG(node->text));
}

bool yaml_want_text(struct yaml_out *out, const struct yaml_node *node, const char *expected)
{
	if (node->kind == YAML_KIND_TEXT)
		return true;
	yaml_wrong_shape(out, node, expected);
	return false;
}

static const struct yaml_key *find_key(const struct yaml_key *keys, struct str name)
{
	for (; keys->name; keys++) {
		if (str_eq_cstr(name, keys->name))
			return keys;
	}
	return NULL;
}

static struct str key_list(struct arena *arena, const struct yaml_key *keys)
{
	struct str text = str_from(keys->name);

	for (keys++; keys->name; keys++)
		text = str_printf(arena, "%.*s%s%s", STR_ARG(text), keys[1].name ? ", " : " and ",
				  keys->name);
	return text;
}

static void report_unknown(struct yaml_out *out, const struct yaml_node *key,
			   const struct yaml_key *keys)
{
	struct diag_list *diags = out->parse->diags;
	unsigned near = words_near(key->text) + 1;
	const char *nearest = NULL;
	struct str all = key_list(out->parse->arena, keys);
	struct str shown = yaml_shown(out->parse->arena, key->text);
	struct diag *diag = diag_report(diags, DIAG_E0047, key->span, "there is no key '%.*s' here",
					STR_ARG(shown));

	for (; keys->name; keys++) {
		unsigned distance = str_distance(key->text, str_from(keys->name), near - 1);

		if (distance < near) {
			near = distance;
			nearest = keys->name;
		}
	}
	if (nearest)
		diag_help(diags, diag, "did you mean '%s'?", nearest);
	else
		diag_help(diags, diag, "the keys are %.*s", STR_ARG(all));
}

bool yaml_check_keys(struct yaml_out *out, const struct yaml_node *node,
		     const struct yaml_key *keys)
{
	bool good = true;

	if (node->kind != YAML_KIND_MAP) {
		struct str all = key_list(out->parse->arena, keys);
		const char *what =
			str_printf(out->parse->arena, "a mapping with %.*s", STR_ARG(all)).ptr;

		yaml_wrong_shape(out, node, what);
		return false;
	}
	for (const struct yaml_node *entry = node->first; entry; entry = entry->next) {
		if (find_key(keys, entry->key->text))
			continue;
		report_unknown(out, entry->key, keys);
		good = false;
	}
	return good;
}

void yaml_put_part(struct yaml_out *out, const struct yaml_node *entry, const struct yaml_key *keys)
{
	const struct yaml_key *key = find_key(keys, entry->key->text);

	if (key && key->put)
		key->put(out, entry);
}

void yaml_put_keys(struct yaml_out *out, const struct yaml_node *node, const struct yaml_key *keys)
{
	if (!yaml_check_keys(out, node, keys))
		return;
	for (const struct yaml_node *entry = node->first; entry; entry = entry->next)
		yaml_put_part(out, entry, keys);
}

const struct yaml_node *yaml_field(const struct yaml_node *map, const char *name)
{
	if (map->kind != YAML_KIND_MAP)
		return NULL;
	for (const struct yaml_node *entry = map->first; entry; entry = entry->next) {
		if (str_eq_cstr(entry->key->text, name))
			return entry;
	}
	return NULL;
}

const struct yaml_node *yaml_need(struct yaml_out *out, const struct yaml_node *map,
				  const char *name)
{
	const struct yaml_node *value = yaml_field(map, name);

	if (!value)
		diag_report(out->parse->diags, DIAG_E0049, yaml_head(map),
			    "the key '%s' is missing", name);
	return value;
}

static struct str name_list(struct arena *arena, const char *const *names)
{
	struct str text = str_printf(arena, "'%s'", names[0]);

	for (names++; *names; names++)
		text = str_printf(arena, "%.*s%s'%s'", STR_ARG(text), names[1] ? ", " : " or ",
				  *names);
	return text;
}

const struct yaml_node *yaml_need_one(struct yaml_out *out, const struct yaml_node *map,
				      const char *const *names)
{
	struct diag_list *diags = out->parse->diags;
	struct str all = name_list(out->parse->arena, names);
	const struct yaml_node *found = NULL;

	for (; *names; names++) {
		const struct yaml_node *value = yaml_field(map, *names);
		struct diag *diag;

		if (found && value) {
			diag = diag_report(diags, DIAG_E0052, value->key->span,
					   "'%s' and '%.*s' can't stand together", *names,
					   STR_ARG(found->key->text));
			diag_note(diags, diag, found->key->span, "'%.*s' is here",
				  STR_ARG(found->key->text));
			return NULL;
		}
		found = value ? value : found;
	}
	if (!found)
		diag_report(diags, DIAG_E0049, yaml_head(map), "one of the keys %.*s is missing",
			    STR_ARG(all));
	return found;
}

static void put_listed(struct yaml_out *out, const struct yaml_node *item, yaml_put_named_fn *put)
{
	const struct yaml_node *name;

	if (item->kind != YAML_KIND_MAP) {
		yaml_wrong_shape(out, item, "a mapping with 'name'");
		return;
	}
	name = yaml_need(out, item, "name");
	if (name)
		put(out, name, item);
}

void yaml_each_named(struct yaml_out *out, const struct yaml_node *node, yaml_put_named_fn *put)
{
	if (node->kind != YAML_KIND_MAP && node->kind != YAML_KIND_LIST) {
		yaml_wrong_shape(out, node,
				 "a mapping of names, or a list of mappings with 'name'");
		return;
	}
	for (const struct yaml_node *kid = node->first; kid; kid = kid->next) {
		const struct yaml_node *inner = yaml_field(kid, "name");

		if (node->kind == YAML_KIND_LIST)
			put_listed(out, kid, put);
		else if (inner)
			diag_report(out->parse->diags, DIAG_E0052, inner->key->span,
				    "the name stands before this mapping already");
		else
			put(out, kid->key, kid);
	}
}

void yaml_each(struct yaml_out *out, const struct yaml_node *node, yaml_put_fn *put)
{
	if (node->kind == YAML_KIND_TEXT) {
		put(out, node);
		return;
	}
	if (node->kind != YAML_KIND_LIST) {
		yaml_wrong_shape(out, node, "a list");
		return;
	}
	for (const struct yaml_node *item = node->first; item; item = item->next)
		put(out, item);
}

bool yaml_has_items(const struct yaml_node *node)
{
	return node->kind != YAML_KIND_LIST || node->n > 0;
}

void yaml_put_list(struct yaml_out *out, const struct yaml_node *node, yaml_put_fn *put)
{
	if (node->kind == YAML_KIND_TEXT || yaml_field(node, "set")) {
		put(out, node);
		return;
	}
	if (node->kind != YAML_KIND_LIST) {
		yaml_wrong_shape(out, node, "a list");
		return;
	}
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		if (item != node->first)
			yaml_put(out, ", ", yaml_head(item));
		put(out, item);
	}
}

void yaml_put_some(struct yaml_out *out, const struct yaml_node *node, yaml_put_fn *put)
{
	if (yaml_has_items(node))
		yaml_put_list(out, node, put);
	else
		diag_report(out->parse->diags, DIAG_E0046, node->span,
			    "this list needs at least one item");
}
