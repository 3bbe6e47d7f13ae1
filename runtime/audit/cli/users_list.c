/*
 * writ users list, show, export: the store, read and printed.
 *
 * Rows come one for each grant, by user and role, and are printed as they come. JSON is one object
 * a user and line, CSV (RFC 4180) one line a grant; both are what import reads. Text is for people:
 * it shows what a terminal would hide, and leaves out who granted what but for show.
 */
#include <string.h>
#include <time.h>

#include "runtime/audit/cli/users.h"
#include "runtime/audit/identity_name.h"
#include "runtime/cli/cli.h"

struct printer;

struct format {
	const char *name;
	const char *head; /* before all rows */
	void (*user)(struct printer *printer, const struct identity_user *user);
	void (*grant)(struct printer *printer, const struct identity_user *user,
		      const struct identity_grant *grant); /* or NULL: the user has none */
	void (*end)(struct printer *printer);              /* of a user */
};

struct printer {
	const struct format *format;
	const char *role; /* users who have it only; NULL: all */
	int64_t user;     /* whose rows are printed; 0: nobody's yet */
	size_t n_grants;  /* of that user, so far */
	int64_t now_s;
	size_t n_users;
};

/* ---- text ---- */

static void text_user(struct printer *printer, const struct identity_user *user)
{
	(void)printer;
	cli_print_safe(stdout, user->name);
	(void)fputs(user->disabled ? " (disabled):" : ":", stdout);
}

static void text_grant(struct printer *printer, const struct identity_user *user,
		       const struct identity_grant *grant)
{
	char when[USERS_TIME_SIZE];

	(void)user;
	if (!grant)
		return;
	(void)printf("%s %s", printer->n_grants ? "," : "", grant->role);
	if (grant->expires_s)
		(void)printf(" (%s %s)", grant->expires_s > printer->now_s ? "until" : "expired",
			     users_time(grant->expires_s, when));
}

static void text_end(struct printer *printer)
{
	(void)puts(printer->n_grants ? "" : " no roles");
}

/* Of one user, with who gave what and when. */
static void full_user(struct printer *printer, const struct identity_user *user)
{
	char when[USERS_TIME_SIZE];

	(void)printer;
	cli_print_safe(stdout, user->name);
	(void)printf(": %s, since %s, by ", user->disabled ? "disabled" : "enabled",
		     users_time(user->created_s, when));
	cli_print_safe(stdout, user->created_by);
}

static void full_grant(struct printer *printer, const struct identity_user *user,
		       const struct identity_grant *grant)
{
	char when[USERS_TIME_SIZE];

	(void)user;
	if (!grant)
		return;
	(void)printf("\n  %s: since %s, by ", grant->role, users_time(grant->granted_s, when));
	cli_print_safe(stdout, grant->granted_by);
	if (grant->expires_s)
		(void)printf(", %s %s", grant->expires_s > printer->now_s ? "until" : "expired",
			     users_time(grant->expires_s, when));
}

static void full_end(struct printer *printer)
{
	(void)printer;
	(void)putchar('\n');
}

/* ---- JSON ---- */

static void json_member(const char *key, const char *value)
{
	(void)printf(",\"%s\":", key);
	cli_json_string(stdout, value);
}

static void json_user(struct printer *printer, const struct identity_user *user)
{
	char when[USERS_TIME_SIZE];

	(void)printer;
	(void)fputs("{\"user\":", stdout);
	cli_json_string(stdout, user->name);
	(void)printf(",\"disabled\":%s", user->disabled ? "true" : "false");
	json_member("created", users_time(user->created_s, when));
	json_member("created_by", user->created_by);
	(void)fputs(",\"roles\":[", stdout);
}

static void json_grant(struct printer *printer, const struct identity_user *user,
		       const struct identity_grant *grant)
{
	char when[USERS_TIME_SIZE];

	(void)user;
	if (!grant)
		return;
	(void)printf("%s{\"role\":", printer->n_grants ? "," : "");
	cli_json_string(stdout, grant->role);
	json_member("granted", users_time(grant->granted_s, when));
	json_member("granted_by", grant->granted_by);
	if (grant->expires_s)
		json_member("expires", users_time(grant->expires_s, when));
	else
		(void)fputs(",\"expires\":null", stdout);
	(void)putchar('}');
}

