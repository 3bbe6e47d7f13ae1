/*
 * The writ program: one verb a file, found in the table of main.c.
 */
#ifndef WRIT_RUNTIME_CLI_H
#define WRIT_RUNTIME_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "runtime/writ_monitor.h"
#include "runtime/writ_net.h"

/* Exit statuses of docs/man/writ.1. */
enum cli_exit {
	EXIT_ALLOWED = 0,
	EXIT_DENIED = 1,
	EXIT_USAGE = 2,
	EXIT_BAD_INPUT = 3,
	EXIT_HOST = 4,
	EXIT_RUN_TIMEOUT = 124,
	EXIT_RUN_FAILED = 125,
	EXIT_RUN_DENIED = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_RUN_SIGNAL = 128,
};

#define CLI_MAX_PAIRS 64

struct cli_pairs {
	struct writ_param items[CLI_MAX_PAIRS]; /* name=value, cut in place */
	size_t n;
};

/* What the options of a verb say; NULL or false where not given. */
struct cli_options {
	const char *bundle;
	const char *role;
	const char *user;
	const char *tool;
	const char *sandbox;
	const char *cwd;
	const char *resolver;
	const char *audit;
	const char *key;
	const char *policy; /* its name */
	const char *users;
	const char *activate; /* ROLE[,ROLE]... */
	const char *state;
	const char *args_json;
	const char *approval;
	const char *wait;
	bool allow_rollback;
	bool for_agent; /* why, as an agent is told */
	bool monitored; /* one of the options above is given, which only a monitor can do */
	const char *json_fd;
	const char *explained_fd; /* we are the run that --explain watches: the result goes there */
	const char *format;
	bool json;
	bool prove;
	bool explain;
	bool approve;
	bool stand_ins; /* parameters that are not bound get any value */
	bool examine;   /* also a policy that can't be enforced is opened */
	bool help;
	struct cli_pairs params;
	struct cli_pairs args;
	char **command; /* what follows "--"; NULL when there is no "--" */
};

/* The options a verb takes: bits of their places in the table of options.c. */
enum cli_option_bit {
	CLI_BUNDLE = 1 << 0,
	CLI_ROLE = 1 << 1,
	CLI_USER = 1 << 2,
	CLI_TOOL = 1 << 3,
	CLI_SANDBOX = 1 << 4,
	CLI_CWD = 1 << 5,
	CLI_MONITOR = 1 << 6,
	CLI_PARAM = 1 << 7,
	CLI_ARG = 1 << 8,
	CLI_APPROVE = 1 << 9,
	CLI_COMMAND = 1 << 10,
	CLI_JSON = 1 << 11,
	CLI_EXPLAIN = 1 << 12,
	CLI_FORMAT = 1 << 13,
	CLI_PROVE = 1 << 14,
};

/* argv[0] is the verb. 0, or EXIT_USAGE after a message. */
int cli_parse(char **argv, unsigned int accepted, struct cli_options *options);

/*
 * "writ: " and a message on standard error, printed as by cli_print_safe. Returns status.
 */
__attribute__((format(printf, 2, 3))) int cli_fail(int status, const char *format, ...);

/*
 * Text with what is invisible, reorders or drives a terminal shown as <U+XXXX>, and what is not
 * UTF-8 as <0xXX>: text from outside must look like what it is.
 */
void cli_print_safe(FILE *out, const char *text);

/* The same for what goes on all the same. */
void cli_warn(const char *text);

/* The last message of cli_fail, without what stands before it; "" when there was none. */
const char *cli_last_message(void);

/* A JSON string (RFC 8259) in ASCII: what is not UTF-8 becomes U+FFFD, byte by byte. */
void cli_json_string(FILE *out, const char *text);

/* A further member of an object: such a string, or null of NULL. */
void cli_json_text(FILE *out, const char *key, const char *text);

/*
 * Becomes the helper program of this name ("writ-learn"); argv[0] is the verb. Returns only when it
 * can't: EXIT_RUN_FAILED, after a message.
 */
int cli_run_helper(const char *name, char **argv);

/* `writ run --explain`, whose command line is right: returns only an exit status after a message.
 */
int cli_run_explained(const struct cli_options *options, char **argv);

/* Where this program is: 0, or EXIT_RUN_FAILED after a message. */
int cli_own_path(char *path, size_t size);

/* What `writ run --json` tells: see docs/embedding.md. */
struct cli_report {
	const char *end; /* NULL: by result, or else by exit_status */
	bool explained;  /* --explain's watcher adds what was refused */
	int exit_status;
	const char *sandbox_name;
	const char *tool;
	const struct writ_sandbox *sandbox; /* NULL: it was not made ready */
	size_t n_warned;                  /* so many of its warnings were told before the launch */
	const struct writ_result *result; /* NULL: nothing was run, or it was not seen to end */
	struct writ_net_log *net_log;     /* of a launch */
	struct writ_file_log *file_log;   /* of a launch that is recorded; or NULL */
};

void cli_report(FILE *out, const struct cli_report *report);

/* Its member "network". */
void cli_report_network(FILE *out, const struct cli_report *report);

/* As writ_open, of what the options say. */
int cli_try_open(const struct cli_options *options, struct writ_policy **policy,
		 struct writ_error *error);

/* 0 and *policy, or the exit status after a message. */
int cli_open(const struct cli_options *options, struct writ_policy **policy);

/* The call that the options describe; args has room for CLI_MAX_PAIRS. */
struct writ_request cli_request(const struct cli_options *options, struct writ_arg *args);

/* Puts a command line together again, of which reading has cut pairs in two. */
void cli_join(char **argv, const struct cli_options *options);

/*
 * What stands behind decide and run, one of two files: in writ the policy alone (stateless.c), in
 * writ-audit a monitor, with sessions, state and a log. There is one of it in a process. Functions
 * return 0, or the exit status after a message.
 */

/* Opens the bundle. writ becomes writ-audit where it takes a monitor. */
int cli_judge_open(const struct cli_options *options, char **argv,
		   const struct writ_policy **policy);

/* Decides on the call that the options describe. */
int cli_judge(const struct cli_options *options, struct writ_decision *decision);

/* Why: a phrase for people, without a newline. */
void cli_judge_explain(const struct cli_options *options, const struct writ_decision *decision,
		       char *text, size_t size);

/* Does it record what a launch does in the network? */
bool cli_judge_listens(void);

/* A command is about to be launched, and not if that can't be recorded: report gets the logs that
 * it takes. It has ended, or could not be launched: why. */
int cli_judge_launch(const struct cli_options *options, struct cli_report *report);
void cli_judge_launched(void); /* it was executed */
int cli_judge_ended(const struct cli_options *options, const struct cli_report *report,
		    const char *failure);

/* The end, after which nothing is recorded. */
void cli_judge_close(void);

/* Who wants to call what must be given. 0, or the exit status after a message. */
int cli_check_subject(const struct cli_options *options);

/* How a verb that decides is called. */
struct cli_usage {
	unsigned int accepted; /* options */
	const char *help;
	int (*check)(const struct cli_options *options); /* that they fit together */
};

/*
 * Reads the command line. True when there is something to do; else *status is what to end with,
 * after the help or a message.
 */
bool cli_begin(char **argv, const struct cli_usage *usage, struct cli_options *options,
	       int *status);

/* The verbs. argv[0] is the verb; they return the exit status. */
int cli_verb_decide(char **argv);
int cli_verb_run(char **argv);

extern const char cli_help_decide[];
extern const char cli_help_run[];

#endif
