/*
 * Attacks on what is remembered between calls, each with its control: without the rate or the
 * question the same calls pass.
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/writ_monitor.h"
#include "support/bundle_maker.h"

#define RATED   "role r { allow tool rate 2/day; } user \"ann\" : r; user \"bob\" : r;"
#define UNRATED "role r { allow tool; } user \"ann\" : r; user \"bob\" : r;"
#define MANY    "role r { allow tool rate 100/day; } user \"ann\" : r;"

#define ASKED                                                                                      \
	"tool tool { class read; arg path : string; } "                                            \
	"role r { ask tool; } user \"ann\" : r; user \"bob\" : r;"
#define ALLOWED                                                                                    \
	"tool tool { class read; arg path : string; } "                                            \
	"role r { allow tool; } user \"ann\" : r; user \"bob\" : r;"

static char root[] = "/tmp/writ-attack-XXXXXX";
static char state[64];

static void setup(void)
{
	cr_assert(mkdtemp(root) != NULL);
	snprintf(state, sizeof(state), "%s/state", root);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	cr_assert_eq(system(command), 0);
}

TestSuite(state_attacks, .init = setup, .fini = teardown, .timeout = 60);

static int load(void *context, const char *path, const struct writ_options *options,
		struct writ_policy **out, struct writ_error *error)
{
	const struct test_bundle *bundle = context;

	(void)path;
	return writ_open_memory(bundle->bytes, bundle->size, options, out, error);
}

static struct writ_monitor *open_monitor(const char *text)
{
	struct test_bundle bundle = bundle_make(text);
	const struct writ_monitor_options options = {.state = state,
						     .load = load,
						     .load_context = &bundle};
	struct writ_monitor *monitor = NULL;
	struct writ_error error;

	cr_assert_eq(writ_monitor_open("test", &options, &monitor, &error), 0, "%s", error.text);
	return monitor;
}

static struct writ_session *open_session(struct writ_monitor *monitor, const char *user)
{
	struct writ_session *session = NULL;
	struct writ_error error;

	cr_assert_eq(writ_session_open(monitor, &(struct writ_subject){.user = user}, &session,
				       &error),
		     0, "%s", error.text);
	return session;
}

/* A process that is started again for each of n calls: how many pass. */
static int pass_of(const char *text, const char *user, int n)
{
	int passed = 0;

	for (int i = 0; i < n; i++) {
		struct writ_monitor *monitor = open_monitor(text);
		struct writ_session *session = open_session(monitor, user);

		passed += writ_session_check(session, &(struct writ_call){.tool = "tool"}, NULL) ==
			  WRIT_ALLOW;
		writ_session_close(session);
		writ_monitor_close(monitor);
	}
	return passed;
}

Test(state_attacks, beginning_again_resets_no_rate)
{
	cr_expect_eq(pass_of(RATED, "ann", 20), 2);
	cr_expect_eq(pass_of(UNRATED, "ann", 20), 20, "the control");
}

/* What the agent says in its call is no part of what a rate counts by. */
static int pass_with(const char *text)
{
	struct writ_monitor *monitor = open_monitor(text);
	struct writ_session *session = open_session(monitor, "ann");
	int passed = 0;

	for (int64_t i = 0; i < 20; i++) {
		const struct writ_arg args[] = {
			{.name = "user", .text = i % 2 ? "bob" : "ann"},
			{.name = "session", .type = WRIT_ARG_INTEGER, .number = i},
		};
		const struct writ_call call = {.tool = "tool", .args = args, .n_args = 2};

		passed += writ_session_check(session, &call, NULL) == WRIT_ALLOW;
	}
	writ_session_close(session);
	writ_monitor_close(monitor);
	return passed;
}

Test(state_attacks, a_rate_is_the_subjects_whatever_the_call_says)
{
	cr_expect_eq(pass_with(RATED), 2);
	cr_expect_eq(pass_of(RATED, "bob", 3), 2, "another user has a bucket of his own");
	cr_expect_eq(pass_with(UNRATED), 20, "the control");
}

struct caller {
	struct writ_monitor *monitor;
	atomic_int passed;
};

static void *call_often(void *argument)
{
	struct caller *caller = argument;
	struct writ_session *session = open_session(caller->monitor, "ann");

	for (int i = 0; i < 100; i++) {
		if (writ_session_check(session, &(struct writ_call){.tool = "tool"}, NULL) ==
		    WRIT_ALLOW)
			atomic_fetch_add(&caller->passed, 1);
	}
	writ_session_close(session);
	return NULL;
}

static int pass_at_once(const char *text)
{
	struct caller caller = {.monitor = open_monitor(text)};
	pthread_t threads[10];

	for (int i = 0; i < 10; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, call_often, &caller), 0);
	for (int i = 0; i < 10; i++)
		pthread_join(threads[i], NULL);
	writ_monitor_close(caller.monitor);
	return atomic_load(&caller.passed);
}

Test(state_attacks, calls_at_once_share_a_rate)
{
	cr_expect_eq(pass_at_once(MANY), 100);
	cr_expect_eq(pass_at_once(UNRATED), 1000, "the control");
}

static enum writ_verdict check(struct writ_session *session, const char *path, const char *approval,
			       struct writ_decision *decision)
{
	const struct writ_arg arg = {.name = "path", .text = path};

	return writ_session_check(session,
				  &(struct writ_call){.tool = "tool",
						      .args = &arg,
						      .n_args = 1,
						      .approval = approval},
				  decision);
}

