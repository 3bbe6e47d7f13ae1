/*
 * Mapping the caller to itself in a new user namespace. Whether that is allowed depends on the host
 * in many ways (sysctls, LSMs, seccomp filters around us): runtime/lacking.c and the launch see.
 */
#include "runtime/userns.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/fd.h"

void userns_maps_init(struct userns_maps *maps)
{
	(void)snprintf(maps->uid, sizeof(maps->uid), "%u %u 1", geteuid(), geteuid());
	(void)snprintf(maps->gid, sizeof(maps->gid), "%u %u 1", getegid(), getegid());
}

int userns_write_maps(const struct userns_maps *maps)
{
	/* Without "deny", mapping a group needs privilege in the parent namespace. */
	int rc = fd_write_file("/proc/self/setgroups", "deny");

	if (!rc)
		rc = fd_write_file("/proc/self/uid_map", maps->uid);
	if (!rc)
		rc = fd_write_file("/proc/self/gid_map", maps->gid);
	return rc;
}

bool userns_counts_processes(void)
{
	struct utsname name;
	unsigned long major;
	unsigned long minor;
	char *end;

	if (uname(&name))
		return false;
	major = strtoul(name.release, &end, 10);
	if (*end != '.')
		return false;
	minor = strtoul(end + 1, NULL, 10);
	return major > 5 || (major == 5 && minor >= 14);
}
