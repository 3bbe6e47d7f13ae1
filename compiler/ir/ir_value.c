/*
 * Values of tool arguments: paths, hosts, URLs, numbers, and patterns for them.
 *
 * A value comes from a program that may want to be misread, so every type has one strict form, and
 * what has another (a host that some library would take for an address, a URL with a user in it) is
 * no value of the type at all. Nothing is guessed and nothing is repaired. Written to be read: the
 * runtime has its own code for the same, and tests compare the two.
 */
#include "ir/ir_value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"

#define MAX_HOST  253u /* RFC 1035, 2.3.4, without the length bytes of the root */
#define MAX_LABEL 63u

static struct str slice(struct str text, size_t begin, size_t end)
{
	return (struct str){text.ptr + begin, end - begin};
}

/* Where a byte of the set is first, or the text's length. */
static size_t find_any(struct str text, const char *set)
{
	size_t i = 0;

	while (i < text.len && (!text.ptr[i] || !strchr(set, text.ptr[i])))
		i++;
	return i;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool ir_value_path(struct arena *arena, struct str text, struct ir_names *names)
{
	size_t begin = 1;

	*names = (struct ir_names){0};
	if (!text.len || text.ptr[0] != '/' || text.len > WRIT_MAX_TEXT ||
	    memchr(text.ptr, '\0', text.len))
		return false;
	while (begin <= text.len) {
		struct str rest = slice(text, begin, text.len);
		struct str name = slice(rest, 0, find_any(rest, "/"));

		begin += name.len + 1;
		if (!name.len || str_eq_cstr(name, "."))
			continue;
		if (!str_eq_cstr(name, "..")) {
			vec_add(arena, names, name);
			continue;
		}
		if (!names->n)
			return false;
		names->n--;
	}
	return true;
}

static struct str lower_case(struct arena *arena, struct str text)
{
	char *out = arena_strndup(arena, text.ptr, text.len);

	for (size_t i = 0; i < text.len; i++) {
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	}
	return (struct str){out, text.len};
}

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || is_digit(byte) || byte == '-' || byte == '_';
}

static bool is_name(struct str name)
{
	size_t label = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.' && !label)
			return false;
		if (name.ptr[i] != '.' && !is_name_byte(name.ptr[i]))
			return false;
		label = name.ptr[i] == '.' ? 0 : label + 1;
		if (label > MAX_LABEL)
			return false;
	}
	return label > 0 && name.len <= MAX_HOST;
}

/* As the WHATWG URL standard's "ends in a number": such a host is an IPv4 address or nothing. */
static bool ends_in_number(struct str name)
{
	struct str last = name;
	const char *dot = memrchr(name.ptr, '.', name.len);
	size_t i = 0;

	if (dot)
		last = slice(name, (size_t)(dot + 1 - name.ptr), name.len);
	if (last.len >= 2 && last.ptr[0] == '0' && last.ptr[1] == 'x') {
		for (i = 2; i < last.len && strchr("0123456789abcdef", last.ptr[i]); i++)
			;
		return i == last.len;
	}
	while (i < last.len && is_digit(last.ptr[i]))
		i++;
	return i == last.len;
}

static bool read_address(struct arena *arena, int family, struct str text, struct ir_host *host)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const char *copy = arena_strndup(arena, text.ptr, text.len);
	uint8_t *where = host->address;

	if (memchr(text.ptr, '\0', text.len))
		return false;
	if (family == AF_INET) {
		memcpy(host->address, mapped, sizeof(mapped));
		where += sizeof(mapped);
	}
	if (inet_pton(family, copy, where) != 1)
		return false;
	host->is_address = true;
	host->text = STR("");
	if (memcmp(host->address, mapped, sizeof(mapped)) == 0)
		host->text = str_printf(arena, "%u.%u.%u.%u", host->address[12], host->address[13],
					host->address[14], host->address[15]);
	return true;
}

/* A name, or an IPv4 address. */
static bool read_name(struct arena *arena, struct str text, struct ir_host *host)
{
	struct str name = lower_case(arena, text);
	bool dot = name.len && name.ptr[name.len - 1] == '.';

	name.len -= dot;
	if (!is_name(name))
		return false;
	/* Some programs drop the dot of "10.0.0.1.", others ask the DNS for that name. */
	if (ends_in_number(name))
		return !dot && read_address(arena, AF_INET, name, host);
	host->is_address = false;
	host->text = name;
	return true;
}

static bool is_bracketed(struct str text)
{
	return text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
}

bool ir_value_host(struct arena *arena, struct str text, struct ir_host *host)
{
	*host = (struct ir_host){0};
	if (is_bracketed(text))
		return read_address(arena, AF_INET6, slice(text, 1, text.len - 1), host);
	if (find_any(text, ":") < text.len)
		return read_address(arena, AF_INET6, text, host);
	return read_name(arena, text, host);
}

static bool read_port(struct str text, uint16_t *port)
{
	int64_t number;

	if (!ir_value_int(text, &number) || number < 1 || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

static void port_of_scheme(struct str scheme, struct ir_url *url)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} known[] = {{"http", 80}, {"ws", 80},  {"https", 443}, {"wss", 443},
		     {"ftp", 21},  {"ssh", 22}, {"git", 9418}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!str_eq_cstr(scheme, known[i].scheme))
			continue;
		url->has_port = true;
		url->port = known[i].port;
	}
}

