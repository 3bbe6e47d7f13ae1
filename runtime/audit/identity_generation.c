/*
 * The file of the generation: opened, checked, mapped, locked.
 *
 * In: the path of a store. Out: a number in memory that all processes share. The file is a page at
 * most, never shortened, and belongs to the store's owner. The lock is flock(2)'s, which the kernel
 * drops when its holder dies. Order of accesses: the number is made odd before the commit and even
 * after it, both with release, and read with acquire.
 */
#include "runtime/audit/identity_generation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/fail.h"

#define MAGIC         "WRITGEN1"
#define MAGIC_SIZE    8
#define LOCK_WAIT_MS  5000
#define LOCK_PAUSE_MS 1
#define NS_OF_MS      1000000L

struct generation_file {
	char magic[MAGIC_SIZE];
	uint64_t number;
	uint64_t reserved[6];
};
_Static_assert(sizeof(struct generation_file) == 64, "on disk");

static int path_of(const char *store, char *path, size_t size, struct writ_error *error)
{
	int n = snprintf(path, size, "%s-generation", store);

	if (n < 0 || (size_t)n >= size)
		return fail_set(error, WRIT_E_OPEN, "the path is too long");
	return 0;
}

static int check_form(const struct stat *st, const struct stat *store, struct writ_error *error)
{
	const char *wrong = NULL;

	if (!S_ISREG(st->st_mode))
		wrong = "is not a regular file";
	else if (st->st_uid != store->st_uid)
		wrong = "is not owned by the store's owner";
	else if (st->st_mode & S_IWOTH)
		wrong = "can be written by everybody";
	else if (st->st_size != sizeof(struct generation_file))
		wrong = "does not have the size it must have";
	if (wrong)
		return fail_set(error, WRIT_E_FORMAT, "its generation file %s", wrong);
	return 0;
}

/* Made aside and linked into its place whole, so that nobody finds half of it. */
static int make_file(const char *path, const struct stat *store, struct writ_error *error)
{
	const struct generation_file new = {.magic = MAGIC};
	char aside[PATH_MAX + 32];
	int fd;
	int rc = 0;

	(void)snprintf(aside, sizeof(aside), "%s.%ld", path, (long)getpid());
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(error, errno, "its generation file can't be made");
	if (fchmod(fd, store->st_mode & ~(mode_t)S_IRWXO & 0666) ||
	    (geteuid() == 0 && fchown(fd, store->st_uid, store->st_gid)) ||
	    write(fd, &new, sizeof(new)) != sizeof(new) || fsync(fd) ||
	    (link(aside, path) && errno != EEXIST))
		rc = fail_errno(error, errno, "its generation file can't be made");
	(void)close(fd);
	(void)unlink(aside);
	return rc;
}

static int open_file(const char *store, const char *path, bool make, struct stat *store_st,
		     struct writ_error *error)
{
	int fd;

	if (stat(store, store_st))
		return fail_set(error, WRIT_E_OPEN, "%s", strerror(errno));
	if (store_st->st_mode & S_IWOTH)
		return fail_set(error, WRIT_E_FORMAT, "everybody can write it");
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && make) {
		if (make_file(path, store_st, error))
			return -WRIT_E_SYSTEM;
		fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0)
		return fail_set(error, WRIT_E_OPEN,
				"its generation file, by which sessions see changes, can't be "
				"opened to read and write: %s",
				strerror(errno));
	return fd;
}

static int map_file(int fd, const struct stat *store, struct generation *out,
		    struct writ_error *error)
{
	struct generation_file *file;
	struct stat st;
	int rc;

	if (fstat(fd, &st))
		return fail_errno(error, errno, "its generation file");
	rc = check_form(&st, store, error);
	if (rc)
		return rc;
	file = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return fail_errno(error, errno, "its generation file can't be mapped");
	if (memcmp(file->magic, MAGIC, MAGIC_SIZE) != 0) {
		(void)munmap(file, sizeof(*file));
		return fail_set(error, WRIT_E_FORMAT, "its generation file is something else");
	}
	*out = (struct generation){&file->number, file, fd, st.st_dev, st.st_ino};
	return 0;
}

int generation_open(const char *store, bool make, struct generation *out, struct writ_error *error)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;
	int rc = path_of(store, path, sizeof(path), error);

	if (rc)
		return rc;
	fd = open_file(store, path, make, &st, error);
	if (fd < 0)
		return fd;
	rc = map_file(fd, &st, out, error);
	if (rc)
		(void)close(fd);
	return rc;
}

void generation_close(struct generation *generation)
{
	if (!generation->page)
		return;
	(void)munmap(generation->page, sizeof(struct generation_file));
	(void)close(generation->fd);
	*generation = (struct generation){.fd = -1};
}

static int take_lock(const struct generation *generation, struct writ_error *error)
{
	const struct timespec pause = {0, LOCK_PAUSE_MS * NS_OF_MS};

	for (int waited = 0; flock(generation->fd, LOCK_EX | LOCK_NB); waited += LOCK_PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_errno(error, errno, "its generation file can't be locked");
		if (waited >= LOCK_WAIT_MS)
			return fail_set(error, WRIT_E_SYSTEM,
					"another process changes it, and does not end");
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static bool is_odd(const struct generation *generation)
{
	return __atomic_load_n(generation->number, __ATOMIC_ACQUIRE) & 1;
}

int generation_begin(struct generation *generation, struct writ_error *error)
{
	int rc = take_lock(generation, error);

	/* Odd already: somebody died here; then it changes by two. */
	if (!rc)
		(void)__atomic_fetch_add(generation->number, is_odd(generation) ? 2 : 1,
					 __ATOMIC_ACQ_REL);
	return rc;
}

void generation_end(struct generation *generation)
{
	(void)__atomic_fetch_add(generation->number, 1, __ATOMIC_ACQ_REL);
	(void)flock(generation->fd, LOCK_UN);
}

int generation_settle(struct generation *generation, struct writ_error *error)
{
	int rc;

	if (!is_odd(generation))
		return 0;
	rc = take_lock(generation, error);
	if (rc)
		return rc;
	if (is_odd(generation))
		(void)__atomic_fetch_add(generation->number, 1, __ATOMIC_ACQ_REL);
	(void)flock(generation->fd, LOCK_UN);
	return 0;
}

void generation_bump(struct generation *generation)
{
	(void)__atomic_fetch_add(generation->number, 2, __ATOMIC_ACQ_REL);
}

bool generation_is_at(const struct generation *generation, const char *store)
{
	char path[PATH_MAX];
	struct stat st;

	return !path_of(store, path, sizeof(path), NULL) && !lstat(path, &st) &&
	       st.st_dev == generation->device && st.st_ino == generation->inode;
}
