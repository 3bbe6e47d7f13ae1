#include "support/user_ns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool user_ns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return is_written;
}

bool user_ns_enter(unsigned as)
{
	char users[40], groups[40];

	(void)snprintf(users, sizeof(users), "%u %u 1", as, geteuid());
	(void)snprintf(groups, sizeof(groups), "%u %u 1", as, getegid());
	return unshare(CLONE_NEWUSER) == 0 && user_ns_write("/proc/self/setgroups", "deny") &&
	       user_ns_write("/proc/self/uid_map", users) &&
	       user_ns_write("/proc/self/gid_map", groups);
}
