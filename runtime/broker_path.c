/*
 * See broker_path.h. An object is found first, without opening it (O_PATH); what it is called is
 * asked of the kernel then (d_path, by a link in /proc/self/fd), so it does not matter by which
 * links, directories or races it was found. A name is believed when it leads back to the object:
 * not that of a deleted file, or of one on a mount that is gone. It is also believed when it is
 * what the path's text says and the kernel has followed that without meeting a link, from the root
 * or from a directory whose own name has led back to it: most paths, for which two calls are
 * enough.
 *
 * The kernel follows paths for us, but for links whose meaning depends on who follows them: in
 * procfs "self" would be the broker. Where it meets one (RESOLVE_NO_MAGICLINKS) or ends in the
 * broker's own part of procfs, the path is followed again, by broker_walk.c.
 */
#include "runtime/broker_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "runtime/broker_fold.h"
#include "runtime/broker_walk.h"
#include "runtime/raw.h"

#define PAGE        4096u /* the smallest there is */
#define FIRST_BYTES 256u  /* of a path: few are longer */
#define MAX_TRIES   3     /* while somebody renames it */

void broker_number(char out[BROKER_DIGIT], unsigned int number)
{
	char digits[BROKER_DIGIT];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	out[n] = '\0';
}

int broker_read(struct broker *broker, uint64_t address, void *out, size_t size)
{
	const struct {
		uint64_t base;
		size_t len;
	} remote = {address, size}; /* a struct iovec, of another process's address */
	const struct iovec local = {out, size};
	long got = RAW(SYS_process_vm_readv, broker->notif.pid, &local, 1, &remote, 1, 0);

	if (got < 0)
		return got == -EFAULT ? -EFAULT : -EACCES;
	return (size_t)got == size ? 0 : -EFAULT;
}

int broker_read_path(struct broker *broker, uint64_t address, char out[BROKER_PATH])
{
	size_t have = 0;

	if (!address)
		return -EFAULT;
	/* Not over the end of a page, behind which there may be nothing. */
	while (have < BROKER_PATH) {
		size_t size = PAGE - (address + have) % PAGE;
		int rc;

		if (!have && size > FIRST_BYTES)
			size = FIRST_BYTES;
		if (size > BROKER_PATH - have)
			size = BROKER_PATH - have;
		rc = broker_read(broker, address + have, out + have, size);
		if (rc)
			return rc;
		if (memchr(out + have, '\0', size))
			return 0;
		have += size;
	}
	return -ENAMETOOLONG;
}

int broker_take(struct broker *broker, int fd)
{
	char path[BROKER_DIGIT + sizeof("/fd/") + BROKER_DIGIT];
	size_t len;
	long rc;

	broker_number(path, broker->notif.pid);
	len = strlen(path);
	if (fd == AT_FDCWD) {
		memcpy(path + len, "/cwd", sizeof("/cwd"));
	} else if (fd < 0) {
		return -EBADF;
	} else {
		memcpy(path + len, "/fd/", sizeof("/fd/"));
		broker_number(path + len + 4, (unsigned int)fd);
	}
	rc = RAW(SYS_openat, broker->proc, path, O_PATH | O_CLOEXEC);
	return rc == -ENOENT && fd != AT_FDCWD ? -EBADF : (int)rc;
}

int broker_examine(int fd, struct statx_abi *out)
{
	return (int)RAW(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
			KERNEL_STATX_TYPE | KERNEL_STATX_MODE | KERNEL_STATX_INO |
				KERNEL_STATX_MNT_ID,
			out);
}

/* What the kernel calls it now. */
static int read_name(const struct broker *broker, int fd, char *name)
{
	char number[BROKER_DIGIT];
	long len;

	broker_number(number, (unsigned int)fd);
	len = RAW(SYS_readlinkat, broker->fds, number, name, BROKER_PATH);
	if (len < 0)
		return (int)len;
	if (len >= BROKER_PATH)
		return -ENAMETOOLONG;
	name[len] = '\0';
	return 0;
}

