/*
 * Error codes and their texts. Codes, exit statuses and phrases are rows of errors.def; what
 * happened in a particular case is formatted into the caller's struct writ_error, which never
 * allocates.
 */
#include "runtime/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef WRIT_VERSION
#error "the build defines WRIT_VERSION"
#endif

struct error_row {
	int exit_status;
	const char *text;
};

static const struct error_row rows[] = {
	{0, "success"},
#define ERROR(id, exit, text) {exit, text},
#include "runtime/errors.def"
#undef ERROR
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(N_ROWS == WRIT_E_UNTRUSTED + 1, "errors.def has a row for every code");

static const struct error_row *row_of(int code)
{
	static const struct error_row unknown = {125, "unknown error"};
	unsigned int index = code < 0 ? 0u - (unsigned int)code : (unsigned int)code;

	return index < N_ROWS ? &rows[index] : &unknown;
}

const char *writ_strerror(int code)
{
	return row_of(code)->text;
}

int writ_exit_status(int code)
{
	return row_of(code)->exit_status;
}

const char *writ_version(void)
{
	return WRIT_VERSION;
}

void error_fill(struct writ_error *error, enum writ_error_code code, int sys_errno,
		const char *format, ...)
{
	va_list args;
	int n;

	if (!error)
		return;
	error->code = (int)code;
	error->sys_errno = sys_errno;
	va_start(args, format);
	n = vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	if (sys_errno && (size_t)n < sizeof(error->text))
		(void)snprintf(error->text + n, sizeof(error->text) - (size_t)n, ": %s",
			       strerror(sys_errno));
}
