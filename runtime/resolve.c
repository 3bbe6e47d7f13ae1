/*
 * See resolve.h. A path without any symbolic link, the usual case, is one openat2(2) that follows
 * none. Of any other the first link is found, component by component; its target is put in its
 * place, and the path tried again. A link that is replaced lies outside of every writable tree, and
 * so do all components before it: what they are can't change under us, so they may be named by path
 * again, and what the link says may be remembered for the paths that follow (/lib, mostly). Once in
 * a writable tree no link is replaced; one that appears there later stops the openat2, and what is
 * opened in the end has none. Trees are told by device and inode, so it does not matter by which
 * name one was entered.
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
#include "runtime/kernel_abi.h"

#define MAX_LINKS 40 /* as many as the kernel follows: path_resolution(7) */
#define N_RECENT  8  /* sandboxes that extend one another write the same few paths */

/* One path on its way to having no links. */
struct walk {
	struct resolver *resolver;
	bool in_tree; /* what has been reached is in a writable tree */
	char path[WRIT_MAX_TEXT + 1];
};

/* Is a path that can't be examined for this reason one through which nothing can be written? */
static bool is_unreachable(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
	       error == ENAMETOOLONG;
}

/* The paths that were looked at last. */
struct recent {
	const char *paths[N_RECENT];
	size_t n;
};

/* Was the path looked at before? If that is not known, it is now. */
static bool is_recent(struct recent *recent, const char *path)
{
	for (size_t i = 0; i < N_RECENT && i < recent->n; i++) {
		if (strcmp(recent->paths[i], path) == 0)
			return true;
	}
	recent->paths[recent->n++ % N_RECENT] = path;
	return false;
}

int resolver_init(struct resolver *resolver, struct writ_sandbox *sandbox,
		  const struct sandbox_source *source)
{
	const struct writ_policy *policy = source->policy;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_PATHS);
	struct recent recent = {.n = 0};
	struct stat root;

	resolver->n_writable = 0;
	resolver->n_links = 0;
	resolver->writable = pool_array(&sandbox->pool, n, sizeof(*resolver->writable));
	if (!resolver->writable)
		return error_nomem(source->error);
	if (stat("/", &root))
		return error_sys(source->error, WRIT_E_SYSTEM, errno, "can't examine '/'");
	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_path *record = image_PATHS(&policy->image, i);
		struct stat st;

		if (!(record->rights & WRIT_PATH_WRITE) || is_recent(&recent, policy->paths[i]))
			continue;
		if (stat(policy->paths[i], &st)) {
			if (is_unreachable(errno))
				continue;
			return error_sys(source->error, WRIT_E_SYSTEM, errno,
					 "can't examine '%.300s'", policy->paths[i]);
		}
		if (!S_ISDIR(st.st_mode))
			continue;
		/* Whoever may write "/" gains nothing by a link: it does not count. */
		if (st.st_dev != root.st_dev || st.st_ino != root.st_ino)
			resolver->writable[resolver->n_writable++] =
				(struct sandbox_root){st.st_dev, st.st_ino};
	}
	return 0;
}

static bool is_writable(const struct resolver *resolver, const struct stat *st)
{
	for (size_t i = 0; i < resolver->n_writable; i++) {
		const struct sandbox_root *root = &resolver->writable[i];

		if (root->device == st->st_dev && root->inode == st->st_ino)
			return true;
	}
	return false;
}

/* Keeps what the first len bytes of path, a link, stand for; or not, when there is no room. */
static void remember(struct resolver *resolver, const char *path, size_t len, const char *to,
		     size_t to_len)
{
	struct resolved_link *link = &resolver->links[resolver->n_links];

	if (resolver->n_links == RESOLVER_LINKS || len >= sizeof(link->path) ||
	    to_len >= sizeof(link->to))
		return;
	memcpy(link->path, path, len);
	memcpy(link->to, to, to_len);
	link->path_len = len;
	link->to_len = to_len;
	resolver->n_links++;
}

