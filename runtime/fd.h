/*
 * Descriptors.
 */
#ifndef WRIT_RUNTIME_FD_H
#define WRIT_RUNTIME_FD_H

#include <stddef.h>

/*
 * Takes fd and returns it, or a duplicate of it, above 2: a launch puts the tool's own descriptors
 * at 0 to 2, where a caller that has closed them would otherwise get ours. -1 with errno, then fd
 * is closed.
 */
int fd_above_stdio(int fd);

/* fd_above_stdio for between clone and execve: also takes and returns a negative errno. */
int fd_raise(int fd);

/*
 * Closes all from a number on, but some. 0, or a negative errno. Safe between clone and execve.
 */
int fd_close_from(unsigned int from, const int *kept, size_t n_kept);

/* Closes *fd unless it is negative, and sets it to -1. errno is kept. */
void fd_close(int *fd);

/*
 * Reads a small file whole into size bytes, NUL-terminated. Its length, or -1: unreadable or
 * larger.
 */
long fd_read_file(const char *path, char *buffer, size_t size);

/*
 * Writes text to an existing file in one write. 0, or a negative errno. Safe between clone and
 * execve.
 */
int fd_write_file(const char *path, const char *text);

#endif
