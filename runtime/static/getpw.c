/*
 * getpwnam_r and getpwuid_r of the static writ. musl's would ask a name service cache of the host's
 * where there is one, which is more code than all else about users.
 */
#include "runtime/static/passwd.h"

#define PASSWD "/etc/passwd"

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
	       struct passwd **found)
{
	return passwd_find(PASSWD, name, 0, entry, buffer, size, found);
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	return passwd_find(PASSWD, NULL, uid, entry, buffer, size, found);
}
