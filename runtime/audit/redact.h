/*
 * Finding what patterns match in a text, all patterns at once, in time linear in the text.
 */
#ifndef WRIT_AUDIT_REDACT_H
#define WRIT_AUDIT_REDACT_H

#include "runtime/audit/pattern.h"

struct redact;

/* The caller owns *out. Errors: as program_add. */
WRIT_MUST_CHECK int redact_new(const struct pattern *patterns, size_t n, struct redact **out,
			       struct writ_error *error);
void redact_free(struct redact *redact);

/*
 * Calls found for each run of bytes that some match of some pattern hides, longest runs, ascending,
 * until it returns false: a byte is in one if and only if it is in the hidden part of any match
 * there is. Not 0: the text would take too long or too much memory; then all of it has to be
 * hidden, and runs that were told mean nothing. One thread at a time.
 */
WRIT_MUST_CHECK int redact_find(struct redact *redact, const char *text, size_t len,
				bool (*found)(void *context, size_t from, size_t to),
				void *context);

/* Of the last text: how many bytes and steps were looked at. */
uint64_t redact_effort(const struct redact *redact);

#endif
