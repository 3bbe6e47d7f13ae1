/*
 * judge/: what bundles are said to permit, against other ways to find out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <linux/seccomp.h>

#include "judge/chain.h"
#include "judge/judge.h"
#include "judge/why.h"
#include "support/policy.h"

static struct judge judge_of(const char *text)
{
	struct compilation *compilation = policy_check(text);
	struct bundle_options options = {.archs = {true, true}};
	struct ir_values *values = calloc(1, sizeof(*values));
	struct bytes bundle;
	struct judge judge;

	cr_assert_eq(compile_bundle(compilation, &options, &bundle), 0, "%s",
		     policy_report(compilation));
	cr_assert(judge_init(&judge, &compilation->arena, bundle));
	values->home = STR("/home/u");
	judge.values = values;
	return judge;
}

/* ---- system calls ---- */

#define DOMAIN 16u /* every constant below is less than half of it, so this is all there is */

static uint32_t seed = 1;

static unsigned random_below(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % n;
}

static void add_condition(char *text, size_t size, unsigned arg)
{
	static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
	size_t len = strlen(text);

	if (random_below(2))
		snprintf(text + len, size - len, "arg%u %s %u", arg, ops[random_below(6)],
			 random_below(7) + 1);
	else
		snprintf(text + len, size - len, "arg%u & %u == %u", arg, 7u, random_below(8));
}

/* Some rules about prctl(2), whose arguments are all unsigned and 64 bits wide. */
static void random_rules(char *text, size_t size)
{
	size_t n = 1 + random_below(5);

	snprintf(text, size, "sandbox s { syscalls {\n");
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(text);

		snprintf(text + len, size - len, "%s prctl(", random_below(2) ? "allow" : "deny");
		add_condition(text, size, 1);
		if (random_below(2)) {
			len = strlen(text);
			snprintf(text + len, size - len, ", ");
			add_condition(text, size, random_below(2) ? 1 : 2);
		}
		len = strlen(text);
		snprintf(text + len, size - len, ");\n");
	}
	snprintf(text + strlen(text), size - strlen(text), "} }\n");
}

/* Every call there is, tried by the reference meaning. */
static bool some_call_passes(const struct ir_sandbox *box, const struct judge_call *call)
{
	uint64_t args[6] = {0};

	for (args[1] = 0; args[1] < DOMAIN; args[1]++) {
		for (args[2] = 0; args[2] < DOMAIN; args[2]++) {
			if ((call->given[1] && args[1] != call->args[1]) ||
			    (call->given[2] && args[2] != call->args[2]))
				continue;
			if (ir_call_verdict(box, ARCH_X86_64,
					    (uint32_t)syscall_number(call->name, ARCH_X86_64),
					    args) == SECCOMP_RET_ALLOW)
				return true;
		}
	}
	return false;
}

Test(judge, calls_are_found_exactly_when_there_are_some)
{
	char text[2048];
	unsigned found = 0, n = 0;

	for (unsigned i = 0; i < 150; i++) {
		struct judge_call call = {.name = STR("prctl")};
		struct judge judge;

		/* Conditions that exclude each other are an error of the policy's. */
		do
			random_rules(text, sizeof(text));
		while (policy_count(policy_check(text), DIAG_E0256));
		judge = judge_of(text);
		for (unsigned fact = 0; fact <= DOMAIN; fact++) {
			bool some = some_call_passes(&judge.ir->sandboxes.items[0], &call);
			struct judgement judgement = judge_call(&judge, 0, &call);

			cr_assert_eq(judgement.allowed, some, "%sarg1 %d %u", text, call.given[1],
				     (unsigned)call.args[1]);
			cr_assert_eq(judgement.refused, !some);
			found += some;
			n++;
			call.given[1] = true;
			call.args[1] = fact;
		}
	}
	/* Both happen, and often. */
	cr_expect_gt(found, n / 10);
	cr_expect_lt(found, n * 9 / 10);
}

static struct judgement ask_call(const char *syscalls, const char *name, int arg, uint64_t value)
{
	char text[1024];
	struct judge judge;
	struct judge_call call = {.name = str_from(name)};

	snprintf(text, sizeof(text), "sandbox s { syscalls { %s } }\n", syscalls);
	judge = judge_of(text);
	if (arg >= 0) {
		call.given[arg] = true;
		call.args[arg] = value;
	}
	return judge_call(&judge, 0, &call);
}

