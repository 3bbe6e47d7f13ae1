/*
 * Moments and spans: exactly the forms there are, and no date that no calendar has.
 */
#include <criterion/criterion.h>

#include "runtime/audit/when.h"

#define NOW INT64_C(1795354398123456)

Test(when, moments_are_read_to_the_microsecond)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
		{"1970-01-01", 0},
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-22T13:33:18.123456Z", NOW},
		{"2026-11-22t13:33:18.123456999z", NOW},
		{"2026-11-22 14:33:18.123456+01:00", NOW},
		{"2026-11-22T08:03:18.123456-05:30", NOW},
		{"1969-12-31T23:59:59.5Z", -500000},
		{"2024-02-29", INT64_C(1709164800000000)},
		{"15m", NOW - INT64_C(900000000)},
		{"2h", NOW - INT64_C(7200000000)},
		{"1w", NOW - INT64_C(604800000000)},
		{"1500ms", NOW - 1500000},
		{"0s", NOW},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t us = -1;

		cr_expect_eq(when_parse(rows[i].text, NOW, &us), 0, "%s", rows[i].text);
		cr_expect_eq(us, rows[i].us, "%s: %lld", rows[i].text, (long long)us);
	}
}

Test(when, what_is_none_of_the_forms_is_refused)
{
	static const char *const rows[] = {
		"",
		"now",
		"15",
		"m",
		"15 m",
		"-15m",
		"+15m",
		"1.5h",
		"15m ",
		"15mm",
		"1y",
		"99999999999999999999s",
		"36526d",
		"2026",
		"2026-11",
		"2026-13-01",
		"2026-02-29",
		"2026-02-30",
		"2026-00-10",
		"2026-11-00",
		"26-11-22",
		"2026-11-22T",
		"2026-11-22T13",
		"2026-11-22T13:33",
		"2026-11-22T13:33:18",
		"2026-11-22T24:00:00Z",
		"2026-11-22T13:60:00Z",
		"2026-11-22T13:33:60Z",
		"2026-11-22T13:33:18.Z",
		"2026-11-22T13:33:18+0100",
		"2026-11-22T13:33:18+24:00",
		"2026-11-22T13:33:18Zx",
		"2026-11-22Z",
		"\xd9\xa1"
		"5m",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t us;

		cr_expect_neq(when_parse(rows[i], NOW, &us), 0, "'%s' is read", rows[i]);
	}
}

Test(when, what_is_printed_is_read_back)
{
	static const int64_t rows[] = {
		0, -1, 1, NOW, INT64_C(-62167219200000000), INT64_C(253402300799999999)};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[WHEN_SIZE];
		int64_t us = 1;

		when_print(rows[i], text);
		cr_expect_eq(when_parse(text, 0, &us), 0, "%s", text);
		cr_expect_eq(us, rows[i], "%s", text);
	}
}

Test(when, times_beyond_the_calendar_are_numbers)
{
	char text[WHEN_SIZE];

	when_print(INT64_MAX, text);
	cr_expect_str_eq(text, "9223372036854775807");
	when_print(INT64_MIN, text);
	cr_expect_str_eq(text, "-9223372036854775808");
}
