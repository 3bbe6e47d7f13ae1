/*
 * See decision_words.h. They are in logs that are kept, so a word never changes.
 */
#include "runtime/audit/decision_words.h"

const char *const decision_verdicts[DECISION_VERDICTS] = {
	[WRIT_DENY] = "deny",
	[WRIT_ASK] = "ask",
	[WRIT_ALLOW] = "allow",
};

const char *const decision_reasons[DECISION_REASONS] = {
	[WRIT_BY_RULE] = "by_rule",
	[WRIT_NO_RULE] = "no_rule",
	[WRIT_NO_CONDITION] = "no_condition",
	[WRIT_UNKNOWN_SUBJECT] = "unknown_subject",
	[WRIT_BAD_TOOL_NAME] = "bad_tool_name",
	[WRIT_BAD_REQUEST] = "bad_request",
	[WRIT_RATE_LIMITED] = "rate_limited",
	[WRIT_NO_STATE] = "no_state",
	[WRIT_STALE] = "stale",
	[WRIT_NOT_APPROVED] = "not_approved",
	[WRIT_NOT_RECORDED] = "not_recorded",
};
