/*
 * The static writ's <assert.h>: what was wrong is said by its place alone, as the text of each
 * condition and the name of each function would be a hundredth of the program.
 */
#ifndef WRIT_STATIC_ASSERT_H
#define WRIT_STATIC_ASSERT_H

#include <stdio.h>
#include <stdlib.h>

_Noreturn static inline void assert_failed(const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: an assertion failed\n", file, line);
	abort();
}

#define assert(condition) ((condition) ? (void)0 : assert_failed(__FILE_NAME__, __LINE__))

#endif
