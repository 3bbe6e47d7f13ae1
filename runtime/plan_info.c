/*
 * writ_sandbox_mechanism: what enforces an open sandbox beside Landlock, seccomp and limits.
 *
 * In: the plan that the compiler made, and what of it this host is known to lack by now.
 */
#include "runtime/error.h"
#include "runtime/lacking.h"
#include "runtime/sandbox.h"

/* By bit of enum writ_plan. Without a fallback, who lacks it can't have the sandbox. */
static const struct {
	const char *name;
	const char *does;
	const char *instead;
} rows[] = {
#define PLAN(bit, id, name, doc) [bit] = {name, doc, PLAN_##id},
#define PLAN_KEEPER              NULL
#define PLAN_PID_NS              "what a launch leaves is killed by its process group"
#define PLAN_MOUNT_NS            "as each mount in it says"
#define PLAN_READ_ONLY           "a filter refuses it, or all but modes and times in write grants"
#define PLAN_NOEXEC              NULL
#define PLAN_PROC                "/proc is the host's"
#define PLAN_BROKER              NULL
#define PLAN_NETWORK             NULL
#define PLAN_RESOLVER            NULL
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
					       .is_there = !(lacking_now(sandbox) & 1u << bit),
					       .instead = rows[bit].instead};
		return 0;
	}
	return -WRIT_E_INVALID;
}
