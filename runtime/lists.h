/*
 * Calls with lists: decided as if they were made for each element.
 */
#ifndef WRIT_RUNTIME_LISTS_H
#define WRIT_RUNTIME_LISTS_H

#include "runtime/conditions.h"

#define LISTS_TOO_MANY (WRIT_NO_ID - 1) /* elements; or too much beside them */

/*
 * The rule that decides the call by a chain, WRIT_NO_ID when none does, or LISTS_TOO_MANY. The
 * chain's conditions are those that matter: up to the first rule without one.
 */
uint32_t lists_first(struct condition_call *call, const struct writ_fmt_range *chain);

#endif
