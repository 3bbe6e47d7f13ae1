/*
 * Verbs write to stdout and stderr; these are turned to files in a directory of the test's own.
 */
#include "support/run_verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/golden.h"

#define MAX_WORDS 32

struct run_verb run_verb(int (*verb)(int argc, char **argv), const char *const *words)
{
	char dir[] = "/tmp/writ-verb-XXXXXX", out[64], err[64];
	char *argv[MAX_WORDS + 2] = {strdup("verb")};
	struct run_verb result;
	int argc = 1;

	for (; words[argc - 1] && argc <= MAX_WORDS; argc++)
		argv[argc] = strdup(words[argc - 1]);
	cr_assert_not_null(mkdtemp(dir));
	snprintf(out, sizeof(out), "%s/out", dir);
	snprintf(err, sizeof(err), "%s/err", dir);
	cr_assert_not_null(freopen(out, "w", stdout));
	cr_assert_not_null(freopen(err, "w", stderr));
	result.status = verb(argc, argv);
	fflush(NULL);
	result.out = golden_read(out);
	result.err = golden_read(err);
	remove(out);
	remove(err);
	remove(dir);
	return result;
}
