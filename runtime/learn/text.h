/*
 * Text of writ-learn: messages, memory, and names from outside as a policy or a comment can hold
 * them.
 */
#ifndef WRIT_RUNTIME_LEARN_TEXT_H
#define WRIT_RUNTIME_LEARN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses of docs/man/writ-learn.1. */
enum learn_exit {
	LEARN_USAGE = 2,
	LEARN_FAILED = 125,
	LEARN_NOT_EXECUTABLE = 126,
	LEARN_NOT_FOUND = 127,
	LEARN_SIGNAL = 128,
};

/* A message on standard error, with nothing in it that drives a terminal. Returns status. */
__attribute__((format(printf, 2, 3))) int learn_fail(int status, const char *format, ...);

/* Memory: never NULL; where there is none the program ends, and the traced with it. */
void *learn_resize(void *block, size_t n, size_t size);
char *learn_copy(const char *text);

/*
 * Room for one more item behind n, which are full at powers of two: so no capacity is kept.
 */
void *learn_room(void *items, size_t n, size_t size);

/* As the content of a string of a policy. */
void text_put_string(FILE *out, const char *text);

/* In a comment or a message: what is not printable ASCII is shown as '?'. */
void text_put_plain(FILE *out, const char *text);

/* Is path directory, or below it? */
bool text_below(const char *path, const char *directory);

/* The length of the directory part of an absolute path, 1 of what stands in "/". */
size_t text_directory(const char *path);

/* The last component of a path. */
const char *text_base(const char *path);

#endif