/* Does the name lead to the same object, by the same mount? -EAGAIN: no. */
static int check_name(const char *name, const struct statx_abi *want, bool same_mount)
{
	const struct open_how_abi how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};
	struct statx_abi got = {.mask = 0};
	long fd = RAW(KERNEL_NR_OPENAT2, AT_FDCWD, name, &how, sizeof(how));
	int rc;

	if (fd < 0)
		return -EAGAIN;
	rc = broker_examine((int)fd, &got);
	(void)RAW(SYS_close, fd);
	if (rc)
		return rc;
	return got.ino == want->ino && got.dev_major == want->dev_major &&
			       got.dev_minor == want->dev_minor &&
			       (got.mnt_id == want->mnt_id || !same_mount)
		       ? 0
		       : -EAGAIN;
}

/* Puts the names of a path behind an absolute one; false: not by its text alone, or too long. */
static bool add_names(char *name, size_t have, const char *path)
{
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0)
			return false;
		if (have + 1 + len >= BROKER_PATH)
			return false;
		if (len != 1 || *path != '.') {
			name[have] = '/';
			memcpy(name + have + 1, path, len);
			have += 1 + len;
		}
		path += len;
	}
	if (!have)
		name[have++] = '/';
	name[have] = '\0';
	return true;
}

static bool is_known(const struct broker_known *known, const struct statx_abi *st)
{
	return known->mnt_id && known->mnt_id == st->mnt_id && known->ino == st->ino &&
	       known->dev_major == st->dev_major && known->dev_minor == st->dev_minor;
}

/*
 * The name of a directory that paths are relative to, or NULL. Of the one that was asked for last
 * it need not be of now, unless is_now: whoever believes it compares what it says with what the
 * kernel calls the object that was found.
 */
static const char *base_name(struct broker *broker, int base, bool is_now)
{
	struct broker_known *known = &broker->base;
	struct statx_abi st = {.mask = 0};
	bool is_same;

	if (broker_examine(base, &st))
		return NULL;
	is_same = is_known(known, &st);
	if (is_same && !is_now)
		return known->name;
	if (read_name(broker, base, broker->again))
		return NULL;
	if (is_same && strcmp(broker->again, known->name) == 0)
		return known->name;
	known->mnt_id = 0;
	if (broker->again[0] != '/' || check_name(broker->again, &st, true))
		return NULL;
	memcpy(known->name, broker->again, strlen(broker->again) + 1);
	known->ino = st.ino;
	known->mnt_id = st.mnt_id;
	known->dev_major = st.dev_major;
	known->dev_minor = st.dev_minor;
	return known->name;
}

/* What a path says by its text alone, or NULL. */
static char *say(struct broker *broker, const struct broker_at *at)
{
	const char *base = "";
	size_t len;

	if (at->resolve || !at->path[0])
		return NULL;
	if (at->path[0] != '/')
		base = base_name(broker, at->base, at->is_made);
	if (!base)
		return NULL;
	len = strlen(base);
	/* The root's name is a slash, which comes with what is behind it. */
	if (len == 1)
		len = 0;
	memcpy(broker->said, base, len);
	return add_names(broker->said, len, at->path) ? broker->said : NULL;
}

int broker_refuse_name(struct broker *broker, const char *name, int result)
{
	if (result)
		broker->refused = name;
	return result;
}

bool broker_is_denied(const struct broker *broker, char *name)
{
	return broker_rules_deny(&broker->rules, name) ||
	       (broker_rules_deny_folded(&broker->rules, name) && broker_folds(name));
}

/*
 * On procfs: what belongs to a process is opened only when the broker may look into the process by
 * the kernel's word, which means one of its own Landlock domain. Its own part is none of the
 * tool's, and a way to whoever shares its memory. The link to a root directory is one that the
 * kernel reads out to nobody else.
 */
static int judge_process(const struct broker *broker, const char *name)
{
	char path[BROKER_DIGIT + sizeof("/root")];
	char target[8];
	const char *number = name + sizeof("/proc/") - 1;
	size_t len;
	long rc;

	if (strcmp(name, "/proc") == 0)
		return 0;
	if (strncmp(name, "/proc/", sizeof("/proc/") - 1) != 0)
		return -EACCES;
	len = strspn(number, "0123456789");
	if (!len || (number[len] && number[len] != '/'))
		return 0;
	if (len >= BROKER_DIGIT)
		return -EACCES;
	memcpy(path, number, len);
	path[len] = '\0';
	if (strcmp(path, broker->own) == 0)
		return -EXDEV;
	memcpy(path + len, "/root", sizeof("/root"));
	rc = RAW(SYS_readlinkat, broker->proc, path, target, sizeof(target));
	/* A process that has ended but for its number has no root directory. */
	return rc >= 0 || rc == -ENOENT ? 0 : -EACCES;
}

