/*
 * The limit on processes: the plan (see processes.h), and counting the tasks that a user has when
 * only the sum can be bounded.
 */
#include "runtime/processes.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/privilege.h"
#include "runtime/userns.h"

bool processes_alone(const struct writ_sandbox *sandbox)
{
	return sandbox->has_limit[WRIT_LIMIT_PROCESSES] &&
	       sandbox->limits[WRIT_LIMIT_PROCESSES] == 1;
}

int processes_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	sandbox->processes = PROCESSES_ANY;
	if (!sandbox->has_limit[WRIT_LIMIT_PROCESSES])
		return 0;
	if (processes_alone(sandbox))
		sandbox->processes = PROCESSES_ALONE;
	else if (cgroup_version(&sandbox->cgroups, CGROUP_PIDS))
		sandbox->processes = PROCESSES_CGROUP;
	else if (privilege_is_root())
		return sandbox_lacks(
			sandbox, source->error,
			"the limit on processes: run as root it needs a pids cgroup, and "
			"none can be made here");
	else
		sandbox->processes = userns_counts_processes() ? PROCESSES_USERNS
							       : PROCESSES_COUNTED;
	return 0;
}

/*
 * The threads of one process, from the link count of its task directory; 0 when it is not the
 * user's.
 */
static uint64_t count_threads(const char *pid)
{
	char path[64];
	struct stat st;
	int n = snprintf(path, sizeof(path), "/proc/%.32s/task", pid);

	if (n < 0 || stat(path, &st) || st.st_uid != getuid() || st.st_nlink < 3)
		return 0;
	return (uint64_t)st.st_nlink - 2;
}

static uint64_t count_user_tasks(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	uint64_t n = 0;

	if (!proc)
		return 0;
	while ((entry = readdir(proc))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			n += count_threads(entry->d_name);
	}
	(void)closedir(proc);
	return n;
}

uint64_t processes_rlimit(const struct writ_sandbox *sandbox, enum process_plan plan)
{
	switch (plan) {
	case PROCESSES_USERNS:
		return sandbox->limits[WRIT_LIMIT_PROCESSES];
	case PROCESSES_COUNTED:
		return sandbox->limits[WRIT_LIMIT_PROCESSES] + count_user_tasks();
	case PROCESSES_ANY:
	case PROCESSES_ALONE:
	case PROCESSES_CGROUP:
		break;
	}
	return 0;
}
