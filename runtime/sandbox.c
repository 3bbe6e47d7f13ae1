/*
 * writ_sandbox_open: everything about a sandbox that can be done once is done here, so that a
 * launch is short: the Landlock ruleset is built, the filter found, limits and environment copied,
 * the way to bound processes chosen. What the host can't do is refused here, before anything runs.
 */
#include "runtime/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/broker.h"
#include "runtime/broker_prepare.h"
#include "runtime/cgroup_plan.h"
#include "runtime/env.h"
#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/lacking.h"
#include "runtime/landlock.h"
#include "runtime/net_prepare.h"
#include "runtime/oom.h"
#include "runtime/processes.h"
#include "runtime/seccomp.h"
#include "runtime/unsupported.h"
#include "runtime/user.h"

#define MAX_WARNING_BYTES 512

/* The same is said once. */
static int add_warning(struct writ_sandbox *sandbox, struct writ_error *error, const char *text)
{
	struct sandbox_warning *warning;
	const char *copy;

	for (warning = sandbox->warnings; warning; warning = warning->next) {
		if (strcmp(warning->text, text) == 0)
			return 0;
	}
	warning = pool_alloc(&sandbox->pool, sizeof(*warning));
	copy = pool_strndup(&sandbox->pool, text, strlen(text));
	if (!warning || !copy)
		return error_nomem(error);
	warning->text = copy;
	if (sandbox->last_warning)
		sandbox->last_warning->next = warning;
	else
		sandbox->warnings = warning;
	sandbox->last_warning = warning;
	return 0;
}

int sandbox_warn(struct writ_sandbox *sandbox, struct writ_error *error, const char *format, ...)
{
	char text[MAX_WARNING_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return add_warning(sandbox, error, text);
}

int sandbox_lacks(struct writ_sandbox *sandbox, struct writ_error *error, const char *format, ...)
{
	char reason[MAX_WARNING_BYTES];
	char text[MAX_WARNING_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (!sandbox->best_effort)
		return error_set(error, WRIT_E_HOST,
				 "sandbox '%.100s' can't be enforced on this host: %.350s",
				 sandbox->name, reason);
	(void)snprintf(text, sizeof(text), "not enforced (best effort): %.450s", reason);
	return add_warning(sandbox, error, text);
}

static void copy_limits(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->limits;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_limit *limit = image_LIMITS(&source->policy->image,
								  range.first + i);

		sandbox->has_limit[limit->id] = true;
		sandbox->limits[limit->id] = limit->value;
	}
}

/* No sandbox does without: every descriptor that a tool inherits is a hole in it. */
static int check_close_range(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	/* A range that no descriptor is in. */
	if (syscall(KERNEL_NR_CLOSE_RANGE, ~0u, ~0u, 0) == 0)
		return 0;
	return error_sys(error, WRIT_E_HOST, errno,
			 "sandbox '%.200s' can't be enforced: close_range(2) does not work here",
			 sandbox->name);
}

/* In a directory that each launch has anew there is what is granted, and no link that led to it. */
static int warn_of_links(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->paths;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < range.count; i++) {
		const char *path = source->policy->paths[range.first + i];

		if (namespaces_hide(&sandbox->namespaces, path) && !access(path, F_OK) &&
		    !broker_rules_deny(&sandbox->denies, path))
			rc = sandbox_warn(
				sandbox, source->error,
				"a launch does not see '%.300s': grant the path it leads to", path);
	}
	return rc;
}

static int prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_str name = source->record->name;
	int rc;

	sandbox->best_effort = source->record->flags & WRIT_SANDBOX_BEST_EFFORT;
	sandbox->plan = source->record->plan;
	sandbox->name = pool_strndup(&sandbox->pool, image_str(&source->policy->image, name),
				     name.len);
	if (!sandbox->name)
		return error_nomem(source->error);
	copy_limits(sandbox, source);
	rc = check_close_range(sandbox, source->error);
	if (!rc)
		rc = seccomp_prepare(sandbox, source);
	if (!rc)
		rc = user_prepare(sandbox, source);
	if (!rc)
		rc = broker_prepare(sandbox, source);
	if (!rc)
		rc = net_prepare(sandbox, source);
	if (!rc)
		rc = namespaces_prepare(sandbox, source);
	if (!rc)
		rc = landlock_prepare(sandbox, source);
	if (!rc)
		rc = net_check_space(sandbox, source->error);
	if (!rc)
		rc = net_show_sockets(sandbox, source->error);
	if (!rc)
		namespaces_settle(sandbox);
	if (!rc)
		rc = warn_of_links(sandbox, source);
	if (!rc && !sandbox->net.has_gate && namespaces_want_broker(sandbox) &&
	    broker_available() == 0)
		sandbox->has_broker = true;
	if (!rc)
		rc = env_prepare(sandbox, source);
	if (!rc)
		rc = cgroup_plan(sandbox, source);
	if (!rc)
		rc = processes_prepare(sandbox, source);
	if (!rc)
		rc = oom_prepare(sandbox, source->error);
	return rc;
}

/* Its memory may be read-only. */
static void close_all(const struct writ_sandbox *sandbox)
{
	int fd = sandbox->ruleset;

	fd_close(&fd);
	fd = sandbox->oom_proc;
	fd_close(&fd);
	for (size_t i = 0; i < sandbox->recipe.n_paths; i++) {
		fd = sandbox->recipe.paths[i].fd;
		fd_close(&fd);
	}
}

int writ_sandbox_open(const struct writ_policy *policy, uint32_t id, struct writ_sandbox **out,
		      struct writ_error *error)
{
	struct sandbox_source source = {.policy = policy, .error = error};
	struct writ_sandbox draft = {.ruleset = -1, .oom_proc = -1};
	struct writ_sandbox *sandbox;
	int rc;

	if (!policy || !out)
		return error_set(error, WRIT_E_INVALID,
				 "writ_sandbox_open: policy and out must be given");
	if (id >= image_count(&policy->image, WRIT_SECTION_SANDBOXES))
		return error_set(error, WRIT_E_UNKNOWN, "the policy has no such sandbox");
	rc = unsupported_sandbox(&policy->image, id, error);
	if (rc)
		return rc;
	source.record = image_SANDBOXES(&policy->image, id);
	sandbox = pool_alloc(&draft.pool, sizeof(*sandbox));
	draft.lacking = pool_alloc(&draft.open, sizeof(*draft.lacking));
	rc = sandbox && draft.lacking ? prepare(&draft, &source) : error_nomem(error);
	if (!rc) {
		*sandbox = draft;
		if (pool_seal(&draft.pool))
			rc = error_sys(error, WRIT_E_SYSTEM, errno, "mprotect");
	}
	if (rc) {
		close_all(&draft);
		pool_free(&draft.open);
		pool_free(&draft.pool);
		return rc;
	}
	*out = sandbox;
	return 0;
}

void writ_sandbox_close(struct writ_sandbox *sandbox)
{
	struct pool pool;

	if (!sandbox)
		return;
	pool = sandbox->pool;
	close_all(sandbox);
	pool_free(&sandbox->open);
	pool_free(&pool);
}

const char *writ_sandbox_warning(const struct writ_sandbox *sandbox, size_t index)
{
	const struct sandbox_warning *warning = sandbox->warnings;

	for (; warning && index; index--)
		warning = warning->next;
	return warning ? warning->text : lacking_warning(sandbox, index);
}
