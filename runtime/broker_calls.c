/*
 * Calls that name files, one row each: where in the call the arguments are, and what is done for
 * it. A call without a row is refused (EPERM): the filter hands over no others.
 *
 * What is changed is changed by the directory and last name that were judged, or by the object
 * itself, through its descriptor; never by the path again. A new name must not be a denied one, nor
 * may the old one of what is renamed, linked or removed. Directories that are renamed take
 * everything in them along: broker_rules_move says when that is right.
 */
#include "runtime/broker_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "runtime/broker_umask.h"
#include "runtime/raw.h"

#define RENAME_KNOWN  3u /* RENAME_NOREPLACE and RENAME_EXCHANGE, renameat2(2) */
#define EXCHANGES     2u
#define NS_PER_US     1000
#define US_PER_SECOND 1000000u
#define TIMES         2 /* of access and of change */

/* A call on a place: its name is in broker->name. */
typedef long on_place_fn(struct broker *broker, const struct broker_place *place,
			 const struct broker_args *args);

static long at_place(struct broker *broker, const struct broker_args *args, on_place_fn *run,
		     int no_place)
{
	struct broker_at at = {.resolve = 0};
	struct broker_place place;
	long rc = broker_read_path(broker, args->path, broker->path);

	if (!rc)
		rc = broker_begin(broker, args->dir, broker->path, &at);
	if (rc)
		return rc;
	rc = broker_place(broker, &at, &place, broker->name);
	if (!rc) {
		rc = run(broker, &place, args);
		(void)RAW(SYS_close, place.parent);
	}
	broker_end(&at);
	return rc == -ENOTUNIQ ? no_place : rc;
}

/* The type of what a place has; 0: nothing. */
static uint32_t type_at(const struct broker_place *place)
{
	struct statx_abi st = {.mask = 0};

	return RAW(SYS_statx, place->parent, place->name, AT_SYMLINK_NOFOLLOW, KERNEL_STATX_TYPE,
		   &st)
		       ? 0
		       : st.mode & S_IFMT;
}

/*
 * Is it a symbolic link where a pattern goes on? It stays as it is, and none is made: what is below
 * the pattern would have another name from then on, or lose one that was looked up when the sandbox
 * was opened.
 */
static bool is_kept_link(const struct broker *broker, uint32_t type, const char *name)
{
	return type == S_IFLNK && broker_rules_pass(&broker->rules, name);
}

static long mkdir_at(struct broker *broker, const struct broker_place *place,
		     const struct broker_args *args)
{
	broker_umask_adopt(broker);
	return RAW(SYS_mkdirat, place->parent, place->name, args->value);
}

static long call_mkdir(struct broker *broker, const struct broker_args *args)
{
	return at_place(broker, args, mkdir_at, -EEXIST);
}

static long mknod_at(struct broker *broker, const struct broker_place *place,
		     const struct broker_args *args)
{
	broker_umask_adopt(broker);
	return RAW(SYS_mknodat, place->parent, place->name, args->value, args->more);
}

static long call_mknod(struct broker *broker, const struct broker_args *args)
{
	return at_place(broker, args, mknod_at, -EEXIST);
}

static long unlink_at(struct broker *broker, const struct broker_place *place,
		      const struct broker_args *args)
{
	/* Asked in this order: few names are such. */
	if (broker_rules_pass(&broker->rules, broker->name) && type_at(place) == S_IFLNK)
		return broker_refuse_name(broker, broker->name, -EACCES);
	return RAW(SYS_unlinkat, place->parent, place->name, args->flags);
}

static long call_unlink(struct broker *broker, const struct broker_args *args)
{
	return at_place(broker, args, unlink_at, args->flags & AT_REMOVEDIR ? -EINVAL : -EISDIR);
}

/* What the link says is not judged: where it leads is, whenever it is followed. */
static long symlink_at(struct broker *broker, const struct broker_place *place,
		       const struct broker_args *args)
{
	(void)args;
	if (is_kept_link(broker, S_IFLNK, broker->name))
		return broker_refuse_name(broker, broker->name, -EACCES);
	return RAW(SYS_symlinkat, broker->other, place->parent, place->name);
}

static long call_symlink(struct broker *broker, const struct broker_args *args)
{
	int rc = broker_read_path(broker, args->other_path, broker->other);

	return rc ? rc : at_place(broker, args, symlink_at, -EEXIST);
}

