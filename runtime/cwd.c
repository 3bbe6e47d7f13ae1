/*
 * The directory that a command begins in: the one that was asked for, or the caller's where the
 * sandbox grants it, or the root. The launch is told a path, and enters it as the caller, once all
 * is mounted: what it finds there is the command's first handle to files.
 */
#include "runtime/cwd.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/kernel_abi.h"
#include "runtime/sandbox.h"

#define MAX_DEPTH 128u /* of a working directory below a granted one */

/* Is the current directory a granted one, or below one? Goes up by "..", as the kernel does. */
static bool cwd_is_granted(const struct writ_sandbox *sandbox)
{
	char up[3 * MAX_DEPTH + 1] = ".";
	struct stat st;
	struct stat below = {0};

	for (size_t depth = 0; depth < MAX_DEPTH && !stat(up, &st); depth++) {
		for (size_t i = 0; i < sandbox->n_roots; i++) {
			if (sandbox->roots[i].device == st.st_dev &&
			    sandbox->roots[i].inode == st.st_ino)
				return true;
		}
		if (depth && below.st_dev == st.st_dev && below.st_ino == st.st_ino)
			return false;
		below = st;
		memcpy(up + 3 * depth, "../", 4);
	}
	return false;
}

/*
 * The caller's directory where the sandbox grants it, else the root: it is the tool's first handle.
 */
static const char *choose_cwd(const struct writ_sandbox *sandbox, const char *wanted)
{
	if (wanted)
		return wanted;
	return cwd_is_granted(sandbox) ? "." : "/";
}

/* There is room for it. */
static const char *add_name(char *path, const char *name)
{
	size_t len = strlen(path);

	path[len] = '/';
	memcpy(path + len + 1, name, strlen(name) + 1);
	return path;
}

/* Which directory it is, whatever its name leads to when the command begins. */
static int know(struct launch *launch, struct writ_error *error)
{
	struct stat st;

	if (stat(".", &st))
		return error_sys(error, WRIT_E_SYSTEM, errno, "the working directory");
	launch->cwd_is_known = true;
	launch->cwd_inode = st.st_ino;
	launch->cwd_major = major(st.st_dev);
	launch->cwd_minor = minor(st.st_dev);
	return 0;
}

/*
 * In a mount namespace the directory that we are in may be covered, and what is relative to it with
 * it: it is entered by its name. One that has none is refused by chdir. So it is for a child that
 * was made before, perhaps elsewhere.
 */
int cwd_prepare(struct launch *launch, struct pool *pool, const char *wanted,
		struct writ_error *error)
{
	bool is_scratch;
	char *cwd;

	launch->cwd = choose_cwd(launch->sandbox, wanted);
	if (!*launch->cwd || *launch->cwd == '/' ||
	    (!launch->park && !(launch->namespaces & KERNEL_CLONE_NEWNS)))
		return 0;
	cwd = pool_alloc(pool, PATH_MAX + strlen(launch->cwd) + 1);
	if (!cwd)
		return error_nomem(error);
	if (!getcwd(cwd, PATH_MAX))
		return error_sys(error, WRIT_E_SYSTEM, errno, "the working directory is gone");
	is_scratch = namespaces_replace(&launch->sandbox->namespaces, cwd);
	if (!wanted && namespaces_hide(&launch->sandbox->namespaces, cwd))
		launch->cwd = "/";
	else
		launch->cwd = add_name(cwd, launch->cwd);
	return wanted || is_scratch || strcmp(launch->cwd, "/") == 0 ? 0 : know(launch, error);
}
