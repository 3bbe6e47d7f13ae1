/*
 * libwrit-audit: numbers for monitoring, as Prometheus reads them.
 *
 *	struct writ_metrics_options options = {.audit = audit, .sink = &log};
 *
 *	writ_metrics_open(&options, &metrics, &error);
 *	struct writ_sink sink = writ_metrics_sink(metrics);
 *	... .sink = &sink in the struct writ_monitor_options ...
 *	writ_metrics_serve(metrics, "unix:/run/agent/metrics.sock", &server, &error);
 *
 * Events are counted as they pass on the way to the log. Counting locks nothing and allocates
 * nothing. No label has a value that comes from a call. docs/monitoring.md lists the metrics.
 * Errors and ownership are as in writ.h; any thread may call any function but those that close.
 */
#ifndef WRIT_METRICS_H
#define WRIT_METRICS_H

#include "writ_audit.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_metrics;

struct writ_metrics_options {
	const struct writ_sink *sink; /* where events go on to; copied. NULL: nowhere */
	struct writ_audit *audit;     /* whose state is told; NULL: none. Must stay open */
};

WRIT_API WRIT_MUST_CHECK int writ_metrics_open(const struct writ_metrics_options *options,
					       struct writ_metrics **out, struct writ_error *error);
/* Servers, monitors and whoever else has its sink must be closed. NULL is allowed. */
WRIT_API void writ_metrics_close(struct writ_metrics *metrics);

WRIT_API struct writ_sink writ_metrics_sink(struct writ_metrics *metrics);

/* What is measured by the program, as nothing else can. */
enum writ_metric {
	WRIT_METRIC_CHECK = 1, /* a decision, from its call to its return */
	WRIT_METRIC_SANDBOX,   /* a launch, from its call until the command was executed */
};
WRIT_API void writ_metrics_observe(struct writ_metrics *metrics, enum writ_metric metric,
				   uint64_t duration_ns);

/* writ_session_check, and WRIT_METRIC_CHECK of it. */
WRIT_API WRIT_MUST_CHECK enum writ_verdict writ_metrics_check(struct writ_metrics *metrics,
							      struct writ_session *session,
							      const struct writ_call *call,
							      struct writ_decision *decision);

/* All of them now, in Prometheus' text format 0.0.4. The caller frees *out with free(3). */
WRIT_API WRIT_MUST_CHECK int writ_metrics_text(struct writ_metrics *metrics, char **out,
					       size_t *len, struct writ_error *error);

/*
 * The same into a file, which is replaced at once: for node_exporter's textfile collector. Errors:
 * SYSTEM, NOMEM; then the file is as it was.
 */
WRIT_API WRIT_MUST_CHECK int writ_metrics_write(struct writ_metrics *metrics, const char *path,
						struct writ_error *error);

/*
 * The same of what a log holds, from its database: without what only a running process knows.
 * Errors: as writ_audit_open.
 */
WRIT_API WRIT_MUST_CHECK int writ_metrics_of_log(const char *path, char **out, size_t *len,
						 struct writ_error *error);

/*
 * Answers GET /metrics over HTTP, in a thread of its own, at "unix:PATH", which its owner alone may
 * connect to, or "127.0.0.1:PORT" or "[::1]:PORT"; PORT 0: any that is free. One request at a time,
 * of at most 4 KiB and two seconds. Errors: INVALID (address), SYSTEM, NOMEM.
 */
struct writ_metrics_server;
WRIT_API WRIT_MUST_CHECK int writ_metrics_serve(struct writ_metrics *metrics, const char *address,
						struct writ_metrics_server **out,
						struct writ_error *error);
/* The port it listens on; 0: a unix socket. */
WRIT_API unsigned writ_metrics_port(const struct writ_metrics_server *server);
WRIT_API void writ_metrics_stop(struct writ_metrics_server *server);

#ifdef __cplusplus
}
#endif

#endif
