/*
 * See oom.h. /proc is opened with the sandbox: where a launch has mounts of its own, its own view
 * of it may be read-only. Where there is none, nothing can be known and nothing be set.
 */
#include "runtime/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/raw.h"

int oom_prepare(struct writ_sandbox *sandbox, struct writ_error *error)
{
	char text[16];

	sandbox->oom_proc = -1;
	if (fd_read_file("/proc/self/oom_score_adj", text, sizeof(text)) <= 0 || text[0] != '-')
		return 0;
	sandbox->oom_proc = fd_above_stdio(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	return sandbox->oom_proc < 0 ? error_sys(error, WRIT_E_SYSTEM, errno, "can't open /proc")
				     : 0;
}

static int reset(int proc, const char *path)
{
	int fd = (int)RAW(SYS_openat, proc, path, O_WRONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return fd;
	n = RAW(SYS_write, fd, "0", 1);
	(void)RAW(SYS_close, fd);
	return n < 0 ? (int)n : 0;
}

int oom_reset(int proc)
{
	return reset(proc, "self/oom_score_adj");
}

int oom_reset_other(int proc, pid_t pid)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)pid);
	return reset(proc, path);
}