/* Puts len bytes of text in the place of the path's bytes from begin to end. */
static int replace(char *path, size_t begin, size_t end, const char *text, size_t len)
{
	size_t rest = strlen(path + end) + 1;

	if (begin + len + rest > WRIT_MAX_TEXT + 1)
		return -ENAMETOOLONG;
	memmove(path + begin + len, path + end, rest);
	memcpy(path + begin, text, len);
	return 0;
}

/*
 * Replaces the link that the path's bytes up to end are; its name begins at begin. What it says is
 * read to where the path that is found will be.
 */
static int follow(struct walk *walk, size_t begin, size_t end)
{
	char *target = walk->resolver->found;
	char before[RESOLVER_LINK_BYTES];
	char after = walk->path[end];
	ssize_t len;
	int rc;

	walk->path[end] = '\0';
	len = readlink(walk->path, target, sizeof(walk->resolver->found));
	walk->path[end] = after;
	if (len < 0)
		return -errno;
	if (end < sizeof(before))
		memcpy(before, walk->path, end);
	if (len > 0 && target[0] == '/')
		begin = 0;
	rc = replace(walk->path, begin, end, target, (size_t)len);
	if (!rc && end < sizeof(before))
		remember(walk->resolver, before, end, walk->path, begin + (size_t)len);
	return rc;
}

/* The path's bytes up to end, which follow no link. *replaced: the last component was one. */
static int step(struct walk *walk, size_t begin, size_t end, bool *replaced)
{
	char after = walk->path[end];
	struct stat st;
	int rc;

	walk->path[end] = '\0';
	rc = lstat(walk->path, &st) ? -errno : 0;
	walk->path[end] = after;
	if (rc)
		return rc;
	if (!S_ISLNK(st.st_mode)) {
		walk->in_tree = walk->in_tree || is_writable(walk->resolver, &st);
		return 0;
	}
	*replaced = true;
	return walk->in_tree ? -ELOOP : follow(walk, begin, end);
}

static int replace_first_link(struct walk *walk)
{
	bool replaced = false;
	size_t end = 0;
	int rc = 0;

	walk->in_tree = false;
	while (!rc && !replaced) {
		size_t begin = end + strspn(walk->path + end, "/");

		end = begin + strcspn(walk->path + begin, "/");
		if (begin == end)
			break;
		rc = step(walk, begin, end, &replaced);
	}
	return rc;
}

static bool begins_with(const char *path, const struct resolved_link *link)
{
	const char *after = path + link->path_len;

	return strncmp(path, link->path, link->path_len) == 0 && (*after == '/' || !*after);
}

/* Replaces the links that are known from earlier paths. */
static void use_known_links(struct walk *walk)
{
	for (size_t i = 0; i < walk->resolver->n_links; i++) {
		const struct resolved_link *link = &walk->resolver->links[i];

		if (begins_with(walk->path, link))
			(void)replace(walk->path, 0, link->path_len, link->to, link->to_len);
	}
}

static int open_without_links(const char *path)
{
	const struct open_how_abi how = {.flags = O_PATH | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};

	return (int)syscall(KERNEL_NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
}

int resolve_open(const char *path, struct resolver *resolver)
{
	struct walk walk;
	size_t len = strlen(path);
	struct stat st;
	int rc = 0;

	errno = ENAMETOOLONG;
	if (len > WRIT_MAX_TEXT)
		return -1;
	walk.resolver = resolver;
	memcpy(walk.path, path, len + 1);
	for (unsigned links = 0; !rc && links < MAX_LINKS; links++) {
		int fd;

		use_known_links(&walk);
		fd = open_without_links(walk.path);
		if (fd >= 0)
			memcpy(resolver->found, walk.path, strlen(walk.path) + 1);
		if (fd >= 0 || errno != ELOOP)
			return fd;
		rc = replace_first_link(&walk);
	}
	/* What is not there by any way is no danger. */
	if (rc == -ELOOP && stat(path, &st) && errno == ENOENT)
		rc = -ENOENT;
	errno = rc ? -rc : ELOOP;
	return -1;
}
