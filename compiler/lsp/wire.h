/*
 * The transport of the protocol: messages behind headers, "Content-Length: N\r\n\r\n" and N bytes.
 *
 * What comes in is not trusted: header and body have limits, and a header that can't be understood
 * is the end, since there is no way to know where the next message begins.
 */
#ifndef WRIT_LSP_WIRE_H
#define WRIT_LSP_WIRE_H

#include <stdio.h>

#include "base/str.h"

#define WIRE_MAX_HEADER 4096u
#define WIRE_MAX_BODY   ((size_t)192 << 20) /* three times the largest policy, for JSON's escapes */

enum wire_status { WIRE_MESSAGE, WIRE_MORE, WIRE_END, WIRE_BAD };

struct wire {
	int in;
	FILE *out;
	char *buf;
	size_t begin, end, cap; /* bytes that came in and are not handed out yet */
	const char *why;        /* a phrase, after WIRE_BAD */
};

/*
 * Looks at the bytes that came in: MESSAGE with the body and the size of all of it, MORE when it is
 * not all there, or BAD with a phrase in *why.
 */
enum wire_status wire_parse(struct str data, struct str *body, size_t *size, const char **why);

void wire_init(struct wire *wire, int in, FILE *out);
void wire_fini(struct wire *wire);

/* Waits for the next message; END at the end of the input. The body lasts until the next call. */
enum wire_status wire_read(struct wire *wire, struct str *body);

/* Is there something to read already? */
bool wire_pending(const struct wire *wire);

/* Sends a message; -1 when nobody reads any more. */
__attribute__((warn_unused_result)) int wire_write(struct wire *wire, struct str body);

#endif
