/*
 * Moments and spans: text comes in, microseconds go out, and the other way round.
 *
 * What is not exactly one of the forms is refused, a date that no calendar has too: who asks for
 * the records "since 2026-02-30" must not get others. Offsets are applied here; nothing depends on
 * the time zone of whoever asks.
 */
#include "runtime/audit/when.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S    INT64_C(1000000)
#define MAX_SPAN_US (INT64_C(36525) * 86400 * US_PER_S)
#define MAX_YEAR    9999
#define SECONDS_MIN INT64_C(-62167219200) /* of 0000-01-01 */
#define SECONDS_MAX INT64_C(253402300799) /* of 9999-12-31T23:59:59Z */

static const struct unit {
	const char *name;
	int64_t us;
} units[] = {
	{"ms", 1000},           {"s", US_PER_S},         {"m", 60 * US_PER_S},
	{"h", 3600 * US_PER_S}, {"d", 86400 * US_PER_S}, {"w", INT64_C(604800) * US_PER_S},
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int when_span(const char *text, int64_t *us)
{
	int64_t number = 0;
	const char *p = text;

	for (; is_digit(*p); p++) {
		number = number * 10 + (*p - '0');
		if (number > MAX_SPAN_US)
			return -1;
	}
	for (size_t i = 0; p > text && i < N_UNITS; i++) {
		if (strcmp(p, units[i].name) != 0)
			continue;
		if (number > MAX_SPAN_US / units[i].us)
			return -1;
		*us = number * units[i].us;
		return 0;
	}
	return -1;
}

/* Exactly n digits at *p, which goes behind them. */
static bool take_digits(const char **p, int n, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (!is_digit(**p))
			return false;
		*value = *value * 10 + (**p - '0');
	}
	return true;
}

static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool take_date(const char **p, struct tm *tm)
{
	if (!take_digits(p, 4, &tm->tm_year) || !take(p, '-') || !take_digits(p, 2, &tm->tm_mon) ||
	    !take(p, '-') || !take_digits(p, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

static bool take_time(const char **p, struct tm *tm, int64_t *fraction_us)
{
	int64_t digit = US_PER_S / 10;

	if (!take_digits(p, 2, &tm->tm_hour) || !take(p, ':') || !take_digits(p, 2, &tm->tm_min) ||
	    !take(p, ':') || !take_digits(p, 2, &tm->tm_sec))
		return false;
	if (!take(p, '.'))
		return true;
	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++, digit /= 10)
		*fraction_us += (**p - '0') * digit;
	return true;
}

/* "Z", or "+01:00": how many seconds the time is ahead. */
static bool take_offset(const char **p, int64_t *ahead)
{
	int sign = **p == '-' ? -1 : 1;
	int hours;
	int minutes;

	*ahead = 0;
	if (take(p, 'Z') || take(p, 'z'))
		return true;
	if (!take(p, '+') && !take(p, '-'))
		return false;
	if (!take_digits(p, 2, &hours) || !take(p, ':') || !take_digits(p, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	*ahead = sign * (hours * INT64_C(3600) + minutes * INT64_C(60));
	return true;
}

/* timegm() makes March of February 30: then what comes back is another date. */
static bool to_seconds(const struct tm *tm, int64_t *seconds)
{
	struct tm made = *tm;
	time_t t = timegm(&made);

	*seconds = t;
	return made.tm_mday == tm->tm_mday && made.tm_mon == tm->tm_mon &&
	       made.tm_year == tm->tm_year && made.tm_hour == tm->tm_hour &&
	       made.tm_min == tm->tm_min && made.tm_sec == tm->tm_sec;
}

int when_parse(const char *text, int64_t now_us, int64_t *us)
{
	struct tm tm = {.tm_mday = 0};
	int64_t fraction_us = 0;
	int64_t ahead = 0;
	int64_t seconds;
	const char *p = text;

	if (!when_span(text, &seconds)) {
		*us = now_us - seconds;
		return 0;
	}
	if (!take_date(&p, &tm))
		return -1;
	if (*p && ((!take(&p, 'T') && !take(&p, 't') && !take(&p, ' ')) ||
		   !take_time(&p, &tm, &fraction_us) || !take_offset(&p, &ahead)))
		return -1;
	if (*p || !to_seconds(&tm, &seconds))
		return -1;
	*us = (seconds - ahead) * US_PER_S + fraction_us;
	return 0;
}

int64_t when_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now))
		return 0;
	return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

void when_print(int64_t us, char text[WHEN_SIZE])
{
	int64_t fraction = us % US_PER_S;
	int64_t seconds = us / US_PER_S;
	struct tm tm;
	time_t t;

	if (fraction < 0) {
		fraction += US_PER_S;
		seconds--;
	}
	t = (time_t)seconds;
	if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || !gmtime_r(&t, &tm)) {
		(void)snprintf(text, WHEN_SIZE, "%" PRId64, us);
		return;
	}
	(void)snprintf(text, WHEN_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
		       (unsigned int)(tm.tm_year + 1900) % (MAX_YEAR + 1),
		       (unsigned int)(tm.tm_mon + 1) % 100, (unsigned int)tm.tm_mday % 100,
		       (unsigned int)tm.tm_hour % 100, (unsigned int)tm.tm_min % 100,
		       (unsigned int)tm.tm_sec % 100, (unsigned int)fraction % 1000000);
}
