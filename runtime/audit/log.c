/*
 * The log as programs see it: opened, recorded to by any thread, flushed and closed.
 *
 * Recording copies the event to the ring (pack.c) and does nothing else, unless the ring is full or
 * the record is to be durable: then it waits for the writer, and no longer than it was told. An
 * event that record() has taken is counted in the process's slot before it can be seen in the ring,
 * so that whatever happens then it is not lost without being missed.
 */
#include "runtime/audit/log.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/fail.h"

#define DEFAULT_RING     ((size_t)4 << 20)
#define DEFAULT_BLOCK_MS 1000u
#define PAGE             4096
#define NS_PER_MS        1000000u

/* ---- recording ---- */

static uint64_t microseconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/*
 * The wall clock at a time of the monotonic one. How far apart they are changes at no tick but that
 * of a step, and the coarse clocks, which stand at the last tick, are a fraction of the work.
 */
static uint64_t wall_of(uint64_t mono_us)
{
	uint64_t wall_tick;
	uint64_t mono_tick;

	do {
		wall_tick = microseconds(CLOCK_REALTIME_COARSE);
		mono_tick = microseconds(CLOCK_MONOTONIC_COARSE);
	} while (microseconds(CLOCK_REALTIME_COARSE) != wall_tick);
	return wall_tick + (mono_us - mono_tick);
}

static uint64_t deadline_of(const struct writ_audit *audit)
{
	return microseconds(CLOCK_MONOTONIC) + (uint64_t)audit->options.block_ms * 1000u;
}

/* What is left until a deadline in nanoseconds; 0: nothing. */
static uint64_t left_ns(uint64_t deadline_us)
{
	uint64_t now_us = microseconds(CLOCK_MONOTONIC);

	return now_us < deadline_us ? (deadline_us - now_us) * 1000u : 0;
}

/* An entry of one's own, and where it ends. */
struct place {
	struct ring_entry *entry; /* NULL: there is no room */
	uint64_t end;
};

/* The ring is full: its writer is told to hurry, and waited for. */
static struct place wait_for_room(struct writ_audit *audit, uint32_t size)
{
	struct writer *writer = &audit->writer;
	uint64_t deadline_us = deadline_of(audit);
	struct place place = {.entry = NULL};
	uint64_t ns;

	writer_urge(writer);
	do {
		uint32_t seen = bell_attend(&writer->done);

		place.entry = ring_reserve(&writer->ring, size, &place.end);
		ns = left_ns(deadline_us);
		if (!place.entry && ns)
			bell_wait(&writer->done, seen, ns);
		bell_leave(&writer->done);
	} while (!place.entry && ns);
	writer_relax(writer);
	return place;
}

/* 0: it is in the database; -1: it was taken back. */
static int wait_for_record(struct writ_audit *audit, const struct place *place)
{
	struct writer *writer = &audit->writer;
	uint64_t deadline_us = deadline_of(audit);
	uint32_t failures = atomic_load(&writer->failures);
	int rc = 1;

	writer_urge(writer);
	while (rc > 0) {
		uint32_t seen = bell_attend(&writer->done);
		uint64_t ns = left_ns(deadline_us);
		bool is_over = !ns || atomic_load(&writer->failures) != failures;

		if (atomic_load(&writer->written_to) >= place->end)
			rc = 0;
		else if (is_over && writer_withdraw(writer, place->entry, place->end))
			rc = -1;
		else
			bell_wait(&writer->done, seen, ns);
		bell_leave(&writer->done);
	}
	writer_relax(writer);
	return rc;
}

static struct place find_room(struct writ_audit *audit, uint32_t size, enum writ_audit_full full)
{
	struct place place;

	place.entry = ring_reserve(&audit->writer.ring, size, &place.end);
	if (!place.entry && full == WRIT_AUDIT_BLOCK)
		place = wait_for_room(audit, size);
	return place;
}

/* An event for which there is no room. */
static int leave_out(struct writ_audit *audit, enum writ_audit_full full)
{
	struct writers *writers = &audit->writer.writers;

	if (full != WRIT_AUDIT_DROP) {
		atomic_fetch_add(&audit->writer.refused, 1);
		return -1;
	}
	atomic_fetch_add(&writers->slots[writers->own].dropped, 1);
	return 0;
}

/* What a process that is there for one call need not say. */
static bool is_left_out(const struct writ_audit *audit, const struct writ_event *event)
{
	return audit->options.once && !event->error &&
	       (event->kind == WRIT_EVENT_RELOAD || event->kind == WRIT_EVENT_SESSION);
}

