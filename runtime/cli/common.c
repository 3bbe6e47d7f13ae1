/*
 * What decide and run share: opening the bundle, asking it, and saying why.
 */
#include <string.h>

#include "runtime/cli/cli.h"

int cli_open(const struct cli_options *options, struct writ_policy **policy)
{
	const struct writ_options open_options = {
		.params = options->params.items,
		.n_params = options->params.n,
		.stand_ins = options->stand_ins,
	};
	struct writ_error error;
	int rc;

	if (!options->bundle)
		return cli_fail(EXIT_USAGE, "-p BUNDLE is missing");
	rc = writ_open(options->bundle, &open_options, policy, &error);
	return rc ? cli_fail(writ_exit_status(rc), "%s: %s", options->bundle, error.text) : 0;
}

int cli_check_subject(const struct cli_options *options)
{
	if (!options->role == !options->user)
		return cli_fail(EXIT_USAGE, "give one of --role and --user");
	if (!options->tool)
		return cli_fail(EXIT_USAGE, "--tool is missing");
	return 0;
}

int cli_check_audit(const struct cli_options *options)
{
	if (!options->audit)
		return 0;
	/* Never silently: whoever asks for a record must not believe that there is one. */
	return cli_fail(EXIT_HOST, "--audit is not supported yet; nothing was decided or run");
}

enum writ_verdict cli_decide(const struct cli_options *options, const struct writ_policy *policy,
			     struct writ_decision *decision)
{
	const struct writ_request request = {
		.role = options->role,
		.user = options->user,
		.tool = options->tool,
	};

	return writ_check(policy, &request, decision);
}

static void explain_rule(const struct writ_policy *policy, uint32_t id, char *text, size_t size)
{
	static const char *const verbs[] = {
		[WRIT_DENY] = "deny",
		[WRIT_ASK] = "ask",
		[WRIT_ALLOW] = "allow",
	};
	struct writ_rule rule;

	if (writ_rule(policy, id, &rule))
		(void)snprintf(text, size, "rule %u", id);
	else
		(void)snprintf(text, size, "rule %s:%u:%u of role '%s': %s %s", rule.file,
			       rule.line, rule.col, rule.role, verbs[rule.verdict], rule.pattern);
}

void cli_explain(const struct cli_options *options, const struct writ_policy *policy,
		 const struct writ_decision *decision, char *text, size_t size)
{
	const char *kind = options->role ? "role" : "user";
	const char *subject = options->role ? options->role : options->user;

	switch (decision->reason) {
	case WRIT_BY_RULE:
		explain_rule(policy, decision->rule, text, size);
		break;
	case WRIT_NO_RULE:
		(void)snprintf(text, size, "no rule of %s '%s' matches tool '%s'", kind, subject,
			       options->tool);
		break;
	case WRIT_UNKNOWN_SUBJECT:
		(void)snprintf(text, size, "%s '%s' is not known to the policy", kind, subject);
		break;
	case WRIT_BAD_TOOL_NAME:
		(void)snprintf(text, size, "'%s' is not a name that a tool can have",
			       options->tool);
		break;
	case WRIT_BAD_REQUEST:
		(void)snprintf(text, size, "the request names no subject or no tool");
		break;
	}
}
