/*
 * What stands behind decide and run in writ itself: the policy, which says what it says to every
 * call alike. Whatever takes a memory, a log, a key or another's word for who a user is, is a
 * monitor's, and writ-audit, which writ then becomes with the same command line, has one.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/cli/cli.h"

#define KEY_DIRECTORY "/etc/writ/keys"

static struct writ_policy *judge;
static char **words;

/* What can't be looked at may be there. */
static bool has_keys(void)
{
	return getenv("WRIT_KEY") || access(KEY_DIRECTORY, F_OK) == 0 ||
	       (errno != ENOENT && errno != ENOTDIR);
}

static int hand_over(const struct cli_options *options)
{
	cli_join(words, options);
	return cli_run_helper("writ-audit", words);
}

int cli_judge_open(const struct cli_options *options, char **argv,
		   const struct writ_policy **policy)
{
	struct writ_error error;
	int rc;

	words = argv;
	if (options->monitored || has_keys())
		return hand_over(options);
	if (!options->bundle)
		return cli_open(options, &judge);
	rc = cli_try_open(options, &judge, &error);
	if (rc == -WRIT_E_MONITOR)
		return hand_over(options);
	*policy = judge;
	return rc ? cli_fail(writ_exit_status(rc), "%.300s: %s", options->bundle, error.text) : 0;
}

/* A question has to be remembered until it is answered, unless it is already. */
int cli_judge(const struct cli_options *options, struct writ_decision *decision)
{
	struct writ_arg args[CLI_MAX_PAIRS];
	const struct writ_request request = cli_request(options, args);

	if (writ_check(judge, &request, decision) == WRIT_ASK && !options->approve)
		return hand_over(options);
	return 0;
}

void cli_judge_explain(const struct cli_options *options, const struct writ_decision *decision,
		       char *text, size_t size)
{
	const struct writ_request request = {.role = options->role,
					     .user = options->user,
					     .tool = options->tool};

	writ_explain(judge, &request, decision, text, size);
}

bool cli_judge_listens(void)
{
	return false;
}

int cli_judge_launch(const struct cli_options *options, struct cli_report *report)
{
	(void)options;
	(void)report;
	return 0;
}

void cli_judge_launched(void)
{
}

int cli_judge_ended(const struct cli_options *options, const struct cli_report *report,
		    const char *failure)
{
	(void)options;
	(void)report;
	(void)failure;
	return 0;
}

/* Unmapping the policy would only take time. */
void cli_judge_close(void)
{
}
