/*
 * A policy that is replaced when SIGHUP comes: by a good one and by no other, once for a storm of
 * signals, under calls that are being decided, and never after the end.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/writ_reload.h"
#include "runtime/writ_sign.h"
#include "support/audit.h"
#include "support/signed.h"

static const char narrow[] = "tool a { class read; }\nrole r { allow a; }\n";
static const char wide[] = "tool a { class read; }\nrole r { allow *; }\n";

/* What the thread has told, each waited for. */
struct heard {
	sem_t news;
	atomic_uint n;
	atomic_uint failed;
	_Atomic(uint32_t) generation;
	char text[512]; /* of the last failure */
};

static struct heard heard;

static void told(void *context, uint32_t generation, const struct writ_error *error)
{
	struct heard *to = context;

	atomic_store(&to->generation, generation);
	atomic_fetch_add(&to->n, 1);
	if (error) {
		(void)snprintf(to->text, sizeof(to->text), "%s", error->text);
		atomic_fetch_add(&to->failed, 1);
	}
	(void)sem_post(&to->news);
}

static void block(int number)
{
	sigset_t one;

	(void)sigemptyset(&one);
	(void)sigaddset(&one, number);
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, &one, NULL), 0);
}

static bool is_pending(int number)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, number) == 1;
}

static void setup(void)
{
	block(SIGHUP);
	signed_begin();
	(void)sem_init(&heard.news, 0, 0);
}

TestSuite(reload, .init = setup, .fini = signed_end, .timeout = 60);

static const char *put_plain(const char *text)
{
	struct test_bundle bundle = signed_bundle(1, text);

	return signed_put("p.wrt", bundle.bytes, bundle.size);
}

static const char *put_signed(uint64_t version, const char *text)
{
	struct test_bundle plain = signed_bundle(version, text), bundle = signed_with(1, &plain);

	return signed_put("p.wrt", bundle.bytes, bundle.size);
}

static struct writ_monitor *open_monitor(const char *path,
					 const struct writ_monitor_options *options)
{
	struct writ_monitor *monitor = NULL;
	struct writ_error error;

	cr_assert_eq(writ_monitor_open(path, options, &monitor, &error), 0, "%s", error.text);
	return monitor;
}

static struct writ_reloader *start_on(struct writ_monitor *monitor, int number)
{
	const struct writ_reload_options options = {number, told, &heard};
	struct writ_reloader *reloader = NULL;
	struct writ_error error;

	cr_assert_eq(writ_reload_on(monitor, &options, &reloader, &error), 0, "%s", error.text);
	return reloader;
}

static struct writ_reloader *start(struct writ_monitor *monitor)
{
	return start_on(monitor, SIGHUP);
}

/* One signal, and what it has led to. */
static void hang_up(void)
{
	cr_assert_eq(kill(getpid(), SIGHUP), 0);
	cr_assert_eq(sem_wait(&heard.news), 0);
}

static enum writ_verdict verdict_on(struct writ_monitor *monitor, const char *tool)
{
	struct writ_session *session = NULL;
	enum writ_verdict verdict;

	cr_assert_eq(writ_session_open(monitor, &(struct writ_subject){.role = "r"}, &session,
				       NULL),
		     0);
	verdict = writ_session_check(session, &(struct writ_call){.tool = tool}, NULL);
	writ_session_close(session);
	return verdict;
}

static void expect_kept(const char *words, uint32_t generation)
{
	unsigned before = atomic_load(&heard.failed);

	hang_up();
	cr_expect_eq(atomic_load(&heard.failed), before + 1, "%s", words);
	cr_expect(strstr(heard.text, words), "no '%s' in: %s", words, heard.text);
	cr_expect_eq(atomic_load(&heard.generation), generation, "%s", words);
}

Test(reload, a_good_bundle_takes_force)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE};
	struct writ_monitor *monitor = open_monitor(put_plain(narrow), &options);
	struct writ_reloader *reloader = start(monitor);

	cr_expect_eq(verdict_on(monitor, "b"), WRIT_DENY);
	put_plain(wide);
	cr_expect_eq(verdict_on(monitor, "b"), WRIT_DENY, "nobody has asked for it");
	hang_up();
	cr_expect_eq(atomic_load(&heard.failed), 0u);
	cr_expect_eq(atomic_load(&heard.generation), 2u);
	cr_expect_eq(verdict_on(monitor, "b"), WRIT_ALLOW);
	writ_reload_off(reloader);
	writ_monitor_close(monitor);
}

