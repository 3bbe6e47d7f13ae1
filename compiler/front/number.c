/*
 * Numbers: 10, 0x1f, 0o755, 64KiB, 30s.
 *
 * The scanner guarantees the form: digits with an optional radix or an optional unit. What is left
 * is the value, in bytes for sizes and milliseconds for durations, and its overflow. A fault is
 * reported and counts as 0, since an error stops the compilation anyway.
 */
#include "front/build.h"

struct number_unit {
	const char *suffix;
	uint64_t factor;
};

static const struct number_unit number_units[] = {
	{"B", 1},
	{"KiB", (uint64_t)1 << 10},
	{"MiB", (uint64_t)1 << 20},
	{"GiB", (uint64_t)1 << 30},
	{"TiB", (uint64_t)1 << 40},
	{"kB", 1000},
	{"MB", 1000000},
	{"GB", 1000000000},
	{"TB", 1000000000000},
	{"ms", 1},
	{"s", 1000},
	{"m", 60000},
	{"h", 3600000},
};

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return UINT32_MAX;
}

/* The radix that text begins with, and in *skip the bytes of its prefix. */
static unsigned radix_of(struct str text, size_t *skip)
{
	char mark = '\0';

	if (text.len > 2 && text.ptr[0] == '0')
		mark = text.ptr[1];
	*skip = mark == 'x' || mark == 'o' ? 2 : 0;
	if (mark == 'x')
		return 16;
	return mark == 'o' ? 8 : 10;
}

static uint64_t unit_factor(struct str suffix)
{
	for (size_t i = 0; i < sizeof(number_units) / sizeof(number_units[0]); i++) {
		if (str_eq_cstr(suffix, number_units[i].suffix))
			return number_units[i].factor;
	}
	return 1;
}

uint64_t build_number(struct parse *parse, struct span span)
{
	struct str text = parse_text_at(parse, span);
	size_t i = 0;
	unsigned radix = radix_of(text, &i);
	uint64_t value = 0;
	bool overflow = false;

	if (radix == 10 && text.len > 1 && text.ptr[0] == '0' && digit_value(text.ptr[1]) < 10) {
		struct diag *diag = diag_report(parse->diags, DIAG_E0012, span,
						"a number doesn't begin with 0");

		diag_help(parse->diags, diag, "write 0o755 for an octal number");
		return 0;
	}
	for (; i < text.len && digit_value(text.ptr[i]) < radix; i++) {
		overflow |= __builtin_mul_overflow(value, (uint64_t)radix, &value);
		overflow |= __builtin_add_overflow(value, (uint64_t)digit_value(text.ptr[i]),
						   &value);
	}
	overflow |= __builtin_mul_overflow(value,
					   unit_factor((struct str){text.ptr + i, text.len - i}),
					   &value);
	if (!overflow)
		return value;
	diag_report(parse->diags, DIAG_E0011, span,
		    "this number is too large: it needs more than 64 bits");
	return 0;
}
