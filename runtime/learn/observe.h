/*
 * What system calls do to files and the network, as far as policies speak of it. Who traces says
 * when a call begins and ends; what it wanted and whether it got it goes to a sink.
 */
#ifndef WRIT_RUNTIME_LEARN_OBSERVE_H
#define WRIT_RUNTIME_LEARN_OBSERVE_H

#include <stdint.h>

#include "runtime/learn/calls.h"
#include "runtime/learn/tracee.h"

enum use {
	USE_READ = 1 << 0,    /* a file's content */
	USE_LIST = 1 << 1,    /* a directory's */
	USE_WRITE = 1 << 2,   /* a file's content or metadata */
	USE_ENTRY = 1 << 3,   /* the name itself is made, moved or removed in its directory */
	USE_CREATE = 1 << 4,  /* as USE_ENTRY, and nothing of the name was there before */
	USE_EXECUTE = 1 << 5, /* also as the interpreter of a script */
};

enum net_way { NET_CONNECT, NET_BIND, NET_SOCKET, NET__COUNT };

#define NET_MAX_TEXT 160

struct net_use {
	enum net_way way;
	int family;   /* AF_* */
	int type;     /* SOCK_*; 0: not known */
	int protocol; /* of a socket that is made */
	unsigned int port;
	char host[NET_MAX_TEXT]; /* address, brackets around it for IPv6; the path of AF_UNIX */
};

/* error is 0 or an errno. */
struct sink {
	void (*path)(void *context, const struct tracee *tracee, const struct want *want,
		     int error);
	void (*net)(void *context, const struct tracee *tracee, const struct net_use *use,
		    int error);
	void (*call)(void *context, const struct tracee *tracee, int error);
	void *context;
	bool wants_directories; /* those that names were looked for from, used for nothing */
};

/* tracee->number and ->args are those of a call that begins. */
void observe_enter(struct tracee *tracee, const struct sink *sink);

/* It has ended. result is what it returns, -errno where it failed. */
void observe_leave(struct tracee *tracee, int64_t result, const struct sink *sink);

/* The task executes another file now. */
void observe_executed(struct tracee *tracee, const struct sink *sink);

#endif
