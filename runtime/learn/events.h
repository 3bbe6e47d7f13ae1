/*
 * What the result of a run tells of one connection that was refused.
 */
#ifndef WRIT_RUNTIME_LEARN_EVENTS_H
#define WRIT_RUNTIME_LEARN_EVENTS_H

#include <stdbool.h>

struct event {
	char name[256]; /* that was looked up to get the address; or "" */
	char why[16];
	char rule[512]; /* that decided; or "" */
};

/*
 * result: the JSON object of `writ run --json`. kind and endpoint are the event's own, of a call
 * that failed with error. False: it tells nothing of that, as where there is no net gate.
 */
bool events_find(const char *result, const char *kind, const char *endpoint, int error,
		 struct event *out);

#endif
