/*
 * Moments and spans of time, as people write them: RFC 3339 and "15m".
 */
#ifndef WRIT_AUDIT_WHEN_H
#define WRIT_AUDIT_WHEN_H

#include <stdint.h>

#define WHEN_SIZE 32 /* "2026-11-22T13:33:18.123456Z" and the NUL */

/*
 * A span: a decimal number and one of ms, s, m, h, d, w. 0 and microseconds, or -1: it is none, or
 * longer than a hundred years.
 */
int when_span(const char *text, int64_t *us);

/*
 * A moment, in microseconds since 1970: "2026-11-22T13:33:18.5Z", with an offset "+01:00" instead
 * of the Z; "2026-11-22", which is its midnight in UTC; or a span, which is so long before now_us.
 * 0, or -1: it is none of these.
 */
int when_parse(const char *text, int64_t now_us, int64_t *us);

/* The time of the wall clock. */
int64_t when_now(void);

/* RFC 3339 in UTC; what is before the year 0 or after 9999 is a number. */
void when_print(int64_t us, char text[WHEN_SIZE]);

#endif
