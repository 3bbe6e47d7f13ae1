/*
 * See standard_input.h.
 */
#include "cli/standard_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHUNK ((size_t)1 << 16)

bool is_standard_input(const char *path)
{
	return strcmp(path, "-") == 0;
}

size_t count_standard_input(char **paths, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += is_standard_input(paths[i]);
	return count;
}

int read_standard_input(struct arena *arena, struct str *text)
{
	char *bytes = NULL;
	size_t n = 0, cap = 0, got;

	do {
		if (cap - n < CHUNK) {
			bytes = arena_grow(arena, bytes, n, cap * 2 + CHUNK);
			cap = cap * 2 + CHUNK;
		}
		got = fread(bytes + n, 1, cap - n, stdin);
		n += got;
		if (n > SOURCE_MAX_BYTES)
			return -EFBIG;
	} while (got);
	if (ferror(stdin))
		return -EIO;
	*text = str_copy(arena, bytes, n);
	return 0;
}

int check_input(struct compilation *compilation, const char *path, const char **name)
{
	struct str text;
	int rc;

	*name = path;
	if (!is_standard_input(path))
		return compile_check(compilation, str_from(path));
	*name = STANDARD_INPUT_NAME;
	rc = read_standard_input(&compilation->arena, &text);
	return rc ? rc : compile_check_text(compilation, STR(STANDARD_INPUT_NAME), text);
}
