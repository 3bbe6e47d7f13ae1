/*
 * Numbers as text: Prometheus' exposition format 0.0.4.
 *
 * In: values. Out: of each metric its help, its type and its samples. Every name and label is in a
 * table here, so a text has the same lines whatever has happened, and none that a call chose. A
 * database tells nothing of what only a process knows, and then those metrics are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/metrics.h"

const char *const metrics_escape_names[METRICS_ESCAPES] = {"network", "file", "syscall"};
static const char *const reload_names[] = {"failed", "done"};

static void print_head(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A metric with one label, or with none. */
struct family {
	const char *name;
	const char *help;
	const char *label; /* NULL: values has one */
	const char *const *names;
	size_t n;
	const uint64_t *values;
	bool is_gauge;
};

static void print_family(FILE *out, const struct family *family)
{
	print_head(out, family->name, family->is_gauge ? "gauge" : "counter", family->help);
	if (!family->label)
		(void)fprintf(out, "%s %" PRIu64 "\n", family->name, family->values[0]);
	for (size_t i = 0; family->label && i < family->n; i++)
		(void)fprintf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", family->name, family->label,
			      family->names[i], family->values[i]);
}

#define FAMILY(name, label, names, values, help)                                                   \
	{                                                                                          \
		name, help, label, names, sizeof(names) / sizeof((names)[0]), values, false        \
	}
#define COUNTER(name, value, help)                                                                 \
	{                                                                                          \
		name, help, NULL, NULL, 1, &(value), false                                         \
	}
#define GAUGE(name, value, help)                                                                   \
	{                                                                                          \
		name, help, NULL, NULL, 1, &(value), true                                          \
	}

static void print_families(FILE *out, const struct family *families, size_t n)
{
	for (size_t i = 0; i < n; i++)
		print_family(out, &families[i]);
}
#define PRINT(out, families) print_families(out, families, sizeof(families) / sizeof((families)[0]))

static void print_common(FILE *out, const struct metrics_values *values)
{
	const struct family families[] = {
		FAMILY("writ_decisions_total", "verdict", decision_verdicts, values->decisions,
		       "Calls of tools that were decided."),
		FAMILY("writ_denials_total", "reason", decision_reasons, values->denials,
		       "Calls of tools that were denied."),
		FAMILY("writ_escape_attempts_total", "kind", metrics_escape_names, values->escapes,
		       "What launched tools tried and were refused."),
		FAMILY("writ_approvals_total", "verdict", decision_verdicts, values->approvals,
		       "Answers to questions that rules asked."),
		FAMILY("writ_reloads_total", "result", reload_names, values->reloads,
		       "Policies opened, or put in the place of others."),
		COUNTER("writ_launches_total", values->launches, "Commands started in a sandbox."),
		GAUGE("writ_policy_generation", values->generation,
		      "Of the policy in force: one more with each reload."),
	};

	PRINT(out, families);
}

/* ---- histograms ---- */

struct scale {
	const char *name;
	const char *help;
	unsigned first; /* the buckets that are told: 2^first to 2^last nanoseconds */
	unsigned last;
};

/* Seconds. Not as a floating-point number, whose point may be a comma. */
static void print_seconds(FILE *out, uint64_t ns)
{
	(void)fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

static void print_bound(FILE *out, const char *name, uint64_t ns, uint64_t n)
{
	(void)fprintf(out, "%s_bucket{le=\"", name);
	print_seconds(out, ns);
	(void)fprintf(out, "\"} %" PRIu64 "\n", n);
}

static void print_end(FILE *out, const char *name, uint64_t sum_ns, uint64_t n)
{
	(void)fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, n, name);
	print_seconds(out, sum_ns);
	(void)fprintf(out, "\n%s_count %" PRIu64 "\n", name, n);
}

