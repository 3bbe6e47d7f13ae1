/*
 * Conditions of rules, evaluated on the arguments of a call.
 */
#ifndef WRIT_RUNTIME_CONDITIONS_H
#define WRIT_RUNTIME_CONDITIONS_H

#include "runtime/hostname.h"
#include "runtime/policy.h"

#define CONDITION_NO_ARG UINT32_MAX

/*
 * A call being decided. value is what the last test read its argument as; a path or a peer is kept
 * with the argument's number, so that tests of one argument in a row read it once.
 */
struct condition_call {
	const struct writ_policy *policy;
	const struct writ_arg *args;
	const struct writ_arg *chosen[WRIT_MAX_CALL_ARGS]; /* of lists: what stands for them */
	uint32_t n_args;
	bool has_lists;
	uint32_t path_arg; /* whose path and path_ok are, or CONDITION_NO_ARG */
	uint32_t peer_arg; /* whose peer and peer_ok are */
	bool path_ok;
	bool peer_ok;
	struct slice text;
	int64_t number;
	struct slice path;
	struct url peer;
	size_t name_lens[WRIT_MAX_CALL_ARGS];
	char normal[WRIT_MAX_TEXT + 1]; /* of a path that was not normal as given */
};

/* args: at most WRIT_MAX_CALL_ARGS, borrowed. */
void condition_begin(struct condition_call *call, const struct writ_policy *policy,
		     const struct writ_arg *args, size_t n_args);

#define CONDITION_ARG_MISSING WRIT_MAX_CALL_ARGS
#define CONDITION_ARG_TWICE   (WRIT_MAX_CALL_ARGS + 1)

/* The number of the argument with a name, or one of the two above. */
uint32_t condition_arg(const struct condition_call *call, struct writ_fmt_str name);

/* Whose rules decide a call of which tool: rows and a column of the decision table, in range. */
struct condition_subject {
	const uint32_t *rows;
	size_t n_rows;
	uint32_t column;
};

/* The chain of rules that a row has for the tool, or NULL; then *plain is its only one, or none. */
static inline const struct writ_fmt_range *condition_chain(const struct writ_policy *policy,
							   const struct condition_subject *subject,
							   size_t row, uint32_t *plain)
{
	uint32_t cell = policy_cell(policy, subject->rows[row], subject->column);

	*plain = cell == 0 || cell > policy->n_rules ? WRIT_NO_ID : cell - 1;
	return cell > policy->n_rules ? &policy->chains[cell - policy->n_rules - 1] : NULL;
}

/*
 * The first rule of them that applies, or WRIT_NO_ID. Rules are sorted by verdict, so it is what
 * all rows say together. Each list that their conditions test must have been replaced.
 */
uint32_t condition_first(struct condition_call *call, const struct condition_subject *subject);

/* From now on value stands for a list; it may be a list itself, which is nothing that can be read.
 */
static inline void condition_choose(struct condition_call *call, uint32_t arg,
				    const struct writ_arg *value)
{
	call->chosen[arg] = value;
	call->path_arg = CONDITION_NO_ARG;
	call->peer_arg = CONDITION_NO_ARG;
}

#endif
