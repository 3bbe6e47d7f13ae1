/*
 * User namespaces, used for one thing: counting a launch's processes apart from the user's others
 * (user_namespaces(7)).
 */
#ifndef WRIT_RUNTIME_USERNS_H
#define WRIT_RUNTIME_USERNS_H

#include <stdbool.h>

/* The texts for /proc/self/{uid,gid}_map: the caller's own ids, each mapped to itself. */
struct userns_maps {
	char uid[40];
	char gid[40];
};

void userns_maps_init(struct userns_maps *maps);

/* In a new user namespace: maps the ids. 0 or a negative errno. Safe between clone and execve. */
int userns_write_maps(const struct userns_maps *maps);

/*
 * Does RLIMIT_NPROC in a user namespace count what is in it, and only that? Since Linux 5.14;
 * nothing but the version tells it without a trial of several processes, which would cost as much
 * as a launch.
 */
bool userns_counts_processes(void);

#endif
