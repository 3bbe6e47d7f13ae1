/*
 * See policy_parts.h.
 *
 * This version enforces connections and listeners by TCP port, so that is what is granted; the
 * addresses that were used stand in the comments. Everything else of the network is a comment.
 */
#include "runtime/learn/policy_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/learn/text.h"

#define DNS_PORT      53
#define KIB_PER_MIB   1024u
#define MIB           (1u << 20)
#define MS_PER_S      1000u
#define MAX_ENV_NAMES 24
#define MAX_ENV_NAME  64
#define MAX_COLUMN    98

extern char **environ;

const char *policy_family(int family, char buffer[16])
{
	static const struct {
		int family;
		const char *name;
	} rows[] = {
		{AF_UNIX, "AF_UNIX"},       {AF_INET, "AF_INET"},     {AF_INET6, "AF_INET6"},
		{AF_NETLINK, "AF_NETLINK"}, {AF_PACKET, "AF_PACKET"}, {AF_VSOCK, "AF_VSOCK"},
		{AF_ALG, "AF_ALG"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].family == family)
			return rows[i].name;
	}
	(void)snprintf(buffer, 16, "family %d", family);
	return buffer;
}

static bool is_internet(const struct net_use *use)
{
	return use->family == AF_INET || use->family == AF_INET6;
}

/* TCP on a port that a policy can name; of a socket of unknown type TCP is assumed. */
static bool is_enforced(const struct seen_net *seen)
{
	return seen->use.way != NET_SOCKET && is_internet(&seen->use) && seen->use.port &&
	       (!seen->use.type || seen->use.type == SOCK_STREAM);
}

static bool asks_dns(const struct record *record)
{
	for (size_t i = 0; i < record->n_net; i++) {
		const struct net_use *use = &record->net[i].use;

		if (use->way == NET_CONNECT && is_internet(use) && use->type == SOCK_DGRAM &&
		    use->port == DNS_PORT)
			return true;
	}
	return false;
}

static void put_seen_by(FILE *out, const struct seen_by *by, const char *what)
{
	(void)fprintf(out, "    # %s by ", what);
	seen_by_print(out, by);
	(void)fputs(": ", out);
}

/* A grant, and all that it was seen for. */
static void put_port(FILE *out, const struct record *record, const struct net_use *use)
{
	static const char *const verbs[NET__COUNT] = {
		[NET_CONNECT] = "connect", [NET_BIND] = "bind", [NET_SOCKET] = ""};

	for (size_t i = 0; i < record->n_net; i++) {
		const struct seen_net *seen = &record->net[i];

		if (!is_enforced(seen) || seen->use.way != use->way || seen->use.port != use->port)
			continue;
		put_seen_by(out, &seen->by, use->way == NET_BIND ? "bound" : "connected to");
		text_put_plain(out, seen->use.host);
		(void)fprintf(out, ":%u\n", seen->use.port);
	}
	(void)fprintf(out, "    %s \"*:%u\";\n", verbs[use->way], use->port);
}

static bool is_first(const struct record *record, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (is_enforced(&record->net[i]) &&
		    record->net[i].use.way == record->net[at].use.way &&
		    record->net[i].use.port == record->net[at].use.port)
			return false;
	}
	return true;
}

static void put_comment(FILE *out, const struct seen_net *seen)
{
	const struct net_use *use = &seen->use;
	char buffer[16];

	if (use->way == NET_SOCKET) {
		if (is_internet(use) && use->type == SOCK_STREAM)
			return;
		put_seen_by(out, &seen->by, "not granted, made");
		(void)fprintf(out, "socket(%s), type %d\n", policy_family(use->family, buffer),
			      use->type);
		return;
	}
	put_seen_by(out, &seen->by,
		    use->way == NET_BIND ? "not granted, bound" : "not granted, connected to");
	(void)fputs(use->family == AF_UNIX    ? "unix "
		    : use->type == SOCK_DGRAM ? "udp://"
					      : "",
		    out);
	text_put_plain(out, use->host);
	if (is_internet(use))
		(void)fprintf(out, ":%u", use->port);
	(void)putc('\n', out);
}

void policy_put_network(FILE *out, const struct record *record)
{
	bool dns = asks_dns(record);

	if (!record->n_net)
		return;
	(void)fputs("  network {\n", out);
	for (size_t i = 0; i < record->n_net; i++) {
		if (is_enforced(&record->net[i]) && is_first(record, i))
			put_port(out, record, &record->net[i].use);
	}
	if (dns)
		(void)fputs(
			"    # names were looked up; over TCP, see RES_OPTIONS below\n    connect "
			"\"*:53\";\n",
			out);
	for (size_t i = 0; i < record->n_net; i++) {
		if (!is_enforced(&record->net[i]))
			put_comment(out, &record->net[i]);
	}
	(void)fputs("  }\n", out);
}

/* What the network section brings, or nothing can allow. */
static bool is_of_network(const struct call *call)
{
	static const char *const names[] = {"socket", "connect", "bind",
					    "listen", "accept",  "accept4"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(call->name, names[i]))
			return true;
	}
	return false;
}