/*
 * said is the name by which the kernel has just found the object without following a link, from the
 * root or from a directory whose name has led to it; or NULL. -EXDEV: it is in the broker's own
 * part of procfs.
 */
static int judge(struct broker *broker, int fd, const struct statx_abi *st, const char *said,
		 char *name)
{
	int rc = -EAGAIN;

	for (int i = 0; rc == -EAGAIN && i < MAX_TRIES; i++) {
		rc = read_name(broker, fd, name);
		if (rc)
			return rc;
		if (name[0] != '/') {
			name[0] = '\0';
			return 0;
		}
		if (!said || strcmp(said, name) != 0)
			rc = check_name(name, st, true);
	}
	if (rc)
		return rc == -EAGAIN ? -EACCES : rc;
	if (st->dev_major == broker->proc_major && st->dev_minor == broker->proc_minor)
		rc = judge_process(broker, name);
	if (!rc && broker_is_denied(broker, name))
		rc = -EACCES;
	return rc == -EACCES ? broker_refuse_name(broker, name, rc) : rc;
}

/* Judges and takes fd. */
static int take_object(struct broker *broker, int fd, const char *said, struct broker_object *out,
		       char *name)
{
	struct statx_abi st = {.mask = 0};
	int rc;

	if (fd < 0)
		return fd;
	rc = broker_examine(fd, &st);
	if (!rc)
		rc = judge(broker, fd, &st, said, name);
	if (rc) {
		(void)RAW(SYS_close, fd);
		return rc;
	}
	*out = (struct broker_object){
		.fd = fd,
		.mode = st.mode,
		.rdev_major = st.rdev_major,
		.rdev_minor = st.rdev_minor,
		.on_proc = st.dev_major == broker->proc_major && st.dev_minor == broker->proc_minor,
	};
	return 0;
}

int broker_find_fd(struct broker *broker, int fd, struct broker_object *out, char *name)
{
	int rc = take_object(broker, fd, NULL, out, name);

	return rc == -EXDEV ? -EACCES : rc;
}

int broker_begin(struct broker *broker, int dir, const char *path, struct broker_at *at)
{
	int rc;

	at->base = AT_FDCWD;
	at->path = path;
	if (path[0] != '/' || at->resolve) {
		at->base = broker_take(broker, dir);
		if (at->base < 0)
			return at->base;
	}
	at->said = say(broker, at);
	rc = (int)RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_ID_VALID, &broker->notif.id);
	if (rc)
		broker_end(at);
	return rc;
}

void broker_end(const struct broker_at *at)
{
	if (at->base >= 0)
		(void)RAW(SYS_close, at->base);
}

/*
 * Was the path perhaps followed by way of the broker's own "self", where the caller has more
 * descriptors? So "/dev/fd/63" is, which is a link to there.
 */
static bool may_be_callers(const struct broker_at *at)
{
	return strncmp(at->path, "/proc/", 6) == 0 || strncmp(at->path, "/dev/", 5) == 0;
}

static int follow(const struct broker_at *at, uint64_t resolve)
{
	const struct open_how_abi how = {
		.flags = O_PATH | O_CLOEXEC | (at->no_follow ? O_NOFOLLOW : 0u) |
			 (at->is_dir ? O_DIRECTORY : 0u),
		.resolve = at->resolve | resolve,
	};

	return (int)RAW(KERNEL_NR_OPENAT2, at->base, at->path, &how, sizeof(how));
}

int broker_find(struct broker *broker, const struct broker_at *at, struct broker_object *out,
		char *name)
{
	const char *said = at->said;
	int rc = said ? follow(at, KERNEL_RESOLVE_NO_SYMLINKS) : -ELOOP;

	if (rc == -ELOOP) {
		said = NULL;
		rc = follow(at, KERNEL_RESOLVE_NO_MAGICLINKS);
	}
	rc = take_object(broker, rc, said, out, name);
	if (at->resolve || (rc != -EXDEV && rc != -ELOOP && !(rc == -ENOENT && may_be_callers(at))))
		return rc == -EXDEV && !at->resolve ? -EACCES : rc;
	return broker_find_fd(broker, broker_walk(broker, at), out, name);
}

