/*
 * See cgroup_plan.h. Whether one can be made is judged by permissions, and by making one where that
 * does not tell enough: an ordinary user may be let in here and kept out there, and a best-effort
 * sandbox goes without what can't be had. Root's launch is refused should it fail after all.
 */
#include "runtime/cgroup_plan.h"

#include "runtime/error.h"
#include "runtime/privilege.h"
#include "runtime/processes.h"

static unsigned int wanted(const struct writ_sandbox *sandbox)
{
	unsigned int bits = 0;

	if (sandbox->has_limit[WRIT_LIMIT_MEMORY])
		bits |= CGROUP_BIT(CGROUP_MEMORY);
	if (sandbox->has_limit[WRIT_LIMIT_CPU])
		bits |= CGROUP_BIT(CGROUP_CPU);
	if (sandbox->has_limit[WRIT_LIMIT_PROCESSES] && !processes_alone(sandbox) &&
	    (bits || privilege_is_root()))
		bits |= CGROUP_BIT(CGROUP_PIDS);
	return bits;
}

int cgroup_plan(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	unsigned int bits = wanted(sandbox);
	bool try = sandbox->best_effort || !privilege_is_root();
	int rc = bits ? cgroup_find(bits, &sandbox->pool, &sandbox->cgroups) : 0;

	if (rc)
		return error_sys(source->error, WRIT_E_SYSTEM, -rc,
				 "can't find out whether there are cgroups for limits");
	if (sandbox->cgroups.n && try && !cgroup_works(&sandbox->cgroups))
		sandbox->cgroups.n = 0;
	return 0;
}
