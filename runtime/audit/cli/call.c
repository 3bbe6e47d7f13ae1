/*
 * Reading --args-json, --activate and --wait.
 */
#include "runtime/audit/cli/call.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/writ_args.h"

#define READ_BYTES ((size_t)WRIT_MAX_ARGS_JSON + 1)

/* ---- --args-json JSON | @FILE | - ---- */

/* One byte more than may be, so that what is too much is seen to be. */
static int read_stream(FILE *in, const char *name, char **text, size_t *len)
{
	*text = malloc(READ_BYTES);
	if (!*text)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	*len = fread(*text, 1, READ_BYTES, in);
	if (ferror(in))
		return cli_fail(EXIT_BAD_INPUT, "%.300s can't be read: %s", name, strerror(errno));
	return 0;
}

static int read_text(const char *from, char **text, size_t *len)
{
	FILE *in;
	int status;

	if (strcmp(from, "-") == 0)
		return read_stream(stdin, "standard input", text, len);
	if (from[0] != '@') {
		*text = strdup(from);
		*len = strlen(from);
		return *text ? 0 : cli_fail(EXIT_RUN_FAILED, "out of memory");
	}
	in = fopen(from + 1, "re");
	if (!in)
		return cli_fail(EXIT_BAD_INPUT, "%.300s can't be read: %s", from + 1,
				strerror(errno));
	status = read_stream(in, from + 1, text, len);
	(void)fclose(in);
	return status;
}

static int read_json(const char *from, struct call *call)
{
	struct writ_args *args;
	struct writ_error error;
	char *text = NULL;
	size_t len = 0;
	int status = read_text(from, &text, &len);

	if (!status && writ_args_from_json(text, len, &args, &error))
		status = cli_fail(EXIT_BAD_INPUT, "--args-json: %s", error.text);
	free(text);
	if (status)
		return status;
	if (args->n > CLI_MAX_PAIRS - call->n_args)
		return cli_fail(EXIT_USAGE, "more than %d arguments", CLI_MAX_PAIRS);
	memcpy(call->args + call->n_args, args->items, args->n * sizeof(*args->items));
	call->n_args += args->n;
	return 0;
}

/* ---- --activate ROLE[,ROLE]... ---- */

static int read_roles(const char *text, struct call *call)
{
	char *at;

	call->roles_text = strdup(text);
	if (!call->roles_text)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	for (at = call->roles_text; at;) {
		char *role = strsep(&at, ",");

		if (!*role)
			return cli_fail(EXIT_USAGE, "--activate takes ROLE[,ROLE]..., not '%s'",
					text);
		if (call->n_roles == CALL_MAX_ROLES)
			return cli_fail(EXIT_USAGE, "--activate takes at most %d roles",
					CALL_MAX_ROLES);
		call->roles[call->n_roles++] = role;
	}
	return 0;
}

/* ---- --wait DURATION ---- */

static int read_duration(const char *text, int *out_ms)
{
	static const struct {
		const char *name;
		long ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0 || errno || text[0] < '0' || text[0] > '9' ||
		    number > INT_MAX / units[i].ms)
			continue;
		*out_ms = (int)(number * units[i].ms);
		return 0;
	}
	return cli_fail(EXIT_USAGE, "--wait takes a duration as 500ms, 30s or 5m, not '%s'", text);
}

int call_read(const struct cli_options *options, struct call *call)
{
	int status = 0;

	call->n_args = cli_request(options, call->args).n_args;
	if (options->args_json)
		status = read_json(options->args_json, call);
	if (!status && options->activate)
		status = read_roles(options->activate, call);
	if (!status && options->wait)
		status = read_duration(options->wait, &call->wait_ms);
	return status;
}
