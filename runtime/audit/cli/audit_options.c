/*
 * Options of "writ audit VERB": a table in which each names its field and how its value is read.
 * "--name VALUE" or "--name=VALUE"; one given twice is an error, and so is a value that is not
 * exactly what the option takes: a filter that is misunderstood would hide records.
 */
#include "runtime/audit/cli/audit_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/schema.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"

#define MAX_TEXT 256

struct option {
	const char *name;
	char letter; /* or 0 */
	unsigned int bit;
	int (*read)(const struct option *option, const char *text, void *field); /* NULL: a flag */
	size_t offset;
	const char *takes; /* for messages */
	const char *words; /* what it takes one of, or NULL */
};

static int bad_value(const struct option *option, const char *text)
{
	return cli_fail(EXIT_USAGE, "--%s takes %s, not '%s'", option->name, option->takes, text);
}

static int read_text(const struct option *option, const char *text, void *field)
{
	if (!*text || strlen(text) > MAX_TEXT)
		return bad_value(option, text);
	*(const char **)field = text;
	return 0;
}

static int read_path(const struct option *option, const char *text, void *field)
{
	if (!*text)
		return bad_value(option, text);
	*(const char **)field = text;
	return 0;
}

/* One of the words of a list. */
static int read_word(const struct option *option, const char *text, void *field)
{
	size_t len = strlen(text);

	for (const char *p = option->words; len && *p; p += strcspn(p, " "), p += *p == ' ') {
		if (strcspn(p, " ") == len && memcmp(p, text, len) == 0)
			return read_text(option, text, field);
	}
	return cli_fail(EXIT_USAGE, "--%s: there is no '%s'; it takes one of: %s", option->name,
			text, option->words);
}

static int read_moment(const struct option *option, const char *text, void *field)
{
	return when_parse(text, when_now(), field) ? bad_value(option, text) : 0;
}

static int read_span(const struct option *option, const char *text, void *field)
{
	return when_span(text, field) || *(int64_t *)field == 0 ? bad_value(option, text) : 0;
}

/* A decimal number at *text, which goes behind it. */
static bool take_number(const char **text, int64_t *number)
{
	const char *p = *text;

	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *p - '0', number))
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

static int read_count(const struct option *option, const char *text, void *field)
{
	const char *p = text;

	return take_number(&p, field) && !*p ? 0 : bad_value(option, text);
}

static int read_size(const struct option *option, const char *text, void *field)
{
	static const char units[] = "KMGT";
	const char *p = text;
	const char *unit;
	int64_t *size = field;

	if (!take_number(&p, size) || *size == 0)
		return bad_value(option, text);
	unit = *p ? strchr(units, *p) : NULL;
	for (long i = 0; unit && i <= unit - units; i++) {
		if (__builtin_mul_overflow(*size, 1024, size))
			return bad_value(option, text);
	}
	return p[unit ? 1 : 0] ? bad_value(option, text) : 0;
}

/* "N", "N-M" or "N-", into first_seq and last_seq behind it. */
static int read_range(const struct option *option, const char *text, void *field)
{
	struct record_filter *filter = field;
	const char *p = text;

	if (!take_number(&p, &filter->first_seq))
		return bad_value(option, text);
	filter->last_seq = filter->first_seq;
	if (*p == '-' && !p[1]) {
		p++;
		filter->last_seq = FILTER_ANY;
	} else if (*p == '-') {
		p++;
		if (!take_number(&p, &filter->last_seq) || filter->last_seq < filter->first_seq)
			return bad_value(option, text);
	}
	return *p ? bad_value(option, text) : 0;
}

#define KINDS                                                                                      \
	"decision launch end network file approval reload session gap open close checkpoint "      \
	"rotate prune"
#define REASONS                                                                                    \
	"by_rule no_rule no_condition unknown_subject bad_tool_name bad_request rate_limited "     \
	"no_state stale not_approved not_recorded"
