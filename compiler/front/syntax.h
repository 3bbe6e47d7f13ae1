/*
 * From "the grammar can't go on here" to a diagnostic and a plan to go on.
 */
#ifndef WRIT_FRONT_SYNTAX_H
#define WRIT_FRONT_SYNTAX_H

#include "front/build.h"

#define SYNTAX_MAX_EXPECTED 128

/*
 * Token names are those of policy.y: a keyword or punctuation as it is written, or a phrase with a
 * space in it ("a name").
 */
struct syntax_error {
	struct span span; /* of the offending token */
	const char *found;
	const char *expected[SYNTAX_MAX_EXPECTED];
	size_t n;
};

/* Could the token of this name have stood there? */
bool syntax_expects(const struct syntax_error *error, const char *name);

void syntax_report(struct parse *parse, const struct syntax_error *error);

/*
 * Is the word "sandbox" at this place a declaration inside of a tool that was not closed? Then that
 * is reported and the repair planned.
 */
bool syntax_closes_tool(struct parse *parse, struct span word);

/* Reports that the text nests too deep at span, and stops the parse. */
void syntax_too_deep(struct parse *parse, struct span span);

#endif
