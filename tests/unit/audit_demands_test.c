/*
 * What a policy demands of the log that its calls are recorded in: the stricter of that and of what
 * the program asked for holds, from the policy's first event on.
 */
#include <criterion/criterion.h>

#include <time.h>

#include "runtime/audit/log.h"
#include "support/audit.h"
#include "support/bundle_maker.h"

#define REST "tool a { class read; }\nrole r { allow a; }\n"

static const char *path;
static sqlite3 *blocker;

static void setup(void)
{
	path = audit_setup();
}

TestSuite(audit_demands, .init = setup, .fini = audit_teardown, .timeout = 60);

static struct writ_policy *examine(const char *text)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_policy *policy = NULL;

	cr_assert_eq(bundle_examine(&bundle, NULL, &policy, NULL), 0);
	return policy;
}

static int record(struct writ_audit *audit, const struct writ_policy *policy, uint32_t generation,
		  enum writ_event_kind kind)
{
	struct writ_sink sink = writ_audit_sink(audit);
	const struct writ_event event = {
		.kind = kind,
		.verdict = WRIT_ALLOW,
		.rule = WRIT_NO_ID,
		.tool = "a",
		.policy = policy,
		.generation = generation,
	};

	return sink.record(sink.context, &event);
}

/* Nothing can be written until unblock(). */
static void block(void)
{
	cr_assert_eq(sqlite3_open(path, &blocker), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(blocker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void unblock(void)
{
	cr_assert_eq(sqlite3_exec(blocker, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_close(blocker), SQLITE_OK);
}

static struct writ_audit_status status_of(struct writ_audit *audit)
{
	struct writ_audit_status status;

	writ_audit_status(audit, &status);
	return status;
}

Test(audit_demands, what_a_policy_requires_is_waited_for)
{
	const struct writ_audit_options options = {.block_ms = 200};
	struct writ_policy *lax = examine(REST);
	struct writ_policy *strict = examine("audit { required; }\n" REST);
	struct writ_audit *audit = audit_open(&options);

	cr_expect_eq(record(audit, strict, 1, WRIT_EVENT_DECISION), 0);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE kind = 'decision'"), 1);
	cr_expect(audit->writer.chain.synchronous);
	block();
	cr_expect_eq(record(audit, lax, 2, WRIT_EVENT_DECISION), 0);
	cr_expect_neq(record(audit, strict, 3, WRIT_EVENT_RELOAD), 0);
	cr_expect_neq(record(audit, strict, 3, WRIT_EVENT_DECISION), 0);
	cr_expect_eq(record(audit, lax, 4, WRIT_EVENT_DECISION), 0);
	unblock();
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE reason = 'not_recorded'"), 1);
	cr_expect_str_empty(audit_verify());
	writ_close(strict);
	writ_close(lax);
}

Test(audit_demands, without_it_power_may_take_the_last)
{
	struct writ_policy *lax = examine(REST);
	struct writ_audit *audit = audit_open(NULL);
	struct writ_error error;

	cr_expect_eq(record(audit, lax, 1, WRIT_EVENT_DECISION), 0);
	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
	cr_expect_not(audit->writer.chain.synchronous);
	writ_audit_close(audit);
	writ_close(lax);
}

/* Of a ring that is full: what becomes of the call, and how long it took to say so. */
static const struct row {
	const char *policy;
	enum writ_audit_full full;
	bool is_denied;
	bool has_waited;
} rows[] = {
	{REST, WRIT_AUDIT_BLOCK, true, true},
	{REST, WRIT_AUDIT_DENY, true, false},
	{REST, WRIT_AUDIT_DROP, true, true},
	{"audit { full deny; }\n" REST, WRIT_AUDIT_BLOCK, true, false},
	{"audit { full deny; }\n" REST, WRIT_AUDIT_DROP, true, false},
	{"audit { full block; }\n" REST, WRIT_AUDIT_DENY, true, false},
	{"audit { full drop; }\n" REST, WRIT_AUDIT_BLOCK, true, true},
	{"audit { full drop; }\n" REST, WRIT_AUDIT_DENY, true, false},
	{"audit { full drop; }\n" REST, WRIT_AUDIT_DROP, false, false},
};

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* The ring of a log that can't be written, filled by events of no policy: there drop does not wait.
 */
static void try_row(const struct row *row)
{
	const struct writ_audit_options options = {.full = row->full,
						   .block_ms = 150,
						   .ring_bytes = WRIT_AUDIT_MIN_RING};
	struct writ_policy *policy = examine(row->policy);
	struct writ_audit *audit = audit_open(&options);
	uint64_t before;
	int rc;

	block();
	while (!status_of(audit).refused && !status_of(audit).dropped)
		(void)record(audit, NULL, 0, WRIT_EVENT_DECISION);
	before = now_ms();
	rc = record(audit, policy, 1, WRIT_EVENT_DECISION);
	cr_expect_eq(rc != 0, row->is_denied, "%s, %d", row->policy, (int)row->full);
	cr_expect_eq(now_ms() - before >= 100, row->has_waited, "%s, %d", row->policy,
		     (int)row->full);
	unblock();
	writ_audit_close(audit);
	cr_expect_str_empty(audit_verify());
	writ_close(policy);
}

Test(audit_demands, the_stricter_holds_when_the_ring_is_full)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);
}

Test(audit_demands, what_is_required_is_not_left_out)
{
	const struct writ_audit_options both = {.required = 1, .full = WRIT_AUDIT_DROP};
	const struct writ_audit_options unknown = {.full = (enum writ_audit_full)3};
	struct writ_audit *audit = NULL;
	struct writ_error error;

	cr_expect_eq(writ_audit_open(path, &both, &audit, &error), -WRIT_E_INVALID);
	cr_expect_eq(writ_audit_open(path, &unknown, &audit, &error), -WRIT_E_INVALID);
}
