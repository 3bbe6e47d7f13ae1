/*
 * passwd(5) as the static writ reads it: the file alone, with no name service behind it.
 */
#ifndef WRIT_RUNTIME_STATIC_PASSWD_H
#define WRIT_RUNTIME_STATIC_PASSWD_H

#include <pwd.h>
#include <stddef.h>

/*
 * The first entry of this name, or with a name of NULL of this uid. Its strings are in buffer, into
 * which every line must fit that is to be found. 0: *found is entry, or NULL when there is none;
 * else an errno.
 */
int passwd_find(const char *path, const char *name, uid_t uid, struct passwd *entry, char *buffer,
		size_t size, struct passwd **found);

#endif