static int put_event(struct writ_audit *audit, const struct writ_event *event,
		     const struct pack_stamp *stamp, const struct writ_audit_terms *terms)
{
	struct writers *writers = &audit->writer.writers;
	struct pack_plan plan;
	struct place place;
	int rc;

	pack_plan(&plan, event, audit->writer.chain.key.value);
	place = find_room(audit, plan.size, terms->full);
	if (!place.entry)
		return leave_out(audit, terms->full);
	atomic_fetch_add_explicit(&writers->slots[writers->own].taken, 1, memory_order_relaxed);
	pack_event(&plan, stamp, (struct packed *)(void *)place.entry);
	ring_commit(place.entry);
	bell_ring(&audit->writer.work);
	if (!terms->required)
		return 0;
	rc = wait_for_record(audit, &place);
	if (rc)
		atomic_fetch_add(&audit->writer.refused, 1);
	return rc;
}

static int record(void *context, const struct writ_event *event)
{
	struct writ_audit *audit = context;
	struct log_policy_ref policy;
	struct pack_stamp stamp;

	if (!*audit->alive)
		return -1;
	if (log_policies_refer(&audit->writer.policies, event, &policy)) {
		atomic_fetch_add(&audit->writer.refused, 1);
		return -1;
	}
	if (is_left_out(audit, event))
		return 0;
	/* Before it is in the ring: whatever batch it gets into has to be on the disk. */
	if (policy.terms.required)
		atomic_store(&audit->writer.synchronous, true);
	stamp.policy = policy.number;
	stamp.mono_us = microseconds(CLOCK_MONOTONIC);
	stamp.wall_us = wall_of(stamp.mono_us);
	return put_event(audit, event, &stamp, &policy.terms);
}

struct writ_sink writ_audit_sink(struct writ_audit *audit)
{
	return (struct writ_sink){.record = record, .context = audit};
}

/* ---- waiting for what was recorded ---- */

int writ_audit_flush(struct writ_audit *audit, struct writ_error *error)
{
	struct writer *writer = &audit->writer;
	uint64_t end = atomic_load(&writer->ring.head);
	uint32_t failures = atomic_load(&writer->failures);
	bool failed = false;

	if (!*audit->alive)
		return fail_set(error, WRIT_E_INVALID, "the log is that of the parent process");
	writer_urge(writer);
	while (atomic_load(&writer->written_to) < end && !failed) {
		uint32_t seen = bell_attend(&writer->done);

		failed = atomic_load(&writer->failures) != failures;
		if (atomic_load(&writer->written_to) < end && !failed)
			bell_wait(&writer->done, seen, 0);
		bell_leave(&writer->done);
	}
	writer_relax(writer);
	if (!failed)
		return 0;
	(void)pthread_mutex_lock(&writer->lock);
	if (error)
		*error = writer->status.last;
	(void)pthread_mutex_unlock(&writer->lock);
	return -(error ? error->code : WRIT_E_SYSTEM);
}

void writ_audit_status(struct writ_audit *audit, struct writ_audit_status *out)
{
	struct writer *writer = &audit->writer;
	const struct writers_slot *slot = &writer->writers.slots[writer->writers.own];

	(void)pthread_mutex_lock(&writer->lock);
	*out = writer->status;
	(void)pthread_mutex_unlock(&writer->lock);
	out->failing = atomic_load(&writer->failing);
	out->taken = atomic_load(&slot->taken);
	out->dropped = atomic_load(&slot->dropped);
	out->refused = atomic_load(&writer->refused);
	out->queued = out->taken > out->written ? out->taken - out->written : 0;
	out->ring_bytes = writer->ring.size;
	out->ring_used = ring_used(&writer->ring);
}

/* ---- opening and closing ---- */

/* In a child, of any kind of fork, this page is zero: what is not the child's is left alone. */
static int make_alive(struct writ_audit *audit, struct writ_error *error)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return fail_errno(error, errno, "memory of the log");
	audit->page = page;
	audit->alive = page;
	if (madvise(page, PAGE, MADV_WIPEONFORK))
		return fail_errno(error, errno, "memory that a child does not get");
	*audit->alive = 1;
	return 0;
}

static int set_terms(struct writ_audit *audit, struct writ_error *error)
{
	const struct writ_audit_options *options = &audit->options;

	if (options->full > WRIT_AUDIT_DROP)
		return fail_set(error, WRIT_E_INVALID, "the log's 'full' is none that is known");
	/* What has to be there is not left out. */
	if (options->required && options->full == WRIT_AUDIT_DROP)
		return fail_set(error, WRIT_E_INVALID,
				"records that are required can't be left out");
	audit->writer.policies.options = (struct writ_audit_terms){
		.required = options->required != 0,
		.full = options->full,
	};
	audit->writer.synchronous = options->required || options->synchronous;
	return 0;
}

