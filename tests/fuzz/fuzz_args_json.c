/*
 * Fuzzes arguments from JSON. In: the text.
 *
 * The laws: what is put in quotes before parsing makes nothing valid that was not, and nothing
 * invalid that was; no argument is given twice, and each has a name that a rule can have; what
 * stands in a list is no list of more.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/args_scan.h"
#include "runtime/writ_args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* 1: it is JSON; 0: it is not; -1: it has a number that doubles have not. */
static int is_json(const char *text, size_t len, size_t flags)
{
	json_error_t fault;
	json_t *root = json_loadb(text, len, flags | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
				  &fault);
	bool valid = root != NULL;

	json_decref(root);
	if (!valid && json_error_code(&fault) == json_error_numeric_overflow)
		return -1;
	return valid;
}

static void check_scan(const char *text, size_t len)
{
	char *copy;
	size_t copy_len;
	int valid;

	if (args_scan(text, len, &copy, &copy_len, NULL))
		return;
	valid = is_json(text, len, JSON_DECODE_INT_AS_REAL);
	check(copy_len >= len && copy_len <= 2 * len);
	check(valid < 0 || (is_json(copy, copy_len, 0) == 1) == valid);
	free(copy);
}

static void check_arg(const struct writ_arg *arg)
{
	check(arg->name_len && arg->name_len <= WRIT_MAX_ARG_NAME);
	check(strlen(arg->name) == arg->name_len);
	check(arg->name[0] != '.' && arg->name[arg->name_len - 1] != '.');
	if (arg->type != WRIT_ARG_LIST)
		return;
	for (size_t i = 0; i < arg->n_items; i++)
		check(arg->items[i].type != WRIT_ARG_LIST && arg->items[i].type != WRIT_ARG_TEXT);
}

static void check_args(const struct writ_args *args)
{
	check(args->n <= WRIT_MAX_CALL_ARGS);
	for (size_t i = 0; i < args->n; i++) {
		check_arg(&args->items[i]);
		for (size_t k = 0; k < i; k++)
			check(strcmp(args->items[i].name, args->items[k].name) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct writ_args *args = NULL;
	struct writ_error error;

	check_scan((const char *)data, size);
	if (writ_args_from_json((const char *)data, size, &args, &error)) {
		check(error.code == WRIT_E_INVALID && memchr(error.text, 0, sizeof(error.text)));
		return 0;
	}
	check_args(args);
	writ_args_free(args);
	return 0;
}
