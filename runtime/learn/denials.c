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

#include "runtime/learn/events.h"
#include "runtime/learn/generalise.h"
#include "runtime/learn/policy_parts.h"
#include "runtime/learn/text.h"

#define MAX_TARGET 512

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

/* A word or some and a string, in memory that ends with the program. */
static char *quoted(const char *verb, const char *target, const char *end)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		exit(learn_fail(LEARN_FAILED, "out of memory"));
	(void)fprintf(out, "%s \"", verb);
	text_put_string(out, target);
	(void)fprintf(out, "\"%s", end);
	(void)fclose(out);
	return text;
}

static char *statement(const char *verb, const char *target)
{
	return quoted(verb, target, ";");
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
	bool datagram = internet && seen->use.type == SOCK_DGRAM;
	bool local = seen->use.family == AF_UNIX &&
		     (seen->use.type == SOCK_STREAM || seen->use.type == SOCK_SEQPACKET);
	char target[64];
	char buffer[16];

	(void)snprintf(target, sizeof(target), "%s, type %d",
		       policy_family(seen->use.family, buffer), seen->use.type);
	add(list,
	    (struct denial){
		    .kind = "socket",
		    .target = learn_copy(target),
		    .line = stream     ? statement("connect", "HOST:PORT")
			    : datagram ? statement("connect", "udp://HOST:PORT")
			    : local    ? statement("unix", "PATH")
				       : NULL,
		    .note = stream || datagram || local
				    ? "whose, the command did not come to say"
				    : "no line of this version's policies grants such a socket",
		    .count = seen->count,
		    .by = seen->by,
	    });
}

/* By the reason of a net gate: would a further line grant it, and what is to be known of the rule.
 */
static const struct reason {
	const char *why;
	bool has_line;
	const char *note;
} reasons[] = {
	{"unlisted", true, NULL},
	{"denied", false, "denied by"},
	{"class", true, "such an address is not reached by"},
	{"address", false, "refused by the kernel, and permitted by"},
	{"name", false, "refused by the kernel, and permitted by"},
};
#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const struct reason *find_reason(const char *why)
{
	size_t i = 0;

	while (i < N_REASONS - 1 && strcmp(reasons[i].why, why) != 0)
		i++;
	return &reasons[i];
}

/* By name, where the address was looked up and nothing but a line is missing. */
static void put_peer(const struct net_use *use, const char *name, char target[MAX_TARGET])
{
	const char *scheme = use->type == SOCK_DGRAM ? "udp://" : "";

	/* Who wants any port has to be granted all. */
	if (use->port)
		(void)snprintf(target, MAX_TARGET, "%s%s:%u", scheme, *name ? name : use->host,
			       use->port);
	else
		(void)snprintf(target, MAX_TARGET, "%s%s:*", scheme, use->host);
}

static void add_peer(struct list *list, const struct seen_net *seen, const char *result)
{
	const char *kind = seen->use.way == NET_BIND ? "bind" : "connect";
	const struct reason *reason = &reasons[0];
	const char *note = NULL;
	char target[MAX_TARGET];
	struct event event;

	put_peer(&seen->use, "", target);
	if (events_find(result, kind, target, seen->error, &event)) {
		reason = find_reason(event.why);
		note = reason->note ? quoted(reason->note, event.rule, "") : NULL;
		put_peer(&seen->use, reason->note ? "" : event.name, target);
	}
	add(list, (struct denial){
			  .kind = kind,
			  .target = learn_copy(target),
			  .line = reason->has_line ? statement(kind, target) : NULL,
			  .note = note,
			  .count = seen->count,
			  .by = seen->by,
		  });
}

/* A datagram that is not sent fails by no call, so nobody saw whose it was. */
static void add_sent(struct list *list, const struct event *event)
{
	const struct reason *reason = find_reason(event->why);
	const char *port = strrchr(event->endpoint, ':');
	char target[MAX_TARGET];

	if (*event->name && !reason->note && port)
		(void)snprintf(target, sizeof(target), "udp://%s%s", event->name, port);
	else
		(void)snprintf(target, sizeof(target), "%s", event->endpoint);
	add(list, (struct denial){
			  .kind = "connect",
			  .target = learn_copy(target),
			  .line = reason->has_line ? statement("connect", target) : NULL,
			  .note = reason->note ? quoted(reason->note, event->rule, "") : NULL,
			  .count = event->count,
		  });
}

/* A program that is told of no address asks for no port. */
static void add_lookup(struct list *list, const struct event *event)
{
	const struct reason *reason = find_reason(event->why);
	char target[MAX_TARGET];

	(void)snprintf(target, sizeof(target), "%s:443", event->endpoint);
	add(list,
	    (struct denial){
		    .kind = "connect",
		    .target = learn_copy(event->endpoint),
		    .line = reason->has_line && !reason->note ? statement("connect", target) : NULL,
		    .note = reason->note ? "all addresses that it has are kept from names"
					 : "it was looked up; the port is a guess",
		    .count = event->count,
	    });
}

