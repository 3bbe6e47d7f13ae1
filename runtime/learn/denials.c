/*
 * See denials.h. Each denial is a kind, what a policy calls the thing, and the line that would
 * grant it, or why no line can. Both outputs go over the same list, which ends with the program.
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
	const char *kind; /* "read", "connect", "syscall" */
	char *target;     /* a path, an endpoint, a call */
	char *line;       /* NULL: none can grant it */
	const char *note; /* or NULL */
	uint64_t count;
	struct seen_by by;
};

struct list {
	struct denial *items;
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

/* Several things may have been refused that one line would grant. */
static void add(struct list *list, struct denial denial)
{
	for (size_t i = 0; i < list->n; i++) {
		struct denial *known = &list->items[i];

		if (strcmp(known->kind, denial.kind) != 0 ||
		    strcmp(known->target, denial.target) != 0)
			continue;
		known->count += denial.count;
		for (unsigned int k = 0; k < denial.by.n && k < RECORD_PROGRAMS; k++)
			seen_by_add(&known->by, denial.by.names[k]);
		return;
	}
	list->items = learn_room(list->items, list->n, sizeof(*list->items));
	list->items[list->n++] = denial;
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

static void add_path(struct list *list, const struct seen_path *seen)
{
	static const struct {
		unsigned int uses;
		const char *verb;
	} rows[] = {
		{USE_WRITE | USE_ENTRY | USE_CREATE, "write"}, /* which covers read */
		{USE_EXECUTE, "execute"},
		{USE_READ | USE_LIST, "read"},
	};
	size_t i = 0;
	char target[PATH_MAX];
	bool execute;

	while (!(seen->uses & rows[i].uses))
		i++;
	execute = rows[i].uses == USE_EXECUTE;
	target_of(seen, rows[i].verb, target);
	add(list, (struct denial){
			  .kind = rows[i].verb,
			  .target = learn_copy(target),
			  .line = statement(rows[i].verb, target),
			  .note = !execute && generalise_too_wide(&(struct setting){NULL}, target)
					  ? "which is much to grant"
					  : NULL,
			  .count = seen->count,
			  .by = execute ? seen->executed_by : seen->by,
		  });
}

static void add_socket(struct list *list, const struct seen_net *seen)
{
	bool internet = seen->use.family == AF_INET || seen->use.family == AF_INET6;
	bool stream = internet && seen->use.type == SOCK_STREAM;
	char target[64];
	char buffer[16];

	(void)snprintf(target, sizeof(target), "%s, type %d",
		       policy_family(seen->use.family, buffer), seen->use.type);
	add(list,
	    (struct denial){
		    .kind = "socket",
		    .target = learn_copy(target),
		    .line = stream ? statement("connect", "HOST:PORT") : NULL,
		    .note = stream ? "whose, the command did not come to say"
				   : "no line of this version's policies grants such a socket",
		    .count = seen->count,
		    .by = seen->by,
	    });
}

static void add_net(struct list *list, const struct seen_net *seen)
{
	const struct net_use *use = &seen->use;
	bool local = use->family == AF_UNIX;
	bool udp = !local && use->type == SOCK_DGRAM;
	const char *verb = local ? "unix" : use->way == NET_BIND ? "bind" : "connect";
	char target[NET_MAX_TEXT + 16];

	if (use->way == NET_SOCKET) {
		add_socket(list, seen);
		return;
	}
	if (local)
		(void)snprintf(target, sizeof(target), "%s", use->host);
	else
		(void)snprintf(target, sizeof(target), "%s%s:%u", udp ? "udp://" : "", use->host,
			       use->port);
	add(list, (struct denial){
			  .kind = verb,
			  .target = learn_copy(target),
			  .line = statement(verb, target),
			  .note = udp ? "this version enforces no UDP" : NULL,
			  .count = seen->count,
			  .by = seen->by,
		  });
}

static void add_call(struct list *list, const struct seen_call *seen)
{
	const char *confined = seen->call->confined;
	char line[CALLS_MAX_ITEM + 16];

	(void)snprintf(line, sizeof(line), "allow %s;", seen->item);
	add(list, (struct denial){
			  .kind = "syscall",
			  .target = learn_copy(seen->item),
			  .line = confined ? NULL : learn_copy(line),
			  .note = confined ? confined : "if the kernel permits it",
			  .count = seen->count,
			  .by = seen->by,
		  });
}

static struct list make_list(const struct record *record)
{
	struct list list = {.n = 0};

	for (size_t i = 0; i < record->n_paths; i++)
		add_path(&list, &record->paths[i]);
	for (size_t i = 0; i < record->n_net; i++)
		add_net(&list, &record->net[i]);
	for (size_t i = 0; i < record->n_calls; i++)
		add_call(&list, &record->calls[i]);
	return list;
}

static void put_text(FILE *out, const struct denial *denial)
{
	(void)fputs("  ", out);
	if (denial->line)
		text_put_plain(out, denial->line);
	else
		(void)fprintf(out, "# %s %s", denial->kind, denial->target);
	(void)fprintf(out, "  # %" PRIu64 " %s by ", denial->count,
		      denial->count == 1 ? "time" : "times");
	seen_by_print(out, &denial->by);
	if (denial->note)
		(void)fprintf(out, "; %s", denial->note);
	(void)putc('\n', out);
}

void denials_print(FILE *out, const struct record *record)
{
	struct list list = make_list(record);

	(void)fputs(list.n ? "writ: refused, with the line of a policy that would grant it:\n"
			   : "writ: nothing was refused that could be seen\n",
		    out);
	for (size_t i = 0; i < list.n; i++)
		put_text(out, &list.items[i]);
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

static void put_json(FILE *out, const struct denial *denial)
{
	(void)fprintf(out, "{\"kind\":\"%s\",\"target\":", denial->kind);
	put_json_string(out, denial->target);
	(void)fputs(",\"line\":", out);
	if (denial->line)
		put_json_string(out, denial->line);
	else
		(void)fputs("null", out);
	(void)fprintf(out, ",\"count\":%" PRIu64 ",\"programs\":[", denial->count);
	for (unsigned int i = 0; i < denial->by.n && i < RECORD_PROGRAMS; i++) {
		(void)fputs(i ? "," : "", out);
		put_json_string(out, denial->by.names[i]);
	}
	(void)fputs("]}", out);
}

void denials_print_json(FILE *out, const struct record *record)
{
	struct list list = make_list(record);

	(void)putc('[', out);
	for (size_t i = 0; i < list.n; i++) {
		(void)fputs(i ? "," : "", out);
		put_json(out, &list.items[i]);
	}
	(void)putc(']', out);
}