static int set_options(struct writ_audit *audit, const struct writ_audit_options *options,
		       struct writ_error *error)
{
	if (options)
		audit->options = *options;
	if (!audit->options.block_ms)
		audit->options.block_ms = DEFAULT_BLOCK_MS;
	if (!audit->options.ring_bytes)
		audit->options.ring_bytes = DEFAULT_RING;
	if (audit->options.ring_bytes < WRIT_AUDIT_MIN_RING ||
	    audit->options.ring_bytes > WRIT_AUDIT_MAX_RING)
		return fail_set(error, WRIT_E_INVALID, "the log's ring has %zu to %zu bytes",
				WRIT_AUDIT_MIN_RING, WRIT_AUDIT_MAX_RING);
	return set_terms(audit, error);
}

static int note_opening(struct writer *writer, struct writ_error *error)
{
	char detail[128];
	int rc = chain_begin(&writer->chain, error);

	if (rc)
		return rc;
	(void)snprintf(detail, sizeof(detail), "{\"pid\":%lld,\"uid\":%lld,\"version\":\"%s\"}",
		       (long long)getpid(), (long long)getuid(), writ_version());
	rc = chain_note(&writer->chain, "open", detail, error);
	if (!rc)
		rc = chain_commit(&writer->chain, error);
	if (rc)
		chain_abandon(&writer->chain);
	return rc;
}

/* The first that is written: what others have lost, and that this process begins. */
static int begin_writing(struct writ_audit *audit, const char *path, struct writ_error *error)
{
	struct writer *writer = &audit->writer;
	struct writ_error reason;
	int rc = roll_begin(&writer->chain, &writer->writers, &reason);

	if (!rc && !audit->options.once)
		rc = note_opening(writer, &reason);
	if (rc)
		(void)fail_set(error, (enum writ_error_code)reason.code, "%.200s: %s", path,
			       reason.text);
	return rc;
}

static int open_parts(struct writ_audit *audit, const char *path, struct writ_error *error)
{
	const struct writ_audit_options *options = &audit->options;
	struct writer *writer = &audit->writer;
	int rc = chain_open(&writer->chain, path, options->key, writer->synchronous, error);

	if (!rc)
		rc = log_policies_begin(&writer->policies, error);
	if (!rc)
		rc = writers_open(path, true, &writer->writers, error);
	if (!rc)
		rc = begin_writing(audit, path, error);
	if (!rc)
		rc = ring_open(&writer->ring, options->ring_bytes, error);
	if (!rc)
		rc = make_alive(audit, error);
	if (rc)
		return rc;
	/* Who waits for a record waits no longer than that, also for a database that is locked. */
	(void)sqlite3_busy_timeout(writer->chain.db, (int)options->block_ms);
	return writer_start(writer, error);
}

static void close_parts(struct writ_audit *audit)
{
	struct writer *writer = &audit->writer;

	/* A slot that is not given back is one of a process that has died, and lost what it had. */
	if (!writer->ended)
		writer->writers.own = -1;
	writers_close(&writer->writers);
	ring_close(&writer->ring);
	chain_close(&writer->chain);
	log_policies_fini(&writer->policies);
	if (audit->page)
		(void)munmap(audit->page, PAGE);
	free(audit);
}

int writ_audit_open(const char *path, const struct writ_audit_options *options,
		    struct writ_audit **out, struct writ_error *error)
{
	struct writ_audit *audit;
	int rc;

	if (!path || sodium_init() < 0)
		return fail_set(error, WRIT_E_INVALID, "the log has no path");
	audit = aligned_alloc(_Alignof(struct writ_audit), sizeof(*audit));
	if (!audit)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	memset(audit, 0, sizeof(*audit));
	audit->writer.writers = (struct writers){.fd = -1, .own = -1};
	log_policies_init(&audit->writer.policies, &audit->writer.chain.key);
	rc = set_options(audit, options, error);
	audit->writer.once = audit->options.once;
	if (!rc)
		rc = open_parts(audit, path, error);
	if (rc) {
		close_parts(audit);
		return rc;
	}
	*out = audit;
	return 0;
}

void writ_audit_close(struct writ_audit *audit)
{
	/* In a child there is no thread, and nothing that it may touch. */
	if (!audit || !*audit->alive)
		return;
	writer_stop(&audit->writer);
	close_parts(audit);
}
