/*
 * Writes a file by renaming a complete one into place.
 *
 * The temporary file stands in the same directory, since a rename does not cross file systems; it
 * is synced before, so that a crash can't leave an empty file under the final name, and made with
 * O_EXCL, so that nobody else's file or link is written through. On any failure it is removed.
 * Signals that ask the process to end wait meanwhile; one that came makes the writing fail, and
 * ends the process after.
 */
#include "cli/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NO_MODE     ((mode_t)-1)
#define WRITE_CHUNK ((size_t)1 << 20) /* between two looks for signals */

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define N_ENDING (sizeof(ending) / sizeof(ending[0]))

/* Ignored signals are none that end the process; blocked, they would wait as if they did. */
static void hold_signals(sigset_t *before)
{
	struct sigaction action;
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < N_ENDING; i++) {
		if (!sigaction(ending[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&held, ending[i]);
	}
	sigprocmask(SIG_BLOCK, &held, before);
}

static bool is_asked_to_end(void)
{
	sigset_t pending;

	if (sigpending(&pending))
		return false;
	for (size_t i = 0; i < N_ENDING; i++) {
		if (sigismember(&pending, ending[i]) == 1)
			return true;
	}
	return false;
}

/* *mode is that of the file that is there, or NO_MODE. */
static int check_target(const char *path, mode_t *mode)
{
	struct stat st;

	*mode = NO_MODE;
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	*mode = st.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
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
		ssize_t n;

		if (is_asked_to_end())
			return -EINTR;
		n = write(fd, bytes, size < WRITE_CHUNK ? size : WRITE_CHUNK);
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

static int write_mode(int fd, mode_t mode, const void *bytes, size_t size)
{
	if (mode != NO_MODE && fchmod(fd, mode))
		return -errno;
	return write_all(fd, bytes, size);
}

static int replace_file(const char *path, mode_t mode, const void *bytes, size_t size)
{
	char *name = temporary_name(path);
	int rc;
	int fd;

	if (!name)
		return -errno;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	rc = finish(fd, write_mode(fd, mode, bytes, size));
	if (!rc && rename(name, path))
		rc = -errno;
	if (rc)
		unlink(name);
out:
	free(name);
	return rc;
}

int write_file(const char *path, const void *bytes, size_t size)
{
	mode_t mode;
	int rc = check_target(path, &mode);
	sigset_t before;

	if (rc)
		return rc;
	hold_signals(&before);
	rc = replace_file(path, mode, bytes, size);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