Test(state_attacks, an_approval_is_good_for_its_call_once)
{
	struct writ_monitor *monitor = open_monitor(ASKED);
	struct writ_session *ann = open_session(monitor, "ann");
	struct writ_session *bob = open_session(monitor, "bob");
	struct writ_decision asked;
	struct writ_decision decision;
	struct writ_error error;

	cr_assert_eq(check(ann, "/srv/a", NULL, &asked), WRIT_ASK);
	cr_expect_eq(check(ann, "/srv/a", asked.request, &decision), WRIT_DENY, "not answered");
	cr_assert_eq(writ_request_answer(monitor, asked.request, 1, &error), 0, "%s", error.text);
	cr_expect_eq(check(ann, "/etc/shadow", asked.request, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NOT_APPROVED);
	cr_expect_eq(check(bob, "/srv/a", asked.request, &decision), WRIT_DENY);
	cr_expect_eq(check(ann, "/srv/a", asked.request, &decision), WRIT_ALLOW, "the control");
	cr_expect_eq(check(ann, "/srv/a", asked.request, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NOT_APPROVED);
	writ_session_close(ann);
	writ_session_close(bob);
	writ_monitor_close(monitor);
}

/* A session of ann's with one role active. */
static struct writ_session *open_as(struct writ_monitor *monitor, const char *role)
{
	const struct writ_subject subject = {.user = "ann", .roles = &role, .n_roles = 1};
	struct writ_session *session = NULL;
	struct writ_error error;

	cr_assert_eq(writ_session_open(monitor, &subject, &session, &error), 0, "%s", error.text);
	return session;
}

Test(state_attacks, an_approval_does_not_go_over_to_another_role)
{
	struct writ_monitor *monitor = open_monitor(
		"tool tool { class read; arg path : string; } "
		"role plain { ask tool; } role rated { ask tool rate 1/day burst 1; } "
		"user \"ann\" : plain, rated;");
	struct writ_session *plain = open_as(monitor, "plain");
	struct writ_session *rated = open_as(monitor, "rated");
	struct writ_decision asked;
	struct writ_decision decision;
	struct writ_error error;

	cr_assert_eq(check(rated, "/srv/a", NULL, &decision), WRIT_ASK, "uses the rate up");
	cr_assert_eq(check(plain, "/srv/a", NULL, &asked), WRIT_ASK);
	cr_assert_eq(writ_request_answer(monitor, asked.request, 1, &error), 0, "%s", error.text);
	cr_expect_eq(check(rated, "/srv/a", asked.request, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NOT_APPROVED);
	cr_expect_eq(check(plain, "/srv/a", asked.request, &decision), WRIT_ALLOW, "the control");
	writ_session_close(plain);
	writ_session_close(rated);
	writ_monitor_close(monitor);
}

Test(state_attacks, without_the_question_all_of_them_pass)
{
	struct writ_monitor *monitor = open_monitor(ALLOWED);
	struct writ_session *ann = open_session(monitor, "ann");

	cr_expect_eq(check(ann, "/srv/a", NULL, NULL), WRIT_ALLOW);
	cr_expect_eq(check(ann, "/etc/shadow", NULL, NULL), WRIT_ALLOW);
	writ_session_close(ann);
	writ_monitor_close(monitor);
}

/* The file of requests, mapped as a program of the same user could. */
static char *map_requests(size_t *size)
{
	DIR *stream = opendir(state);
	struct dirent *entry;
	struct stat status;
	char path[400] = "";
	char *at;
	int fd;

	cr_assert_not_null(stream);
	while ((entry = readdir(stream))) {
		if (strncmp(entry->d_name, "requests.", 9) == 0)
			snprintf(path, sizeof(path), "%s/%s", state, entry->d_name);
	}
	closedir(stream);
	fd = open(path, O_RDWR);
	cr_assert(fd >= 0 && fstat(fd, &status) == 0, "%s", path);
	*size = (size_t)status.st_size;
	at = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(at, MAP_FAILED);
	close(fd);
	return at;
}

/* What a human is shown is what was asked, or nothing. */
Test(state_attacks, a_record_that_was_changed_is_none)
{
	struct writ_monitor *monitor = open_monitor(ASKED);
	struct writ_session *ann = open_session(monitor, "ann");
	struct writ_request_info info;
	struct writ_decision decision;
	const struct writ_arg arg = {.name = "path", .text = "/evil"};
	size_t size;
	char *bytes;
	char *shown;

	cr_assert_eq(writ_session_check(
			     ann, &(struct writ_call){.tool = "tool", .args = &arg, .n_args = 1},
			     &decision),
		     WRIT_ASK);
	bytes = map_requests(&size);
	shown = memmem(bytes, size, "/evil", 5);
	cr_assert_not_null(shown);
	memcpy(shown, "/good", 5);
	cr_expect_neq(writ_request_get(monitor, 0, &info), 0);
	cr_expect_eq(writ_request_answer(monitor, decision.request, 1, NULL), -WRIT_E_UNKNOWN);
	memcpy(shown, "/evil", 5);
	cr_expect_eq(writ_request_get(monitor, 0, &info), 0, "the control");
	cr_expect_eq(writ_request_answer(monitor, decision.request, 1, NULL), 0);
	writ_session_close(ann);
	writ_monitor_close(monitor);
	munmap(bytes, size);
}
