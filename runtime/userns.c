/*
 * Making a user namespace and mapping the caller to itself in it. Whether that is allowed depends
 * on the host in many ways (sysctls, LSMs, seccomp filters around us), so it is found out by
 * trying.
 */
#include "runtime/userns.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/kernel_abi.h"
#include "runtime/trial.h"

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

static int end_at_once(void *arg)
{
	(void)arg;
	return 0;
}

bool userns_available(void)
{
	return trial_works(KERNEL_CLONE_NEWUSER, end_at_once, NULL);
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
