/*
 * See resolve.h. A path without any symbolic link, the usual case, is one openat2(2). Any other is walked
 * component by component, each opened from the descriptor of the one before, so that nothing can be
 * swapped between a look and a step; links are read and walked likewise. Trees are told by device and
 * inode, so it does not matter by which name one was entered.
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
	unsigned links;
	char rest[WRIT_MAX_TEXT + 1]; /* what is still to be walked, without a "/" before it */
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
	walk->in_tree = false;
	arrive(walk, fd, &st);
	return 0;
}

/* Cuts the first component off the rest; an empty one when nothing is left. */
static void next_component(char *rest, char *component)
{
	size_t len = strcspn(rest, "/");
	size_t skip = len + strspn(rest + len, "/");

	memcpy(component, rest, len);
	component[len] = '\0';
	memmove(rest, rest + skip, strlen(rest + skip) + 1);
}

/* Puts a link's target before the rest; an absolute one begins at the root again. */
static int follow_link(struct walk *walk, int link)
{
	char target[WRIT_MAX_TEXT + 1];
	size_t rest_len = strlen(walk->rest);
	ssize_t len = readlinkat(link, "", target, sizeof(target));
	size_t skip;

	if (len < 0)
		return -errno;
	if (walk->in_tree || ++walk->links > MAX_LINKS)
		return -ELOOP;
	if ((size_t)len + 1 + rest_len >= sizeof(walk->rest))
		return -ENAMETOOLONG;
	target[len] = '\0';
	skip = strspn(target, "/");
	memmove(walk->rest + (size_t)len - skip + 1, walk->rest, rest_len + 1);
	memcpy(walk->rest, target + skip, (size_t)len - skip);
	walk->rest[(size_t)len - skip] = '/';
	return skip ? start_at_root(walk) : 0;
}

static int step(struct walk *walk, const char *component)
{
	int fd = openat(walk->at, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		rc = -errno;
	else if (S_ISLNK(st.st_mode))
		rc = follow_link(walk, fd);
	else {
		arrive(walk, fd, &st);
		return 0;
	}
	fd_close(&fd);
	return rc;
}

static int walk_path(struct walk *walk, const char *path)
{
	char component[WRIT_MAX_TEXT + 1];
	size_t len = strlen(path);
	int rc;

	if (len >= sizeof(walk->rest))
		return -ENAMETOOLONG;
	memcpy(walk->rest, path, len + 1);
	rc = start_at_root(walk);
	while (!rc && walk->rest[0] != '\0') {
		next_component(walk->rest, component);
		/* Empty before the first "/". */
		if (component[0] != '\0')
			rc = step(walk, component);
	}
	return rc;
}

int resolve_open(const char *path, const struct writable_roots *writable)
{
	const struct open_how_abi how = {.flags = O_PATH | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};
	struct walk walk = {.writable = writable, .at = -1};
	int fd = (int)syscall(KERNEL_NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
	struct stat st;
	int rc;

	if (fd >= 0 || errno != ELOOP)
		return fd;
	/* What is not there by any way, another architecture's interpreter say, need not be walked to. */
	if (stat(path, &st) && errno == ENOENT)
		return -1;
	rc = walk_path(&walk, path);
	if (rc) {
		fd_close(&walk.at);
		errno = -rc;
	}
	return walk.at;
}
