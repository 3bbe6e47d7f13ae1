#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "ir/ir.h"
#include "support/bundle_maker.h"
#include "support/policy.h"

static const char text[] =
	"tool read_file { class read; sandbox s; }\n"
	"tool git_* { class write; sandbox s; }\n"
	"sandbox s { }\n"
	"role guest { allow read_file; }\n"
	"role developer extends guest { allow write_file, git_*; deny git_push; }\n"
	"role admin extends developer { allow *; deny *_secret; }\n"
	"role nobody { }\n"
	"user \"alice\" : admin;\n"
	"user \"bob\" : guest, developer;\n";

static struct writ_decision decide(const struct writ_policy *policy, const char *role,
				   const char *tool)
{
	struct writ_decision decision;
	enum writ_verdict verdict =
		writ_check(policy, &(struct writ_request){.role = role, .tool = tool}, &decision);

	cr_assert_eq(verdict, decision.verdict);
	return decision;
}

Test(check, verdicts_and_reasons)
{
	static const struct {
		const char *role;
		const char *tool;
		enum writ_verdict verdict;
		enum writ_reason reason;
	} rows[] = {
		{"guest", "read_file", WRIT_ALLOW, WRIT_BY_RULE},
		{"guest", "write_file", WRIT_DENY, WRIT_NO_RULE},
		{"guest", "never_heard_of", WRIT_DENY, WRIT_NO_RULE},
		{"developer", "read_file", WRIT_ALLOW, WRIT_BY_RULE},
		{"developer", "git_log", WRIT_ALLOW, WRIT_BY_RULE},
		{"developer", "git_", WRIT_ALLOW, WRIT_BY_RULE},
		{"developer", "git_push", WRIT_DENY, WRIT_BY_RULE},
		{"developer", "Git_log", WRIT_DENY, WRIT_NO_RULE},
		{"admin", "anything.at-all", WRIT_ALLOW, WRIT_BY_RULE},
		{"admin", "git_push", WRIT_DENY, WRIT_BY_RULE},
		{"admin", "read_secret", WRIT_DENY, WRIT_BY_RULE},
		{"nobody", "read_file", WRIT_DENY, WRIT_NO_RULE},
		{"nosuch", "read_file", WRIT_DENY, WRIT_UNKNOWN_SUBJECT},
		{"Guest", "read_file", WRIT_DENY, WRIT_UNKNOWN_SUBJECT},
		{"", "read_file", WRIT_DENY, WRIT_UNKNOWN_SUBJECT},
		{"alice", "read_file", WRIT_DENY, WRIT_UNKNOWN_SUBJECT},
		{"admin", "", WRIT_DENY, WRIT_BAD_TOOL_NAME},
		{"admin", "a b", WRIT_DENY, WRIT_BAD_TOOL_NAME},
		{"admin", "a\n", WRIT_DENY, WRIT_BAD_TOOL_NAME},
		{"admin", "caf\xc3\xa9", WRIT_DENY, WRIT_BAD_TOOL_NAME},
		{"admin", "*", WRIT_DENY, WRIT_BAD_TOOL_NAME},
	};
	struct writ_policy *policy = bundle_open(text, NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writ_decision decision = decide(policy, rows[i].role, rows[i].tool);

		cr_expect_eq(decision.verdict, rows[i].verdict, "%s %s", rows[i].role,
			     rows[i].tool);
		cr_expect_eq(decision.reason, rows[i].reason, "%s %s: reason %d", rows[i].role,
			     rows[i].tool, decision.reason);
		cr_expect_eq(decision.rule == WRIT_NO_ID, decision.reason != WRIT_BY_RULE);
	}
	writ_close(policy);
}

Test(check, users_have_their_roles)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	struct writ_request request = {.user = "alice", .tool = "whatever"};

	cr_expect_eq(writ_check(policy, &request, NULL), WRIT_ALLOW);
	request.user = "bob";
	cr_expect_eq(writ_check(policy, &request, NULL), WRIT_DENY);
	request.tool = "git_log";
	cr_expect_eq(writ_check(policy, &request, NULL), WRIT_ALLOW);
	request.user = "admin";
	cr_expect_eq(writ_check(policy, &request, NULL), WRIT_DENY);
	writ_close(policy);
}

Test(check, a_request_names_one_subject_and_a_tool)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	struct writ_decision decision;
	const struct writ_request requests[] = {
		{.tool = "read_file"},
		{.role = "admin", .user = "alice", .tool = "read_file"},
		{.role = "admin"},
	};

	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(writ_check(policy, &requests[i], &decision), WRIT_DENY);
		cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	}
	writ_close(policy);
}

