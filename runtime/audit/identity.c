/*
 * An identity store as sessions see it (writ_identity.h).
 *
 * In: the name of a user. Out: the roles granted to it that have not expired, or a refusal. Between
 * a look-up and the next change of the generation nothing of what it told may change, so the one
 * thing that changes by itself, time, is watched by a thread: when a role that was told expires, or
 * the store is no longer the one that stands at its path, it changes the generation. Invariant: a
 * look-up waits for a change that is under way (identity_generation.h), then reads one snapshot.
 */
#include "runtime/writ_identity.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/identity_generation.h"
#include "runtime/audit/identity_store.h"
#include "runtime/writ_info.h"

#define NEVER  INT64_MAX
#define TICK_S 1

struct writ_identity_store {
	struct writ_identity source;
	char *path;
	struct stat file; /* the database, as it was opened */
	pthread_t watcher;
	bool watched;
	pthread_cond_t closed; /* what follows is under lock */
	pthread_mutex_t lock;
	struct identity_store *store;
	struct generation generation;
	int64_t expires_s; /* the first of the roles that were told, or NEVER */
	bool lost;         /* it was removed or replaced */
	bool closing;
};

/* One look-up. */
struct looking {
	struct writ_identity_store *of;
	int (*add)(void *context, const char *role);
	void *context;
	int64_t now_s;
	bool found;
	bool disabled;
};

static int tell(void *context, const struct identity_user *user, const struct identity_grant *grant)
{
	struct looking *looking = context;

	looking->found = true;
	looking->disabled = user->disabled;
	if (!grant)
		return 0;
	if (grant->expires_s) {
		if (grant->expires_s <= looking->now_s)
			return 0;
		if (grant->expires_s < looking->of->expires_s)
			looking->of->expires_s = grant->expires_s;
	}
	return looking->add(looking->context, grant->role);
}

static int look(struct looking *looking, const char *user, struct writ_error *error)
{
	const struct identity_visit visit = {tell, looking};
	struct writ_identity_store *of = looking->of;
	struct writ_error reason;
	int rc;

	if (of->lost)
		return fail_set(error, WRIT_E_SYSTEM, "the identity store was removed or replaced");
	rc = generation_settle(&of->generation, &reason);
	if (!rc)
		rc = identity_visit(of->store, user, &visit, &reason);
	if (rc)
		return fail_set(error, (enum writ_error_code)reason.code, "%.200s: %.300s",
				of->path, reason.text);
	if (!looking->found)
		return fail_set(error, WRIT_E_UNKNOWN, "the identity store has no such user");
	if (looking->disabled)
		return fail_set(error, WRIT_E_UNKNOWN,
				"the user is disabled in the identity store");
	return 0;
}

static int look_up(void *context, const char *user,
		   int (*add)(void *user_context, const char *role), void *user_context,
		   struct writ_error *error)
{
	struct writ_identity_store *of = context;
	struct looking looking = {.of = of,
				  .add = add,
				  .context = user_context,
				  .now_s = time(NULL)};
	int rc;

	(void)pthread_mutex_lock(&of->lock);
	rc = look(&looking, user, error);
	(void)pthread_mutex_unlock(&of->lock);
	return rc;
}

static bool is_same_file(const struct writ_identity_store *of)
{
	struct stat st;

	return !stat(of->path, &st) && st.st_dev == of->file.st_dev &&
	       st.st_ino == of->file.st_ino && generation_is_at(&of->generation, of->path);
}

/* Under lock. */
static void tick(struct writ_identity_store *of)
{
	bool lost = !of->lost && !is_same_file(of);
	bool expired = time(NULL) >= of->expires_s;

	of->lost |= lost;
	if (expired)
		of->expires_s = NEVER;
	if (lost || expired)
		generation_bump(&of->generation);
}

static void *watch(void *context)
{
	struct writ_identity_store *of = context;
	struct timespec until;

	(void)pthread_mutex_lock(&of->lock);
	while (!of->closing) {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += TICK_S;
		if (pthread_cond_timedwait(&of->closed, &of->lock, &until) == ETIMEDOUT)
			tick(of);
	}
	(void)pthread_mutex_unlock(&of->lock);
	return NULL;
}

/* Signals are for the threads of whoever calls us. */
static int start_watcher(struct writ_identity_store *of, struct writ_error *error)
{
	sigset_t all;
	sigset_t before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&of->watcher, NULL, watch, of);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	of->watched = rc == 0;
	return rc ? fail_errno(error, rc, "a thread that watches the identity store") : 0;
}

static int open_parts(struct writ_identity_store *of, const char *path, struct writ_error *error)
{
	struct writ_error reason;
	int rc = writ_place_check(path, &reason);

	if (rc)
		return fail_set(error, (enum writ_error_code)reason.code, "%.200s: %s", path,
				reason.text);
	rc = identity_open(path, DB_READ, &of->store, error);
	if (rc)
		return rc;
	rc = generation_open(path, false, &of->generation, &reason);
	if (!rc && stat(path, &of->file))
		rc = fail_set(&reason, WRIT_E_OPEN, "%s", strerror(errno));
	if (rc)
		return fail_set(error, (enum writ_error_code)reason.code, "%.300s: %s", path,
				reason.text);
	of->source = (struct writ_identity){.look_up = look_up,
					    .context = of,
					    .generation = of->generation.number};
	return start_watcher(of, error);
}

static struct writ_identity_store *new_store(const char *path)
{
	struct writ_identity_store *of = calloc(1, sizeof(*of));
	pthread_condattr_t monotonic;

	if (!of)
		return NULL;
	of->path = strdup(path);
	of->expires_s = NEVER;
	(void)pthread_mutex_init(&of->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&of->closed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return of;
}

int writ_identity_open(const char *path, struct writ_identity_store **out, struct writ_error *error)
{
	struct writ_identity_store *of = new_store(path);
	int rc = of && of->path ? open_parts(of, path, error)
				: fail_set(error, WRIT_E_NOMEM, "out of memory");

	if (rc) {
		writ_identity_close(of);
		return rc;
	}
	*out = of;
	return 0;
}

const struct writ_identity *writ_identity_source(const struct writ_identity_store *store)
{
	return &store->source;
}

void writ_identity_close(struct writ_identity_store *store)
{
	if (!store)
		return;
	if (store->watched) {
		(void)pthread_mutex_lock(&store->lock);
		store->closing = true;
		(void)pthread_cond_signal(&store->closed);
		(void)pthread_mutex_unlock(&store->lock);
		(void)pthread_join(store->watcher, NULL);
	}
	generation_close(&store->generation);
	identity_close(store->store);
	(void)pthread_cond_destroy(&store->closed);
	(void)pthread_mutex_destroy(&store->lock);
	free(store->path);
	free(store);
}
