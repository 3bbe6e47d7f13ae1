/*
 * What a syntax error probably wanted to say.
 */
#ifndef WRIT_FRONT_HINTS_H
#define WRIT_FRONT_HINTS_H

#include "front/syntax.h"

/* The expected keyword that the offending word was probably meant to be, or NULL. */
const char *hints_keyword(struct parse *parse, const struct syntax_error *error);

/* A line of help for the error, or .ptr NULL. */
struct str hints_help(struct parse *parse, const struct syntax_error *error);

#endif