Test(judge, the_refusal_is_told)
{
	cr_expect(str_eq(ask_call("deny ptrace errno EACCES;", "ptrace", -1, 0).why,
			 STR("it fails with EACCES")));
	cr_expect(str_eq(ask_call("allow @default;", "clone3", -1, 0).why,
			 STR("it fails with ENOSYS")));
	cr_expect(str_eq(ask_call("deny ptrace kill;", "ptrace", -1, 0).why,
			 STR("the process is killed")));
	cr_expect(ask_call("allow ptrace log;", "ptrace", -1, 0).allowed);
}

/* What passes for some arguments passes; what else is asked about for some is asked about. */
Test(judge, a_supervisor_is_asked)
{
	const char *some = "allow kcmp(type == 1); deny kcmp(type == 2) notify;";

	cr_expect(ask_call("deny ptrace notify;", "ptrace", -1, 0).asked);
	cr_expect_not(ask_call("deny ptrace notify;", "ptrace", -1, 0).refused);
	cr_expect(ask_call(some, "kcmp", -1, 0).allowed);
	cr_expect(ask_call(some, "kcmp", 2, 2).asked);
	cr_expect(ask_call(some, "kcmp", 2, 3).refused);
	cr_expect(ask_call("deny kcmp(type == 2) notify;", "kcmp", -1, 0).asked);
}

Test(judge, a_call_of_one_architecture_is_judged_there)
{
	cr_expect(ask_call("allow open;", "open", -1, 0).allowed);
	cr_expect(ask_call("deny open;", "open", -1, 0).refused);
}

/* AT_FDCWD is -100: as the kernel reads an int, whatever the upper half of the register. */
Test(judge, arguments_have_the_width_that_the_kernel_reads)
{
	cr_expect(ask_call("allow kill(pid == 7);", "kill", 0, 0xffffffff00000007u).allowed);
	cr_expect(ask_call("allow kill(pid < 0);", "kill", 0, UINT64_MAX).allowed);
	cr_expect(ask_call("allow kill(pid < 0);", "kill", -1, 0).allowed);
	cr_expect(ask_call("allow kill(pid < 0);", "kill", 0, 5).refused);
}

/* ---- paths and endpoints that the golden policy does not have ---- */

Test(judge, denied_patterns_take_what_is_below_with_them)
{
	struct judge judge = judge_of("sandbox s { filesystem { read \"/\"; write \"/w\";\n"
				      "	deny \"/w/**/x?\", \"/a*\", \"~/.ssh\"; } }\n");
	static const struct {
		const char *path;
		bool allowed;
	} cases[] = {
		{"/w", true},
		{"/w/x1", false},
		{"/w/p/q/x1/r", false},
		{"/w/x", true},
		{"/w/x12", true},
		{"/abc/d", false},
		{"/b", true},
		{"/", true},
		{"/b/../abc", false},
		{"//b/./c/", true},
		{"relative", false},
		{"/../b", false},
		{"/home/u/.ssh/id", false},
		{"/home/u/.sshx", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(judge_path(&judge, 0, WRIT_PATH_READ, str_from(cases[i].path)).allowed,
			     cases[i].allowed, "%s", cases[i].path);
	cr_expect(judge_path(&judge, 0, WRIT_PATH_WRITE, STR("/w/y")).allowed);
	cr_expect(judge_path(&judge, 0, WRIT_PATH_WRITE, STR("/w2/y")).refused);
	cr_expect(judge_path(&judge, 0, WRIT_PATH_EXECUTE, STR("/w/y")).refused);
}

Test(judge, what_is_granted_below_a_scratch_is_as_granted)
{
	static const struct {
		const char *path;
		uint32_t rights;
	} rows[] = {
		{"/tmp/a", WRIT_PATH_READ | WRIT_PATH_WRITE},
		{"/tmp/datax", WRIT_PATH_READ | WRIT_PATH_WRITE},
		{"/tmp/data/a", WRIT_PATH_READ},
		{"/tmp/bin/a", WRIT_PATH_READ | WRIT_PATH_EXECUTE},
	};
	struct judge judge = judge_of(
		"sandbox s { filesystem { scratch \"/tmp\" 1MiB; read \"/tmp\", "
		"\"/tmp/data\"; execute \"/tmp/bin\"; } }");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint32_t right = WRIT_PATH_READ; right <= WRIT_PATH_EXECUTE; right <<= 1) {
			struct judgement judgement = judge_path(&judge, 0, right,
								str_from(rows[i].path));

			cr_expect_eq(judgement.allowed, !!(rows[i].rights & right), "%s %u: %.*s",
				     rows[i].path, right, STR_ARG(judgement.why));
		}
	}
}

