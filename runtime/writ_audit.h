/*
 * libwrit-audit: the audit log, a record of what a reference monitor decides that can't be changed
 * without it being seen.
 *
 *	struct writ_audit *audit;
 *
 *	if (writ_audit_open("audit.db", NULL, &audit, &error))
 *		die(error.text);
 *	struct writ_sink sink = writ_audit_sink(audit);
 *	... .sink = &sink in the struct writ_monitor_options ...
 *	writ_audit_close(audit);
 *
 * record() copies an event into a bounded ring in memory; a thread of the log's masks what is
 * secret, chains the record to the one before and writes batches to a SQLite database, which
 * docs/audit.md describes. Several processes may write one log. Errors and ownership are as in
 * writ.h. Any thread may call any function with the same log, but for writ_audit_close.
 *
 * After fork the log is the parent's: in the child, and in no other way, record() fails.
 */
#ifndef WRIT_AUDIT_H
#define WRIT_AUDIT_H

#include "writ_monitor.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_audit;

/*
 * A policy has a word in this, too ("audit"): of its terms and these the stricter hold for its
 * events, from the first one on. So events are left out only where both say so.
 */
struct writ_audit_options {
	enum writ_audit_full full; /* what record() does when the ring is full: fails after
				    * block_ms, fails at once, or leaves the event out; a record of
				    * kind "gap" counts them */
	unsigned int block_ms;     /* 0: 1000 */
	/*
	 * Not 0: record() returns when the record is on the disk (so synchronous is implied), and
	 * fails when it is not after block_ms; the record then says that the call was denied.
	 */
	int required;
	/* Not 0: each batch is on the disk before the next; 0: a loss of power may take some. */
	int synchronous;
	/*
	 * Not 0: for a process that is there for one call. What says that the log, a session or a
	 * policy was opened or closed is left out, and no checkpoints are written.
	 */
	int once;
	const char *key;   /* the file of the log's key; NULL: PATH-key, made with the log */
	size_t ring_bytes; /* 0: 4 MiB; WRIT_AUDIT_MIN_RING to MAX_RING */
};

#define WRIT_AUDIT_MIN_RING ((size_t)64 << 10)
#define WRIT_AUDIT_MAX_RING ((size_t)1 << 30)

/* What of an argument's value is recorded at most, and of all of a call's; docs/audit.md. */
#define WRIT_AUDIT_MAX_VALUE 2048
#define WRIT_AUDIT_MAX_ARGS  8192

/*
 * Opens the log at path, or makes it, and starts the thread that writes to it. What processes that
 * died have lost is recorded first. options may be NULL. The caller owns *out. Errors: OPEN (also
 * of the key), FORMAT (no log; or one that was changed by who does not have the key, to which
 * nothing is added), UNSUPPORTED (of a newer version), INVALID, NOMEM, SYSTEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_audit_open(const char *path,
					     const struct writ_audit_options *options,
					     struct writ_audit **out, struct writ_error *error);

/* Where events go; good until writ_audit_close. */
WRIT_API struct writ_sink writ_audit_sink(struct writ_audit *audit);

/*
 * Returns when everything recorded before is in the database. Errors: why it is not, SYSTEM or
 * FORMAT; it stays in the ring and is tried again.
 */
WRIT_API WRIT_MUST_CHECK int writ_audit_flush(struct writ_audit *audit, struct writ_error *error);

/*
 * Writes what is in the ring, and ends. What can't be written is lost, and counted as lost by
 * whoever opens the log next: call writ_audit_flush to know. NULL is allowed.
 */
WRIT_API void writ_audit_close(struct writ_audit *audit);

/* Of this process. */
#define WRIT_AUDIT_BUCKETS 24
struct writ_audit_status {
	int failing;            /* not 0: the last try to write failed; error says why */
	struct writ_error last; /* of the last failure, also when it is over; else code is 0 */
	uint64_t taken;         /* by record() */
	uint64_t written;
	uint64_t dropped; /* as the ring was full: WRIT_AUDIT_DROP */
	uint64_t refused; /* record() failed */
	uint64_t queued;  /* records in the ring */
	uint64_t ring_bytes;
	uint64_t ring_used;
	uint64_t batches;  /* transactions */
	uint64_t write_ns; /* in all of them */
	/* batches that took less than 2^i microseconds, and not less than 2^(i-1) */
	uint64_t write_us[WRIT_AUDIT_BUCKETS];
};
WRIT_API void writ_audit_status(struct writ_audit *audit, struct writ_audit_status *out);

/* ---- tamper evidence ---- */

/*
 * A line of printable ASCII that binds the log as it is now: its identity, number and hash of its
 * last record, the time, and a signature (Ed25519) by a key that is derived from the log's. Kept
 * elsewhere, it shows later that the log was cut off or replaced.
 */
#define WRIT_CHECKPOINT_SIZE 400
WRIT_API WRIT_MUST_CHECK int writ_audit_checkpoint(const char *path, const char *key,
						   char line[WRIT_CHECKPOINT_SIZE],
						   struct writ_error *error);

struct writ_audit_expect {
	const char *key;        /* the file; NULL: PATH-key */
	const char *checkpoint; /* a line that the log must contain; NULL: none */
	const char *signer;     /* the public key of checkpoints, 64 hexadecimal digits; or NULL */
};

struct writ_audit_finding {
	int64_t seq;    /* of the first record that is not as it was written; 0: of none */
	char text[512]; /* what is wrong: "record 7 was edited" */
};

struct writ_audit_verdict {
	uint64_t records;
	int64_t first; /* seq, 0: none */
	int64_t last;
	uint64_t gaps;        /* records of kind "gap" */
	uint64_t lost;        /* records that they count */
	uint64_t unsaid;      /* lost by processes that died, and not yet counted by a gap */
	int uncounted;        /* not 0: PATH-writers lacks a process that had the log open, as
			       * those of a copy do: what it lost is not known */
	uint64_t checkpoints; /* in the log, with the right signature */
	int no_key;           /* not 0: there is no key; only the chain could be checked */
};

/*
 * Checks the whole log, which may be written meanwhile. 0: it is as it was written (unless
 * verdict->no_key); 1: it is not, and *finding says where; negative: it can't be read. Errors: as
 * writ_audit_open, INVALID (a checkpoint that is none).
 */
WRIT_API WRIT_MUST_CHECK int writ_audit_verify(const char *path,
					       const struct writ_audit_expect *expect,
					       struct writ_audit_verdict *verdict,
					       struct writ_audit_finding *finding,
					       struct writ_error *error);

#ifdef __cplusplus
}
#endif

#endif
