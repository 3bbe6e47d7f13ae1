/*
 * The audit declaration: what it means, in both syntaxes, in a bundle, alone and with a monitor.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ir/ir_diff.h"
#include "support/bundle_maker.h"
#include "support/monitor_maker.h"
#include "support/policy.h"

#define REST "tool a { class read; }\nrole r { allow a; }\n"

static const struct row {
	const char *text;
	int required;
	enum writ_audit_full full;
} rows[] = {
	{REST, 0, WRIT_AUDIT_BLOCK},
	{"audit { }\n" REST, 0, WRIT_AUDIT_BLOCK},
	{"audit { full block; }\n" REST, 0, WRIT_AUDIT_BLOCK},
	{"audit { full deny; }\n" REST, 0, WRIT_AUDIT_DENY},
	{"audit { full drop; }\n" REST, 0, WRIT_AUDIT_DROP},
	{"audit { required; }\n" REST, 1, WRIT_AUDIT_BLOCK},
	{"audit { required; full block; }\n" REST, 1, WRIT_AUDIT_BLOCK},
	{"audit { full deny; required; }\n" REST, 1, WRIT_AUDIT_DENY},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

Test(audit_terms, a_bundle_says_what_its_source_says)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		struct test_bundle bundle = bundle_make(rows[i].text);
		struct writ_audit_terms terms;
		struct writ_policy *policy;

		cr_assert_eq(bundle_examine(&bundle, NULL, &policy, NULL), 0);
		writ_policy_audit(policy, &terms);
		cr_expect_eq(terms.required, rows[i].required, "%s", rows[i].text);
		cr_expect_eq(terms.full, rows[i].full, "%s", rows[i].text);
		writ_close(policy);
	}
}

Test(audit_terms, what_is_required_takes_a_monitor_with_a_log)
{
	struct test_bundle bundle = bundle_make("audit { required; }\n" REST);
	struct writ_error error = {.text = ""};
	struct test_monitor *test;
	struct writ_session *session;

	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_MONITOR);
	cr_expect_not_null(strstr(error.text, "audit required"), "%s", error.text);
	test = monitor_make("audit { required; }\n" REST);
	session = monitor_role(test, "r");
	cr_expect_eq(monitor_check(session, "a", NULL), WRIT_ALLOW);
	test->record_rc = -1;
	cr_expect_eq(monitor_check(session, "a", NULL), WRIT_DENY);
	writ_session_close(session);
	monitor_free(test);
}

static int load(void *context, const char *path, const struct writ_options *options,
		struct writ_policy **out, struct writ_error *error)
{
	const struct test_bundle *bundle = context;

	(void)path;
	return writ_open_memory(bundle->bytes, bundle->size, options, out, error);
}

Test(audit_terms, a_monitor_without_a_log_is_none)
{
	struct test_bundle bundle = bundle_make("audit { required; }\n" REST);
	struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE,
					       .load = load,
					       .load_context = &bundle};
	struct writ_monitor *monitor = NULL;
	struct writ_error error = {.text = ""};

	cr_expect_eq(writ_monitor_open(NULL, &options, &monitor, &error), -WRIT_E_MONITOR);
	cr_expect_not_null(strstr(error.text, "there is no audit log"), "%s", error.text);
	bundle = bundle_make("audit { full deny; }\n" REST);
	cr_expect_eq(writ_monitor_open(NULL, &options, &monitor, &error), 0, "%s", error.text);
	writ_monitor_close(monitor);
}

Test(audit_terms, a_record_that_is_waited_for_is_not_dropped)
{
	policy_expect_error("audit { required; full drop; }\n" REST, DIAG_E0227);
	policy_expect_error("audit { full drop; required; }\n" REST, DIAG_E0227);
}

Test(audit_terms, each_thing_is_said_once)
{
	policy_expect_error("audit { required; required; }\n" REST, DIAG_E0109);
	policy_expect_error("audit { full deny; full deny; }\n" REST, DIAG_E0109);
	policy_expect_error("audit { required; }\naudit { required; }\n" REST, DIAG_E0101);
	policy_expect_error("audit { full wait; }\n" REST, DIAG_E0016);
}

Test(audit_terms, its_words_are_names_elsewhere)
{
	static const char text[] =
		"param audit : int = 1;\ntool audit { class read; arg full : int; }\n"
		"sandbox full { }\n"
		"role audit { allow audit where full == 1 using full; }\n"
		"role full { allow drop, block; }\nuser \"audit\" : audit;\n";
	struct compilation *compilation = policy_check(text);

	cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
}

/* What the change of one policy into another is called, and how often it widens. */
static size_t widened(const char *old, const char *new)
{
	struct compilation *compilations[] = {policy_check(old), policy_check(new)};
	struct ir_diff diff;

	ir_diff(&compilations[0]->arena, compilations[0]->ir, compilations[1]->ir, &diff);
	return diff.counts[IR_DIFF_WIDENED] * 10 + diff.counts[IR_DIFF_NARROWED];
}

Test(audit_terms, to_demand_less_widens)
{
	cr_expect_eq(widened("audit { required; }\n" REST, REST), 10);
	cr_expect_eq(widened(REST, "audit { required; }\n" REST), 1);
	cr_expect_eq(widened(REST, "audit { full drop; }\n" REST), 10);
	cr_expect_eq(widened("audit { full drop; }\n" REST, "audit { required; }\n" REST), 2);
	cr_expect_eq(widened("audit { full deny; }\n" REST, "audit { full block; }\n" REST), 0);
}