static void add_unix(struct list *list, const struct seen_net *seen)
{
	const char *path = seen->use.host;
	bool has_line = *path == '/' && seen->use.way == NET_CONNECT;

	add(list,
	    (struct denial){
		    .kind = "unix",
		    .target = learn_copy(path),
		    .line = has_line ? statement("unix", path) : NULL,
		    .note = has_line       ? NULL
			    : *path == '@' ? "no line grants a socket that no file is the name of"
			    : *path == '/' ? "no line grants to bind one"
					   : "list it by its whole path",
		    .count = seen->count,
		    .by = seen->by,
	    });
}

static void add_net(struct list *list, const struct seen_net *seen, const char *result)
{
	if (seen->use.way == NET_SOCKET)
		add_socket(list, seen);
	else if (seen->use.family == AF_UNIX)
		add_unix(list, seen);
	else
		add_peer(list, seen, result);
}

#define IF_EXECUTABLE                                                                              \
	"if the kernel permits it: to execute a file's pages takes 'execute', and strict "         \
	"exec permits no others"

/* What is refused whatever the rules for system calls allow, and what grants it or refuses it. */
static const struct other_rule {
	const char *call;
	bool is_alone; /* where the limit is one process */
	const char *line;
	const char *note;
} other_rules[] = {
	{"clone", true, "processes 2;", "or as many as there are at once"},
	{"fork", true, "processes 2;", "or as many as there are at once"},
	{"vfork", true, "processes 2;", "or as many as there are at once"},
	{"listen", false, "bind \"HOST:PORT\";", "whose, the command did not come to say"},
	{"mmap", false, NULL, IF_EXECUTABLE},
	{"mprotect", false, NULL, IF_EXECUTABLE},
	{"memfd_create", false, NULL, "if the kernel permits it, and no strict exec refuses it"},
};
#define N_OTHER_RULES (sizeof(other_rules) / sizeof(other_rules[0]))

static const struct other_rule *find_rule(const char *call, const char *result)
{
	bool is_alone = strstr(result, "{\"name\":\"processes\",\"value\":1,") != NULL;

	for (size_t i = 0; i < N_OTHER_RULES; i++) {
		if (!strcmp(other_rules[i].call, call) && (is_alone || !other_rules[i].is_alone))
			return &other_rules[i];
	}
	return NULL;
}

static void add_call(struct list *list, const struct seen_call *seen, const char *result)
{
	const struct other_rule *rule = find_rule(seen->call->name, result);
	const char *confined = seen->call->confined;
	char line[CALLS_MAX_ITEM + 16];

	(void)snprintf(line, sizeof(line), "allow %s;", seen->item);
	add(list,
	    (struct denial){
		    .kind = "syscall",
		    .target = learn_copy(seen->item),
		    .line = confined ? NULL : learn_copy(rule && rule->line ? rule->line : line),
		    .note = confined ? confined
			    : rule   ? rule->note
				     : "if the kernel permits it",
		    .count = seen->count,
		    .by = seen->by,
	    });
}

static struct list make_list(const struct record *record, const char *result)
{
	struct list list = {.n = 0};
	const char *at = result;
	struct event event;

	for (size_t i = 0; i < record->n_paths; i++)
		add_path(&list, &record->paths[i]);
	for (size_t i = 0; i < record->n_net; i++)
		add_net(&list, &record->net[i], result);
	while (events_next(&at, "send", &event))
		add_sent(&list, &event);
	for (at = result; events_next(&at, "lookup", &event);)
		add_lookup(&list, &event);
	for (size_t i = 0; i < record->n_calls; i++)
		add_call(&list, &record->calls[i], result);
	return list;
}

static void put_text(FILE *out, const struct denial *denial)
{
	(void)fputs("  ", out);
	if (!denial->line)
		(void)fprintf(out, "# %s ", denial->kind);
	text_put_plain(out, denial->line ? denial->line : denial->target);
	(void)fprintf(out, "  # %" PRIu64 " %s%s", denial->count,
		      denial->count == 1 ? "time" : "times", denial->by.n ? " by " : "");
	seen_by_print(out, &denial->by);
	if (denial->note)
		(void)fprintf(out, "; %s", denial->note);
	(void)putc('\n', out);
}

void denials_print(FILE *out, const struct record *record, const char *result)
{
	struct list list = make_list(record, result);

	(void)fputs(list.n ? "writ: refused, with the line of a policy that would grant it "
			     "if no deny stands against it:\n"
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

void denials_print_json(FILE *out, const struct record *record, const char *result)
{
	struct list list = make_list(record, result);

	(void)putc('[', out);
	for (size_t i = 0; i < list.n; i++) {
		(void)fputs(i ? "," : "", out);
		put_json(out, &list.items[i]);
	}
	(void)putc(']', out);
}
