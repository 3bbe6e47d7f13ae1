/*
 * Fuzzes the reading of ClientHellos. In: a byte that says how the rest is cut, and a connection's
 * first bytes; or, with the top bit set, a message around which records are put here.
 *
 * The laws: pieces of any size come to the same; so do records of any size; a name is a host name
 * that stands in the input; and nothing that is decided changes.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/tls_hello.h"

#define MAX_MESSAGE 4096u
#define IN_RECORDS  0x80u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct tls_hello feed(const uint8_t *bytes, size_t len, size_t step)
{
	struct tls_hello hello = {.status = TLS_HELLO_MORE};

	for (size_t at = 0; at < len; at += step) {
		enum tls_hello_status before = hello.status;

		(void)tls_hello_feed(&hello, bytes + at, len - at < step ? len - at : step);
		check(before == TLS_HELLO_MORE || hello.status == before);
	}
	return hello;
}

static bool same(const struct tls_hello *a, const struct tls_hello *b)
{
	return a->status == b->status &&
	       (a->status != TLS_HELLO_NAME ||
		(a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0));
}

/* The message in records of so many bytes. */
static size_t wrap(const uint8_t *bytes, size_t len, size_t step, uint8_t *out)
{
	size_t n = 0;

	for (size_t at = 0; at < len; at += step) {
		size_t part = len - at < step ? len - at : step;
		const uint8_t header[] = {22, 3, 1, (uint8_t)(part >> 8), (uint8_t)part};

		memcpy(out + n, header, sizeof(header));
		memcpy(out + n + sizeof(header), bytes + at, part);
		n += sizeof(header) + part;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t records[2][6 * MAX_MESSAGE];
	struct tls_hello whole, cut;
	struct host host;
	size_t step, n[2];

	if (size < 2 || size > MAX_MESSAGE)
		return 0;
	step = (data[0] & 0x7fu) + 1;
	if (data[0] & IN_RECORDS) {
		n[0] = wrap(data + 1, size - 1, MAX_MESSAGE, records[0]);
		n[1] = wrap(data + 1, size - 1, step, records[1]);
		whole = feed(records[0], n[0], n[0]);
		cut = feed(records[1], n[1], 1);
	} else {
		whole = feed(data + 1, size - 1, size);
		cut = feed(data + 1, size - 1, step);
	}
	check(same(&whole, &cut));
	if (whole.status != TLS_HELLO_NAME)
		return 0;
	check(host_parse(tls_hello_name(&whole), &host) && !host.is_address);
	if (data[0] & IN_RECORDS)
		check(memmem(data, size, whole.name, whole.name_len) != NULL);
	return 0;
}
