#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "support/broker_host.h"

static const char *const denies[] = {"box/secret",     "box/**/.env",         "box/.git/hooks",
				     "box/case/a/key", "free/deep/never.txt", NULL};

/* One tool a row: what it does, what it meets under a broker and without one. */
#define TOOL(name) static int name(void)

TOOL(reads_allowed)
{
	return host_content(open(host_path("box/ok"), O_RDONLY));
}

TOOL(reads_denied)
{
	return host_open("box/secret", O_RDONLY);
}

TOOL(reads_glob)
{
	return host_open("box/sub/.env", O_RDONLY);
}

TOOL(reads_missing)
{
	return host_open("box/missing", O_RDONLY);
}

TOOL(reads_below)
{
	return host_open("box/.git/hooks/x", O_RDONLY);
}

TOOL(reads_outside_with_broker)
{
	return host_open("other", O_RDWR | O_CREAT);
}

TOOL(creates_with_a_mode)
{
	struct stat st;
	int fd = open(host_path("box/new"), O_WRONLY | O_CREAT | O_EXCL, 0666);

	if (fd < 0 || fstat(fd, &st) || (st.st_mode & 07777) != 0644)
		return fd < 0 ? errno : EILSEQ;
	return host_open("box/new", O_WRONLY | O_CREAT | O_EXCL) == EEXIST ? 0 : EILSEQ;
}

TOOL(creates_denied)
{
	return host_open("box/case/.env", O_WRONLY | O_CREAT);
}

TOOL(creates_by_creat)
{
	int fd = creat(host_path("box/made"), 0600);

	return fd < 0 ? errno : host_result(write(fd, "ok", 2));
}

TOOL(appends_and_truncates)
{
	int fd = open(host_path("box/ok"), O_WRONLY | O_APPEND | O_TRUNC | O_CLOEXEC);
	bool right = (fcntl(fd, F_GETFL) & (O_APPEND | O_ACCMODE)) == (O_APPEND | O_WRONLY) &&
		     fcntl(fd, F_GETFD) == FD_CLOEXEC && lseek(fd, 0, SEEK_END) == 0;

	return right ? 0 : EILSEQ;
}

TOOL(a_symlink_leads_to_it)
{
	if (symlink("secret", host_path("box/link")))
		return EILSEQ;
	return host_open("box/link", O_RDONLY);
}

TOOL(a_linked_parent_leads_to_it)
{
	if (symlink("sub", host_path("box/parent")))
		return EILSEQ;
	return host_open("box/parent/.env", O_RDONLY);
}

TOOL(dots_lead_to_it)
{
	return host_open("box/sub/.././/sub/../secret", O_RDONLY);
}

TOOL(the_working_directory)
{
	if (chdir(host_path("box/sub")) || host_content(open("ok", O_RDONLY)))
		return EILSEQ;
	return host_result(open(".env", O_RDONLY));
}

TOOL(a_directory_descriptor)
{
	int dir = open(host_path("box/sub"), O_RDONLY | O_DIRECTORY);

	if (host_content(openat(dir, "ok", O_RDONLY)))
		return EILSEQ;
	return host_result(openat(dir, ".env", O_RDONLY));
}

TOOL(a_path_descriptor)
{
	int dir = open(host_path("box/sub"), O_PATH | O_DIRECTORY);

	if (dir < 0 || host_content(openat(dir, "ok", O_RDONLY)))
		return EILSEQ;
	return host_result(openat(dir, ".env", O_RDONLY));
}

TOOL(renames_denied)
{
	return host_result(rename(host_path("box/secret"), host_path("box/x")));
}

TOOL(renames_to_denied)
{
	return host_result(rename(host_path("box/ok"), host_path("box/sub/.env")));
}

TOOL(renames_allowed)
{
	if (rename(host_path("box/ok"), host_path("free/ok")))
		return errno;
	return host_content(open(host_path("free/ok"), O_RDONLY));
}

