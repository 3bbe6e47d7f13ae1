/*
 * writ users import: users from a file, all of them or none.
 *
 * In: JSON lines or CSV, as export writes them. Out: one change of the store, or the line of the
 * file and what is wrong with it. A user who is in the store already is an error, unless --replace
 * has all that were there removed first: then the store is what the file says, no more and no less.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "runtime/audit/cli/users.h"
#include "runtime/audit/fail.h"
#include "runtime/audit/identity_name.h"
#include "runtime/cli/cli.h"

static const struct format {
	const char *name;
	int (*read)(struct users_import *import, struct writ_error *error);
} formats[] = {{"json", users_import_json}, {"csv", users_import_csv}};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

struct request {
	const struct format *format;
	const char *path;
	bool replace;
	struct users_import import;
};

static int check_name(const char *what, const char *bad, struct writ_error *error)
{
	return bad ? fail_set(error, WRIT_E_FORMAT, "%s %s", what, bad) : 0;
}

int users_import_user(struct users_import *import, struct identity_user *user,
		      struct writ_error *error)
{
	int rc = check_name("the user's name", identity_bad_user(user->name, strlen(user->name)),
			    error);

	if (!user->created_by)
		user->created_by = import->by;
	if (!user->created_s)
		user->created_s = import->now_s;
	if (!rc)
		rc = check_name("created_by",
				identity_bad_user(user->created_by, strlen(user->created_by)),
				error);
	return rc ? rc : identity_add(import->store, user, &user->id, error);
}

int users_import_grant(struct users_import *import, int64_t user, struct identity_grant *grant,
		       struct writ_error *error)
{
	int rc = check_name("the role's name", identity_bad_role(grant->role, strlen(grant->role)),
			    error);

	if (!grant->granted_by)
		grant->granted_by = import->by;
	if (!grant->granted_s)
		grant->granted_s = import->now_s;
	if (!rc)
		rc = check_name("granted_by",
				identity_bad_user(grant->granted_by, strlen(grant->granted_by)),
				error);
	return rc ? rc : identity_grant(import->store, user, grant, error);
}

/* What is wrong with a line is told with its place; what is wrong with the store is not its fault.
 */
static int read_all(struct request *request, struct writ_error *error)
{
	struct writ_error reason = {.code = 0};
	int rc = request->format->read(&request->import, &reason);

	if (rc && request->import.line)
		(void)fail_set(error, (enum writ_error_code)reason.code, "%.200s:%lu: %s",
			       request->path, request->import.line, reason.text);
	else if (rc) /* before there was a line */
		(void)fail_set(error, (enum writ_error_code)reason.code, "%.200s: %s",
			       request->path, reason.text);
	return rc;
}

/* What makes the file may have failed, and then nobody could do anything any more. */
static int check_somebody(const struct request *request, struct writ_error *error)
{
	int64_t last;
	int rc = identity_last(request->import.store, &last, error);

	if (!rc && request->replace && last == request->import.last)
		rc = fail_set(error, WRIT_E_FORMAT,
			      "%.200s: there is no user in it, and --replace would remove all",
			      request->path);
	return rc;
}

static int apply(struct identity_store *store, void *context, struct writ_error *error)
{
	struct request *request = context;
	int rc = request->replace ? identity_remove_all(store, error) : 0;

	request->import.store = store;
	if (!rc)
		rc = identity_last(store, &request->import.last, error);
	if (!rc)
		rc = read_all(request, error);
	return rc ? rc : check_somebody(request, error);
}

static const struct format *find_format(const char *name, const char *path)
{
	size_t len = strlen(path);

	if (!name)
		name = len > 4 && strcmp(path + len - 4, ".csv") == 0 ? "csv" : "json";
	for (size_t i = 0; i < N_FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

int users_verb_import(const struct users_options *options)
{
	struct request request = {
		.path = options->operands[1],
		.replace = options->replace,
		.import = {.now_s = time(NULL), .by = users_by(options)},
	};
	const struct users_change change = {DB_CREATE, apply, &request, NULL};
	int status;

	if (identity_bad_user(request.import.by, strlen(request.import.by)))
		return cli_fail(EXIT_USAGE, "users: --by takes a name");
	request.format = find_format(options->format, request.path);
	if (!request.format)
		return cli_fail(EXIT_USAGE, "users import: --format takes json or csv");
	if (strcmp(request.path, "-") == 0)
		request.import.file = stdin;
	else
		request.import.file = fopen(request.path, "re");
	if (!request.import.file)
		return cli_fail(EXIT_BAD_INPUT, "%.300s: %s", request.path, strerror(errno));
	status = users_change(options, &change);
	if (request.import.file != stdin)
		(void)fclose(request.import.file);
	return status;
}
