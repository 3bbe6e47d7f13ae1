/*
 * writ_host_probe: what this host can enforce, found out by trying.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/kernel_abi.h"
#include "runtime/landlock_probe.h"
#include "runtime/mounts.h"
#include "runtime/seccomp.h"
#include "runtime/trial.h"
#include "runtime/userns.h"

/* As a keeper does: the user is mapped first where the namespace is one of his own. */
static int map_user(void *arg)
{
	return arg && userns_write_maps(arg);
}

/* Refused inside another sandbox of Writ's, for one, unless its policy says otherwise. */
static int make_session(void *arg)
{
	(void)arg;
	return syscall(SYS_setsid) < 0;
}

static int make_mounts(void *arg)
{
	static const struct namespaces namespaces = {
		.flags = KERNEL_CLONE_NEWNS,
		.attributes = KERNEL_MOUNT_RDONLY,
	};
	const struct mounts where = {.in_userns = arg != NULL};
	const char *volatile what;

	if (map_user(arg))
		return 1;
	return mounts_make(&namespaces, &where, &what) != 0;
}

static void probe_namespaces(struct writ_host *out)
{
	struct userns_maps maps;
	bool by_user = namespaces_need_user(KERNEL_CLONE_NEWPID);
	int with = by_user ? KERNEL_CLONE_NEWUSER : 0;

	userns_maps_init(&maps);
	out->user_namespaces = trial_works(KERNEL_CLONE_NEWUSER, map_user, &maps);
	out->pid_namespaces = trial_works(with | KERNEL_CLONE_NEWPID, map_user,
					  by_user ? &maps : NULL);
	out->mount_namespaces = trial_works(with | KERNEL_CLONE_NEWNS, make_mounts,
					    by_user ? &maps : NULL);
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
	probe_namespaces(out);
	out->pids_cgroup = probe_cgroup(CGROUP_PIDS);
	out->memory_cgroup = probe_cgroup(CGROUP_MEMORY);
	out->cpu_cgroup = probe_cgroup(CGROUP_CPU);
	/* A range that no descriptor is in. */
	out->close_range = syscall(KERNEL_NR_CLOSE_RANGE, ~0u, ~0u, 0) == 0;
	out->new_session = trial_works(0, make_session, NULL);
	out->is_root = geteuid() == 0;
}