/* Names are in broker->name and other_name, types of what has them; 0: nothing. */
static int judge_move(struct broker *broker, uint32_t from, uint32_t to, uint64_t flags)
{
	uint32_t link = from == S_IFLNK || to == S_IFLNK ? S_IFLNK : 0;

	if (is_kept_link(broker, link, broker->name) ||
	    is_kept_link(broker, link, broker->other_name))
		return broker_refuse_name(broker, broker->name, -EACCES);
	if (from == S_IFDIR || (to == S_IFDIR && flags & EXCHANGES))
		return broker_refuse_name(broker, broker->name,
					  broker_rules_move(&broker->rules, broker->name,
							    broker->other_name));
	return 0;
}

/* Do the two names mean the same to all patterns, whatever has them? */
static bool are_alike(const struct broker *broker)
{
	return !broker_rules_pass(&broker->rules, broker->name) &&
	       !broker_rules_pass(&broker->rules, broker->other_name) &&
	       !broker_rules_move(&broker->rules, broker->name, broker->other_name);
}

static long rename_places(struct broker *broker, const struct broker_place *from,
			  const struct broker_place *to, uint64_t flags)
{
	int rc = 0;

	if (!are_alike(broker))
		rc = judge_move(broker, type_at(from), type_at(to), flags);
	return rc ? rc : RAW(SYS_renameat2, from->parent, from->name, to->parent, to->name, flags);
}

/* The second path of a call, with its directory. */
static long begin_other(struct broker *broker, const struct broker_args *args, struct broker_at *at)
{
	long rc = broker_read_path(broker, args->other_path, broker->other);

	return rc ? rc : broker_begin(broker, args->other_dir, broker->other, at);
}

static long rename_from(struct broker *broker, const struct broker_place *from,
			const struct broker_args *args)
{
	struct broker_at at = {.resolve = 0};
	struct broker_place to;
	long rc = begin_other(broker, args, &at);

	if (rc)
		return rc;
	rc = broker_place(broker, &at, &to, broker->other_name);
	if (!rc) {
		rc = rename_places(broker, from, &to, args->flags);
		(void)RAW(SYS_close, to.parent);
	}
	broker_end(&at);
	return rc;
}

static long call_rename(struct broker *broker, const struct broker_args *args)
{
	if ((unsigned int)args->flags & ~RENAME_KNOWN)
		return -EINVAL;
	return at_place(broker, args, rename_from, -EBUSY);
}

/* By the object's descriptor, through procfs: a link to it without a privilege (open(2)). */
static long link_at(struct broker *broker, const struct broker_place *place,
		    const struct broker_args *args)
{
	char number[BROKER_DIGIT];

	broker_number(number, (unsigned int)args->value);
	return RAW(SYS_linkat, broker->fds, number, place->parent, place->name, AT_SYMLINK_FOLLOW);
}

/* An object that a path of the call leads to, or a descriptor when flags say so. */
static long find_object(struct broker *broker, const struct broker_args *args, bool no_follow,
			struct broker_object *out)
{
	struct broker_at at = {.no_follow = no_follow};
	long rc = broker_read_path(broker, args->path, broker->path);
	int fd;

	if (rc)
		return rc;
	if (!broker->path[0] && args->flags & AT_EMPTY_PATH) {
		fd = broker_take(broker, args->dir);
		return fd < 0 ? fd : broker_find_fd(broker, fd, out, broker->name);
	}
	rc = broker_begin(broker, args->dir, broker->path, &at);
	if (rc)
		return rc;
	rc = broker_find(broker, &at, out, broker->name);
	broker_end(&at);
	return rc;
}

