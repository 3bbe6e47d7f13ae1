/*
 * Opening on behalf. Where no link is on the way a path's text says what an object is called: it is
 * judged by that, opened, judged by what the kernel calls it, and handed over
 * (SECCOMP_IOCTL_NOTIF_ADDFD). Where a link is, or that does not agree, the object is found and
 * judged without opening it, then opened by its descriptor, with the tool's flags, and judged
 * again. What may have to be made is then opened by its directory and last name, which have been
 * judged.
 *
 * The broker never waits in an open, when it could end nobody: all but directories are opened with
 * O_NONBLOCK, which is taken back before the tool gets the descriptor. A FIFO without anyone at its
 * other end so opens for reading at once, and not at all for writing (ENXIO): then the tool's call
 * is answered later (broker_fifo.h). A file that somebody has a lease on does not open (EAGAIN). It
 * never takes a controlling terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "runtime/broker_calls.h"
#include "runtime/broker_umask.h"
#include "runtime/raw.h"

#define MAX_LINKS     40u
#define MODE_BITS     07777u
#define SETTABLE      (O_APPEND | O_DIRECT | O_NOATIME | O_NONBLOCK)
#define TTY_MAJOR     5u /* /dev/tty is 5:0, devices.txt */
#define TMPFILE_BIT   ((unsigned int)O_TMPFILE & ~(unsigned int)O_DIRECTORY)
#define RESOLVE_KNOWN 0x3fu    /* up to RESOLVE_CACHED */
#define ANOTHER_WAY   (-5002L) /* no call's result: what was tried did not tell */

/* Flags that make no other kind of descriptor than of a file or directory with a name. */
#define AT_ONCE                                                                                    \
	((unsigned int)(O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |  \
			O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY | O_NOCTTY) |                         \
	 KERNEL_O_LARGEFILE)

/* What is asked for. */
struct wanted {
	struct broker_at at;
	unsigned int flags;
	unsigned int mode;
};

int broker_reopen(struct broker *broker, int fd, unsigned int flags, unsigned int mode)
{
	char number[BROKER_DIGIT];

	broker_number(number, (unsigned int)fd);
	return (int)RAW(SYS_openat, broker->fds, number,
			(flags & ~(unsigned int)(O_CREAT | O_NOFOLLOW)) | O_CLOEXEC | O_NOCTTY,
			mode);
}

long broker_hand_over(struct broker *broker, int fd, unsigned int flags)
{
	struct seccomp_addfd_abi add = {
		.id = broker->notif.id,
		.flags = SECCOMP_ADDFD_AND_SEND,
		.srcfd = (uint32_t)fd,
		.newfd_flags = flags & O_CLOEXEC,
	};
	long rc = RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_ADDFD, &add);

	if (rc >= 0 || rc == -ENOENT)
		return BROKER_SENT;
	if (rc != -EINVAL)
		return rc;
	add.flags = 0;
	return RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_ADDFD, &add);
}

/* With what an open never waits. A directory's does not, and its descriptor is one call cheaper. */
static unsigned int at_once(unsigned int flags)
{
	return flags & O_DIRECTORY ? 0u : O_NONBLOCK;
}

long broker_give(struct broker *broker, int fd, unsigned int flags)
{
	long rc = 0;

	if (at_once(flags) & ~flags)
		rc = RAW(SYS_fcntl, fd, F_SETFL, flags & SETTABLE);
	if (rc >= 0)
		rc = broker_hand_over(broker, fd, flags);
	(void)RAW(SYS_close, fd);
	return rc;
}

/* What has been opened and judged, of that mode. */
static long give_or_wait(struct broker *broker, int fd, uint32_t mode, unsigned int flags)
{
	long rc;

	if ((flags & O_ACCMODE) != O_RDONLY || !broker_fifo_waits(mode, flags))
		return broker_give(broker, fd, flags);
	rc = broker_fifo_wait(broker, fd, flags);
	(void)RAW(SYS_close, fd);
	return rc;
}

/* A terminal that means another one to each process: the tool has none. */
static bool is_own_terminal(uint32_t mode, uint32_t major, uint32_t minor)
{
	return S_ISCHR(mode) && major == TTY_MAJOR && minor == 0;
}

