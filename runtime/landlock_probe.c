/*
 * The kernel says which ABI its Landlock has; what each right of it needs is that the kernel takes
 * it, which a backport, an emulation or a filter of system calls may see otherwise. So the ABI that
 * counts is the highest of which all rights are taken.
 *
 * A ruleset is made with all rights of an ABI at once: the kernel refuses one that has any bit it
 * does not know (EINVAL, or E2BIG for a field). Only those two are a "no": of descriptors that have
 * run out nothing follows for Landlock, and the ruleset that is made next fails of the same.
 */
#include "runtime/landlock_probe.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum field { FS, NET, SCOPE };

/* landlock(7). */
static const struct {
	enum field field;
	int abi;
	int bit;
	const char *name;
} rights[] = {
	{FS, 1, 0, "EXECUTE"},
	{FS, 1, 1, "WRITE_FILE"},
	{FS, 1, 2, "READ_FILE"},
	{FS, 1, 3, "READ_DIR"},
	{FS, 1, 4, "REMOVE_DIR"},
	{FS, 1, 5, "REMOVE_FILE"},
	{FS, 1, 6, "MAKE_CHAR"},
	{FS, 1, 7, "MAKE_DIR"},
	{FS, 1, 8, "MAKE_REG"},
	{FS, 1, 9, "MAKE_SOCK"},
	{FS, 1, 10, "MAKE_FIFO"},
	{FS, 1, 11, "MAKE_BLOCK"},
	{FS, 1, 12, "MAKE_SYM"},
	{FS, 2, 13, "REFER"},
	{FS, 3, 14, "TRUNCATE"},
	{FS, 5, 15, "IOCTL_DEV"},
	{NET, 4, 0, "BIND_TCP"},
	{NET, 4, 1, "CONNECT_TCP"},
	{SCOPE, 6, 0, "ABSTRACT_UNIX_SOCKET"},
	{SCOPE, 6, 1, "SIGNAL"},
};
#define N_RIGHTS (sizeof(rights) / sizeof(rights[0]))

#define NEWEST_RIGHTS 6 /* the last ABI that brought rights which bundles ask for */

static void add_right(struct landlock_ruleset_abi6 *attr, size_t index)
{
	uint64_t *const fields[] = {
		[FS] = &attr->handled_access_fs,
		[NET] = &attr->handled_access_net,
		[SCOPE] = &attr->scoped,
	};

	*fields[rights[index].field] |= UINT64_C(1) << rights[index].bit;
}

static bool takes_all_of(int abi, landlock_takes *takes)
{
	struct landlock_ruleset_abi6 attr = {0};

	for (size_t i = 0; i < N_RIGHTS; i++) {
		if (rights[i].abi <= abi)
			add_right(&attr, i);
	}
	return takes(&attr);
}

static const char *first_refused(int abi, landlock_takes *takes)
{
	for (size_t i = 0; i < N_RIGHTS; i++) {
		struct landlock_ruleset_abi6 attr = {0};

		add_right(&attr, i);
		if (rights[i].abi <= abi && !takes(&attr))
			return rights[i].name;
	}
	return NULL;
}

int landlock_reach(int claimed, landlock_takes *takes, const char **refused)
{
	int abi = claimed < NEWEST_RIGHTS ? claimed : NEWEST_RIGHTS;

	*refused = NULL;
	if (takes_all_of(abi, takes))
		return claimed;
	*refused = first_refused(abi, takes);
	while (--abi > 0 && !takes_all_of(abi, takes))
		;
	return abi;
}

static bool kernel_takes(const struct landlock_ruleset_abi6 *attr)
{
	/* An older kernel takes the longer struct as long as what it does not know is zero. */
	long fd = syscall(KERNEL_NR_LANDLOCK_CREATE_RULESET, attr, sizeof(*attr), 0);

	if (fd < 0)
		return errno != EINVAL && errno != E2BIG;
	(void)close((int)fd);
	return true;
}

int landlock_probe(int *claimed, const char **refused)
{
	long abi = syscall(KERNEL_NR_LANDLOCK_CREATE_RULESET, NULL, (size_t)0,
			   LANDLOCK_VERSION_FLAG);

	*claimed = abi > 0 ? (int)abi : 0;
	*refused = NULL;
	return *claimed ? landlock_reach(*claimed, kernel_takes, refused) : 0;
}

int landlock_abi(void)
{
	const char *refused;
	int claimed;

	return landlock_probe(&claimed, &refused);
}
