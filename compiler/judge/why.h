/*
 * Why a call is decided as it is: the rules that have to do with it, and what became of their
 * conditions.
 */
#ifndef WRIT_JUDGE_WHY_H
#define WRIT_JUDGE_WHY_H

#include "ir/ir.h"

struct why_rule {
	uint32_t rule;       /* of the policy */
	enum ir_truth truth; /* of its condition; TRUE when it has none */
	bool holds;          /* it matches the call: of a deny rule unknown is enough */
};

VEC_TYPE(why_rules, struct why_rule);

/* The rules of the request's roles whose pattern matches the tool, strictest first. */
struct why_rules why_rules(struct arena *arena, const struct ir_policy *policy,
			   const struct ir_request *request);

/* A test that keeps a condition from being what it is not. */
struct why_test {
	const struct ir_where *test;
	enum ir_truth truth; /* with "not", when it is negated */
	bool negated;
};

VEC_TYPE(why_tests, struct why_test);

/* The tests of a condition that are why it has the truth it has. */
struct why_tests why_tests(struct arena *arena, const struct ir_where *where,
			   const struct ir_request *request);

/* A test as it would be written, negated or not. */
struct str why_test_text(struct arena *arena, const struct why_test *test);

/* "'path' is \"/etc/passwd\"", "the call has no argument 'path'". */
struct str why_value(struct arena *arena, const struct ir_where *test, enum ir_truth truth,
		     const struct ir_request *request);

/* "allow", "ask", "deny". */
const char *why_verdict(enum writ_verdict_id verdict);

/* A rule as it would be written alone: "allow git_* where remote == \"origin\" rate 10/minute". */
struct str why_rule_text(struct arena *arena, const struct ir_policy *policy, uint32_t rule);

/*
 * How a role came to a rule of another one: "developer <- guest". Empty when the rule is
 * its own.
 */
struct str why_inherited(struct arena *arena, const struct ir_policy *policy, uint32_t role,
			 uint32_t from);

/* The index of a role or a user, or IR_NONE. */
uint32_t why_role(const struct ir_policy *policy, struct str name);
uint32_t why_user(const struct ir_policy *policy, struct str name);

#endif
