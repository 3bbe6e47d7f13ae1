/*
 * Attacks by execution: starting a program that no rule lets start, and gaining from one that may.
 * What gets executed is this program again (or a copy), as "ok", which exits 0.
 */
#include "probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *const ok_argv[] = {"probe", "ok", NULL};
static char *const suid_argv[] = {"probe", "is-suid", NULL};
static char *const empty_env[] = {NULL};

static int run_ok(char **args)
{
	(void)args;
	return PROBE_SUCCEEDED;
}

static int run_is_suid(char **args)
{
	(void)args;
	return geteuid() != getuid() ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int run_exec(char **args)
{
	execve(args[0], ok_argv, empty_env);
	return errno;
}

static int run_exec_suid(char **args)
{
	execve(args[0], suid_argv, empty_env);
	return errno;
}

static int exec_fd(int fd)
{
	syscall(SYS_execveat, fd, "", ok_argv, empty_env, AT_EMPTY_PATH);
	return errno;
}

static int run_exec_fd(char **args)
{
	int fd = open(args[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return exec_fd(fd);
}

static int run_exec_proc_fd(char **args)
{
	char path[64];
	int fd = open(args[0], O_PATH);

	if (fd < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	execve(path, ok_argv, empty_env);
	return errno;
}

static int copy_into(const char *from, int to)
{
	char room[1 << 16];
	ssize_t n;
	int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	while ((n = read(fd, room, sizeof(room))) > 0)
		if (write(to, room, (size_t)n) != n)
			return errno;
	close(fd);
	return n < 0 ? errno : 0;
}

/* SELF: a copy in memory, which lies on no path that a rule could name. */
static int run_exec_memfd(char **args)
{
	int fd = memfd_create("probe", MFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return errno;
	rc = copy_into(args[0], fd);
	return rc ? rc : exec_fd(fd);
}

/* SELF PATH: dropped into the write root, then started. */
static int run_exec_copy(char **args)
{
	int fd = open(args[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int rc;

	if (fd < 0)
		return errno;
	rc = copy_into(args[0], fd);
	close(fd);
	if (rc)
		return rc;
	execve(args[1], ok_argv, empty_env);
	return errno;
}

/* INTERPRETER PATH: a script dropped into the write root, then started. */
static int run_exec_script(char **args)
{
	int fd = open(args[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (fd < 0)
		return errno;
	dprintf(fd, "#!%s ok\n", args[0]);
	close(fd);
	execve(args[1], ok_argv, empty_env);
	return errno;
}

/* Landlock judges execve only: mapping a readable file as code is a documented residual. */
static int run_map_exec(char **args)
{
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);
	void *page;

	if (fd < 0)
		return errno;
	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return page == MAP_FAILED ? errno : PROBE_SUCCEEDED;
}

const struct probe probes_exec[] = {
	{"ok", 0, run_ok},
	{"is-suid", 0, run_is_suid},
	{"exec", 1, run_exec},
	{"exec-suid", 1, run_exec_suid},
	{"exec-fd", 1, run_exec_fd},
	{"exec-proc-fd", 1, run_exec_proc_fd},
	{"exec-memfd", 1, run_exec_memfd},
	{"exec-copy", 2, run_exec_copy},
	{"exec-script", 2, run_exec_script},
	{"map-exec", 1, run_map_exec},
	{NULL, 0, NULL},
};
