/*
 * libwrit: what a launch was refused of files. See writ.h for what goes for every function of the
 * library: errors, ownership, threads.
 */
#ifndef WRIT_FILES_H
#define WRIT_FILES_H

#include "writ.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the broker of a sandbox refuses: files that a "deny" names in a tree that is granted, links
 * and directories that such a name goes through, other processes' part of /proc, metadata of what
 * may not be written. What Landlock refuses, the kernel tells nobody: a sandbox without a broker
 * leaves a log empty. The caller owns a log and gives it to launches (struct writ_launch); it must
 * stay open until writ_wait has returned for each.
 */
struct writ_file_log;

/*
 * So many refusals have room, each of another path, call or error; the same once more is counted
 * where it stands.
 */
#define WRIT_FILE_LOG_REFUSALS 64

struct writ_refusal {
	uint64_t times;
	int sys_errno;    /* what the call gave: EACCES, EPERM */
	const char *call; /* "openat" */
	const char
		*path; /* as the kernel calls it, with links followed. From the tool: any bytes */
	const char *pattern; /* of the policy's "deny" that covers it, or NULL: another reason */
};

/* 0 and *out. Errors: INVALID, NOMEM. */
WRIT_API WRIT_MUST_CHECK int writ_file_log_open(struct writ_file_log **out,
						struct writ_error *error);

/* NULL is allowed. */
WRIT_API void writ_file_log_close(struct writ_file_log *log);

/*
 * The next refusal from number *next on, which begins with 0: 1, and *next is the number behind it;
 * 0: there is none yet. Texts are good until the log is closed. While a launch runs or after its
 * end, from any number of threads; never waits.
 */
WRIT_API WRIT_MUST_CHECK int writ_file_log_next(const struct writ_file_log *log, uint64_t *next,
						struct writ_refusal *out);

/* How many more calls were refused, for which there was no room. */
WRIT_API uint64_t writ_file_log_left_out(const struct writ_file_log *log);

#ifdef __cplusplus
}
#endif

#endif
