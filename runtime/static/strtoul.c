/*
 * strtoul(3) for the static writ, in place of its libc's, which reads every base from a stream:
 * what writ reads is in decimal.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\n\v\f\r";

unsigned long strtoul(const char *restrict text, char **restrict end, int base)
{
	const char *at = text + strspn(text, blanks);
	bool negative = *at == '-';
	unsigned long value = 0;
	bool overflows = false;
	const char *digits;

	if (base != 10)
		__builtin_trap();
	at += negative || *at == '+';
	for (digits = at; *at >= '0' && *at <= '9'; at++) {
		overflows |= __builtin_mul_overflow(value, 10ul, &value);
		overflows |= __builtin_add_overflow(value, (unsigned long)(*at - '0'), &value);
	}
	at = at == digits ? text : at;
	if (end)
		memcpy(end, &at, sizeof(at));
	if (overflows) {
		errno = ERANGE;
		return ULONG_MAX;
	}
	return negative ? 0 - value : value;
}
