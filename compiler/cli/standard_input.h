/*
 * A policy on standard input, where a verb is given "-" for a file.
 */
#ifndef WRIT_CLI_STANDARD_INPUT_H
#define WRIT_CLI_STANDARD_INPUT_H

#include "compile.h"

#define STANDARD_INPUT_NAME "<stdin>" /* in diagnostics, and in places of rules */

bool is_standard_input(const char *path);

/* How many of the paths are. It can be read once. */
size_t count_standard_input(char **paths, size_t n);

/* Reads all of it. 0, or a negative errno. */
__attribute__((warn_unused_result)) int read_standard_input(struct arena *arena, struct str *text);

/*
 * compile_check of a file or of standard input, which holds Writ's own syntax and whose imports are
 * relative to the working directory. *name is what to call it.
 */
__attribute__((warn_unused_result)) int check_input(struct compilation *compilation,
						    const char *path, const char **name);

#endif
