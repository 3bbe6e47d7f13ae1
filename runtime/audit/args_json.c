/*
 * Arguments of a call from JSON: writ_args.h.
 *
 * In: text from an agent. Out: arguments whose values point into the tree that jansson made of the
 * text, which is kept with them. Each argument is a column: the values that a name has, one, or one
 * of each element of a list. Members of what is in a column become columns behind it, so only lists
 * within lists are gone into by recursion, and what there can be of each is bounded. At the end all
 * is packed into one allocation.
 */
#include "runtime/writ_args.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/args_scan.h"
#include "runtime/audit/fail.h"

struct args {
	struct writ_args shown; /* first: what callers have */
	json_t *root;
};

struct node {
	json_t *json; /* NULL: of an element that has no such member */
};

struct column {
	char *name;
	struct node *nodes;
	size_t n;
	bool is_list;
};

struct columns {
	struct column items[WRIT_MAX_CALL_ARGS];
	size_t n;
	size_t n_elements; /* of lists */
	size_t n_gathered; /* elements that were gone through for members */
	json_t *gathered;  /* lists of them, which only the columns use */
	struct writ_error *error;
};

static int wrong(const struct columns *columns, const char *what, const char *name)
{
	(void)fail_set(columns->error, WRIT_E_INVALID,
		       "the arguments are no JSON that can be used: %s%.200s", what, name);
	return -WRIT_E_INVALID;
}

static int nomem(const struct columns *columns)
{
	(void)fail_set(columns->error, WRIT_E_NOMEM, "out of memory");
	return -WRIT_E_NOMEM;
}

/* ---- columns ---- */

/* "a" and "b": "a.b". Without a parent: "b". */
static int make_name(const struct columns *columns, const struct column *parent, const char *key,
		     char **out)
{
	size_t prefix = parent ? strlen(parent->name) + 1 : 0;
	size_t len = strlen(key);

	if (len == 0)
		return wrong(columns, "a name is empty", "");
	if (strchr(key, '.'))
		return wrong(columns, "a name has a dot: ", key);
	if (prefix + len > WRIT_MAX_ARG_NAME)
		return wrong(columns,
			     "a name has, with those it is a member of, more than 255 bytes: ",
			     key);
	*out = malloc(prefix + len + 1);
	if (!*out)
		return nomem(columns);
	if (parent)
		memcpy(*out, parent->name, prefix - 1);
	if (parent)
		(*out)[prefix - 1] = '.';
	memcpy(*out + prefix, key, len + 1);
	return 0;
}

/* Room for n values, of a list when they are not one alone. */
static int set_nodes(struct columns *columns, struct column *out, size_t n)
{
	columns->n_elements += out->is_list ? n : 0;
	if (columns->n_elements + columns->n_gathered > WRIT_MAX_ARGS_JSON_ITEMS)
		return wrong(columns, "more than 65536 elements in lists", "");
	out->nodes = calloc(n + 1, sizeof(*out->nodes));
	out->n = n;
	return out->nodes ? 0 : nomem(columns);
}

/* A list that a name has alone is a column of its elements. */
static int open_value(struct columns *columns, struct column *out, json_t *value)
{
	size_t n = json_is_array(value) ? json_array_size(value) : 1;
	int rc;

	out->is_list = json_is_array(value);
	rc = set_nodes(columns, out, n);
	for (size_t i = 0; !rc && i < n; i++)
		out->nodes[i].json = out->is_list ? json_array_get(value, i) : value;
	return rc;
}

/* Adds to members what the objects in a list, and in those within it, have by a name. */
static bool gather(struct columns *columns, json_t *members, json_t *list, const char *key)
{
	bool ok = true;

	columns->n_gathered += json_array_size(list);
	if (columns->n_gathered > WRIT_MAX_ARGS_JSON_ITEMS)
		return true; /* which is refused */
	for (size_t i = 0; ok && i < json_array_size(list); i++) {
		json_t *value = json_array_get(list, i);
		json_t *member = json_object_get(value, key);

		ok = !member || !json_array_append(members, member);
		if (ok && json_is_array(value))
			ok = gather(columns, members, value, key);
	}
	return ok;
}

/*
 * Of a list within a list a rule can tell that there are such members, and no more: they are a
 * list, of which their members are found in turn.
 */
