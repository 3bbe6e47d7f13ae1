/*
 * Golden files: what a stage made of an input, committed, so that a change of it is seen and read.
 *
 * With WRIT_UPDATE_GOLDEN set in the environment (make update-golden) they are written instead.
 */
#ifndef WRIT_TESTS_GOLDEN_H
#define WRIT_TESTS_GOLDEN_H

/* Compares text with the file tests/golden/NAME; fails the test, and says where they part. */
void golden_check(const char *name, const char *text);

/* The content of a file, NUL-terminated, or NULL when it can't be read. To be freed. */
char *golden_read(const char *path);

#endif
