/*
 * The law of the comparison: it never says less than there is.
 *
 * Generated policies are changed a little, and both are asked about generated calls by the
 * reference evaluator. Where the changed policy permits more, an entry about that subject and tool
 * must say so; where it permits less, likewise; and a policy does not differ from itself.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ir/ir_diff.h"
#include "support/gen_policy.h"
#include "support/ir_maker.h"
#include "support/policy.h"

#define POLICIES  100
#define CALLS     800 /* of each */
#define MAX_LINES 64

/* GEN_PARAMS, by the index of the parameter. */
static const struct str bound[] = {{"api.example.com", 15},
				   {"10.1.2.3", 8},
				   {"8443", 4},
				   {"/srv/agent", 10}};

struct rule_line {
	const char *begin;
	size_t len;
};

static bool is_rule(const char *line)
{
	return strncmp(line, "  allow ", 8) == 0 || strncmp(line, "  deny ", 7) == 0 ||
	       strncmp(line, "  ask ", 6) == 0;
}

static size_t find_rules(const char *text, struct rule_line *out)
{
	size_t n = 0;

	for (const char *line = text; *line && n < MAX_LINES; line = strchr(line, '\n') + 1) {
		if (is_rule(line))
			out[n++] = (struct rule_line){line, (size_t)(strchr(line, '\n') - line)};
	}
	return n;
}

/* What stands in a rule's place now: nothing, another rule, or it with another verdict. */
static const char *replacement(struct arena *arena, const struct rule_line *lines, size_t n,
			       size_t at, uint64_t *random)
{
	const struct rule_line *other = &lines[maker_random(random) % n];
	const char *rest = strchr(lines[at].begin + 2, ' ');
	size_t rest_len = lines[at].len - (size_t)(rest - lines[at].begin);

	switch (maker_random(random) % 4) {
	case 0:
		return "";
	case 1:
		return arena_strndup(arena, other->begin, other->len);
	case 2:
		return str_printf(arena, "  deny%.*s", (int)rest_len, rest).ptr;
	default:
		return str_printf(arena, "  allow%.*s", (int)rest_len, rest).ptr;
	}
}

/* The policy with one rule replaced; NULL when it has none. */
static const char *change(struct arena *arena, const char *text, uint64_t *random)
{
	struct rule_line lines[MAX_LINES];
	size_t n = find_rules(text, lines), at;

	if (n == 0)
		return NULL;
	at = maker_random(random) % n;
	return str_printf(arena, "%.*s%s%s", (int)(lines[at].begin - text), text,
			  replacement(arena, lines, n, at, random), lines[at].begin + lines[at].len)
		.ptr;
}

static enum writ_verdict_id decide(const struct ir_policy *policy, const struct gen_call *call)
{
	const struct ir_values values = {bound, {"/home/test", 10}};
	struct ir_call_arg args[GEN_MAX_ARGS];
	struct ir_request request = {.roles = &call->index,
				     .n_roles = 1,
				     .tool = call->tool,
				     .args = args,
				     .n_args = call->n_args,
				     .values = &values};
	enum writ_verdict_id verdict;
	struct arena arena;
	uint32_t rule;

	if (call->is_user) {
		request.roles = policy->users.items[call->index].roles.items;
		request.n_roles = policy->users.items[call->index].roles.n;
	}
	for (size_t i = 0; i < call->n_args; i++)
		args[i] = (struct ir_call_arg){call->args[i].name, call->args[i].text};
	arena_init(&arena);
	verdict = ir_decide_plain(&arena, policy, &request, &rule);
	arena_fini(&arena);
	return verdict;
}

static bool is_about_tool(const struct ir_diff_entry *entry, struct str tool)
{
	static const char other[] = "any other tool";

	for (size_t i = 0; i < entry->objects.n; i++) {
		struct str name = entry->objects.items[i].name;

		if (str_eq(name, tool) || (name.len >= sizeof(other) - 1 &&
					   memcmp(name.ptr, other, sizeof(other) - 1) == 0))
			return true;
	}
	return false;
}

/* An entry about the role, or about the user or one of its roles. */
static bool is_about_caller(const struct ir_diff_entry *entry, const struct ir_policy *policy,
			    const struct gen_call *call)
{
	if (!call->is_user || entry->subject == IR_DIFF_USER)
		return entry->subject == (call->is_user ? IR_DIFF_USER : IR_DIFF_ROLE) &&
		       str_eq_cstr(entry->name, call->subject);
	for (size_t i = 0; i < policy->users.items[call->index].roles.n; i++) {
		uint32_t role = policy->users.items[call->index].roles.items[i];

		if (entry->subject == IR_DIFF_ROLE &&
		    str_eq(policy->roles.items[role].name, entry->name))
			return true;
	}
	return false;
}

static bool is_told(const struct ir_diff *diff, const struct ir_policy *policy,
		    const struct gen_call *call, enum ir_diff_effect effect)
{
	for (size_t i = 0; i < diff->entries.n; i++) {
		const struct ir_diff_entry *entry = &diff->entries.items[i];

		if ((entry->effect == effect || entry->effect == IR_DIFF_CHANGED) &&
		    is_about_caller(entry, policy, call) && is_about_tool(entry, call->tool))
			return true;
	}
	return false;
}

