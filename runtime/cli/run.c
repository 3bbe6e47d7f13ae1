/*
 * writ run: decide, then run a command in the tool's sandbox, and end as it ended.
 *
 * Nothing of the command's arguments, environment or streams is interpreted here. A signal that
 * would end writ kills the launch first; and as the launch asks to die with its caller, so does
 * SIGKILL.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cli/cli.h"

#define MAX_REASON 8192

const char cli_help_run[] =
	"usage: writ run -p BUNDLE (--role ROLE | --user USER) --tool TOOL\n"
	"                [--arg NAME=VALUE]... [--param NAME=VALUE]... [--approve] [--cwd DIR]\n"
	"                -- COMMAND [ARGUMENT]...\n"
	"       writ run -p BUNDLE --sandbox SANDBOX [--param NAME=VALUE]... [--cwd DIR]\n"
	"                -- COMMAND [ARGUMENT]...\n"
	"\n"
	"Decides, then runs COMMAND in the tool's sandbox; or, with --sandbox, just runs it in "
	"that one.\n"
	"\n"
	"  -p, --bundle FILE    the compiled policy\n"
	"  --role, --user NAME  who wants to call\n"
	"  --tool NAME          what\n"
	"  --arg NAME=VALUE     an argument of the call; no rule tests arguments yet\n"
	"  --param NAME=VALUE   binds a parameter of the policy\n"
	"  --approve            a human has approved what the policy says to ask about\n"
	"  --sandbox NAME       no decision: the sandbox by name\n"
	"  --cwd DIR            the command's directory; else the current one if the sandbox "
	"grants\n"
	"                       it, else /\n"
	"\n"
	"exit status: the command's own; 128+N if signal N ended it; 124 wall limit; 125 writ "
	"failed;\n"
	"126 denied by the policy, or not allowed to start; 127 command not found; 2 wrong command "
	"line;\n"
	"3 unusable bundle; 4 this host can't enforce the sandbox\n";

static struct writ_process *running;
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
	writ_kill(running);
}

static const int fatal_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_FATAL (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

/* One that is ignored stays so: nohup and shells' background jobs mean it. */
static void catch_signals(void)
{
	struct sigaction action;
	struct sigaction before;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	for (size_t i = 0; i < N_FATAL; i++)
		(void)sigaddset(&action.sa_mask, fatal_signals[i]);
	for (size_t i = 0; i < N_FATAL; i++) {
		if (!sigaction(fatal_signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			(void)sigaction(fatal_signals[i], &action, NULL);
	}
}

/* The sandbox's id, or WRIT_NO_ID after a message and with *status set. */
static uint32_t sandbox_by_name(const struct cli_options *options, const struct writ_policy *policy,
				int *status)
{
	uint32_t id = writ_sandbox_id(policy, options->sandbox, strlen(options->sandbox));

	if (id == WRIT_NO_ID)
		*status = cli_fail(EXIT_BAD_INPUT, "the policy has no sandbox '%s'",
				   options->sandbox);
	return id;
}

static uint32_t sandbox_by_decision(const struct cli_options *options,
				    const struct writ_policy *policy, int *status)
{
	struct writ_decision decision;
	enum writ_verdict verdict;
	char reason[MAX_REASON];

	verdict = cli_decide(options, policy, &decision);
	cli_explain(options, policy, &decision, reason, sizeof(reason));
	if (verdict == WRIT_DENY) {
		*status = cli_fail(EXIT_RUN_DENIED, "denied: %s", reason);
		return WRIT_NO_ID;
	}
	if (verdict == WRIT_ASK && !options->approve) {
		*status = cli_fail(EXIT_RUN_DENIED, "not approved: %s", reason);
		return WRIT_NO_ID;
	}
	if (decision.sandbox == WRIT_NO_ID)
		*status = cli_fail(EXIT_RUN_DENIED,
				   "denied: tool '%s' has no sandbox to run a command in",
				   options->tool);
	return decision.sandbox;
}

static int open_sandbox(const struct cli_options *options, struct writ_sandbox **sandbox)
{
	struct writ_policy *policy = NULL;
	struct writ_error error;
	int status = cli_open(options, &policy);
	uint32_t id;
	int rc;

	if (status)
		return status;
	id = options->sandbox ? sandbox_by_name(options, policy, &status)
			      : sandbox_by_decision(options, policy, &status);
	if (id != WRIT_NO_ID) {
		rc = writ_sandbox_open(policy, id, sandbox, &error);
		if (rc)
			status = cli_fail(writ_exit_status(rc), "%s", error.text);
	}
	writ_close(policy);
	return status;
}

static void print_warnings(const struct writ_sandbox *sandbox)
{
	const char *text;

	for (size_t i = 0; (text = writ_sandbox_warning(sandbox, i)); i++)
		(void)cli_fail(0, "warning: %s", text);
}

static int status_of(const struct writ_result *result)
{
	switch (result->end) {
	case WRIT_EXITED:
		return result->status;
	case WRIT_WALL_LIMIT:
		return cli_fail(EXIT_RUN_TIMEOUT, "killed: its wall-clock limit is over");
	case WRIT_OUTPUT_LIMIT:
		return EXIT_RUN_SIGNAL + SIGKILL;
	case WRIT_KILLED:
		return EXIT_RUN_SIGNAL + (caught ? (int)caught : SIGKILL);
	case WRIT_SIGNALED:
		break;
	}
	return EXIT_RUN_SIGNAL + result->status;
}

static int launch(const struct cli_options *options, const struct writ_sandbox *sandbox)
{
	const struct writ_launch request = {
		.argv = (const char *const *)options->command,
		.cwd = options->cwd,
		.stdio = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO},
		.die_with_caller = 1,
	};
	struct writ_result result;
	struct writ_error error;
	sigset_t fatal;
	sigset_t before;
	int rc;

	(void)sigemptyset(&fatal);
	for (size_t i = 0; i < N_FATAL; i++)
		(void)sigaddset(&fatal, fatal_signals[i]);
	catch_signals();
	/* Until there is something to kill, a signal waits. */
	(void)sigprocmask(SIG_BLOCK, &fatal, &before);
	rc = writ_spawn(sandbox, &request, &running, &error);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		rc = writ_wait(&running, &result, &error);
	if (rc)
		return cli_fail(writ_exit_status(rc), "%s", error.text);
	return status_of(&result);
}

static int check_options(const struct cli_options *options)
{
	if (!options->command)
		return cli_fail(EXIT_USAGE, "run: no command: it stands after --");
	if (!options->command[0] || !options->command[0][0])
		return cli_fail(EXIT_USAGE, "run: no command after --");
	if (!options->sandbox)
		return cli_check_subject(options);
	if (options->role || options->user || options->tool || options->args.n || options->approve)
		return cli_fail(EXIT_USAGE, "run: --sandbox runs without a decision, so it can't "
					    "stand beside --role, --user, --tool, --arg or "
					    "--approve");
	return 0;
}

int cli_verb_run(char **argv)
{
	static struct cli_options options;
	struct writ_sandbox *sandbox = NULL;
	int status = cli_parse(argv,
			       CLI_BUNDLE | CLI_ROLE | CLI_USER | CLI_TOOL | CLI_ARG | CLI_PARAM |
				       CLI_AUDIT | CLI_SANDBOX | CLI_CWD | CLI_APPROVE |
				       CLI_COMMAND,
			       &options);

	if (status)
		return status;
	if (options.help)
		return fputs(cli_help_run, stdout) < 0 ? EXIT_RUN_FAILED : 0;
	status = check_options(&options);
	if (!status)
		status = cli_check_audit(&options);
	if (!status)
		status = open_sandbox(&options, &sandbox);
	if (status)
		return status;
	print_warnings(sandbox);
	status = launch(&options, sandbox);
	writ_sandbox_close(sandbox);
	return status;
}