/* Puts a last name behind the name of its directory. */
static int append(char *name, const char *last, size_t len)
{
	size_t have = strlen(name);

	if (have == 1)
		have = 0;
	name[have] = '/';
	memcpy(name + have + 1, last, len);
	name[have + 1 + len] = '\0';
	return have + 1 + len < BROKER_PATH ? 0 : -ENAMETOOLONG;
}

/* What the directory of a name is called, by its text; what is cut off is returned. */
static char cut_said(char *said, char **end)
{
	char *slash = said ? strrchr(said, '/') : NULL;
	char was;

	*end = NULL;
	if (!slash)
		return '\0';
	*end = slash + (slash == said);
	was = **end;
	**end = '\0';
	return was;
}

/* The directory's path, which is the part of rest before its last name. */
static void cut(char *rest, size_t begin)
{
	if (begin == 0) {
		memcpy(rest, ".", sizeof("."));
		return;
	}
	while (begin > 1 && rest[begin - 1] == '/')
		begin--;
	rest[begin] = '\0';
}

int broker_place(struct broker *broker, const struct broker_at *at, struct broker_place *out,
		 char *name)
{
	size_t whole = strlen(at->path);
	size_t end = whole;
	size_t begin;
	struct broker_at dir = *at;
	struct broker_object parent;
	char *said_end;
	char was;
	int rc;

	if (!whole)
		return -ENOENT;
	while (end && at->path[end - 1] == '/')
		end--;
	for (begin = end; begin && at->path[begin - 1] != '/';)
		begin--;
	if (end - begin >= BROKER_NAME)
		return -ENAMETOOLONG;
	memcpy(out->name, at->path + begin, end - begin);
	out->name[end - begin] = '\0';
	/* "/", "." and "..": there is no place for them. */
	if (out->name[strspn(out->name, ".")] == '\0' && end - begin < 3)
		return -ENOTUNIQ;
	if (end != whole)
		memcpy(out->name + (end - begin), "/", sizeof("/"));
	memcpy(broker->parent, at->path, whole + 1);
	cut(broker->parent, begin);
	dir.path = broker->parent;
	dir.is_dir = true;
	dir.no_follow = false;
	was = cut_said(dir.said, &said_end);
	rc = broker_find(broker, &dir, &parent, name);
	if (said_end)
		*said_end = was;
	if (rc)
		return rc;
	out->parent = parent.fd;
	out->on_proc = parent.on_proc;
	rc = append(name, at->path + begin, end - begin);
	if (!rc && broker_is_denied(broker, name))
		rc = broker_refuse_name(broker, name, -EACCES);
	if (rc)
		(void)RAW(SYS_close, parent.fd);
	return rc;
}

int broker_is_called(struct broker *broker, int fd, const char *name)
{
	int rc = read_name(broker, fd, broker->again);

	if (!rc && strcmp(broker->again, name) != 0)
		rc = -ESTALE;
	return rc;
}

int broker_judge_again(struct broker *broker, int fd, const char *name)
{
	int rc = broker_is_called(broker, fd, name);

	if (rc != -ESTALE)
		return rc;
	return broker->again[0] == '/' && !broker_is_denied(broker, broker->again)
		       ? 0
		       : broker_refuse_name(broker, broker->again, -EACCES);
}

static bool is_within(const char *name, const char *tree)
{
	size_t len = strlen(tree);

	return strncmp(name, tree, len) == 0 && (len == 1 || name[len] == '/' || !name[len]);
}

/* Is there still what was granted, which is what the kernel lets the tool write to? */
static bool stands(const struct broker_tree *tree)
{
	const struct statx_abi want = {.ino = tree->inode,
				       .dev_major = tree->major,
				       .dev_minor = tree->minor};

	return check_name(tree->path, &want, false) == 0;
}

bool broker_may_change(struct broker *broker, const struct broker_object *object)
{
	bool may = !broker->guards_metadata;

	for (size_t i = 0; !may && !object->on_proc && i < broker->n_trees; i++)
		may = is_within(broker->name, broker->trees[i].path) && stands(&broker->trees[i]);
	if (!may)
		broker->refused = broker->name;
	return may;
}
