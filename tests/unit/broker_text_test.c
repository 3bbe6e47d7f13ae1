/*
 * What the broker opens by a path's text: paths without links, from the root and from directories
 * that somebody outside renames meanwhile; and what such paths may look like.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/broker_host.h"

#define LARGE_FILE KERNEL_O_LARGEFILE /* what musl's open passes, and glibc's does not */

static const char *const denies[] = {"box/secret", "box/**/.env", "box/case/a/key", "box/d\xff",
				     NULL};

static bool is_refused(const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 && errno == EACCES;
}

static bool is_open(const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	return fd >= 0 && close(fd) == 0;
}

/* Paths that say the same in other ways. */
static int texts_are_alike(void)
{
	static const char *const allowed[] = {"box/ok", "box//ok", "box/./ok", "box/././/sub/./ok",
					      "box/sub/../ok"};
	static const char *const denied[] = {"box/secret",        "box//secret",
					     "box/./secret",      "/box/.//secret",
					     "box/sub/../secret", "box/sub/./.env",
					     "box/d\xff"};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (!is_open(host_path(allowed[i]), O_RDONLY))
			return (int)i + 1;
	}
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		if (!is_refused(host_path(denied[i]), O_RDWR | O_CREAT))
			return (int)i + 11;
	}
	return is_open(host_path("box/e\xff"), O_RDWR | O_CREAT) ? 0 : 21;
}

/* A name of as many bytes as there may be, and one more. */
static int names_are_long(void)
{
	char path[512];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s", host_path("box/"));
	len = strlen(path);
	memset(path + len, 'n', NAME_MAX + 1);
	path[len + NAME_MAX + 1] = '\0';
	if (is_open(path, O_RDWR | O_CREAT) || errno != ENAMETOOLONG)
		return 1;
	path[len + NAME_MAX] = '\0';
	return is_open(path, O_RDWR | O_CREAT) && is_open(path, O_RDONLY) && !unlink(path) ? 0 : 2;
}

/* "{root}/box/././…/NAME" of len bytes with its NUL. */
static void lengthen(char *path, const char *name, size_t len)
{
	size_t have;

	(void)strcpy(path, host_path("box/"));
	have = strlen(path);
	if ((len - 1 - have - strlen(name)) % 2)
		path[have++] = '/';
	while (have + strlen(name) + 1 < len) {
		path[have++] = '.';
		path[have++] = '/';
	}
	(void)strcpy(path + have, name);
}

static int paths_are_long(void)
{
	static char path[PATH_MAX + 8];

	lengthen(path, "ok", PATH_MAX);
	if (!is_open(path, O_RDONLY))
		return 1;
	lengthen(path, "secret", PATH_MAX);
	if (!is_refused(path, O_RDONLY))
		return 2;
	lengthen(path, "ok", PATH_MAX + 1);
	return open(path, O_RDONLY) < 0 && errno == ENAMETOOLONG ? 0 : 3;
}

/* What the kernel writes behind the name of a file that is gone may be a name as well. */
static int a_name_ends_in_deleted(void)
{
	int fd = open(host_path("box/sub/gone"), O_RDWR | O_CREAT | O_EXCL, 0600);
	char path[64];

	if (fd < 0 || !is_open(host_path("box/sub/gone (deleted)"), O_RDWR | O_CREAT))
		return 1;
	if (!is_open(host_path("box/sub/gone (deleted)"), O_RDONLY) ||
	    unlink(host_path("box/sub/gone")))
		return 2;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return is_refused(path, O_RDONLY) ? 0 : 3;
}

/* The flags that a descriptor has are those that were asked for. */
static int flags_are_the_callers(void)
{
	static const int flags[] = {O_RDONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDONLY | O_NONBLOCK};
	const int mask = O_ACCMODE | O_APPEND | O_NONBLOCK;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int fd = open(host_path("box/ok"), flags[i] | O_CLOEXEC);

		if (fd < 0 || (fcntl(fd, F_GETFL) & mask) != flags[i] ||
		    fcntl(fd, F_GETFD) != FD_CLOEXEC || close(fd))
			return (int)i + 1;
	}
	return host_content((int)syscall(SYS_openat, AT_FDCWD, host_path("box/ok"), LARGE_FILE));
}

static int errors_are_of_the_call(void)
{
	if (is_open(host_path("box/ok"), O_RDWR | O_CREAT | O_EXCL) || errno != EEXIST)
		return 1;
	if (is_open(host_path("box/new"), O_RDONLY | O_CREAT | O_DIRECTORY) || errno != EINVAL)
		return 2;
	if (!access(host_path("box/new"), F_OK))
		return 3;
	if (is_open(host_path("box/sub"), O_RDWR) || errno != EISDIR)
		return 4;
	return is_open(host_path("box/ok/x"), O_RDONLY) || errno != ENOTDIR ? 5 : 0;
}

/* A tool renames what it works in: there its paths go on, and no further than before. */
static int the_tool_renames_its_directory(void)
{
	if (chdir(host_path("box/sub")) || host_content(open("ok", O_RDONLY)))
		return 1;
	if (rename(host_path("box/sub"), host_path("box/moved")))
		return 2;
	if (mkdir(host_path("box/sub"), 0755) || !is_refused(".env", O_RDONLY))
		return 3;
	if (host_content(open("ok", O_RDONLY)) || !is_open("new", O_RDWR | O_CREAT))
		return 4;
	return access(host_path("box/moved/new"), F_OK) || !access(host_path("box/sub/new"), F_OK);
}

