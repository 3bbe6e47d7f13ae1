/*
 * Options of all verbs, in one table. An option is "--name VALUE" or "--name=VALUE"; one given
 * twice is an error, but for those that collect name=value pairs, in which a name given twice is.
 * Nothing is guessed: no abbreviations, no operands.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "runtime/cli/cli.h"

#define MAX_MESSAGE 2048

static char last_message[MAX_MESSAGE];

int cli_fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(last_message, sizeof(last_message), format, args);
	va_end(args);
	(void)fputs("writ: ", stderr);
	cli_print_safe(stderr, last_message);
	(void)putc('\n', stderr);
	return status;
}

void cli_warn(const char *text)
{
	(void)fputs("writ: warning: ", stderr);
	cli_print_safe(stderr, text);
	(void)putc('\n', stderr);
}

const char *cli_last_message(void)
{
	return last_message;
}

struct option_row {
	const char *name;
	char letter; /* or 0 */
	unsigned int bit;
	enum { TEXT, NAME, PAIR, FLAG } kind; /* a NAME may be empty: nobody's */
	size_t offset;
};

#define FIELD(name) offsetof(struct cli_options, name)

static const struct option_row option_rows[] = {
	{"bundle", 'p', CLI_BUNDLE, TEXT, FIELD(bundle)},
	{"role", 0, CLI_ROLE, NAME, FIELD(role)},
	{"user", 0, CLI_USER, NAME, FIELD(user)},
	{"tool", 0, CLI_TOOL, NAME, FIELD(tool)},
	{"sandbox", 0, CLI_SANDBOX, TEXT, FIELD(sandbox)},
	{"cwd", 0, CLI_CWD, TEXT, FIELD(cwd)},
	{"resolver", 0, CLI_CWD, TEXT, FIELD(resolver)},
	{"audit", 0, CLI_MONITOR, TEXT, FIELD(audit)},
	{"key", 0, CLI_MONITOR, TEXT, FIELD(key)},
	{"policy", 0, CLI_MONITOR, TEXT, FIELD(policy)},
	{"allow-rollback", 0, CLI_MONITOR, FLAG, FIELD(allow_rollback)},
	{"users", 0, CLI_MONITOR, TEXT, FIELD(users)},
	{"activate", 0, CLI_MONITOR, TEXT, FIELD(activate)},
	{"state", 0, CLI_MONITOR, TEXT, FIELD(state)},
	{"args-json", 0, CLI_MONITOR, TEXT, FIELD(args_json)},
	{"approval", 0, CLI_MONITOR, TEXT, FIELD(approval)},
	{"wait", 0, CLI_MONITOR, TEXT, FIELD(wait)},
	{"public", 0, CLI_MONITOR, FLAG, FIELD(for_agent)},
	{"param", 0, CLI_PARAM, PAIR, FIELD(params)},
	{"arg", 0, CLI_ARG, PAIR, FIELD(args)},
	{"approve", 0, CLI_APPROVE, FLAG, FIELD(approve)},
	{"json", 0, CLI_JSON, FLAG, FIELD(json)},
	{"format", 0, CLI_FORMAT, TEXT, FIELD(format)},
	{"prove", 0, CLI_PROVE, FLAG, FIELD(prove)},
	{"json-fd", 0, CLI_JSON, TEXT, FIELD(json_fd)},
	{"explain", 0, CLI_EXPLAIN, FLAG, FIELD(explain)},
	{"explained-fd", 0, CLI_EXPLAIN, TEXT, FIELD(explained_fd)},
};
#define N_ROWS (sizeof(option_rows) / sizeof(option_rows[0]))

/* Does argument name this option? *value is what follows "=", or NULL. */
static bool names(const struct option_row *row, char *argument, char **value)
{
	size_t len = strlen(row->name);

	*value = NULL;
	if (argument[0] == '-' && argument[1] == row->letter && row->letter)
		return argument[2] == '\0';
	if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, row->name, len) != 0)
		return false;
	if (argument[2 + len] == '=')
		*value = argument + 2 + len + 1;
	return argument[2 + len] == '\0' || *value;
}

