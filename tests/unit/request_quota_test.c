/*
 * How many questions one subject may have open: not so many that nobody else may ask.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "runtime/monitor/request.h"
#include "runtime/policy.h"
#include "support/bundle_maker.h"
#include "support/requests_maker.h"

static struct request_call call_of_ann(void)
{
	return (struct request_call){
		.policy = bundle_open("role ops { ask rm; }\nuser \"ann\" : ops;\n", NULL),
		.kind = WRIT_USER,
		.subject = "ann",
		.tool = "rm",
	};
}

static int ask_number(struct requests *requests, struct request_call *call, int64_t number,
		      char id[WRIT_REQUEST_ID_SIZE])
{
	const struct writ_arg arg = {.name = "n", .type = WRIT_ARG_INTEGER, .number = number};
	struct writ_error error = {.code = 0};
	int rc;

	call->args = &arg;
	call->n_args = 1;
	rc = request_make(requests, call, id, &error);
	if (rc)
		cr_expect_str_eq(error.text, "32 requests of this subject are open, as many as one "
					     "may have");
	return rc;
}

Test(request_quota, one_subject_leaves_room_for_others)
{
	struct requests *requests = requests_of(WRIT_STATE_PRIVATE);
	struct request_call ann = call_of_ann();
	struct request_call bob = ann;
	struct request_call role = ann;
	char id[WRIT_MAX_REQUESTS_OF_ONE][WRIT_REQUEST_ID_SIZE];
	char again[WRIT_REQUEST_ID_SIZE];
	const struct writ_arg third = {.name = "n", .type = WRIT_ARG_INTEGER, .number = 3};

	bob.subject = "bob";
	role.kind = WRIT_ROLE;
	for (int i = 0; i < (int)WRIT_MAX_REQUESTS_OF_ONE; i++)
		cr_assert_eq(ask_number(requests, &ann, i, id[i]), 0, "%d", i);
	cr_expect_eq(ask_number(requests, &ann, 100, again), -WRIT_E_NOMEM);
	cr_expect_eq(ask_number(requests, &ann, 3, again), 0, "one that is pending");
	cr_expect_str_eq(again, id[3]);
	cr_expect_eq(ask_number(requests, &bob, 100, again), 0, "the control: another user");
	cr_expect_eq(ask_number(requests, &role, 100, again), 0, "a role of that name");
	cr_assert_eq(request_answer(requests, id[2], 0, NULL), 0);
	cr_assert_eq(request_answer(requests, id[3], 1, NULL), 0);
	cr_expect_eq(ask_number(requests, &ann, 100, again), -WRIT_E_NOMEM, "answers are kept");
	ann.args = &third;
	cr_expect_eq(request_use(requests, id[3], &ann), REQUEST_GOOD);
	cr_expect_eq(ask_number(requests, &ann, 100, again), 0, "its place is free");
	cr_expect_eq(ask_number(requests, &ann, 101, again), -WRIT_E_NOMEM);
	requests_close(requests);
}

/* Another policy's subject of that name is another one. */
Test(request_quota, a_subject_is_of_a_policy)
{
	struct requests *requests = requests_of(WRIT_STATE_PRIVATE);
	struct request_call ann = call_of_ann();
	struct test_bundle bundle = bundle_make("role ops { ask rm; }\n");
	struct writ_policy *other = NULL;
	char id[WRIT_REQUEST_ID_SIZE];

	for (int i = 0; i < (int)WRIT_MAX_REQUESTS_OF_ONE; i++)
		cr_assert_eq(ask_number(requests, &ann, i, id), 0, "%d", i);
	cr_expect_eq(ask_number(requests, &ann, 100, id), -WRIT_E_NOMEM);
	cr_assert_eq(bundle_open_with(&bundle, NULL, &other, NULL), 0);
	bundle.bytes[(const uint8_t *)writ_policy_name(other) - other->image.bytes] = 'b';
	bundle_seal(&bundle);
	cr_assert_eq(bundle_open_with(&bundle, NULL, &other, NULL), 0);
	cr_expect_str_eq(writ_policy_name(other), "best");
	ann.policy = other;
	cr_expect_eq(ask_number(requests, &ann, 100, id), 0);
	requests_close(requests);
}

