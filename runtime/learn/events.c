/*
 * See events.h. The object is not parsed: it was written by our own program, whose members stand in
 * one order, and in whose strings every quote is escaped. So an event is found by how it begins,
 * and nothing that a tool has put into a string looks like one.
 */
#include "runtime/learn/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind a text that has to follow; NULL: it does not, or nothing was left to look at. */
static const char *behind(const char *at, const char *text)
{
	size_t n = strlen(text);

	return at && strncmp(at, text, n) == 0 ? at + n : NULL;
}

/* A string without its escapes, cut to what there is room for; or null, which is "". */
static const char *read_string(const char *at, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	if (!at || *at != '"')
		return behind(at, "null");
	for (at++; *at && *at != '"'; at++) {
		at += *at == '\\' && at[1];
		if (n < size - 1)
			out[n++] = *at;
	}
	out[n] = '\0';
	return behind(at, "\"");
}

/* What follows the kind: the error; 0 where there is none, or it is not read. */
static long read_event(const char *at, struct event *out)
{
	char *end;
	long error;

	at = read_string(behind(at, ",\"endpoint\":"), out->endpoint, sizeof(out->endpoint));
	at = read_string(behind(at, ",\"name\":"), out->name, sizeof(out->name));
	at = read_string(behind(at, ",\"why\":"), out->why, sizeof(out->why));
	at = read_string(behind(at, ",\"rule\":"), out->rule, sizeof(out->rule));
	at = behind(at, ",\"errno\":");
	error = at ? strtol(at, &end, 10) : 0;
	at = at ? behind(end, ",\"count\":") : NULL;
	out->count = at ? strtoull(at, NULL, 10) : 0;
	return error;
}

/* Behind how the next event of a kind begins; or NULL. */
static const char *find_kind(const char *at, const char *kind)
{
	char begin[64];
	int n = snprintf(begin, sizeof(begin), "{\"kind\":\"%s\"", kind);

	at = at ? strstr(at, begin) : NULL;
	return at ? at + n : NULL;
}

bool events_find(const char *result, const char *kind, const char *endpoint, int error,
		 struct event *out)
{
	while ((result = find_kind(result, kind))) {
		if (read_event(result, out) == error && strcmp(out->endpoint, endpoint) == 0)
			return true;
	}
	return false;
}

bool events_next(const char **at, const char *kind, struct event *out)
{
	while ((*at = find_kind(*at, kind))) {
		if (read_event(*at, out))
			return true;
	}
	return false;
}
