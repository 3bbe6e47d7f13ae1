/*
 * The reference meaning: patterns, tool declarations, decisions, system call verdicts.
 */
#include <errno.h>
#include <linux/seccomp.h>

#include <criterion/criterion.h>

#include "ir/ir.h"
#include "support/policy.h"

static bool matches(const char *pattern, const char *name)
{
	return ir_pattern_matches(str_from(pattern), str_from(name));
}

Test(ir, pattern_without_star_is_itself_only)
{
	cr_expect(matches("git_log", "git_log"));
	cr_expect_not(matches("git_log", "git_lo"));
	cr_expect_not(matches("git_log", "git_logs"));
	cr_expect_not(matches("git_log", "Git_log"));
	cr_expect_not(matches("git_log", ""));
}

Test(ir, star_stands_for_any_bytes_also_none)
{
	cr_expect(matches("*", ""));
	cr_expect(matches("*", "anything"));
	cr_expect(matches("git_*", "git_"));
	cr_expect(matches("git_*", "git_push"));
	cr_expect_not(matches("git_*", "git"));
	cr_expect(matches("*_file", "read_file"));
	cr_expect_not(matches("*_file", "read_files"));
	cr_expect(matches("a*b*c", "abc"));
	cr_expect(matches("a*b*c", "aXbYbZc"));
	cr_expect_not(matches("a*b*c", "acb"));
	cr_expect(matches("*aab", "aaaab"));
	cr_expect(matches("**", "x"));
}

/* The obvious definition, to compare with. */
static bool slow_match(const char *pattern, const char *name)
{
	if (!*pattern)
		return !*name;
	if (*pattern == '*')
		return slow_match(pattern + 1, name) || (*name && slow_match(pattern, name + 1));
	return *pattern == *name && slow_match(pattern + 1, name + 1);
}

static void spell(char *out, unsigned number, const char *alphabet, unsigned base)
{
	for (; number; number /= base)
		*out++ = alphabet[number % base];
	*out = '\0';
}

Test(ir, matcher_agrees_with_the_definition_on_all_small_cases)
{
	char pattern[16], name[16];

	for (unsigned p = 0; p < 243; p++) {
		for (unsigned n = 0; n < 128; n++) {
			spell(pattern, p, "ab*", 3);
			spell(name, n, "ab", 2);
			cr_expect_eq(matches(pattern, name), slow_match(pattern, name),
				     "%s against %s", pattern, name);
		}
	}
}

static const char *tool_for(const struct ir_policy *ir, const char *name)
{
	const struct ir_tool *tool = ir_tool_for(ir, str_from(name));

	return tool ? tool->name.ptr : "none";
}

Test(ir, exact_declaration_wins_then_the_longest_wildcard)
{
	const struct ir_policy *ir = policy_ir("tool git_* { class write; }\n"
					       "tool git_push* { class admin; }\n"
					       "tool git_log { class read; }\n");

	cr_expect_eq(ir_tool_for(ir, STR("git_log"))->class, WRIT_CLASS_READ);
	cr_expect_eq(ir_tool_for(ir, STR("git_push_all"))->class, WRIT_CLASS_ADMIN);
	cr_expect_eq(ir_tool_for(ir, STR("git_add"))->class, WRIT_CLASS_WRITE);
	cr_expect_str_eq(tool_for(ir, "svn_add"), "none");
}

static enum writ_verdict_id decide(const struct ir_policy *ir, const char *role, const char *tool)
{
	uint32_t rule;

	for (uint32_t i = 0; i < ir->roles.n; i++) {
		if (str_eq_cstr(ir->roles.items[i].name, role))
			return ir_decide(ir, &i, 1, str_from(tool), &rule);
	}
	cr_assert_fail("no role %s", role);
	return WRIT_VERDICT_DENY;
}

#define ROLES                                                                                      \
	"role admin extends developer { allow *; }\n"                                              \
	"role developer extends guest { allow git_*; deny git_push; }\n"                           \
	"role guest { allow read_file; deny secret_*; }\n"

Test(ir, nothing_is_allowed_by_default)
{
	cr_expect_eq(decide(policy_ir(ROLES), "guest", "git_log"), WRIT_VERDICT_DENY);
	cr_expect_eq(decide(policy_ir(ROLES), "guest", ""), WRIT_VERDICT_DENY);
}

