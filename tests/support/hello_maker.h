/*
 * Makes a ClientHello (RFC 8446, section 4.1.2) as a client sends it first.
 */
#ifndef WRIT_TESTS_HELLO_MAKER_H
#define WRIT_TESTS_HELLO_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hello {
	uint8_t bytes[2048];
	size_t n;
};

/* With a server name, or NULL; with an encrypted one, or without. */
struct hello make_hello(const char *name, bool ech);

#endif
