/*
 * Attacks on the file system: reaching a file that no rule grants, by another name or another way.
 * Techniques that are a single system call are rows of attacks.def that use "call" instead (sys.c).
 */
#include "probe.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int read_at(int dir, const char *path, int flags)
{
	char byte;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0)
		return errno;
	return probe_result(read(fd, &byte, 1));
}

static int run_read(char **args)
{
	return read_at(AT_FDCWD, args[0], 0);
}

static int run_list(char **args)
{
	return probe_result(open(args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int run_write(char **args)
{
	int fd = open(args[0], O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return probe_result(write(fd, "x", 1));
}

static int run_open(char **args)
{
	return probe_result(
		open(args[0], (int)probe_number(args[1]), (mode_t)probe_number(args[2])));
}

/* O_TMPFILE has another value on each architecture. */
static int run_open_tmpfile(char **args)
{
	return probe_result(open(args[0], O_TMPFILE | (int)probe_number(args[1]),
				 (mode_t)probe_number(args[2])));
}

/* A link inside the write root, followed to a file outside. */
static int run_symlink_read(char **args)
{
	if (symlink(args[0], args[1]))
		return errno;
	return read_at(AT_FDCWD, args[1], 0);
}

/* A directory of the write root is replaced by a link to a directory outside. */
static int run_parent_swap(char **args)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", args[1], args[2]);
	if (mkdir(args[1], 0755) || rmdir(args[1]) || symlink(args[0], args[1]))
		return PROBE_SETUP;
	return read_at(AT_FDCWD, path, 0);
}

/* O_PATH needs no right; reopening through /proc must need one. */
static int run_opath_reopen(char **args)
{
	char path[64];
	int fd = open(args[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return read_at(AT_FDCWD, path, 0);
}

static int run_handle(char **args)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} file = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount_id;
	int mount_fd = open(args[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (mount_fd < 0)
		return PROBE_SETUP;
	if (name_to_handle_at(AT_FDCWD, args[0], &file.handle, &mount_id, 0))
		return errno;
	return probe_result(open_by_handle_at(mount_fd, &file.handle, O_RDONLY));
}

static int run_fd_stat(char **args)
{
	struct stat st;

	return probe_result(fstat((int)probe_number(args[0]), &st));
}

static int run_fd_read_at(char **args)
{
	return read_at((int)probe_number(args[0]), args[1], 0);
}

/* True when no descriptor but 0 to 2 came along. */
static int run_fd_any(char **args)
{
	(void)args;
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return PROBE_SUCCEEDED;
	return EBADF;
}

static int create_with_mode(const char *path, mode_t mode)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		return errno;
	return (st.st_mode & (S_ISUID | S_ISGID)) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int run_create_suid(char **args)
{
	return create_with_mode(args[0], 04755);
}

/* Points the link at each target in turn, each time by an atomic rename. */
void *probe_swap_links(void *data)
{
	struct probe_swap *swap = data;
	char fresh[4096];

	snprintf(fresh, sizeof(fresh), "%s.new", swap->link);
	for (unsigned i = 0; !swap->stop; i++)
		if (symlink(swap->targets[i % 2], fresh) || rename(fresh, swap->link))
			unlink(fresh);
	return NULL;
}

#define RACE_ROUNDS 20000
#define RACE_S      10 /* where each takes long, as many as there are in this time */

/*
 * LINK ALLOWED DENIED: open the link while it changes; one open that lands on the denied file wins.
 */
static int run_race(char **args)
{
	struct probe_swap swap = {.link = args[0], .targets = {args[1], args[2]}};
	const time_t end = time(NULL) + RACE_S;
	int status = PROBE_NOT_SO;
	pthread_t thread;
	char text[16];

	if (pthread_create(&thread, NULL, probe_swap_links, &swap))
		return PROBE_SETUP;
	for (int i = 0; i < RACE_ROUNDS && time(NULL) < end && status == PROBE_NOT_SO; i++) {
		int fd = open(swap.link, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		ssize_t n = read(fd, text, sizeof(text));

		if (n >= 6 && !memcmp(text, "secret", 6))
			status = PROBE_SUCCEEDED;
		close(fd);
	}
	swap.stop = 1;
	pthread_join(thread, NULL);
	return status;
}

/* Positive control: everything that a write grant promises, in one go. */
static int run_use_tree(char **args)
{
	static const char *const names[] = {"a", "b", "d", "d/c"};
	char paths[4][4096];

	for (int i = 0; i < 4; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", args[0], names[i]);
	int fd = open(paths[0], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0))
		return errno;
	close(fd);
	if (mkdir(paths[2], 0755) || rename(paths[0], paths[3]) || link(paths[3], paths[1]))
		return errno;
	if (unlink(paths[1]) || unlink(paths[3]) || rmdir(paths[2]))
		return errno;
	return probe_result(symlink("a", paths[1]));
}

const struct probe probes_fs[] = {
	{"read", 1, run_read},
	{"list", 1, run_list},
	{"write", 1, run_write},
	{"open", 3, run_open},
	{"open-tmpfile", 3, run_open_tmpfile},
	{"symlink-read", 2, run_symlink_read},
	{"parent-swap", 3, run_parent_swap},
	{"opath-reopen", 1, run_opath_reopen},
	{"handle", 2, run_handle},
	{"fd-stat", 1, run_fd_stat},
	{"fd-read-at", 2, run_fd_read_at},
	{"fd-any", 0, run_fd_any},
	{"create-suid", 1, run_create_suid},
	{"race", 3, run_race},
	{"use-tree", 1, run_use_tree},
	{NULL, 0, NULL},
};