static void print_histogram(FILE *out, const struct scale *scale,
			    const struct metrics_histogram_values *values)
{
	uint64_t n = 0;

	print_head(out, scale->name, "histogram", scale->help);
	for (unsigned i = 0; i < METRICS_BUCKETS; i++) {
		n += values->counts[i];
		if (i >= scale->first && i <= scale->last)
			print_bound(out, scale->name, UINT64_C(1) << i, n);
	}
	print_end(out, scale->name, values->sum_ns, n);
}

static const struct scale scales[METRICS_HISTOGRAMS] = {
	[METRICS_CHECK] = {"writ_rbac_check_duration_seconds", "A decision, with recording it.", 6,
			   20},
	[METRICS_SANDBOX] = {"writ_sandbox_create_duration_seconds",
			     "A launch, until its command was executed.", 17, 30},
	[METRICS_LAUNCH] = {"writ_launch_duration_seconds", "A launch, from its start to its end.",
			    20, 38},
};

/* ---- the log ---- */

static void print_writes(FILE *out, const struct writ_audit_status *status)
{
	static const char name[] = "writ_audit_write_duration_seconds";
	uint64_t n = 0;

	print_head(out, name, "histogram", "A batch of records, until it was in the database.");
	for (unsigned i = 0; i < WRIT_AUDIT_BUCKETS; i++) {
		n += status->write_us[i];
		if (i >= 4 && i < 22)
			print_bound(out, name, (UINT64_C(1) << i) * 1000, n);
	}
	print_end(out, name, status->write_ns, n);
}

static void print_audit(FILE *out, const struct writ_audit_status *status)
{
	static const char *const why[] = {"dropped", "refused"};
	const uint64_t lost[] = {status->dropped, status->refused};
	const uint64_t failing = status->failing != 0;
	const struct family families[] = {
		COUNTER("writ_audit_taken_total", status->taken, "Records put into the ring."),
		COUNTER("writ_audit_records_total", status->written, "Records in the database."),
		FAMILY("writ_audit_lost_total", "why", why, lost,
		       "Records that were left out as the ring was full."),
		COUNTER("writ_audit_batches_total", status->batches, "Transactions."),
		GAUGE("writ_audit_queue_records", status->queued, "Records in the ring."),
		GAUGE("writ_audit_queue_bytes", status->ring_used, "Bytes of them."),
		GAUGE("writ_audit_queue_capacity_bytes", status->ring_bytes,
		      "Bytes that the ring has room for."),
		GAUGE("writ_audit_failing", failing,
		      "1 when the last try to write failed, else 0."),
	};

	PRINT(out, families);
	print_writes(out, status);
}

static void print_log(FILE *out, const struct metrics_values *values)
{
	static const char *const why[] = {"gap"};
	const struct family families[] = {
		COUNTER("writ_audit_records_total", values->records, "Records in the database."),
		COUNTER("writ_audit_gaps_total", values->gaps,
			"Records that tell of others that were lost."),
		FAMILY("writ_audit_lost_total", "why", why, &values->lost,
		       "Records that gaps tell of."),
	};

	PRINT(out, families);
	print_histogram(out, &scales[METRICS_SANDBOX], &values->histograms[METRICS_SANDBOX]);
	print_histogram(out, &scales[METRICS_LAUNCH], &values->histograms[METRICS_LAUNCH]);
}

static void print_live(FILE *out, const struct metrics_values *values)
{
	const struct family families[] = {
		COUNTER("writ_session_events_total", values->sessions,
			"Sessions opened or closed, and roles that they lost."),
	};

	PRINT(out, families);
	for (size_t i = 0; i < METRICS_HISTOGRAMS; i++)
		print_histogram(out, &scales[i], &values->histograms[i]);
	if (values->has_audit)
		print_audit(out, &values->audit);
}

int metrics_print(const struct metrics_values *values, char **out, size_t *len,
		  struct writ_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	print_common(to, values);
	if (values->is_live)
		print_live(to, values);
	else
		print_log(to, values);
	if (fclose(to)) {
		free(text);
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	}
	*out = text;
	*len = size;
	return 0;
}