static int open_nested(struct columns *columns, struct node *out, json_t *list, const char *key)
{
	json_t *members = json_array();

	if (!columns->gathered)
		columns->gathered = json_array();
	if (!members || !columns->gathered || !gather(columns, members, list, key)) {
		json_decref(members);
		return nomem(columns);
	}
	if (json_array_append_new(columns->gathered, members))
		return nomem(columns);
	if (json_array_size(members))
		out->json = members;
	return 0;
}

/* What the elements of a list have as their members of one name. */
static int open_members(struct columns *columns, struct column *out, const struct column *parent,
			const char *key)
{
	int rc;

	out->is_list = true;
	rc = set_nodes(columns, out, parent->n);
	for (size_t i = 0; !rc && i < parent->n; i++) {
		json_t *value = parent->nodes[i].json;

		if (json_is_array(value))
			rc = open_nested(columns, &out->nodes[i], value, key);
		else
			out->nodes[i].json = json_object_get(value, key);
	}
	if (!rc && columns->n_elements + columns->n_gathered > WRIT_MAX_ARGS_JSON_ITEMS)
		rc = wrong(columns, "more than 65536 elements in lists", "");
	return rc;
}

/* The column of a member of an object, which is in a column or (parent NULL) the whole. */
static int add_column(struct columns *columns, const struct column *parent, json_t *object,
		      const char *key)
{
	struct column *out = &columns->items[columns->n];
	int rc;

	if (columns->n == WRIT_MAX_CALL_ARGS)
		return wrong(columns, "more than 64 names, with those of members", "");
	*out = (struct column){.name = NULL};
	columns->n++;
	rc = make_name(columns, parent, key, &out->name);
	if (rc)
		return rc;
	if (parent && parent->is_list)
		return open_members(columns, out, parent, key);
	return open_value(columns, out, json_object_get(object, key));
}

/* Is there one of this name behind the first? */
static bool has_member(const struct columns *columns, const struct column *parent, size_t first,
		       const char *key)
{
	size_t skip = parent ? strlen(parent->name) + 1 : 0;

	for (size_t i = first; i < columns->n; i++) {
		const char *name = columns->items[i].name;

		if (name && strcmp(name + skip, key) == 0)
			return true;
	}
	return false;
}

/* Columns of the members of one value in a column, or of the whole object. */
static int add_members(struct columns *columns, const struct column *parent, json_t *value,
		       size_t first)
{
	int rc = 0;

	for (void *at = json_object_iter(value); !rc && at; at = json_object_iter_next(value, at)) {
		const char *key = json_object_iter_key(at);

		if (!has_member(columns, parent, first, key))
			rc = add_column(columns, parent, value, key);
	}
	for (size_t i = 0; !rc && i < json_array_size(value); i++)
		rc = add_members(columns, parent, json_array_get(value, i), first);
	return rc;
}

static int add_all(struct columns *columns, json_t *root)
{
	int rc = add_members(columns, NULL, root, 0);

	for (size_t i = 0; !rc && i < columns->n; i++) {
		const struct column *parent = &columns->items[i];
		size_t first = columns->n;

		for (size_t k = 0; !rc && k < parent->n; k++)
			rc = add_members(columns, parent, parent->nodes[k].json, first);
	}
	return rc;
}

static void free_columns(struct columns *columns)
{
	for (size_t i = 0; i < columns->n; i++) {
		free(columns->items[i].name);
		free(columns->items[i].nodes);
	}
	json_decref(columns->gathered);
}

/* ---- packing ---- */

static struct writ_arg value_of(json_t *node)
{
	struct writ_arg arg = {.type = WRIT_ARG_OTHER};

	if (json_is_string(node)) {
		arg.type = WRIT_ARG_BYTES;
		arg.text = json_string_value(node);
		arg.text_len = json_string_length(node);
	} else if (json_is_integer(node)) {
		arg.type = WRIT_ARG_INTEGER;
		arg.number = json_integer_value(node);
	} else if (json_is_boolean(node)) {
		arg.type = WRIT_ARG_BOOLEAN;
		arg.number = json_is_true(node);
	} else if (json_is_null(node)) {
		arg.text = "null";
		arg.text_len = strlen(arg.text);
	}
	return arg;
}

