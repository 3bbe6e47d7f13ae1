/*
 * Hellos of OpenSSL 3.0, and ones put together here; every one is fed whole and in pieces.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/tls_hello.h"

/* OpenSSL 3.0.19, TLS 1.3, to Api.Example.org; the zeros at its end are padding. */
static const uint8_t tls13[517] = {
	0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0xcf, 0xc2, 0x33, 0x11,
	0xa0, 0xac, 0xc1, 0x47, 0x74, 0x52, 0x6e, 0x17, 0xff, 0x6f, 0xb8, 0x46, 0x7c, 0x52, 0xad,
	0x9d, 0xa4, 0x54, 0x74, 0x42, 0x54, 0x66, 0x9b, 0x84, 0xef, 0xbc, 0x84, 0x57, 0x20, 0xbd,
	0xc3, 0x72, 0xd4, 0x11, 0xc3, 0xaa, 0x75, 0x3c, 0x3f, 0xdf, 0xd2, 0x2b, 0x98, 0xf8, 0xc7,
	0x7e, 0x7a, 0xbf, 0x54, 0x4d, 0x47, 0xde, 0xf8, 0x27, 0xa1, 0x4a, 0xe7, 0xb1, 0xad, 0xe7,
	0x53, 0x00, 0x24, 0x13, 0x02, 0x13, 0x03, 0x13, 0x01, 0xc0, 0x2c, 0xc0, 0x30, 0xc0, 0x2b,
	0xc0, 0x2f, 0xcc, 0xa9, 0xcc, 0xa8, 0xc0, 0x24, 0xc0, 0x28, 0xc0, 0x23, 0xc0, 0x27, 0x00,
	0x9f, 0x00, 0x9e, 0x00, 0x6b, 0x00, 0x67, 0x00, 0xff, 0x01, 0x00, 0x01, 0x8f, 0x00, 0x00,
	0x00, 0x14, 0x00, 0x12, 0x00, 0x00, 0x0f, 0x41, 0x70, 0x69, 0x2e, 0x45, 0x78, 0x61, 0x6d,
	0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x0b, 0x00, 0x04, 0x03, 0x00, 0x01, 0x02,
	0x00, 0x0a, 0x00, 0x16, 0x00, 0x14, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x1e, 0x00, 0x19, 0x00,
	0x18, 0x01, 0x00, 0x01, 0x01, 0x01, 0x02, 0x01, 0x03, 0x01, 0x04, 0x00, 0x23, 0x00, 0x00,
	0x00, 0x16, 0x00, 0x00, 0x00, 0x17, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x2a, 0x00, 0x28, 0x04,
	0x03, 0x05, 0x03, 0x06, 0x03, 0x08, 0x07, 0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b,
	0x08, 0x04, 0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03,
	0x01, 0x03, 0x02, 0x04, 0x02, 0x05, 0x02, 0x06, 0x02, 0x00, 0x2b, 0x00, 0x05, 0x04, 0x03,
	0x04, 0x03, 0x03, 0x00, 0x2d, 0x00, 0x02, 0x01, 0x01, 0x00, 0x33, 0x00, 0x26, 0x00, 0x24,
	0x00, 0x1d, 0x00, 0x20, 0xe2, 0xa7, 0xed, 0xfc, 0xb1, 0x78, 0x7b, 0x1d, 0xe4, 0x39, 0x13,
	0xd7, 0x15, 0x81, 0x99, 0xd3, 0x50, 0xd3, 0x03, 0x6b, 0x71, 0xec, 0xf4, 0xae, 0xcd, 0xf9,
	0x87, 0x8d, 0x09, 0x6a, 0x19, 0x46, 0x00, 0x15, 0x00, 0xde,
};

/* And at most TLS 1.2. */
static const uint8_t tls12[] = {
	0x16, 0x03, 0x01, 0x00, 0x9b, 0x01, 0x00, 0x00, 0x97, 0x03, 0x03, 0x8d, 0xaf, 0xdd, 0x5e,
	0x5a, 0x7e, 0xa6, 0xf9, 0xbe, 0xe1, 0xdd, 0x55, 0xdb, 0x23, 0x1d, 0x52, 0xc3, 0x77, 0xc9,
	0xc1, 0x98, 0x2b, 0xdd, 0x9b, 0x07, 0xff, 0x5e, 0xfe, 0x87, 0xf6, 0x2e, 0x11, 0x00, 0x00,
	0x04, 0xc0, 0x2f, 0x00, 0xff, 0x01, 0x00, 0x00, 0x6a, 0x00, 0x00, 0x00, 0x14, 0x00, 0x12,
	0x00, 0x00, 0x0f, 0x41, 0x70, 0x69, 0x2e, 0x45, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e,
	0x6f, 0x72, 0x67, 0x00, 0x0b, 0x00, 0x04, 0x03, 0x00, 0x01, 0x02, 0x00, 0x0a, 0x00, 0x0c,
	0x00, 0x0a, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x1e, 0x00, 0x19, 0x00, 0x18, 0x00, 0x23, 0x00,
	0x00, 0x00, 0x16, 0x00, 0x00, 0x00, 0x17, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x2a, 0x00, 0x28,
	0x04, 0x03, 0x05, 0x03, 0x06, 0x03, 0x08, 0x07, 0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08,
	0x0b, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03,
	0x03, 0x01, 0x03, 0x02, 0x04, 0x02, 0x05, 0x02, 0x06, 0x02};

