/*
 * writ_sandbox_limit: by what each limit of an open sandbox is enforced on this host.
 *
 * The same facts that a launch goes by: which limits the sandbox has, which controllers its cgroup
 * has, and how processes are counted.
 */
#include "runtime/error.h"
#include "runtime/sandbox.h"

#define UNIT_DURATION "ms"
#define UNIT_SIZE     "bytes"
#define UNIT_COUNT    ""

static const struct row {
	const char *name;
	const char *unit;
} rows[] = {
#define LIMIT(id, name, unit, doc) [WRIT_LIMIT_##id] = {name, UNIT_##unit},
#include "runtime/limits.def"
#undef LIMIT
};

/* Without a cgroup. */
static const struct {
	const char *by;
	bool of_launch;
} plain[WRIT_LIMIT__COUNT] = {
	[WRIT_LIMIT_WALL] = {"the waiting process", true},
	[WRIT_LIMIT_CPU] = {"RLIMIT_CPU", false},
	[WRIT_LIMIT_MEMORY] = {"RLIMIT_DATA", false},
	[WRIT_LIMIT_FILES] = {"RLIMIT_NOFILE", false},
	[WRIT_LIMIT_FILE_SIZE] = {"RLIMIT_FSIZE", false},
	[WRIT_LIMIT_OUTPUT] = {"the waiting process", true},
	[WRIT_LIMIT_CPUS] = {"CPU affinity", true},
};

/* Which controller keeps a limit, where there is one, and what that is called by version. */
static const struct {
	enum writ_limit_id id;
	enum cgroup_controller controller;
	const char *by[3];
} kept[] = {
	{WRIT_LIMIT_PROCESSES,
	 CGROUP_PIDS,
	 {NULL, "pids cgroup (version 1)", "pids cgroup (version 2)"}},
	{WRIT_LIMIT_MEMORY,
	 CGROUP_MEMORY,
	 {NULL, "memory cgroup (version 1), and RLIMIT_DATA of each process",
	  "memory cgroup (version 2), and RLIMIT_DATA of each process"}},
	{WRIT_LIMIT_CPU,
	 CGROUP_CPU,
	 {NULL, "the waiting process by cpuacct cgroup (version 1), and RLIMIT_CPU of each process",
	  "the waiting process by cgroup (version 2), and RLIMIT_CPU of each process"}},
};

static bool in_cgroup(const struct writ_sandbox *sandbox, uint32_t id, struct writ_limit *out)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		int version = cgroup_version(&sandbox->cgroups, kept[i].controller);

		if (kept[i].id != id || !version)
			continue;
		out->by = kept[i].by[version];
		out->of_launch = 1;
		return true;
	}
	return false;
}

static void tell_processes(const struct writ_sandbox *sandbox, struct writ_limit *out)
{
	bool counted = sandbox->processes == PROCESSES_COUNTED;

	out->by = counted ? "RLIMIT_NPROC, with the user's other processes"
			  : "RLIMIT_NPROC in a user namespace; without one, with the user's other "
			    "processes";
	if (sandbox->processes == PROCESSES_ALONE)
		out->by = "the system call filter, which refuses to make any";
	out->of_launch = 1;
}

/* Does a launch enforce it? Only a best-effort sandbox goes without. */
static bool is_enforced(const struct writ_sandbox *sandbox, uint32_t id)
{
	return sandbox->has_limit[id] &&
	       (id != WRIT_LIMIT_PROCESSES || sandbox->processes != PROCESSES_ANY);
}

static void tell(const struct writ_sandbox *sandbox, uint32_t id, struct writ_limit *out)
{
	*out = (struct writ_limit){.name = rows[id].name,
				   .value = sandbox->limits[id],
				   .unit = rows[id].unit};
	if (in_cgroup(sandbox, id, out))
		return;
	if (id == WRIT_LIMIT_PROCESSES) {
		tell_processes(sandbox, out);
		return;
	}
	out->by = plain[id].by;
	out->of_launch = plain[id].of_launch;
}

int writ_sandbox_limit(const struct writ_sandbox *sandbox, size_t index, struct writ_limit *out)
{
	for (uint32_t id = 0; sandbox && out && id < WRIT_LIMIT__COUNT; id++) {
		if (!is_enforced(sandbox, id) || index--)
			continue;
		tell(sandbox, id, out);
		return 0;
	}
	return -WRIT_E_INVALID;
}