#define MOMENT "a time (2026-11-22T13:33:18Z, 2026-11-22) or how long ago (15m, 2h, 7d)"
#define NAME   "a name, in which * stands for any characters"

#define F(name) offsetof(struct audit_options, filter.name)
#define O(name) offsetof(struct audit_options, name)

static const struct option rows[] = {
	{"since", 0, AUDIT_FILTER, read_moment, F(since_us), MOMENT, NULL},
	{"until", 0, AUDIT_FILTER, read_moment, F(until_us), MOMENT, NULL},
	{"user", 0, AUDIT_FILTER, read_text, F(user), NAME, NULL},
	{"role", 0, AUDIT_FILTER, read_text, F(role), NAME, NULL},
	{"tool", 0, AUDIT_FILTER, read_text, F(tool), NAME, NULL},
	{"rule", 0, AUDIT_FILTER, read_text, F(rule), "a place FILE:LINE:COL, or with *", NULL},
	{"verdict", 0, AUDIT_FILTER, read_word, F(verdict), "a verdict", "allow deny ask"},
	{"reason", 0, AUDIT_FILTER, read_word, F(reason), "a reason", REASONS},
	{"kind", 0, AUDIT_FILTER, read_word, F(kind), "a kind of record", KINDS},
	{"session", 0, AUDIT_FILTER, read_text, F(session), "the id of a session", NULL},
	{"seq", 0, AUDIT_FILTER, read_range, O(filter),
	 "a record's number, N, or N-M, or N- for all from there", NULL},
	{"format", 0, AUDIT_FORMAT, read_text, O(format), "a format", NULL},
	{"limit", 0, AUDIT_ORDER, read_count, O(limit), "a number of records", NULL},
	{"reverse", 0, AUDIT_ORDER, NULL, O(reverse), NULL, NULL},
	{"follow", 'f', AUDIT_FOLLOW, NULL, O(follow), NULL, NULL},
	{"lines", 'n', AUDIT_FOLLOW, read_count, O(lines), "a number of records", NULL},
	{"top", 0, AUDIT_TOP, read_count, O(top), "a number of rows", NULL},
	{"key", 0, AUDIT_KEY, read_path, O(key), "the log's key file", NULL},
	{"size", 0, AUDIT_ROTATE, read_size, O(size), "a size in bytes, or with K, M, G", NULL},
	{"monthly", 0, AUDIT_ROTATE, NULL, O(monthly), NULL, NULL},
	{"keep", 0, AUDIT_KEEP, read_span, O(keep_us), "a span of time (90d, 26w)", NULL},
	{"archives", 0, AUDIT_KEEP, NULL, O(archives), NULL, NULL},
	{"cursor", 0, AUDIT_ALERTS, read_path, O(cursor), "a file", NULL},
	{"checkpoint", 0, AUDIT_EXPECT, read_path, O(checkpoint), "a checkpoint, or @FILE", NULL},
	{"signer", 0, AUDIT_EXPECT, read_text, O(signer), "64 hexadecimal digits", NULL},
	{"once", 0, AUDIT_ALERTS, NULL, O(once), NULL, NULL},
	{"textfile", 0, AUDIT_TEXTFILE, read_path, O(textfile), "a file", NULL},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* *value is what follows "=", or NULL. */
static bool names(const struct option *row, const char *word, const char **value)
{
	size_t len = strlen(row->name);

	*value = NULL;
	if (row->letter && word[0] == '-' && word[1] == row->letter)
		return word[2] == '\0';
	if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, row->name, len) != 0)
		return false;
	if (word[2 + len] == '=')
		*value = word + 2 + len + 1;
	return word[2 + len] == '\0' || *value;
}

static const struct option *find(const char *word, unsigned int accepted, const char **value)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].bit & accepted && names(&rows[i], word, value))
			return &rows[i];
	}
	return NULL;
}

/* value is the option's own, or NULL; next is what follows. *used: next was taken. */
static int apply(const struct option *row, const char *value, const char *next,
		 struct audit_options *options, bool *used)
{
	void *field = (char *)options + row->offset;

