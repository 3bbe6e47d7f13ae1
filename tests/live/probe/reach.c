/*
 * More ways to a file that no rule grants: through directories, descriptors and magic links of
 * /proc, through mounts of the attacker's own, and by a name that means another file each time.
 */
#include "probe.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_byte(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return probe_result(read(fd, &byte, 1));
}

/* DIRECTORY NAME */
static int run_chdir_read(char **args)
{
	if (chdir(args[0]))
		return errno;
	return read_byte(args[1]);
}

/* DIRECTORY NAME: into it by a descriptor that needed no right. */
static int run_fchdir_read(char **args)
{
	int fd = open(args[0], O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fchdir(fd))
		return errno;
	return read_byte(args[1]);
}

/* The name that /proc has for a descriptor. */
static void proc_name(int fd, char *path, size_t size)
{
	snprintf(path, size, "/proc/self/fd/%d", fd);
}

/* FILE NEW: a hard link to what an O_PATH descriptor has open. */
static int run_link_proc(char **args)
{
	char path[64];
	int fd = open(args[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno;
	proc_name(fd, path, sizeof(path));
	return probe_result(linkat(AT_FDCWD, path, AT_FDCWD, args[1], AT_SYMLINK_FOLLOW));
}

/* DIRECTORY NEW: a nameless file of the write root gets a name elsewhere. */
static int run_tmpfile_link(char **args)
{
	char path[64];
	int fd = open(args[0], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	proc_name(fd, path, sizeof(path));
	return probe_result(linkat(AT_FDCWD, path, AT_FDCWD, args[1], AT_SYMLINK_FOLLOW));
}

/* FILE: opened for reading, then again for writing by way of the descriptor. */
static int run_reopen_write(char **args)
{
	char path[64];
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return PROBE_SETUP;
	proc_name(fd, path, sizeof(path));
	return probe_result(open(path, O_WRONLY | O_CLOEXEC));
}

/* PATH: made and deleted again. */
static int run_make_file(char **args)
{
	if (open(args[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0)
		return errno;
	return probe_result(unlink(args[0]));
}

/* TYPE SOURCE DIRECTORY OPTIONS: a mount in a user and a mount namespace of one's own. */
static int run_userns_mount(char **args)
{
	unsigned long flags = strcmp(args[0], "bind") ? 0 : MS_BIND;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return errno;
	return probe_result(mount(args[1], args[2], flags ? NULL : args[0], flags,
				  strcmp(args[3], "none") ? args[3] : NULL));
}

/* DENIED: is this program it? */
static int run_is_program(char **args)
{
	struct stat self, denied;

	if (stat("/proc/self/exe", &self) || stat(args[0], &denied))
		return PROBE_SETUP;
	return self.st_ino == denied.st_ino ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

/* Executes the link once; the status of what that was. */
static int exec_link(const char *link, const char *denied)
{
	char *const argv[] = {"probe", "is-program", (char *)(size_t)denied, NULL};
	char *const env[] = {NULL};
	int status;
	pid_t child = vfork();

	if (child < 0)
		return PROBE_SETUP;
	if (child == 0) {
		execve(link, argv, env);
		_exit(PROBE_NOT_SO);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return PROBE_CRASHED;
	return WEXITSTATUS(status);
}

#define EXEC_ROUNDS 60

/* LINK ALLOWED DENIED: execute the link while it changes. */
static int run_exec_race(char **args)
{
	struct probe_swap swap = {.link = args[0], .targets = {args[1], args[2]}};
	int status = PROBE_NOT_SO;
	pthread_t thread;

	if (pthread_create(&thread, NULL, probe_swap_links, &swap))
		return PROBE_SETUP;
	for (int i = 0; i < EXEC_ROUNDS && status == PROBE_NOT_SO; i++)
		status = exec_link(args[0], args[2]);
	swap.stop = 1;
	pthread_join(thread, NULL);
	return status;
}

const struct probe probes_reach[] = {
	{"chdir-read", 2, run_chdir_read},     {"fchdir-read", 2, run_fchdir_read},
	{"link-proc", 2, run_link_proc},       {"tmpfile-link", 2, run_tmpfile_link},
	{"reopen-write", 1, run_reopen_write}, {"make-file", 1, run_make_file},
	{"userns-mount", 4, run_userns_mount}, {"is-program", 1, run_is_program},
	{"exec-race", 3, run_exec_race},       {NULL, 0, NULL},
};
