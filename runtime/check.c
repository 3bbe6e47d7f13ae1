/*
 * writ_check: two loads decide.
 *
 * In: a subject and a tool, by id or by name. Out: a verdict. A subject's id is its row and a
 * tool's its column, so the decision is one cell, found through the number of its block: 0, or the
 * deciding rule plus 1; rules are sorted by verdict, so two comparisons tell which it is. Where
 * rules with conditions come first, the cell names a chain of them, which is walked until one
 * applies. A name costs a hash, a probe and a comparison; a tool that the policy does not list runs
 * through the automaton of all wildcards, one load a byte. No allocation, no system call, no lock;
 * of the policy nothing is parsed: verification has made every index in the tables safe to follow.
 */
#include <string.h>

#include "runtime/check.h"
#include "runtime/lists.h"
#include "runtime/policy.h"
#include "runtime/verify.h"

static inline enum writ_verdict verdict_of(const struct writ_policy *policy, uint32_t cell)
{
	if (cell == 0)
		return WRIT_DENY;
	if (cell > policy->allow_from)
		return WRIT_ALLOW;
	return cell > policy->ask_from ? WRIT_ASK : WRIT_DENY;
}

/* What only sessions say; of the request no more than tells that there is none. */
static inline void say_no_session(struct writ_decision *decision)
{
	decision->generation = 0;
	decision->retry_ms = 0;
	decision->request[0] = '\0';
}

static enum writ_verdict refuse(struct writ_decision *decision, enum writ_reason reason,
				uint32_t sandbox)
{
	if (decision) {
		decision->verdict = WRIT_DENY;
		decision->reason = reason;
		decision->rule = WRIT_NO_ID;
		decision->sandbox = sandbox;
		say_no_session(decision);
	}
	return WRIT_DENY;
}

/* The sandbox of a call that a rule decided: the rule's own, else the tool's. */
static inline uint32_t sandbox_of(const struct writ_policy *policy, uint32_t rule, uint32_t tool)
{
	if (policy->has_using && policy->fmt_rules[rule].sandbox != WRIT_NONE)
		return policy->fmt_rules[rule].sandbox;
	return policy->columns[tool].sandbox;
}

static inline enum writ_verdict by_rule(const struct writ_policy *policy, uint32_t rule,
					uint32_t tool, struct writ_decision *decision)
{
	enum writ_verdict verdict = verdict_of(policy, rule + 1);

	if (decision) {
		decision->verdict = verdict;
		decision->reason = WRIT_BY_RULE;
		decision->rule = rule;
		decision->sandbox = sandbox_of(policy, rule, tool);
		say_no_session(decision);
	}
	return verdict;
}

/* Told of is the first rule of a chain that would have let the call pass, if there is one. */
static uint32_t told_rule(const struct writ_policy *policy, const struct writ_fmt_range *chain)
{
	uint32_t rule = policy->chain_rules[chain->first];

	for (uint32_t i = 0; i < chain->count && rule < policy->ask_from; i++)
		rule = policy->chain_rules[chain->first + i];
	return rule;
}

/* No condition held, and no rule is without one. */
static enum writ_verdict refuse_chains(const struct writ_policy *policy,
				       const struct condition_subject *subject,
				       struct writ_decision *decision)
{
	uint32_t told = WRIT_NO_ID;
	uint32_t plain;

	for (size_t i = 0; i < subject->n_rows; i++) {
		const struct writ_fmt_range *chain = condition_chain(policy, subject, i, &plain);
		uint32_t rule = chain ? told_rule(policy, chain) : plain;

		if (told == WRIT_NO_ID || (told < policy->ask_from && rule != WRIT_NO_ID) ||
		    (rule >= policy->ask_from && rule < told))
			told = rule;
	}
	(void)refuse(decision, WRIT_NO_CONDITION, policy->columns[subject->column].sandbox);
	if (decision)
		decision->rule = told;
	return WRIT_DENY;
}

struct arguments {
	const struct writ_arg *items;
	size_t n;
};

static size_t name_length(const struct writ_arg *arg)
{
	if (!arg->name)
		return 0;
	return arg->name_len ? arg->name_len : strlen(arg->name);
}

