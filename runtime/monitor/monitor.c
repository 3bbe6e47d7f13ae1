/*
 * The monitor: opening, replacing the policy under checks that run, and closing.
 *
 * A reload does everything that can fail before anything changes: the new bundle is read, verified
 * and bound, its name compared and the event recorded; then one store puts it in force. The version
 * that was current is freed when no session publishes it any more: here, or when a session is
 * closed. That order is why no check waits: those that have published the old version go on with
 * it, the next check of each finds the new one (session.c), and both publishing and looking for
 * what is published are sequentially consistent, so that one of the two sees the other.
 */
#include "runtime/monitor/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/monitor/session.h"

int monitor_record(const struct writ_monitor *monitor, const struct writ_event *event)
{
	return monitor->sink.record ? monitor->sink.record(monitor->sink.context, event) : 0;
}

/* ---- copies of the options ---- */

static void free_options(struct writ_monitor *monitor)
{
	const struct writ_options *options = &monitor->options;

	for (size_t i = 0; i < options->n_params; i++)
		free(monitor->texts[i]);
	free(monitor->texts);
	free(monitor->params);
	for (size_t i = 0; i < WRIT_MAX_KEPT; i++)
		free(monitor->kept[i]);
	free(monitor->home);
	free(monitor->path);
	free(monitor->state);
}

/* "NAME\0VALUE", of which the two point into one allocation. */
static char *copy_param(const struct writ_param *from, struct writ_param *to)
{
	size_t name_size, value_size;
	char *text;

	if (!from->name || !from->value)
		return NULL;
	name_size = strlen(from->name) + 1;
	value_size = strlen(from->value) + 1;
	text = malloc(name_size + value_size);
	if (!text)
		return NULL;
	memcpy(text, from->name, name_size);
	memcpy(text + name_size, from->value, value_size);
	*to = (struct writ_param){text, text + name_size};
	return text;
}

static int copy_params(struct writ_monitor *monitor, const struct writ_options *from)
{
	monitor->params = calloc(from->n_params + 1, sizeof(*monitor->params));
	monitor->texts = calloc(from->n_params + 1, sizeof(*monitor->texts));
	if (!monitor->params || !monitor->texts)
		return -1;
	monitor->options.params = monitor->params;
	for (; monitor->options.n_params < from->n_params; monitor->options.n_params++) {
		size_t i = monitor->options.n_params;

		monitor->texts[i] = copy_param(&from->params[i], &monitor->params[i]);
		if (!monitor->texts[i])
			return -1;
	}
	return 0;
}

static int copy_kept(struct writ_monitor *monitor, const struct writ_options *from)
{
	monitor->options.kept = (const char *const *)monitor->kept;
	monitor->options.n_kept = from->n_kept;
	for (size_t i = 0; i < from->n_kept && i < WRIT_MAX_KEPT; i++) {
		monitor->kept[i] = strdup(from->kept[i]);
		if (!monitor->kept[i])
			return -1;
	}
	return 0;
}

static int copy_options(struct writ_monitor *monitor, const char *path,
			const struct writ_options *from)
{
	static const struct writ_options none;

	if (!from)
		from = &none;
	monitor->options.stand_ins = from->stand_ins;
	monitor->options.examine = from->examine;
	if (path)
		monitor->path = strdup(path);
	if (from->home)
		monitor->home = strdup(from->home);
	monitor->options.home = monitor->home;
	if ((path && !monitor->path) || (from->home && !monitor->home))
		return -1;
	return copy_kept(monitor, from) || copy_params(monitor, from) ? -1 : 0;
}

/* ---- putting a version in force ---- */

/* A policy that takes force unrecorded would leave a log that explains its decisions wrongly. */
static int record_version(const struct writ_monitor *monitor, const struct version *version,
			  struct writ_error *error)
{
	const struct writ_event event = {
		.kind = WRIT_EVENT_RELOAD,
		.verdict = WRIT_ALLOW,
		.rule = WRIT_NO_ID,
		.generation = version->generation,
		.policy = version->policy,
		.detail = version->generation == 1 ? "opened" : "replaced",
	};

	if (monitor_record(monitor, &event))
		return error_set(error, WRIT_E_SYSTEM, "the policy's opening can't be recorded");
	return 0;
}

static void record_failure(const struct writ_monitor *monitor, const struct writ_error *error)
{
	const struct version *current = atomic_load(&monitor->current);
	const struct writ_event event = {
		.kind = WRIT_EVENT_RELOAD,
		.verdict = WRIT_DENY,
		.rule = WRIT_NO_ID,
		.generation = current ? current->generation : 0,
		.policy = current ? current->policy : NULL,
		.detail = current ? "not replaced" : "not opened",
		.error = error->text,
	};

	/* It is the failure that is told to the caller, who has no other policy to go on with. */
	int unrecorded = monitor_record(monitor, &event);

	(void)unrecorded;
}

