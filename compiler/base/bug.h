/*
 * Mistakes of our own.
 *
 * What the compiler makes is checked before it is written. When a check fails, nothing is written,
 * and whoever sees it is told how to report it.
 */
#ifndef WRIT_BASE_BUG_H
#define WRIT_BASE_BUG_H

/* The exit status for them: EX_SOFTWARE of sysexits.h. */
#define BUG_EXIT_STATUS 70

/* Says what went wrong, on standard error, and ends the process. */
__attribute__((format(printf, 1, 2))) _Noreturn void bug_exit(const char *format, ...);

#endif