/* One of a name given twice may be what the rules look at, the other what the tool takes. */
static bool given_twice(struct arguments args)
{
	size_t lens[WRIT_MAX_CALL_ARGS];

	for (size_t i = 0; i < args.n; i++) {
		lens[i] = name_length(&args.items[i]);
		for (size_t k = 0; k < i; k++) {
			if (lens[k] == lens[i] && lens[i] &&
			    memcmp(args.items[k].name, args.items[i].name, lens[i]) == 0)
				return true;
		}
	}
	return false;
}

/* Apart from what an unconditional decision runs through, which needs no such stack frame. */
static __attribute__((noinline)) enum writ_verdict check_conditions(
	const struct writ_policy *policy, const struct condition_subject *subject,
	struct arguments args, struct writ_decision *decision)
{
	uint32_t tool = subject->column;
	struct condition_call call;
	uint32_t rule;

	condition_begin(&call, policy, args.items, args.n);
	rule = call.has_lists ? lists_first(&call, subject) : condition_first(&call, subject);
	if (rule == LISTS_TOO_MANY)
		return refuse(decision, WRIT_BAD_REQUEST, policy->columns[tool].sandbox);
	if (rule != WRIT_NO_ID)
		return by_rule(policy, rule, tool, decision);
	return refuse_chains(policy, subject, decision);
}

static inline enum writ_verdict check(const struct writ_policy *policy, uint32_t subject,
				      uint32_t tool, struct arguments args,
				      struct writ_decision *decision)
{
	uint32_t cell;

	if (subject >= policy->n_rows)
		return refuse(decision, WRIT_UNKNOWN_SUBJECT, WRIT_NO_ID);
	if (tool >= policy->n_columns)
		return refuse(decision, WRIT_NO_RULE, WRIT_NO_ID);
	cell = policy_cell(policy, subject, tool);
	if (cell == 0)
		return refuse(decision, WRIT_NO_RULE, policy->columns[tool].sandbox);
	if (args.n > 1 && given_twice(args))
		return refuse(decision, WRIT_BAD_REQUEST, policy->columns[tool].sandbox);
	if (cell > policy->n_rules)
		return check_conditions(policy, &(struct condition_subject){&subject, 1, tool},
					args, decision);
	return by_rule(policy, cell - 1, tool, decision);
}

enum writ_verdict writ_check_id(const struct writ_policy *policy, uint32_t subject, uint32_t tool,
				struct writ_decision *decision)
{
	return check(policy, subject, tool, (struct arguments){NULL, 0}, decision);
}

enum writ_verdict writ_check_call(const struct writ_policy *policy, uint32_t subject, uint32_t tool,
				  const struct writ_arg *args, size_t n_args,
				  struct writ_decision *decision)
{
	if (n_args > WRIT_MAX_CALL_ARGS || (n_args && !args))
		return refuse(decision, WRIT_BAD_REQUEST, WRIT_NO_ID);
	return check(policy, subject, tool, (struct arguments){args, n_args}, decision);
}

static bool has_rules(const struct writ_policy *policy, const struct condition_subject *subject)
{
	for (size_t i = 0; i < subject->n_rows; i++) {
		if (policy_cell(policy, subject->rows[i], subject->column) != 0)
			return true;
	}
	return false;
}

enum writ_verdict check_together(const struct writ_policy *policy,
				 const struct condition_subject *subject,
				 const struct writ_arg *args, size_t n_args,
				 struct writ_decision *decision)
{
	struct arguments given = {args, n_args};

	if (n_args > WRIT_MAX_CALL_ARGS || (n_args && !args))
		return refuse(decision, WRIT_BAD_REQUEST, WRIT_NO_ID);
	if (subject->column >= policy->n_columns)
		return refuse(decision, WRIT_NO_RULE, WRIT_NO_ID);
	if (!has_rules(policy, subject))
		return refuse(decision, WRIT_NO_RULE, policy->columns[subject->column].sandbox);
	if (n_args > 1 && given_twice(given))
		return refuse(decision, WRIT_BAD_REQUEST, policy->columns[subject->column].sandbox);
	return check_conditions(policy, subject, given, decision);
}

/* A length of 0: NUL-terminated. */
static inline size_t length_of(const char *name, size_t len)
{
	return len ? len : strlen(name);
}

