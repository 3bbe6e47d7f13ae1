/*
 * Texts that are one line of UTF-8, whatever they were.
 */
#ifndef WRIT_AUDIT_PLAIN_H
#define WRIT_AUDIT_PLAIN_H

#include <stddef.h>

/*
 * Copies text with control characters as <U+XXXX> and what is not UTF-8 as <0xXX>, NUL-terminated
 * and cut off where there is no more room; the length of the copy. size: at least 1.
 */
size_t plain_text(const char *text, size_t len, char *out, size_t size);

#endif
