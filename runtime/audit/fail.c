/*
 * One place that fills a struct writ_error.
 */
#include "runtime/audit/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail_set(struct writ_error *error, enum writ_error_code code, const char *format, ...)
{
	va_list args;

	if (!error)
		return -(int)code;
	va_start(args, format);
	error->code = (int)code;
	error->sys_errno = 0;
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -(int)code;
}

int fail_errno(struct writ_error *error, int sys_errno, const char *format, ...)
{
	va_list args;
	size_t len;

	if (!error)
		return -WRIT_E_SYSTEM;
	va_start(args, format);
	error->code = WRIT_E_SYSTEM;
	error->sys_errno = sys_errno;
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	len = strlen(error->text);
	(void)snprintf(error->text + len, sizeof(error->text) - len, ": %s", strerror(sys_errno));
	return -WRIT_E_SYSTEM;
}
