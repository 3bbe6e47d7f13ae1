/*
 * What decide and run share: reading the command line, opening the bundle, asking it, and saying
 * why.
 */
#include <string.h>

#include "runtime/cli/cli.h"

#define MAX_PLACE           4200
#define MAX_SHOWN_CONDITION 2000

_Static_assert(CLI_MAX_PAIRS <= WRIT_MAX_CALL_ARGS, "what the command line takes can be asked");

int cli_open(const struct cli_options *options, struct writ_policy **policy)
{
	const struct writ_options open_options = {
		.params = options->params.items,
		.n_params = options->params.n,
		.stand_ins = options->stand_ins,
		.examine = options->examine,
	};
	struct writ_error error;
	int rc;

	if (!options->bundle)
		return cli_fail(EXIT_USAGE, "-p BUNDLE is missing");
	rc = writ_open(options->bundle, &open_options, policy, &error);
	return rc ? cli_fail(writ_exit_status(rc), "%.300s: %s", options->bundle, error.text) : 0;
}

int cli_check_subject(const struct cli_options *options)
{
	if (!options->role == !options->user)
		return cli_fail(EXIT_USAGE, "give one of --role and --user");
	if (!options->tool)
		return cli_fail(EXIT_USAGE, "--tool is missing");
	return 0;
}

static int check_audit(const struct cli_options *options)
{
	if (!options->audit)
		return 0;
	/* Never silently: whoever asks for a record must not believe that there is one. */
	return cli_fail(EXIT_HOST, "--audit is not supported yet; nothing was decided or run");
}

bool cli_begin(char **argv, const struct cli_usage *usage, struct cli_options *options, int *status)
{
	*status = cli_parse(argv, usage->accepted, options);
	if (*status)
		return false;
	if (options->help) {
		*status = fputs(usage->help, stdout) < 0 ? EXIT_RUN_FAILED : 0;
		return false;
	}
	*status = usage->check(options);
	if (!*status)
		*status = check_audit(options);
	return *status == 0;
}

enum writ_verdict cli_decide(const struct cli_options *options, const struct writ_policy *policy,
			     struct writ_decision *decision)
{
	struct writ_arg args[CLI_MAX_PAIRS] = {{.name = NULL}};
	const struct writ_request request = {
		.role = options->role,
		.user = options->user,
		.tool = options->tool,
		.args = args,
		.n_args = options->args.n,
	};

	for (size_t i = 0; i < options->args.n; i++) {
		args[i].name = options->args.items[i].name;
		args[i].text = options->args.items[i].value;
	}
	return writ_check(policy, &request, decision);
}

/* "rule FILE:LINE:COL of role 'ROLE': VERB TOOLS where CONDITION" */
static void print_rule(const struct writ_policy *policy, uint32_t id, char *text, size_t size)
{
	static const char *const verbs[] = {
		[WRIT_DENY] = "deny",
		[WRIT_ASK] = "ask",
		[WRIT_ALLOW] = "allow",
	};
	struct writ_rule rule;
	char place[MAX_PLACE] = "";

	if (writ_rule(policy, id, &rule)) {
		(void)snprintf(text, size, "rule %u", id);
		return;
	}
	if (*rule.file)
		(void)snprintf(place, sizeof(place), " %s:%u:%u", rule.file, rule.line, rule.col);
	(void)snprintf(text, size, "rule%s of role '%s': %s %s%s%.*s%s", place, rule.role,
		       verbs[rule.verdict], rule.pattern, *rule.condition ? " where " : "",
		       MAX_SHOWN_CONDITION, rule.condition,
		       strlen(rule.condition) > MAX_SHOWN_CONDITION ? "..." : "");
}

/* No condition held: decision->rule is the one that would have let the call pass, if there is one.
 */
static void explain_conditions(const struct writ_policy *policy, uint32_t id, char *text,
			       size_t size)
{
	struct writ_rule rule;
	int n;

	if (writ_rule(policy, id, &rule) || rule.verdict == WRIT_DENY) {
		(void)snprintf(text, size, "no rule allows it");
		return;
	}
	n = snprintf(text, size, "none of the conditions holds; the first is that of ");
	if (n > 0 && (size_t)n < size)
		print_rule(policy, id, text + n, size - (size_t)n);
}

/* Who asks for a user as a role is told so. */
static const char *other_kind(const struct cli_options *options, const struct writ_policy *policy)
{
	enum writ_subject_kind kind = options->role ? WRIT_USER : WRIT_ROLE;
	const char *name = options->role ? options->role : options->user;

	if (writ_subject_open(policy, kind, name, strlen(name)) == WRIT_NO_ID)
		return "";
	return kind == WRIT_USER ? "; it is a user (--user)" : "; it is a role (--role)";
}

void cli_explain(const struct cli_options *options, const struct writ_policy *policy,
		 const struct writ_decision *decision, char *text, size_t size)
{
	const char *kind = options->role ? "role" : "user";
	const char *subject = options->role ? options->role : options->user;

	switch (decision->reason) {
	case WRIT_BY_RULE:
		print_rule(policy, decision->rule, text, size);
		break;
	case WRIT_NO_RULE:
		(void)snprintf(text, size, "no rule of %s '%s' matches tool '%s'", kind, subject,
			       options->tool);
		break;
	case WRIT_NO_CONDITION:
		explain_conditions(policy, decision->rule, text, size);
		break;
	case WRIT_UNKNOWN_SUBJECT:
		(void)snprintf(text, size, "%s '%s' is not known to the policy%s", kind, subject,
			       other_kind(options, policy));
		break;
	case WRIT_BAD_TOOL_NAME:
		(void)snprintf(text, size, "'%s' is not a name that a tool can have",
			       options->tool);
		break;
	case WRIT_BAD_REQUEST:
		(void)snprintf(
			text, size,
			"the request names no subject or no tool, or has too many arguments");
		break;
	case WRIT_RATE_LIMITED:
	case WRIT_NO_STATE:
	case WRIT_STALE:
	case WRIT_NOT_APPROVED:
	case WRIT_NOT_RECORDED:
		break; /* of sessions */
	}
}
