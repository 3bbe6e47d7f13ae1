/*
 * The few things that every message of the protocol needs from jansson.
 */
#include "lsp/json.h"

#include <string.h>

#define MAX_KEY 64u

json_t *lsp_must(json_t *value)
{
	if (!value)
		arena_die();
	return value;
}

void lsp_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, lsp_must(value)))
		arena_die();
}

void lsp_push(json_t *array, json_t *value)
{
	if (json_array_append_new(array, lsp_must(value)))
		arena_die();
}

json_t *lsp_object(void)
{
	return lsp_must(json_object());
}

json_t *lsp_array(void)
{
	return lsp_must(json_array());
}

json_t *lsp_text(struct str text)
{
	json_t *value = json_stringn(text.ptr, text.len);
	struct arena arena;
	char *copy;

	if (value)
		return value;
	arena_init(&arena);
	copy = arena_strndup(&arena, text.ptr, text.len);
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	}
	value = lsp_must(json_stringn(copy, text.len));
	arena_fini(&arena);
	return value;
}

json_t *lsp_at(const json_t *value, const char *path)
{
	char key[MAX_KEY];
	json_t *found = NULL;

	for (;;) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		found = json_object_get(value, key);
		if (!found || !path[len])
			return found;
		value = found;
		path += len + 1;
	}
}

struct str lsp_str_at(const json_t *value, const char *path)
{
	const json_t *found = lsp_at(value, path);

	if (!json_is_string(found))
		return (struct str){0};
	return (struct str){json_string_value(found), json_string_length(found)};
}

bool lsp_number_at(const json_t *value, const char *path, uint32_t *out)
{
	const json_t *found = lsp_at(value, path);
	json_int_t number = json_integer_value(found);

	if (!json_is_integer(found) || number < 0 || number > (json_int_t)UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}
