/*
 * What a run wanted of the network, as part of its JSON object: counts, and what was decided, the
 * same thing once with how often.
 *
 * writ run --explain's watcher reads this again (runtime/learn/events.c), in the order in which it
 * is written here.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "runtime/cli/cli.h"

#define MAX_TEXT 512

struct seen {
	struct writ_net_event event; /* the first such */
	uint64_t count;
	uint64_t unknown; /* of these, how many could not be counted; of the others, together: */
	uint64_t sent, received, duration_us;
};

/* All but when and how much: what is compared begins behind that. */
static bool is_same(const struct writ_net_event *a, const struct writ_net_event *b)
{
	const size_t at = offsetof(struct writ_net_event, kind);

	return memcmp((const char *)a + at, (const char *)b + at, sizeof(*a) - at) == 0;
}

static void add(struct seen *seen, const struct writ_net_event *event)
{
	seen->count++;
	if (event->sent == WRIT_NET_UNKNOWN) {
		seen->unknown++;
		return;
	}
	seen->sent += event->sent;
	seen->received += event->received;
	seen->duration_us += event->duration_us;
}

/* Returns how many there are; left_out is how many are gone. */
static size_t collect(struct writ_net_log *log, int allowed, struct seen *items, uint64_t *left_out)
{
	struct writ_net_event event;
	uint64_t next = 0, read = 0;
	size_t n = 0;

	for (; writ_net_log_next(log, allowed, &next, &event); read++) {
		size_t i = 0;

		while (i < n && !is_same(&items[i].event, &event))
			i++;
		if (i == n)
			items[n++] = (struct seen){.event = event};
		add(&items[i], &event);
	}
	*left_out = next - read;
	return n;
}

/* As a policy would name it. Port 0 is any: who binds to it must have all. */
static void print_endpoint(FILE *out, const struct writ_net_event *event, bool is_udp)
{
	bool is_ipv6 = strchr(event->address, ':');
	char text[MAX_TEXT];

	if (event->kind == WRIT_NET_UNIX || event->kind == WRIT_NET_LOOKUP)
		(void)snprintf(text, sizeof(text), "%s", event->name);
	else
		(void)snprintf(text, sizeof(text), event->port ? "%s%s%s%s:%u" : "%s%s%s%s:*",
			       is_udp ? "udp://" : "", is_ipv6 ? "[" : "", event->address,
			       is_ipv6 ? "]" : "", (unsigned int)event->port);
	(void)fputs(",\"endpoint\":", out);
	cli_json_string(out, text);
}

static void print_number(FILE *out, const char *key, uint64_t number)
{
	(void)fprintf(out, number == WRIT_NET_UNKNOWN ? ",\"%s\":null" : ",\"%s\":%" PRIu64, key,
		      number);
}

static void print_bytes(FILE *out, const struct seen *seen)
{
	uint64_t none = seen->unknown == seen->count ? WRIT_NET_UNKNOWN : 0;

	print_number(out, "sent", seen->sent | none);
	print_number(out, "received", seen->received | none);
	print_number(out, "duration_us", seen->duration_us | none);
	print_number(out, "unknown", seen->unknown);
}

static void print_event(FILE *out, const struct writ_sandbox *sandbox, const struct seen *seen)
{
	static const char *const kinds[] = {"connect", "bind", "listen", "unix",
					    "lookup",  "send", "tls",    "close"};
	static const char *const whys[] = {"unlisted", "denied", "class", "address", "name"};
	const struct writ_net_event *event = &seen->event;
	char text[MAX_TEXT];
	const char *rule = writ_net_rule(sandbox, event->rule, text, sizeof(text)) ? NULL : text;
	bool is_udp = event->kind == WRIT_NET_SEND ||
		      (event->kind == WRIT_NET_CLOSE && rule && !strncmp(rule, "udp://", 6));

	(void)fprintf(out, "{\"kind\":\"%s\"", kinds[event->kind]);
	print_endpoint(out, event, is_udp);
	cli_json_text(out, "name",
		      event->name[0] && event->kind != WRIT_NET_UNIX ? event->name : NULL);
	cli_json_text(out, "why", whys[event->why]);
	cli_json_text(out, "rule", rule);
	print_number(out, "errno", (uint64_t)(int64_t)event->sys_errno);
	print_number(out, "count", seen->count);
	print_number(out, "time_us", event->time_us);
	if (event->kind == WRIT_NET_CLOSE)
		print_bytes(out, seen);
	(void)putc('}', out);
}

static void print_events(FILE *out, const struct cli_report *report, int allowed)
{
	static struct seen items[WRIT_NET_LOG_EVENTS];
	const char *key = allowed ? "allowed" : "denied";
	uint64_t left_out;
	size_t n = collect(report->net_log, allowed, items, &left_out);

	(void)fprintf(out, ",\"%s_left_out\":%" PRIu64 ",\"%s\":[", key, left_out, key);
	for (size_t i = 0; i < n; i++) {
		if (i)
			(void)putc(',', out);
		print_event(out, report->sandbox, &items[i]);
	}
	(void)putc(']', out);
}

static void print_decided(FILE *out, const char *before, uint64_t allowed, uint64_t denied)
{
	(void)fprintf(out, "%s\":{\"allowed\":%" PRIu64 ",\"denied\":%" PRIu64 "}", before, allowed,
		      denied);
}

void cli_report_network(FILE *out, const struct cli_report *report)
{
	const struct writ_result *result = report->result;

	if (!result || !result->has_network) {
		(void)fputs(",\"network\":null", out);
		return;
	}
	print_decided(out, ",\"network\":{\"connects", result->connects_allowed,
		      result->connects_denied);
	print_decided(out, ",\"binds", result->binds_allowed, result->binds_denied);
	(void)fprintf(out, ",\"ends\":{\"counted\":%" PRIu64, result->ends_counted);
	print_number(out, "unknown", result->ends_unknown);
	print_number(out, "sent", result->bytes_sent);
	print_number(out, "received", result->bytes_received);
	(void)putc('}', out);
	print_events(out, report, 0);
	print_events(out, report, 1);
	(void)putc('}', out);
}
