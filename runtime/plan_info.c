/*
 * writ_sandbox_mechanism: what enforces an open sandbox beside Landlock, seccomp and limits.
 *
 * In: the plan that the compiler made, and what opening the sandbox has found of it on this host. A
 * launch may still find that namespaces are refused; it goes without those it may go without, by
 * the same fallbacks.
 */
#include "runtime/error.h"
#include "runtime/sandbox.h"

static bool has_keeper(const struct writ_sandbox *sandbox)
{
	return sandbox->has_keeper;
}

static bool has_pid_ns(const struct writ_sandbox *sandbox)
{
	return sandbox->namespaces.flags & KERNEL_CLONE_NEWPID;
}

static bool has_mount_ns(const struct writ_sandbox *sandbox)
{
	return sandbox->namespaces.flags & KERNEL_CLONE_NEWNS;
}

static bool has_read_only(const struct writ_sandbox *sandbox)
{
	return sandbox->namespaces.attributes & KERNEL_MOUNT_RDONLY;
}

static bool has_noexec(const struct writ_sandbox *sandbox)
{
	return sandbox->namespaces.attributes & KERNEL_MOUNT_NOEXEC;
}

static bool has_proc(const struct writ_sandbox *sandbox)
{
	return sandbox->namespaces.has_proc;
}

static bool has_broker(const struct writ_sandbox *sandbox)
{
	return sandbox->has_broker;
}

/* By bit of enum writ_plan. Without a fallback, who lacks it can't have the sandbox. */
static const struct {
	const char *name;
	const char *does;
	bool (*is_there)(const struct writ_sandbox *sandbox);
	const char *instead;
} rows[] = {
#define PLAN(bit, id, name, doc) [bit] = {name, doc, PLAN_##id},
#define PLAN_KEEPER              has_keeper, NULL
#define PLAN_PID_NS              has_pid_ns, "what a launch leaves is killed by its process group"
#define PLAN_MOUNT_NS            has_mount_ns, "as each mount in it says"
#define PLAN_READ_ONLY           has_read_only, "a filter refuses every change of metadata"
#define PLAN_NOEXEC              has_noexec, NULL
#define PLAN_PROC                has_proc, "/proc is the host's"
#define PLAN_BROKER              has_broker, NULL
	WRIT_PLANS(PLAN)
#undef PLAN
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

int writ_sandbox_mechanism(const struct writ_sandbox *sandbox, size_t index,
			   struct writ_mechanism *out)
{
	for (size_t bit = 0; sandbox && out && bit < N_ROWS; bit++) {
		if (!(sandbox->plan & 1u << bit) || index--)
			continue;
		*out = (struct writ_mechanism){.name = rows[bit].name,
					       .does = rows[bit].does,
					       .is_there = rows[bit].is_there(sandbox),
					       .instead = rows[bit].instead};
		return 0;
	}
	return -WRIT_E_INVALID;
}
