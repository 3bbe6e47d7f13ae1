/*
 * writ_host_probe: what this host can enforce, found out by trying.
 */
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/kernel_abi.h"
#include "runtime/landlock.h"
#include "runtime/seccomp.h"
#include "runtime/trial.h"
#include "runtime/userns.h"

/* Refused inside another sandbox of Writ's, for one. */
static int make_session(void *arg)
{
	(void)arg;
	return syscall(SYS_setsid) < 0;
}

void writ_host_probe(struct writ_host *out)
{
	char dir[PATH_MAX];

	out->landlock_abi = landlock_abi();
	out->seccomp_filter = seccomp_available();
	out->user_namespaces = userns_available();
	out->pids_cgroup = cgroup_find(dir, sizeof(dir));
	if (out->pids_cgroup && !cgroup_works(dir))
		out->pids_cgroup = 0;
	/* A range that no descriptor is in. */
	out->close_range = syscall(KERNEL_NR_CLOSE_RANGE, ~0u, ~0u, 0) == 0;
	out->new_session = trial_works(0, make_session);
	out->is_root = geteuid() == 0;
}
