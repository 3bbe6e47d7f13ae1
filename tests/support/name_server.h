/*
 * A name server for tests, at a port of 127.0.0.1, over UDP and TCP: it answers from a table, or
 * misbehaves as that says, and remembers what it was asked. A child of the caller's.
 */
#ifndef WRIT_TESTS_SUPPORT_NAME_SERVER_H
#define WRIT_TESTS_SUPPORT_NAME_SERVER_H

#include <stdbool.h>
#include <stddef.h>

enum name_answer {
	NAME_PLAIN,
	NAME_ALIAS,  /* a CNAME, and the addresses behind it */
	NAME_LOOP,   /* a CNAME of itself */
	NAME_SILENT, /* none */
	NAME_LIES,   /* first with another id, then to another question; then plain */
	NAME_LARGE,  /* cut over UDP; over TCP a thousand addresses, of which it is the last */
	NAME_CUT,    /* a message that ends in the middle of a record */
	NAME_FAILS,  /* SERVFAIL */
};

struct name_row {
	const char *name;
	const char *address; /* of IPv4 or IPv6 */
	enum name_answer how;
};

/* Names that are not in the table do not exist. "ADDR:PORT". */
const char *name_server_start(const struct name_row *rows, size_t n);
void name_server_stop(void);

/* How many questions there were, and for a name. */
unsigned name_server_asked(void);
unsigned name_server_asked_for(const char *name);

/* How many of its questions came from different ports, and with different ids. */
unsigned name_server_ports(void);
unsigned name_server_ids(void);

#endif
