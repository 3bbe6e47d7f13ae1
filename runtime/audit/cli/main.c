/*
 * writ-audit: what writ executes for verbs that need more than libc. This file finds the verb; each
 * is a file here.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/cli/cli.h"

static const struct verb {
	const char *name;
	int (*run)(char **argv);
} verbs[] = {
	{"audit", audit_verb_audit},     {"decide", cli_verb_decide},
	{"run", cli_verb_run},           {"version", audit_verb_version},
	{"users", audit_verb_users},     {"pending", audit_verb_pending},
	{"approve", audit_verb_approve}, {"reject", audit_verb_reject},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* What a verb has printed and not looked after, as its help, has to be out for it to be done. */
static int end(int status)
{
	bool failed = ferror(stdout) != 0;

	if ((fflush(stdout) || failed) && status == EXIT_ALLOWED)
		return cli_fail(EXIT_RUN_FAILED, "standard output can't be written");
	return status;
}

int main(int argc, char **argv)
{
	/* writ executes us with its verb as the name; by hand it is the first argument. */
	char **from = argc > 0 && strchr(argv[0], '/') ? argv + 1 : argv;

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; from[0] && i < N_VERBS; i++) {
		if (strcmp(verbs[i].name, from[0]) == 0)
			return end(verbs[i].run(from));
	}
	return cli_fail(EXIT_USAGE, "writ-audit: it is for writ to execute");
}
