/*
 * Names, read from messages and written for people and policies.
 *
 * A pointer must lead to before the labels that end in it. So what is read moves toward the
 * beginning of the message and ends; it is also bounded by the length of a name and a number of
 * pointers, as a chain of pointers without labels would cost time and never be in a real message.
 */
#include "runtime/dns_name.h"

#include <string.h>

#define POINTER      0xc0u /* in the two top bits of a length */
#define MAX_POINTERS 127u  /* of a name: as many as it has labels */

static bool append_label(struct dns_name *name, const uint8_t *label, size_t size)
{
	if (size > (size_t)DNS_MAX_NAME - name->len)
		return false;
	memcpy(name->bytes + name->len, label, size);
	name->len = (uint8_t)(name->len + size);
	return true;
}

/*
 * Labels up to the empty one (1) or a pointer (0), which *target then is; or -1. in goes on behind
 * what was read.
 */
static int read_labels(struct wire *in, struct dns_name *out, size_t *target)
{
	for (;;) {
		uint32_t n = wire_number(in, 1);
		const uint8_t *label;

		if ((n & POINTER) == POINTER) {
			*target = (n & ~POINTER) << 8 | wire_number(in, 1);
			return in->bad ? -1 : 0;
		}
		if (in->bad || n > DNS_MAX_LABEL)
			return -1;
		label = wire_bytes(in, n);
		if (!label || !append_label(out, label - 1, n + 1))
			return -1;
		if (n == 0)
			return 1;
	}
}

bool dns_name_read(struct wire *in, struct dns_name *out)
{
	struct wire part = *in;
	size_t first = in->at, target = 0;
	int done;

	out->len = 0;
	done = read_labels(&part, out, &target);
	in->at = part.at;
	for (unsigned int i = 0; done == 0 && i < MAX_POINTERS; i++) {
		if (target >= first)
			break;
		part.at = first = target;
		done = read_labels(&part, out, &target);
	}
	if (done != 1)
		in->bad = true;
	return done == 1;
}

/* A length is below every letter, so bytes can be folded without looking where labels begin. */
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		if (match_lower((char)a->bytes[i]) != match_lower((char)b->bytes[i]))
			return false;
	}
	return true;
}

void dns_name_lower(struct dns_name *name)
{
	for (size_t i = 0; i < name->len; i++)
		name->bytes[i] = match_lower((char)name->bytes[i]);
}

/* Could a byte be one of a host name's label? Which it is, host_parse tells. */
static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '.';
}

bool dns_name_host(const struct dns_name *name, char out[HOSTNAME_MAX], struct slice *host)
{
	struct host parsed;
	size_t len = 0;

	if (name->len < 3) /* the root has no label */
		return false;
	for (size_t i = 0, label = 0; i + 1 < name->len; i++) {
		if (i == label) {
			label += name->bytes[i] + 1u;
			if (i)
				out[len++] = '.';
			continue;
		}
		if (!is_plain(name->bytes[i]))
			return false;
		out[len++] = (char)match_lower((char)name->bytes[i]);
	}
	*host = (struct slice){out, len};
	return host_parse(*host, &parsed) && !parsed.is_address;
}

bool dns_name_of_host(struct slice host, struct dns_name *out)
{
	struct host parsed;
	size_t length_at = 0;

	if (!host_parse(host, &parsed) || parsed.is_address)
		return false;
	out->len = 1;
	for (size_t i = 0; i <= parsed.name.len; i++) {
		if (i == parsed.name.len || parsed.name.ptr[i] == '.') {
			out->bytes[length_at] = (uint8_t)(out->len - length_at - 1);
			length_at = out->len;
			out->bytes[out->len++] = 0;
			continue;
		}
		out->bytes[out->len++] = (uint8_t)parsed.name.ptr[i];
	}
	return true;
}

static size_t put_escaped(char *out, uint8_t c)
{
	size_t n = 0;

	if (c > ' ' && c < 0x7f) {
		if (c == '.' || c == '\\')
			out[n++] = '\\';
		out[n++] = (char)c;
		return n;
	}
	out[n++] = '\\';
	out[n++] = (char)('0' + c / 100);
	out[n++] = (char)('0' + c / 10 % 10);
	out[n++] = (char)('0' + c % 10);
	return n;
}

size_t dns_name_text(const struct dns_name *name, char out[DNS_NAME_TEXT])
{
	size_t n = 0;

	for (size_t i = 0, label = 0; i + 1 < name->len; i++) {
		if (i == label) {
			label += name->bytes[i] + 1u;
			if (i)
				out[n++] = '.';
			continue;
		}
		n += put_escaped(out + n, name->bytes[i]);
	}
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
	return n;
}
