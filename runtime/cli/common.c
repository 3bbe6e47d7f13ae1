/*
 * What decide and run share: reading the command line, opening the bundle, and the call that the
 * command line describes.
 */
#include <string.h>

#include "runtime/cli/cli.h"

_Static_assert(CLI_MAX_PAIRS <= WRIT_MAX_CALL_ARGS, "what the command line takes can be asked");

int cli_try_open(const struct cli_options *options, struct writ_policy **policy,
		 struct writ_error *error)
{
	const struct writ_options open_options = {
		.params = options->params.items,
		.n_params = options->params.n,
		.stand_ins = options->stand_ins,
		.examine = options->examine,
	};

	return writ_open(options->bundle, &open_options, policy, error);
}

int cli_open(const struct cli_options *options, struct writ_policy **policy)
{
	struct writ_error error;
	int rc;

	if (!options->bundle)
		return cli_fail(EXIT_USAGE, "-p BUNDLE is missing");
	rc = cli_try_open(options, policy, &error);
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
	return *status == 0;
}

struct writ_request cli_request(const struct cli_options *options, struct writ_arg *args)
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
