/*
 * The part of the SARIF 2.1.0 schema (OASIS, sarif-schema-2.1.0.json) that writc's logs use, as a
 * check: which properties an object may and must have, their types, values and least values.
 */
#ifndef WRIT_TESTS_SARIF_H
#define WRIT_TESTS_SARIF_H

#include <jansson.h>

/*
 * Parses a log and checks it; the test fails with what is wrong where. Returns the log's only run.
 */
json_t *sarif_check(const char *text);

#endif