/* Makes the next version current. The one that was is still published by whoever uses it. */
static int next_version(struct writ_monitor *monitor, struct writ_error *error)
{
	struct version *old = atomic_load(&monitor->current);
	struct version *version;
	int rc = version_load(monitor, old ? old->generation + 1 : 1, &version, error);

	if (rc)
		return rc;
	rc = record_version(monitor, version, error);
	if (rc) {
		version_free(version);
		return rc;
	}
	(void)pthread_mutex_lock(&monitor->lock);
	atomic_store(&monitor->current, version);
	atomic_store(&monitor->generation, version->generation);
	if (old) {
		old->next = monitor->retired;
		monitor->retired = old;
	}
	(void)pthread_mutex_unlock(&monitor->lock);
	return 0;
}

/* ---- who uses which version ---- */

static bool is_published(const struct writ_monitor *monitor, const struct version *version)
{
	for (const struct writ_session *at = monitor->sessions; at; at = at->next) {
		if (atomic_load(&at->version) == version)
			return true;
	}
	return false;
}

/* Under the lock: takes out those that nobody uses. */
static struct version *take_unused(struct writ_monitor *monitor)
{
	struct version *unused = NULL;
	struct version **link = &monitor->retired;

	while (*link) {
		struct version *version = *link;

		if (is_published(monitor, version)) {
			link = &version->next;
			continue;
		}
		*link = version->next;
		version->next = unused;
		unused = version;
	}
	return unused;
}

static void free_versions(struct version *version)
{
	while (version) {
		struct version *next = version->next;

		version_free(version);
		version = next;
	}
}

static void collect(struct writ_monitor *monitor)
{
	struct version *unused;

	(void)pthread_mutex_lock(&monitor->lock);
	unused = take_unused(monitor);
	(void)pthread_mutex_unlock(&monitor->lock);
	free_versions(unused);
}

void monitor_enter(struct writ_monitor *monitor, struct writ_session *session)
{
	(void)pthread_mutex_lock(&monitor->lock);
	atomic_store(&session->version, atomic_load(&monitor->current));
	session->next = monitor->sessions;
	if (session->next)
		session->next->prev = session;
	monitor->sessions = session;
	(void)pthread_mutex_unlock(&monitor->lock);
}

void monitor_leave(struct writ_monitor *monitor, struct writ_session *session)
{
	struct version *unused;

	(void)pthread_mutex_lock(&monitor->lock);
	if (session->prev)
		session->prev->next = session->next;
	else
		monitor->sessions = session->next;
	if (session->next)
		session->next->prev = session->prev;
	unused = take_unused(monitor);
	(void)pthread_mutex_unlock(&monitor->lock);
	free_versions(unused);
}

/* ---- the public functions ---- */

static int start(struct writ_monitor *monitor, const char *path,
		 const struct writ_monitor_options *options, struct writ_error *error)
{
	int rc;

	monitor->load = options->load;
	monitor->load_context = options->load_context;
	if (options->sink)
		monitor->sink = *options->sink;
	if (copy_options(monitor, path, options->policy))
		return error_nomem(error);
	if (options->state) {
		monitor->state = strdup(options->state);
		if (!monitor->state)
			return error_nomem(error);
		monitor->options.state = monitor->state;
	}
	rc = next_version(monitor, error);
	if (rc)
		record_failure(monitor, error);
	return rc;
}

int writ_monitor_open(const char *path, const struct writ_monitor_options *options,
		      struct writ_monitor **out, struct writ_error *error)
{
	static const struct writ_monitor_options none;
	struct writ_error own;
	struct writ_monitor *monitor;
	int rc;

	if (!error)
		error = &own;
	if (!options)
		options = &none;
	if (!out || (!path && !options->load))
		return error_set(error, WRIT_E_INVALID,
				 "writ_monitor_open: path and out must be given");
	monitor = calloc(1, sizeof(*monitor));
	if (!monitor)
		return error_nomem(error);
	/* As all of it is, where no attributes are given (pthread_mutex_init(3)). */
	(void)pthread_mutex_init(&monitor->lock, NULL);
	(void)pthread_mutex_init(&monitor->reloading, NULL);
	rc = start(monitor, path, options, error);
	if (rc) {
		writ_monitor_close(monitor);
		return rc;
	}
	*out = monitor;
	return 0;
}

void writ_monitor_close(struct writ_monitor *monitor)
{
	if (!monitor)
		return;
	free_versions(monitor->retired);
	version_free(atomic_load(&monitor->current));
	rates_close(monitor->rates);
	requests_close(monitor->requests);
	(void)pthread_mutex_destroy(&monitor->lock);
	(void)pthread_mutex_destroy(&monitor->reloading);
	free_options(monitor);
	free(monitor);
}

int writ_reload(struct writ_monitor *monitor, struct writ_error *error)
{
	struct writ_error own;
	int rc;

	if (!error)
		error = &own;
	(void)pthread_mutex_lock(&monitor->reloading);
	/* What earlier reloads left goes first: one version more than is used is in memory. */
	collect(monitor);
	rc = next_version(monitor, error);
	if (rc)
		record_failure(monitor, error);
	else
		collect(monitor);
	(void)pthread_mutex_unlock(&monitor->reloading);
	return rc;
}

uint32_t writ_monitor_generation(const struct writ_monitor *monitor)
{
	/* By value: the version may be freed between the two loads. */
	return atomic_load(&monitor->generation);
}
