/*
 * Users as CSV (RFC 4180): a head that names the columns, then one line a grant.
 *
 * Columns may be any of those that export writes, in any order; "user" must be there. A user of
 * several roles has several lines, which may stand anywhere and must agree on the user. A field in
 * double quotes may hold commas and quotes, doubled; what names can't hold is refused as such. A
 * line without the right number of fields, or with a quote where none may be, is an error.
 */
#include <errno.h>
#include <string.h>

#include "runtime/audit/cli/users.h"
#include "runtime/audit/fail.h"

#define MAX_FIELD 1024
#define MAX_TEXT  (N_COLUMNS * (MAX_FIELD + 1))

enum column { USER, DISABLED, CREATED, CREATED_BY, ROLE, GRANTED, GRANTED_BY, EXPIRES, N_COLUMNS };

static const char *const names[N_COLUMNS] = {
	[USER] = "user",       [DISABLED] = "disabled",     [CREATED] = "created",
	[ROLE] = "role",       [CREATED_BY] = "created_by", [GRANTED] = "granted",
	[EXPIRES] = "expires", [GRANTED_BY] = "granted_by",
};

/* A record: its fields, NUL-terminated one after the other in text. */
struct record {
	char text[MAX_TEXT];
	size_t at[N_COLUMNS];
	size_t n;
	size_t used;
};

struct table {
	struct record record;
	enum column columns[N_COLUMNS]; /* by field */
	size_t n;
};

static int put(struct record *record, int c, struct writ_error *error)
{
	if (c == '\0')
		return fail_set(error, WRIT_E_FORMAT, "it holds a NUL");
	if (record->used - record->at[record->n] == MAX_FIELD)
		return fail_set(error, WRIT_E_FORMAT, "a field is longer than %d bytes", MAX_FIELD);
	record->text[record->used++] = (char)c;
	return 0;
}

/* Behind the opening quote. *next is what follows the closing one. */
static int read_quoted(struct users_import *import, struct record *record, int *next,
		       struct writ_error *error)
{
	for (;;) {
		int c = getc(import->file);
		int rc;

		if (c == EOF)
			return fail_set(error, WRIT_E_FORMAT, "a quote is not closed");
		if (c == '"') {
			*next = getc(import->file);
			if (*next != '"')
				return 0;
		}
		rc = put(record, c, error);
		if (rc)
			return rc;
	}
}

static bool ends_field(int c)
{
	return c == ',' || c == '\n' || c == '\r' || c == EOF;
}

/* *c is the first character of the field, then what ended it. */
static int read_field(struct users_import *import, struct record *record, int *c,
		      struct writ_error *error)
{
	int rc = 0;

	record->at[record->n] = record->used;
	if (*c == '"') {
		rc = read_quoted(import, record, c, error);
		if (!rc && !ends_field(*c))
			rc = fail_set(error, WRIT_E_FORMAT, "there is text behind a quoted field");
	} else {
		for (; !ends_field(*c) && !rc; *c = getc(import->file))
			rc = *c == '"' ? fail_set(error, WRIT_E_FORMAT,
						  "there is a quote in a field without quotes")
				       : put(record, *c, error);
	}
	record->text[record->used++] = '\0';
	record->n++;
	return rc;
}

/* 1: a record; 0: the end of the file. */
static int read_record(struct users_import *import, struct record *record, struct writ_error *error)
{
	int c = getc(import->file);
	int rc;

	record->n = 0;
	record->used = 0;
	if (c == EOF)
		return 0;
	import->line++;
	for (;; c = getc(import->file)) {
		if (record->n == N_COLUMNS)
			return fail_set(error, WRIT_E_FORMAT, "it has more than %d fields",
					N_COLUMNS);
		rc = read_field(import, record, &c, error);
		if (rc)
			return rc;
		if (c != ',')
			break;
	}
	if (c == '\r' && getc(import->file) != '\n')
		return fail_set(error, WRIT_E_FORMAT, "there is a CR without an LF");
	return 1;
}

