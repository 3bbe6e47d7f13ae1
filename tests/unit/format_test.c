/*
 * What the static writ formats is what the host's libc makes of the same.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "runtime/static/format.h"

struct text {
	struct format_sink sink;
	char bytes[256];
};

static void put_text(struct format_sink *sink, const char *text, size_t len)
{
	struct text *into = (struct text *)sink;

	cr_assert_leq(sink->n, sizeof(into->bytes));
	memcpy(into->bytes + sink->n - len, text, len);
}

__attribute__((format(printf, 1, 2))) static void same(const char *format, ...)
{
	struct text ours = {.sink.put = put_text};
	char theirs[256];
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(theirs, sizeof(theirs), format, args);
	format_text(&ours.sink, format, again);
	va_end(again);
	va_end(args);
	cr_expect_eq(ours.sink.n, (size_t)n, "%s: %zu, not %d", format, ours.sink.n, n);
	cr_expect_str_eq(ours.bytes, theirs, "%s", format);
}

Test(format, text_is_as_libc_has_it)
{
	same("%s", "");
	same("plain");
	same("%s and %s%s", "a", "b", "c");
	same("%.3s|%.3s|%.0s|", "abcdef", "ab", "gone");
	same("%.*s|%.*s", 2, "abcdef", 0, "gone");
	same("%8s|%-8s|%2s|%-2s", "abc", "abc", "abc", "abc");
	same("%-8.2s|%8.2s|", "abc", "abc");
	same("100%%%c%%", 'x');
}

Test(format, numbers_are_as_libc_has_them)
{
	static const int numbers[] = {0, 1, -1, 7, 10, -10, 99999, INT_MAX, INT_MIN};
	static const uint64_t wide[] = {0, 9, 10, UINT32_MAX, 1ull << 63, UINT64_MAX};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		same("%d|%5d|%-5d|%05d|", numbers[i], numbers[i], numbers[i], numbers[i]);
		same("%u|%x|%X|%04x|%02X|%-12u|", (unsigned)numbers[i], (unsigned)numbers[i],
		     (unsigned)numbers[i], (unsigned)numbers[i], (unsigned)numbers[i],
		     (unsigned)numbers[i]);
		same("%ld|%lld|%zd|", (long)numbers[i], (long long)numbers[i], (ssize_t)numbers[i]);
	}
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		same("%lu|%llu|%zu|%" PRIu64, (unsigned long)wide[i], (unsigned long long)wide[i],
		     (size_t)wide[i], wide[i]);
		same("%lx|%020llx|%016lX", (unsigned long)wide[i], (unsigned long long)wide[i],
		     (unsigned long)wide[i]);
		same("%ld|%lld|%" PRId64, (long)wide[i], (long long)wide[i], (int64_t)wide[i]);
	}
}

/* A text that is not ended, as a slice is: no byte behind the precision is read. */
Test(format, a_precision_bounds_what_is_read)
{
	char bytes[3] = {'a', 'b', 'c'};

	same("%.*s", 3, bytes);
}
