/*
 * `writc explain`: one call, its decision, and what that rests on.
 */
#ifndef WRIT_CLI_EXPLAIN_H
#define WRIT_CLI_EXPLAIN_H

#include "cli/bound.h"
#include "judge/why.h"

/* A rule that names the tool. */
struct explained_rule {
	uint32_t rule;
	bool decides;
	bool holds;
	struct why_tests tests;    /* of its condition: why it holds, or does not */
	struct ir_indices unbound; /* parameters it needs that have no value */
	struct str through;        /* "developer <- guest", or empty */
};

struct explanation {
	struct arena *arena;
	const struct ir_policy *ir;
	struct bound bound;
	bool is_user;
	struct str subject;
	struct ir_request request;
	struct writ_decision decision;
	VEC(struct explained_rule) rules; /* strictest first */
};

void explain_text(const struct explanation *explanation);
void explain_json(const struct explanation *explanation);

/* Why there is no rule that decided, in a clause; or "" when there is one. */
const char *explain_reason(const struct explanation *explanation);

/* "allow", "ask", "deny". */
const char *explain_verdict(enum writ_verdict verdict);

/* "yes", "no", "unknown". */
const char *explain_truth(enum ir_truth truth);

/* The sandbox that the call runs in; empty when it is denied or there is none. */
struct str explain_sandbox(const struct explanation *explanation);

#endif
