/*
 * Policies in the log.
 *
 * A policy is told from others by its address and its generation, both good while the event is
 * recorded and no longer: so what the writer needs of it is copied then, once. A number stands for
 * it in the ring. The small part of what was copied stays until the log is closed; places of rules
 * and masks only of the newest, as a service may reload its policy every minute for years.
 */
#include "runtime/audit/log_policy.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/mask.h"

#define MAX_NAME  256
#define HASH_SIZE 32
#define N_KEPT    64 /* policies whose rules and masks are kept */

struct rule_place {
	uint32_t file; /* index in files */
	uint32_t line;
	uint32_t col;
};

struct log_policy {
	struct log_policy *older;
	const struct writ_policy *policy; /* compared only; it may be gone */
	uint32_t generation;
	struct log_policy_ref ref;
	char name[MAX_NAME];
	int64_t version;
	char hash[2 * HASH_SIZE + 1];
	struct mask *mask;
	struct rule_place *places;
	uint32_t n_places;
	char **files;
	uint32_t n_files;
};

void log_policies_init(struct log_policies *policies, const struct audit_key *key)
{
	memset(policies, 0, sizeof(*policies));
	policies->key = key;
	(void)pthread_mutex_init(&policies->lock, NULL);
}

/* All of it that is large. */
static void shed(struct log_policy *known)
{
	for (uint32_t i = 0; i < known->n_files; i++)
		free(known->files[i]);
	free(known->files);
	free(known->places);
	mask_free(known->mask);
	known->mask = NULL;
	known->files = NULL;
	known->places = NULL;
	known->n_files = 0;
	known->n_places = 0;
}

int log_policies_begin(struct log_policies *policies, struct writ_error *error)
{
	return mask_new(NULL, policies->key->mask, &policies->defaults, error);
}

void log_policies_fini(struct log_policies *policies)
{
	struct log_policy *known = policies->newest;

	mask_free(policies->defaults);
	while (known) {
		struct log_policy *older = known->older;

		shed(known);
		free(known);
		known = older;
	}
	(void)pthread_mutex_destroy(&policies->lock);
}

/* ---- copying what is known ---- */

/* The index of a file's name: rules of one file stand together, so it is nearly always the last. */
static int add_file(struct log_policy *known, const char *file, uint32_t *index)
{
	char **files;

	for (uint32_t i = known->n_files; i-- > 0;) {
		*index = i;
		if (strcmp(known->files[i], file) == 0)
			return 0;
	}
	files = realloc(known->files, (known->n_files + 1) * sizeof(*files));
	if (!files)
		return -WRIT_E_NOMEM;
	known->files = files;
	files[known->n_files] = strdup(file);
	if (!files[known->n_files])
		return -WRIT_E_NOMEM;
	*index = known->n_files++;
	return 0;
}

static int copy_places(struct log_policy *known, const struct writ_policy *policy)
{
	struct writ_rule rule;
	uint32_t n = 0;

	while (!writ_rule(policy, n, &rule))
		n++;
	known->places = calloc(n + 1, sizeof(*known->places));
	if (!known->places)
		return -WRIT_E_NOMEM;
	for (uint32_t i = 0; i < n && !writ_rule(policy, i, &rule); i++) {
		struct rule_place *place = &known->places[i];

		if (add_file(known, rule.file, &place->file))
			return -WRIT_E_NOMEM;
		place->line = rule.line;
		place->col = rule.col;
		known->n_places = i + 1;
	}
	return 0;
}

static int copy_policy(struct log_policy *known, const struct writ_policy *policy,
		       const struct audit_key *key)
{
	(void)snprintf(known->name, sizeof(known->name), "%s", writ_policy_name(policy));
	known->version = (int64_t)writ_policy_version(policy);
	(void)sodium_bin2hex(known->hash, sizeof(known->hash), writ_policy_digest(policy),
			     HASH_SIZE);
	if (mask_new(policy, key->mask, &known->mask, NULL))
		return -WRIT_E_NOMEM;
	return copy_places(known, policy);
}

/* ---- what it demands ---- */

