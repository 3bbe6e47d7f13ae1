/*
 * An audit log with the records that a test wants in it, chained and with a head as writers leave
 * them.
 */
#ifndef WRIT_TESTS_LOG_MAKER_H
#define WRIT_TESTS_LOG_MAKER_H

#include <stdint.h>

#include "runtime/audit/record.h"

struct log_maker;

/* 2026-11-22T13:33:18.123456Z, when records begin: number n is made n seconds later. */
#define LOG_MAKER_START_US INT64_C(1795354398123456)

/* Makes the log at path, with its key beside it. */
struct log_maker *log_maker_open(const char *path);

/*
 * Adds a record of this kind. What else it says is in *more (its seq, times and kind are set
 * here, its time only when more has none); NULL: nothing.
 */
void log_maker_add(struct log_maker *maker, const char *kind, const struct record *more);

/* A decision: texts may be NULL. */
void log_maker_decision(struct log_maker *maker, const char *user, const char *tool,
			const char *verdict);

void log_maker_close(struct log_maker *maker);

#endif