static void put_call(FILE *out, const struct seen_call *seen)
{
	(void)fprintf(out, "    # %" PRIu64 " %s by ", seen->count,
		      seen->count == 1 ? "time" : "times");
	seen_by_print(out, &seen->by);
	if (seen->call->confined)
		(void)fprintf(out, ": %s\n    # Left out: %s.\n", seen->call->confined,
			      seen->call->name);
	else
		(void)fprintf(out, "\n    allow %s;\n", seen->item);
}

void policy_put_calls(FILE *out, const struct record *record, bool foreign)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(record->is_used) / sizeof(record->is_used[0]); i++)
		n += record->is_used[i];
	(void)fprintf(out, "  syscalls {\n    # %zu different system calls were made\n", n);
	(void)fputs("    allow @default;\n", out);
	for (size_t i = 0; i < record->n_calls; i++) {
		if (!is_of_network(record->calls[i].call))
			put_call(out, &record->calls[i]);
	}
	if (foreign)
		(void)fputs("    # Calls of another architecture were made, such as those of a "
			    "32-bit program: no\n    # sandbox allows them.\n",
			    out);
	(void)fputs("  }\n", out);
}

uint64_t policy_headroom(uint64_t used, uint64_t least)
{
	uint64_t round = least;

	while (round < 2 * used && round < UINT64_MAX / 2)
		round *= 2;
	return round;
}

static uint64_t seconds(uint64_t ms, uint64_t least)
{
	/* Tracing makes a command slow: what it took is headroom enough. */
	uint64_t used = (ms + MS_PER_S - 1) / MS_PER_S;

	return policy_headroom(used, least);
}

static void put_limit(FILE *out, const char *name, uint64_t value, const char *unit)
{
	(void)fprintf(out, "    %s %" PRIu64 "%s;\n", name, value, unit);
}

void policy_put_limits(FILE *out, const struct usage *usage)
{
	uint64_t memory = policy_headroom(usage->memory_kib / KIB_PER_MIB, 64);

	(void)fprintf(out,
		      "  limits {\n    # used: %" PRIu64 " ms, %" PRIu64
		      " ms of processor, %" PRIu64 " KiB of data, %" PRIu64
		      " processes and threads at once,\n"
		      "    # %" PRIu64 " descriptors, a file of %" PRIu64 " bytes, %" PRIu64
		      " bytes of output\n",
		      usage->wall_ms, usage->cpu_ms, usage->memory_kib, usage->tasks,
		      usage->descriptors, usage->file_bytes, usage->output_bytes);
	put_limit(out, "wall", seconds(usage->wall_ms, 10), "s");
	put_limit(out, "cpu", seconds(usage->cpu_ms, 10), "s");
	put_limit(out, "memory", memory, "MiB");
	put_limit(out, "processes", usage->tasks > 1 ? policy_headroom(usage->tasks, 8) : 1, "");
	put_limit(out, "files", policy_headroom(usage->descriptors, 64), "");
	put_limit(out, "file_size", policy_headroom(usage->file_bytes / MIB + 1, 1), "MiB");
	put_limit(out, "output", policy_headroom(usage->output_bytes / MIB + 1, 1), "MiB");
	(void)fputs("  }\n", out);
}

/* Harmless ones that programs commonly read. */
static bool is_common(const char *name)
{
	static const char *const names[] = {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME",
					    "PATH", "TERM", "TMPDIR", "TZ",       "USER"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* Where names stand, and what is written before a line of them. */
struct name_list {
	const char *head;
	const char *more; /* before what does not fit into one line */
	size_t column;
	size_t n;
};

static void put_name(FILE *out, struct name_list *list, const char *name)
{
	size_t length = strlen(name);

	if (!list->n) {
		list->column = strlen(list->head);
		(void)fputs(list->head, out);
	} else if (list->more && list->column + length + 2 > MAX_COLUMN) {
		list->column = strlen(list->more);
		(void)fprintf(out, ",\n%s", list->more);
	} else {
		list->column += 2;
		(void)fputs(", ", out);
	}
	list->column += length;
	list->n++;
	text_put_plain(out, name);
}

/* The names of the environment that are common, or those that are not. */
static void put_names(FILE *out, bool common, struct name_list *list)
{
	for (char **entry = environ; *entry && list->n < MAX_ENV_NAMES; entry++) {
		char name[MAX_ENV_NAME];
		size_t length = strcspn(*entry, "=");

		if (!length || length >= sizeof(name))
			continue;
		memcpy(name, *entry, length);
		name[length] = '\0';
		if (is_common(name) == common)
			put_name(out, list, name);
	}
}

void policy_put_environment(FILE *out, const struct record *record)
{
	struct name_list passed = {.head = "    pass "};
	struct name_list others = {.head = "    # Set, and not passed: ", .more = "    # "};

	(void)fputs("  env {\n    # What a program reads of its environment can't be seen; these "
		    "are common.\n",
		    out);
	put_names(out, true, &passed);
	if (passed.n)
		(void)fputs(";\n", out);
	put_names(out, false, &others);
	if (others.n)
		(void)fputs(others.n < MAX_ENV_NAMES ? "\n" : ", ...\n", out);
	if (asks_dns(record))
		(void)fputs("    set RES_OPTIONS = \"use-vc\";\n", out);
	(void)fputs("  }\n", out);
}