/* Opens an object that is there. */
static long open_object(struct broker *broker, const struct broker_object *object,
			const struct wanted *want)
{
	bool is_new = want->flags & TMPFILE_BIT;
	int fd;
	int rc;

	if (S_ISLNK(object->mode))
		return want->flags & O_DIRECTORY ? -ENOTDIR : -ELOOP;
	if (is_own_terminal(object->mode, object->rdev_major, object->rdev_minor))
		return -ENXIO;
	fd = broker_reopen(broker, object->fd, want->flags | at_once(want->flags), want->mode);
	if (fd == -ENXIO && broker_fifo_waits(object->mode, want->flags))
		return broker_fifo_wait(broker, object->fd, want->flags);
	if (fd < 0)
		return fd;
	/* What has no name, or is new in the directory that was judged, has none to judge. */
	rc = is_new || !broker->name[0] ? 0 : broker_judge_again(broker, fd, broker->name);
	if (rc) {
		(void)RAW(SYS_close, fd);
		return rc;
	}
	return give_or_wait(broker, fd, object->mode, want->flags);
}

static long open_existing(struct broker *broker, const struct wanted *want)
{
	struct broker_object object;
	long rc = broker_find(broker, &want->at, &object, broker->name);

	if (rc)
		return rc;
	rc = open_object(broker, &object, want);
	(void)RAW(SYS_close, object.fd);
	return rc;
}

/* Opens or makes what has a judged name. -ELOOP: there is a symbolic link. */
static long open_place(struct broker *broker, const struct broker_place *place,
		       const struct wanted *want)
{
	struct statx_abi st = {.mask = 0};
	unsigned int flags = want->flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = (int)RAW(SYS_openat, place->parent, place->name, flags, want->mode);
	int rc;

	if (fd < 0)
		return fd;
	rc = (int)RAW(SYS_statx, fd, "", AT_EMPTY_PATH, KERNEL_STATX_TYPE, &st);
	if (!rc && is_own_terminal(st.mode, st.rdev_major, st.rdev_minor))
		rc = -ENXIO;
	if (!rc)
		rc = broker_judge_again(broker, fd, broker->name);
	if (rc) {
		(void)RAW(SYS_close, fd);
		return rc;
	}
	return give_or_wait(broker, fd, st.mode, want->flags);
}

/*
 * A link stands at a place, and what it leads to is not there and may be made: its text is the path
 * now, from the place's directory, which is taken.
 */
static int follow_place(struct broker *broker, const struct broker_place *place,
			struct broker_at *at)
{
	long len = RAW(SYS_readlinkat, place->parent, place->name, broker->path, BROKER_PATH - 1);

	if (len <= 0)
		return len ? (int)len : -ENOENT;
	broker->path[len] = '\0';
	broker_end(at);
	at->base = place->parent;
	at->path = broker->path;
	at->said = NULL;
	return 0;
}

/* ANOTHER_WAY: want->at is the next path to try. */
static long try_make(struct broker *broker, struct wanted *want)
{
	struct broker_place place;
	long rc = broker_place(broker, &want->at, &place, broker->name);

	if (rc)
		return rc == -ENOTUNIQ ? -EISDIR : rc;
	/* Nothing is made on procfs, and what is there has to be looked at before. */
	rc = place.on_proc ? -ELOOP : open_place(broker, &place, want);
	if (rc == -ELOOP && want->flags & O_EXCL)
		rc = -EEXIST;
	/* A FIFO without a reader is not opened by its name, either. */
	if ((rc == -ELOOP && !(want->flags & (O_NOFOLLOW | O_EXCL))) || rc == -ENXIO)
		rc = open_existing(broker, want);
	if (rc == -ENOENT && !place.on_proc && !(want->flags & O_EXCL) && !want->at.resolve &&
	    !follow_place(broker, &place, &want->at))
		return ANOTHER_WAY;
	(void)RAW(SYS_close, place.parent);
	return rc;
}

static long make(struct broker *broker, struct wanted *want)
{
	long rc = ANOTHER_WAY;

	if (want->flags & O_DIRECTORY)
		return -EINVAL;
	for (unsigned int i = 0; rc == ANOTHER_WAY && i < MAX_LINKS; i++)
		rc = try_make(broker, want);
	return rc == ANOTHER_WAY ? -ELOOP : rc;
}

/* What has been opened by its text. */
static long check_opened(struct broker *broker, int fd, const struct wanted *want,
			 struct statx_abi *st)
{
	int rc = broker_examine(fd, st);

