#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/conditions.h"
#include "support/bundle_maker.h"
#include "support/ir_maker.h"
#include "support/policy.h"

static const char text[] =
	"param workspace : path;\n"
	"param api : host = \"api.example.com\";\n"
	"set web : hosts { \"${api}:443\", \"10.0.0.0/8:8000-8100\" };\n"
	"sandbox quick { limits { wall 1s; } }\n"
	"sandbox slow { limits { wall 2s; } }\n"
	"tool write_file { sandbox slow; arg path : path; arg content : string; }\n"
	"tool http_get { arg url : url; arg tries : int; arg follow : bool; }\n"
	"tool git_* { sandbox slow; arg remote : string; arg path : path; }\n"
	"role r {\n"
	"  allow write_file where path under \"${workspace}/src\" using quick;\n"
	"  ask   write_file where path under \"${workspace}\";\n"
	"  deny  write_file where path matches \"/**/.env\" or content matches \"*secret*\";\n"
	"  allow http_get where url in web and tries < 3 and not follow == true;\n"
	"  allow git_*;\n"
	"  deny  git_push where remote != \"origin\";\n"
	"  allow tail where not (path present);\n"
	"  deny  only_denied where n > 5;\n"
	"}\n"
	"role all extends r { allow *; }\n"
	"user \"u\" : r, all;\n";

static struct writ_policy *open_text(void)
{
	return bundle_open(text, "workspace=/w");
}

#define ARG(n, v)                                                                                  \
	{                                                                                          \
		.name = (n), .text = (v)                                                           \
	}
#define INTEGER(n, v)                                                                              \
	{                                                                                          \
		.name = (n), .type = WRIT_ARG_INTEGER, .number = (v)                               \
	}
#define BOOLEAN(n, v)                                                                              \
	{                                                                                          \
		.name = (n), .type = WRIT_ARG_BOOLEAN, .number = (v)                               \
	}
#define CALL(policy, role, tool, decision, ...)                                                    \
	call((policy), (role), (tool), (decision), (const struct writ_arg[]){__VA_ARGS__},         \
	     sizeof((const struct writ_arg[]){__VA_ARGS__}) / sizeof(struct writ_arg))

static enum writ_verdict call(const struct writ_policy *policy, const char *role, const char *tool,
			      struct writ_decision *decision, const struct writ_arg *args, size_t n)
{
	const struct writ_request request = {.role = role, .tool = tool, .args = args, .n_args = n};
	struct writ_decision by_name, by_id;
	enum writ_verdict verdict = writ_check(policy, &request, &by_name);

	cr_expect_eq(writ_check_call(policy, writ_subject_open(policy, WRIT_ROLE, role, 0),
				     writ_tool_id(policy, tool, 0), args, n, &by_id),
		     verdict);
	cr_expect_eq(writ_check(policy, &request, NULL), verdict);
	cr_expect_eq(by_id.rule, by_name.rule);
	cr_expect_eq(by_id.sandbox, by_name.sandbox);
	cr_expect_eq(by_id.reason, by_name.reason);
	cr_expect_eq(by_id.verdict, verdict);
	if (decision)
		*decision = by_name;
	return verdict;
}

/* The condition of the rule behind a decision. */
static const char *condition_of(const struct writ_policy *policy,
				const struct writ_decision *decision)
{
	struct writ_rule rule;

	cr_assert_eq(writ_rule(policy, decision->rule, &rule), 0);
	return rule.condition;
}

Test(conditions, the_first_rule_whose_condition_holds_decides)
{
	struct writ_policy *policy = open_text();
	struct writ_decision decision;

	cr_expect_eq(CALL(policy, "r", "write_file", &decision, ARG("path", "/w/src/a"),
			  ARG("content", "x")),
		     WRIT_ASK);
	cr_expect_str_eq(condition_of(policy, &decision), "path under \"${workspace}\"");
	cr_expect_eq(CALL(policy, "r", "write_file", &decision, ARG("path", "/w/.env"),
			  ARG("content", "x")),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BY_RULE);
	cr_expect_eq(CALL(policy, "r", "write_file", &decision, ARG("path", "/etc/x"),
			  ARG("content", "x")),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_CONDITION);
	cr_expect_str_eq(condition_of(policy, &decision), "path under \"${workspace}\"");
	writ_close(policy);
}

