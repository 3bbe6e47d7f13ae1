/*
 * Times on the command line and in files: RFC 3339 in UTC, to the second, or how long from now.
 *
 * One spelling for each time: what is read must be what would be printed. The host's time zone is
 * never asked.
 */
#include <string.h>
#include <time.h>

#include "runtime/audit/cli/users.h"

#define TIME_FORMAT "%Y-%m-%dT%H:%M:%SZ"
#define DATE_LENGTH 10 /* of "2026-12-31" */
#define MAX_YEARS_S ((int64_t)100 * 366 * 86400)

const char *users_time(int64_t seconds, char text[USERS_TIME_SIZE])
{
	time_t when = seconds;
	struct tm parts;

	if (!gmtime_r(&when, &parts) || !strftime(text, USERS_TIME_SIZE, TIME_FORMAT, &parts))
		(void)snprintf(text, USERS_TIME_SIZE, "?");
	return text;
}

bool users_read_time(const char *text, int64_t *seconds)
{
	struct tm parts = {0};
	char whole[USERS_TIME_SIZE];
	char again[USERS_TIME_SIZE];
	int n = snprintf(whole, sizeof(whole), "%s%s", text,
			 strlen(text) == DATE_LENGTH ? "T00:00:00Z" : "");

	if (n < 0 || (size_t)n >= sizeof(whole) || !strptime(whole, TIME_FORMAT, &parts))
		return false;
	*seconds = timegm(&parts);
	return *seconds > 0 && strcmp(users_time(*seconds, again), whole) == 0;
}

static const struct unit {
	char letter;
	int64_t seconds;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

static int64_t unit_of(const char *text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[0] == units[i].letter && text[1] == '\0')
			return units[i].seconds;
	}
	return 0;
}

bool users_read_end(const char *text, int64_t now_s, int64_t *seconds)
{
	int64_t n = 0;
	int64_t unit;
	size_t digits = strspn(text, "0123456789");

	if (users_read_time(text, seconds))
		return *seconds > now_s;
	unit = unit_of(text + digits);
	if (digits == 0 || digits > 10 || unit == 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (text[i] - '0');
	if (n == 0 || n > MAX_YEARS_S / unit)
		return false;
	*seconds = now_s + n * unit;
	return true;
}