static void json_end(struct printer *printer)
{
	(void)printer;
	(void)puts("]}");
}

/* ---- CSV ---- */

static void csv_text(const char *text)
{
	if (!strpbrk(text, ",\"")) {
		(void)fputs(text, stdout);
		return;
	}
	(void)putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			(void)putchar('"');
		(void)putchar(*text);
	}
	(void)putchar('"');
}

static void csv_user(struct printer *printer, const struct identity_user *user)
{
	(void)printer;
	(void)user;
}

static void csv_grant(struct printer *printer, const struct identity_user *user,
		      const struct identity_grant *grant)
{
	char when[USERS_TIME_SIZE];

	(void)printer;
	csv_text(user->name);
	(void)printf(",%s,%s,", user->disabled ? "true" : "false",
		     users_time(user->created_s, when));
	csv_text(user->created_by);
	if (!grant) {
		(void)puts(",,,,");
		return;
	}
	(void)printf(",%s,%s,", grant->role, users_time(grant->granted_s, when));
	csv_text(grant->granted_by);
	(void)printf(",%s\n", grant->expires_s ? users_time(grant->expires_s, when) : "");
}

static void csv_end(struct printer *printer)
{
	(void)printer;
}

#define CSV_HEAD "user,disabled,created,created_by,role,granted,granted_by,expires\n"

static const struct format full = {"text", "", full_user, full_grant, full_end};
static const struct format formats[] = {
	{"text", "", text_user, text_grant, text_end},
	{"json", "", json_user, json_grant, json_end},
	{"csv", CSV_HEAD, csv_user, csv_grant, csv_end},
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < N_FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

static int print_row(void *context, const struct identity_user *user,
		     const struct identity_grant *grant)
{
	struct printer *printer = context;

	if (printer->role && (!grant || strcmp(grant->role, printer->role) != 0))
		return 0;
	if (printer->user != user->id) {
		if (printer->user)
			printer->format->end(printer);
		printer->user = user->id;
		printer->n_grants = 0;
		printer->n_users++;
		printer->format->user(printer, user);
	}
	printer->format->grant(printer, user, grant);
	printer->n_grants += grant != NULL;
	return 0;
}

static int print(struct printer *printer, const char *path, const char *user)
{
	const struct identity_visit visit = {print_row, printer};
	struct identity_store *store = NULL;
	struct writ_error error;
	int rc = identity_open(path, DB_READ, &store, &error);

	if (rc)
		return users_fail(rc, &error);
	printer->now_s = time(NULL);
	(void)fputs(printer->format->head, stdout);
	rc = identity_visit(store, user, &visit, &error);
	identity_close(store);
	if (rc)
		return users_fail(rc, &error);
	if (printer->user)
		printer->format->end(printer);
	if (fflush(stdout) || ferror(stdout))
		return cli_fail(EXIT_RUN_FAILED, "standard output can't be written");
	if (user && !printer->n_users)
		return cli_fail(EXIT_DENIED, "users: there is no user '%.300s'", user);
	return EXIT_ALLOWED;
}

int users_verb_list(const struct users_options *options)
{
	struct printer printer = {.role = options->role};

	printer.format = find_format(options->format ? options->format : "text");
	if (!printer.format)
		return cli_fail(EXIT_USAGE, "users list: --format takes text, json or csv");
	return print(&printer, options->operands[0], NULL);
}

int users_verb_show(const struct users_options *options)
{
	struct printer printer = {.format = &full};

	if (options->format && strcmp(options->format, "text") != 0)
		printer.format = find_format(options->format);
	if (!printer.format)
		return cli_fail(EXIT_USAGE, "users show: --format takes text, json or csv");
	return print(&printer, options->operands[0], options->operands[1]);
}

int users_verb_export(const struct users_options *options)
{
	struct printer printer = {
		.format = find_format(options->format ? options->format : "json")};

	if (!printer.format || printer.format == formats)
		return cli_fail(EXIT_USAGE, "users export: --format takes json or csv");
	return print(&printer, options->operands[0], NULL);
}
