/*
 * writ-learn: runs a command, records what it and its children use, and prints a policy of that.
 *
 * writ executes it for `writ learn`, and under the name "explain" for `writ run --explain`. Nothing
 * is written when the command could not be run; to a file, the policy goes under another name
 * first, so that the file is whole or as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/learn/explain.h"
#include "runtime/learn/policy.h"
#include "runtime/learn/text.h"

#define MAX_SETUID_WARNINGS 8

static const char help[] =
	"usage: writ learn [-o FILE] [--name NAME] -- COMMAND [ARGUMENT]...\n"
	"\n"
	"Runs COMMAND without a sandbox, records what it and its children use, and prints a policy "
	"with a\n"
	"sandbox in which it can run again.\n"
	"\n"
	"  -o FILE      write the policy to FILE. Else it goes to standard output, and what the "
	"command\n"
	"               writes there to standard error\n"
	"  --name NAME  of the policy, its sandbox and its tool; else made from COMMAND\n"
	"\n"
	"exit status: the command's own, 128+N if signal N ended it; 2 wrong command line; 125 "
	"writ "
	"failed;\n"
	"126 the command can't be executed; 127 it was not found\n";

struct options {
	const char *output;
	const char *name;
	char **command;
};

static int set(const char **field, const char *option, const char *value)
{
	if (*field)
		return learn_fail(LEARN_USAGE, "learn: %s is given twice", option);
	if (!value || !*value)
		return learn_fail(LEARN_USAGE, "learn: %s takes a value", option);
	*field = value;
	return 0;
}

/* "--name=x" is "--name x". *used says that the next word is the value. */
static int take_option(struct options *options, char **argv, bool *used)
{
	const struct {
		const char *name;
		const char **field;
	} rows[] = {{"-o", &options->output}, {"--name", &options->name}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].name);

		*used = !strcmp(argv[0], rows[i].name);
		if (*used)
			return set(rows[i].field, rows[i].name, argv[1]);
		if (n > 2 && !strncmp(argv[0], rows[i].name, n) && argv[0][n] == '=')
			return set(rows[i].field, rows[i].name, argv[0] + n + 1);
	}
	return learn_fail(LEARN_USAGE,
			  "learn: unexpected argument '%s'; the command stands after --", argv[0]);
}

static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	size_t n = strlen(name);

	return strspn(name, letters) > 0 && n < POLICY_MAX_NAME &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == n;
}

static int parse(char **argv, struct options *options)
{
	for (argv++; *argv && strcmp(*argv, "--") != 0; argv++) {
		bool used = false;
		int rc = take_option(options, argv, &used);

		if (rc)
			return rc;
		argv += used;
	}
	if (!*argv || !argv[1] || !*argv[1])
		return learn_fail(LEARN_USAGE, "learn: no command: it stands after --");
	if (options->name && !is_name(options->name))
		return learn_fail(LEARN_USAGE,
				  "learn: '%s' is no name: letters, digits and _, at most %d",
				  options->name, POLICY_MAX_NAME - 1);
	options->command = argv + 1;
	return 0;
}

static void on_path(void *context, const struct tracee *tracee, const struct want *want, int error)
{
	if (!error)
		record_path(context, tracee, want->path, want->uses);
}

static void on_net(void *context, const struct tracee *tracee, const struct net_use *use, int error)
{
	if (!error)
		record_net(context, tracee, use, 0);
}

static void on_call(void *context, const struct tracee *tracee, int error)
{
	if (!error)
		record_call(context, tracee, 0);
}

/* A set-user-ID program has no other user's rights here, nor in a sandbox. */
static void warn_setuid(const struct record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < record->n_paths && n < MAX_SETUID_WARNINGS; i++) {
		const struct seen_path *seen = &record->paths[i];
		struct stat st;

		if (!(seen->uses & USE_EXECUTE) || stat(seen->path, &st) ||
		    !(st.st_mode & (S_ISUID | S_ISGID)))
			continue;
		n++;
		(void)learn_fail(0,
				 "warning: %s is set-user-ID or set-group-ID, which has no effect "
				 "under writ learn or in a sandbox",
				 seen->path);
	}
}

