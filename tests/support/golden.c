/*
 * Compares with, or writes, golden files.
 */
#include "support/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

char *golden_read(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &size, '\0', in) < 0) {
		free(text);
		text = calloc(1, 1);
	}
	fclose(in);
	return text;
}

static void update(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out, "can't write %s", path);
	cr_assert(fputs(text, out) >= 0 && fclose(out) == 0, "can't write %s", path);
}

/* The number of the first line that differs. */
static unsigned parting_line(const char *a, const char *b)
{
	unsigned line = 1;

	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	return line;
}

void golden_check(const char *name, const char *text)
{
	char path[512];
	char *expected;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	if (getenv("WRIT_UPDATE_GOLDEN")) {
		update(path, text);
		return;
	}
	expected = golden_read(path);
	cr_assert_not_null(expected, "%s is missing: make update-golden, then read it", path);
	cr_expect_str_eq(text, expected, "differs from %s at line %u; is now:\n%s", path,
			 parting_line(text, expected), text);
	free(expected);
}
