/*
 * See denials.h. Each denial is a kind, what a policy calls the thing, and the line that would
 * grant it, or why no line can. Both outputs go over the same list.
 */
#include "runtime/learn/denials.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/learn/generalise.h"
#include "runtime/learn/policy_parts.h"
#include "runtime/learn/text.h"

struct denial {
	const char *kind;   /* "read", "connect", "syscall" */
	const char *target; /* a path, an endpoint, a call */
	const char *line;   /* NULL: none can grant it */
	const char *note;   /* or NULL */
	uint64_t count;
	const struct seen_by *by;
};

struct output {
	FILE *out;
	void (*put)(struct output *output, const struct denial *denial);
	size_t n;
};

/* A statement with a string in it, in memory to be freed. */
static char *statement(const char *verb, const char *target)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		exit(learn_fail(LEARN_FAILED, "out of memory"));
	(void)fprintf(out, "%s \"", verb);
	text_put_string(out, target);
	(void)fputs("\";", out);
	(void)fclose(out);
	return text;
}

static void put_grant(struct output *output, struct denial *denial)
{
	char *line = statement(denial->kind, denial->target);

	denial->line = line;
	output->put(output, denial);
	free(line);
}

/* "/proc/123/maps" is of a process: what a policy can name is all of it. */
static void target_of(const struct seen_path *seen, const char *verb, char *target)
{
	bool entry = seen->uses & (USE_ENTRY | USE_CREATE) && !strcmp(verb, "write");
	const char *path = seen->path;

	if (!strncmp(path, "/proc/", 6) && isdigit((unsigned char)path[6]))
		path = "/proc";
	(void)snprintf(target, PATH_MAX, "%.*s", (int)(entry ? text_directory(path) : strlen(path)),
		       path);
}

static void put_path(struct output *output, const struct seen_path *seen)
{
	static const struct {
		unsigned int uses;
		const char *verb;
	} rows[] = {
		{USE_WRITE | USE_ENTRY | USE_CREATE, "write"}, /* which covers read */
		{USE_EXECUTE, "execute"},
		{USE_READ | USE_LIST, "read"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct denial denial = {.kind = rows[i].verb,
					.count = seen->count,
					.by = &seen->by};
		char target[PATH_MAX];

		if (!(seen->uses & rows[i].uses))
			continue;
		if (rows[i].uses == USE_EXECUTE)
			denial.by = &seen->executed_by;
		target_of(seen, rows[i].verb, target);
		denial.target = target;
		if (denial.kind[0] != 'e' && generalise_too_wide(&(struct setting){NULL}, target))
			denial.note = "which is much to grant";
		put_grant(output, &denial);
		return;
	}
}

static void put_socket(struct output *output, const struct seen_net *seen)
{
	bool internet = seen->use.family == AF_INET || seen->use.family == AF_INET6;
	struct denial denial = {.kind = "socket", .count = seen->count, .by = &seen->by};
	char target[64];
	char buffer[16];

	(void)snprintf(target, sizeof(target), "%s, type %d",
		       policy_family(seen->use.family, buffer), seen->use.type);
	denial.target = target;
	if (internet && seen->use.type == SOCK_STREAM) {
		denial.line = "connect \"HOST:PORT\";";
		denial.note = "whose, the command did not come to say";
	} else {
		denial.note = "no line of this version's policies grants such a socket";
	}
	output->put(output, &denial);
}

static void put_net(struct output *output, const struct seen_net *seen)
{
	static const char *const verbs[NET__COUNT] = {
		[NET_CONNECT] = "connect", [NET_BIND] = "bind", [NET_SOCKET] = "socket"};
	const struct net_use *use = &seen->use;
	struct denial denial = {.kind = verbs[use->way], .count = seen->count, .by = &seen->by};
	char target[NET_MAX_TEXT + 16];

	if (use->way == NET_SOCKET) {
		put_socket(output, seen);
		return;
	}
	denial.target = target;
	if (use->family == AF_UNIX) {
		(void)snprintf(target, sizeof(target), "%s", use->host);
		denial.kind = "unix";
	} else {
		(void)snprintf(target, sizeof(target), "%s%s:%u",
			       use->type == SOCK_DGRAM ? "udp://" : "", use->host, use->port);
		denial.note = "this version enforces ports of any host: \"*:PORT\"";
	}
	put_grant(output, &denial);
}

static void put_call(struct output *output, const struct seen_call *seen)
{
	struct denial denial = {.kind = "syscall", .count = seen->count, .by = &seen->by};
	char line[CALLS_MAX_ITEM + 16];

	(void)snprintf(line, sizeof(line), "allow %s;", seen->item);
	denial.target = seen->item;
	denial.note = seen->call->confined;
	if (!seen->call->confined) {
		denial.line = line;
		denial.note = "if the kernel permits it";
	}
	output->put(output, &denial);
}

static void put_all(struct output *output, const struct record *record)
{
	for (size_t i = 0; i < record->n_paths; i++)
		put_path(output, &record->paths[i]);
	for (size_t i = 0; i < record->n_net; i++)
		put_net(output, &record->net[i]);
	for (size_t i = 0; i < record->n_calls; i++)
		put_call(output, &record->calls[i]);
}

static void put_text(struct output *output, const struct denial *denial)
{
	FILE *out = output->out;

	if (!output->n++)
		(void)fputs("writ: refused, with the line of a policy that would grant it:\n", out);
	(void)fputs("  ", out);
	if (denial->line)
		text_put_plain(out, denial->line);
	else
		(void)fprintf(out, "# %s %s", denial->kind, denial->target);
	(void)fprintf(out, "  # %" PRIu64 " %s by ", denial->count,
		      denial->count == 1 ? "time" : "times");
	seen_by_print(out, denial->by);
	if (denial->note)
		(void)fprintf(out, "; %s", denial->note);
	(void)putc('\n', out);
}

void denials_print(FILE *out, const struct record *record)
{
	struct output output = {.out = out, .put = put_text};

	put_all(&output, record);
	if (!output.n)
		(void)fputs("writ: nothing was refused that could be seen\n", out);
}

/* ASCII: other bytes, which may be no UTF-8, as U+FFFD. */
static void put_json_string(FILE *out, const char *text)
{
	(void)putc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			(void)fprintf(out, "\\%c", byte);
		else if (byte >= 0x80)
			(void)fputs("\\ufffd", out);
		else if (byte < ' ' || byte == 0x7f)
			(void)fprintf(out, "\\u%04x", byte);
		else
			(void)putc(byte, out);
	}
	(void)putc('"', out);
}

static void put_json(struct output *output, const struct denial *denial)
{
	FILE *out = output->out;

	(void)fprintf(out, "%s{\"kind\":\"%s\",\"target\":", output->n++ ? "," : "", denial->kind);
	put_json_string(out, denial->target);
	(void)fputs(",\"line\":", out);
	if (denial->line)
		put_json_string(out, denial->line);
	else
		(void)fputs("null", out);
	(void)fprintf(out, ",\"count\":%" PRIu64 ",\"programs\":[", denial->count);
	for (unsigned int i = 0; i < denial->by->n && i < RECORD_PROGRAMS; i++) {
		(void)fputs(i ? "," : "", out);
		put_json_string(out, denial->by->names[i]);
	}
	(void)fputs("]}", out);
}

void denials_print_json(FILE *out, const struct record *record)
{
	struct output output = {.out = out, .put = put_json};

	(void)putc('[', out);
	put_all(&output, record);
	(void)putc(']', out);
}
