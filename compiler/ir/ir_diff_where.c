/*
 * Two lists of rules that decide calls of one tool by one role: what do they decide otherwise?
 *
 * Both are evaluated in every case their tests can be in, three-valued as the language says: an
 * unknown condition holds in a deny rule and in no other. A verdict that is more permissive in one
 * case and stricter in none is a condition loosened; both at once is a change. Rates and sandboxes
 * are compared between the rules that decide the same case.
 */
#include "ir/ir_diff_where.h"

#include "ir/ir_print.h"

#include <inttypes.h>

/* The parts of an example: more would not be read. */
#define MAX_EXAMPLE_TESTS 4u

struct decided {
	const struct diff_content *rule; /* NULL: none matched, denied */
	uint32_t index;
	enum writ_verdict_id verdict;
};

struct compare {
	struct diff *diff;
	struct diff_cases cases;
	const struct diff_content **rules[2];
	uint32_t n_rules[2];
	struct ir_indices leaves[2]; /* the test at every leaf, rule after rule */
	struct ir_indices begins[2]; /* a rule's first leaf */
	bool up, down;               /* in some case the verdict is higher, lower */
	bool up_other, down_other;   /* in another way than ask to allow, allow to ask */
	bool permits[2];             /* in some case */
	uint8_t *pairs;              /* rules that decide one case, both permitting */
	struct str example;
};

void diff_put_operand(struct arena *arena, struct diff_bytes *out, const struct ir_policy *policy,
		      const struct ir_where *test, const struct ir_operand *operand)
{
	const struct ir_endpoint *endpoint = &operand->endpoint;
	const uint16_t ports[2] = {endpoint->first, endpoint->last};
	const uint8_t kind[3] = {(uint8_t)endpoint->kind, endpoint->udp, endpoint->prefix};

	diff_put_str(arena, out, diff_key(arena, policy, &operand->text));
	diff_put(arena, out, &operand->number, sizeof(operand->number));
	if (!ir_test_has_endpoints(test->op))
		return;
	diff_put_str(arena, out, diff_key(arena, policy, &endpoint->name));
	diff_put_str(arena, out, diff_host(arena, policy, endpoint).param);
	diff_put(arena, out, endpoint->address, sizeof(endpoint->address));
	diff_put(arena, out, kind, sizeof(kind));
	if (endpoint->param == IR_NONE)
		diff_put(arena, out, ports, sizeof(ports));
}

static void put_count(struct arena *arena, struct diff_bytes *out, unsigned tag, size_t n)
{
	const uint64_t counts[2] = {tag, n};

	diff_put(arena, out, counts, sizeof(counts));
}

void diff_put_where(struct arena *arena, struct diff_bytes *out, const struct ir_policy *policy,
		    const struct ir_where *where)
{
	if (!where) {
		put_count(arena, out, IR_WHERE_TEST + 1u, 0);
		return;
	}
	put_count(arena, out, where->kind, where->kids.n);
	for (size_t i = 0; i < where->kids.n; i++)
		diff_put_where(arena, out, policy, where->kids.items[i]);
	if (where->kind != IR_WHERE_TEST)
		return;
	put_count(arena, out, where->op, where->operands.n);
	diff_put_str(arena, out, where->arg);
	for (size_t i = 0; i < where->operands.n; i++)
		diff_put_operand(arena, out, policy, where, &where->operands.items[i]);
}

static struct str rate_text(struct diff *diff, const struct ir_rule *rule)
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} periods[] = {{1, "second"}, {60, "minute"}, {3600, "hour"}, {86400, "day"}};
	struct str period = str_printf(diff->arena, "%" PRIu32 " seconds", rule->period_s);

	for (size_t i = 0; i < sizeof(periods) / sizeof(*periods); i++) {
		if (periods[i].seconds == rule->period_s)
			period = str_from(periods[i].name);
	}
	return str_printf(diff->arena, "%" PRIu32 "/%.*s burst %" PRIu32, rule->rate,
			  STR_ARG(period), rule->burst);
}

static struct str rule_text(struct diff *diff, const struct diff_content *content)
{
	static const char *const verdicts[] = {"deny", "ask", "allow"};
	const struct ir_rule *rule = content->rule;
	struct str text = str_from(verdicts[rule->verdict]);

