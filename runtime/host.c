/*
 * writ_host_probe: what this host can enforce, found out by trying.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/kernel_abi.h"
#include "runtime/landlock_probe.h"
#include "runtime/seccomp.h"
#include "runtime/trial.h"
#include "runtime/userns.h"

/* Refused inside another sandbox of Writ's, for one. */
static int make_session(void *arg)
{
	(void)arg;
	return syscall(SYS_setsid) < 0;
}

/* Each by itself: where one can be had, all of them may not. */
static int probe_cgroup(enum cgroup_controller controller)
{
	struct pool pool = {.head = NULL};
	struct cgroup bases;
	int version = 0;

	if (!cgroup_find(CGROUP_BIT(controller), &pool, &bases) && cgroup_works(&bases))
		version = cgroup_version(&bases, controller);
	pool_free(&pool);
	return version;
}

void writ_host_probe(struct writ_host *out)
{
	out->landlock_abi = landlock_probe(&out->landlock_claimed, &out->landlock_refused);
	out->seccomp_filter = seccomp_available();
	out->user_namespaces = userns_available();
	out->pids_cgroup = probe_cgroup(CGROUP_PIDS);
	out->memory_cgroup = probe_cgroup(CGROUP_MEMORY);
	out->cpu_cgroup = probe_cgroup(CGROUP_CPU);
	/* A range that no descriptor is in. */
	out->close_range = syscall(KERNEL_NR_CLOSE_RANGE, ~0u, ~0u, 0) == 0;
	out->new_session = trial_works(0, make_session, NULL);
	out->is_root = geteuid() == 0;
}