static const char *const words[] = {"more", "name", "no name", "ech", "bad"};

/* "name Api.Example.org", or what else became of it when fed so many bytes at a time. Static. */
static const char *feed(const uint8_t *bytes, size_t len, size_t step)
{
	static char out[HOSTNAME_MAX + 8];
	struct tls_hello hello = {.status = TLS_HELLO_MORE};
	enum tls_hello_status status = TLS_HELLO_MORE;

	for (size_t at = 0; at < len; at += step)
		status = tls_hello_feed(&hello, bytes + at, len - at < step ? len - at : step);
	(void)snprintf(out, sizeof(out), "%s", words[status]);
	if (status == TLS_HELLO_NAME)
		(void)snprintf(out, sizeof(out), "name %.*s", (int)tls_hello_name(&hello).len,
			       tls_hello_name(&hello).ptr);
	return out;
}

static void expect(const uint8_t *bytes, size_t len, const char *want, const char *what)
{
	static const size_t steps[] = {1, 2, 3, 5, 7, 64, 100000};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		cr_expect_str_eq(feed(bytes, len, steps[i]), want, "%s: %s", what,
				 feed(bytes, len, steps[i]));
}

Test(tls_hello, real_hellos)
{
	expect(tls13, sizeof(tls13), "name Api.Example.org", "TLS 1.3");
	expect(tls12, sizeof(tls12), "name Api.Example.org", "TLS 1.2");
	for (size_t len = 0; len < sizeof(tls13); len++)
		cr_expect_str_eq(feed(tls13, len, 9), "more", "%zu", len);
}

/* A hello that is put together: the message, then records around it. */
struct made {
	uint8_t message[70000];
	size_t len;
	size_t extensions_at;
	uint8_t records[200000];
	size_t n_records;
};

static struct made made;

static void put(size_t n, uint32_t value)
{
	for (size_t i = n; i-- > 0;)
		made.message[made.len++] = (uint8_t)(value >> 8 * i);
}

static void begin(size_t session_len, size_t n_suites)
{
	made.len = 0;
	put(1, 1);
	put(3, 0);
	put(2, 0x0303);
	for (size_t i = 0; i < 32; i++)
		put(1, 0x16);
	put(1, (uint32_t)session_len);
	for (size_t i = 0; i < session_len; i++)
		put(1, 0);
	put(2, (uint32_t)(2 * n_suites));
	for (size_t i = 0; i < n_suites; i++)
		put(2, 0x1301);
	put(1, 1);
	put(1, 0);
	made.extensions_at = made.len;
	put(2, 0);
}

