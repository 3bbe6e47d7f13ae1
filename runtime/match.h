/*
 * Patterns of conditions. Time is at most pattern times text up to 4 KiB of text, linear in longer
 * text; memory is the stack.
 */
#ifndef WRIT_RUNTIME_MATCH_H
#define WRIT_RUNTIME_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *ptr;
	size_t len;
};

static inline unsigned char match_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* '*' any bytes, also none; '?' exactly one byte. */
bool match_bytes(struct slice pattern, struct slice text);

/* '*' any bytes; nothing else is special; text is read in lower case. */
bool match_host(struct slice pattern, struct slice text);

/*
 * Of normalised paths: '*' and '?' within a component, a component "**" any number of them, also
 * none.
 */
bool match_path(struct slice pattern, struct slice path);

/* Where a short text stands in a slice first, or NULL. Not memmem(3), which is made for long ones.
 */
const char *slice_find(struct slice in, const char *text);

#endif