static int a_directory_is_gone(void)
{
	if (mkdir(host_path("box/gone"), 0755) || chdir(host_path("box/gone")) ||
	    is_open("x", O_RDONLY) || rmdir(host_path("box/gone")))
		return 1;
	if (mkdir(host_path("box/gone"), 0755))
		return 2;
	return is_open("x", O_RDWR | O_CREAT) || !access(host_path("box/gone/x"), F_OK);
}

static const struct host_row rows[] = {
#define ROW(tool, control)                                                                         \
	{                                                                                          \
#tool, tool, 0, control                                                            \
	}
	ROW(texts_are_alike, 11),
	ROW(names_are_long, 0),
	ROW(paths_are_long, 2),
	ROW(a_name_ends_in_deleted, 3),
	ROW(flags_are_the_callers, 0),
	ROW(errors_are_of_the_call, 0),
	ROW(the_tool_renames_its_directory, 3),
	ROW(a_directory_is_gone, 0),
#undef ROW
};

Test(broker_text, paths_without_links_mean_what_the_kernel_says)
{
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, false);
}

/* Whose descriptors procfs would not show to root's. */
Test(broker_text, paths_without_links_mean_the_same_to_another_user)
{
	if (geteuid() != 0)
		cr_skip_test("not run by root");
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, true);
}

/* Somebody outside, who renames free/x to box/case/a and back, whenever he is asked. */
static int ask[2], told[2];

static void have_it_renamed(void)
{
	char byte = 0;

	if (write(ask[1], &byte, 1) != 1 || read(told[0], &byte, 1) != 1)
		abort();
}

static pid_t start_outsider(void)
{
	pid_t pid;
	char byte;

	if (pipe(ask) || pipe(told))
		abort();
	pid = fork();
	if (pid != 0)
		return pid;
	for (int i = 0; read(ask[0], &byte, 1) == 1; i++) {
		const char *free_x = host_path("free/x"), *case_a = host_path("box/case/a");

		if (rename(i % 2 ? case_a : free_x, i % 2 ? free_x : case_a) ||
		    write(told[1], &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static int the_outside_renames_its_directory(void)
{
	if (chdir(host_path("free/x")) || !is_open("key", O_RDONLY))
		return 1;
	have_it_renamed();
	if (!is_refused("key", O_RDONLY) || !is_refused("key", O_WRONLY | O_TRUNC) ||
	    !is_refused("key", O_RDWR | O_CREAT) || !is_refused("./key", O_RDONLY))
		return 2;
	if (!is_open("ok", O_RDONLY) || !is_open("new", O_RDWR | O_CREAT))
		return 3;
	have_it_renamed();
	return is_open("key", O_RDWR) && is_open(host_path("free/x/new"), O_RDONLY) ? 0 : 4;
}

static void make_file(const char *below)
{
	FILE *file = fopen(host_path(below), "w");

	if (!file || fputs("ok", file) < 0 || fclose(file))
		abort();
}

/* 0, or what the tool says; 100: it has cut the file off. */
static int try_outsider(bool served)
{
	struct host host = {.denies = denies, .tool = the_outside_renames_its_directory};
	struct stat st;
	pid_t outsider;
	int got;

	host_begin(&host);
	if (mkdir(host_path("free/x"), 0755))
		abort();
	make_file("free/x/key");
	make_file("free/x/ok");
	outsider = start_outsider();
	got = served ? host_serve(&host) : host_control(&host);
	(void)kill(outsider, SIGKILL);
	(void)waitpid(outsider, NULL, 0);
	if (!got && (stat(host_path("free/x/key"), &st) || st.st_size != 2))
		got = 100;
	host_end(&host);
	return got;
}

/* Somebody outside, who has a lease on the file and does not let go of it. */
static int leases_are_not_waited_for(void)
{
	static const int flags[] = {O_RDWR, O_RDWR | O_CREAT, O_WRONLY | O_TRUNC | O_NONBLOCK};

	if (symlink("ok", host_path("box/link")))
		return 1;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (is_open(host_path("box/ok"), flags[i]) || errno != EAGAIN)
			return 2;
		if (is_open(host_path("box/link"), flags[i]) || errno != EAGAIN)
			return 3;
	}
	return truncate(host_path("box/ok"), 0) < 0 && errno == EAGAIN ? 0 : 4;
}

/* The kernel would let it wait for 45 seconds, in which nobody could end the launch. */
Test(broker_text, an_open_does_not_wait_for_a_lease, .timeout = 30)
{
	struct host host = {.denies = denies, .tool = leases_are_not_waited_for};
	int fd;

	(void)signal(SIGIO, SIG_IGN);
	host_begin(&host);
	fd = open(host_path("box/ok"), O_RDONLY | O_CLOEXEC);
	if (fcntl(fd, F_SETLEASE, F_RDLCK))
		cr_skip_test("no leases on this file system");
	cr_expect_eq(host_serve(&host), 0);
	(void)close(fd);
	host_end(&host);
}

Test(broker_text, what_the_outside_renames_is_judged_by_its_name_of_now)
{
	cr_expect_eq(try_outsider(true), 0);
	cr_expect_eq(try_outsider(false), 2);
}
