/*
 * What was refused, as lines for a policy.
 */
#ifndef WRIT_RUNTIME_LEARN_DENIALS_H
#define WRIT_RUNTIME_LEARN_DENIALS_H

#include "runtime/learn/record.h"

/* For people, a line each. result: that of the run, which knows why (events.h). */
void denials_print(FILE *out, const struct record *record, const char *result);

/* An array of objects. */
void denials_print_json(FILE *out, const struct record *record, const char *result);

#endif