Test(check, a_length_makes_nul_a_byte_as_any_other)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	struct writ_request request = {.role = "admin\0x", .role_len = 7, .tool = "read_file"};
	struct writ_decision decision;

	cr_expect_eq(writ_check(policy, &request, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_UNKNOWN_SUBJECT);
	request = (struct writ_request){.role = "admin",
					.role_len = 5,
					.tool = "read_file\0",
					.tool_len = 10};
	cr_expect_eq(writ_check(policy, &request, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_TOOL_NAME);
	request.tool_len = 9;
	cr_expect_eq(writ_check(policy, &request, &decision), WRIT_ALLOW);
	writ_close(policy);
}

Test(check, a_tool_name_has_a_longest_length)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	char name[300];

	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	cr_expect_eq(decide(policy, "admin", name).verdict, WRIT_ALLOW);
	name[255] = 'a';
	name[256] = '\0';
	cr_expect_eq(decide(policy, "admin", name).reason, WRIT_BAD_TOOL_NAME);
	writ_close(policy);
}

Test(check, the_rule_that_decided_is_told)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	struct writ_rule rule;

	cr_assert_eq(writ_rule(policy, decide(policy, "admin", "git_push").rule, &rule), 0);
	cr_expect_eq(rule.verdict, WRIT_DENY);
	cr_expect_str_eq(rule.role, "developer");
	cr_expect_str_eq(rule.pattern, "git_push");
	cr_expect_str_eq(rule.file, "test.writ");
	cr_expect_eq(rule.line, 6u);
	cr_expect_eq(writ_rule(policy, 10000, &rule), -WRIT_E_INVALID);
	cr_expect_eq(writ_rule(policy, WRIT_NO_ID, &rule), -WRIT_E_INVALID);
	writ_close(policy);
}

Test(check, tools_have_their_sandbox)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	uint32_t box = writ_sandbox_id(policy, "s", 1);

	cr_assert_neq(box, WRIT_NO_ID);
	cr_expect_str_eq(writ_sandbox_name(policy, box), "s");
	cr_expect_null(writ_sandbox_name(policy, box + 1));
	cr_expect_eq(decide(policy, "admin", "read_file").sandbox, box);
	cr_expect_eq(decide(policy, "admin", "git_seen_at_run_time").sandbox, box);
	cr_expect_eq(decide(policy, "admin", "write_file").sandbox, WRIT_NO_ID);
	cr_expect_eq(writ_sandbox_id(policy, "nosuch", 6), WRIT_NO_ID);
	cr_expect_eq(writ_sandbox_id(policy, "s", 0), box);
	cr_expect_eq(writ_sandbox_id(policy, NULL, 0), WRIT_NO_ID);
	writ_close(policy);
}

Test(check, ids_decide_as_names_do)
{
	static const char *const roles[] = {"guest", "developer", "admin", "nobody", "nosuch"};
	static const char *const tools[] = {"read_file", "git_push", "git_x",
					    "zzz",       "a_secret", "a b"};
	struct writ_policy *policy = bundle_open(text, NULL);

	for (size_t i = 0; i < 30; i++) {
		const char *role = roles[i % 5];
		const char *tool = tools[i / 5];
		uint32_t subject = writ_subject_open(policy, WRIT_ROLE, role, strlen(role));
		uint32_t id = writ_tool_id(policy, tool, strlen(tool));

		cr_expect_eq(writ_check_id(policy, subject, id, NULL),
			     decide(policy, role, tool).verdict, "%s %s", role, tool);
	}
	cr_expect_eq(writ_check_id(policy, WRIT_NO_ID, 0, NULL), WRIT_DENY);
	cr_expect_eq(writ_check_id(policy, 0, WRIT_NO_ID, NULL), WRIT_DENY);
	cr_expect_eq(writ_check_id(policy, 1u << 30, 1u << 30, NULL), WRIT_DENY);
	writ_close(policy);
}

