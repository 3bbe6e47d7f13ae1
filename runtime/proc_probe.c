/*
 * See proc_probe.h. Who is not root of the whole system gets a new procfs only where all of one can
 * be seen already (mount_too_revealing() in the kernel): what somebody has mounted over parts of it
 * would be seen in the new one. So a trial is due where something is mounted below /proc; it costs
 * half as much as a launch, and the list of mounts a fraction of that.
 */
#include "runtime/proc_probe.h"

#include <string.h>
#include <sys/syscall.h>

#include "runtime/fd.h"
#include "runtime/kernel_abi.h"
#include "runtime/match.h"
#include "runtime/namespaces.h"
#include "runtime/raw.h"
#include "runtime/trial.h"

#define MOUNTS_BYTES (32u << 10)
#define BELOW_PROC   " /proc/"
#define HIDES_NONE   " /proc/sys/fs/binfmt_misc "

/* Names in the list have no spaces in them: proc_pid_mountinfo(5). */
static bool is_covered(void)
{
	char mounts[MOUNTS_BYTES];
	long len = fd_read_file("/proc/self/mountinfo", mounts, sizeof(mounts));
	const char *at = mounts;

	if (len < 0)
		return true;
	while ((at = slice_find((struct slice){at, (size_t)(mounts + len - at)}, BELOW_PROC))) {
		if (strncmp(at, HIDES_NONE, strlen(HIDES_NONE)) != 0)
			return true;
		at++;
	}
	return false;
}

static int mount_one(void *arg)
{
	int fs = (int)RAW(KERNEL_NR_FSOPEN, "proc", KERNEL_FSOPEN_CLOEXEC);
	long rc = fs < 0 ? fs : RAW(KERNEL_NR_FSCONFIG, fs, KERNEL_FSCONFIG_CREATE, NULL, NULL, 0);

	(void)arg;
	if (!rc)
		rc = RAW(KERNEL_NR_FSMOUNT, fs, KERNEL_FSMOUNT_CLOEXEC, 0);
	return rc < 0;
}

bool proc_may_be_mounted(void)
{
	const unsigned int flags = KERNEL_CLONE_NEWPID | KERNEL_CLONE_NEWNS;
	unsigned int with = namespaces_need_user(flags) ? KERNEL_CLONE_NEWUSER : 0;

	return !is_covered() || trial_works((int)(flags | with), mount_one, NULL);
}