/* Who is refused takes no place for a moment either: it would be one that others are told of. */
Test(request_quota, who_is_refused_makes_nobody_forgotten)
{
	struct requests *requests = requests_of(WRIT_STATE_PRIVATE);
	struct request_call ann = call_of_ann();
	struct request_call bob = ann;
	char used[WRIT_REQUEST_ID_SIZE], id[WRIT_REQUEST_ID_SIZE];

	bob.subject = "bob";
	cr_assert_eq(request_make(requests, &bob, used, NULL), 0);
	cr_assert_eq(request_answer(requests, used, 1, NULL), 0);
	cr_assert_eq(request_use(requests, used, &bob), REQUEST_GOOD);
	for (int i = 0; i < (int)WRIT_MAX_REQUESTS_OF_ONE; i++)
		cr_assert_eq(ask_number(requests, &ann, i, id), 0, "%d", i);
	for (int i = 100; i < 100 + 2 * (int)WRIT_MAX_REQUESTS; i++)
		cr_assert_eq(ask_number(requests, &ann, i, id), -WRIT_E_NOMEM, "%d", i);
	cr_expect_eq(request_use(requests, used, &bob), REQUEST_USED);
	requests_close(requests);
}

struct asker {
	struct requests *requests;
	struct request_call call;
	int64_t first;
	int made;
};

static void *ask_many(void *context)
{
	struct asker *asker = context;
	char id[WRIT_REQUEST_ID_SIZE];

	for (int64_t i = 0; i < 60; i++)
		asker->made += ask_number(asker->requests, &asker->call, asker->first + i, id) == 0;
	return NULL;
}

Test(request_quota, threads_of_one_subject_get_no_more_together)
{
	enum { THREADS = 8 };
	struct requests *requests = requests_of(WRIT_STATE_PRIVATE);
	struct asker askers[THREADS];
	struct writ_request_info info;
	pthread_t threads[THREADS];
	int made = 0;
	size_t n = 0;

	for (int i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){requests, call_of_ann(), i * 1000, 0};
		cr_assert_eq(pthread_create(&threads[i], NULL, ask_many, &askers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		made += askers[i].made;
	}
	while (request_get(requests, n, &info) == 0)
		n++;
	/* Fewer, where two of them were one too many at once. */
	cr_expect_leq(n, WRIT_MAX_REQUESTS_OF_ONE);
	cr_expect_geq(n, WRIT_MAX_REQUESTS_OF_ONE - THREADS);
	cr_expect_eq(made, (int)n);
	requests_close(requests);
}

static atomic_int at_start;

/* The last that it may have, at the same time as another thread. */
static void *ask_last(void *context)
{
	struct asker *asker = context;
	char id[WRIT_REQUEST_ID_SIZE];

	(void)atomic_fetch_add(&at_start, 1);
	while (atomic_load(&at_start) < 2)
		;
	asker->made = ask_number(asker->requests, &asker->call, asker->first, id) == 0;
	return NULL;
}

Test(request_quota, two_that_come_at_once_do_not_both_get_the_last_place, .timeout = 60)
{
	struct request_call ann = call_of_ann();

	for (int round = 0; round < 300; round++) {
		struct requests *requests = requests_of(WRIT_STATE_PRIVATE);
		struct asker askers[] = {{requests, ann, 100, 0}, {requests, ann, 200, 0}};
		struct writ_request_info info;
		char id[WRIT_REQUEST_ID_SIZE];
		pthread_t thread;
		int n = 0;

		for (int i = 0; i < (int)WRIT_MAX_REQUESTS_OF_ONE - 1; i++)
			cr_assert_eq(ask_number(requests, &ann, i, id), 0, "%d", i);
		atomic_store(&at_start, 0);
		cr_assert_eq(pthread_create(&thread, NULL, ask_last, &askers[0]), 0);
		(void)ask_last(&askers[1]);
		(void)pthread_join(thread, NULL);
		while (request_get(requests, (size_t)n, &info) == 0)
			n++;
		cr_assert_leq(n, (int)WRIT_MAX_REQUESTS_OF_ONE, "round %d", round);
		cr_assert_eq(n, (int)WRIT_MAX_REQUESTS_OF_ONE - 1 + askers[0].made + askers[1].made,
			     "round %d", round);
		requests_close(requests);
	}
}