/* How many of the calls were decided otherwise. */
static unsigned compare(const struct ir_policy *old, const struct ir_policy *new, uint64_t *random,
			const char *texts)
{
	unsigned differ = 0;
	struct ir_diff diff;

	ir_diff(maker_arena(), old, new, &diff);
	for (unsigned i = 0; i < CALLS; i++) {
		enum writ_verdict_id before, after;
		struct gen_call call;

		gen_call(random, &call);
		before = decide(old, &call);
		after = decide(new, &call);
		if (before == after)
			continue;
		differ++;
		cr_assert(is_told(&diff, new, &call,
				  after > before ? IR_DIFF_WIDENED : IR_DIFF_NARROWED),
			  "%s %.*s: %d is now %d, and nobody says so:\n%s", call.subject,
			  STR_ARG(call.tool), (int)before, (int)after, texts);
	}
	return differ;
}

Test(diff_law, what_is_decided_otherwise_is_told)
{
	uint64_t random = 20261121;
	unsigned differ = 0, compared = 0;
	struct ir_diff none;

	for (unsigned i = 0; i < POLICIES; i++) {
		const char *text = gen_policy(maker_arena(), &random);
		const char *changed = change(maker_arena(), text, &random);
		const struct ir_policy *old = policy_ir(text);
		const struct compilation *new;

		ir_diff(maker_arena(), old, policy_ir(text), &none);
		cr_assert_eq(none.entries.n, 0, "%s", text);
		new = changed ? policy_check(changed) : NULL;
		/* A rule with a rate can't deny, for one. */
		if (!new || !new->ir)
			continue;
		compared++;
		differ +=
			compare(old, new->ir, &random,
				str_printf(maker_arena(), "%s\n--- to ---\n%s", text, changed).ptr);
	}
	cr_expect_gt(compared, POLICIES / 2);
	cr_expect_gt(differ, 300);
}

static struct call_cond random_cond(uint64_t *random)
{
	static const uint64_t values[] = {0, 1, 2, 3, 8, 0x30, 0x10, 0xffffffff, 0x100000000u};
	struct call_cond cond = {.arg = (uint8_t)(maker_random(random) % 2),
				 .op = (enum cond_op)(maker_random(random) % 8),
				 .mask = values[maker_random(random) % 9],
				 .value = values[maker_random(random) % 9]};

	cond.is_64 = cond.arg == 1;
	return cond;
}

/* Up to four rules for one call. */
static void fill_sandbox(struct ir_sandbox *sandbox, uint64_t *random)
{
	size_t n = maker_random(random) % 5;

	for (int verdict = IR_CALL_KILL; verdict >= IR_CALL_ALLOW; verdict--) {
		for (size_t i = 0; i < n; i++) {
			uint32_t n_conds = (uint32_t)(maker_random(random) % 3);
			struct call_cond *conds = arena_alloc(maker_arena(),
							      3 * sizeof(struct call_cond));

			if (maker_random(random) % 4 != (uint64_t)verdict)
				continue;
			for (uint32_t c = 0; c < n_conds; c++)
				conds[c] = random_cond(random);
			maker_call(sandbox, "prctl", (enum ir_call_verdict)verdict, conds, n_conds);
		}
	}
}

/* How permissive a SECCOMP_RET_* value is: kill, errno, log, allow have ascending values. */
static uint32_t rank(const struct ir_sandbox *sandbox, const uint64_t args[6])
{
	int number = syscall_number(STR("prctl"), ARCH_X86_64);

	/* RET_KILL_PROCESS is the only one with the highest bit; all errors are alike. */
	return (ir_call_verdict(sandbox, ARCH_X86_64, (uint32_t)number, args) & 0xffff0000u) ^
	       0x80000000u;
}

static unsigned call_differences(const struct ir_policy *old, const struct ir_policy *new,
				 uint64_t *random)
{
	unsigned differ = 0;
	bool more = false, less = false;
	struct ir_diff diff;

	ir_diff(maker_arena(), old, new, &diff);
	for (size_t i = 0; i < diff.entries.n; i++) {
		more |= diff.entries.items[i].effect != IR_DIFF_NARROWED;
		less |= diff.entries.items[i].effect != IR_DIFF_WIDENED;
	}
	for (int i = 0; i < 300; i++) {
		const struct call_cond near[2] = {random_cond(random), random_cond(random)};
		const uint64_t args[6] = {near[0].value + maker_random(random) % 3 - 1,
					  near[1].value + maker_random(random) % 3 - 1};
		uint32_t a = rank(old->sandboxes.items, args), b = rank(new->sandboxes.items, args);

		differ += a != b;
		cr_assert(b <= a || more, "more is permitted for %#lx %#lx", (unsigned long)args[0],
			  (unsigned long)args[1]);
		cr_assert(b >= a || less, "less is permitted for %#lx %#lx", (unsigned long)args[0],
			  (unsigned long)args[1]);
	}
	return differ;
}

Test(diff_law, system_calls_answered_otherwise_are_told)
{
	uint64_t random = 7;
	unsigned differ = 0;

	for (int i = 0; i < 1500; i++) {
		struct ir_sandbox sandboxes[2] = {{.name = STR("s")}, {.name = STR("s")}};
		struct ir_policy policies[2] = {{.name = STR("a")}, {.name = STR("b")}};

		for (int side = 0; side < 2; side++) {
			fill_sandbox(&sandboxes[side], &random);
			policies[side].sandboxes.items = &sandboxes[side];
			policies[side].sandboxes.n = 1;
		}
		differ += call_differences(&policies[0], &policies[1], &random);
	}
	cr_expect_gt(differ, 1000);
}
