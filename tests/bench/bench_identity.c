/*
 * Opening sessions of users from an identity store, and seeing that nothing has changed.
 *
 *	bench_identity BUNDLE DIRECTORY [USERS]
 *
 * In: a bundle whose first roles the users are granted, two of each. A store of USERS (100,000) is
 * made in DIRECTORY. Out: mean, median and the 99th percentile of opening and closing a session of
 * a user drawn at random, and of a check that has to look the user up again as the store changed.
 */
#include <string.h>

#include "bench.h"
#include "runtime/audit/identity_store.h"
#include "runtime/writ_identity.h"

#define OPENS 20000

static struct writ_error error;

static void must(int rc)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_identity: %s\n", error.text);
	exit(1);
}

static void make_store(const char *path, const struct writ_policy *policy, unsigned users)
{
	struct identity_store *store;
	struct identity_grant grant = {.granted_s = 1, .granted_by = "bench"};
	char name[32];
	struct identity_user user = {.name = name, .created_s = 1, .created_by = "bench"};

	must(identity_open(path, DB_CREATE, &store, &error));
	must(identity_begin(store, &error));
	must(identity_remove_all(store, &error));
	for (unsigned i = 0; i < users; i++) {
		int64_t id;

		snprintf(name, sizeof(name), "user-%06u@example.com", i);
		must(identity_add(store, &user, &id, &error));
		for (uint32_t r = 0; r < 2; r++) {
			grant.role = writ_role_name(policy, r);
			must(grant.role ? identity_grant(store, id, &grant, &error) : 0);
		}
	}
	must(identity_commit(store, &error));
	identity_close(store);
}

static void print(const char *what, uint64_t *ns, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ns[i];
	bench_sort(ns, n);
	printf("%-28s mean %6.1f us  median %6.1f us  p99 %6.1f us\n", what,
	       (double)sum / (double)n / 1e3, (double)ns[n / 2] / 1e3,
	       (double)ns[n * 99 / 100] / 1e3);
}

static void bench(struct writ_monitor *monitor, struct writ_identity_store *store, unsigned users)
{
	static uint64_t opens[OPENS], checks[OPENS];
	uint64_t state = 88172645463325252u;
	unsigned verdicts = 0;
	uint64_t *generation = (uint64_t *)writ_identity_source(store)->generation;

	for (size_t i = 0; i < OPENS; i++) {
		char name[32];
		struct writ_session *session;
		const struct writ_subject subject = {.user = name,
						     .identity = writ_identity_source(store)};
		uint64_t begin;

		snprintf(name, sizeof(name), "user-%06u@example.com",
			 (unsigned)(bench_random(&state) % users));
		begin = bench_now_ns();
		must(writ_session_open(monitor, &subject, &session, &error));
		opens[i] = bench_now_ns() - begin;
		__atomic_fetch_add(generation, 2, __ATOMIC_ACQ_REL);
		begin = bench_now_ns();
		verdicts += writ_session_check(session, &(struct writ_call){.tool = "x"}, NULL);
		checks[i] = bench_now_ns() - begin;
		writ_session_close(session);
	}
	if (verdicts)
		fputs("bench_identity: a tool that no policy has is allowed\n", stderr);
	print("session open", opens, OPENS);
	print("check after a change", checks, OPENS);
}

int main(int argc, char **argv)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE};
	unsigned users = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100000;
	struct writ_identity_store *store;
	struct writ_monitor *monitor;
	struct writ_policy *policy;
	char path[256];

	if (argc < 3 || users == 0 || users > 999999) {
		fputs("usage: bench_identity BUNDLE DIRECTORY [USERS]\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/users.db", argv[2]);
	must(writ_open(argv[1], &(struct writ_options){.examine = 1, .stand_ins = 1}, &policy,
		       &error));
	make_store(path, policy, users);
	must(writ_monitor_open(argv[1], &options, &monitor, &error));
	must(writ_identity_open(path, &store, &error));
	printf("%u users, two roles each\n", users);
	bench(monitor, store, users);
	writ_identity_close(store);
	writ_monitor_close(monitor);
	writ_close(policy);
	return 0;
}