static void warn(const struct record *record, const struct trace *trace)
{
	warn_setuid(record);
	if (record->full)
		(void)learn_fail(0,
				 "warning: the command used more than %u different files; the "
				 "rest is left out",
				 RECORD_MAX_ITEMS);
	if (trace->foreign)
		(void)learn_fail(0, "warning: a program made system calls of another architecture, "
				    "which every sandbox kills");
}

/* Before the command has run for an hour: can the policy be written? */
static int check_output(const char *path)
{
	char directory[PATH_MAX];
	struct stat st;

	if (!path)
		return 0;
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return learn_fail(LEARN_USAGE, "learn: %s is no regular file", path);
	(void)snprintf(directory, sizeof(directory), "%.*s",
		       strchr(path, '/') ? (int)text_directory(path) : 1,
		       strchr(path, '/') ? path : ".");
	if (access(directory, W_OK | X_OK))
		return learn_fail(LEARN_FAILED, "%s can't be written: %s", path, strerror(errno));
	return 0;
}

/* Where the policy is written, until it is whole; and then named as it should be. */
static FILE *open_output(const struct options *options, char *temporary, size_t size)
{
	FILE *out = stdout;
	int fd;

	if (!options->output)
		return out;
	if (snprintf(temporary, size, "%s.XXXXXX", options->output) >= (int)size) {
		(void)learn_fail(0, "%s: %s", options->output, strerror(ENAMETOOLONG));
		return NULL;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!out)
		(void)learn_fail(0, "%s: %s", options->output, strerror(errno));
	return out;
}

static int close_output(const struct options *options, FILE *out, const char *temporary)
{
	mode_t mask = umask(0);
	bool failed = fflush(out) || ferror(out);

	(void)umask(mask);
	if (!options->output)
		return failed ? learn_fail(LEARN_FAILED, "the policy can't be written: %s",
					   strerror(errno))
			      : 0;
	failed = failed || fchmod(fileno(out), 0666 & ~mask);
	failed = fclose(out) || failed;
	if (!failed && !rename(temporary, options->output))
		return 0;
	(void)learn_fail(0, "%s: %s", options->output, strerror(errno));
	(void)unlink(temporary);
	return LEARN_FAILED;
}

/* A directory that is no place to work in is not granted as one. */
static void find_setting(struct setting *setting, char *workspace, char *home)
{
	const char *named = getenv("HOME");

	memset(setting, 0, sizeof(*setting));
	if (named && *named == '/' && realpath(named, home) && home[1])
		setting->home = home;
	if (getcwd(workspace, PATH_MAX) && *workspace == '/' &&
	    !generalise_too_wide(setting, workspace) && strcmp(workspace, "/tmp") != 0)
		setting->workspace = workspace;
}

static int write_policy(const struct options *options, const struct policy *policy)
{
	char temporary[PATH_MAX];
	FILE *out = open_output(options, temporary, sizeof(temporary));

	if (!out)
		return LEARN_FAILED;
	policy_print(out, policy);
	return close_output(options, out, temporary);
}

static int learn(const struct options *options)
{
	static struct record record;
	static char workspace[PATH_MAX];
	static char home[PATH_MAX];
	struct trace trace = {
		.command = options->command,
		.output = options->output ? -1 : STDERR_FILENO,
		.sink = {on_path, on_net, on_call, &record, true},
	};
	struct setting setting;
	struct grants grants;
	char name[POLICY_MAX_NAME];
	int status;

	status = check_output(options->output);
	if (status)
		return status;
	find_setting(&setting, workspace, home);
	policy_name(options->name ? options->name : options->command[0], name);
	status = trace_run(&trace);
	if (status)
		return status;
	record_sort(&record);
	warn(&record, &trace);
	generalise(&record, &setting, &grants);
	status = write_policy(options, &(struct policy){name, &record, &grants, &setting, &trace});
	return status ? status : trace.status;
}

int main(int argc, char **argv)
{
	struct options options = {.output = NULL};
	int status;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return fputs(help, stdout) < 0 || fflush(stdout) ? LEARN_FAILED : 0;
	if (argc > 0 && !strcmp(argv[0], "explain"))
		return explain(argv);
	status = parse(argv, &options);
	return status || !options.command ? status : learn(&options);
}
