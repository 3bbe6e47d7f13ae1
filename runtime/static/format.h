/*
 * The conversions of printf(3) that writ uses, and no others: %s %c %d %u %x %X %%, the lengths l,
 * ll and z, a width with or without '-' or '0', a precision of %s. A libc's printf comes with
 * floating point, wide characters and positions, a twentieth of the whole program.
 *
 * Any other conversion is a mistake in our source: it ends the program.
 */
#ifndef WRIT_RUNTIME_STATIC_FORMAT_H
#define WRIT_RUNTIME_STATIC_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Where text goes: put is called with each piece of it, in order. */
struct format_sink {
	void (*put)(struct format_sink *sink, const char *text, size_t len);
	size_t n; /* bytes that were put */
};

void format_text(struct format_sink *sink, const char *format, va_list args);

#endif