	if (rule->condition.len)
		text = str_printf(diff->arena, "%.*s where %.*s", STR_ARG(text),
				  STR_ARG(rule->condition));
	if (rule->sandbox != IR_NONE)
		text = str_printf(diff->arena, "%.*s using %.*s", STR_ARG(text),
				  STR_ARG(content->policy->sandboxes.items[rule->sandbox].name));
	if (rule->rate)
		text = str_printf(diff->arena, "%.*s rate %.*s", STR_ARG(text),
				  STR_ARG(rate_text(diff, rule)));
	return text;
}

/* The rules of a chain, first one first. */
static const struct diff_content **rules_of(struct arena *arena, const struct diff *diff,
					    uint32_t chain, uint32_t *n)
{
	const struct diff_rules *rules = diff->rules;
	const struct diff_content **list;

	*n = rules->chains.items[chain].length;
	list = arena_alloc(arena, (*n + 1u) * sizeof(const struct diff_content *));
	for (uint32_t i = *n; i > 0; i--) {
		list[i - 1] = &rules->contents.items[rules->chains.items[chain].content];
		chain = rules->chains.items[chain].before;
	}
	return list;
}

struct str diff_chain_text(struct diff *diff, uint32_t chain)
{
	uint32_t n;
	const struct diff_content **rules = rules_of(diff->arena, diff, chain, &n);
	struct str text = STR("");

	if (n == 0)
		return STR("deny");
	for (uint32_t i = 0; i < n; i++) {
		struct str rule = rule_text(diff, rules[i]);

		text = i ? str_printf(diff->arena, "%.*s; %.*s", STR_ARG(text), STR_ARG(rule))
			 : rule;
	}
	return text;
}

/* from is the side whose policy the condition is of: equal contents are kept once. */
static void add_leaves(struct compare *compare, int side, int from, const struct ir_where *where)
{
	if (where->kind == IR_WHERE_TEST)
		vec_add(compare->cases.arena, &compare->leaves[side],
			diff_cases_test(&compare->cases, from, where));
	for (size_t i = 0; i < where->kids.n; i++)
		add_leaves(compare, side, from, where->kids.items[i]);
}

static void add_rules(struct compare *compare, int side, uint32_t chain)
{
	compare->rules[side] = rules_of(compare->cases.arena, compare->diff, chain,
					&compare->n_rules[side]);
	for (uint32_t i = 0; i < compare->n_rules[side]; i++) {
		const struct diff_content *content = compare->rules[side][i];

		vec_add(compare->cases.arena, &compare->begins[side],
			(uint32_t)compare->leaves[side].n);
		if (content->rule->where)
			add_leaves(compare, side, content->side, content->rule->where);
	}
}

static enum ir_truth negate(enum ir_truth truth)
{
	if (truth == IR_UNKNOWN)
		return truth;
	return truth == IR_TRUE ? IR_FALSE : IR_TRUE;
}

/* Every leaf is visited, so that the next one is always the right one. */
static enum ir_truth evaluate(const struct compare *compare, int side, const struct ir_where *where,
			      uint32_t *leaf)
{
	enum ir_truth truth = where->kind == IR_WHERE_OR ? IR_FALSE : IR_TRUE;

	if (where->kind == IR_WHERE_TEST)
		return compare->cases.truth[compare->leaves[side].items[(*leaf)++]];
	for (size_t i = 0; i < where->kids.n; i++) {
		enum ir_truth kid = evaluate(compare, side, where->kids.items[i], leaf);

		if (where->kind == IR_WHERE_NOT)
			truth = negate(kid);
		else if (where->kind == IR_WHERE_OR)
			truth = kid > truth ? kid : truth;
		else
			truth = kid < truth ? kid : truth;
	}
	return truth;
}

static bool rule_matches(const struct compare *compare, int side, uint32_t index)
{
	const struct ir_rule *rule = compare->rules[side][index]->rule;
	uint32_t leaf = compare->begins[side].items[index];
	enum ir_truth truth;

	if (!rule->where)
		return true;
	truth = evaluate(compare, side, rule->where, &leaf);
	return truth == IR_TRUE || (truth == IR_UNKNOWN && rule->verdict == WRIT_VERDICT_DENY);
}

static struct decided decide(const struct compare *compare, int side)
{
	for (uint32_t i = 0; i < compare->n_rules[side]; i++) {
		const struct diff_content *content = compare->rules[side][i];

		if (rule_matches(compare, side, i))
			return (struct decided){content, i, content->rule->verdict};
	}
	return (struct decided){NULL, 0, WRIT_VERDICT_DENY};
}

static struct str test_text(const struct compare *compare, uint32_t index)
{
	const struct diff_test *test = &compare->cases.tests.items[index];
	struct arena *arena = compare->diff->arena;
	struct str text = test->where->source.text;

