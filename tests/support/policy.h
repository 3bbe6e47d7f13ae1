/*
 * Policies for tests, from a string of source text: compiled in memory as "test.writ".
 *
 * Everything lives in one compilation which the test's process takes with it.
 */
#ifndef WRIT_TESTS_POLICY_H
#define WRIT_TESTS_POLICY_H

#include <stdbool.h>

#include "compile.h"

/* Parses and checks text; a policy line is put before it. Look at diags and ir. */
struct compilation *policy_check(const char *text);

/* The IR of text, which must have no errors: else the test fails with the diagnostics printed. */
const struct ir_policy *policy_ir(const char *text);

/* The IR's listing of text, which must have no errors. */
const char *policy_listing(const char *text);

/* Does the listing have this line? Else the test fails. */
void policy_expect_line(const char *listing, const char *line);

/* The one sandbox of text, which must have no errors. */
const struct ir_sandbox *policy_sandbox(const char *text);

/* The verdict of a sandbox's rules on a call on x86_64: a SECCOMP_RET_* value. */
uint32_t policy_verdict(const struct ir_sandbox *sandbox, const char *name, uint64_t arg0,
			uint64_t arg1, uint64_t arg2);

/* How many diagnostics of this code there are, and the first one, or NULL. */
size_t policy_count(const struct compilation *compilation, enum diag_code code);
const struct diag *policy_diag(const struct compilation *compilation, enum diag_code code);

/* Has text one error, and is it of this code? Else the test fails. */
void policy_expect_error(const char *text, enum diag_code code);

/* "LINE:COL message" of the first diagnostic of a code, or "none". The policy line counts as
 * line 1. */
const char *policy_says(const struct compilation *compilation, enum diag_code code);

/* The diagnostics as writc prints them, without colour. */
const char *policy_report(const struct compilation *compilation);

#endif
