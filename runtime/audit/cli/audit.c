/*
 * writ audit: the verbs that an audit log has of its own.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/cli/cli.h"

static const struct sub_verb {
	const char *name;
	int (*run)(char **argv);
	const char *summary;
} sub_verbs[] = {
	{"query", audit_sub_query, "print the records that a filter lets through"},
	{"tail", audit_sub_tail, "print the last records, and those that come"},
	{"stats", audit_sub_stats, "count calls, denials, launches and gaps"},
	{"export", audit_sub_export, "print records as JSON lines, CEF or OCSF"},
	{"verify", audit_sub_verify, "check that a log is as it was written"},
	{"checkpoint", audit_sub_checkpoint, "print a signed line that says how far it has come"},
	{"metrics", audit_sub_metrics, "print what a log adds up to, as Prometheus reads it"},
	{"alerts", audit_sub_alerts, "tell somebody of what a log shows, as a file says"},
	{"backup", audit_sub_backup, "copy a log while it is written"},
	{"rotate", audit_sub_rotate, "move records to a file of their month"},
	{"prune", audit_sub_prune, "remove records that are old enough"},
};
#define N_SUB_VERBS (sizeof(sub_verbs) / sizeof(sub_verbs[0]))

static void print_help(FILE *out)
{
	(void)fputs("usage: writ audit VERB [OPTION]... DB\n\n", out);
	for (size_t i = 0; i < N_SUB_VERBS; i++)
		(void)fprintf(out, "  %-10s %s\n", sub_verbs[i].name, sub_verbs[i].summary);
	(void)fputs(
		"\nwrit audit VERB --help tells about one of them. Records are chosen by --since,\n"
		"--until, --user, --role, --tool, --verdict, --reason, --rule, --session, --kind\n"
		"and --seq; --limit, --format, --key, --keep and --textfile are of some verbs\n"
		"only.\n"
		"\n"
		"  writ audit query --since 1h --verdict deny audit.db\n"
		"\n"
		"exit status: 0 done; 1 verify found something; 2 wrong command line; 3 not a\n"
		"usable log\n",
		out);
}

int audit_verb_audit(char **argv)
{
	/* Whoever reads what is printed may have enough of it. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (!argv[1]) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return EXIT_ALLOWED;
	}
	for (size_t i = 0; i < N_SUB_VERBS; i++) {
		if (strcmp(sub_verbs[i].name, argv[1]) == 0)
			return sub_verbs[i].run(argv + 1);
	}
	return cli_fail(EXIT_USAGE, "audit: there is no verb '%s'; writ audit --help lists them",
			argv[1]);
}
