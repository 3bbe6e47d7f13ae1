/*
 * A version of the policy: what is in force from one reload to the next.
 *
 * In: where the policy is read from. Out: the opened policy, of which this process can enforce
 * everything, and what checks need of it ready to be used: for each rule with a rate the number and
 * the terms that its calls are counted by. They say the same for a rule that says the same, so that
 * a reload gives nobody a fresh start.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/monitor/monitor.h"
#include "runtime/policy.h"

void version_free(struct version *version)
{
	if (!version)
		return;
	writ_close(version->policy);
	free(version->rated);
	free(version);
}

static int check_policy(const struct writ_monitor *monitor, const struct writ_policy *policy,
			struct writ_error *error)
{
	const struct version *current = atomic_load(&monitor->current);
	const char *what = writ_unsupported(policy, 0);
	struct writ_audit_terms terms;

	if (what && !monitor->options.examine)
		return error_set(error, WRIT_E_UNSUPPORTED,
				 "the policy demands what this version can't enforce yet: %s",
				 what);
	writ_policy_audit(policy, &terms);
	if (terms.required && !monitor->sink.record)
		return error_set(error, WRIT_E_MONITOR,
				 "the policy demands that every decision is recorded (audit "
				 "required), and there is no audit log");
	if (!current)
		return 0;
	if (strcmp(writ_policy_name(policy), writ_policy_name(current->policy)) != 0)
		return error_set(error, WRIT_E_INVALID,
				 "the bundle is policy '%s', and '%s' is in force",
				 writ_policy_name(policy), writ_policy_name(current->policy));
	return 0;
}

/* The policy is opened as for examining, since it is for us to enforce what it can't alone. */
static int read_policy(const struct writ_monitor *monitor, struct writ_policy **out,
		       struct writ_error *error)
{
	struct writ_options options = monitor->options;
	struct writ_policy *policy = NULL;
	int rc;

	options.examine = 1;
	options.origin = monitor->path;
	if (monitor->load)
		rc = monitor->load(monitor->load_context, monitor->path, &options, &policy, error);
	else
		rc = writ_open(monitor->path, &options, &policy, error);
	if (rc)
		return rc < 0 ? rc : -WRIT_E_SYSTEM;
	rc = check_policy(monitor, policy, error);
	if (rc) {
		writ_close(policy);
		return rc;
	}
	*out = policy;
	return 0;
}

/* ---- rates ---- */

static bool has_rates(const struct writ_policy *policy)
{
	for (uint32_t i = 0; i < policy->n_rules; i++) {
		if (policy->fmt_rules[i].rate)
			return true;
	}
	return false;
}

static int open_rates(struct writ_monitor *monitor, struct writ_error *error)
{
	struct state *state;
	int rc;

	if (monitor->rates)
		return 0;
	rc = state_open(monitor->state, &state, error);
	if (rc)
		return rc;
	rc = rates_open(state, &monitor->rates, error);
	state_close(state);
	return rc;
}

static void prepare_rule(const struct version *version, uint32_t id, struct rated_rule *out)
{
	const struct writ_fmt_rule *rule = &version->policy->fmt_rules[id];
	const struct image *image = &version->policy->image;
	const struct rate_rule terms = {
		.role = image_text(image, image_ROLES(image, rule->role)->name),
		.pattern = image_text(image, rule->pattern),
		.condition = image_text(image, rule->condition),
		.rate = rule->rate,
		.period_s = rule->period_s,
		.burst = rule->burst,
	};

	out->id = rates_rule(version->rates, &terms);
	rate_terms_init(&out->terms, rule->rate, rule->period_s, rule->burst);
}

static int prepare_rates(struct writ_monitor *monitor, struct version *version,
			 struct writ_error *error)
{
	uint32_t n = version->policy->n_rules;
	int rc;

	if (!has_rates(version->policy))
		return 0;
	rc = open_rates(monitor, error);
	if (rc)
		return rc;
	version->rates = monitor->rates;
	version->rated = calloc(n, sizeof(*version->rated));
	if (!version->rated)
		return error_nomem(error);
	for (uint32_t i = 0; i < n; i++) {
		if (version->policy->fmt_rules[i].rate)
			prepare_rule(version, i, &version->rated[i]);
	}
	return 0;
}

/* ---- questions ---- */

static int prepare_requests(struct writ_monitor *monitor, struct version *version,
			    struct writ_error *error)
{
	struct state *state;
	int rc;

	if (version->policy->ask_from == version->policy->allow_from)
		return 0;
	if (!monitor->requests) {
		rc = state_open(monitor->state, &state, error);
		if (rc)
			return rc;
		rc = requests_open(state, &monitor->requests, error);
		state_close(state);
		if (rc)
			return rc;
	}
	version->requests = monitor->requests;
	return 0;
}

int version_load(struct writ_monitor *monitor, uint32_t generation, struct version **out,
		 struct writ_error *error)
{
	struct version *version = calloc(1, sizeof(*version));
	int rc;

	if (!version)
		return error_nomem(error);
	version->generation = generation;
	rc = read_policy(monitor, &version->policy, error);
	if (!rc)
		rc = prepare_rates(monitor, version, error);
	if (!rc)
		rc = prepare_requests(monitor, version, error);
	if (rc) {
		version_free(version);
		return rc;
	}
	*out = version;
	return 0;
}