	*used = false;
	if (!row->read) {
		if (value)
			return cli_fail(EXIT_USAGE, "--%s takes no value", row->name);
		*(bool *)field = true;
		return 0;
	}
	*used = !value;
	if (!value && !next)
		return cli_fail(EXIT_USAGE, "--%s takes %s", row->name, row->takes);
	return row->read(row, value ? value : next, field);
}

static int parse_option(char **argv, const struct audit_usage *usage, struct audit_options *options,
			uint64_t *seen, bool *used)
{
	const char *value;
	const struct option *row = find(*argv, usage->accepted, &value);

	if (!row)
		return cli_fail(EXIT_USAGE, "audit %s: unknown option '%s'", usage->verb, *argv);
	if (*seen >> (row - rows) & 1)
		return cli_fail(EXIT_USAGE, "--%s is given twice", row->name);
	*seen |= UINT64_C(1) << (row - rows);
	return apply(row, value, argv[1], options, used);
}

static int parse(char **argv, const struct audit_usage *usage, struct audit_options *options)
{
	bool only_operands = false;
	uint64_t seen = 0;

	_Static_assert(N_ROWS <= 64, "one bit an option");
	for (argv++; *argv; argv++) {
		bool used = false;
		int rc = 0;

		if (!only_operands && (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)) {
			options->help = true;
			return 0;
		}
		if (!only_operands && strcmp(*argv, "--") == 0)
			only_operands = true;
		else if (!only_operands && (*argv)[0] == '-')
			rc = parse_option(argv, usage, options, &seen, &used);
		else if (options->n_operands == usage->max_operands)
			return cli_fail(EXIT_USAGE, "audit %s: unexpected argument '%s'",
					usage->verb, *argv);
		else
			options->operands[options->n_operands++] = *argv;
		if (rc)
			return rc;
		argv += used;
	}
	if (options->n_operands < usage->min_operands)
		return cli_fail(EXIT_USAGE, "audit %s: it takes %s (writ audit %s --help)",
				usage->verb, usage->operands, usage->verb);
	return 0;
}

bool audit_begin(char **argv, const struct audit_usage *usage, struct audit_options *options,
		 int *status)
{
	*options = (struct audit_options){.filter = RECORD_FILTER_ALL,
					  .limit = FILTER_ANY,
					  .lines = 10,
					  .top = 10};
	*status = parse(argv, usage, options);
	if (*status)
		return false;
	if (options->help) {
		(void)fputs(usage->help, stdout);
		*status = audit_end_output();
		return false;
	}
	if (options->filter.since_us > options->filter.until_us) {
		*status = cli_fail(EXIT_USAGE, "--since is after --until");
		return false;
	}
	return true;
}

/* Neither a database of a newer version nor a key that is missing is the host's fault. */
static int status_of(const struct writ_error *error)
{
	switch (error->code) {
	case WRIT_E_UNSUPPORTED:
	case WRIT_E_NOT_FOUND:
		return EXIT_BAD_INPUT;
	default:
		return writ_exit_status(error->code);
	}
}

/* Some errors of the library begin with the file that they are about. */
static bool names_file(const struct writ_error *error, const char *path)
{
	size_t len = strlen(path);

	return strncmp(error->text, path, len) == 0 && error->text[len] == ':';
}

int audit_fail(const char *path, const struct writ_error *error)
{
	if (path && names_file(error, path))
		path = NULL;
	return cli_fail(status_of(error), "%.300s%s%s", path ? path : "", path ? ": " : "",
			error->text);
}

int audit_open(const char *path, sqlite3 **db)
{
	struct writ_error error;

	return schema_open(path, DB_READ, db, &error) ? audit_fail(NULL, &error) : 0;
}

int audit_end_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		return cli_fail(EXIT_RUN_FAILED, "the output can't be written: %s",
				strerror(errno));
	return 0;
}
