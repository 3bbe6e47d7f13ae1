/*
 * Questions to a human expire after ten minutes, answered or not. Each fact is looked at in a
 * process to which it is later, just before and just after.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/monitor/request.h"
#include "runtime/writ_monitor.h"
#include "support/bundle_maker.h"
#include "support/later.h"
#include "support/requests_maker.h"

#define BEFORE_S 590
#define AFTER_S  601
#define N_SLOTS  256

/* In a process to which it is later: its result is the line of what is not so. */
#define MUST(fact)                                                                                 \
	do {                                                                                       \
		if (!(fact))                                                                       \
			return __LINE__;                                                           \
	} while (0)

static struct requests *requests;
static struct request_call call;
static char id[WRIT_REQUEST_ID_SIZE];

static void setup(void)
{
	requests = requests_of(WRIT_STATE_PRIVATE);
	call = (struct request_call){
		.policy = bundle_open("role r { ask t; }\n", NULL),
		.kind = WRIT_ROLE,
		.subject = "r",
		.tool = "t",
	};
	cr_assert_eq(request_make(requests, &call, id, NULL), 0);
}

static void teardown(void)
{
	requests_close(requests);
}

TestSuite(expiry, .init = setup, .fini = teardown, .timeout = 60);

static int is_pending(void *context)
{
	struct writ_request_info info;

	(void)context;
	MUST(request_wait(requests, id, 0) == WRIT_PENDING);
	MUST(request_get(requests, 0, &info) == 0 && strcmp(info.id, id) == 0);
	MUST(info.left_ms <= 10000 && info.age_ms >= 590000);
	MUST(request_find(requests, id, &info, NULL) == 0);
	MUST(request_use(requests, id, &call) == REQUEST_UNANSWERED);
	return 0;
}

static int is_expired(void *context)
{
	struct writ_request_info info;
	struct writ_error error;

	(void)context;
	MUST(request_wait(requests, id, -1) == WRIT_EXPIRED);
	MUST(request_get(requests, 0, &info) == -WRIT_E_INVALID);
	MUST(request_find(requests, id, &info, &error) == -WRIT_E_UNKNOWN);
	MUST(strcmp(error.text, "the request has expired") == 0);
	MUST(request_answer(requests, id, 1, &error) == -WRIT_E_UNKNOWN);
	MUST(strcmp(error.text, "the request has expired") == 0);
	MUST(request_use(requests, id, &call) == REQUEST_EXPIRED);
	return 0;
}

Test(expiry, of_a_question_that_nobody_answers)
{
	cr_expect_eq(later(BEFORE_S, is_pending, NULL), 0);
	cr_expect_eq(later(AFTER_S, is_expired, NULL), 0);
}

static int use(void *context)
{
	(void)context;
	return request_use(requests, id, &call);
}

Test(expiry, of_an_approval_that_nobody_uses)
{
	cr_assert_eq(request_answer(requests, id, 1, NULL), 0);
	cr_expect_eq(later(AFTER_S, use, NULL), REQUEST_EXPIRED);
	cr_expect_eq(later(BEFORE_S, use, NULL), REQUEST_GOOD);
	cr_expect_eq(later(AFTER_S, use, NULL), REQUEST_USED);
}

static int asks_anew(void *context)
{
	char other[WRIT_REQUEST_ID_SIZE];

	(void)context;
	MUST(request_make(requests, &call, other, NULL) == 0);
	return strcmp(other, id) != 0;
}

Test(expiry, is_not_put_off_by_asking_again)
{
	cr_expect_eq(later(BEFORE_S, asks_anew, NULL), 0);
	cr_expect_eq(later(AFTER_S, asks_anew, NULL), 1, "the same call is asked about anew");
}

static int make_another(void *context)
{
	struct request_call another = call;
	char other[WRIT_REQUEST_ID_SIZE];

	(void)context;
	another.subject = "another";
	return request_make(requests, &another, other, NULL) == 0;
}

Test(expiry, makes_room)
{
	struct request_call other = call;
	char subject[16];

	/* Each of its own, as one subject may not have them all. */
	other.subject = subject;
	for (int i = 1; i < N_SLOTS; i++) {
		snprintf(subject, sizeof(subject), "s%d", i);
		cr_assert_eq(request_make(requests, &other, id, NULL), 0);
	}
	cr_expect_eq(later(BEFORE_S, make_another, NULL), 0, "there is no room");
	cr_expect_eq(later(AFTER_S, make_another, NULL), 1);
}