Test(reload, a_bad_one_does_not_and_is_recorded)
{
	const char *log = audit_setup();
	struct writ_audit *audit = audit_open(NULL);
	const struct writ_sink sink = writ_audit_sink(audit);
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE, .sink = &sink};
	const char *path = put_plain(narrow);
	struct writ_monitor *monitor = open_monitor(path, &options);
	struct writ_reloader *reloader = start(monitor);

	cr_expect_not_null(log);
	signed_put("p.wrt", "no bundle", 9);
	expect_kept("it is shorter than a header", 1);
	cr_assert_eq(unlink(path), 0);
	expect_kept("No such file or directory", 1);
	cr_expect_eq(verdict_on(monitor, "a"), WRIT_ALLOW);
	put_plain(wide);
	hang_up();
	cr_expect_eq(atomic_load(&heard.generation), 2u, "the control");
	writ_reload_off(reloader);
	writ_monitor_close(monitor);
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text("SELECT group_concat(detail || ' ' || generation || ' ' || "
				    "(error IS NOT NULL)) FROM records WHERE kind = 'reload'"),
			 "opened 1 0,not replaced 1 1,not replaced 1 1,replaced 2 0");
	audit_teardown();
}

Test(reload, with_a_key_neither_an_unsigned_bundle_nor_an_older_one_takes_force)
{
	const struct writ_trust_options trusted = {.keys.list = signed_public(1, "1.pub"),
						   .state = signed_path("state")};
	struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE,
					       .load = writ_trust_load};
	struct writ_trust *trust = NULL;
	struct writ_reloader *reloader;
	struct writ_monitor *monitor;
	struct writ_error error;

	cr_assert_eq(writ_trust_open(&trusted, &trust, &error), 0, "%s", error.text);
	options.load_context = trust;
	monitor = open_monitor(put_signed(3, narrow), &options);
	reloader = start(monitor);
	put_plain(wide);
	expect_kept("signed", 1);
	put_signed(2, wide);
	expect_kept("version 2, and version 3", 1);
	cr_expect_eq(verdict_on(monitor, "b"), WRIT_DENY);
	put_signed(4, wide);
	hang_up();
	cr_expect_eq(atomic_load(&heard.generation), 2u, "the control: %s", heard.text);
	cr_expect_eq(verdict_on(monitor, "b"), WRIT_ALLOW);
	writ_reload_off(reloader);
	writ_monitor_close(monitor);
	writ_trust_close(trust);
}

/* ---- many at once ---- */

static atomic_bool over;

static void *check_all_the_time(void *context)
{
	struct writ_session *session = NULL;
	uintptr_t wrong = 0;

	if (writ_session_open(context, &(struct writ_subject){.role = "r"}, &session, NULL))
		return (void *)1;
	while (!atomic_load(&over))
		wrong += writ_session_check(session, &(struct writ_call){.tool = "a"}, NULL) !=
			 WRIT_ALLOW;
	writ_session_close(session);
	return (void *)wrong;
}

Test(reload, a_storm_of_signals_harms_no_call)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE};
	struct writ_monitor *monitor = open_monitor(put_plain(narrow), &options);
	struct writ_reloader *reloader = start(monitor);
	pthread_t threads[4];
	void *wrong;

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, check_all_the_time, monitor), 0);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(kill(getpid(), SIGHUP), 0);
	/* What was there when the last signal came may be old: another is behind it. */
	cr_assert_eq(sem_wait(&heard.news), 0);
	put_plain(wide);
	hang_up();
	while (verdict_on(monitor, "b") != WRIT_ALLOW)
		cr_assert_eq(sem_wait(&heard.news), 0);
	atomic_store(&over, true);
	for (int i = 0; i < 4; i++) {
		(void)pthread_join(threads[i], &wrong);
		cr_expect_eq((uintptr_t)wrong, 0u);
	}
	cr_expect_eq(atomic_load(&heard.failed), 0u, "%s", heard.text);
	cr_expect_leq(atomic_load(&heard.n), 1001u);
	writ_reload_off(reloader);
	writ_monitor_close(monitor);
}

/* A load that lasts until the test lets it go on. */
struct slow {
	sem_t begun;
	sem_t go_on;
	atomic_int loads;
};

static int load_slowly(void *context, const char *path, const struct writ_options *options,
		       struct writ_policy **out, struct writ_error *error)
{
	struct slow *slow = context;

	if (atomic_fetch_add(&slow->loads, 1)) {
		(void)sem_post(&slow->begun);
		(void)sem_wait(&slow->go_on);
	}
	return writ_open(path, options, out, error);
}

static void *end(void *reloader)
{
	writ_reload_off(reloader);
	return NULL;
}