Test(ir, roles_have_the_rules_of_their_ancestors)
{
	const struct ir_policy *ir = policy_ir(ROLES);

	cr_expect_eq(decide(ir, "developer", "read_file"), WRIT_VERDICT_ALLOW);
	cr_expect_eq(decide(ir, "admin", "read_file"), WRIT_VERDICT_ALLOW);
	cr_expect_eq(decide(ir, "admin", "anything"), WRIT_VERDICT_ALLOW);
}

Test(ir, deny_beats_allow_whoever_inherits_from_whom)
{
	const struct ir_policy *ir = policy_ir(ROLES);

	cr_expect_eq(decide(ir, "developer", "git_push"), WRIT_VERDICT_DENY);
	cr_expect_eq(decide(ir, "admin", "git_push"), WRIT_VERDICT_DENY);
	cr_expect_eq(decide(ir, "admin", "secret_key"), WRIT_VERDICT_DENY);
}

Test(ir, roles_held_together_deny_together)
{
	const struct ir_policy *ir = policy_ir("role a { allow x; } role b { deny x; }");
	const uint32_t both[] = {0, 1};
	uint32_t rule;

	cr_expect_eq(ir_decide(ir, both, 1, STR("x"), &rule), WRIT_VERDICT_ALLOW);
	cr_expect_eq(ir_decide(ir, both, 2, STR("x"), &rule), WRIT_VERDICT_DENY);
	cr_expect_eq(ir->rules.items[rule].role, 1);
	cr_expect_eq(ir_decide(ir, both, 2, STR("y"), &rule), WRIT_VERDICT_DENY);
	cr_expect_eq(rule, IR_NONE);
}

static const struct ir_sandbox *sandbox_of(const char *syscalls)
{
	char text[512];

	snprintf(text, sizeof(text), "sandbox s { syscalls { %s } }", syscalls);
	return &policy_ir(text)->sandboxes.items[0];
}

static uint32_t verdict6(const struct ir_sandbox *sandbox, const char *name, const uint64_t args[6])
{
	int number = syscall_number(str_from(name), ARCH_X86_64);

	cr_assert_geq(number, 0, "%s", name);
	return ir_call_verdict(sandbox, ARCH_X86_64, (uint32_t)number, args);
}

static uint32_t verdict(const struct ir_sandbox *sandbox, const char *name)
{
	static const uint64_t zero[6];

	return verdict6(sandbox, name, zero);
}

#define REFUSED(error) (SECCOMP_RET_ERRNO | (error))

Test(ir, kill_beats_errno_beats_allow_beats_nothing)
{
	const struct ir_sandbox *sandbox = sandbox_of(
		"allow read, write, ptrace; deny write errno EACCES; deny ptrace; "
		"deny ptrace kill;");

	cr_expect_eq(verdict(sandbox, "read"), SECCOMP_RET_ALLOW);
	cr_expect_eq(verdict(sandbox, "write"), REFUSED(EACCES));
	cr_expect_eq(verdict(sandbox, "ptrace"), SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(verdict(sandbox, "openat"), REFUSED(EPERM));
}

Test(ir, errno_that_is_named_beats_the_one_that_is_not)
{
	const struct ir_sandbox *sandbox = sandbox_of(
		"allow @default; deny mount; deny mount errno ENOSYS; "
		"deny @mount errno EXDEV;");

	/* Of several, the least. */
	cr_expect_eq(verdict(sandbox, "mount"), REFUSED(EXDEV));
}

Test(ir, clone3_and_unknown_numbers_do_not_exist)
{
	const struct ir_sandbox *sandbox = sandbox_of("allow @default;");
	static const uint64_t zero[6];

	cr_expect_eq(verdict(sandbox, "clone3"), REFUSED(ENOSYS));
	cr_expect_eq(ir_call_verdict(sandbox, ARCH_X86_64, 5000, zero), REFUSED(ENOSYS));
	cr_expect_eq(ir_call_verdict(sandbox, ARCH_X86_64, 0x40000000, zero),
		     SECCOMP_RET_KILL_PROCESS);
	cr_expect_eq(ir_call_verdict(sandbox, ARCH_AARCH64, 0x40000000, zero), REFUSED(ENOSYS));
}

Test(ir, upper_half_of_an_int_argument_changes_nothing)
{
	const struct ir_sandbox *sandbox =
		&policy_ir("sandbox s { network { connect \"*:443\"; } }")->sandboxes.items[0];
	const uint64_t inet[6] = {0xdead00000002, 1, 0}, unix_[6] = {0xdead00000001, 1, 0};

	cr_expect_eq(verdict6(sandbox, "socket", inet), SECCOMP_RET_ALLOW);
	cr_expect_eq(verdict6(sandbox, "socket", unix_), REFUSED(EPERM));
}