Test(judge, endpoints)
{
	struct judge judge = judge_of(
		"sandbox s { network { connect \"[::/0]:80\", \"*.x.org:*\",\n"
		"	\"*:1000-2000\"; deny \"udp://*:1500\", \"*:25\"; } }\n");
	static const struct {
		const char *endpoint;
		bool allowed;
	} cases[] = {
		{"[2001:db8::1]:80", true},
		{"10.0.0.1:80", false},
		{"[::ffff:10.0.0.1]:80", false},
		{"x.org:99", false},
		{"a.b.X.ORG.:99", true},
		{"ax.org:99", false},
		{"a.x.org:25", false},
		{"h:1500", true},
		{"udp://h:1500", false},
		{"h:2001", false},
		{"h:0", false},
		{"h:65536", false},
		{"h", false},
		{":80", false},
		{"[::1:80", false},
		{"", false},
		{"udp://", false},
		{"010.0.0.1:1000", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(judge_endpoint(&judge, 0, IR_ENDPOINT_CONNECT,
					    str_from(cases[i].endpoint))
				     .allowed,
			     cases[i].allowed, "%s", cases[i].endpoint);
	cr_expect(judge_endpoint(&judge, 0, IR_ENDPOINT_BIND, STR("127.0.0.1:1000")).refused);
}

/* ---- why ---- */

Test(judge, tests_that_matter_are_those_with_the_truth_of_the_whole)
{
	const struct ir_policy *ir = policy_ir(
		"role r { allow t where (a == \"1\" or b == \"2\") and not c == \"3\"; }\n");
	const struct ir_call_arg args[] = {{STR("a"), STR("1")},
					   {STR("b"), STR("x")},
					   {STR("c"), STR("3")}};
	struct ir_values values = {0};
	struct ir_request request = {.args = args, .n_args = 3, .values = &values};
	struct arena arena;
	struct why_tests tests;

	arena_init(&arena);
	tests = why_tests(&arena, ir->rules.items[0].where, &request);
	cr_assert_eq(tests.n, 1);
	cr_expect_eq(tests.items[0].truth, IR_FALSE);
	cr_expect(str_eq(why_test_text(&arena, &tests.items[0]), STR("c != \"3\"")));
	request.n_args = 2;
	tests = why_tests(&arena, ir->rules.items[0].where, &request);
	cr_assert_eq(tests.n, 1);
	cr_expect_eq(tests.items[0].truth, IR_UNKNOWN);
	cr_expect(str_eq(why_value(&arena, tests.items[0].test, IR_UNKNOWN, &request),
			 STR("the call has no argument 'c'")));
	arena_fini(&arena);
}

Test(judge, chains_end_at_the_first_rule_without_a_condition)
{
	const struct ir_policy *ir = policy_ir(
		"role r { deny t_* where a == \"1\"; ask t_1; allow *; }\n"
		"role s extends r { deny x; allow x where b == \"2\"; }\n");
	struct ir_indices role = {0}, chain, some = {0};
	struct chain_index index;
	struct arena arena;
	uint32_t s = why_role(ir, STR("s"));

	arena_init(&arena);
	vec_add(&arena, &role, s);
	chain_index_init(&index, &arena, ir, &role);
	chain = chain_of(&index, STR("t_1"));
	cr_assert_eq(chain.n, 2);
	cr_expect_eq(ir->rules.items[chain.items[1]].verdict, WRIT_VERDICT_ASK);
	cr_expect(chain_permits(ir, &chain));
	chain = chain_of(&index, STR("x"));
	cr_assert_eq(chain.n, 1);
	cr_expect_not(chain_permits(ir, &chain));
	chain = chain_of_pattern(&index, STR("*"), &some);
	cr_expect_eq(chain.n, 1);
	cr_expect_eq(some.n, 1);
	cr_expect(str_eq(why_inherited(&arena, ir, s, why_role(ir, STR("r"))), STR("s <- r")));
	cr_expect_eq(why_inherited(&arena, ir, why_role(ir, STR("r")), s).len, 0);
	cr_expect_eq(why_role(ir, STR("q")), IR_NONE);
	cr_expect_eq(why_user(ir, STR("s")), IR_NONE);
	arena_fini(&arena);
}