/* Of a signal that queues, which are as many as were sent. */
Test(reload, signals_during_a_reload_are_one_and_the_end_waits_for_it)
{
	const int number = SIGRTMIN;
	const struct timespec past = {.tv_sec = 0};
	struct slow slow = {.loads = 0};
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE,
						     .load = load_slowly,
						     .load_context = &slow};
	struct writ_reloader *reloader;
	struct writ_monitor *monitor;
	pthread_t thread;

	(void)sem_init(&slow.begun, 0, 0);
	(void)sem_init(&slow.go_on, 0, 0);
	monitor = open_monitor(put_plain(narrow), &options);
	block(number);
	reloader = start_on(monitor, number);
	cr_assert_eq(kill(getpid(), number), 0);
	(void)sem_wait(&slow.begun);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(kill(getpid(), number), 0);
	cr_expect(is_pending(number));
	(void)sem_post(&slow.go_on);
	(void)sem_wait(&slow.begun); /* the second reload goes on, of all that came meanwhile */
	cr_expect_not(is_pending(number));
	cr_assert_eq(pthread_create(&thread, NULL, end, reloader), 0);
	(void)usleep(20000);
	cr_expect_eq(pthread_timedjoin_np(thread, NULL, &past), ETIMEDOUT);
	(void)sem_post(&slow.go_on);
	(void)pthread_join(thread, NULL);
	cr_expect_eq(atomic_load(&slow.loads), 3);
	cr_expect_eq(writ_monitor_generation(monitor), 3u, "the last one was not broken off");
	cr_expect_eq(kill(getpid(), number), 0);
	cr_expect_eq(atomic_load(&slow.loads), 3);
	cr_expect(is_pending(number));
	writ_monitor_close(monitor);
}

/* ---- the thread and the program ---- */

Test(reload, the_programs_signals_are_for_its_own_threads)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE};
	struct writ_monitor *monitor = open_monitor(put_plain(narrow), &options);
	struct writ_reloader *reloader = start(monitor);

	/* Whoever does not block it is ended by it. */
	block(SIGUSR1);
	cr_assert_eq(kill(getpid(), SIGUSR1), 0);
	cr_expect(is_pending(SIGUSR1));
	writ_reload_off(reloader);
	writ_monitor_close(monitor);
}

/* Of the descriptors that are open the signalfd, or -1. */
static int find_signalfd(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		char path[32];
		char what[32] = "";

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, what, sizeof(what) - 1) > 0 && strstr(what, "[signalfd]"))
			return fd;
	}
	return -1;
}

static nlink_t count_threads(void)
{
	struct stat status;

	cr_assert_eq(stat("/proc/self/task", &status), 0);
	return status.st_nlink;
}

Test(reload, a_descriptor_that_the_program_closed_ends_the_thread)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE};
	struct writ_monitor *monitor = open_monitor(put_plain(narrow), &options);
	nlink_t before = count_threads();
	struct writ_reloader *reloader = start(monitor);

	hang_up();
	cr_expect_gt(count_threads(), before);
	cr_assert_eq(close(find_signalfd()), 0);
	cr_assert_eq(kill(getpid(), SIGHUP), 0);
	while (count_threads() > before)
		(void)usleep(1000);
	cr_expect_eq(atomic_load(&heard.n), 1u);
	writ_reload_off(reloader);
	writ_monitor_close(monitor);
}

/* ---- bad input ---- */

static void expect_refused(struct writ_monitor *monitor, int number, const char *words)
{
	const struct writ_reload_options options = {.signal = number};
	struct writ_reloader *reloader = NULL;
	struct writ_error error = {.text = ""};

	cr_expect_eq(writ_reload_on(monitor, &options, &reloader, &error), -WRIT_E_INVALID, "%d",
		     number);
	cr_expect(strstr(error.text, words), "%d: %s", number, error.text);
	cr_expect_null(reloader);
}

Test(reload, a_signal_that_would_end_the_process_is_refused)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE};
	struct writ_monitor *monitor = open_monitor(put_plain(narrow), &options);

	expect_refused(monitor, SIGUSR1, "signal 10 is not blocked");
	expect_refused(monitor, SIGKILL, "signal 9 is not blocked");
	expect_refused(monitor, 0, "there is no signal 0");
	expect_refused(monitor, -1, "there is no signal -1");
	expect_refused(monitor, 1000, "there is no signal 1000");
	expect_refused(NULL, SIGHUP, "must be given");
	writ_reload_off(start(monitor));
	writ_reload_off(NULL);
	writ_monitor_close(monitor);
}
