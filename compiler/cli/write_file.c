/*
 * Writes a file by renaming a complete one into place.
 *
 * The temporary file stands in the same directory, since a rename does not cross file systems; it is
 * synced before, so that a crash can't leave an empty file under the final name, and made with O_EXCL,
 * so that nobody else's file or link is written through. On any failure it is removed.
 */
#include "cli/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_target(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* Renaming over a device or a link would replace what the user named, not write to it. */
	return S_ISREG(st.st_mode) ? 0 : -EEXIST;
}

/* A name beside path that nobody guesses, to be freed; NULL with errno set when there is none. */
static char *temporary_name(const char *path)
{
	uint64_t unique;
	char *name;

	if (getrandom(&unique, sizeof(unique), 0) != (ssize_t)sizeof(unique))
		return NULL;
	if (asprintf(&name, "%s.%016" PRIx64 ".tmp", path, unique) < 0)
		return NULL;
	return name;
}

static int write_all(int fd, const unsigned char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Some failures of the disk are told only by fsync or close. */
static int finish(int fd, int rc)
{
	if (!rc && fsync(fd))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

int write_file(const char *path, const void *bytes, size_t size)
{
	int rc = check_target(path);
	char *name;
	int fd;

	if (rc)
		return rc;
	name = temporary_name(path);
	if (!name)
		return -errno;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	rc = finish(fd, write_all(fd, bytes, size));
	if (!rc && rename(name, path))
		rc = -errno;
	if (rc)
		unlink(name);
out:
	free(name);
	return rc;
}
