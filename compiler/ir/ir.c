/*
 * Looking things up in the IR: what a tool pattern matches, which declaration a tool name belongs
 * to.
 *
 * A pattern is bytes, of which "*" stands for any run of bytes, also an empty one; everything else
 * is itself, case included. Whatever compares a name with a pattern (the reference evaluation, the
 * lints) does it here; the back end's automaton is tested against this function.
 */
#include "ir/ir.h"

#include <string.h>

bool ir_pattern_is_exact(struct str pattern)
{
	return !memchr(pattern.ptr, '*', pattern.len);
}

bool ir_pattern_matches(struct str pattern, struct str name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;

	/*
	 * Only the last star seen can be worth stretching: earlier ones took the least they could.
	 */
	while (n < name.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			resume = n;
		} else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

/* Do both agree on the bytes that both fix at their beginnings? */
static bool prefixes_agree(struct str a, struct str b)
{
	for (size_t i = 0; i < a.len && i < b.len && a.ptr[i] != '*' && b.ptr[i] != '*'; i++) {
		if (a.ptr[i] != b.ptr[i])
			return false;
	}
	return true;
}

static bool suffixes_agree(struct str a, struct str b)
{
	for (size_t i = 1; i <= a.len && i <= b.len; i++) {
		char left = a.ptr[a.len - i], right = b.ptr[b.len - i];

		if (left == '*' || right == '*')
			return true;
		if (left != right)
			return false;
	}
	return true;
}

bool ir_patterns_overlap(struct str a, struct str b)
{
	if (ir_pattern_is_exact(a))
		return ir_pattern_matches(b, a);
	if (ir_pattern_is_exact(b))
		return ir_pattern_matches(a, b);
	/*
	 * Each has a star that takes whatever stands in the middle of the other, so only the ends
	 * can contradict.
	 */
	return prefixes_agree(a, b) && suffixes_agree(a, b);
}

size_t ir_pattern_literals(struct str pattern)
{
	size_t count = 0;

	for (size_t i = 0; i < pattern.len; i++)
		count += pattern.ptr[i] != '*';
	return count;
}

const struct ir_tool *ir_tool_named(const struct ir_policy *policy, struct str name)
{
	size_t at = STR_LOWER_BOUND(&policy->tools, name, name);

	if (at == policy->tools.n || !str_eq(policy->tools.items[at].name, name))
		return NULL;
	return &policy->tools.items[at];
}

const struct ir_tool *ir_tool_for(const struct ir_policy *policy, struct str name)
{
	const struct ir_tool *best = ir_tool_named(policy, name);
	size_t best_bytes = 0;

	if (best && ir_pattern_is_exact(name))
		return best;
	best = NULL;
	for (size_t i = 0; i < policy->tools.n; i++) {
		const struct ir_tool *tool = &policy->tools.items[i];
		size_t bytes = ir_pattern_literals(tool->name);

		/* Of equals the first: tools are sorted, so it is the same one every time. */
		if (ir_pattern_is_exact(tool->name) || (best && bytes <= best_bytes))
			continue;
		if (ir_pattern_matches(tool->name, name)) {
			best = tool;
			best_bytes = bytes;
		}
	}
	return best;
}
