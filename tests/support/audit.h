/*
 * Audit logs for tests: in a directory of their own, and the events that go into them.
 */
#ifndef WRIT_TESTS_AUDIT_H
#define WRIT_TESTS_AUDIT_H

#include <sqlite3.h>
#include <stdint.h>

#include "runtime/writ_audit.h"

/* A new directory under /tmp, and the path of a log in it that does not exist yet. */
const char *audit_setup(void);
void audit_teardown(void);

/* Opens the log of audit_setup; the test fails when it can't be. */
struct writ_audit *audit_open(const struct writ_audit_options *options);

/* A decision on a call by user "bob" of tool; 0 if it was taken. */
int audit_record(struct writ_audit *audit, const char *tool, enum writ_verdict verdict);

/* Writes n decisions on tool "t" and closes the log. */
void audit_fill(int n);

/* The first column of what SQL gives for the log: a number, or a text that is good until the next.
 */
int64_t audit_number(const char *sql);
const char *audit_text(const char *sql);

/* Changes the log as who can write the file does. */
void audit_change(const char *sql);

/* What writ_audit_verify says: "" of a whole log, "error: ..." when it can't be read. */
const char *audit_verify(void);
const char *audit_verify_with(const struct writ_audit_expect *expect,
			      struct writ_audit_verdict *verdict);

#endif
