/*
 * Fuzzes masking. In: a byte that says how much room there is, a pattern up to a NUL, and
 * arguments, each a byte of its type, and up to a byte 1 its name and its value.
 *
 * The laws: a pattern is taken or refused; what comes out is one JSON object that fits and says how
 * much was cut; and neither a token that is known by its shape, nor the value of an argument that
 * is secret by its name, is in it, wherever they stand.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/mask.h"
#include "runtime/audit/redact.h"

#define MAX_ARGS 16
#define TOKEN    " AKIAIOSFODNN7EXAMPLE "
#define HIDDEN   "hidden whatever it is"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Is it in the text, and was not in the input? */
static bool shows(const char *text, const char *part, const uint8_t *data, size_t size)
{
	return strstr(text, part) && !memmem(data, size, part, strlen(part));
}

static bool count(void *context, size_t from, size_t to)
{
	size_t *behind = context;

	check(from < to && from >= *behind);
	*behind = to + 1; /* runs do not touch */
	return true;
}

static void try_pattern(const char *text, const uint8_t *data, size_t size)
{
	const struct pattern pattern = {.hidden = text};
	struct redact *redact = NULL;
	size_t behind = 0;

	if (redact_new(&pattern, 1, &redact, NULL))
		return;
	if (!redact_find(redact, (const char *)data, size, count, &behind))
		check(behind <= size + 1);
	redact_free(redact);
}

/* Of data the part up to a byte 1. */
static size_t take(const uint8_t **data, size_t *size, char *out, size_t most)
{
	size_t n = 0;

	while (*size && **data != 1) {
		if (n < most)
			out[n++] = (char)**data;
		(*data)++;
		(*size)--;
	}
	*data += *size != 0;
	*size -= *size != 0;
	return n;
}

static size_t make_args(const uint8_t *data, size_t size, struct writ_arg *args)
{
	static char names[MAX_ARGS][64];
	static char values[MAX_ARGS][2048];
	size_t n = 0;

	for (; n < MAX_ARGS && size; n++) {
		struct writ_arg *arg = &args[n];
		size_t len;

		*arg = (struct writ_arg){.name = names[n], .text = values[n]};
		arg->type = (enum writ_arg_type)(*data % 6);
		arg->number = (int64_t)size;
		data++;
		size--;
		arg->name_len = take(&data, &size, names[n], sizeof(names[n]));
		len = take(&data, &size, values[n], 1000);
		memcpy(values[n] + len, TOKEN, sizeof(TOKEN));
		arg->text_len = len + sizeof(TOKEN) - 1 +
				take(&data, &size, values[n] + len + sizeof(TOKEN) - 1, 500);
		if (arg->type == WRIT_ARG_LIST) {
			arg->items = args;
			arg->n_items = n; /* those before it */
		}
		if (!arg->name_len)
			arg->name = NULL;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mask *mask;
	static char out[8192];
	static const char *const parts[] = {"AKIAIOS", "N7EXAMPLE", "hidden"};
	const unsigned char key[MASK_KEY_SIZE] = {7};
	struct writ_arg args[MAX_ARGS + 1];
	size_t room, len, n;
	char pattern[64];
	json_t *root;

	if (!mask)
		check(mask_new(NULL, key, &mask, NULL) == 0);
	if (size < 2)
		return 0;
	room = MASK_SIZE + (size_t)data[0] * 24;
	data++;
	size--;
	n = take(&data, &size, pattern, sizeof(pattern) - 1);
	pattern[n] = '\0';
	try_pattern(pattern, data, size);
	n = make_args(data, size, args);
	args[n] = (struct writ_arg){.name = "a.PassWord", .text = HIDDEN};
	len = mask_args(mask, "tool", 0, args, n + 1, out, room);
	check(len < room && strlen(out) == len);
	root = json_loadb(out, len, 0, NULL);
	check(json_is_object(root));
	json_decref(root);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		check(!shows(out, parts[i], data, size));
	len = mask_text(mask, args[0].text, n ? args[0].text_len : 6, out, room);
	check(len < room && strlen(out) == len && !shows(out, "AKIAIOS", data, size));
	return 0;
}