	if (compare->cases.truth[index] == IR_TRUE)
		return text;
	if (compare->cases.truth[index] == IR_FALSE)
		return str_printf(arena, "not %.*s", STR_ARG(text));
	return str_printf(arena, "%.*s missing or not of its type", STR_ARG(test->where->arg));
}

/* The case at hand in words; empty when the tests' texts are not known. */
static struct str example_text(const struct compare *compare)
{
	struct str out = STR("");

	for (uint32_t i = 0; i < compare->cases.tests.n && i < MAX_EXAMPLE_TESTS; i++) {
		struct str text = test_text(compare, i);

		if (compare->cases.tests.items[i].where->source.text.len == 0)
			return STR("");
		out = i ? str_printf(compare->diff->arena, "%.*s, %.*s", STR_ARG(out),
				     STR_ARG(text))
			: text;
	}
	return out;
}

static void tally(struct compare *compare)
{
	struct decided old = decide(compare, OLD), new = decide(compare, NEW);

	compare->permits[OLD] |= old.verdict != WRIT_VERDICT_DENY;
	compare->permits[NEW] |= new.verdict != WRIT_VERDICT_DENY;
	if (new.verdict > old.verdict) {
		if (!compare->up)
			compare->example = example_text(compare);
		compare->up = true;
		compare->up_other |= old.verdict == WRIT_VERDICT_DENY;
	}
	if (new.verdict < old.verdict) {
		compare->down = true;
		compare->down_other |= new.verdict == WRIT_VERDICT_DENY;
	}
	if (old.verdict != WRIT_VERDICT_DENY && new.verdict != WRIT_VERDICT_DENY)
		compare->pairs[old.index * compare->n_rules[NEW] + new.index] = 1;
}

static void set_aspect(struct diff_aspect *aspect, enum ir_diff_change change,
		       enum ir_diff_effect effect)
{
	aspect->any = true;
	aspect->change = change;
	aspect->effect = effect;
}

static void conclude_verdict(const struct compare *compare, struct diff_aspect *aspect)
{
	if (!compare->up && !compare->down)
		return;
	if (!compare->permits[OLD])
		set_aspect(aspect, IR_DIFF_GAINED, IR_DIFF_WIDENED);
	else if (!compare->permits[NEW])
		set_aspect(aspect, IR_DIFF_LOST, IR_DIFF_NARROWED);
	else if (compare->up && compare->down)
		set_aspect(aspect, IR_DIFF_CONDITION, IR_DIFF_CHANGED);
	else if (compare->up)
		set_aspect(aspect, compare->up_other ? IR_DIFF_LOOSENED : IR_DIFF_ASKS_NOT,
			   IR_DIFF_WIDENED);
	else
		set_aspect(aspect, compare->down_other ? IR_DIFF_TIGHTENED : IR_DIFF_ASKS,
			   IR_DIFF_NARROWED);
}

/* "allow" for what was gained, and the like, says nothing. */
static void describe_verdict(struct compare *compare, const uint32_t chains[2],
			     struct diff_aspect *aspect)
{
	struct str before = diff_chain_text(compare->diff, chains[OLD]);
	struct str after = diff_chain_text(compare->diff, chains[NEW]);
	bool conditional = compare->cases.tests.n > 0;

	aspect->before = aspect->after = aspect->example = STR("");
	if (aspect->change == IR_DIFF_GAINED || aspect->change == IR_DIFF_LOST) {
		if (compare->permits[OLD] && (conditional || !str_eq_cstr(before, "allow")))
			aspect->before = before;
		if (compare->permits[NEW] && (conditional || !str_eq_cstr(after, "allow")))
			aspect->after = after;
		return;
	}
	if (!conditional)
		return;
	aspect->before = before;
	aspect->after = after;
	/* Equal texts differ in what they name, and so does the example's. */
	if (str_eq(before, after))
		aspect->after = str_printf(compare->diff->arena, "%.*s (a set it names is another)",
					   STR_ARG(after));
	else
		aspect->example = compare->example;
}

/* Calls in a long time, compared crosswise; a rate of 0 is none. */
static int compare_rates(const struct ir_rule *a, const struct ir_rule *b)
{
	uint64_t a_calls = (uint64_t)a->rate * b->period_s;
	uint64_t b_calls = (uint64_t)b->rate * a->period_s;

	return (a_calls > b_calls) - (a_calls < b_calls);
}

static int compare_bursts(const struct ir_rule *a, const struct ir_rule *b)
{
	return (a->burst > b->burst) - (a->burst < b->burst);
}