TOOL(exchanges)
{
	return host_result(syscall(SYS_renameat2, AT_FDCWD, host_path("box/ok"), AT_FDCWD,
				   host_path("box/secret"), RENAME_EXCHANGE));
}

TOOL(exchanges_parents)
{
	return host_result(syscall(SYS_renameat2, AT_FDCWD, host_path("box/sub"), AT_FDCWD,
				   host_path("box/.git"), RENAME_EXCHANGE));
}

TOOL(renames_a_parent)
{
	return host_result(rename(host_path("box/.git"), host_path("box/g")));
}

TOOL(renames_to_a_parent)
{
	if (mkdir(host_path("free/x"), 0755) || mkdir(host_path("free/x/deep"), 0755))
		return EILSEQ;
	return host_result(rename(host_path("free/x/deep"), host_path("free/deep")));
}

TOOL(renames_within_a_glob)
{
	if (rename(host_path("box/sub"), host_path("box/sub2")))
		return errno;
	return host_open("box/sub2/.env", O_RDONLY) == EACCES ? 0 : EILSEQ;
}

TOOL(renames_out_of_a_glob)
{
	return host_result(rename(host_path("box/sub"), host_path("free/sub")));
}

TOOL(links_denied)
{
	return host_result(link(host_path("box/secret"), host_path("box/hard")));
}

TOOL(links_to_denied)
{
	return host_result(link(host_path("box/ok"), host_path("box/case/.env")));
}

TOOL(links_allowed)
{
	if (link(host_path("box/ok"), host_path("box/ok2")))
		return errno;
	return host_content(open(host_path("box/ok2"), O_RDONLY));
}

TOOL(unlinks_denied)
{
	return host_result(unlink(host_path("box/secret")));
}

TOOL(unlinks_allowed)
{
	return host_result(unlink(host_path("box/ok")));
}

TOOL(makes_denied_directory)
{
	return host_result(mkdir(host_path("box/case/.env"), 0755));
}

TOOL(makes_directories)
{
	struct stat st;

	if (mkdir(host_path("box/d/"), 0777) || stat(host_path("box/d"), &st))
		return errno;
	return (st.st_mode & 07777) == 0755 ? host_result(rmdir(host_path("box/d"))) : EILSEQ;
}

TOOL(makes_a_denied_fifo)
{
	return host_result(mkfifo(host_path("box/case/.env"), 0600));
}

TOOL(plants_a_link)
{
	return host_result(symlink("../sub", host_path("box/case/a")));
}

TOOL(truncates_denied)
{
	return host_result(truncate(host_path("box/secret"), 0));
}

TOOL(truncates_allowed)
{
	struct stat st;

	if (truncate(host_path("box/ok"), 1) || stat(host_path("box/ok"), &st))
		return errno;
	return st.st_size == 1 ? 0 : EILSEQ;
}

TOOL(changes_mode_denied)
{
	return host_result(chmod(host_path("box/secret"), 0777));
}

TOOL(changes_mode_allowed)
{
	struct stat st;

	if (chmod(host_path("box/ok"), 0600) || stat(host_path("box/ok"), &st))
		return errno;
	return (st.st_mode & 07777) == 0600 ? 0 : EILSEQ;
}

TOOL(changes_times_denied)
{
	return host_result(utimensat(AT_FDCWD, host_path("box/secret"), NULL, 0));
}

TOOL(changes_times)
{
	const struct timespec times[2] = {{5, 6}, {7, 8}};
	const struct timeval older[2] = {{50, 60}, {70, 80}};
	const struct utimbuf oldest = {500, 700};
	const char *path = host_path("box/ok");
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (utimensat(AT_FDCWD, path, times, 0) || stat(path, &st) || st.st_mtim.tv_nsec != 8)
		return EILSEQ;
	if (syscall(SYS_utimes, path, older) || stat(path, &st) || st.st_mtim.tv_nsec != 80000)
		return EILSEQ;
	if (syscall(SYS_utime, path, &oldest) || stat(path, &st) || st.st_mtim.tv_sec != 700)
		return EILSEQ;
	if (futimens(fd, times) || stat(path, &st) || st.st_mtim.tv_sec != 7)
		return EILSEQ;
	return 0;
}

