/*
 * What decide and run share: reading the command line, opening the bundle, asking it, and saying
 * why.
 */
#include <string.h>

#include "runtime/cli/cli.h"

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

/* The call that the options describe; args has room for all of theirs. */
static struct writ_request request_of(const struct cli_options *options, struct writ_arg *args)
{
	memset(args, 0, CLI_MAX_PAIRS * sizeof(*args));
	for (size_t i = 0; i < options->args.n; i++) {
		args[i].name = options->args.items[i].name;
		args[i].text = options->args.items[i].value;
	}
	return (struct writ_request){
		.role = options->role,
		.user = options->user,
		.tool = options->tool,
		.args = args,
		.n_args = options->args.n,
	};
}

enum writ_verdict cli_decide(const struct cli_options *options, const struct writ_policy *policy,
			     struct writ_decision *decision)
{
	struct writ_arg args[CLI_MAX_PAIRS];
	const struct writ_request request = request_of(options, args);

	return writ_check(policy, &request, decision);
}

void cli_explain(const struct cli_options *options, const struct writ_policy *policy,
		 const struct writ_decision *decision, char *text, size_t size)
{
	const struct writ_request request = {.role = options->role,
					     .user = options->user,
					     .tool = options->tool};

	writ_explain(policy, &request, decision, text, size);
}
