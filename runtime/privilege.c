/*
 * Dropping capabilities, in the only order that works: the secure bits need CAP_SETPCAP, so they go
 * first; then the user, while there are rights to change it (the secure bits keep them across
 * that); the ambient set next; then the three sets of the thread, to nothing. uid 0 without
 * capabilities is an ordinary user that happens to own many files; with NOROOT locked, execve gives
 * it nothing back. The bounding set stays: it limits what execve adds to a thread's sets, which is
 * nothing under no_new_privs and nothing for uid 0 under NOROOT, and to empty it takes 41 system
 * calls, a tenth of a bare launch. Not where execve finds something permitted: what a file gives is
 * taken back under no_new_privs where it adds to that, and is had where it does not (cap_bprm_creds
 * in the kernel's commoncap.c).
 */
#include "runtime/privilege.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "runtime/raw.h"

bool privilege_is_root(void)
{
	return geteuid() == 0 || getuid() == 0;
}

/* Of the thread. 0 or a negative errno. */
static int read_sets(struct capability_data sets[2])
{
	struct capability_header header = {.version = CAPABILITY_VERSION_3};

	memset(sets, 0, 2 * sizeof(*sets));
	return (int)RAW(SYS_capget, &header, sets);
}

static int write_sets(const struct capability_data sets[2])
{
	struct capability_header header = {.version = CAPABILITY_VERSION_3};

	return (int)RAW(SYS_capset, &header, sets);
}

static bool holds(unsigned int capability, bool if_unknown)
{
	struct capability_data sets[2];

	return read_sets(sets) ? if_unknown : sets[0].effective >> capability & 1;
}

bool privilege_holds(unsigned int capability)
{
	return holds(capability, false);
}

/* When not known, dropping them is what fails where there are none. */
bool privilege_held(void)
{
	return holds(CAPABILITY_SETPCAP, true);
}

bool privilege_can_wait(void)
{
	struct capability_data sets[2];

	return read_sets(sets) == 0 && (sets[0].effective >> CAPABILITY_SETPCAP & 1 ||
					!(sets[0].permitted | sets[1].permitted));
}

/* prctl(2): its other arguments have to be 0. */
static int control(int option, unsigned long value)
{
	return (int)RAW(SYS_prctl, option, value, 0, 0, 0);
}

static int lock_out(void)
{
	return control(KERNEL_PR_SET_SECUREBITS, SECUREBITS_NO_PRIVILEGE);
}

/* Up to the last capability of this kernel, which reading says, too. */
static int empty_bounding_set(void)
{
	unsigned long cap = 0;
	int rc;

	while (!(rc = control(KERNEL_PR_CAPBSET_DROP, cap)))
		cap++;
	if (cap && rc == -EINVAL && control(KERNEL_PR_CAPBSET_READ, cap) == -EINVAL)
		return 0;
	return rc;
}

/* Which takes capabilities itself. Raw: libc's would have all threads of the caller do it. */
static int become(const struct privilege_user *user, const struct privilege_user *saved)
{
	int rc = (int)RAW(SYS_setresgid, user->gid, user->gid, saved->gid);

	return rc ? rc : (int)RAW(SYS_setresuid, user->uid, user->uid, saved->uid);
}

static int clear_ambient(void)
{
	return control(KERNEL_PR_CAP_AMBIENT, KERNEL_CAP_AMBIENT_CLEAR);
}

static int drop(bool held, const struct privilege_user *user, const struct privilege_user *saved)
{
	static const struct capability_data none[2];
	int rc = held ? lock_out() : 0;

	if (!rc && user->is_set)
		rc = (int)RAW(SYS_setgroups, 0, NULL);
	if (!rc && user->is_set)
		rc = become(user, saved);
	if (!rc)
		rc = clear_ambient();
	return rc ? rc : write_sets(none);
}

int privilege_drop(bool held)
{
	static const struct privilege_user same = {.is_set = false};

	return drop(held, &same, &same);
}

/* Without the lock or with a bounding set, what is permitted could outlive an execve. */
int privilege_drop_at_execve(bool held)
{
	struct capability_data sets[2];
	int rc;

	if (!held)
		return privilege_drop(false);
	rc = empty_bounding_set();
	if (!rc)
		rc = lock_out();
	if (!rc)
		rc = clear_ambient();
	if (!rc)
		rc = read_sets(sets);
	if (rc)
		return rc;
	for (size_t i = 0; i < 2; i++)
		sets[i].effective = sets[i].inheritable = 0;
	return write_sets(sets);
}

int privilege_drop_to(bool held, const struct privilege_user *user)
{
	return drop(held, user, user);
}

int privilege_drop_but_saved(bool held, const struct privilege_user *user)
{
	static const struct privilege_user root = {.is_set = true, .uid = 0, .gid = 0};

	return drop(held, user, &root);
}

int privilege_drop_saved(const struct privilege_user *user)
{
	return user->is_set ? become(user, user) : 0;
}

int privilege_no_new(void)
{
	return control(KERNEL_PR_SET_NO_NEW_PRIVS, 1);
}