static size_t names_size(const struct columns *columns)
{
	size_t size = 0;

	for (size_t i = 0; i < columns->n; i++)
		size += strlen(columns->items[i].name) + 1;
	return size;
}

/* The values of a list go to items. */
static struct writ_arg arg_of(const struct column *column, struct writ_arg *items)
{
	struct writ_arg arg = {.type = WRIT_ARG_LIST, .items = items, .n_items = column->n};

	if (!column->is_list)
		return value_of(column->nodes[0].json);
	for (size_t i = 0; i < column->n; i++)
		items[i] = value_of(column->nodes[i].json);
	return arg;
}

/* Arguments first, then elements, then names. */
static struct args *pack(const struct columns *columns)
{
	size_t n_values = columns->n + columns->n_elements;
	struct args *args =
		malloc(sizeof(*args) + n_values * sizeof(struct writ_arg) + names_size(columns));
	struct writ_arg *list, *items;
	char *names;

	if (!args)
		return NULL;
	list = (struct writ_arg *)(args + 1);
	items = list + columns->n;
	names = (char *)(items + columns->n_elements);
	for (size_t i = 0; i < columns->n; i++) {
		const struct column *column = &columns->items[i];

		list[i] = arg_of(column, items);
		list[i].name = names;
		list[i].name_len = strlen(column->name);
		items += column->is_list ? column->n : 0;
		memcpy(names, column->name, list[i].name_len + 1);
		names += list[i].name_len + 1;
	}
	args->shown = (struct writ_args){list, columns->n};
	return args;
}

/* Takes the tree over when it succeeds. */
static int make_args(json_t *root, struct writ_args **out, struct writ_error *error)
{
	struct columns columns = {.error = error};
	struct args *args = NULL;
	int rc;

	if (!json_is_object(root))
		return wrong(&columns, "they are no object, {\"name\": value}", "");
	rc = add_all(&columns, root);
	if (!rc)
		args = pack(&columns);
	if (!rc && !args)
		rc = nomem(&columns);
	free_columns(&columns);
	if (!args)
		return rc;
	args->root = root;
	*out = &args->shown;
	return 0;
}

/* ---- the text ---- */

/* What jansson says, without what it quotes: that may be a secret. */
static int parse_fault(const char *text, size_t len, const char *copy, const json_error_t *fault,
		       struct writ_error *error)
{
	/* It has read that far, the byte that it can't use too. */
	size_t at = fault->position > 0 ? (size_t)fault->position - 1 : 0;
	char what[JSON_ERROR_TEXT_LENGTH];
	char *near;

	(void)snprintf(what, sizeof(what), "%s", fault->text);
	near = strstr(what, " near '");
	if (near)
		*near = '\0';
	return args_scan_fail(text, args_scan_offset(text, len, copy, at), what, error);
}

static int parse(const char *text, size_t len, json_t **out, struct writ_error *error)
{
	json_error_t fault;
	char *copy = NULL;
	size_t copy_len;
	int rc = args_scan(text, len, &copy, &copy_len, error);

	if (rc)
		return rc;
	*out = json_loadb(copy, copy_len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
	if (!*out)
		rc = json_error_code(&fault) == json_error_out_of_memory
			     ? fail_set(error, WRIT_E_NOMEM, "out of memory")
			     : parse_fault(text, len, copy, &fault, error);
	free(copy);
	return rc;
}

int writ_args_from_json(const char *text, size_t len, struct writ_args **out,
			struct writ_error *error)
{
	json_t *root = NULL;
	int rc;

	if (!text || !out)
		return fail_set(error, WRIT_E_INVALID, "there is no text, or no place for it");
	if (len > WRIT_MAX_ARGS_JSON)
		return fail_set(error, WRIT_E_INVALID,
				"the arguments are longer than %u bytes of JSON",
				WRIT_MAX_ARGS_JSON);
	rc = parse(text, len, &root, error);
	if (!rc)
		rc = make_args(root, out, error);
	if (rc)
		json_decref(root);
	return rc;
}

void writ_args_free(struct writ_args *args)
{
	struct args *own = (struct args *)args;

	if (!own)
		return;
	json_decref(own->root);
	free(own);
}
