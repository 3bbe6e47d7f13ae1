/*
 * See mounts.h. Mounts are made by descriptor, on places that are looked up again in the namespace
 * and without following a symbolic link: what was opened before is in the caller's namespace, where
 * nothing may be mounted, and a link that somebody has put there since leads nowhere.
 *
 * In this order. Mounts become private, so that nothing of ours is seen outside and nothing that is
 * mounted outside appears inside. Of each place that is to differ from what is around it a copy is
 * taken. Everything gets the attributes of the whole. Then the copies and new file systems are
 * mounted, the outer before the inner.
 */
#include "runtime/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "runtime/fd.h"
#include "runtime/kernel_abi.h"
#include "runtime/raw.h"
#include "runtime/writ_format.h"

#define MAKE_MODE 0755
#define NO_GROUP  "4294967294" /* the last but the one that stands for none */

static int open_place(const char *path)
{
	const struct open_how_abi how = {.flags = O_PATH | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};

	return (int)RAW(KERNEL_NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
}

/*
 * A place that has been renamed or removed meanwhile is an accident, or somebody's doing, and not
 * the host's refusal of mounts, without which a launch might go on (spawn.c).
 */
static int of_place(int rc)
{
	static const int changes[] = {ENOENT, ENOTDIR, ELOOP, EINVAL, EACCES};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (rc == -changes[i])
			return -ESTALE;
	}
	return rc;
}

/* Sets attributes on a mount and all below it. */
static int set_attributes(int fd, const char *path, unsigned int attributes)
{
	const struct mount_attr_abi attr = {.set = attributes};

	return (int)RAW(KERNEL_NR_MOUNT_SETATTR, fd, path, AT_EMPTY_PATH | KERNEL_AT_RECURSIVE,
			&attr, sizeof(attr));
}

/* What is mounted in a cover stays as it is. */
static int seal_cover(const struct mount_place *place, int root)
{
	const struct mount_attr_abi attr = {.set = KERNEL_MOUNT_RDONLY};

	if (!place->is_cover || !place->has_inner)
		return 0;
	return (int)RAW(KERNEL_NR_MOUNT_SETATTR, root, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* Pairs of a name and a value; NULL ends them. */
struct file_system {
	const char *type;
	const char *options[6][2];
	unsigned int attributes;
};

/* A new one, mounted nowhere yet: a descriptor, or a negative errno. */
static int make_file_system(const struct file_system *what)
{
	int fs = (int)RAW(KERNEL_NR_FSOPEN, what->type, KERNEL_FSOPEN_CLOEXEC);
	long rc = fs < 0 ? fs : 0;

	for (size_t i = 0; !rc && what->options[i][0]; i++)
		rc = RAW(KERNEL_NR_FSCONFIG, fs, KERNEL_FSCONFIG_STRING, what->options[i][0],
			 what->options[i][1], 0);
	if (!rc)
		rc = RAW(KERNEL_NR_FSCONFIG, fs, KERNEL_FSCONFIG_CREATE, NULL, NULL, 0);
	if (!rc)
		rc = RAW(KERNEL_NR_FSMOUNT, fs, KERNEL_FSMOUNT_CLOEXEC, what->attributes);
	if (fs >= 0)
		(void)RAW(SYS_close, fs);
	return (int)rc;
}

/* Mounts what a descriptor stands for on a place. */
static int move_to(int mount, const char *path)
{
	int where = open_place(path);
	int rc;

	if (where < 0)
		return of_place(where);
	rc = (int)RAW(KERNEL_NR_MOVE_MOUNT, mount, "", where, "",
		      KERNEL_MOVE_MOUNT_F_EMPTY | KERNEL_MOVE_MOUNT_T_EMPTY);
	(void)RAW(SYS_close, where);
	return of_place(rc);
}

static int make_scratch(const struct mount_place *place)
{
	const struct file_system tmpfs = {
		.type = "tmpfs",
		.options = {{"size", place->scratch->size},
			    {"mode", place->scratch->mode},
			    {*place->scratch->inodes ? "nr_inodes" : NULL, place->scratch->inodes},
			    {*place->scratch->uid ? "uid" : NULL, place->scratch->uid},
			    {*place->scratch->gid ? "gid" : NULL, place->scratch->gid}},
		.attributes = place->attributes,
	};

	return make_file_system(&tmpfs);
}

/* What is there, by itself; or nothing (-ENOENT) where it is gone since the sandbox was opened. */
static int copy_place(const struct mount_place *place)
{
	int where = open_place(place->path);
	int fd;

	if (where < 0)
		return where;
	fd = (int)RAW(KERNEL_NR_OPEN_TREE, where, "",
		      KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
			      (place->is_file ? 0 : KERNEL_AT_RECURSIVE));
	(void)RAW(SYS_close, where);
	return fd;
}

static int copy_places(const struct namespaces *namespaces, int *roots)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < namespaces->n_places; i++) {
		const struct mount_place *place = &namespaces->places[i];

		roots[i] = -1;
		if (place->scratch)
			continue;
		roots[i] = copy_place(place);
		if (roots[i] >= 0 && place->attributes)
			rc = set_attributes(roots[i], "", place->attributes);
		else if (roots[i] < 0 && roots[i] != -ENOENT && roots[i] != -ENOTDIR)
			rc = of_place(roots[i]);
	}
	return rc;
}

