/*
 * Policies for tests of the front end: parsed in memory as "t.writ", nothing more.
 *
 * Everything lives as long as the test's process.
 */
#ifndef WRIT_TESTS_PARSED_H
#define WRIT_TESTS_PARSED_H

#include <criterion/criterion.h>

#include "front/parse.h"

struct parsed {
	struct arena arena;
	struct sources sources;
	struct diag_list diags;
	struct ast ast;
};

struct parsed *parsed_bytes(const char *text, size_t len);
struct parsed *parsed_from(const char *text);

/* "policy p;" then head, n times unit, and tail. */
struct parsed *parsed_repeated(const char *head, const char *unit, size_t n, const char *tail);

/* "LINE:COL message [code]" lines of all diagnostics. */
const char *parsed_says(const struct parsed *parsed);

/* The tree of a text, which must have no errors. */
struct ast *parsed_clean(const char *text);

/* The source text at a span. */
struct str parsed_text(const struct parsed *parsed, struct span span);

#define EXPECT_STR(found, wanted)                                                                  \
	cr_assert(str_eq_cstr((found), (wanted)), "'%.*s' is not '%s'", STR_ARG(found), (wanted))

#endif
