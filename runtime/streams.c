/*
 * A file that is open for reading can be mapped to be executed, by the mount that its opener found
 * it on, which is not the launch's: so a tool could write code to its standard output, where that
 * is a file which the caller reads back, and run it. Such a stream is opened once more, for writing
 * only, at the same place. What both streams have in common stays so: the place goes on for both.
 *
 * Standard input is left: what it holds is the caller's.
 */
#include "runtime/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"

#define PATH_BYTES 32

/* A descriptor's flags and file; false when it can't be mapped, or can't be asked. */
static bool is_mappable(int fd, int *flags, struct stat *st)
{
	*flags = fcntl(fd, F_GETFL);
	return *flags >= 0 && (*flags & O_ACCMODE) == O_RDWR && fstat(fd, st) == 0 &&
	       (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode));
}

static int open_for_writing(int fd, int flags)
{
	char path[PATH_BYTES];
	off_t at = lseek(fd, 0, SEEK_CUR);
	int out;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out = fd_above_stdio(open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | (flags & O_APPEND)));
	if (out >= 0 && at >= 0 && lseek(out, at, SEEK_SET) < 0)
		fd_close(&out);
	return out;
}

int streams_lower(int stdio[3], int made[2], struct writ_error *error)
{
	struct stat files[2] = {{.st_ino = 0}, {.st_ino = 0}};
	int flags;

	for (int i = 0; i < 2; i++) {
		if (!is_mappable(stdio[i + 1], &flags, &files[i]))
			continue;
		if (i == 1 && made[0] && files[0].st_dev == files[1].st_dev &&
		    files[0].st_ino == files[1].st_ino) {
			stdio[2] = made[0];
			continue;
		}
		made[i] = open_for_writing(stdio[i + 1], flags);
		if (made[i] < 0) {
			made[i] = 0;
			return error_sys(error, WRIT_E_SYSTEM, errno,
					 "execution is strict, and standard %s can't be opened for "
					 "writing only",
					 i ? "error" : "output");
		}
		stdio[i + 1] = made[i];
	}
	return 0;
}