/* In a scratch, which is empty and nobody else's: what leads to a place, and that itself. */
static int make_way(const struct mount_place *place)
{
	char path[WRIT_MAX_TEXT + 1];
	size_t len = strlen(place->path);
	long rc = 0;

	memcpy(path, place->path, len + 1);
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		(void)RAW(SYS_mkdirat, AT_FDCWD, path, MAKE_MODE);
		path[i] = '/';
	}
	rc = place->is_file ? RAW(SYS_mknodat, AT_FDCWD, path, S_IFREG | MAKE_MODE, 0)
			    : RAW(SYS_mkdirat, AT_FDCWD, path, MAKE_MODE);
	return rc == -EEXIST ? 0 : (int)rc;
}

static bool is_empty(const struct mount_place *place)
{
	return place->is_cover && !place->has_inner;
}

/* Empty covers are of one file system: each would cost as much as anything else that we mount. */
static int make_new(const struct namespaces *namespaces, const int *roots, size_t at)
{
	const struct mount_place *places = namespaces->places;

	for (size_t i = 0; is_empty(&places[at]) && i < at; i++) {
		if (is_empty(&places[i]))
			return (int)RAW(KERNEL_NR_OPEN_TREE, roots[i], "",
					KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC |
						AT_EMPTY_PATH);
	}
	return make_scratch(&places[at]);
}

static int mount_place(const struct namespaces *namespaces, int *roots, size_t at)
{
	const struct mount_place *place = &namespaces->places[at];
	int *root = &roots[at];
	int rc = 0;

	if (place->scratch)
		*root = fd_raise(make_new(namespaces, roots, at));
	if (*root < 0)
		return place->scratch ? *root : 0;
	if (place->is_hidden)
		rc = make_way(place);
	return rc ? rc : move_to(*root, place->path);
}

/*
 * It shows the launch's processes, but for the keeper, whose command line is the caller's. Where
 * the host's is partly covered, as in containers, the kernel gives no other (EPERM).
 */
static int mount_proc(const struct namespaces *namespaces, bool in_userns)
{
	const struct file_system proc = {
		.type = "proc",
		/* Members of a group see all: not root's, which in a user namespace nobody is in.
		 */
		.options = {{"hidepid", "2"}, {in_userns ? NULL : "gid", NO_GROUP}},
		.attributes = KERNEL_MOUNT_NOSUID | KERNEL_MOUNT_NODEV | KERNEL_MOUNT_NOEXEC |
			      namespaces->proc_attributes,
	};
	int root = make_file_system(&proc);
	int rc;

	if (root < 0)
		return root;
	rc = move_to(root, "/proc");
	(void)RAW(SYS_close, root);
	return rc;
}

int mounts_make(const struct namespaces *namespaces, const struct mounts *where,
		const char *volatile *what)
{
	int *roots = where->roots;
	int rc = (int)RAW(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	*what = "making mounts private";
	if (!rc) {
		*what = "copying mounts";
		rc = copy_places(namespaces, roots);
	}
	if (!rc && namespaces->attributes) {
		*what = "setting the attributes of all mounts";
		rc = set_attributes(AT_FDCWD, "/", namespaces->attributes);
	}
	for (size_t i = 0; !rc && i < namespaces->n_places; i++) {
		*what = "mounting";
		rc = mount_place(namespaces, roots, i);
	}
	for (size_t i = 0; !rc && i < namespaces->n_places; i++)
		rc = seal_cover(&namespaces->places[i], roots[i]);
	if (!rc && where->has_proc) {
		*what = "mounting /proc";
		rc = mount_proc(namespaces, where->in_userns);
	}
	return rc;
}
