/*
 * What the result of a run tells of connections that were refused, and of datagrams.
 */
#ifndef WRIT_RUNTIME_LEARN_EVENTS_H
#define WRIT_RUNTIME_LEARN_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct event {
	char name[256]; /* that was looked up to get the address; or "" */
	char why[16];
	char rule[512]; /* that decided; or "" */
	char endpoint[256];
	uint64_t count;
};

/*
 * result: the JSON object of `writ run --json`. kind and endpoint are the event's own, of a call
 * that failed with error. False: it tells nothing of that, as where there is no net gate.
 */
bool events_find(const char *result, const char *kind, const char *endpoint, int error,
		 struct event *out);

/* The next event of a kind that has an error, from *at on, which is then behind it. */
bool events_next(const char **at, const char *kind, struct event *out);

#endif
