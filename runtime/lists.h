/*
 * Calls with lists: decided as if they were made for each element.
 */
#ifndef WRIT_RUNTIME_LISTS_H
#define WRIT_RUNTIME_LISTS_H

#include "runtime/conditions.h"

#define LISTS_TOO_MANY (WRIT_NO_ID - 1) /* elements; or too much beside them */

/* The rule that decides the call, WRIT_NO_ID when none does, or LISTS_TOO_MANY. */
uint32_t lists_first(struct condition_call *call, const struct condition_subject *subject);

#endif
