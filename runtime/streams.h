/* The standard streams of a launch whose execution is strict. */
#ifndef WRIT_RUNTIME_STREAMS_H
#define WRIT_RUNTIME_STREAMS_H

#include "runtime/writ.h"

/*
 * Standard output and error, stdio[1] and stdio[2], for writing only, where they are files that
 * could be read too. made: what was opened for that, above 2, to be closed by the caller; or 0.
 * Errors: SYSTEM; made counts then, too.
 */
WRIT_MUST_CHECK int streams_lower(int stdio[3], int made[2], struct writ_error *error);

#endif
