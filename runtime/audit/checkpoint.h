/*
 * Checkpoints: one line that says how far a log had come, signed.
 */
#ifndef WRIT_AUDIT_CHECKPOINT_H
#define WRIT_AUDIT_CHECKPOINT_H

#include "runtime/audit/head.h"

struct checkpoint {
	char log[HEAD_LOG_SIZE + 1];
	int64_t seq;
	unsigned char hash[RECORD_HASH_SIZE];
	uint64_t wall_us;
	unsigned char signer[KEY_PUBLIC_SIZE];
};

/* The line of a head, at this time. */
void checkpoint_make(const struct head *head, const struct audit_key *key,
		     char line[WRIT_CHECKPOINT_SIZE]);

/* Reads a line; a newline may end it. INVALID: it is none, or its signature is not its signer's. */
WRIT_MUST_CHECK int checkpoint_read(const char *line, struct checkpoint *out,
				    struct writ_error *error);

#endif
