/*
 * PATH-writers: slots in shared memory, with numbers and no content.
 *
 * A process that writes has a lock on its slot, which the kernel drops when the process ends,
 * however it does. Its count of records taken is compared with what it has written to the database,
 * so that what was in its ring when it was killed is known to the number. Locks are of the open
 * file description: a child that is forked and lives on holds its parent's, and what the parent
 * lost is told when both are gone.
 */
#include "runtime/audit/writers.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/audit/fail.h"

#define FILE_SIZE (WRITERS_MAX * sizeof(struct writers_slot))
#define MAX_PATH  4096

static int lock(const struct writers *writers, int index, short type, int command)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)((size_t)index * sizeof(struct writers_slot)),
		.l_len = sizeof(struct writers_slot),
	};

	if (fcntl(writers->fd, command, &range))
		return -1;
	return command == F_OFD_GETLK && range.l_type != F_UNLCK ? -1 : 0;
}

/* All of it has its place on the disk: a write to memory that finds none would be a SIGBUS. */
static int make_room(int fd)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return errno = EINVAL, -1;
	if ((size_t)st.st_size >= FILE_SIZE)
		return 0;
	rc = posix_fallocate(fd, 0, FILE_SIZE);
	errno = rc;
	return rc ? -1 : 0;
}

static int map_slots(struct writers *writers, bool to_write)
{
	struct stat st;
	void *slots;

	if (to_write && make_room(writers->fd))
		return -1;
	if (fstat(writers->fd, &st) || (size_t)st.st_size < FILE_SIZE)
		return errno = EINVAL, -1;
	slots = mmap(NULL, FILE_SIZE, to_write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
		     writers->fd, 0);
	if (slots == MAP_FAILED)
		return -1;
	writers->slots = slots;
	return 0;
}

int writers_open(const char *log, bool to_write, struct writers *writers, struct writ_error *error)
{
	int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	char path[MAX_PATH];
	int n = snprintf(path, sizeof(path), "%s-writers", log);

	*writers = (struct writers){.fd = -1, .own = -1};
	if (n < 0 || (size_t)n >= sizeof(path))
		return fail_set(error, WRIT_E_INVALID, "the path of the log is too long");
	writers->fd = open(path, flags | (to_write ? O_RDWR | O_CREAT : O_RDONLY), 0600);
	if (writers->fd < 0)
		return fail_set(error, errno == ENOENT ? WRIT_E_NOT_FOUND : WRIT_E_OPEN,
				"%.300s can't be opened: %s", path, strerror(errno));
	if (!map_slots(writers, to_write))
		return 0;
	(void)fail_errno(error, errno, "%.300s can't be used", path);
	writers_close(writers);
	return -WRIT_E_SYSTEM;
}

int writers_claim(struct writers *writers, struct writ_error *error)
{
	for (int i = 0; i < WRITERS_MAX; i++) {
		struct writers_slot *slot = &writers->slots[i];
		uint64_t id = 0;

		if (slot->id || lock(writers, i, F_WRLCK, F_OFD_SETLK))
			continue;
		if (slot->id) {
			(void)lock(writers, i, F_UNLCK, F_OFD_SETLK);
			continue;
		}
		while (id == 0)
			randombytes_buf(&id, sizeof(id));
		slot->taken = 0;
		slot->dropped = 0;
		slot->ending = 0;
		slot->pid = (uint64_t)getpid();
		slot->id = id;
		writers->own = i;
		return 0;
	}
	return fail_set(error, WRIT_E_SYSTEM, "%d processes write to the log already", WRITERS_MAX);
}

bool writers_is_dead(const struct writers *writers, int index)
{
	int writable = fcntl(writers->fd, F_GETFL) & O_RDWR;

	if (index == writers->own || !writers->slots[index].id)
		return false;
	if (lock(writers, index, F_WRLCK, writable ? F_OFD_SETLK : F_OFD_GETLK))
		return false;
	return true;
}

void writers_leave(const struct writers *writers, int index)
{
	(void)lock(writers, index, F_UNLCK, F_OFD_SETLK);
}

void writers_free(const struct writers *writers, int index)
{
	writers->slots[index].id = 0;
	writers_leave(writers, index);
}

bool writers_has(const struct writers *writers, uint64_t id)
{
	for (int i = 0; writers->slots && i < WRITERS_MAX; i++) {
		if (writers->slots[i].id == id)
			return true;
	}
	return false;
}

void writers_close(struct writers *writers)
{
	if (writers->slots && writers->own >= 0)
		writers_free(writers, writers->own);
	if (writers->slots)
		(void)munmap(writers->slots, FILE_SIZE);
	if (writers->fd >= 0)
		(void)close(writers->fd);
	*writers = (struct writers){.fd = -1, .own = -1};
}
