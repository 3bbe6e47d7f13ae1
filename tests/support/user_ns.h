/*
 * A user namespace for a test, in which it may change what on the host it may not.
 */
#ifndef WRIT_TESTS_USER_NS_H
#define WRIT_TESTS_USER_NS_H

#include <stdbool.h>

/* Overwrites a file that is there, as those below /proc are. */
bool user_ns_write(const char *path, const char *text);

/*
 * Enters one, in which the caller's effective user and group have the number `as`, with all
 * capabilities. False: the host refuses it. Only for a process with one thread.
 */
bool user_ns_enter(unsigned as);

#endif
