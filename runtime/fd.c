/*
 * The few things that several parts of the runtime do with descriptors. All are opened
 * close-on-exec.
 */
#include "runtime/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "runtime/raw.h"

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_above_stdio(int fd)
{
	int high;

	if (fd > STDERR_FILENO || fd < 0)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	fd_close(&fd);
	return high;
}

long fd_read_file(const char *path, char *buffer, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while (n > 0 && len < size) {
		n = read(fd, buffer + len, size - len);
		if (n > 0)
			len += (size_t)n;
	}
	fd_close(&fd);
	if (n >= 0 && len == size)
		errno = EFBIG;
	if (n < 0 || len == size)
		return -1;
	buffer[len] = '\0';
	return (long)len;
}

int fd_write_file(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd = (int)RAW(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return fd;
	n = RAW(SYS_write, fd, text, len);
	(void)RAW(SYS_close, fd);
	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EIO;
}

int fd_raise(int fd)
{
	int raised;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	raised = (int)RAW(SYS_fcntl, fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)RAW(SYS_close, fd);
	return raised;
}

/* The least of them that is not below from; ~0u: there is none. */
static unsigned int next_kept(unsigned int from, const int *kept, size_t n_kept)
{
	unsigned int next = ~0u;

	for (size_t i = 0; i < n_kept; i++) {
		if (kept[i] >= 0 && (unsigned int)kept[i] >= from && (unsigned int)kept[i] < next)
			next = (unsigned int)kept[i];
	}
	return next;
}

int fd_close_from(unsigned int from, const int *kept, size_t n_kept)
{
	unsigned int next = next_kept(from, kept, n_kept);
	long rc = 0;

	for (; !rc && next != ~0u; next = next_kept(from, kept, n_kept)) {
		if (next > from)
			rc = RAW(KERNEL_NR_CLOSE_RANGE, from, next - 1, 0);
		from = next + 1;
	}
	return (int)(rc ? rc : RAW(KERNEL_NR_CLOSE_RANGE, from, ~0u, 0));
}