static unsigned int mode_of_new(const char *below)
{
	struct stat st;

	if (host_open(below, O_WRONLY | O_CREAT | O_EXCL) || stat(host_path(below), &st))
		return 0;
	return st.st_mode & 07777;
}

TOOL(umasks_are_the_callers)
{
	struct stat st;
	int status;

	/* A name that looks like the line in procfs does not stand for it. */
	if (prctl(PR_SET_NAME, "x\nUmask:\t0777\n") || umask(077) != 022)
		return EILSEQ;
	if (mode_of_new("box/private") != 0600)
		return EPROTO;
	if (!fork())
		_exit(umask(027) != 077 || mode_of_new("box/childs") != 0640);
	if (wait(&status) < 0 || status || mode_of_new("box/private2") != 0600)
		return EPROTO;
	if (umask(0) != 077 || mode_of_new("box/masked") != 0666)
		return EPROTO;
	if (mkdir(host_path("box/open"), 0777) || stat(host_path("box/open"), &st))
		return EILSEQ;
	return (st.st_mode & 07777) == 0777 ? 0 : EPROTO;
}

TOOL(devices)
{
	int fd = open("/dev/zero", O_RDWR | O_CREAT, 0666);
	char byte = 1;

	if (read(fd, &byte, 1) != 1 || byte || fcntl(fd, F_GETFL) & O_NONBLOCK)
		return EILSEQ;
	return open("/dev/tty", O_RDWR) < 0 && errno == ENXIO ? 0 : EILSEQ;
}

TOOL(files_without_a_name)
{
	char path[64];
	int fd = open(host_path("box"), O_TMPFILE | O_RDWR, 0600);

	if (fd < 0 || write(fd, "ok", 2) != 2)
		return errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return host_result(open(path, O_RDONLY));
}

TOOL(through_links_that_lead_nowhere)
{
	if (symlink("free/here", host_path("box/../free/a")) ||
	    symlink("../free/made", host_path("box/b")) || symlink("case/.env", host_path("box/c")))
		return EILSEQ;
	if (host_open("box/b", O_WRONLY | O_CREAT) || access(host_path("free/made"), F_OK))
		return EILSEQ;
	if (host_open("free/a", O_WRONLY | O_CREAT) != ENOENT)
		return EILSEQ;
	return host_open("box/c", O_WRONLY | O_CREAT);
}

TOOL(errors_are_the_kernels)
{
	static const struct {
		const char *path;
		int flags;
		int error;
	} rows[] = {
		{"box/ok/", O_RDONLY, ENOTDIR},
		{"box/ok", O_RDONLY | O_DIRECTORY, ENOTDIR},
		{"box/loop", O_RDONLY, ELOOP},
		{"box/loop", O_RDONLY | O_NOFOLLOW, ELOOP},
		{"box/loop", O_WRONLY | O_CREAT, ELOOP},
		{"box", O_WRONLY, EISDIR},
		{"box/", O_WRONLY | O_CREAT, EISDIR},
		{"box/.", O_WRONLY | O_CREAT, EISDIR},
		{"box/missing/x", O_WRONLY | O_CREAT, ENOENT},
		{"box/ok/x", O_WRONLY | O_CREAT, ENOTDIR},
	};

	if (symlink("loop", host_path("box/loop")))
		return EILSEQ;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (host_open(rows[i].path, rows[i].flags) != rows[i].error)
			return 100 + (int)i;
	}
	if (open("/proc/self/status", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 || errno != EEXIST)
		return EEXIST;
	if (open("", O_RDONLY) >= 0 || errno != ENOENT)
		return EILSEQ;
	if (openat(99, "x", O_RDONLY) >= 0 || errno != EBADF)
		return EILSEQ;
	if (mkdir("/", 0) == 0 || errno != EEXIST)
		return EILSEQ;
	return syscall(SYS_open, (void *)1, O_RDONLY) < 0 && errno == EFAULT ? 0 : EILSEQ;
}