Test(conditions, a_missing_argument_never_widens)
{
	struct writ_policy *policy = open_text();
	struct writ_decision decision;

	/* The deny rule names content, which is not given: it holds. */
	cr_expect_eq(CALL(policy, "r", "write_file", &decision, ARG("path", "/w/src/a")),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BY_RULE);
	cr_expect_eq(call(policy, "r", "git_push", NULL, NULL, 0), WRIT_DENY);
	cr_expect_eq(call(policy, "all", "git_push", NULL, NULL, 0), WRIT_DENY);
	cr_expect_eq(CALL(policy, "all", "git_push", NULL, ARG("remote", "origin")), WRIT_ALLOW);
	cr_expect_eq(CALL(policy, "all", "git_push", NULL, ARG("remote", "evil")), WRIT_DENY);
	cr_expect_eq(CALL(policy, "all", "git_push", NULL, ARG("Remote", "origin")), WRIT_DENY);
	cr_expect_eq(call(policy, "r", "tail", NULL, NULL, 0), WRIT_ALLOW);
	cr_expect_eq(CALL(policy, "r", "tail", NULL, ARG("path", "")), WRIT_DENY);
	writ_close(policy);
}

Test(conditions, a_call_that_gives_an_argument_twice_is_denied)
{
	struct writ_policy *policy = open_text();
	struct writ_decision decision;

	cr_expect_eq(CALL(policy, "all", "git_push", NULL, ARG("remote", "origin"),
			  ARG("remote", "origin")),
		     WRIT_DENY);
	cr_expect_eq(CALL(policy, "r", "tail", NULL, ARG("path", "x"), ARG("path", "x")),
		     WRIT_DENY);
	/* Also where no condition looks at it, and where one is missed: "ask" would be passed. */
	cr_expect_eq(CALL(policy, "r", "git_log", &decision, ARG("x", "1"), ARG("y", ""),
			  {.name = "xx", .name_len = 1, .text = "2"}),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	cr_expect_eq(CALL(policy, "all", "write_file", &decision, ARG("content", ""),
			  ARG("path", "/w/a"), ARG("path", "/w/a")),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	cr_expect_eq(CALL(policy, "r", "git_log", NULL, ARG("x", "1"), ARG("X", "1"),
			  ARG("x1", "1")),
		     WRIT_ALLOW);
	cr_expect_eq(CALL(policy, "all", "git_push", NULL, ARG("remote", "origin"),
			  {.name = "remote\0", .name_len = 7, .text = "x"}),
		     WRIT_ALLOW);
	writ_close(policy);
}

Test(conditions, typed_values)
{
	struct writ_policy *policy = open_text();
	const char *url = "https://api.example.com/";

	cr_expect_eq(CALL(policy, "r", "http_get", NULL, ARG("url", url), INTEGER("tries", -7),
			  BOOLEAN("follow", 0)),
		     WRIT_ALLOW);
	cr_expect_eq(CALL(policy, "r", "http_get", NULL, ARG("url", url), ARG("tries", "2"),
			  ARG("follow", "false")),
		     WRIT_ALLOW);
	cr_expect_eq(CALL(policy, "r", "http_get", NULL, ARG("url", url), INTEGER("tries", 3),
			  BOOLEAN("follow", 0)),
		     WRIT_DENY);
	cr_expect_eq(CALL(policy, "r", "http_get", NULL, ARG("url", url), BOOLEAN("tries", 0),
			  BOOLEAN("follow", 0)),
		     WRIT_DENY);
	cr_expect_eq(CALL(policy, "r", "http_get", NULL, ARG("url", url), INTEGER("tries", 0),
			  INTEGER("follow", 0)),
		     WRIT_DENY);
	cr_expect_eq(CALL(policy, "r", "http_get", NULL, ARG("url", url), INTEGER("tries", 0),
			  BOOLEAN("follow", 2)),
		     WRIT_DENY);
	cr_expect_eq(CALL(policy, "r", "http_get", NULL, INTEGER("url", 0), INTEGER("tries", 0),
			  BOOLEAN("follow", 0)),
		     WRIT_DENY);
	writ_close(policy);
}

/* An IPv4 address is in no network that is wider than all of IPv4, however either is written. */
Test(conditions, networks_of_ipv6_hold_no_ipv4)
{
	static const char nets[] = "set v6 : hosts { \"[::/0]:*\" };\n"
				   "tool get { arg url : url; }\n"
				   "role r { allow get where url in v6; }\n";
	static const struct {
		const char *url;
		enum writ_verdict runtime;
		enum writ_verdict_id reference;
	} rows[] = {
		{"http://[2001:db8::1]/", WRIT_ALLOW, WRIT_VERDICT_ALLOW},
		{"http://[::fffe:a01:203]/", WRIT_ALLOW, WRIT_VERDICT_ALLOW},
		{"http://10.1.2.3/", WRIT_DENY, WRIT_VERDICT_DENY},
		{"http://[::ffff:10.1.2.3]/", WRIT_DENY, WRIT_VERDICT_DENY},
	};
	struct writ_policy *policy = bundle_open(nets, NULL);
	const struct ir_policy *ir = policy_ir(nets);
	struct ir_values values = {.home = STR("/home/u")};
	uint32_t role = 0, rule;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ir_call_arg arg = {STR("url"), str_from(rows[i].url)};
		struct ir_request request = {.roles = &role,
					     .n_roles = 1,
					     .tool = STR("get"),
					     .args = &arg,
					     .n_args = 1,
					     .values = &values};

		cr_expect_eq(CALL(policy, "r", "get", NULL, ARG("url", rows[i].url)),
			     rows[i].runtime, "%s", rows[i].url);
		cr_expect_eq(ir_decide_plain(maker_arena(), ir, &request, &rule), rows[i].reference,
			     "%s", rows[i].url);
	}
	writ_close(policy);
}

Test(conditions, requests_that_are_no_calls)
{
	static struct writ_arg args[WRIT_MAX_CALL_ARGS + 1];
	static char names[WRIT_MAX_CALL_ARGS + 1][8];
	struct writ_policy *policy = open_text();
	struct writ_decision decision;

	for (size_t i = 0; i <= WRIT_MAX_CALL_ARGS; i++) {
		snprintf(names[i], sizeof(names[i]), "x%zu", i);
		args[i] = (struct writ_arg){.name = names[i], .text = ""};
	}
	args[0] = (struct writ_arg){.name = "remote", .text = "origin", .text_len = 6};
	cr_expect_eq(call(policy, "r", "git_push", NULL, args, WRIT_MAX_CALL_ARGS), WRIT_ALLOW);
	cr_expect_eq(call(policy, "r", "git_push", &decision, args, WRIT_MAX_CALL_ARGS + 1),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	cr_expect_eq(call(policy, "r", "git_push", &decision, NULL, 1), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	args[0].text = NULL;
	cr_expect_eq(call(policy, "r", "git_push", NULL, args, 1), WRIT_DENY);
	args[0] = (struct writ_arg){.name = NULL, .text = "origin", .text_len = 6};
	cr_expect_eq(call(policy, "r", "git_push", NULL, args, 1), WRIT_DENY);
	writ_close(policy);
}

Test(conditions, using_beats_the_sandbox_of_the_tool)
{
	static const char source[] =
		"sandbox quick { limits { wall 1s; } }\n"
		"sandbox slow { limits { wall 2s; } }\n"
		"tool t { sandbox slow; arg path : path; }\n"
		"role r { allow t where path under \"/a\" using quick; allow t; }\n"
		"role s { allow * using quick; deny x; }\n";
	struct writ_policy *policy = bundle_open(source, NULL);
	uint32_t quick = writ_sandbox_id(policy, "quick", 5);
	struct writ_decision decision;

	CALL(policy, "r", "t", &decision, ARG("path", "/a/b"));
	cr_expect_eq(decision.sandbox, quick);
	CALL(policy, "r", "t", &decision, ARG("path", "/b"));
	cr_expect_eq(decision.sandbox, writ_sandbox_id(policy, "slow", 4));
	call(policy, "s", "t", &decision, NULL, 0);
	cr_expect_eq(decision.sandbox, quick);
	call(policy, "s", "new_tool", &decision, NULL, 0);
	cr_expect_eq(decision.sandbox, quick);
	call(policy, "s", "x", &decision, NULL, 0);
	cr_expect_eq(decision.sandbox, WRIT_NO_ID);
	writ_close(policy);
}

Test(conditions, only_a_deny_rule_in_the_chain)
{
	struct writ_policy *policy = open_text();
	struct writ_decision decision;

	cr_expect_eq(CALL(policy, "r", "only_denied", &decision, INTEGER("n", 1)), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_CONDITION);
	cr_expect_str_eq(condition_of(policy, &decision), "n > 5");
	cr_expect_eq(CALL(policy, "all", "only_denied", &decision, INTEGER("n", 1)), WRIT_ALLOW);
	cr_expect_eq(CALL(policy, "all", "only_denied", &decision, INTEGER("n", 6)), WRIT_DENY);
	writ_close(policy);
}

static void expect_unbindable(const char *rule, const char *params, const char *says)
{
	struct writ_policy *policy = NULL;
	struct writ_error error = {.code = 0};
	char source[1024];
	struct test_bundle bundle;

	snprintf(source, sizeof(source),
		 "param w : path; param s : string; param h : host;\n"
		 "set web : hosts { \"${h}:443\" };\n"
		 "role r { allow x where %s; }\n",
		 rule);
	bundle = bundle_make(source);
	cr_expect_eq(bundle_open_with(&bundle, params, &policy, &error), -WRIT_E_PARAM,
		     "%s with %s", rule, params);
	cr_expect(strstr(error.text, says), "%s", error.text);
}

Test(conditions, operands_that_parameters_make_unusable)
{
	expect_unbindable("p matches \"${w}/**\"", "w=/*/w s=x h=a.b", "without wildcards");
	expect_unbindable("p matches \"${s}*\"", "w=/w s=a?b h=a.b", "without wildcards");
	expect_unbindable("p in web", "w=/w s=x h=1.2", "must be a host name or address");
	expect_unbindable("p in web", "w=/w s=x h=*", "must be a host name or address");
}

Test(conditions, a_pattern_has_a_longest_length_when_it_is_put_together)
{
	struct writ_policy *policy = NULL;
	struct writ_error error = {.code = 0};
	struct test_bundle bundle =
		bundle_make("param s : string;\nrole r { allow x where p matches \"${s}*\"; }\n");
	char params[300] = "s=";

	memset(params + 2, 'a', 254);
	cr_assert_eq(bundle_open_with(&bundle, params, &policy, &error), 0, "%s", error.text);
	writ_close(policy);
	memset(params + 2, 'a', 255);
	cr_expect_eq(bundle_open_with(&bundle, params, &policy, &error), -WRIT_E_PARAM);
}

static size_t max_jump(const struct condition_program *program)
{
	size_t max = 0;

	for (size_t i = 0; i < program->tests.n; i++) {
		const struct condition_test *test = &program->tests.items[i];

		cr_expect(test->yes > i && test->no > i);
		cr_expect(test->yes < program->tests.n || test->yes >= WRIT_TEST_FAIL);
		cr_expect(test->no < program->tests.n || test->no >= WRIT_TEST_FAIL);
		if (test->yes < WRIT_TEST_FAIL && test->yes > max)
			max = test->yes;
	}
	return max;
}

Test(conditions, not_is_pushed_to_the_tests_and_jumps_go_forward)
{
	const struct ir_policy *ir = policy_ir(
		"role r { allow x where not ((a == 1 and b == 2) or not (c == 3 or d == 4)); }\n");
	struct condition_program program;
	struct arena arena;

	arena_init(&arena);
	condition_build(&arena, ir->rules.items[0].where, &program);
	cr_assert_eq(program.tests.n, 4);
	cr_expect(program.tests.items[0].negated && program.tests.items[1].negated);
	cr_expect(!program.tests.items[2].negated && !program.tests.items[3].negated);
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(program.tests.items[i].test->arg.ptr[0], "abcd"[i]);
	/* not (a and b) and (c or d) */
	cr_expect_eq(program.tests.items[0].yes, 2u);
	cr_expect_eq(program.tests.items[0].no, 1u);
	cr_expect_eq(program.tests.items[1].yes, 2u);
	cr_expect_eq(program.tests.items[1].no, WRIT_TEST_FAIL);
	cr_expect_eq(program.tests.items[2].yes, WRIT_TEST_MATCH);
	cr_expect_eq(program.tests.items[2].no, 3u);
	cr_expect_eq(program.tests.items[3].no, WRIT_TEST_FAIL);
	cr_expect_eq(max_jump(&program), 2u);
	arena_fini(&arena);
}

/* A change of one field of one record of text's bundle must be refused. */
#define EXPECT_REFUSED(section, type, ...)                                                         \
	do {                                                                                       \
		struct test_bundle bundle = bundle_make(text);                                     \
		struct writ_error error = {.code = 0};                                             \
		uint32_t count = 0;                                                                \
		type *record = bundle_section(&bundle, WRIT_SECTION_##section, sizeof(type),       \
					      &count);                                             \
                                                                                                   \
		cr_assert_gt(count, 0u, #section " is empty");                                     \
		__VA_ARGS__;                                                                       \
		bundle_seal(&bundle);                                                              \
		cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT,       \
			     #__VA_ARGS__ ": %s", error.text);                                     \
		free(bundle.bytes);                                                                \
	} while (0)

#define RULE(...)    EXPECT_REFUSED(RULES, struct writ_fmt_rule, __VA_ARGS__)
#define TEST_(...)   EXPECT_REFUSED(TESTS, struct writ_fmt_test, __VA_ARGS__)
#define OPERAND(...) EXPECT_REFUSED(OPERANDS, struct writ_fmt_operand, __VA_ARGS__)
#define CHAIN(...)   EXPECT_REFUSED(CHAINS, struct writ_fmt_range, __VA_ARGS__)

Test(conditions, damaged_rules_are_refused)
{
	RULE(record[0].where.count = 0);
	RULE(record[0].where.first++);
	RULE(record[0].where.count = UINT32_MAX);
	RULE(record[0].condition.len = 0);
	RULE(record[0].condition.offset = UINT32_MAX);
	RULE(record[0].sandbox = 7);
	RULE(record[0].rate = 1);
	RULE(record[0].period_s = 60);
	RULE(record[0].burst = 1);
	RULE((record[0].rate = 1, record[0].burst = 1, record[0].period_s = 7));
	RULE(record[0].reserved = 1);
	RULE(record[0].file.len = 0);
	RULE(record[count - 1].where.first = 1);
	RULE(record[count - 1].condition = record[0].condition);
}

Test(conditions, damaged_tests_are_refused)
{
	TEST_(record->arg.len = 0);
	TEST_(record->arg.offset = UINT32_MAX);
	TEST_(record->op = 0);
	TEST_(record->op = 20);
	TEST_(record->op = WRIT_TEST_PRESENT);
	TEST_(record->op = WRIT_TEST_INT_EQ);
	TEST_(record->op = WRIT_TEST_ENDPOINT);
	TEST_(record->flags = 2);
	TEST_(record->reserved = 1);
	TEST_(record->yes = 0);
	TEST_(record->no = 0);
	TEST_(record->no = 2);
	TEST_(record->yes = WRIT_TEST_FAIL - 1);
	TEST_((record->yes = WRIT_TEST_FAIL, record->no = WRIT_TEST_MATCH));
	TEST_((record[count - 1].yes = WRIT_TEST_FAIL, record[count - 1].no = WRIT_TEST_MATCH));
	TEST_(record[1].no = 1);
	TEST_(record[1].yes = 1);
	TEST_(record->operands.count = 0);
	TEST_(record->operands.count = 2);
	TEST_(record->operands.first = 1);
	TEST_(record[1].operands.first = 0);
}

Test(conditions, damaged_operands_are_refused)
{
	OPERAND(record->reserved = 1);
	OPERAND(record->number = 1);
	OPERAND(record->endpoint = 0);
	OPERAND(record->text.count = 0);
	OPERAND(record->text.first = UINT32_MAX);
	OPERAND(record->text.count = UINT32_MAX);
	for (uint32_t i = 0; i < 9; i++) {
		OPERAND(record[i].endpoint = 1000);
		OPERAND(record[i].reserved = 1);
	}
}

Test(conditions, damaged_chains_are_refused)
{
	CHAIN(record->count = 0);
	CHAIN(record->count++);
	CHAIN(record->first = 1);
	CHAIN(record->count = UINT32_MAX);
	EXPECT_REFUSED(CHAIN_RULES, uint16_t, record[0] = UINT16_MAX);
	EXPECT_REFUSED(CHAIN_RULES, uint16_t, record[1] = record[0]);
	for (uint32_t i = 0; i < 6; i++) {
		EXPECT_REFUSED(CHAIN_RULES, uint16_t, record[i]++);
		EXPECT_REFUSED(CHAIN_RULES, uint16_t, record[i]--);
	}
}

/* Every cell of the table, changed to every other rule and chain there is, is noticed. */
Test(conditions, cells_that_contradict_the_rules_are_refused)
{
	struct test_bundle bundle = bundle_make(text);
	uint32_t n_cells, n_rules, n_chains;
	uint16_t *cells = bundle_section(&bundle, WRIT_SECTION_CELLS, 2, &n_cells);

	bundle_section(&bundle, WRIT_SECTION_RULES, sizeof(struct writ_fmt_rule), &n_rules);
	bundle_section(&bundle, WRIT_SECTION_CHAINS, sizeof(struct writ_fmt_range), &n_chains);
	cr_assert_gt(n_chains, 2u);
	for (uint32_t i = 0; i < n_cells; i++) {
		uint16_t before = cells[i];

		cells[i] = (uint16_t)(n_rules + n_chains + 1);
		bundle_seal(&bundle);
		cr_expect_eq(writ_verify(bundle.bytes, bundle.size, NULL), -WRIT_E_FORMAT);
		/* A rule with a condition may not decide without it. */
		cells[i] = 1;
		bundle_seal(&bundle);
		cr_expect_eq(writ_verify(bundle.bytes, bundle.size, NULL), -WRIT_E_FORMAT);
		cells[i] = before;
	}
}

static void ask_everything(const struct writ_policy *policy)
{
	static const char *const tools[] = {"write_file", "http_get",    "git_push", "git_x",
					    "tail",       "only_denied", "zz"};
	static const struct writ_arg args[] = {ARG("path", "/w/src/../.env"),
					       ARG("content", "a secret"),
					       ARG("remote", "x"),
					       ARG("url", "https://10.0.0.1:8001/"),
					       INTEGER("tries", 1),
					       BOOLEAN("follow", 0),
					       ARG("n", "7")};
	struct writ_rule rule;

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]) * 4; i++) {
		struct writ_request request = {.role = i & 1 ? "r" : "all",
					       .tool = tools[i / 4],
					       .args = args,
					       .n_args = i & 2 ? 7 : 0};
		struct writ_decision decision;

		(void)!writ_check(policy, &request, &decision);
		if (decision.rule != WRIT_NO_ID)
			cr_assert_eq(writ_rule(policy, decision.rule, &rule), 0);
	}
}

/* With a digest that agrees, what opens must still be safe to use: sanitizers judge. */
Test(conditions, no_consistent_change_crashes, .timeout = 120)
{
	static const uint8_t changes[] = {0x01, 0x10, 0xff};
	struct test_bundle bundle = bundle_make(text);
	unsigned opened = 0;

	for (size_t i = 0; i < 3 * bundle.size; i++) {
		uint8_t before = bundle.bytes[i / 3];
		struct writ_policy *policy = NULL;
		struct writ_error error;

		bundle.bytes[i / 3] ^= changes[i % 3];
		bundle_seal(&bundle);
		if (bundle_examine(&bundle, "workspace=/w", &policy, &error) == 0) {
			ask_everything(policy);
			writ_close(policy);
			opened++;
		}
		bundle.bytes[i / 3] = before;
	}
	cr_expect_gt(opened, 10u);
}

/* 0 is "ends in a NUL" for every length but that of bytes. */
Test(conditions, a_text_whose_length_was_left_out_is_read)
{
	struct writ_policy *policy = open_text();
	struct writ_arg arg = {.name = "remote", .text = "origin"};

	cr_expect_eq(call(policy, "r", "git_push", NULL, &arg, 1), WRIT_ALLOW);
	arg.text = "evil";
	cr_expect_eq(call(policy, "r", "git_push", NULL, &arg, 1), WRIT_DENY);
	arg = (struct writ_arg){.name = "remote",
				.text = "originals",
				.text_len = 6,
				.type = WRIT_ARG_BYTES};
	cr_expect_eq(call(policy, "r", "git_push", NULL, &arg, 1), WRIT_ALLOW);
	arg.text_len = 0;
	cr_expect_eq(call(policy, "r", "git_push", NULL, &arg, 1), WRIT_DENY);
	writ_close(policy);
}
