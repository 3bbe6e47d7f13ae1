/*
 * What a launch that failed is called: the step that it failed in and its errno, as an error's code
 * and a sentence.
 */
#include <errno.h>

#include "runtime/error.h"
#include "runtime/spawn.h"

/* Which code stands for execve's errno: execve(2). What no row names is SYSTEM. */
static int tell_exec_error(const struct launch *launch, struct writ_error *error)
{
	static const struct {
		int number;
		enum writ_error_code code;
	} rows[] = {
		{ENOENT, WRIT_E_NOT_FOUND},    {ENOTDIR, WRIT_E_NOT_FOUND},
		{ELOOP, WRIT_E_NOT_FOUND},     {ENAMETOOLONG, WRIT_E_NOT_FOUND},
		{EACCES, WRIT_E_NOT_ALLOWED},  {EPERM, WRIT_E_NOT_ALLOWED},
		{ENOEXEC, WRIT_E_NOT_ALLOWED}, {ETXTBSY, WRIT_E_NOT_ALLOWED},
	};
	enum writ_error_code code = WRIT_E_SYSTEM;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].number == launch->error)
			code = rows[i].code;
	}
	return error_sys(error, code, launch->error, "sandbox '%.100s' can't run '%.300s'",
			 launch->sandbox->name, launch->argv[0]);
}

/*
 * A wall that this host does not let us build is the host's lack; anything else went wrong. EBUSY:
 * somebody around us listens to our calls already, and there can be one listener (seccomp(2)).
 */
static int tell_step_error(const struct launch *launch, struct writ_error *error)
{
	bool is_refused = !launch->was_run && (launch->error == EPERM || launch->error == EACCES ||
					       launch->error == ENOSYS || launch->error == EBUSY);

	if (launch->is_callers)
		return error_sys(error, WRIT_E_SYSTEM, launch->error, "%s '%.300s'", launch->step,
				 launch->cwd);
	if (!is_refused)
		return error_sys(error, WRIT_E_SYSTEM, launch->error, "%s", launch->step);
	return error_sys(error, WRIT_E_HOST, launch->error,
			 "sandbox '%.200s' can't be enforced on this host: %s",
			 launch->sandbox->name, launch->step);
}

int spawn_tell(const struct launch *launch, struct writ_error *error)
{
	return launch->executing && !launch->was_run ? tell_exec_error(launch, error)
						     : tell_step_error(launch, error);
}
