/*
 * The server name in a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), read while it arrives and never
 * decrypted.
 */
#ifndef WRIT_RUNTIME_TLS_HELLO_H
#define WRIT_RUNTIME_TLS_HELLO_H

#include "runtime/hostname.h"

#define TLS_MAX_HELLO 16384u /* bytes of the message; real ones have some two thousand */

enum tls_hello_status {
	TLS_HELLO_MORE,    /* more bytes are needed */
	TLS_HELLO_NAME,    /* it is complete, and names a server */
	TLS_HELLO_NO_NAME, /* it is complete, and names none */
	TLS_HELLO_ECH,     /* what it names is not what it asks for: encrypted ClientHello */
	TLS_HELLO_BAD,     /* it is no ClientHello */
};

/* All zero before the first byte. Only tls_hello_feed writes to it. */
struct tls_hello {
	enum tls_hello_status status;
	/* records: the header being read, and how much of a record's content is to come */
	uint32_t n_header;
	uint32_t length;
	uint32_t in_record;
	/* the message: its field being read, and how much of the field and of the message is to
	   come */
	uint32_t field;
	uint32_t in_field;
	uint32_t in_message;
	uint32_t value; /* of a number being read */
	uint32_t type;  /* of the extension being read */
	uint32_t list;  /* the server names' length */
	bool has_ech;
	bool has_names;
	uint32_t name_len;
	char name[HOSTNAME_MAX];
};

/*
 * The next bytes of a connection, from its first on, in pieces of any size. Anything but MORE is
 * final, and what follows is not looked at. Time is linear in len.
 */
enum tls_hello_status tls_hello_feed(struct tls_hello *hello, const uint8_t *bytes, size_t len);

/* Of TLS_HELLO_NAME: a host name, in the case that it was sent in. */
static inline struct slice tls_hello_name(const struct tls_hello *hello)
{
	return (struct slice){hello->name, hello->name_len};
}

#endif
