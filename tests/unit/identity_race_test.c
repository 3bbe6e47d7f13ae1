/*
 * An identity store read by many threads while it is changed, as sessions do: what was told under a
 * generation is true for as long as that is the generation.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/identity_store.h"
#include "runtime/writ_identity.h"

#define READERS 4
#define CHANGES 200

static char directory[] = "/tmp/writ-identity-race-XXXXXX";
static char path[64];
static struct writ_identity_store *source;
/* The role is granted by changes of even number: how many have begun, and how many are done. */
static unsigned int begun, done;
static unsigned long compared;
static bool wrong;

static int note(void *context, const char *role)
{
	(void)role;
	*(bool *)context = true;
	return 0;
}

/* A session in short: the number is read before the look-up, and compared before each use. */
static void *read_on(void *unused)
{
	const struct writ_identity *identity = writ_identity_source(source);
	uint64_t generation = UINT64_MAX;
	bool held = false;

	while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < CHANGES) {
		unsigned int before = __atomic_load_n(&done, __ATOMIC_ACQUIRE);
		uint64_t now = __atomic_load_n(identity->generation, __ATOMIC_ACQUIRE);

		if (now != generation) {
			held = false;
			generation = now;
			if (identity->look_up(identity->context, "bob", note, &held, NULL))
				__atomic_store_n(&wrong, true, __ATOMIC_RELAXED);
		}
		if (__atomic_load_n(&begun, __ATOMIC_ACQUIRE) != before)
			continue;
		__atomic_fetch_add(&compared, 1, __ATOMIC_RELAXED);
		if (held != (before % 2 == 0))
			__atomic_store_n(&wrong, true, __ATOMIC_RELAXED);
	}
	return unused;
}

static void change(struct identity_store *store, int64_t user, unsigned int number)
{
	const struct identity_grant grant = {"dev", 1, "test", 0};
	struct writ_error error;

	__atomic_store_n(&begun, number, __ATOMIC_RELEASE);
	cr_assert_eq(identity_begin(store, &error), 0, "%s", error.text);
	if (number % 2)
		cr_assert_eq(identity_revoke(store, user, "dev", &error), 0, "%s", error.text);
	else
		cr_assert_eq(identity_grant(store, user, &grant, &error), 0, "%s", error.text);
	cr_assert_eq(identity_commit(store, &error), 0, "%s", error.text);
	__atomic_store_n(&done, number, __ATOMIC_RELEASE);
}

Test(identity_race, what_is_told_is_true_while_the_generation_is_the_same, .timeout = 120)
{
	const struct identity_user bob = {.name = "bob", .created_by = "test"};
	struct identity_store *store;
	pthread_t readers[READERS];
	struct writ_error error;
	char command[96];
	int64_t user;

	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/u.db", directory);
	cr_assert_eq(identity_open(path, DB_CREATE, &store, &error), 0, "%s", error.text);
	cr_assert_eq(identity_begin(store, &error), 0);
	cr_assert_eq(identity_add(store, &bob, &user, &error), 0);
	cr_assert_eq(identity_commit(store, &error), 0);
	change(store, user, 0);
	cr_assert_eq(writ_identity_open(path, &source, &error), 0, "%s", error.text);
	for (int i = 0; i < READERS; i++)
		cr_assert_eq(pthread_create(&readers[i], NULL, read_on, NULL), 0);
	for (unsigned int i = 1; i <= CHANGES; i++) {
		change(store, user, i);
		usleep(200);
	}
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	cr_expect_not(wrong);
	cr_expect_gt(compared, (unsigned long)CHANGES, "%lu", compared);
	writ_identity_close(source);
	identity_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_expect_eq(system(command), 0);
}
