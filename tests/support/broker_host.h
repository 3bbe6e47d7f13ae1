/*
 * A broker with a tool to serve, without a sandbox around them: a process that confines itself by
 * Landlock, starts the tool under a filter that hands over the broker's calls, and answers them.
 */
#ifndef TESTS_BROKER_HOST_H
#define TESTS_BROKER_HOST_H

#include <stdbool.h>

#include "runtime/broker.h"

#define HOST_ROOT 64

struct host {
	char root[HOST_ROOT]; /* a temporary directory; {root}/box and {root}/free can be written */
	const char *const *denies; /* below root, NULL-terminated */
	int (*tool)(void);         /* what the tool does: 0, or an errno it met */
	unsigned int stop_after;   /* calls, then the broker ends; 0: it does not */
	bool as_nobody;            /* run by root, be somebody else */
};

/* Where the running tool is. */
extern const struct host *host_now;

/* The process that serves the tool, and one that is outside: for the tool to look at. */
extern pid_t host_broker;
extern pid_t host_outside;

/* Makes a root with box/, free/ and files in them; host_end removes it. */
void host_begin(struct host *host);
void host_end(struct host *host);

/* A path below the root; of a ring of texts. */
const char *host_path(const char *below);

/* What the tool did: 0, an errno, or 1000 plus the signal that ended it. Under a broker, or not. */
int host_serve(const struct host *host);
int host_control(const struct host *host);

/* For tools: an errno for a system call's result; of a file opened, its errno, or 0. */
int host_result(long rc);
int host_open(const char *below, int flags);

/* Reads what a descriptor leads to, and closes it. 0: it is "ok"; EILSEQ: it is not; or an errno.
 */
int host_content(int fd);

/* What a tool meets under a broker and without one. */
struct host_row {
	const char *name;
	int (*tool)(void);
	int served;
	int control;
};

/* What a row's tool did, in a root of its own; and of all rows what they expect, of both. */
int host_try(const struct host_row *row, const char *const *denies, bool as_nobody, bool served);
void host_try_all(const struct host_row *rows, size_t n, const char *const *denies, bool as_nobody);

#endif