static inline uint32_t find_role(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t id = index_find(&policy->roles, name, len);

	return id == WRIT_NONE ? WRIT_NO_ID : image_ROLES(&policy->image, id)->row;
}

static inline uint32_t find_user(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t id = index_find(&policy->users, name, len);

	return id == WRIT_NONE ? WRIT_NO_ID : image_USERS(&policy->image, id)->row;
}

uint32_t writ_subject_open(const struct writ_policy *policy, enum writ_subject_kind kind,
			   const char *name, size_t len)
{
	if (!name)
		return WRIT_NO_ID;
	if (kind == WRIT_ROLE)
		return find_role(policy, name, length_of(name, len));
	if (kind == WRIT_USER)
		return find_user(policy, name, length_of(name, len));
	return WRIT_NO_ID;
}

/* The column of a name that no declaration and no exact rule mentions. */
static uint32_t run_automaton(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t state = policy->start;

	if (len == 0 || len > WRIT_MAX_NAME)
		return WRIT_NO_ID;
	for (size_t i = 0; i < len; i++) {
		uint32_t class = policy->char_classes[(unsigned char)name[i]];

		state = policy->states[state * policy->n_classes + class];
	}
	return policy->accepts[state];
}

static inline uint32_t find_tool(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t id = index_find(&policy->tools, name, len);

	return id == WRIT_NONE ? run_automaton(policy, name, len) : id;
}

uint32_t writ_tool_id(const struct writ_policy *policy, const char *name, size_t len)
{
	return name ? find_tool(policy, name, length_of(name, len)) : WRIT_NO_ID;
}

enum writ_verdict writ_check(const struct writ_policy *policy, const struct writ_request *request,
			     struct writ_decision *decision)
{
	const char *tool = request->tool;
	size_t tool_len;
	uint32_t subject;
	uint32_t column;

	if (!tool || !request->role == !request->user)
		return refuse(decision, WRIT_BAD_REQUEST, WRIT_NO_ID);
	subject = request->role ? find_role(policy, request->role,
					    length_of(request->role, request->role_len))
				: find_user(policy, request->user,
					    length_of(request->user, request->user_len));
	if (subject == WRIT_NO_ID)
		return refuse(decision, WRIT_UNKNOWN_SUBJECT, WRIT_NO_ID);
	tool_len = length_of(tool, request->tool_len);
	column = find_tool(policy, tool, tool_len);
	if (column == WRIT_NO_ID && !verify_tool_name(tool, tool_len))
		return refuse(decision, WRIT_BAD_TOOL_NAME, WRIT_NO_ID);
	return writ_check_call(policy, subject, column, request->args, request->n_args, decision);
}

int writ_rule(const struct writ_policy *policy, uint32_t id, struct writ_rule *out)
{
	const struct image *image = &policy->image;
	const struct writ_fmt_rule *rule;

	if (!out || id >= image_count(image, WRIT_SECTION_RULES))
		return -WRIT_E_INVALID;
	rule = image_RULES(image, id);
	out->verdict = verdict_of(policy, id + 1);
	out->role = image_text(image, image_ROLES(image, rule->role)->name);
	out->pattern = image_text(image, rule->pattern);
	out->condition = image_text(image, rule->condition);
	out->file = image_text(image, rule->file);
	out->line = rule->line;
	out->col = rule->col;
	return 0;
}

uint32_t writ_sandbox_id(const struct writ_policy *policy, const char *name, size_t len)
{
	const struct image *image = &policy->image;
	uint32_t n = name ? image_count(image, WRIT_SECTION_SANDBOXES) : 0;

	if (name)
		len = length_of(name, len);
	for (uint32_t i = 0; i < n; i++) {
		struct writ_fmt_str own = image_SANDBOXES(image, i)->name;

		if (own.len == len && memcmp(image_str(image, own), name, len) == 0)
			return i;
	}
	return WRIT_NO_ID;
}

const char *writ_sandbox_name(const struct writ_policy *policy, uint32_t id)
{
	if (id >= image_count(&policy->image, WRIT_SECTION_SANDBOXES))
		return NULL;
	return image_text(&policy->image, image_SANDBOXES(&policy->image, id)->name);
}