static long call_link(struct broker *broker, const struct broker_args *args)
{
	struct broker_args to = {.dir = args->other_dir, .path = args->other_path};
	struct broker_object object;
	long rc;

	if ((unsigned int)args->flags & ~(unsigned int)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	rc = find_object(broker, args, !(args->flags & AT_SYMLINK_FOLLOW), &object);
	if (rc)
		return rc;
	to.value = (uint64_t)object.fd;
	if (S_ISDIR(object.mode))
		rc = -EPERM;
	else
		rc = at_place(broker, &to, link_at, -EEXIST);
	(void)RAW(SYS_close, object.fd);
	return rc;
}

/* A call on an object, whatever its name was. */
typedef long on_object_fn(struct broker *broker, const struct broker_object *object,
			  const struct broker_args *args);

static long on_object(struct broker *broker, const struct broker_args *args, on_object_fn *run)
{
	struct broker_object object;
	long rc;

	if ((unsigned int)args->flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	rc = find_object(broker, args, args->flags & AT_SYMLINK_NOFOLLOW, &object);
	if (rc)
		return rc;
	rc = run(broker, &object, args);
	(void)RAW(SYS_close, object.fd);
	return rc;
}

/*
 * About a descriptor, which is the tool's already: it may do that itself, as nothing is read that
 * was judged; but where metadata is ours to keep.
 */
static long on_descriptor(struct broker *broker, const struct broker_args *args, on_object_fn *run)
{
	struct broker_at at = {.resolve = 0};
	struct broker_object object;
	long rc;

	if (!broker->guards_metadata)
		return BROKER_CONTINUE;
	if (args->dir < 0)
		return -EBADF;
	rc = broker_begin(broker, args->dir, "", &at);
	if (rc)
		return rc;
	rc = broker_find_fd(broker, at.base, &object, broker->name);
	if (rc)
		return rc;
	rc = run(broker, &object, args);
	(void)RAW(SYS_close, object.fd);
	return rc;
}

/* The length that the tool may give a file is the tool's limit, not ours. */
static int check_length(struct broker *broker, uint64_t length)
{
	struct {
		uint64_t now, most;
	} limit = {0, 0};
	long rc = RAW(SYS_prlimit64, broker->notif.pid, RLIMIT_FSIZE, NULL, &limit);

	if (rc)
		return (int)rc;
	return length > limit.now ? -EFBIG : 0;
}

static long truncate_object(struct broker *broker, const struct broker_object *object,
			    const struct broker_args *args)
{
	long rc;
	int fd;

	if (!S_ISREG(object->mode))
		return S_ISDIR(object->mode) ? -EISDIR : -EINVAL;
	if (args->value > INT64_MAX)
		return -EINVAL;
	rc = check_length(broker, args->value);
	if (rc)
		return rc;
	fd = broker_reopen(broker, object->fd, O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	rc = RAW(SYS_ftruncate, fd, args->value);
	(void)RAW(SYS_close, fd);
	return rc;
}

static long call_truncate(struct broker *broker, const struct broker_args *args)
{
	return on_object(broker, args, truncate_object);
}

static long chmod_object(struct broker *broker, const struct broker_object *object,
			 const struct broker_args *args)
{
	char number[BROKER_DIGIT];

	if (S_ISLNK(object->mode))
		return -EOPNOTSUPP;
	if (!broker_may_change(broker, object))
		return -EPERM;
	broker_number(number, (unsigned int)object->fd);
	return RAW(SYS_fchmodat, broker->fds, number, args->value);
}

static long call_chmod(struct broker *broker, const struct broker_args *args)
{
	return on_object(broker, args, chmod_object);
}

static long call_fchmod(struct broker *broker, const struct broker_args *args)
{
	return on_descriptor(broker, args, chmod_object);
}

static long set_times(struct broker *broker, const struct broker_object *object,
		      const struct timespec *times)
{
	char number[BROKER_DIGIT];

	if (!broker_may_change(broker, object))
		return -EPERM;
	broker_number(number, (unsigned int)object->fd);
	return RAW(SYS_utimensat, broker->fds, number, times, 0);
}

/* A struct timespec is two words on all architectures that there are filters for. */
static long utimens_object(struct broker *broker, const struct broker_object *object,
			   const struct broker_args *args)
{
	struct timespec times[TIMES];
	int rc;

	if (!args->value)
		return set_times(broker, object, NULL);
	rc = broker_read(broker, args->value, times, sizeof(times));
	return rc ? rc : set_times(broker, object, times);
}

static long call_utimensat(struct broker *broker, const struct broker_args *args)
{
	return (args->path ? on_object : on_descriptor)(broker, args, utimens_object);
}

/* Calls that only older architectures have: newer ones were never without the others. */
#ifdef SYS_open
static long call_rmdir(struct broker *broker, const struct broker_args *args)
{
	struct broker_args with_flag = *args;

	with_flag.flags = AT_REMOVEDIR;
	return call_unlink(broker, &with_flag);
}

static long utimes_object(struct broker *broker, const struct broker_object *object,
			  const struct broker_args *args)
{
	struct {
		int64_t sec, usec;
	} from[TIMES];
	struct timespec times[TIMES];
	int rc;

	if (!args->value)
		return set_times(broker, object, NULL);
	rc = broker_read(broker, args->value, from, sizeof(from));
	if (rc)
		return rc;
	for (int i = 0; i < TIMES; i++) {
		if ((uint64_t)from[i].usec >= US_PER_SECOND)
			return -EINVAL;
		times[i].tv_sec = from[i].sec;
		times[i].tv_nsec = from[i].usec * NS_PER_US;
	}
	return set_times(broker, object, times);
}

static long call_utimes(struct broker *broker, const struct broker_args *args)
{
	return (args->path ? on_object : on_descriptor)(broker, args, utimes_object);
}

static long utime_object(struct broker *broker, const struct broker_object *object,
			 const struct broker_args *args)
{
	int64_t from[TIMES];
	struct timespec times[TIMES] = {{0, 0}, {0, 0}};
	int rc;

	if (!args->value)
		return set_times(broker, object, NULL);
	rc = broker_read(broker, args->value, from, sizeof(from));
	if (rc)
		return rc;
	for (int i = 0; i < TIMES; i++)
		times[i].tv_sec = from[i];
	return set_times(broker, object, times);
}

static long call_utime(struct broker *broker, const struct broker_args *args)
{
	return on_object(broker, args, utime_object);
}
#endif

/*
 * The tool's own is what it sets, and has no memory to be read again. Ours takes all of them
 * together: a file is never made with more than any process of the tool's meant to permit.
 */
static long call_umask(struct broker *broker, const struct broker_args *args)
{
	broker_umask_note(broker, (unsigned int)args->value);
	return BROKER_CONTINUE;
}

#define NO (-1) /* the call has no such argument */

static const struct call_row {
	long number;
	long (*run)(struct broker *broker, const struct broker_args *args);
	int8_t dir, path, other_dir, other_path, flags, value, more;
} rows[] = {
#ifdef SYS_open
	{SYS_open, broker_open, NO, 0, NO, NO, 1, 2, NO},
	{SYS_creat, broker_creat, NO, 0, NO, NO, NO, 1, NO},
	{SYS_mkdir, call_mkdir, NO, 0, NO, NO, NO, 1, NO},
	{SYS_mknod, call_mknod, NO, 0, NO, NO, NO, 1, 2},
	{SYS_rename, call_rename, NO, 0, NO, 1, NO, NO, NO},
	{SYS_link, call_link, NO, 0, NO, 1, NO, NO, NO},
	{SYS_symlink, call_symlink, NO, 1, NO, 0, NO, NO, NO},
	{SYS_unlink, call_unlink, NO, 0, NO, NO, NO, NO, NO},
	{SYS_rmdir, call_rmdir, NO, 0, NO, NO, NO, NO, NO},
	{SYS_chmod, call_chmod, NO, 0, NO, NO, NO, 1, NO},
	{SYS_utime, call_utime, NO, 0, NO, NO, NO, 1, NO},
	{SYS_utimes, call_utimes, NO, 0, NO, NO, NO, 1, NO},
	{SYS_futimesat, call_utimes, 0, 1, NO, NO, NO, 2, NO},
#endif
#ifdef SYS_renameat
	{SYS_renameat, call_rename, 0, 1, 2, 3, NO, NO, NO},
#endif
	{SYS_openat, broker_open, 0, 1, NO, NO, 2, 3, NO},
	{KERNEL_NR_OPENAT2, broker_openat2, 0, 1, NO, NO, 2, 3, NO},
	{SYS_truncate, call_truncate, NO, 0, NO, NO, NO, 1, NO},
	{SYS_mkdirat, call_mkdir, 0, 1, NO, NO, NO, 2, NO},
	{SYS_mknodat, call_mknod, 0, 1, NO, NO, NO, 2, 3},
	{SYS_renameat2, call_rename, 0, 1, 2, 3, 4, NO, NO},
	{SYS_linkat, call_link, 0, 1, 2, 3, 4, NO, NO},
	{SYS_symlinkat, call_symlink, 1, 2, NO, 0, NO, NO, NO},
	{SYS_unlinkat, call_unlink, 0, 1, NO, NO, 2, NO, NO},
	{SYS_fchmod, call_fchmod, 0, NO, NO, NO, NO, 1, NO},
	{SYS_fchmodat, call_chmod, 0, 1, NO, NO, NO, 2, NO},
	{KERNEL_NR_FCHMODAT2, call_chmod, 0, 1, NO, NO, 3, 2, NO},
	{SYS_utimensat, call_utimensat, 0, 1, NO, NO, 3, 2, NO},
	{SYS_umask, call_umask, NO, NO, NO, NO, NO, 0, NO},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static uint64_t argument(const struct broker *broker, int index)
{
	return index == NO ? 0 : broker->notif.args[index];
}

static int directory(const struct broker *broker, int index)
{
	return index == NO ? AT_FDCWD : (int)(uint32_t)broker->notif.args[index];
}

static long run_row(struct broker *broker, const struct call_row *row)
{
	const struct broker_args args = {
		.dir = directory(broker, row->dir),
		.path = argument(broker, row->path),
		.other_dir = directory(broker, row->other_dir),
		.other_path = argument(broker, row->other_path),
		.flags = argument(broker, row->flags),
		.value = argument(broker, row->value),
		.more = argument(broker, row->more),
	};

	return row->run(broker, &args);
}

long broker_call(struct broker *broker)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].number == broker->notif.nr)
			return run_row(broker, &rows[i]);
	}
	return -EPERM;
}
