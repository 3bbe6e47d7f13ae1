/*
 * writ: the runtime beside the agent. This file finds the verb; each verb is a file here, or a
 * helper: a program of its own that is executed with the verb's command line (helper.c).
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cli/cli.h"

static const struct verb {
	const char *name;
	int (*run)(char **argv); /* NULL: the helper does it */
	const char *help;        /* NULL: the helper has it */
	const char *summary;
	const char *helper;
} verbs[] = {
	{"decide", cli_verb_decide, cli_help_decide, "may this subject call this tool, and why",
	 NULL},
	{"run", cli_verb_run, cli_help_run, "decide, then run a command in the tool's sandbox",
	 NULL},
	{"doctor", NULL, NULL, "what this host can enforce", "writ-doctor"},
	{"learn", NULL, NULL, "run a command and print a policy of what it used", "writ-learn"},
	{"audit", NULL, NULL, "read and verify an audit log", "writ-audit"},
	{"users", NULL, NULL, "users and their roles in a store", "writ-audit"},
	{"pending", NULL, NULL, "calls that wait for a human", "writ-audit"},
	{"approve", NULL, NULL, "let one of them pass, once", "writ-audit"},
	{"reject", NULL, NULL, "let it not pass", "writ-audit"},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static void print_usage(FILE *out)
{
	(void)fputs("usage: writ VERB [OPTION]...\n\n", out);
	for (size_t i = 0; i < N_VERBS; i++)
		(void)fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	(void)fputs("\n"
		    "  writ decide -p agent.wrt --role developer --tool git_push\n"
		    "  writ run -p agent.wrt --user bob --tool execute_python -- python3 job.py\n"
		    "\n"
		    "exit status: 0 allowed, 1 denied, 2 wrong command line, 3 unusable bundle, 4 "
		    "this\n"
		    "host can't enforce it; run: the command's own, or 124 to 127 (writ help run)\n"
		    "\n"
		    "writ help VERB tells about one of them; writ --version, its version.\n",
		    out);
}

static int help(char **argv)
{
	const struct verb *verb;

	if (!argv[1]) {
		print_usage(stdout);
		return 0;
	}
	verb = find_verb(argv[1]);
	if (!verb || argv[2])
		return cli_fail(EXIT_USAGE, "help: there is no verb '%s'", argv[1]);
	if (verb->helper)
		return cli_run_helper(verb->helper, (char *[]){argv[1], "--help", NULL});
	(void)fputs(verb->help, stdout);
	return 0;
}

/*
 * Whoever started us may have closed 0 to 2, and the bundle would get such a number: then a message
 * would go into it, or a tool read it. An ignored SIGCHLD would make the launch impossible to wait
 * for.
 */
static int sanitize(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* The lowest number that is free is fd, as those below it are open. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return cli_fail(EXIT_RUN_FAILED,
					"descriptor %d is closed, and /dev/null "
					"can't be opened in its place",
					fd);
	}
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return cli_fail(EXIT_RUN_FAILED, "SIGCHLD can't be reset");
	return 0;
}

static int dispatch(char **argv)
{
	const struct verb *verb;

	if (!argv[0] || !argv[1]) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return help(argv + 1);
	if (strcmp(argv[1], "--version") == 0)
		return printf("writ %s\n", writ_version()) < 0 ? EXIT_RUN_FAILED : 0;
	verb = find_verb(argv[1]);
	if (!verb)
		return cli_fail(EXIT_USAGE, "unknown verb '%s'; writ --help lists them", argv[1]);
	return verb->helper ? cli_run_helper(verb->helper, argv + 1) : verb->run(argv + 1);
}

int main(int argc, char **argv)
{
	static char line[1024];
	int status;

	(void)argc;
	/* A message is one line and one write, whatever else writes there. */
	(void)setvbuf(stderr, line, _IOLBF, sizeof(line));
	if (sanitize())
		return EXIT_RUN_FAILED;
	status = dispatch(argv);
	/* A long text went out before, and leaves nothing to flush but the mark that it failed. */
	if (fflush(stdout) || ferror(stdout))
		return EXIT_RUN_FAILED;
	return status;
}
