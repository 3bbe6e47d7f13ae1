/*
 * UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF. And which characters
 * must never reach a terminal or a reviewer's eye as they are.
 */
#ifndef WRIT_BASE_UTF8_H
#define WRIT_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

/* The bytes of the first character of text (1 to 4), or 0 when it is invalid or text is empty. */
size_t utf8_decode(struct str text, uint32_t *scalar);

/*
 * Control characters, bidirectional overrides, and what is drawn as nothing: characters that make
 * text look like other text. Tab and newline count.
 */
bool utf8_is_deceptive(uint32_t scalar);

/* Terminal columns of a printable character: 0 for combining marks, 2 for East Asian wide ones,
 * else 1. */
unsigned utf8_columns(uint32_t scalar);

/*
 * Writes the first character of text, as <U+202E> when deceptive and as <0xFF> when it is not
 * UTF-8. Returns the bytes consumed (at least 1) and the terminal columns in *columns. out may be
 * NULL, to measure only.
 */
size_t utf8_print_one(FILE *out, struct str text, unsigned *columns);

/* All of text, each character by utf8_print_one. */
void utf8_print(FILE *out, struct str text);

#endif