/* "x" is a role that is denied and a user who is an admin; its names are kept apart. */
Test(check, subjects_are_opened_by_kind_and_name)
{
	struct writ_policy *policy = bundle_open("role x { deny a; }\nrole y { allow a; }\n"
						 "user \"x\" : y;\n",
						 NULL);
	uint32_t tool = writ_tool_id(policy, "a", 0);
	uint32_t role = writ_subject_open(policy, WRIT_ROLE, "x", 0);
	uint32_t user = writ_subject_open(policy, WRIT_USER, "x", 0);
	struct writ_decision decision;

	cr_expect_eq(writ_check_id(policy, role, tool, NULL), WRIT_DENY);
	cr_expect_eq(writ_check_id(policy, user, tool, NULL), WRIT_ALLOW);
	cr_expect_eq(writ_subject_open(policy, WRIT_ROLE, "y", 1),
		     writ_subject_open(policy, WRIT_ROLE, "yes", 1));
	cr_expect_eq(writ_subject_open(policy, WRIT_USER, "y", 0), WRIT_NO_ID);
	cr_expect_eq(writ_subject_open(policy, WRIT_USER, "", 0), WRIT_NO_ID);
	cr_expect_eq(writ_subject_open(policy, WRIT_ROLE, "x", 2), WRIT_NO_ID);
	cr_expect_eq(writ_subject_open(policy, WRIT_ROLE, NULL, 0), WRIT_NO_ID);
	cr_expect_eq(writ_subject_open(policy, (enum writ_subject_kind)0, "x", 0), WRIT_NO_ID);
	cr_expect_eq(writ_subject_open(policy, (enum writ_subject_kind)3, "x", 0), WRIT_NO_ID);
	cr_expect_eq(writ_check_id(policy, WRIT_NO_ID, tool, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_UNKNOWN_SUBJECT);
	writ_close(policy);
}

Test(check, tools_first_seen_at_run_time_have_ids)
{
	struct writ_policy *policy = bundle_open("role r { allow git_*; allow git_push; }\n", NULL);
	uint32_t subject = writ_subject_open(policy, WRIT_ROLE, "r", 0);
	uint32_t seen = writ_tool_id(policy, "git_first_seen_now", 0);

	cr_expect_eq(writ_check_id(policy, subject, seen, NULL), WRIT_ALLOW);
	cr_expect_eq(writ_tool_id(policy, "git_another", 0), seen);
	cr_expect_neq(writ_tool_id(policy, "git_push", 0), seen);
	cr_expect_eq(writ_tool_id(policy, "git_pushed", 8), writ_tool_id(policy, "git_push", 0));
	cr_expect_eq(writ_tool_id(policy, "svn_up", 0), WRIT_NO_ID);
	cr_expect_eq(writ_tool_id(policy, "git_ x", 0), WRIT_NO_ID);
	cr_expect_eq(writ_tool_id(policy, "", 0), WRIT_NO_ID);
	cr_expect_eq(writ_tool_id(policy, NULL, 0), WRIT_NO_ID);
	writ_close(policy);
}

/* Names of every length, found among names that differ in one byte somewhere. */
Test(check, names_differ_in_any_byte)
{
	char name[64], source[32768] = "role r { allow a";
	struct writ_policy *policy;
	uint32_t subject;

	memset(name, 'n', sizeof(name));
	for (int len = 1; len <= 40; len++)
		sprintf(source + strlen(source), ", %.*s", len, name);
	strcat(source, "; }\n");
	policy = bundle_open(source, NULL);
	subject = writ_subject_open(policy, WRIT_ROLE, "r", 0);
	for (size_t len = 1; len <= 40; len++) {
		uint32_t id = writ_tool_id(policy, name, len);

		cr_expect_eq(writ_check_id(policy, subject, id, NULL), WRIT_ALLOW, "%zu", len);
		for (size_t at = 0; at < len; at++) {
			name[at] = 'N';
			cr_expect_eq(writ_tool_id(policy, name, len), WRIT_NO_ID, "%zu %zu", len,
				     at);
			name[at] = 'n';
		}
	}
	cr_expect_eq(writ_tool_id(policy, name, 41), WRIT_NO_ID);
	writ_close(policy);
}

/* Against the reference meaning, for every role and many names around the patterns. */
Test(check, agrees_with_the_reference)
{
	static const char *const pieces[] = {"git",  "_",      "push",  "read",
					     "file", "secret", "write", "x"};
	const struct ir_policy *ir = policy_ir(text);
	struct writ_policy *policy = bundle_open(text, NULL);
	char name[64];

	for (uint32_t seed = 0; seed < 512; seed++) {
		snprintf(name, sizeof(name), "%s%s%s", pieces[seed & 7], pieces[seed >> 3 & 7],
			 pieces[seed >> 6 & 7]);
		for (uint32_t role = 0; role < ir->roles.n; role++) {
			struct str role_name = ir->roles.items[role].name;
			struct writ_request request = {.role = role_name.ptr,
						       .role_len = role_name.len,
						       .tool = name};
			uint32_t rule;
			struct writ_decision decision;
			enum writ_verdict_id want = ir_decide(ir, &role, 1, str_from(name), &rule);

			(void)!writ_check(policy, &request, &decision);
			cr_expect_eq((int)decision.verdict, (int)want, "%.*s %s",
				     STR_ARG(role_name), name);
			cr_expect_eq(decision.rule, rule == IR_NONE ? WRIT_NO_ID : rule, "%.*s %s",
				     STR_ARG(role_name), name);
		}
	}
	writ_close(policy);
}
