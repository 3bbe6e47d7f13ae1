#include <criterion/criterion.h>

#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/dns_name.h"

/* What bytes are read as, from at on: the text, or "malformed". *end: behind the name. */
static const char *read_at(const char *bytes, size_t len, size_t at, size_t *end)
{
	static char text[DNS_NAME_TEXT];
	struct wire in = {.bytes = (const uint8_t *)bytes, .len = len, .at = at};
	struct dns_name name;

	if (!dns_name_read(&in, &name)) {
		cr_expect(in.bad);
		return "malformed";
	}
	if (end)
		*end = in.at;
	cr_expect_eq(dns_name_text(&name, text), strlen(text));
	return text;
}

#define READ(bytes, at) read_at(bytes, sizeof(bytes) - 1, at, NULL)

Test(dns_name, plain_names)
{
	cr_expect_str_eq(READ("\0", 0), ".");
	cr_expect_str_eq(READ("\1a\0", 0), "a");
	cr_expect_str_eq(READ("\1a\3Org\0", 0), "a.Org");
	cr_expect_str_eq(READ("", 0), "malformed");
	cr_expect_str_eq(READ("\1a", 0), "malformed");
	cr_expect_str_eq(READ("\2a", 0), "malformed");
	cr_expect_str_eq(READ("\1a\5org\0", 0), "malformed");
	cr_expect_str_eq(READ("\100a\0", 0), "malformed");
	cr_expect_str_eq(READ("\200a\0", 0), "malformed");
}

Test(dns_name, pointers_lead_backwards_only)
{
	size_t end = 0;

	cr_expect_str_eq(READ("\3org\0\1a\300\0", 5), "a.org");
	cr_expect_str_eq(read_at("\3org\0\1a\300\0zz", 11, 5, &end), "a.org");
	cr_expect_eq(end, 9, "behind the first pointer");
	cr_expect_str_eq(READ("\3org\0\1a\300\0\300\5", 9), "a.org", "a pointer to a pointer");
	cr_expect_str_eq(READ("\3org\0\300\0", 5), "org");
	cr_expect_str_eq(READ("\300\0", 0), "malformed", "to itself");
	cr_expect_str_eq(READ("\1a\300\0", 0), "malformed", "to its own beginning");
	cr_expect_str_eq(READ("\1a\300\2", 0), "malformed");
	cr_expect_str_eq(READ("\300\2\1a\0", 0), "malformed", "forwards");
	cr_expect_str_eq(READ("\300\4\300\0\0", 2), "malformed", "and on, forwards");
	cr_expect_str_eq(READ("\3org\0\1a\300", 5), "malformed", "half a pointer");
	cr_expect_str_eq(READ("\3org\0\1a\377\377", 5), "malformed", "out of the message");
}

Test(dns_name, chains_of_pointers_are_bounded)
{
	uint8_t bytes[1024] = {0};
	struct wire in = {.bytes = bytes};
	struct dns_name name;

	for (size_t n = 1; n < 200; n++) {
		bytes[2 * n] = (uint8_t)(0xc0 | (2 * n - 2) >> 8);
		bytes[2 * n + 1] = (uint8_t)(2 * n - 2);
		in = (struct wire){.bytes = bytes, .len = 2 * n + 2, .at = 2 * n};
		cr_expect_eq(dns_name_read(&in, &name), n <= 127, "%zu pointers", n);
	}
}

Test(dns_name, a_name_has_255_bytes_and_a_label_63)
{
	uint8_t bytes[300];
	struct wire in = {.bytes = bytes, .len = 300};
	struct slice host;
	char text[HOSTNAME_MAX];
	struct dns_name name;

	memset(bytes, 'a', sizeof(bytes));
	bytes[0] = bytes[64] = bytes[128] = 63;
	bytes[192] = 61;
	bytes[254] = 0;
	cr_expect(dns_name_read(&in, &name));
	cr_expect_eq(name.len, 255);
	cr_expect(dns_name_host(&name, text, &host));
	cr_expect_eq(host.len, 253);
	bytes[192] = 62;
	bytes[254] = 'a';
	bytes[255] = 0;
	in = (struct wire){.bytes = bytes, .len = 300};
	cr_expect_not(dns_name_read(&in, &name));
	bytes[0] = 64;
	bytes[65] = 0;
	in = (struct wire){.bytes = bytes, .len = 300};
	cr_expect_not(dns_name_read(&in, &name));
}

/* Pointers must not make a longer name than bytes could. */
Test(dns_name, compressed_names_have_255_bytes_too)
{
	uint8_t bytes[300];
	struct wire in = {.bytes = bytes, .len = sizeof(bytes)};
	struct dns_name name;

	memset(bytes, 'a', sizeof(bytes));
	bytes[0] = bytes[64] = bytes[128] = bytes[193] = 63;
	bytes[192] = 0;
	bytes[257] = 0xc0;
	bytes[258] = 0;
	in.at = 193;
	cr_expect_not(dns_name_read(&in, &name));
	bytes[193] = 61;
	bytes[255] = 0xc0;
	bytes[256] = 0;
	in = (struct wire){.bytes = bytes, .len = sizeof(bytes), .at = 193};
	cr_expect(dns_name_read(&in, &name));
	cr_expect_eq(name.len, 255);
}

