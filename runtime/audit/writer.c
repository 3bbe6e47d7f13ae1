/*
 * The writer. It takes what is in the ring as one batch, writes it in one transaction, and frees
 * the ring when that is in the database; what could not be written stays, and is tried again. So a
 * record is in the ring or in the database, whatever fails.
 *
 * Where there is little to write it waits a moment for more, unless somebody waits for it. Where
 * there is nothing it looks again every few milliseconds for a second, and sleeps only then until
 * it is woken: waking it costs who records many times what recording does.
 */
#include "runtime/audit/writer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/audit/checkpoint.h"
#include "runtime/audit/fail.h"

#define MAX_BATCH      8192u
#define LINGER_NS      2000000u
#define MAX_LINGERS    5 /* 10 ms */
#define LOOK_NS        5000000u
#define MAX_LOOKS      200 /* 1 s */
#define RETRY_NS       20000000u
#define MAX_RETRY_NS   1000000000u
#define CHECKPOINT_GAP 10000 /* records between two checkpoints */

struct batch {
	uint64_t begin;
	uint64_t end;
	uint64_t n;
	uint64_t dropped;
	uint64_t refused;
};

/* ---- one batch ---- */

/* What is in the ring becomes a batch; from now on nothing of it can be withdrawn. */
static struct batch take_batch(struct writer *writer)
{
	const struct writers_slot *slot = &writer->writers.slots[writer->writers.own];
	struct batch batch = {
		.begin = atomic_load(&writer->written_to),
		.dropped = atomic_load(&slot->dropped),
		.refused = atomic_load(&writer->refused),
	};
	const struct ring_entry *entry;

	(void)pthread_mutex_lock(&writer->lock);
	batch.end = batch.begin;
	while (batch.n < MAX_BATCH && (entry = ring_peek(&writer->ring, batch.end)) != NULL) {
		batch.end += entry->size;
		batch.n++;
	}
	writer->taken_to = batch.end;
	(void)pthread_mutex_unlock(&writer->lock);
	return batch;
}

/* The records of what follows at *at, as many as are inserted at once; *at moves on behind them. */
static size_t render_some(struct writer *writer, const struct batch *batch, uint64_t *at,
			  struct record *records)
{
	size_t n = 0;

	render_clear(&writer->render);
	while (n < RECORD_ROWS && *at < batch->end && render_has_room(&writer->render)) {
		const struct packed *packed =
			(const struct packed *)(const void *)ring_peek(&writer->ring, *at);

		render_event(&writer->render, packed, &records[n++]);
		*at += packed->entry.size;
	}
	return n;
}

static int add_events(struct writer *writer, const struct batch *batch, struct writ_error *error)
{
	struct record records[RECORD_ROWS];
	uint64_t at = batch->begin;
	int rc = 0;

	while (!rc && at < batch->end) {
		size_t n = render_some(writer, batch, &at, records);

		rc = chain_add(&writer->chain, records, n, error);
	}
	return rc;
}

/* What did not even get into the ring since this was last told. */
static int tell_losses(struct writer *writer, const struct batch *batch, struct writ_error *error)
{
	uint64_t lost = batch->dropped - writer->told_dropped;
	uint64_t refused = batch->refused - writer->told_refused;
	char detail[128];

	if (!lost && !refused)
		return 0;
	(void)snprintf(detail, sizeof(detail), "{\"lost\":%llu,\"refused\":%llu,\"why\":\"full\"}",
		       (unsigned long long)lost, (unsigned long long)refused);
	return chain_note(&writer->chain, "gap", detail, error);
}

static int add_checkpoint(struct writer *writer, struct writ_error *error)
{
	char line[WRIT_CHECKPOINT_SIZE];

	checkpoint_make(&writer->chain.head, &writer->chain.key, line);
	writer->checkpoint_seq = writer->chain.head.seq + 1;
	return chain_note(&writer->chain, "checkpoint", line, error);
}

