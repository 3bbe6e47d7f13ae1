/*
 * A path is followed name by name, with no link followed by the kernel but those of procfs that are
 * no text (/proc/PID/fd/3, cwd, root, exe): these lead straight to an object, and only for whom the
 * kernel lets look into the process. What the text of a link says is put before what is left of the
 * path. In the root of procfs, "self" and "thread-self" are the caller's.
 *
 * The broker's own directory of procfs is never entered. What the walk ends at is judged like
 * anything else.
 */
#include "runtime/broker_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "runtime/raw.h"

#define MAX_LINKS  40u /* as many as the kernel follows: path_resolution(7) */
#define PROC_ROOT  1u  /* the inode of procfs's root */
#define SELF_BYTES (2 * BROKER_DIGIT + sizeof("/task/"))

struct walk {
	struct broker *broker;
	int at; /* what has been reached; AT_FDCWD: the root */
	unsigned int links;
	char name[BROKER_NAME]; /* the next one */
	bool is_last;
	bool has_slash; /* behind it */
};

static void step_to(struct walk *walk, int fd)
{
	if (walk->at >= 0)
		(void)RAW(SYS_close, walk->at);
	walk->at = fd;
}

static int open_next(const struct walk *walk, int flags)
{
	return (int)RAW(SYS_openat, walk->at, walk->name, O_PATH | O_CLOEXEC | flags);
}

/* Puts text before the rest of the path. */
static int prepend(struct walk *walk, const char *text, size_t len)
{
	char *rest = walk->broker->rest;
	size_t left = strlen(rest);

	if (len + 1 + left >= BROKER_PATH)
		return -ENAMETOOLONG;
	memmove(rest + len + 1, rest, left + 1);
	memcpy(rest, text, len);
	rest[len] = '/';
	/* Nothing is behind it: a slash would demand a directory. */
	if (!left && !walk->has_slash)
		rest[len] = '\0';
	return 0;
}

static int open_root(void)
{
	return (int)RAW(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Goes on with the text of a link, which is at the beginning of broker->link. */
static int go_on(struct walk *walk, size_t len)
{
	const char *text = walk->broker->link;
	int root;

	if (!len)
		return -ENOENT;
	if (text[0] == '/') {
		root = open_root();
		if (root < 0)
			return root;
		step_to(walk, root);
	}
	return prepend(walk, text, len);
}

static int read_link(struct walk *walk, int link)
{
	long len = RAW(SYS_readlinkat, link, "", walk->broker->link, BROKER_PATH);

	return len < 0 ? (int)len : go_on(walk, (size_t)len);
}

/* "self" and "thread-self" of procfs's root, and whatever else is a link there. */
static int follow_in_root(struct walk *walk, int link)
{
	char *text = walk->broker->link;
	size_t len;

	broker_number(text, walk->broker->notif.pid);
	len = strlen(text);
	if (strcmp(walk->name, "self") == 0)
		return go_on(walk, len);
	if (strcmp(walk->name, "thread-self") != 0)
		return read_link(walk, link);
	memcpy(text + len, "/task/", sizeof("/task/"));
	broker_number(text + len + 6, walk->broker->notif.pid);
	return go_on(walk, strlen(text));
}

/* A link in procfs that leads somewhere without a text: the kernel follows it, if it permits. */
static int jump(struct walk *walk)
{
	struct broker_object here;
	int copy = (int)RAW(SYS_fcntl, walk->at, F_DUPFD_CLOEXEC, 0);
	/* Not those of the broker: judged as the directory that it is in. */
	int rc = broker_find_fd(walk->broker, copy, &here, walk->broker->again);

	if (rc)
		return rc;
	(void)RAW(SYS_close, here.fd);
	rc = open_next(walk, 0);
	if (rc < 0)
		return rc;
	step_to(walk, rc);
	return 0;
}

static int examine(const struct walk *walk, int fd, struct statx_abi *out)
{
	(void)walk;
	return (int)RAW(SYS_statx, fd, "", AT_EMPTY_PATH, KERNEL_STATX_TYPE | KERNEL_STATX_INO,
			out);
}

static bool is_proc(const struct walk *walk, const struct statx_abi *st)
{
	return st->dev_major == walk->broker->proc_major &&
	       st->dev_minor == walk->broker->proc_minor;
}

static int follow(struct walk *walk, int link, const struct statx_abi *st)
{
	struct statx_abi here = {.mask = 0};
	int rc;

	if (++walk->links > MAX_LINKS)
		return -ELOOP;
	if (!is_proc(walk, st))
		return read_link(walk, link);
	rc = examine(walk, walk->at, &here);
	if (rc)
		return rc;
	if (is_proc(walk, &here) && here.ino == PROC_ROOT)
		return follow_in_root(walk, link);
	return jump(walk);
}

/* Cuts the next name off the rest. False: there is none. -ENAMETOOLONG is told by an empty one. */
static bool next_name(struct walk *walk)
{
	char *rest = walk->broker->rest;
	size_t begin = strspn(rest, "/");
	size_t len = strcspn(rest + begin, "/");
	size_t slashes = strspn(rest + begin + len, "/");

	if (!len)
		return false;
	walk->name[0] = '\0';
	if (len < BROKER_NAME) {
		memcpy(walk->name, rest + begin, len);
		walk->name[len] = '\0';
	}
	walk->has_slash = slashes > 0;
	rest += begin + len + slashes;
	walk->is_last = *rest == '\0';
	memmove(walk->broker->rest, rest, strlen(rest) + 1);
	return true;
}

/* One name further. */
static int advance(struct walk *walk, const struct broker_at *at)
{
	struct statx_abi st = {.mask = 0};
	bool stays = walk->is_last && !walk->has_slash && at->no_follow;
	int fd;
	int rc;

	if (!walk->name[0])
		return -ENAMETOOLONG;
	fd = open_next(walk, O_NOFOLLOW);
	if (fd < 0)
		return fd;
	rc = examine(walk, fd, &st);
	if (!rc && S_ISLNK(st.mode) && !stays) {
		rc = follow(walk, fd, &st);
		(void)RAW(SYS_close, fd);
		return rc;
	}
	if (!rc && !S_ISDIR(st.mode) && (!walk->is_last || walk->has_slash || at->is_dir))
		rc = -ENOTDIR;
	if (rc)
		(void)RAW(SYS_close, fd);
	else
		step_to(walk, fd);
	return rc;
}

int broker_walk(struct broker *broker, const struct broker_at *at)
{
	struct walk walk = {.broker = broker};
	int rc = 0;

	memcpy(broker->rest, at->path, strlen(at->path) + 1);
	walk.at = at->path[0] == '/' ? open_root()
				     : (int)RAW(SYS_fcntl, at->base, F_DUPFD_CLOEXEC, 0);
	if (walk.at < 0)
		return walk.at;
	while (!rc && next_name(&walk))
		rc = advance(&walk, at);
	if (rc) {
		step_to(&walk, -1);
		return rc;
	}
	return walk.at;
}