	if (rc)
		return rc;
	if (st->dev_major == broker->proc_major && st->dev_minor == broker->proc_minor)
		return ANOTHER_WAY;
	if (is_own_terminal(st->mode, st->rdev_major, st->rdev_minor))
		return -ENXIO;
	if (want->at.is_made)
		return broker_judge_again(broker, fd, want->at.said);
	rc = broker_is_called(broker, fd, want->at.said);
	return rc == -ESTALE ? ANOTHER_WAY : rc;
}

/* ANOTHER_WAY: its text does not tell what it is called, or it is on procfs. */
static long open_at_once(struct broker *broker, const struct wanted *want)
{
	const struct open_how_abi how = {
		.flags = want->flags | at_once(want->flags) | O_NOCTTY | O_CLOEXEC,
		.mode = want->flags & O_CREAT ? want->mode & MODE_BITS : 0,
		.resolve = KERNEL_RESOLVE_NO_SYMLINKS,
	};
	struct statx_abi st = {.mask = 0};
	char *said = want->at.said;
	long rc;
	int fd;

	if (!said || want->flags & ~AT_ONCE || strncmp(said, "/proc/", 6) == 0 ||
	    broker_is_denied(broker, said))
		return ANOTHER_WAY;
	/* Which kernels before 6.4 make a file for. */
	if (want->flags & O_CREAT && want->flags & O_DIRECTORY)
		return -EINVAL;
	fd = (int)RAW(KERNEL_NR_OPENAT2, want->at.base, want->at.path, &how, sizeof(how));
	if (fd < 0) /* a FIFO may have to be waited for */
		return fd == -ELOOP || fd == -ENXIO ? ANOTHER_WAY : fd;
	rc = check_opened(broker, fd, want, &st);
	if (rc) {
		(void)RAW(SYS_close, fd);
		return rc;
	}
	return give_or_wait(broker, fd, st.mode, want->flags);
}

static long open_wanted(struct broker *broker, int dir, struct wanted *want)
{
	long rc;

	want->at.no_follow = want->flags & O_NOFOLLOW;
	want->at.is_dir = want->flags & O_DIRECTORY;
	want->at.is_made = want->flags & (O_CREAT | O_TRUNC);
	if (want->flags & (O_CREAT | TMPFILE_BIT))
		broker_umask_adopt(broker);
	rc = broker_begin(broker, dir, broker->path, &want->at);
	if (rc)
		return rc;
	rc = open_at_once(broker, want);
	if (rc == ANOTHER_WAY)
		rc = want->flags & O_CREAT ? make(broker, want) : open_existing(broker, want);
	broker_end(&want->at);
	return rc;
}

long broker_open(struct broker *broker, const struct broker_args *args)
{
	struct wanted want = {.flags = (unsigned int)args->flags,
			      .mode = (unsigned int)args->value};
	int rc;

	/*
	 * Nothing can be read or changed by such a descriptor, and its name can be looked at
	 * anyway. The flags are no memory of the tool's, so it can't make another open of it.
	 */
	if (want.flags & O_PATH)
		return BROKER_CONTINUE;
	rc = broker_read_path(broker, args->path, broker->path);
	return rc ? rc : open_wanted(broker, args->dir, &want);
}

long broker_creat(struct broker *broker, const struct broker_args *args)
{
	struct broker_args as_open = *args;

	as_open.flags = O_CREAT | O_WRONLY | O_TRUNC;
	return broker_open(broker, &as_open);
}

long broker_openat2(struct broker *broker, const struct broker_args *args)
{
	struct open_how_abi how;
	struct wanted want = {.flags = 0};
	int rc;

	if (args->value < sizeof(how))
		return -EINVAL;
	/* What later kernels have added is not known here: openat2(2), "Extensibility". */
	if (args->value > sizeof(how))
		return -E2BIG;
	rc = broker_read(broker, args->flags, &how, sizeof(how));
	if (!rc)
		rc = broker_read_path(broker, args->path, broker->path);
	if (rc)
		return rc;
	if (how.flags > UINT32_MAX || how.mode & ~(uint64_t)MODE_BITS ||
	    how.resolve & ~(uint64_t)RESOLVE_KNOWN)
		return -EINVAL;
	/* Such a descriptor can't be handed over, nor the call be made by the tool itself. */
	if (how.flags & O_PATH)
		return -ENOSYS;
	want.flags = (unsigned int)how.flags;
	want.mode = (unsigned int)how.mode;
	want.at.resolve = how.resolve;
	return open_wanted(broker, args->dir, &want);
}
