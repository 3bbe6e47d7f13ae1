/*
 * Questions to a human, in a state directory.
 */
#ifndef WRIT_TESTS_REQUESTS_MAKER_H
#define WRIT_TESTS_REQUESTS_MAKER_H

#include "runtime/monitor/request.h"

/* Opens those of a directory, or of WRIT_STATE_PRIVATE; the test fails when it can't. */
struct requests *requests_of(const char *directory);

#endif