/* What denies is stricter than what waits first, and that than what goes on without a record. */
static enum writ_audit_full stricter(enum writ_audit_full a, enum writ_audit_full b)
{
	static const int strictness[] = {
		[WRIT_AUDIT_DROP] = 0, [WRIT_AUDIT_BLOCK] = 1, [WRIT_AUDIT_DENY] = 2};

	return strictness[a] > strictness[b] ? a : b;
}

static struct writ_audit_terms terms_of(const struct writ_audit_terms *options,
					const struct writ_policy *policy)
{
	struct writ_audit_terms terms;

	writ_policy_audit(policy, &terms);
	terms.required |= options->required;
	terms.full = stricter(terms.full, options->full);
	return terms;
}

/* ---- finding it ---- */

static int learn(struct log_policies *policies, const struct writ_event *event,
		 struct log_policy **out)
{
	struct log_policy *known = calloc(1, sizeof(*known));

	if (!known)
		return -WRIT_E_NOMEM;
	known->policy = event->policy;
	known->generation = event->generation;
	if (copy_policy(known, event->policy, policies->key)) {
		shed(known);
		free(known);
		return -WRIT_E_NOMEM;
	}
	known->ref.number = ++policies->n;
	known->ref.terms = terms_of(&policies->options, event->policy);
	known->older = policies->newest;
	policies->newest = known;
	*out = known;
	return 0;
}

static bool is_of(const struct log_policy *known, const struct writ_event *event)
{
	return known && known->policy == event->policy && known->generation == event->generation;
}

/* Is it still what it was? Another may have got its address, and is in its first generation, too.
 */
static bool is_same(const struct log_policy *known, const struct writ_event *event)
{
	char hash[2 * HASH_SIZE + 1];

	if (event->kind != WRIT_EVENT_RELOAD)
		return true;
	(void)sodium_bin2hex(hash, sizeof(hash), writ_policy_digest(event->policy), HASH_SIZE);
	return strcmp(hash, known->hash) == 0;
}

static int find_or_learn(struct log_policies *policies, const struct writ_event *event,
			 struct log_policy **out)
{
	struct log_policy *known = policies->newest;

	while (known && !is_of(known, event))
		known = known->older;
	if (!known || !known->places || !is_same(known, event))
		return learn(policies, event, out);
	*out = known;
	return 0;
}

int log_policies_refer(struct log_policies *policies, const struct writ_event *event,
		       struct log_policy_ref *out)
{
	struct log_policy *known = atomic_load_explicit(&policies->current, memory_order_acquire);
	int rc;

	*out = (struct log_policy_ref){.terms = policies->options};
	if (!event->policy)
		return 0;
	if (is_of(known, event) && event->kind != WRIT_EVENT_RELOAD) {
		*out = known->ref;
		return 0;
	}
	(void)pthread_mutex_lock(&policies->lock);
	rc = find_or_learn(policies, event, &known);
	if (!rc) {
		atomic_store_explicit(&policies->current, known, memory_order_release);
		*out = known->ref;
	}
	(void)pthread_mutex_unlock(&policies->lock);
	return rc;
}

const struct log_policy *log_policies_find(struct log_policies *policies, uint32_t number)
{
	struct log_policy *found = NULL;
	struct log_policy *known;

	(void)pthread_mutex_lock(&policies->lock);
	for (known = policies->newest; known; known = known->older) {
		if (known->ref.number == number)
			found = known;
		/* Only the one who writes uses these, and it is here. */
		if (known->ref.number + N_KEPT < policies->n && known->ref.number != number &&
		    known->places)
			shed(known);
	}
	(void)pthread_mutex_unlock(&policies->lock);
	return found;
}

void log_policy_info(const struct log_policy *policy, struct log_policy_info *out)
{
	out->name = policy->name;
	out->version = policy->version;
	out->hash = policy->hash;
	out->mask = policy->mask;
}

void log_policy_rule(const struct log_policy *policy, uint32_t rule, char *text, size_t size)
{
	const struct rule_place *place = rule < policy->n_places ? &policy->places[rule] : NULL;

	if (place && *policy->files[place->file])
		(void)snprintf(text, size, "%s:%u:%u", policy->files[place->file], place->line,
			       place->col);
	else
		(void)snprintf(text, size, "%u", rule);
}
