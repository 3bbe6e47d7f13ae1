/*
 * Framing: bytes come in from a descriptor, bodies of messages go out, and the other way round.
 *
 * Invariant: begin <= end <= cap, and the buffer never grows beyond one header and one body at
 * their limits, with a chunk of what follows.
 */
#include "lsp/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define READ_CHUNK ((size_t)64 << 10)
#define KEEP_BYTES ((size_t)1 << 20) /* a larger buffer is given back when it is empty */
#define FIELD      "Content-Length:"

struct header {
	size_t size; /* with the empty line */
	bool has_length;
	size_t length;
};

/* Digits alone, up to the limit of a body. */
static bool parse_length(struct str text, size_t *out)
{
	size_t value = 0;

	if (!text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (size_t)(text.ptr[i] - '0');
		if (value > WIRE_MAX_BODY)
			return false;
	}
	*out = value;
	return true;
}

/* One line of the header; other fields than the length mean nothing to us. */
static const char *parse_field(struct str line, struct header *header)
{
	size_t name = strlen(FIELD);

	if (!memchr(line.ptr, ':', line.len))
		return "a header line has no ':'";
	if (line.len < name || strncasecmp(line.ptr, FIELD, name) != 0)
		return NULL;
	line = (struct str){line.ptr + name, line.len - name};
	while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
		line = (struct str){line.ptr + 1, line.len - 1};
	while (line.len && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t'))
		line.len--;
	if (header->has_length)
		return "Content-Length is given twice";
	header->has_length = true;
	return parse_length(line, &header->length) ? NULL
						   : "Content-Length is no number, or too large";
}

static enum wire_status parse_header(struct str data, struct header *header, const char **why)
{
	size_t at = 0;

	for (;;) {
		const char *line = data.ptr + at;
		const char *end = memmem(line, data.len - at, "\r\n", 2);
		size_t len = end ? (size_t)(end - line) : data.len - at;

		if (at + len > WIRE_MAX_HEADER) {
			*why = "the header is too long";
			return WIRE_BAD;
		}
		if (!end)
			return WIRE_MORE;
		at += len + 2;
		if (!len)
			break;
		*why = parse_field((struct str){line, len}, header);
		if (*why)
			return WIRE_BAD;
	}
	header->size = at;
	*why = "the header has no Content-Length";
	return header->has_length ? WIRE_MESSAGE : WIRE_BAD;
}

enum wire_status wire_parse(struct str data, struct str *body, size_t *size, const char **why)
{
	struct header header = {0};
	enum wire_status status;

	if (!data.len)
		return WIRE_MORE;
	status = parse_header(data, &header, why);
	if (status != WIRE_MESSAGE)
		return status;
	if (data.len - header.size < header.length)
		return WIRE_MORE;
	*body = (struct str){data.ptr + header.size, header.length};
	*size = header.size + header.length;
	return WIRE_MESSAGE;
}

static void resize(struct wire *wire, size_t cap)
{
	char *buf = realloc(wire->buf, cap);

	if (!buf)
		arena_die();
	wire->buf = buf;
	wire->cap = cap;
}

void wire_init(struct wire *wire, int in, FILE *out)
{
	*wire = (struct wire){.in = in, .out = out};
	resize(wire, READ_CHUNK);
}

void wire_fini(struct wire *wire)
{
	free(wire->buf);
}

/* Room for a chunk at the end: by moving what there is to the front, and then by growing. */
static void make_room(struct wire *wire)
{
	if (wire->begin == wire->end)
		wire->begin = wire->end = 0;
	if (!wire->end && wire->cap > KEEP_BYTES)
		resize(wire, READ_CHUNK);
	if (wire->cap - wire->end >= READ_CHUNK)
		return;
	if (wire->begin) {
		memmove(wire->buf, wire->buf + wire->begin, wire->end - wire->begin);
		wire->end -= wire->begin;
		wire->begin = 0;
	}
	if (wire->cap - wire->end < READ_CHUNK)
		resize(wire, wire->cap * 2 + READ_CHUNK);
}

enum wire_status wire_read(struct wire *wire, struct str *body)
{
	for (;;) {
		size_t size = 0;
		struct str data = {wire->buf + wire->begin, wire->end - wire->begin};
		enum wire_status status = data.len ? wire_parse(data, body, &size, &wire->why)
						   : WIRE_MORE;
		ssize_t got;

		if (status != WIRE_MORE) {
			wire->begin += size;
			return status;
		}
		make_room(wire);
		got = read(wire->in, wire->buf + wire->end, wire->cap - wire->end);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return WIRE_END;
		wire->end += (size_t)got;
	}
}

bool wire_pending(const struct wire *wire)
{
	struct pollfd poll_in = {.fd = wire->in, .events = POLLIN};
	struct str data = {wire->buf + wire->begin, wire->end - wire->begin};
	const char *why;
	struct str body;
	size_t size;

	if (data.len && wire_parse(data, &body, &size, &why) != WIRE_MORE)
		return true;
	return poll(&poll_in, 1, 0) > 0;
}

int wire_write(struct wire *wire, struct str body)
{
	if (fprintf(wire->out, "Content-Length: %zu\r\n\r\n", body.len) < 0 ||
	    fwrite(body.ptr, 1, body.len, wire->out) != body.len || fflush(wire->out))
		return -1;
	return 0;
}
