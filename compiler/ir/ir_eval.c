/*
 * The reference meaning of a policy: decisions made by reading the IR's rules one after the other.
 *
 * Nothing here is fast and nothing is clever; it is what the compiled artifacts (the RBAC table,
 * the BPF programs) are compared with. What it says is the language's definition in
 * docs/language.md: deny beats ask beats allow and what nothing allows is denied; for system calls,
 * kill beats errno beats notify beats log beats allow, what nothing allows is EPERM, and a number
 * without a name is ENOSYS.
 */
#include "ir/ir.h"

#include <errno.h>
#include <linux/seccomp.h>

static bool role_has_rule(const struct ir_role *role, uint32_t rule)
{
	for (size_t i = 0; i < role->rules.n; i++) {
		if (role->rules.items[i] == rule)
			return true;
	}
	return false;
}

static bool any_role_has_rule(const struct ir_policy *policy, const uint32_t *roles, size_t n_roles,
			      uint32_t rule)
{
	for (size_t i = 0; i < n_roles; i++) {
		if (role_has_rule(&policy->roles.items[roles[i]], rule))
			return true;
	}
	return false;
}

enum writ_verdict_id ir_decide(const struct ir_policy *policy, const uint32_t *roles,
			       size_t n_roles, struct str tool, uint32_t *rule)
{
	/* Rules are sorted by strictness, so the first that applies decides. */
	for (uint32_t i = 0; i < policy->rules.n; i++) {
		if (ir_pattern_matches(policy->rules.items[i].pattern, tool) &&
		    any_role_has_rule(policy, roles, n_roles, i)) {
			*rule = i;
			return policy->rules.items[i].verdict;
		}
	}
	*rule = IR_NONE;
	return WRIT_VERDICT_DENY;
}

bool ir_cond_holds(const struct call_cond *cond, uint64_t arg)
{
	uint64_t width = cond->is_64 ? UINT64_MAX : UINT32_MAX;
	uint64_t value = cond->value & width;

	arg &= width;
	switch (cond->op) {
	case COND_EQ:
		return arg == value;
	case COND_NE:
		return arg != value;
	case COND_LT:
		return arg < value;
	case COND_LE:
		return arg <= value;
	case COND_GT:
		return arg > value;
	case COND_GE:
		return arg >= value;
	case COND_MASKED_EQ:
		return (arg & cond->mask) == value;
	case COND_MASKED_NE:
		return (arg & cond->mask) != value;
	}
	return false;
}

bool ir_call_takes(const struct ir_call *rule, uint8_t arg, uint64_t value)
{
	for (uint32_t i = 0; i < rule->n_conds; i++) {
		if (rule->conds[i].arg == arg && !ir_cond_holds(&rule->conds[i], value))
			return false;
	}
	return true;
}

size_t ir_first_call(const struct ir_sandbox *sandbox, struct str name)
{
	return STR_LOWER_BOUND(&sandbox->calls, name, name);
}

static bool call_matches(const struct ir_call *call, struct str name, const uint64_t args[6])
{
	if (!str_eq(call->name, name))
		return false;
	for (uint32_t i = 0; i < call->n_conds; i++) {
		if (!ir_cond_holds(&call->conds[i], args[call->conds[i].arg]))
			return false;
	}
	return true;
}

static uint32_t errno_action(unsigned error)
{
	return SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA);
}

/* The verdict of the rules on a call with a name. */
static uint32_t rules_verdict(const struct ir_sandbox *sandbox, struct str name,
			      const uint64_t args[6])
{
	const struct ir_call *refuse = NULL;
	bool allow = false, log = false, notify = false;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];

		if (!call_matches(call, name, args))
			continue;
		if (call->verdict == IR_CALL_KILL)
			return SECCOMP_RET_KILL_PROCESS;
		if (call->verdict == IR_CALL_ERRNO && !refuse)
			refuse = call;
		notify |= call->verdict == IR_CALL_NOTIFY;
		log |= call->verdict == IR_CALL_LOG;
		allow |= call->verdict == IR_CALL_ALLOW;
	}
	if (refuse)
		return errno_action(refuse->error);
	if (notify)
		return SECCOMP_RET_USER_NOTIF;
	if (log)
		return SECCOMP_RET_LOG;
	if (allow)
		return SECCOMP_RET_ALLOW;
	/* ENOSYS makes libc fall back to clone(2), whose flags a filter can see. */
	return errno_action(str_eq(name, STR("clone3")) ? ENOSYS : EPERM);
}

uint32_t ir_call_verdict(const struct ir_sandbox *sandbox, enum arch arch, uint32_t number,
			 const uint64_t args[6])
{
	const struct arch_info *info = arch_info(arch);
	struct str name;

	if (info->x32_bit && number >= info->x32_bit)
		return SECCOMP_RET_KILL_PROCESS;
	name = syscall_name(arch, number);
	if (!name.ptr)
		return errno_action(ENOSYS);
	return rules_verdict(sandbox, name, args);
}
