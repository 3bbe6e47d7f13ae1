/*
 * See namespaces.h. Mounts are made by descriptor, on directories that are looked up again in the
 * namespace, following no symbolic link: what was opened before is in the caller's namespace, where
 * nothing may be mounted, and a link that somebody has put there since leads nowhere.
 *
 * Order: mounts become private first, so that nothing of ours is seen outside, and nothing that is
 * mounted outside later appears inside.
 */
#include "runtime/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/launch.h"
#include "runtime/privilege.h"
#include "runtime/raw.h"
#include "runtime/resolve.h"

#define BYTES_PER_INODE 4096u /* as many files as there is room for, of one page each, */
#define LEAST_INODES    256u  /* and for some directories */

bool namespaces_need_user(unsigned int flags)
{
	return flags && !privilege_holds(CAPABILITY_SYS_ADMIN);
}

bool namespaces_are_dispensable(const struct writ_sandbox *sandbox)
{
	return sandbox->namespaces.n_scratches == 0;
}

/* Where many programs make files, each its own. */
static const char *mode_of(const char *path)
{
	static const char *const shared[] = {"/tmp", "/var/tmp", "/dev/shm"};

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (strcmp(path, shared[i]) == 0)
			return "1777";
	}
	return "0700";
}

static int refuse_scratch(const struct sandbox_source *source, const char *path, int reason)
{
	const char *why = reason == ELOOP ? "it leads through a symbolic link in a tree that tools "
					    "may write"
			  : reason == ENOENT || reason == ENOTDIR
				  ? "there is no such directory, and none is made on the host"
				  : strerror(reason);

	return error_set(source->error, WRIT_E_HOST, "scratch '%.300s' can't be had: %s", path,
			 why);
}

static int add_scratch(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		       uint32_t index, struct resolver *resolver)
{
	struct scratch *scratch = &sandbox->namespaces.scratches[sandbox->namespaces.n_scratches];
	uint64_t size = image_SCRATCHES(&source->policy->image, index)->size_bytes;
	const char *path = source->policy->scratches[index];
	int fd = resolve_open(path, resolver);

	if (fd < 0)
		return refuse_scratch(source, path, errno);
	(void)close(fd);
	scratch->path = pool_strndup(&sandbox->pool, resolver->found, strlen(resolver->found));
	if (!scratch->path)
		return error_nomem(source->error);
	(void)snprintf(scratch->size, sizeof(scratch->size), "%llu", (unsigned long long)size);
	(void)snprintf(scratch->inodes, sizeof(scratch->inodes), "%llu",
		       (unsigned long long)(size / BYTES_PER_INODE + LEAST_INODES));
	scratch->mode = mode_of(path);
	scratch->access = LANDLOCK_FS_OF_WRITE;
	sandbox->namespaces.n_scratches++;
	return 0;
}

static int add_scratches(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->scratches;
	struct namespaces *namespaces = &sandbox->namespaces;
	struct resolver resolver;
	int rc;

	if (!range.count)
		return 0;
	rc = resolver_init(&resolver, sandbox, source);
	if (rc)
		return rc;
	namespaces->scratches = pool_array(&sandbox->pool, range.count,
					   sizeof(*namespaces->scratches));
	if (!namespaces->scratches)
		return error_nomem(source->error);
	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = add_scratch(sandbox, source, range.first + i, &resolver);
	return rc;
}

int namespaces_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	uint32_t plan = source->record->plan;

	sandbox->has_keeper = plan & WRIT_PLAN_KEEPER;
	if (plan & WRIT_PLAN_PID_NS)
		sandbox->namespaces.flags |= KERNEL_CLONE_NEWPID;
	sandbox->namespaces.has_proc = plan & WRIT_PLAN_PROC;
	if (source->record->scratches.count || sandbox->namespaces.has_proc)
		sandbox->namespaces.flags |= KERNEL_CLONE_NEWNS;
	return add_scratches(sandbox, source);
}

static void grant_in_scratch(struct scratch *scratch, const char *path, uint64_t access)
{
	size_t len = strlen(path);
	bool is_above = len == 1 || (strncmp(scratch->path, path, len) == 0 &&
				     (scratch->path[len] == '/' || !scratch->path[len]));

	if (is_above)
		scratch->access |= access;
}

void namespaces_grant(struct writ_sandbox *sandbox, const char *path, uint64_t access)
{
	for (size_t i = 0; i < sandbox->namespaces.n_scratches; i++)
		grant_in_scratch(&sandbox->namespaces.scratches[i], path, access);
}

/* ---- in the keeper ---- */

static int open_directory(const char *path)
{
	const struct open_how_abi how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};

	return (int)RAW(KERNEL_NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
}

/* Pairs of a name and a value; NULL ends them. */
struct file_system {
	const char *type;
	const char *options[4][2];
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

/* Mounts what a descriptor stands for on a directory. */
static int move_to(int mount, const char *path)
{
	int where = open_directory(path);
	int rc;

	if (where < 0)
		return where;
	rc = (int)RAW(KERNEL_NR_MOVE_MOUNT, mount, "", where, "",
		      KERNEL_MOVE_MOUNT_F_EMPTY | KERNEL_MOVE_MOUNT_T_EMPTY);
	(void)RAW(SYS_close, where);
	return rc;
}

/* *root: a descriptor of it, for Landlock. */
static int mount_scratch(const struct scratch *scratch, int *root)
{
	const bool has_programs = scratch->access & LANDLOCK_FS_EXECUTE;
	const struct file_system tmpfs = {
		.type = "tmpfs",
		.options = {{"size", scratch->size},
			    {"nr_inodes", scratch->inodes},
			    {"mode", scratch->mode}},
		.attributes = KERNEL_MOUNT_NOSUID | KERNEL_MOUNT_NODEV |
			      (has_programs ? 0 : KERNEL_MOUNT_NOEXEC),
	};

	*root = make_file_system(&tmpfs);
	return *root < 0 ? *root : move_to(*root, scratch->path);
}

/*
 * It shows the launch's processes, but for the keeper, whose command line is the caller's. Where
 * the host's is partly covered, as in containers, the kernel gives no other: that one stays.
 */
static int mount_proc(void)
{
	static const struct file_system proc = {
		.type = "proc",
		.options = {{"hidepid", "2"}},
		.attributes = KERNEL_MOUNT_NOSUID | KERNEL_MOUNT_NODEV | KERNEL_MOUNT_NOEXEC,
	};
	int root = make_file_system(&proc);
	int rc;

	if (root < 0)
		return root == -EPERM ? 0 : root;
	rc = move_to(root, "/proc");
	(void)RAW(SYS_close, root);
	return rc;
}

int namespaces_mount(struct launch *launch)
{
	const struct namespaces *namespaces = &launch->sandbox->namespaces;
	int rc = (int)RAW(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	launch->detail = "making mounts private";
	for (size_t i = 0; !rc && i < namespaces->n_scratches; i++) {
		launch->detail = "mounting a scratch directory";
		rc = mount_scratch(&namespaces->scratches[i], &launch->scratches[i]);
	}
	if (!rc && namespaces->has_proc) {
		launch->detail = "mounting /proc";
		rc = mount_proc();
	}
	if (!rc)
		launch->detail = NULL;
	return rc;
}
