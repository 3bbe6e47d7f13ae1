/*
 * Monitors for tests: of a policy in memory, with state of their own and the events kept.
 */
#ifndef WRIT_TESTS_MONITOR_MAKER_H
#define WRIT_TESTS_MONITOR_MAKER_H

#include "runtime/writ_monitor.h"
#include "support/bundle_maker.h"

#define EVENTS_KEPT 256

/* Strings are copies, cut off; "" for NULL. */
struct test_event {
	enum writ_event_kind kind;
	enum writ_verdict verdict;
	enum writ_reason reason;
	uint32_t rule;
	uint32_t generation;
	uint64_t session;
	size_t n_args;
	char user[64];
	char role[64];
	char tool[64];
	char sandbox[64];
	char detail[128];
	char error[256];
};

struct test_monitor {
	struct writ_monitor *monitor;
	struct test_bundle bundle; /* that a reload reads */
	int load_rc;               /* not 0: it can't be read */
	int record_rc;             /* not 0: nothing can be recorded */
	void (*meanwhile)(void);   /* what others do while an answer is recorded; or NULL */
	size_t n_events;
	struct test_event events[EVENTS_KEPT];
};

/* Opens a monitor of a policy's text, which must work. */
struct test_monitor *monitor_make(const char *text);

/* The result of writ_monitor_open, of a test_monitor whose bundle is set. */
int monitor_try(struct test_monitor *test, struct writ_error *error);

/* Replaces the policy by one of another text. */
int monitor_replace(struct test_monitor *test, const char *text, struct writ_error *error);

/* A session of a user with all its roles, or of a role; it must open. */
struct writ_session *monitor_user(struct test_monitor *test, const char *user);
struct writ_session *monitor_role(struct test_monitor *test, const char *role);

/* The result of writ_session_open, of a session that is closed at once. */
int monitor_try_session(struct test_monitor *test, const struct writ_subject *subject,
			struct writ_error *error);

/* The last event; there must be one. */
const struct test_event *monitor_event(const struct test_monitor *test);

/* The verdict on a call without arguments. */
enum writ_verdict monitor_check(struct writ_session *session, const char *tool,
				struct writ_decision *decision);

void monitor_free(struct test_monitor *test);

/* The same, after its last sessions; NULL is none. */
void monitor_end(struct test_monitor *test, struct writ_session *one, struct writ_session *other);

#endif