static bool wants_checkpoint(const struct writer *writer)
{
	return !writer->once && writer->chain.head.seq - writer->checkpoint_seq >= CHECKPOINT_GAP;
}

static int write_batch(struct writer *writer, const struct batch *batch, struct writ_error *error)
{
	int rc = 0;

	if (atomic_load(&writer->synchronous))
		rc = chain_synchronous(&writer->chain, error);
	if (!rc)
		rc = chain_begin(&writer->chain, error);
	if (rc)
		return rc;
	rc = add_events(writer, batch, error);
	if (!rc)
		rc = tell_losses(writer, batch, error);
	if (!rc && wants_checkpoint(writer))
		rc = add_checkpoint(writer, error);
	if (!rc)
		rc = roll_count(&writer->chain, &writer->writers, batch->n, batch->dropped, error);
	if (!rc)
		rc = chain_commit(&writer->chain, error);
	if (rc)
		chain_abandon(&writer->chain);
	return rc;
}

/* ---- what came of it ---- */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void count_time(struct writ_audit_status *status, uint64_t ns)
{
	size_t bucket = 0;

	while (bucket + 1 < WRIT_AUDIT_BUCKETS && ns / 1000 >> bucket)
		bucket++;
	status->write_us[bucket]++;
	status->write_ns += ns;
	status->batches++;
}

/* For who has several logs. */
static void name_log(const struct writer *writer, struct writ_error *error)
{
	const struct writ_error reason = *error;

	(void)fail_set(error, (enum writ_error_code)reason.code, "%.200s: %.300s",
		       sqlite3_db_filename(writer->chain.db, "main"), reason.text);
}

static void settle(struct writer *writer, const struct batch *batch, int rc,
		   const struct writ_error *error, uint64_t ns)
{
	(void)pthread_mutex_lock(&writer->lock);
	if (rc) {
		writer->taken_to = batch->begin;
		writer->status.last = *error;
		atomic_fetch_add(&writer->failures, 1);
	} else {
		count_time(&writer->status, ns);
		writer->status.written += batch->n;
		writer->told_dropped = batch->dropped;
		writer->told_refused = batch->refused;
		ring_release(&writer->ring, batch->end);
		atomic_store(&writer->written_to, batch->end);
	}
	atomic_store(&writer->failing, rc != 0);
	(void)pthread_mutex_unlock(&writer->lock);
	bell_ring(&writer->done);
}

/* 1: something was written; 0: there was nothing; negative: it could not be. */
static int do_batch(struct writer *writer)
{
	struct batch batch = take_batch(writer);
	struct writ_error error = {.code = 0};
	uint64_t begin = now_ns();
	int rc;

	if (!batch.n && batch.dropped == writer->told_dropped &&
	    batch.refused == writer->told_refused) {
		bell_ring(&writer->done);
		return 0;
	}
	rc = write_batch(writer, &batch, &error);
	if (rc)
		name_log(writer, &error);
	settle(writer, &batch, rc, &error, now_ns() - begin);
	return rc ? rc : 1;
}

/* ---- when ---- */

static bool is_urgent(const struct writer *writer)
{
	return atomic_load(&writer->in_hurry) || atomic_load(&writer->stopping);
}

/* Waits at most ns for somebody to be in a hurry. */
static void wait_for_hurry(struct writer *writer, uint64_t ns)
{
	uint32_t seen = bell_attend(&writer->hurry);

	if (!is_urgent(writer))
		bell_wait(&writer->hurry, seen, ns);
	bell_leave(&writer->hurry);
}

/* Also somebody who is in a hurry waits as long, unless it is another one. */
static void wait_to_retry(struct writer *writer, uint64_t ns)
{
	uint32_t seen = bell_attend(&writer->hurry);

	if (!atomic_load(&writer->stopping))
		bell_wait(&writer->hurry, seen, ns);
	bell_leave(&writer->hurry);
}