static void compare_pair_rates(struct diff *diff, const struct ir_rule *old,
			       const struct ir_rule *new, struct diff_aspect *out)
{
	int rate = compare_rates(new, old), burst = compare_bursts(new, old);

	out->before = old->rate ? rate_text(diff, old) : STR("");
	out->after = new->rate ? rate_text(diff, new) : STR("");
	if (!old->rate && !new->rate)
		return;
	if (!old->rate)
		set_aspect(out, IR_DIFF_RATE_ADDED, IR_DIFF_NARROWED);
	else if (!new->rate)
		set_aspect(out, IR_DIFF_RATE_REMOVED, IR_DIFF_WIDENED);
	else if (rate * burst < 0)
		set_aspect(out, IR_DIFF_RATE_CHANGED, IR_DIFF_CHANGED);
	else if (rate + burst > 0)
		set_aspect(out, IR_DIFF_RATE_RAISED, IR_DIFF_WIDENED);
	else if (rate + burst < 0)
		set_aspect(out, IR_DIFF_RATE_LOWERED, IR_DIFF_NARROWED);
}

/* Another pair of rules says something too: the same, or something that makes it a change. */
static void join_aspect(struct diff_aspect *out, const struct diff_aspect *more,
			enum ir_diff_change mixed)
{
	if (!more->any)
		return;
	if (!out->any) {
		*out = *more;
		return;
	}
	out->effect = diff_effect_join(out->effect, more->effect);
	if (out->effect == IR_DIFF_CHANGED)
		out->change = mixed;
}

static void compare_pair_sandboxes(struct diff *diff, const struct diff_content *old,
				   const struct diff_content *new, const uint32_t own[2],
				   struct diff_aspect *out)
{
	uint32_t before = old->sandbox != IR_NONE ? old->sandbox : own[OLD];
	uint32_t after = new->sandbox != IR_NONE ? new->sandbox : own[NEW];

	/* A tool's own sandbox is the tool's affair, told once and not for every role. */
	if (old->sandbox == IR_NONE && new->sandbox == IR_NONE)
		return;
	out->any = diff_sandbox_change(diff, before, after, out);
}

static void conclude_pairs(struct compare *compare, const uint32_t own[2],
			   struct diff_decision *out)
{
	uint32_t width = compare->n_rules[NEW];

	for (uint32_t i = 0; i < compare->n_rules[OLD] * width; i++) {
		const struct diff_content *old, *new;
		struct diff_aspect rate = {0}, sandbox = {0};

		if (!compare->pairs[i])
			continue;
		old = compare->rules[OLD][i / width];
		new = compare->rules[NEW][i % width];
		compare_pair_rates(compare->diff, old->rule, new->rule, &rate);
		rate.example = STR("");
		join_aspect(&out->aspects[ASPECT_RATE], &rate, IR_DIFF_RATE_CHANGED);
		compare_pair_sandboxes(compare->diff, old, new, own, &sandbox);
		join_aspect(&out->aspects[ASPECT_SANDBOX], &sandbox, IR_DIFF_SANDBOX_OTHER);
	}
}

static void run_cases(struct compare *compare)
{
	bool more = diff_cases_next(&compare->cases, true);

	while (more) {
		tally(compare);
		more = diff_cases_next(&compare->cases, false);
	}
}

void diff_compare_chains(struct diff *diff, const uint32_t chains[2], const uint32_t own[2],
			 struct diff_decision *out)
{
	struct diff_aspect *verdict = &out->aspects[ASPECT_VERDICT];
	struct compare compare = {.diff = diff, .example = STR("")};
	struct arena scratch;

	arena_init(&scratch);
	compare.cases.diff = diff;
	compare.cases.arena = &scratch;
	add_rules(&compare, OLD, chains[OLD]);
	add_rules(&compare, NEW, chains[NEW]);
	compare.pairs = arena_alloc(&scratch, (size_t)compare.n_rules[OLD] * compare.n_rules[NEW]);
	if (diff_cases_build(&compare.cases)) {
		set_aspect(verdict, IR_DIFF_TOO_COMPLEX, IR_DIFF_CHANGED);
		verdict->before = diff_chain_text(diff, chains[OLD]);
		verdict->after = diff_chain_text(diff, chains[NEW]);
		verdict->example = STR("");
	} else {
		run_cases(&compare);
		conclude_verdict(&compare, verdict);
		if (verdict->any)
			describe_verdict(&compare, chains, verdict);
		conclude_pairs(&compare, own, out);
	}
	arena_fini(&scratch);
}
