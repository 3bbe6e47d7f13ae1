/*
 * writ_enforce: a sandbox for the calling process itself, for good.
 *
 * The same walls in the same order as in the child of a launch, but for those that need one:
 * descriptors and environment are the caller's, and limits that somebody has to watch, or that have
 * to be set up around a process, are refused.
 */
#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/landlock.h"
#include "runtime/limits.h"
#include "runtime/metadata.h"
#include "runtime/privilege.h"
#include "runtime/sandbox.h"
#include "runtime/seccomp.h"

/* Best effort goes without these as it does without other things that only a launch can have. */
static int check_namespaces(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	if (!sandbox->namespaces.required || sandbox->best_effort)
		return 0;
	return error_set(error, WRIT_E_HOST,
			 "the namespaces of sandbox '%.200s' are made before a process: use "
			 "writ_spawn",
			 sandbox->name);
}

static int check_limits(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	static const struct {
		enum writ_limit_id id;
		const char *name;
	} rows[] = {
		{WRIT_LIMIT_WALL, "wall"},
		{WRIT_LIMIT_OUTPUT, "output"},
		{WRIT_LIMIT_PROCESSES, "processes"},
	};

	if (sandbox->net.has_gate)
		return error_set(error, WRIT_E_HOST,
				 "the network section of sandbox '%.200s' needs a supervisor: use "
				 "writ_spawn",
				 sandbox->name);
	if (sandbox->plan & WRIT_PLAN_BROKER)
		return error_set(error, WRIT_E_HOST,
				 "deny in a granted tree, of sandbox '%.200s', needs a "
				 "supervisor: use writ_spawn",
				 sandbox->name);
	if (sandbox->best_effort)
		return 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (sandbox->has_limit[rows[i].id])
			return error_set(error, WRIT_E_HOST,
					 "the limit '%s' of sandbox '%.200s' needs a supervisor: "
					 "use writ_spawn",
					 rows[i].name, sandbox->name);
	}
	return 0;
}

/* Landlock and seccomp confine the calling thread: others would stay free. */
static int check_threads(struct writ_error *error)
{
	struct stat st;
	bool is_known = stat("/proc/self/task", &st) == 0 && st.st_nlink >= 3;

	if (is_known && st.st_nlink > 3)
		return error_set(error, WRIT_E_INVALID,
				 "writ_enforce: the process has more than one thread");
	/* Without /proc: asks for nothing, and is EINVAL when there are threads (unshare(2)). */
	if (!is_known && unshare(CLONE_VM))
		return error_sys(error, WRIT_E_INVALID, errno,
				 "writ_enforce: can't tell that the process has one thread");
	return 0;
}

/* Nothing is mounted, so a ruleset that is made for a launch is made of what there is. */
static int enter_landlock(const struct writ_sandbox *sandbox)
{
	int made = -1;
	int rc;

	if (sandbox->ruleset < 0)
		return 0;
	if (sandbox->recipe.is_used)
		made = landlock_build(sandbox, NULL);
	if (sandbox->recipe.is_used && made < 0)
		return made;
	rc = landlock_enter(made < 0 ? sandbox->ruleset : made);
	fd_close(&made);
	return rc;
}

static int apply(const struct writ_sandbox *sandbox, const struct limits_plan *limits,
		 const char **step)
{
	int rc = limits_apply(limits);

	*step = "setting resource limits";
	if (!rc) {
		*step = "dropping capabilities";
		rc = privilege_drop_to(privilege_held(), &sandbox->user);
	}
	if (!rc) {
		*step = "no_new_privs";
		rc = privilege_no_new();
	}
	if (!rc) {
		*step = "Landlock";
		rc = enter_landlock(sandbox);
	}
	*step = rc ? *step : "seccomp";
	if (!rc && sandbox->namespaces.guards_metadata)
		rc = metadata_enter(METADATA_REFUSED);
	if (!rc && sandbox->makes_sessions)
		rc = metadata_enter_session();
	if (!rc)
		rc = seccomp_enter(&sandbox->filter);
	return rc;
}

int writ_enforce(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	struct limits_plan limits;
	const char *step = "reading the caller's limits";
	int rc;

	if (!sandbox)
		return error_set(error, WRIT_E_INVALID, "writ_enforce: no sandbox");
	rc = check_limits(sandbox, error);
	if (!rc)
		rc = check_namespaces(sandbox, error);
	if (!rc)
		rc = check_threads(error);
	if (rc)
		return rc;
	rc = limits_plan(sandbox, 0, &limits);
	if (!rc)
		rc = apply(sandbox, &limits, &step);
	return rc ? error_sys(error, WRIT_E_SYSTEM, -rc, "%s", step) : 0;
}
