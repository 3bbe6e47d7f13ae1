/*
 * writ run: decide, then run a command in the tool's sandbox, and end as it ended.
 *
 * Nothing of the command's arguments, environment or streams is interpreted here. A signal that
 * would end writ kills the launch first; and as the launch asks to die with its caller, so does
 * SIGKILL. What there is to report is collected on the way and written at the end, whatever the end
 * is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cli/cli.h"

#define MAX_REASON      8192
#define MESSAGE_SECONDS 1
#define FIRST_REAL_TIME 32
#define SIGSET_BYTES    8

const char cli_help_run[] =
	"usage: writ run -p BUNDLE (--role ROLE | --user USER) --tool TOOL [OPTION]...\n"
	"                -- COMMAND [ARGUMENT]...\n"
	"       writ run -p BUNDLE --sandbox SANDBOX [OPTION]... -- COMMAND [ARGUMENT]...\n"
	"\n"
	"Decides, then runs COMMAND in the tool's sandbox; with --sandbox, just in that one.\n"
	"\n"
	"  -p, --bundle FILE    the compiled policy\n"
	"  --role, --user NAME  who wants to call\n"
	"  --tool NAME          what\n"
	"  --arg NAME=VALUE     an argument of the call, for the conditions of rules\n"
	"  --param NAME=VALUE   binds a parameter of the policy\n"
	"  --audit, --key, --policy, --allow-rollback, --users, --activate, --state, "
	"--args-json, --approval, --wait, --public\n"
	"                       writ(1)\n"
	"  --approve            a human has approved what the policy says to ask about\n"
	"  --sandbox NAME       no decision: the sandbox by name\n"
	"  --cwd DIR            the command's directory; else the current one if granted, else /\n"
	"  --resolver SERVER    who is asked for names, ADDR[:PORT]; else /etc/resolv.conf says\n"
	"  --json               how it ended and what it used: standard error's last line\n"
	"  --json-fd N          the same to descriptor N, which the command does not get\n"
	"  --explain            say at the end what was refused, and which lines would grant it\n"
	"\n"
	"exit status: the command's own; 128+N if signal N ended it; 124 wall limit; 137 output "
	"or\n"
	"memory limit; 152 processor time; 153 file size; 125 writ failed;\n"
	"126 denied by the policy, or not allowed to start; 127 command not found; 2 wrong command "
	"line;\n"
	"3 unusable bundle; 4 this host can't enforce the sandbox\n";

static struct cli_report report;
static bool was_allowed; /* by a decision, or as a sandbox that was named */
static int json_fd = -1;
static struct writ_process *running;
static volatile sig_atomic_t caught;
static volatile sig_atomic_t status_at_end;

static void on_signal(int number)
{
	caught = number;
	writ_kill(running);
}

