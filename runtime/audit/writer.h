/*
 * The thread that writes a log: from the ring to the database, in batches.
 */
#ifndef WRIT_AUDIT_WRITER_H
#define WRIT_AUDIT_WRITER_H

#include <pthread.h>

#include "runtime/audit/bell.h"
#include "runtime/audit/render.h"
#include "runtime/audit/roll.h"

struct writer {
	struct ring ring;
	struct chain chain;
	struct writers writers;
	struct log_policies policies;
	struct render render;
	bool once; /* no notes of the log itself */

	struct bell work;          /* there is a record */
	struct bell hurry;         /* somebody waits for it to be written */
	struct bell done;          /* a batch was written, or could not be */
	_Atomic uint32_t in_hurry; /* how many wait */
	_Atomic bool stopping;
	_Atomic bool synchronous;    /* each batch is to be on the disk; once set it stays */
	_Atomic uint64_t written_to; /* a position of the ring: what lies before is written */
	_Atomic uint64_t refused;    /* calls that were denied as they could not be recorded */
	_Atomic uint32_t failures;   /* batches that could not be written */
	_Atomic bool failing;        /* the last one could not */

	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	uint64_t taken_to;    /* a position of the ring: what lies before is being written */
	struct writ_audit_status status;

	/* The thread's own. */
	uint64_t told_dropped;
	uint64_t told_refused;
	int64_t checkpoint_seq;
	bool ended; /* everything is written, and nobody will ask what was lost */
};

/* Of a writer whose chain, writers, ring and policies are open. */
WRIT_MUST_CHECK int writer_start(struct writer *writer, struct writ_error *error);

/* Writes what there is, and ends. */
void writer_stop(struct writer *writer);

/* Have it write at once; what has been asked for is taken back by writer_relax. */
void writer_urge(struct writer *writer);
void writer_relax(struct writer *writer);

/*
 * Takes the record that ends at a position back, if it is not being written: then it will say that
 * the call was denied. False: it is being written, or has been.
 */
WRIT_MUST_CHECK bool writer_withdraw(struct writer *writer, struct ring_entry *entry, uint64_t end);

#endif
