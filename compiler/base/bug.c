/*
 * The last words of a compiler that has found itself wrong.
 *
 * What is wrong comes in; nothing comes back. Invariant: no output file has been opened yet when
 * this is called.
 */
#include "base/bug.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void bug_exit(const char *format, ...)
{
	va_list args;

	fputs("writc: internal error: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nNothing was written. This is a bug of writc " WRIT_VERSION ", not of the policy: "
	      "please report it\nwith this message and the policy, as SECURITY.md says under "
	      "\"Reporting\".\n",
	      stderr);
	exit(BUG_EXIT_STATUS);
}