static int read_head(struct users_import *import, struct table *table, struct writ_error *error)
{
	unsigned int seen = 0;
	int rc = read_record(import, &table->record, error);

	if (rc < 0)
		return rc;
	table->n = table->record.n;
	for (size_t i = 0; i < table->n; i++) {
		const char *name = table->record.text + table->record.at[i];
		int column = 0;

		while (column < N_COLUMNS && strcmp(names[column], name) != 0)
			column++;
		if (column == N_COLUMNS || seen & 1u << column)
			return fail_set(error, WRIT_E_FORMAT,
					"'%.40s' is no column, or one that is there already", name);
		seen |= 1u << column;
		table->columns[i] = (enum column)column;
	}
	if (!(seen & 1u << USER))
		return fail_set(error, WRIT_E_FORMAT, "its head names no column 'user'");
	return 0;
}

static int read_time(const char *text, int64_t *seconds, struct writ_error *error)
{
	if (*text && !users_read_time(text, seconds))
		return fail_set(error, WRIT_E_FORMAT,
				"'%.40s' is not a time, as in 2026-12-31T23:59:59Z", text);
	return 0;
}

static int read_truth(const char *text, bool *truth, struct writ_error *error)
{
	*truth = strcmp(text, "true") == 0;
	if (*text && !*truth && strcmp(text, "false") != 0)
		return fail_set(error, WRIT_E_FORMAT, "'%.40s' is neither true nor false", text);
	return 0;
}

/* The user of a line is a new one, or one that another line has added. */
static int take_user(struct users_import *import, struct identity_user *user,
		     struct writ_error *error)
{
	struct identity_user there;
	int rc = identity_find(import->store, user->name, &there, error);

	if (rc == -WRIT_E_UNKNOWN)
		return users_import_user(import, user, error);
	if (rc)
		return rc;
	if (there.id <= import->last)
		return fail_set(error, WRIT_E_INVALID, "there is a user '%s' already", user->name);
	if (there.disabled != user->disabled)
		return fail_set(error, WRIT_E_FORMAT, "user '%s' is disabled in one line only",
				user->name);
	user->id = there.id;
	return 0;
}

static int take_record(struct users_import *import, const struct table *table,
		       struct writ_error *error)
{
	const char *fields[N_COLUMNS] = {"", "", "", "", "", "", "", ""};
	struct identity_user user = {.name = NULL};
	struct identity_grant grant = {.role = NULL};
	int rc;

	if (table->record.n != table->n)
		return fail_set(error, WRIT_E_FORMAT, "it has %zu fields, the head has %zu",
				table->record.n, table->n);
	for (size_t i = 0; i < table->n; i++)
		fields[table->columns[i]] = table->record.text + table->record.at[i];
	user.name = fields[USER];
	user.created_by = *fields[CREATED_BY] ? fields[CREATED_BY] : NULL;
	grant.role = fields[ROLE];
	grant.granted_by = *fields[GRANTED_BY] ? fields[GRANTED_BY] : NULL;
	rc = read_truth(fields[DISABLED], &user.disabled, error);
	rc = rc ? rc : read_time(fields[CREATED], &user.created_s, error);
	rc = rc ? rc : read_time(fields[GRANTED], &grant.granted_s, error);
	rc = rc ? rc : read_time(fields[EXPIRES], &grant.expires_s, error);
	rc = rc ? rc : take_user(import, &user, error);
	return rc || !*grant.role ? rc : users_import_grant(import, user.id, &grant, error);
}

int users_import_csv(struct users_import *import, struct writ_error *error)
{
	static struct table table;
	int rc = read_head(import, &table, error);

	if (rc)
		return rc;
	while ((rc = read_record(import, &table.record, error)) > 0) {
		rc = take_record(import, &table, error);
		if (rc)
			return rc;
	}
	if (!rc && ferror(import->file))
		return fail_set(error, WRIT_E_OPEN, "it can't be read: %s", strerror(errno));
	return rc;
}
