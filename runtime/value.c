/*
 * Strict parsers for parameter values, one a type, found by table. See value.h.
 */
#include "runtime/value.h"

#include <string.h>

#include "runtime/hostname.h"

#define MAX_INT INT64_MAX

bool value_uint(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text || (*text == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* Digits of a base up to the end, at most MAX_INT. */
static bool is_number(const char *text, unsigned int base)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)digit_of(*text);

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > MAX_INT)
			return false;
	}
	return true;
}

static bool int_ok(const char *text)
{
	uint64_t value;

	if (*text == '-')
		text++;
	if (strncmp(text, "0x", 2) == 0)
		return is_number(text + 2, 16);
	if (strncmp(text, "0o", 2) == 0)
		return is_number(text + 2, 8);
	return value_uint(text, MAX_INT, &value);
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number and one of the units, the product at most MAX_INT. */
static bool quantity_ok(const char *text, const struct unit *units)
{
	size_t n_digits = strspn(text, "0123456789");
	char digits[24];
	uint64_t value;

	if (n_digits >= sizeof(digits))
		return false;
	memcpy(digits, text, n_digits);
	digits[n_digits] = '\0';
	for (; units->name; units++) {
		if (strcmp(text + n_digits, units->name) == 0)
			return value_uint(digits, MAX_INT / units->factor, &value);
	}
	return false;
}

static bool size_ok(const char *text)
{
	static const struct unit units[] = {
		{"B", 1},           {"KiB", 1u << 10},   {"MiB", 1u << 20},
		{"GiB", 1u << 30},  {"kB", 1000},        {"MB", 1000000},
		{"GB", 1000000000}, {"TiB", 1ull << 40}, {"TB", 1000000000000},
		{NULL, 0},
	};

	return quantity_ok(text, units);
}

static bool duration_ok(const char *text)
{
	static const struct unit units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0},
	};

	return quantity_ok(text, units);
}

static bool port_ok(const char *text)
{
	uint64_t value;

	return value_uint(text, UINT16_MAX, &value) && value != 0;
}

static bool host_ok(const char *text)
{
	struct host host;

	return host_parse((struct slice){text, strlen(text)}, &host);
}

static bool path_ok(const char *text)
{
	char normal[WRIT_MAX_TEXT + 1];

	return value_normalise_path(text, normal) == NULL;
}

static bool string_ok(const char *text)
{
	return strlen(text) <= WRIT_MAX_TEXT;
}

static const struct {
	bool (*ok)(const char *text);
	const char *looks;
} types[] = {
	[WRIT_PARAM_STRING] = {string_ok, "a string of at most 4095 bytes"},
	[WRIT_PARAM_PATH] = {path_ok, "an absolute path of at most 4095 bytes, not above the root"},
	[WRIT_PARAM_HOST] = {host_ok, "a host name or address"},
	[WRIT_PARAM_PORT] = {port_ok, "a port, 1 to 65535"},
	[WRIT_PARAM_INT] = {int_ok, "an integer, as 10, 0x1f or 0o755"},
	[WRIT_PARAM_SIZE] = {size_ok, "a size, as 64KiB, 512MiB or 1GB"},
	[WRIT_PARAM_DURATION] = {duration_ok, "a duration, as 500ms, 30s, 5m or 1h"},
};

const char *value_check(enum writ_param_type type, const char *text)
{
	return types[type].ok(text) ? NULL : types[type].looks;
}

/* Drops the last component of an absolute path of *len bytes; false at the root. */
static bool drop_last(const char *out, size_t *len)
{
	if (*len == 0)
		return false;
	while (out[*len - 1] != '/')
		--*len;
	--*len;
	return true;
}

const char *value_normalise_path(const char *path, char *out)
{
	size_t len = 0;

	if (path[0] != '/')
		return "it is not absolute";
	if (strlen(path) > WRIT_MAX_TEXT)
		return "it is too long";
	while (*path) {
		const char *component = path + strspn(path, "/");
		size_t n = strcspn(component, "/");

		path = component + n;
		if (n == 0 || (n == 1 && component[0] == '.'))
			continue;
		if (n == 2 && component[0] == '.' && component[1] == '.') {
			if (!drop_last(out, &len))
				return "it leads above the root";
			continue;
		}
		/* Never ahead of what is read: a component and its slash were both in the input. */
		out[len++] = '/';
		memmove(out + len, component, n);
		len += n;
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return NULL;
}
