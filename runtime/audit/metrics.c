/*
 * Counting what passes.
 *
 * In: events on their way to the log, and durations. Out: numbers, whenever they are asked for.
 * Each is a counter of its own that only grows, added to without a lock or an order: a text tells
 * numbers that were true one after the other, a few nanoseconds apart, which is what rates are made
 * of.
 */
#include "runtime/audit/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/audit/fail.h"

#define SIGNAL_SYS 31 /* SIGSYS: what a filter of system calls kills with */

struct histogram {
	_Atomic uint64_t counts[METRICS_BUCKETS];
	_Atomic uint64_t sum_ns;
};

struct writ_metrics {
	struct writ_sink next;
	struct writ_audit *audit;
	_Atomic uint64_t decisions[DECISION_VERDICTS];
	_Atomic uint64_t denials[DECISION_REASONS];
	_Atomic uint64_t escapes[METRICS_ESCAPES];
	_Atomic uint64_t approvals[DECISION_VERDICTS];
	_Atomic uint64_t launches;
	_Atomic uint64_t reloads[2];
	_Atomic uint64_t sessions;
	_Atomic uint64_t generation;
	struct histogram histograms[METRICS_HISTOGRAMS];
};

static void add(_Atomic uint64_t *counter, uint64_t n)
{
	(void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void observe(struct histogram *histogram, uint64_t ns)
{
	add(&histogram->counts[metrics_bucket(ns)], 1);
	add(&histogram->sum_ns, ns);
}

/* ---- events ---- */

/* A number that is out of range is some other version's, and counted nowhere. */
static void count(_Atomic uint64_t *counters, size_t n, unsigned index)
{
	if (index < n)
		add(&counters[index], 1);
}

static void count_decision(struct writ_metrics *metrics, const struct writ_event *event)
{
	count(metrics->decisions, DECISION_VERDICTS, (unsigned)event->verdict);
	if (event->verdict == WRIT_DENY)
		count(metrics->denials, DECISION_REASONS, (unsigned)event->reason);
	if (event->generation > get(&metrics->generation))
		atomic_store_explicit(&metrics->generation, event->generation,
				      memory_order_relaxed);
}

static void count_end(struct writ_metrics *metrics, const struct writ_event *event)
{
	observe(&metrics->histograms[METRICS_LAUNCH], event->duration_us * 1000);
	if (event->signal == SIGNAL_SYS)
		add(&metrics->escapes[METRICS_SYSCALL], 1);
}

static void count_reload(struct writ_metrics *metrics, const struct writ_event *event)
{
	add(&metrics->reloads[event->error == NULL], 1);
	if (!event->error)
		atomic_store_explicit(&metrics->generation, event->generation,
				      memory_order_relaxed);
}

static void count_event(struct writ_metrics *metrics, const struct writ_event *event)
{
	switch (event->kind) {
	case WRIT_EVENT_DECISION:
		count_decision(metrics, event);
		break;
	case WRIT_EVENT_LAUNCH:
		add(&metrics->launches, 1);
		break;
	case WRIT_EVENT_END:
		count_end(metrics, event);
		break;
	case WRIT_EVENT_NETWORK:
		if (event->verdict == WRIT_DENY)
			add(&metrics->escapes[METRICS_NETWORK], 1);
		break;
	case WRIT_EVENT_FILE:
		add(&metrics->escapes[METRICS_FILE], 1);
		break;
	case WRIT_EVENT_APPROVAL:
		count(metrics->approvals, DECISION_VERDICTS, (unsigned)event->verdict);
		break;
	case WRIT_EVENT_RELOAD:
		count_reload(metrics, event);
		break;
	case WRIT_EVENT_SESSION:
		add(&metrics->sessions, 1);
		break;
	}
}

/* What the log refuses to take becomes a denial, and is counted as that. */
static int record(void *context, const struct writ_event *event)
{
	struct writ_metrics *metrics = context;
	int rc = metrics->next.record ? metrics->next.record(metrics->next.context, event) : 0;

	if (rc && event->kind == WRIT_EVENT_DECISION) {
		struct writ_event denied = *event;

		denied.verdict = WRIT_DENY;
		denied.reason = WRIT_NOT_RECORDED;
		count_event(metrics, &denied);
	} else {
		count_event(metrics, event);
	}
	return rc;
}

struct writ_sink writ_metrics_sink(struct writ_metrics *metrics)
{
	return (struct writ_sink){record, metrics};
}

/* ---- durations ---- */

void writ_metrics_observe(struct writ_metrics *metrics, enum writ_metric metric,
			  uint64_t duration_ns)
{
	if (metric == WRIT_METRIC_CHECK)
		observe(&metrics->histograms[METRICS_CHECK], duration_ns);
	else if (metric == WRIT_METRIC_SANDBOX)
		observe(&metrics->histograms[METRICS_SANDBOX], duration_ns);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum writ_verdict writ_metrics_check(struct writ_metrics *metrics, struct writ_session *session,
				     const struct writ_call *call, struct writ_decision *decision)
{
	uint64_t start = now_ns();
	enum writ_verdict verdict = writ_session_check(session, call, decision);

	writ_metrics_observe(metrics, WRIT_METRIC_CHECK, now_ns() - start);
	return verdict;
}

/* ---- reading ---- */

static void get_all(const _Atomic uint64_t *counters, size_t n, uint64_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = get(&counters[i]);
}

static void read_values(struct writ_metrics *metrics, struct metrics_values *out)
{
	memset(out, 0, sizeof(*out));
	out->is_live = true;
	get_all(metrics->decisions, DECISION_VERDICTS, out->decisions);
	get_all(metrics->denials, DECISION_REASONS, out->denials);
	get_all(metrics->escapes, METRICS_ESCAPES, out->escapes);
	get_all(metrics->approvals, DECISION_VERDICTS, out->approvals);
	get_all(metrics->reloads, 2, out->reloads);
	out->launches = get(&metrics->launches);
	out->sessions = get(&metrics->sessions);
	out->generation = get(&metrics->generation);
	for (size_t i = 0; i < METRICS_HISTOGRAMS; i++) {
		get_all(metrics->histograms[i].counts, METRICS_BUCKETS, out->histograms[i].counts);
		out->histograms[i].sum_ns = get(&metrics->histograms[i].sum_ns);
	}
	out->has_audit = metrics->audit != NULL;
	if (metrics->audit)
		writ_audit_status(metrics->audit, &out->audit);
}

int writ_metrics_text(struct writ_metrics *metrics, char **out, size_t *len,
		      struct writ_error *error)
{
	struct metrics_values values;

	read_values(metrics, &values);
	return metrics_print(&values, out, len, error);
}

int writ_metrics_open(const struct writ_metrics_options *options, struct writ_metrics **out,
		      struct writ_error *error)
{
	struct writ_metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	if (options && options->sink)
		metrics->next = *options->sink;
	metrics->audit = options ? options->audit : NULL;
	*out = metrics;
	return 0;
}

void writ_metrics_close(struct writ_metrics *metrics)
{
	free(metrics);
}