static bool has_work(const struct writer *writer)
{
	return is_urgent(writer) ||
	       ring_peek(&writer->ring, atomic_load(&writer->written_to)) != NULL;
}

static void sleep_until_work(struct writer *writer)
{
	uint32_t seen = bell_attend(&writer->work);

	if (!has_work(writer))
		bell_wait(&writer->work, seen, 0);
	bell_leave(&writer->work);
}

static void wait_for_work(struct writer *writer)
{
	for (int i = 0; i < MAX_LOOKS && !has_work(writer); i++)
		wait_for_hurry(writer, LOOK_NS);
	if (!has_work(writer))
		sleep_until_work(writer);
}

static void wait_for_more(struct writer *writer)
{
	for (int i = 0; i < MAX_LINGERS && !is_urgent(writer); i++) {
		if (ring_used(&writer->ring) >= writer->ring.size / 4)
			return;
		wait_for_hurry(writer, LINGER_NS);
	}
}

static void write_all(struct writer *writer)
{
	uint64_t retry_ns = RETRY_NS;

	while (!atomic_load(&writer->stopping)) {
		int rc = do_batch(writer);

		if (rc < 0) {
			wait_to_retry(writer, retry_ns);
			retry_ns = retry_ns < MAX_RETRY_NS ? 2 * retry_ns : retry_ns;
			continue;
		}
		retry_ns = RETRY_NS;
		if (rc == 0)
			wait_for_work(writer);
		wait_for_more(writer);
	}
}

/* ---- beginning and end ---- */

static int end_log(struct writer *writer, struct writ_error *error)
{
	struct writers_slot *slot = &writer->writers.slots[writer->writers.own];
	int rc = chain_begin(&writer->chain, error);

	if (rc)
		return rc;
	atomic_store(&slot->ending, 1);
	rc = roll_end(&writer->chain, &writer->writers, error);
	if (!rc && !writer->once)
		rc = chain_note(&writer->chain, "close", NULL, error);
	if (!rc && !writer->once)
		rc = add_checkpoint(writer, error);
	if (!rc)
		rc = chain_commit(&writer->chain, error);
	if (rc) {
		chain_abandon(&writer->chain);
		atomic_store(&slot->ending, 0);
	}
	return rc;
}

static void *run(void *context)
{
	struct writer *writer = context;
	int rc;

	if (!writer->once)
		ring_warm(&writer->ring);
	write_all(writer);
	do
		rc = do_batch(writer);
	while (rc > 0);
	writer->ended = !rc && !end_log(writer, NULL);
	return NULL;
}

int writer_start(struct writer *writer, struct writ_error *error)
{
	sigset_t all;
	sigset_t before;
	int rc;

	writer->render.policies = &writer->policies;
	writer->checkpoint_seq = writer->chain.head.seq;
	(void)pthread_mutex_init(&writer->lock, NULL);
	/* The program's signals are for its own threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&writer->thread, NULL, run, writer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return fail_errno(error, rc, "the log's thread can't be started");
	return 0;
}

void writer_stop(struct writer *writer)
{
	atomic_store(&writer->stopping, true);
	bell_ring(&writer->work);
	bell_ring(&writer->hurry);
	(void)pthread_join(writer->thread, NULL);
	(void)pthread_mutex_destroy(&writer->lock);
}

void writer_urge(struct writer *writer)
{
	atomic_fetch_add(&writer->in_hurry, 1);
	bell_ring(&writer->work);
	bell_ring(&writer->hurry);
}

void writer_relax(struct writer *writer)
{
	atomic_fetch_sub(&writer->in_hurry, 1);
}

bool writer_withdraw(struct writer *writer, struct ring_entry *entry, uint64_t end)
{
	bool withdrawn = false;

	(void)pthread_mutex_lock(&writer->lock);
	if (end > writer->taken_to) {
		atomic_store(&entry->state, RING_WITHDRAWN);
		withdrawn = true;
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return withdrawn;
}