static struct dns_name name_of(const char *bytes, size_t len)
{
	struct wire in = {.bytes = (const uint8_t *)bytes, .len = len};
	struct dns_name name;

	cr_assert(dns_name_read(&in, &name));
	return name;
}

#define NAME(bytes) name_of(bytes, sizeof(bytes) - 1)

Test(dns_name, case_is_of_ascii_letters_only)
{
	struct dns_name a = NAME("\1A\3oRg\0"), b = NAME("\1a\3OrG\0"), c = NAME("\1@\3org\0");
	struct dns_name d = NAME("\1`\3org\0"), e = NAME("\2\303\201\0"), f = NAME("\2\303\241\0");

	cr_expect(dns_name_equal(&a, &b));
	cr_expect_not(dns_name_equal(&c, &d));
	cr_expect_not(dns_name_equal(&e, &f));
	dns_name_lower(&a);
	cr_expect(memcmp(a.bytes, "\1a\3org", a.len) == 0);
}

Test(dns_name, labels_are_not_text)
{
	struct dns_name two = NAME("\1a\3org\0"), one = NAME("\5a.org\0");
	char text[DNS_NAME_TEXT];

	cr_expect_not(dns_name_equal(&two, &one));
	(void)dns_name_text(&one, text);
	cr_expect_str_eq(text, "a\\.org");
}

Test(dns_name, only_host_names_are_hosts)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *host; /* or NULL */
	} rows[] = {
#define ROW(bytes, host) {bytes, sizeof(bytes) - 1, host}
		ROW("\0", NULL),
		ROW("\1a\3Org\0", "a.org"),
		ROW("\11xn--bcher\0", "xn--bcher"),
		ROW("\4_srv\1a\0", "_srv.a"),
		ROW("\5a.org\0", NULL),
		ROW("\5a\0org\0", NULL),
		ROW("\2a\0\3org\0", NULL),
		ROW("\2a \3org\0", NULL),
		ROW("\2a%\3org\0", NULL),
		ROW("\1*\3org\0", NULL),
		ROW("\2\303\251\3org\0", NULL),
		ROW("\1a\1/\0", NULL),
		ROW("\00212\0", NULL),
		ROW("\003127\0010\0010\0011\0", NULL),
		ROW("\0041::1\0", NULL),
		ROW("\3::1\0", NULL),
		ROW("\5[::1]\0", NULL),
		ROW("\0040x7f\0", NULL),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_name name = name_of(rows[i].bytes, rows[i].len), back;
		char text[HOSTNAME_MAX];
		struct slice host = {NULL, 0};
		bool is = dns_name_host(&name, text, &host);

		cr_expect_eq(is, rows[i].host != NULL, "row %zu", i);
		if (!is || !rows[i].host)
			continue;
		cr_expect(host.len == strlen(rows[i].host) &&
			  memcmp(host.ptr, rows[i].host, host.len) == 0);
		cr_expect(dns_name_of_host(host, &back));
		cr_expect(dns_name_equal(&back, &name));
	}
}

Test(dns_name, names_of_hosts)
{
	struct dns_name name, want = NAME("\1a\3org\0");

	cr_expect(dns_name_of_host((struct slice){"a.org.", 6}, &name));
	cr_expect(dns_name_equal(&name, &want));
	cr_expect_not(dns_name_of_host((struct slice){"", 0}, &name));
	cr_expect_not(dns_name_of_host((struct slice){"10.0.0.1", 8}, &name));
	cr_expect_not(dns_name_of_host((struct slice){"a..b", 4}, &name));
}

/* The libc escapes some bytes that we don't: they are special in files only. */
static void drop_escapes(char *text)
{
	char *to = text;

	for (const char *from = text; *from; *to++ = *from++) {
		if (*from == '\\' && strchr("\"$;@()", from[1]))
			from++;
		else if (*from == '\\')
			*to++ = *from++;
	}
	*to = '\0';
}

/* Of random messages the libc reads the same names. */
Test(dns_name, agree_with_the_libc)
{
	unsigned int seed = 1, read = 0, compressed = 0;

	for (unsigned int i = 0; i < 200000; i++) {
		uint8_t bytes[48];
		char want[NS_MAXDNAME];
		const char *have;
		size_t end = 0;
		int n;

		for (size_t k = 0; k < sizeof(bytes); k++) {
			unsigned int dice = (unsigned int)rand_r(&seed);

			bytes[k] = (uint8_t)(dice % 3 ? dice >> 8 & 7 : dice >> 8);
			if (dice % 11 == 0)
				bytes[k] = 0xc0;
		}
		have = read_at((const char *)bytes, sizeof(bytes), 24, &end);
		n = ns_name_uncompress(bytes, bytes + sizeof(bytes), bytes + 24, want,
				       sizeof(want));
		/* It refuses to read more bytes for a name than the message has. */
		if (n < 0 || strcmp(have, "malformed") == 0)
			continue;
		read++;
		compressed += memchr(bytes + 24, 0xc0, end - 24) != NULL;
		cr_assert_eq(n, (int)(end - 24));
		drop_escapes(want);
		cr_assert_str_eq(have, want);
	}
	cr_expect_gt(read, 10000u);
	cr_expect_gt(compressed, 1000u);
}
