/*
 * See lacking.h. A host is asked in ways that make nothing. A filter around us is, by calls that
 * the kernel refuses before it does anything: CLONE_SIGHAND goes without CLONE_VM nowhere
 * (clone(2)), and a mount or its attributes need a path, or a size. The limits on namespaces are
 * files. What is left, a security module's word above all, is found out by a launch.
 */
#include "runtime/lacking.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/namespaces.h"
#include "runtime/privilege.h"
#include "runtime/proc_probe.h"
#include "runtime/raw.h"
#include "runtime/sandbox.h"

#define OF_MOUNTS (WRIT_PLAN_READ_ONLY | WRIT_PLAN_NOEXEC | WRIT_PLAN_PROC)
#define LIMITS    "/proc/sys/user/max_"

uint32_t lacking_wanted(uint32_t plan)
{
	/* The broker finds a tool's descriptors by the numbers that it knows the tool by. */
	if (plan & WRIT_PLAN_PID_NS && plan & (WRIT_PLAN_BROKER | LACKING_NEEDS_PROC))
		plan |= WRIT_PLAN_PROC;
	return plan & WRIT_PLAN_PROC ? plan | WRIT_PLAN_MOUNT_NS : plan;
}

uint32_t lacking_whole(uint32_t plan, uint32_t lacking)
{
	uint32_t wanted = lacking_wanted(plan);

	if (lacking & WRIT_PLAN_MOUNT_NS)
		lacking |= OF_MOUNTS;
	if (lacking & WRIT_PLAN_PROC && plan & (WRIT_PLAN_BROKER | LACKING_NEEDS_PROC))
		lacking |= WRIT_PLAN_PID_NS;
	if (lacking & WRIT_PLAN_PID_NS)
		lacking |= WRIT_PLAN_PROC;
	/* One that was for a procfs only. */
	if (lacking & WRIT_PLAN_PROC && !(plan & WRIT_PLAN_MOUNT_NS))
		lacking |= WRIT_PLAN_MOUNT_NS;
	return lacking & (wanted | LACKING_COUNT);
}

unsigned int lacking_flags(uint32_t plan, uint32_t lacking)
{
	uint32_t left = lacking_wanted(plan) & ~lacking;

	return (left & WRIT_PLAN_PID_NS ? KERNEL_CLONE_NEWPID : 0u) |
	       (left & WRIT_PLAN_MOUNT_NS ? KERNEL_CLONE_NEWNS : 0u);
}

static bool says_zero(const char *path)
{
	char text[16];

	return fd_read_file(path, text, sizeof(text)) > 0 && text[0] == '0' && text[1] == '\n';
}

static bool may_clone(unsigned int flag)
{
	long rc = RAW(SYS_clone, flag | KERNEL_CLONE_SIGHAND, 0, 0, 0, 0);

	if (rc == 0)
		(void)RAW(SYS_exit_group, 0);
	return rc == -EINVAL;
}

/* A kernel before 5.12 has no mount_setattr. */
static bool may_mount(void)
{
	return RAW(SYS_mount, NULL, NULL, NULL, 0, NULL) == -EFAULT &&
	       RAW(KERNEL_NR_MOUNT_SETATTR, -1, "", 0, NULL, 0) == -EINVAL;
}

/* Root is mapped by who has the capability for it, and nobody else (user_namespaces(7)). */
static bool may_map_user(void)
{
	return may_clone(KERNEL_CLONE_NEWUSER) && !says_zero(LIMITS "user_namespaces") &&
	       !says_zero("/proc/sys/kernel/unprivileged_userns_clone") &&
	       (geteuid() != 0 || privilege_holds(CAPABILITY_SETFCAP));
}

uint32_t lacking_predict(uint32_t plan)
{
	unsigned int flags = lacking_flags(plan, 0);
	uint32_t lacking = 0;

	if (namespaces_need_user(flags) && !may_map_user())
		return lacking_whole(plan, WRIT_PLAN_PID_NS | WRIT_PLAN_MOUNT_NS);
	if (flags & KERNEL_CLONE_NEWPID &&
	    (!may_clone(KERNEL_CLONE_NEWPID) || says_zero(LIMITS "pid_namespaces")))
		lacking |= WRIT_PLAN_PID_NS;
	if (flags & KERNEL_CLONE_NEWNS &&
	    (!may_clone(KERNEL_CLONE_NEWNS) || !may_mount() || says_zero(LIMITS "mnt_namespaces")))
		lacking |= WRIT_PLAN_MOUNT_NS;
	lacking = lacking_whole(plan, lacking);
	if (lacking_wanted(plan) & ~lacking & WRIT_PLAN_PROC && !proc_may_be_mounted())
		lacking = lacking_whole(plan, lacking | WRIT_PLAN_PROC);
	return lacking;
}

uint32_t lacking_now(const struct writ_sandbox *sandbox)
{
	return atomic_load(sandbox->lacking);
}

const char *lacking_warning(const struct writ_sandbox *sandbox, size_t index)
{
#define NONE_OF(what) "the host refuses " what ": "
	static const struct {
		uint32_t bit;
		uint32_t beside; /* and this is there; 0: no row above has told of the bit */
		const char *text;
	} rows[] = {
		{WRIT_PLAN_PID_NS, 0,
		 NONE_OF("a PID namespace") "what a launch leaves is killed by its process group, "
					    "and it can see that "
					    "processes outside exist"},
		{WRIT_PLAN_MOUNT_NS, 0,
		 NONE_OF("a mount namespace") "a launch sees the host's /tmp and /dev/shm"},
		/* The broker that changes the latter would need that namespace's procfs. */
		{WRIT_PLAN_READ_ONLY, WRIT_PLAN_PID_NS,
		 NONE_OF("a mount namespace") "no owner, attribute, mode or time of a file can be "
					      "changed, also where it may be written"},
		{WRIT_PLAN_READ_ONLY, 0,
		 NONE_OF("a mount namespace") "no owner or attribute of a file can be changed, and "
					      "modes and times at most where it may be written"},
		{WRIT_PLAN_PROC, 0,
		 NONE_OF("a procfs") "/proc is the host's, with what of outside "
				     "processes everybody may read"},
		{LACKING_COUNT, 0,
		 NONE_OF("a user namespace") "the limit on processes counts others of the user"},
	};
#undef NONE_OF
	uint32_t lacking = lacking_now(sandbox) & (sandbox->plan | LACKING_COUNT);
	uint32_t there = sandbox->plan & ~lacking;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!(lacking & rows[i].bit) || (rows[i].beside & there) != rows[i].beside)
			continue;
		lacking &= ~rows[i].bit;
		if (!index--)
			return rows[i].text;
	}
	return NULL;
}
