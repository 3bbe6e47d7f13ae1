/*
 * See resolve.h. A path without any symbolic link, the usual case, is one openat2(2) that follows
 * none. Of any other the first link is found, component by component, each opened from the
 * descriptor of the one before; its target is put in its place, and the path tried again. A link
 * that is replaced lies outside of every writable tree, so what it says can't change under us; and
 * what is opened in the end has none. Trees are told by device and inode, so it does not matter by
 * which name one was entered.
 */
#include "runtime/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/kernel_abi.h"

#define MAX_LINKS 40 /* as many as the kernel follows: path_resolution(7) */

struct walk {
	const struct writable_roots *writable;
	int at;       /* O_PATH of what has been reached */
	bool in_tree; /* which is in a writable tree */
};

/* Whoever may write "/" gains nothing by a link: it does not count. */
static bool is_root(const struct stat *st)
{
	struct stat root;

	return stat("/", &root) == 0 && root.st_dev == st->st_dev && root.st_ino == st->st_ino;
}

int resolve_find_writable(struct writ_sandbox *sandbox, const struct sandbox_source *source,
			  struct writable_roots *out)
{
	const struct writ_policy *policy = source->policy;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_PATHS);

	out->n = 0;
	out->items = pool_array(&sandbox->pool, n, sizeof(*out->items));
	if (!out->items)
		return error_nomem(source->error);
	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_path *record = image_PATHS(&policy->image, i);
		struct stat st;

		if (!(record->rights & WRIT_PATH_WRITE) || stat(policy->paths[i], &st))
			continue;
		if (S_ISDIR(st.st_mode) && !is_root(&st))
			out->items[out->n++] = (struct sandbox_root){st.st_dev, st.st_ino};
	}
	return 0;
}

/* Makes fd, of which st is, the place that has been reached. */
static void arrive(struct walk *walk, int fd, const struct stat *st)
{
	fd_close(&walk->at);
	walk->at = fd;
	for (size_t i = 0; i < walk->writable->n; i++) {
		const struct sandbox_root *root = &walk->writable->items[i];

		if (root->device == st->st_dev && root->inode == st->st_ino)
			walk->in_tree = true;
	}
}

static int start_at_root(struct walk *walk)
{
	int fd = open("/", O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		int rc = -errno;

		fd_close(&fd);
		return rc;
	}
	arrive(walk, fd, &st);
	return 0;
}

/* Puts the target of link in the place of path's bytes from begin to end. */
static int replace(int link, char *path, size_t begin, size_t end)
{
	char target[WRIT_MAX_TEXT + 1];
	size_t rest = strlen(path + end) + 1;
	ssize_t len = readlinkat(link, "", target, sizeof(target));

	if (len < 0)
		return -errno;
	if (len > 0 && target[0] == '/')
		begin = 0;
	if (begin + (size_t)len + rest > WRIT_MAX_TEXT + 1)
		return -ENAMETOOLONG;
	memmove(path + begin + (size_t)len, path + end, rest);
	memcpy(path + begin, target, (size_t)len);
	return 0;
}

/* One component, path's bytes from begin to end. *replaced: it was a link. */
static int step(struct walk *walk, char *path, size_t begin, size_t end, bool *replaced)
{
	char after = path[end];
	struct stat st;
	int fd;
	int rc = 0;

	path[end] = '\0';
	fd = openat(walk->at, path + begin, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	path[end] = after;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		rc = -errno;
	} else if (!S_ISLNK(st.st_mode)) {
		arrive(walk, fd, &st);
		return 0;
	} else {
		rc = walk->in_tree ? -ELOOP : replace(fd, path, begin, end);
		*replaced = true;
	}
	fd_close(&fd);
	return rc;
}

/* Replaces the first link of an absolute path, in room for WRIT_MAX_TEXT bytes. */
static int replace_first_link(const struct writable_roots *writable, char *path)
{
	struct walk walk = {.writable = writable, .at = -1};
	bool replaced = false;
	size_t end = 0;
	int rc = start_at_root(&walk);

	while (!rc && !replaced) {
		size_t begin = end + strspn(path + end, "/");

		end = begin + strcspn(path + begin, "/");
		if (begin == end)
			break;
		rc = step(&walk, path, begin, end, &replaced);
	}
	fd_close(&walk.at);
	return rc;
}

static int open_without_links(const char *path)
{
	const struct open_how_abi how = {.flags = O_PATH | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};

	return (int)syscall(KERNEL_NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
}

int resolve_open(const char *path, const struct writable_roots *writable)
{
	char current[WRIT_MAX_TEXT + 1];
	size_t len = strlen(path);
	struct stat st;
	int fd = open_without_links(path);

	if (fd >= 0 || errno != ELOOP)
		return fd;
	/* What is not there by any way, another architecture's interpreter say, need not be walked
	 * to. */
	if (stat(path, &st) && errno == ENOENT)
		return -1;
	errno = ENAMETOOLONG;
	if (len > WRIT_MAX_TEXT)
		return -1;
	memcpy(current, path, len + 1);
	for (unsigned links = 0; links < MAX_LINKS; links++) {
		int rc = replace_first_link(writable, current);

		if (rc) {
			errno = -rc;
			return -1;
		}
		fd = open_without_links(current);
		if (fd >= 0 || errno != ELOOP)
			return fd;
	}
	return -1;
}