static void add_extension(uint32_t type, size_t len)
{
	put(2, type);
	put(2, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		put(1, 0xfe);
}

static void add_name(const char *name, size_t len)
{
	put(2, 0);
	put(2, (uint32_t)len + 5);
	put(2, (uint32_t)len + 3);
	put(1, 0);
	put(2, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		put(1, (uint8_t)name[i]);
}

static void set_lengths(void)
{
	size_t in_extensions = made.len - made.extensions_at - 2;

	made.message[1] = (uint8_t)((made.len - 4) >> 16);
	made.message[2] = (uint8_t)((made.len - 4) >> 8);
	made.message[3] = (uint8_t)(made.len - 4);
	made.message[made.extensions_at] = (uint8_t)(in_extensions >> 8);
	made.message[made.extensions_at + 1] = (uint8_t)in_extensions;
}

/* Records of so many bytes of the message. */
static void wrap(size_t size)
{
	made.n_records = 0;
	for (size_t at = 0; at < made.len; at += size) {
		size_t n = made.len - at < size ? made.len - at : size;
		const uint8_t header[5] = {22, 3, 1, (uint8_t)(n >> 8), (uint8_t)n};

		memcpy(made.records + made.n_records, header, 5);
		memcpy(made.records + made.n_records + 5, made.message + at, n);
		made.n_records += n + 5;
	}
}

static void expect_made(const char *want, const char *what)
{
	static const size_t sizes[] = {1, 3, 4, 50, 16384};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		wrap(sizes[i]);
		expect(made.records, made.n_records, want, what);
	}
}

static void expect_name(const char *name, size_t len, const char *want)
{
	begin(32, 3);
	add_extension(43, 3);
	add_name(name, len);
	add_extension(51, 0);
	set_lengths();
	expect_made(want, name);
}

#define EXPECT_NAME(name, want) expect_name(name, sizeof(name) - 1, want)

Test(tls_hello, names_are_host_names)
{
	char longest[HOSTNAME_MAX + 1], want[HOSTNAME_MAX + 8];

	EXPECT_NAME("a.org", "name a.org");
	EXPECT_NAME("xn--bcher-kva.org", "name xn--bcher-kva.org");
	EXPECT_NAME("a.org.", "bad");
	EXPECT_NAME("", "bad");
	EXPECT_NAME("a.org\0.evil.org", "bad");
	EXPECT_NAME("10.0.0.1", "bad");
	EXPECT_NAME("::1", "bad");
	EXPECT_NAME("a b", "bad");
	EXPECT_NAME("*.org", "bad");
	EXPECT_NAME("b\303\274cher.org", "bad");
	memset(longest, 'a', sizeof(longest));
	for (size_t i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	(void)snprintf(want, sizeof(want), "name %.*s", (int)HOSTNAME_MAX, longest);
	expect_name(longest, HOSTNAME_MAX, want);
	expect_name(longest, HOSTNAME_MAX + 1, "bad");
}

Test(tls_hello, hellos_without_a_name)
{
	begin(0, 1);
	set_lengths();
	expect_made("no name", "an empty list of extensions");
	made.len -= 2;
	made.message[3] = (uint8_t)(made.len - 4);
	expect_made("no name", "no list of extensions");
	begin(0, 1);
	add_extension(10, 2);
	set_lengths();
	expect_made("no name", "other extensions");
}

Test(tls_hello, encrypted_hellos)
{
	static const uint32_t types[] = {0xfe0d, 0xffce};

	for (size_t i = 0; i < 2; i++) {
		begin(0, 1);
		add_name("a.org", 5);
		add_extension(types[i], 9);
		set_lengths();
		expect_made("ech", "behind a name");
		begin(0, 1);
		add_extension(types[i], 0);
		set_lengths();
		expect_made("ech", "alone");
	}
}

Test(tls_hello, two_names_are_bad)
{
	begin(0, 1);
	add_name("a.org", 5);
	add_name("a.org", 5);
	set_lengths();
	expect_made("bad", "two extensions");
	begin(0, 1);
	put(2, 0);
	put(2, 2 + 4 + 4);
	put(2, 8);
	put(1, 0);
	put(2, 1);
	put(1, 'a');
	put(1, 0);
	put(2, 1);
	put(1, 'b');
	set_lengths();
	expect_made("bad", "two in one");
	begin(0, 1);
	put(2, 0);
	put(2, 2 + 4 + 4);
	put(2, 8);
	put(1, 0);
	put(2, 1);
	put(1, 'a');
	put(4, 0x000a0000);
	set_lengths();
	expect_made("bad", "a second one that reads as an extension");
}

/* Every byte of a length or a type, one more and one less. */
Test(tls_hello, lengths_that_disagree_are_bad)
{
	static const size_t at[] = {0,  1,  2,  3,  4,  38, 39, 40, 43, 45,
				    46, 48, 49, 50, 51, 52, 53, 54, 55};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		for (int by = -1; by <= 1; by += 2) {
			const char *have;

			begin(0, 1);
			add_name("a.org", 5);
			set_lengths();
			made.message[at[i]] = (uint8_t)(made.message[at[i]] + by);
			wrap(16384);
			have = feed(made.records, made.n_records, 1);
			/* A longer message may still come; or what was a name is something else. */
			cr_expect(strcmp(have, "bad") == 0 ||
					  (by > 0 && strcmp(have, "more") == 0) ||
					  strcmp(have, "no name") == 0,
				  "byte %zu by %d: %s", at[i], by, have);
		}
	}
}

Test(tls_hello, what_is_no_handshake_is_bad_at_once)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{"GET / HTTP/1.1\r\n", 1},
		{"SSH-2.0-x\r\n", 1},
		{"\x80\x2e\x01\x03\x01", 1}, /* SSL 2 */
		{"\x15\x03\x01", 1},         /* an alert */
		{"\x16\x02\x00", 2},
		{"\x16\x03\x01\x00\x00", 5},     /* an empty record */
		{"\x16\x03\x01\x40\x01", 5},     /* a long one */
		{"\x16\x03\x01\x00\x10\x02", 6}, /* a ServerHello */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *bytes = (const uint8_t *)rows[i].bytes;

		cr_expect_str_eq(feed(bytes, rows[i].len, 1), "bad", "row %zu", i);
		cr_expect_str_eq(feed(bytes, rows[i].len - 1, 1), "more", "row %zu", i);
	}
}

Test(tls_hello, hellos_have_a_size)
{
	begin(0, 1);
	add_extension(21, TLS_MAX_HELLO - 48);
	set_lengths();
	cr_assert_eq(made.len - 4, TLS_MAX_HELLO - 1);
	expect_made("no name", "a large one");
	begin(0, 1);
	add_extension(21, TLS_MAX_HELLO - 46);
	set_lengths();
	cr_assert_eq(made.len - 4, TLS_MAX_HELLO + 1);
	expect_made("bad", "a larger one");
}

Test(tls_hello, what_follows_is_not_looked_at)
{
	uint8_t bytes[sizeof(tls12) + 3];

	memcpy(bytes, tls12, sizeof(tls12));
	memset(bytes + sizeof(tls12), 0xff, 3);
	expect(bytes, sizeof(bytes), "name Api.Example.org", "bytes behind it");
}
