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

/* What follows the endpoint. */
static bool read_rest(const char *at, int error, struct event *out)
{
	at = read_string(behind(at, ",\"name\":"), out->name, sizeof(out->name));
	at = read_string(behind(at, ",\"why\":"), out->why, sizeof(out->why));
	at = read_string(behind(at, ",\"rule\":"), out->rule, sizeof(out->rule));
	at = behind(at, ",\"errno\":");
	return at && strtol(at, NULL, 10) == error;
}

bool events_find(const char *result, const char *kind, const char *endpoint, int error,
		 struct event *out)
{
	char begin[512];
	const char *at = result;

	(void)snprintf(begin, sizeof(begin), "{\"kind\":\"%s\",\"endpoint\":\"%s\"", kind,
		       endpoint);
	while (at && (at = strstr(at, begin))) {
		at += strlen(begin);
		if (read_rest(at, error, out))
			return true;
	}
	return false;
}
