/*
 * Namespaces are tried here in a child, without a line of the runtime's: what the attacks expect
 * must not come from what they test.
 */
#include "host.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_KILLABLE (1UL << 5) /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
#define SOME_REFUSED  4          /* exit status of doctor: not all sandboxes can be enforced */

/* The exit status of a part that runs in a child. */
static int in_child(int (*part)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(part());
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
		       ? WEXITSTATUS(status)
		       : -1;
}

static int make_pid_ns(void)
{
	return unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID);
}

static int make_mount_ns(void)
{
	return unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS);
}

static int mount_proc(void)
{
	return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0;
}

/* Nothing that is mounted may reach the host: its mounts are made private first. */
static int make_own_proc(void)
{
	int flags = CLONE_NEWPID | CLONE_NEWNS;

	if (unshare(flags) && unshare(flags | CLONE_NEWUSER))
		return 1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 1;
	return in_child(mount_proc);
}

/* "sandbox NAME: can't be enforced: ..." */
static void note_refused(struct host *host, const char *line)
{
	char *name = host->refused[host->n_refused];

	if (host->n_refused < HOST_SANDBOXES && strstr(line, ": can't be enforced") &&
	    sscanf(line, "sandbox %31[^:]:", name) == 1)
		host->n_refused++;
}

static int ask_doctor(struct host *host, const char *command)
{
	char line[1024];
	FILE *doctor = popen(command, "r");
	int status;

	while (doctor && fgets(line, sizeof(line), doctor)) {
		bool has = strstr(line, " version ") != NULL;

		if (!strncmp(line, "memory cgroup", strlen("memory cgroup")))
			host->has_memory_cgroup = has;
		if (!strncmp(line, "cpu cgroup", strlen("cpu cgroup")))
			host->has_cpu_cgroup = has;
		(void)sscanf(line, "Landlock ABI %d", &host->landlock_abi);
		note_refused(host, line);
	}
	status = doctor ? pclose(doctor) : -1;
	return WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == SOME_REFUSED)
		       ? 0
		       : -1;
}

/* Both came with 5.19, which knows the flag of the second: then it misses the filter. */
static bool serves_in_turn(void)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE;

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

int host_probe(struct host *host, const char *doctor)
{
	memset(host, 0, sizeof(*host));
	host->serves_in_turn = serves_in_turn();
	host->has_pid_ns = in_child(make_pid_ns) == 0;
	host->has_mount_ns = in_child(make_mount_ns) == 0;
	host->has_own_proc = in_child(make_own_proc) == 0;
	return ask_doctor(host, doctor);
}

bool host_refuses(const struct host *host, const char *sandbox)
{
	for (unsigned i = 0; i < host->n_refused; i++)
		if (!strcmp(host->refused[i], sandbox))
			return true;
	return false;
}
