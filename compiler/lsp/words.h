/*
 * The words of the language, for who wants to know or complete them.
 */
#ifndef WRIT_LSP_WORDS_H
#define WRIT_LSP_WORDS_H

#include "base/str.h"

/* What a keyword means, in Markdown, or NULL. */
const char *words_keyword_doc(struct str word);

/* A keyword; NULL past the last one. */
const char *words_keyword(size_t index);

/* What a limit of a sandbox bounds, or NULL. */
const char *words_limit_doc(struct str word);

/* The name of a limit; NULL past the last one. */
const char *words_limit(size_t index);

/* The word of a text that offset is in or behind, "@" included; empty when there is none. */
struct str words_at(struct str text, size_t offset);

bool words_is_letter(char c);

#endif