static const struct option_row *find_row(char *argument, unsigned int accepted, char **value)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (option_rows[i].bit & accepted && names(&option_rows[i], argument, value))
			return &option_rows[i];
	}
	return NULL;
}

static int add_pair(struct cli_pairs *pairs, const char *option, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return cli_fail(EXIT_USAGE, "--%s takes NAME=VALUE, not '%s'", option, text);
	*equals = '\0';
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->items[i].name, text) == 0)
			return cli_fail(EXIT_USAGE, "--%s %s is given twice", option, text);
	}
	if (pairs->n == CLI_MAX_PAIRS)
		return cli_fail(EXIT_USAGE, "more than %d times --%s", CLI_MAX_PAIRS, option);
	pairs->items[pairs->n].name = text;
	pairs->items[pairs->n].value = equals + 1;
	pairs->n++;
	return 0;
}

static int set_text(const char **field, const struct option_row *row, const char *text)
{
	if (*field)
		return cli_fail(EXIT_USAGE, "--%s is given twice", row->name);
	if (!*text && row->kind != NAME)
		return cli_fail(EXIT_USAGE, "--%s takes a value, not an empty one", row->name);
	*field = text;
	return 0;
}

/*
 * value is the option's own, or NULL; next is the following argument. *used says that next was
 * taken.
 */
static int apply(const struct option_row *row, struct cli_options *options, char *value, char *next,
		 bool *used)
{
	void *field = (char *)options + row->offset;

	*used = false;
	options->monitored |= row->bit == CLI_MONITOR;
	if (row->kind == FLAG) {
		if (value)
			return cli_fail(EXIT_USAGE, "--%s takes no value", row->name);
		*(bool *)field = true;
		return 0;
	}
	if (!value) {
		value = next;
		*used = true;
	}
	if (!value)
		return cli_fail(EXIT_USAGE, "--%s takes a value", row->name);
	if (row->kind == PAIR)
		return add_pair(field, row->name, value);
	return set_text(field, row, value);
}

static int unexpected(const char *verb, const char *word, unsigned int accepted)
{
	const char *advice = "";

	if (accepted & CLI_ARG && strchr(word, '='))
		advice = "; an argument of the call stands after --arg";
	else if (accepted & CLI_COMMAND)
		advice = "; the command stands after --";
	return cli_fail(EXIT_USAGE, "%s: unexpected argument '%s'%s", verb, word, advice);
}

int cli_parse(char **argv, unsigned int accepted, struct cli_options *options)
{
	const char *verb = argv[0];

	memset(options, 0, sizeof(*options));
	for (argv++; *argv; argv++) {
		const struct option_row *row;
		char *value = NULL;
		bool used = false;
		int rc;

		if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0) {
			options->help = true;
			return 0;
		}
		if (strcmp(*argv, "--") == 0 && accepted & CLI_COMMAND) {
			options->command = argv + 1;
			return 0;
		}
		row = find_row(*argv, accepted, &value);
		if (!row && (*argv)[0] == '-')
			return cli_fail(EXIT_USAGE, "%s: unknown option '%s'", verb, *argv);
		if (!row)
			return unexpected(verb, *argv, accepted);
		rc = apply(row, options, value, argv[1], &used);
		if (rc)
			return rc;
		argv += used;
	}
	return 0;
}

/* Reading the command line has cut pairs in two: this word, if it is one, is put together again. */
static void join(char *word, const struct cli_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct writ_param *pair = &pairs->items[i];

		if (pair->name >= word && pair->name <= word + strlen(word))
			word[pair->value - 1 - word] = '=';
	}
}

void cli_join(char **argv, const struct cli_options *options)
{
	for (; *argv; argv++) {
		join(*argv, &options->params);
		join(*argv, &options->args);
	}
}
