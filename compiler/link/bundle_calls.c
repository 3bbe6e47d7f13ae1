/*
 * From IR to records: system call rules.
 *
 * Most sandboxes differ in a few rules, so each rule stands in CALLS once, and a sandbox has a list
 * of indices, which equal ones share. CALLS is sorted by name and then as the IR has the rules of a
 * call, so that each list, in the order of its sandbox's rules, ascends. The order of the IR is not
 * told by the rules alone (an errno that the policy names comes before one that it does not): where
 * a sandbox has it otherwise, what would go back stands once more, in a further round of the call.
 */
#include "link/linker.h"

#include <stdlib.h>

#define EPERM_ERROR 1u /* what a refusal without an errno fails with */

/* What a record of CALLS is known by: no padding. */
struct rule_key {
	struct writ_fmt_call record;
	uint32_t round;
};
_Static_assert(sizeof(struct rule_key) == sizeof(struct writ_fmt_call) + 4, "compared as bytes");

struct rule {
	struct rule_key key;
	const struct ir_call *call;
	uint32_t number; /* by which sandboxes know it, in the order of their coming */
};

struct calls {
	struct linker *linker;
	struct map known; /* keys, to the numbers of their rules */
	VEC(struct rule) rules;
	uint32_t *indices; /* in CALLS, by number */
};

static struct writ_fmt_call call_record(struct linker *linker, const struct ir_call *call)
{
	static const uint16_t verdicts[] = {[IR_CALL_ALLOW] = WRIT_CALL_ALLOW,
					    [IR_CALL_LOG] = WRIT_CALL_LOG,
					    [IR_CALL_NOTIFY] = WRIT_CALL_NOTIFY,
					    [IR_CALL_ERRNO] = WRIT_CALL_ERRNO,
					    [IR_CALL_KILL] = WRIT_CALL_KILL};
	struct writ_fmt_call_cond *conds = arena_alloc(linker->arena,
						       call->n_conds * sizeof(*conds));

	for (uint32_t i = 0; i < call->n_conds; i++) {
		const struct call_cond *cond = &call->conds[i];

		conds[i] = (struct writ_fmt_call_cond){.arg = cond->arg,
						       .op = (uint16_t)cond->op,
						       .is_64 = cond->is_64,
						       .mask = cond->mask,
						       .value = cond->value};
	}
	return (struct writ_fmt_call){
		.name = writer_str(&linker->writer, call->name),
		.verdict = verdicts[call->verdict],
		.error = call->verdict == IR_CALL_ERRNO ? call->error : 0,
		.guard = call->guard,
		.conds = linker_put_shared(linker, &linker->conds, WRIT_SECTION_CALL_CONDS, conds,
					   call->n_conds),
	};
}

static int number_cmp(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int cond_cmp(const struct call_cond *a, const struct call_cond *b)
{
	int order = number_cmp(a->arg, b->arg);

	if (!order)
		order = number_cmp(a->is_64, b->is_64);
	if (!order)
		order = number_cmp(a->op, b->op);
	if (!order)
		order = number_cmp(a->mask, b->mask);
	return order ? order : number_cmp(a->value, b->value);
}

/* Of two rules of a call: as sema/ sorts them, as far as they tell. */
static int call_cmp(const struct ir_call *a, const struct ir_call *b)
{
	int order = number_cmp(b->verdict, a->verdict);

	if (!order)
		order = number_cmp(a->error == EPERM_ERROR, b->error == EPERM_ERROR);
	if (!order)
		order = number_cmp(a->error, b->error);
	if (!order)
		order = number_cmp(a->n_conds, b->n_conds);
	for (uint32_t i = 0; !order && i < a->n_conds; i++)
		order = cond_cmp(&a->conds[i], &b->conds[i]);
	return order ? order : number_cmp(a->guard, b->guard);
}

static int rule_cmp(const void *left, const void *right)
{
	const struct rule *a = left, *b = right;
	int order = str_cmp(a->call->name, b->call->name);

	if (!order)
		order = number_cmp(a->key.round, b->key.round);
	return order ? order : call_cmp(a->call, b->call);
}

static uint32_t put_rule(struct calls *calls, const struct ir_call *call, uint32_t round)
{
	struct arena *arena = calls->linker->arena;
	struct rule rule = {{call_record(calls->linker, call), round},
			    call,
			    (uint32_t)calls->rules.n};
	struct str key = {(const char *)&rule.key, sizeof(rule.key)};
	uint32_t number;

	if (map_get(&calls->known, key, &number))
		return number;
	map_put(arena, &calls->known, str_copy(arena, key.ptr, key.len), rule.number);
	vec_add(arena, &calls->rules, rule);
	return rule.number;
}

/* The numbers of a sandbox's rules. */
static uint32_t *put_rules(struct calls *calls, const struct ir_sandbox *sandbox)
{
	uint32_t *out = arena_alloc(calls->linker->arena, sandbox->calls.n * sizeof(*out));
	size_t n_before = calls->rules.n;
	uint32_t round = 0;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];

		if (i == 0 || !str_eq(call[-1].name, call->name))
			round = 0;
		else if (call_cmp(&call[-1], call) >= 0)
			round++;
		out[i] = put_rule(calls, call, round);
	}
	if (n_before <= WRIT_MAX_ALL && calls->rules.n > WRIT_MAX_ALL)
		diag_report(calls->linker->diags, DIAG_E0405, SPAN_NONE,
			    "the sandboxes up to '%.*s' have more than %u different system call "
			    "rules together",
			    STR_ARG(sandbox->name), WRIT_MAX_ALL);
	return out;
}

static void sort_rules(struct calls *calls)
{
	size_t n = calls->rules.n;

	calls->indices = arena_alloc(calls->linker->arena, n * sizeof(*calls->indices));
	if (n)
		qsort(calls->rules.items, n, sizeof(*calls->rules.items), rule_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = &calls->rules.items[i];

		calls->indices[rule->number] = (uint32_t)i;
		LINKER_ADD(calls->linker, CALLS, rule->key.record);
	}
}

/* An index that is too large for its field has been reported, with the number of rules. */
static struct writ_fmt_range put_list(struct calls *calls, const uint32_t *rules, size_t n)
{
	uint16_t *list = arena_alloc(calls->linker->arena, n * sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = (uint16_t)calls->indices[rules[i]];
	return linker_put_shared(calls->linker, &calls->linker->call_lists, WRIT_SECTION_CALL_LISTS,
				 list, n);
}

void linker_put_calls(struct linker *linker)
{
	size_t n = linker->policy->sandboxes.n;
	const struct ir_sandbox *sandboxes = linker->policy->sandboxes.items;
	uint32_t **rules = arena_alloc(linker->arena, n * sizeof(*rules));
	struct writ_fmt_range *lists = arena_alloc(linker->arena, n * sizeof(*lists));
	struct calls calls = {.linker = linker};

	for (size_t i = 0; i < n; i++)
		rules[i] = put_rules(&calls, &sandboxes[i]);
	sort_rules(&calls);
	for (size_t i = 0; i < n; i++)
		lists[i] = put_list(&calls, rules[i], sandboxes[i].calls.n);
	linker->calls = lists;
}