/* What does not end a process by default, or can't be caught; SIGPIPE is ignored. */
static bool is_harmless(int number)
{
	static const int numbers[] = {SIGKILL, SIGSTOP, SIGCHLD, SIGCONT,  SIGTSTP,
				      SIGTTIN, SIGTTOU, SIGURG,  SIGWINCH, SIGPIPE};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

/* By default these end us for a fault of ours: the launch dies first, then we, of the same. */
static bool is_fault(int number)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

/* The libc keeps the first real-time signals from us, but not from who sends them. */
static void ignore_libc_signals(void)
{
	/* The kernel's struct sigaction: the handler, then flags and a mask of none. */
	static const uintptr_t ignore[8] = {(uintptr_t)SIG_IGN};

	for (int number = FIRST_REAL_TIME; number < SIGRTMIN; number++)
		(void)syscall(SYS_rt_sigaction, number, ignore, NULL, SIGSET_BYTES);
}

/* One that is ignored stays so: nohup and shells' background jobs mean it. */
static void catch_signal(int number)
{
	struct sigaction action;
	struct sigaction before;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = is_fault(number) ? (int)SA_RESETHAND : 0;
	(void)sigfillset(&action.sa_mask);
	if (!sigaction(number, &action, &before) && before.sa_handler == SIG_IGN)
		(void)sigaction(number, &before, NULL);
}

/* Every signal that would end us kills the launch first. */
static void catch_signals(void)
{
	for (int number = 1; number <= SIGRTMAX; number++) {
		if (!is_harmless(number))
			catch_signal(number);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	/* Whoever ignores it has nobody to wait for. */
	(void)signal(SIGCHLD, SIG_DFL);
}

static void give_up(int number)
{
	(void)number;
	_exit((int)status_at_end);
}

/*
 * The launch is over, and what is left is to say how. Whoever did not read the command's output may
 * not read that either, and must not keep us.
 */
static void begin_to_end(int status)
{
	sigset_t only_alarm;

	status_at_end = status;
	(void)sigemptyset(&only_alarm);
	(void)sigaddset(&only_alarm, SIGALRM);
	(void)signal(SIGALRM, give_up);
	(void)sigprocmask(SIG_UNBLOCK, &only_alarm, NULL);
	(void)alarm(MESSAGE_SECONDS);
}

/* The sandbox's id, or WRIT_NO_ID after a message and with *status set. */
static uint32_t sandbox_by_name(const struct cli_options *options, const struct writ_policy *policy,
				int *status)
{
	uint32_t id = writ_sandbox_id(policy, options->sandbox, strlen(options->sandbox));

	if (id == WRIT_NO_ID)
		*status = cli_fail(EXIT_BAD_INPUT, "the policy has no sandbox '%s'",
				   options->sandbox);
	was_allowed = id != WRIT_NO_ID;
	return id;
}

static uint32_t sandbox_by_decision(const struct cli_options *options, int *status)
{
	struct writ_decision decision;
	char reason[MAX_REASON];

	*status = cli_judge(options, &decision);
	if (*status)
		return WRIT_NO_ID;
	cli_judge_explain(options, &decision, reason, sizeof(reason));
	if (decision.verdict == WRIT_DENY) {
		report.end = "denied";
		*status = cli_fail(EXIT_RUN_DENIED, "denied: %s", reason);
		return WRIT_NO_ID;
	}
	if (decision.verdict == WRIT_ASK && !options->approve) {
		report.end = "not_approved";
		/* The form for agents has the id in it. */
		*status = cli_fail(EXIT_RUN_DENIED, "not approved: %s%s%s", reason,
				   options->for_agent ? "" : "; request ",
				   options->for_agent ? "" : decision.request);
		return WRIT_NO_ID;
	}
	was_allowed = true;
	if (decision.sandbox == WRIT_NO_ID) {
		report.end = "denied";
		*status = cli_fail(EXIT_RUN_DENIED,
				   "denied: tool '%s' has no sandbox to run a command in",
				   options->tool);
	}
	return decision.sandbox;
}

static int open_sandbox(const struct cli_options *options, char **argv,
			struct writ_sandbox **sandbox)
{
	const struct writ_policy *policy = NULL;
	struct writ_error error;
	int status = cli_judge_open(options, argv, &policy);
	uint32_t id;
	int rc;

	if (status)
		return status;
	id = options->sandbox ? sandbox_by_name(options, policy, &status)
			      : sandbox_by_decision(options, &status);
	if (id != WRIT_NO_ID) {
		report.sandbox_name = writ_sandbox_name(policy, id);
		rc = writ_sandbox_open(policy, id, sandbox, &error);
		if (rc)
			status = cli_fail(writ_exit_status(rc), "%s", error.text);
	}
	/* What was allowed and is not to be has an end, too. */
	report.exit_status = status;
	if (status && was_allowed && cli_judge_ended(options, &report, cli_last_message()))
		status = EXIT_RUN_FAILED;
	/* The policy stays open: unmapping it would only delay the launch. */
	return status;
}

/* From the n-th on; there may be more once something is launched. */
static size_t print_warnings(const struct writ_sandbox *sandbox, size_t n)
{
	const char *text;

	for (; (text = writ_sandbox_warning(sandbox, n)); n++)
		cli_warn(text);
	return n;
}

static int status_of(const struct writ_result *result)
{
	switch (result->end) {
	case WRIT_EXITED:
		return result->status;
	case WRIT_WALL_LIMIT:
		return EXIT_RUN_TIMEOUT;
	case WRIT_OUTPUT_LIMIT:
	case WRIT_MEMORY_LIMIT:
		return EXIT_RUN_SIGNAL + SIGKILL;
	case WRIT_CPU_LIMIT:
		return EXIT_RUN_SIGNAL + SIGXCPU;
	case WRIT_FILE_SIZE_LIMIT:
		return EXIT_RUN_SIGNAL + SIGXFSZ;
	case WRIT_KILLED:
		return EXIT_RUN_SIGNAL + (caught ? (int)caught : SIGKILL);
	case WRIT_SIGNALED:
		break;
	}
	return EXIT_RUN_SIGNAL + result->status;
}

/* Signals by which the kernel enforces a sandbox. A command can send them to itself, too. */
static const char *words_of_signal(int number)
{
	static const struct {
		int number;
		const char *text;
	} rows[] = {
		{SIGSYS, "killed by SIGSYS, as for a system call that its sandbox kills for"},
		{SIGXCPU, "killed by SIGXCPU, as when its limit of processor time is over"},
		{SIGXFSZ, "killed by SIGXFSZ, as when a file grows past its limit of size"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].number == number)
			return rows[i].text;
	}
	return NULL;
}

/* What is worth a message, of a command that was run; or NULL. */
static const char *last_words(const struct writ_result *result)
{
	static const struct {
		enum writ_end end;
		const char *text;
	} rows[] = {
		{WRIT_WALL_LIMIT, "killed: its wall-clock limit is over"},
		{WRIT_CPU_LIMIT, "killed: its limit on processor time is used up"},
		{WRIT_MEMORY_LIMIT, "killed: its processes reached their limit on memory"},
		{WRIT_FILE_SIZE_LIMIT, "killed: a file grew past its limit of size"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (result->end == rows[i].end)
			return rows[i].text;
	}
	if (result->output_lost && (result->end == WRIT_EXITED || result->end == WRIT_SIGNALED))
		return "the end of the command's output is lost: its reader did not take it in "
		       "time";
	if (result->end == WRIT_EXITED && result->lookup_failed)
		return "no name could be looked up: the host did not let a network namespace be "
		       "made";
	return result->end == WRIT_SIGNALED ? words_of_signal(result->signal) : NULL;
}

/* Writes the report where it was asked for, as the last thing. Returns the status to end with. */
static int end_run(const struct cli_options *options, int status)
{
	bool to_stderr = options->json && !options->explained_fd;
	int fd = to_stderr ? STDERR_FILENO : json_fd;
	FILE *out;

	if (fd < 0)
		return status;
	begin_to_end(status);
	(void)signal(SIGPIPE, SIG_IGN);
	report.exit_status = status;
	report.explained = options->explained_fd;
	out = fdopen(fd, "w");
	/* What the command has written may have left a line unfinished. */
	if (out && to_stderr && report.result)
		(void)putc('\n', out);
	if (out)
		cli_report(out, &report);
	if (!out || fflush(out) || ferror(out))
		(void)cli_fail(0, "the result can't be written: %s", strerror(errno));
	return status;
}

static int launch(const struct cli_options *options, const struct writ_sandbox *sandbox)
{
	const struct writ_launch request = {
		.argv = (const char *const *)options->command,
		.cwd = options->cwd,
		.resolver = options->resolver,
		.stdio = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO},
		.die_with_caller = 1,
		.net_log = report.net_log,
		.file_log = report.file_log,
	};
	static struct writ_result result;
	struct writ_error error;
	const char *text;
	sigset_t all;
	sigset_t before;
	int status;
	int rc;

	/*
	 * Until there is something to kill, a signal waits: it is blocked before the launch and
	 * caught after, while the command already starts. Those that the libc does not block are
	 * ignored.
	 */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	ignore_libc_signals();
	rc = writ_spawn(sandbox, &request, &running, &error);
	cli_judge_launched();
	catch_signals();
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		rc = writ_wait(&running, &result, &error);
	report.result = rc ? NULL : &result;
	status = rc ? writ_exit_status(rc) : status_of(&result);
	report.exit_status = status;
	/* Nobody has been told yet that there is a hurry. */
	if (cli_judge_ended(options, &report, rc ? error.text : NULL))
		status = EXIT_RUN_FAILED;
	text = rc ? error.text : last_words(&result);
	if (text || writ_sandbox_warning(sandbox, report.n_warned))
		begin_to_end(status);
	(void)print_warnings(sandbox, report.n_warned);
	if (text)
		(void)cli_fail(status, "%s", text);
	return status;
}

static int open_log(void)
{
	struct writ_error error;
	int rc = writ_net_log_open(&report.net_log, &error);

	return rc ? cli_fail(writ_exit_status(rc), "%s", error.text) : 0;
}

/* --json-fd: a descriptor of the caller's, past those that are the command's. */
static int check_json(const struct cli_options *options)
{
	const char *text = options->explained_fd ? options->explained_fd : options->json_fd;
	char *end;
	unsigned long number;

	if (options->json && options->json_fd)
		return cli_fail(EXIT_USAGE, "run: --json and --json-fd are one too many");
	if (!text)
		return 0;
	number = strtoul(text, &end, 10);
	if (!(text[0] >= '0' && text[0] <= '9') || *end || number <= STDERR_FILENO ||
	    number > INT_MAX)
		return cli_fail(EXIT_USAGE, "run: --json-fd takes a descriptor from 3 on, not '%s'",
				text);
	json_fd = (int)number;
	number = (unsigned long)fcntl(json_fd, F_GETFL);
	if ((int)number < 0 || ((int)number & O_ACCMODE) == O_RDONLY)
		return cli_fail(EXIT_USAGE, "run: --json-fd %d is not open for writing", json_fd);
	return 0;
}

static int check_options(const struct cli_options *options)
{
	if (!options->command)
		return cli_fail(EXIT_USAGE, "run: no command: it stands after --");
	if (!options->command[0] || !options->command[0][0])
		return cli_fail(EXIT_USAGE, "run: no command after --");
	if (check_json(options))
		return EXIT_USAGE;
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
	static const struct cli_usage usage = {
		.accepted = CLI_BUNDLE | CLI_ROLE | CLI_USER | CLI_TOOL | CLI_ARG | CLI_PARAM |
			    CLI_MONITOR | CLI_SANDBOX | CLI_CWD | CLI_APPROVE | CLI_COMMAND |
			    CLI_JSON | CLI_EXPLAIN,
		.help = cli_help_run,
		.check = check_options,
	};
	static struct cli_options options;
	struct writ_sandbox *sandbox = NULL;
	int status;

	if (!cli_begin(argv, &usage, &options, &status))
		return status;
	if (options.explain && !options.explained_fd)
		return cli_run_explained(&options, argv);
	report.tool = options.tool;
	status = open_sandbox(&options, argv, &sandbox);
	if (!status && (options.json || json_fd >= 0 || cli_judge_listens()))
		status = open_log();
	if (!status) {
		report.sandbox = sandbox;
		report.n_warned = print_warnings(sandbox, 0);
		status = cli_judge_launch(&options, &report);
	}
	if (!status)
		status = launch(&options, sandbox);
	cli_judge_close();
	return end_run(&options, status); /* which is our end: nothing is given back */
}
