/*
 * The wall around metadata where a mount namespace can't be had: a filter for every call which
 * changes what a file is known by (owner, mode, times, attributes, flags). They are refused,
 * wherever the file is; but modes and times may be left to a broker, which judges the file. A
 * launch that has its own mounts is refused the same by them, but for what it may write.
 *
 * And a smaller one, where a PID namespace can't be had, for a sandbox that may make sessions.
 *
 * They are entered before the sandbox's own filter: the kernel takes the stricter verdict.
 */
#ifndef WRIT_RUNTIME_METADATA_H
#define WRIT_RUNTIME_METADATA_H

#include <stddef.h>

#include "runtime/writ_format.h"

#define METADATA_MAX 64u /* instructions */

/* What becomes of changes of modes and times. */
enum metadata_way {
	METADATA_REFUSED,
	METADATA_ASKED,  /* who listens to this filter is asked, */
	METADATA_PASSED, /* or to the next one, which hands them over: but for fchmod */
};

/* The number of instructions. */
size_t metadata_program(enum metadata_way way, struct writ_fmt_insn out[METADATA_MAX]);

/* Enters the filter. METADATA_ASKED: its listener; else 0. Or a negative errno. */
int metadata_enter(enum metadata_way way);

/* Nobody makes a session, and so leaves the launch's group. 0 or a negative errno. */
int metadata_enter_session(void);

#endif
