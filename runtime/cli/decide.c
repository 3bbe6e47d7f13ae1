/*
 * writ decide: one question, answered on standard output. The first line is the verdict, for
 * programs; the second is the reason, for people.
 */
#include "runtime/cli/cli.h"

#define MAX_REASON 8192

const char cli_help_decide[] =
	"usage: writ decide -p BUNDLE (--role ROLE | --user USER) --tool TOOL\n"
	"                   [--arg NAME=VALUE]... [--param NAME=VALUE]... [MONITOR OPTION]...\n"
	"\n"
	"May this subject call this tool? Prints allow, deny or ask, and on a second line why.\n"
	"\n"
	"  -p, --bundle FILE    the compiled policy\n"
	"  --role, --user NAME  who wants to call\n"
	"  --tool NAME          what\n"
	"  --arg NAME=VALUE     an argument of the call, for the conditions of rules\n"
	"  --param NAME=VALUE   binds a parameter of the policy\n"
	"  --audit, --key, --policy, --allow-rollback, --users, --activate, --state, "
	"--args-json, --approval, --wait, --public\n"
	"                       writ(1)\n"
	"\n"
	"exit status: 0 allow; 1 deny or ask; 2 wrong command line; 3 unusable bundle; 4 not "
	"supported\n";

int cli_verb_decide(char **argv)
{
	static const char *const words[] = {
		[WRIT_DENY] = "deny",
		[WRIT_ASK] = "ask",
		[WRIT_ALLOW] = "allow",
	};
	static const struct cli_usage usage = {
		.accepted = CLI_BUNDLE | CLI_ROLE | CLI_USER | CLI_TOOL | CLI_ARG | CLI_PARAM |
			    CLI_MONITOR,
		.help = cli_help_decide,
		.check = cli_check_subject,
	};
	static struct cli_options options;
	const struct writ_policy *policy = NULL;
	struct writ_decision decision;
	char reason[MAX_REASON];
	int status;

	if (!cli_begin(argv, &usage, &options, &status))
		return status;
	status = cli_judge_open(&options, argv, &policy);
	if (!status)
		status = cli_judge(&options, &decision);
	if (status)
		return status;
	cli_judge_explain(&options, &decision, reason, sizeof(reason));
	cli_judge_close();
	(void)puts(words[decision.verdict]);
	cli_print_safe(stdout, reason);
	(void)putchar('\n');
	if (*decision.request)
		(void)printf("request %s\n", decision.request);
	if (fflush(stdout) || ferror(stdout))
		return cli_fail(EXIT_RUN_FAILED, "standard output can't be written");
	return decision.verdict == WRIT_ALLOW ? EXIT_ALLOWED : EXIT_DENIED;
}
