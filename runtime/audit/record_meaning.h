/*
 * What a record means, for alerts and for those who are told of it elsewhere.
 */
#ifndef WRIT_AUDIT_RECORD_MEANING_H
#define WRIT_AUDIT_RECORD_MEANING_H

#include <stdbool.h>

#include "runtime/audit/query.h"

/* Does a column hold this word? */
bool record_says(const struct record *record, enum record_column column, const char *word);

/*
 * A launch tried what its sandbox refuses: it was killed for a system call (SIGSYS), or was refused
 * a file or a connection.
 */
bool record_is_escape(const struct record *record);

/* A call was denied. */
bool record_is_denial(const struct record *record);

/* From 0 to 10, as in CEF: an allowed call is 1, a denied one 5, an attempt to escape 8, a gap 9.
 */
int record_severity(const struct record *record);

#endif