static bool is_scheme(struct str scheme)
{
	for (size_t i = 0; i < scheme.len; i++) {
		char byte = scheme.ptr[i];
		bool letter = byte >= 'a' && byte <= 'z';

		if (!letter &&
		    (!i || !(is_digit(byte) || byte == '+' || byte == '.' || byte == '-')))
			return false;
	}
	return scheme.len > 0;
}

/* Bytes that programs disagree about, wherever in a URL they stand. */
static bool has_doubtful_byte(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		if (byte <= 0x20 || byte == 0x7f || byte == '\\')
			return true;
	}
	return false;
}

/* "host", "host:port", "[v6]" or "[v6]:port". */
static bool read_authority(struct arena *arena, struct str text, struct ir_url *url)
{
	size_t end = text.len && text.ptr[0] == '[' ? find_any(text, "]") + 1 : find_any(text, ":");
	uint16_t of_scheme = url->has_port ? url->port : 0;
	struct str host;

	if (end > text.len)
		return false;
	host = slice(text, 0, end);
	if (is_bracketed(host) ? !ir_value_host(arena, host, &url->host)
			       : !read_name(arena, host, &url->host))
		return false;
	/* An IPv6 address has no one text, or that of the IPv4 address that it maps. */
	url->is_plain = str_eq(host, url->host.text);
	if (end == text.len)
		return true;
	if (text.ptr[end] != ':' || !read_port(slice(text, end + 1, text.len), &url->port))
		return false;
	url->has_port = true;
	url->is_plain &= url->port != of_scheme;
	return true;
}

bool ir_value_url(struct arena *arena, struct str text, struct ir_url *url)
{
	const char *mark = memmem(text.ptr, text.len, "://", 3);
	struct str scheme, rest;

	*url = (struct ir_url){0};
	if (!mark || has_doubtful_byte(text))
		return false;
	scheme = slice(text, 0, (size_t)(mark - text.ptr));
	rest = slice(text, scheme.len + 3, text.len);
	if (!is_scheme(scheme))
		return false;
	port_of_scheme(scheme, url);
	return read_authority(arena, slice(rest, 0, find_any(rest, "/?#")), url);
}

bool ir_value_int(struct str text, int64_t *number)
{
	char copy[24];
	size_t sign = text.len && text.ptr[0] == '-';

	if (text.len == sign || text.len >= sizeof(copy))
		return false;
	for (size_t i = sign; i < text.len; i++) {
		if (!is_digit(text.ptr[i]))
			return false;
	}
	/* One spelling for each number: no leading zeros, and no "-0". */
	if (text.ptr[sign] == '0' && text.len > 1)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	errno = 0;
	*number = strtoll(copy, NULL, 10);
	return errno == 0;
}

bool ir_value_bool(struct str text, int64_t *number)
{
	*number = str_eq_cstr(text, "true");
	return *number || str_eq_cstr(text, "false");
}

/*
 * What both globs share: reach[j] says that the first j elements of the pattern match the elements
 * of the text so far. Many stretches over any element.
 */
struct glob {
	bool *reach;
	size_t n; /* elements of the pattern */
	bool (*is_many)(const void *pattern, size_t j);
	bool (*is_one)(struct arena *arena, const void *pattern, size_t j, const void *text,
		       size_t i);
};

static void glob_skip_many(struct glob *glob, const void *pattern)
{
	for (size_t j = 0; j < glob->n; j++) {
		if (glob->reach[j] && glob->is_many(pattern, j))
			glob->reach[j + 1] = true;
	}
}

static bool glob_run(struct arena *arena, struct glob *glob, const void *pattern, const void *text,
		     size_t len)
{
	glob->reach = arena_alloc(arena, (glob->n + 1) * sizeof(bool));
	glob->reach[0] = true;
	glob_skip_many(glob, pattern);
	for (size_t i = 0; i < len; i++) {
		for (size_t j = glob->n + 1; j-- > 0;) {
			bool stays = j < glob->n && glob->reach[j] && glob->is_many(pattern, j);
			bool comes = j && glob->reach[j - 1] && !glob->is_many(pattern, j - 1) &&
				     glob->is_one(arena, pattern, j - 1, text, i);

			glob->reach[j] = stays || comes;
		}
		glob_skip_many(glob, pattern);
	}
	return glob->reach[glob->n];
}

static bool byte_is_many(const void *pattern, size_t j)
{
	return ((const struct str *)pattern)->ptr[j] == '*';
}

static bool byte_is_one(struct arena *arena, const void *pattern, size_t j, const void *text,
			size_t i)
{
	char wanted = ((const struct str *)pattern)->ptr[j];

	(void)arena;
	return wanted == '?' || wanted == ((const struct str *)text)->ptr[i];
}

bool ir_glob(struct arena *arena, struct str pattern, struct str text)
{
	struct glob glob = {.n = pattern.len, .is_many = byte_is_many, .is_one = byte_is_one};

	return glob_run(arena, &glob, &pattern, &text, text.len);
}

static bool name_is_many(const void *pattern, size_t j)
{
	return str_eq_cstr(((const struct ir_names *)pattern)->items[j], "**");
}

static bool name_is_one(struct arena *arena, const void *pattern, size_t j, const void *text,
			size_t i)
{
	return ir_glob(arena, ((const struct ir_names *)pattern)->items[j],
		       ((const struct ir_names *)text)->items[i]);
}

bool ir_glob_path(struct arena *arena, const struct ir_names *pattern, const struct ir_names *names)
{
	struct glob glob = {.n = pattern->n, .is_many = name_is_many, .is_one = name_is_one};

	return glob_run(arena, &glob, pattern, names, names->n);
}
