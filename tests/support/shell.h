/*
 * The programs from outside: a command of the shell's, its exit status and what it printed.
 */
#ifndef WRIT_TESTS_SHELL_H
#define WRIT_TESTS_SHELL_H

/* What the last command printed, on both streams. */
extern char shell_output[1 << 18];

/*
 * The exit status of a command, 128+N when signal N ended it. In it $W is writc and $R is writ:
 * those of this build, or what $WRITC and $WRIT name, by absolute paths.
 */
__attribute__((format(printf, 1, 2))) int shell(const char *format, ...);

/* Runs a line in a directory: has it this status, and does it say so? Else the test fails. */
void shell_expect(const char *directory, const char *line, int status, const char *says);

/* Is text in what was printed? Else the test fails. */
void shell_expect_output(const char *text);

#endif