TOOL(by_openat2)
{
	struct open_how_abi how = {.flags = O_RDONLY, .resolve = 0x08}; /* RESOLVE_BENEATH */
	int dir = open(host_path("box"), O_RDONLY | O_DIRECTORY);

	if (host_content((int)syscall(SYS_openat2, dir, "sub/ok", &how, sizeof(how))))
		return EILSEQ;
	if (syscall(SYS_openat2, dir, "../free", &how, sizeof(how)) >= 0 || errno != EXDEV)
		return EILSEQ;
	return host_result(syscall(SYS_openat2, dir, "sub/.env", &how, sizeof(how)));
}

TOOL(deleted_files_are_not_opened_again)
{
	char path[64];
	int fd = open(host_path("box/ok"), O_RDONLY);

	if (fd < 0 || unlink(host_path("box/ok")))
		return EILSEQ;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return host_result(open(path, O_RDONLY));
}

static const struct host_row rows[] = {
#define ROW(tool, served, control)                                                                 \
	{                                                                                          \
#tool, tool, served, control                                                       \
	}
	ROW(reads_allowed, 0, 0),
	ROW(reads_denied, EACCES, 0),
	ROW(reads_glob, EACCES, 0),
	ROW(reads_missing, ENOENT, ENOENT),
	ROW(reads_below, EACCES, 0),
	ROW(reads_outside_with_broker, EACCES, EACCES),
	ROW(creates_with_a_mode, 0, 0),
	ROW(creates_denied, EACCES, 0),
	ROW(creates_by_creat, 0, 0),
	ROW(appends_and_truncates, 0, 0),
	ROW(a_symlink_leads_to_it, EACCES, 0),
	ROW(a_linked_parent_leads_to_it, EACCES, 0),
	ROW(dots_lead_to_it, EACCES, 0),
	ROW(the_working_directory, EACCES, 0),
	ROW(a_directory_descriptor, EACCES, 0),
	ROW(a_path_descriptor, EACCES, 0),
	ROW(renames_denied, EACCES, 0),
	ROW(renames_to_denied, EACCES, 0),
	ROW(renames_allowed, 0, 0),
	ROW(exchanges, EACCES, 0),
	ROW(exchanges_parents, EACCES, 0),
	ROW(renames_a_parent, EACCES, 0),
	ROW(renames_to_a_parent, EACCES, 0),
	ROW(renames_within_a_glob, 0, EILSEQ),
	ROW(renames_out_of_a_glob, EXDEV, 0),
	ROW(links_denied, EACCES, 0),
	ROW(links_to_denied, EACCES, 0),
	ROW(links_allowed, 0, 0),
	ROW(unlinks_denied, EACCES, 0),
	ROW(unlinks_allowed, 0, 0),
	ROW(makes_denied_directory, EACCES, 0),
	ROW(makes_directories, 0, 0),
	ROW(makes_a_denied_fifo, EACCES, 0),
	ROW(plants_a_link, EACCES, 0),
	ROW(truncates_denied, EACCES, 0),
	ROW(truncates_allowed, 0, 0),
	ROW(changes_mode_denied, EACCES, 0),
	ROW(changes_mode_allowed, 0, 0),
	ROW(changes_times_denied, EACCES, 0),
	ROW(changes_times, 0, 0),
	ROW(umasks_are_the_callers, 0, 0),
	ROW(devices, 0, 0),
	ROW(files_without_a_name, EACCES, 0),
	ROW(through_links_that_lead_nowhere, EACCES, 0),
	ROW(errors_are_the_kernels, 0, 0),
	ROW(by_openat2, EACCES, 0),
	ROW(deleted_files_are_not_opened_again, EACCES, 0),
#undef ROW
};

Test(broker, each_call_is_judged)
{
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, false);
}

Test(broker, each_call_is_judged_for_another_user)
{
	if (geteuid() != 0)
		cr_skip_test("not run by root");
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, true);
}
