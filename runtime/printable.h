/*
 * Text from outside, character by character: which of it may be shown as it is.
 */
#ifndef WRIT_RUNTIME_PRINTABLE_H
#define WRIT_RUNTIME_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes at text, which ends with a NUL, are one character, that goes to *scalar; 0: they
 * are not UTF-8. */
size_t printable_decode(const char *text, uint32_t *scalar);

/* Is it invisible, or does it reorder others or drive a terminal? */
bool printable_deceives(uint32_t scalar);

#endif
