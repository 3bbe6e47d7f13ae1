#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/broker_host.h"

static const char *const denies[] = {"box/secret", "box/**/.env", NULL};

/* One tool a row: what it does, what it meets under a broker and without one. */
#define TOOL(name) static int name(void)

TOOL(a_path_descriptor_opened_again)
{
	char path[64];
	int fd = open(host_path("box/secret"), O_PATH);

	if (fd < 0)
		return EILSEQ;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return host_result(open(path, O_RDONLY));
}

TOOL(a_descriptor_opened_again)
{
	char path[64];
	int fd = open(host_path("box/ok"), O_RDONLY);

	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	return host_content(open(path, O_RDONLY));
}

TOOL(a_descriptor_that_the_broker_has_not)
{
	char path[64];
	int fd = open(host_path("box/ok"), O_RDONLY);
	int high = fcntl(fd, F_DUPFD, 200);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", high);
	if (host_content(open(path, O_RDONLY)) || dup2(high, 1) != 1)
		return EILSEQ;
	return host_content(open("/dev/stdout", O_RDONLY));
}

TOOL(a_pipe_opened_again)
{
	char path[64];
	int ends[2];

	if (pipe(ends) || write(ends[1], "ok", 2) != 2 || dup2(ends[0], 0))
		return EILSEQ;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	return host_content(open("/dev/stdin", O_RDONLY | O_CREAT, 0));
}

TOOL(root_of_procfs)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/proc/self/root%s", host_path("box/secret"));
	return host_result(open(path, O_RDONLY));
}

TOOL(root_of_procfs_allowed)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/proc/thread-self/root%s", host_path("box/ok"));
	return host_content(open(path, O_RDONLY));
}

TOOL(cwd_of_procfs)
{
	if (chdir(host_path("box")) || host_content(open("/proc/self/cwd/sub/../ok", O_RDONLY)))
		return EILSEQ;
	return host_result(open("/proc/self/cwd/secret", O_RDONLY));
}

TOOL(self_is_the_tool)
{
	char text[64] = "", want[64];
	int fd = open("/proc/self/stat", O_RDONLY);

	if (fd < 0)
		return errno;
	if (read(fd, text, sizeof(text) - 1) < 0)
		return errno;
	(void)snprintf(want, sizeof(want), "%d (", getpid());
	return strncmp(text, want, strlen(want)) == 0 ? 0 : EILSEQ;
}

static int open_of_process(pid_t pid, const char *name, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return host_result(open(path, flags));
}

TOOL(memory_of_the_broker)
{
	return open_of_process(host_broker, "mem", O_RDONLY);
}

TOOL(environment_of_the_broker)
{
	return open_of_process(host_broker, "environ", O_RDONLY);
}

TOOL(broker_by_its_directory)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)host_broker);
	return chdir(path) ? EILSEQ : host_result(open("mem", O_RDONLY));
}

TOOL(broker_by_its_root)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/proc/%d/root%s", (int)host_broker,
		       host_path("box/ok"));
	return host_result(open(path, O_RDONLY));
}

TOOL(process_outside)
{
	return open_of_process(host_outside, "stat", O_RDONLY);
}

static const struct host_row rows[] = {
#define ROW(tool, served, control)                                                                 \
	{                                                                                          \
#tool, tool, served, control                                                       \
	}
	ROW(a_path_descriptor_opened_again, EACCES, 0),
	ROW(a_descriptor_opened_again, 0, 0),
	ROW(a_descriptor_that_the_broker_has_not, 0, 0),
	ROW(a_pipe_opened_again, 0, 0),
	ROW(root_of_procfs, EACCES, 0),
	ROW(root_of_procfs_allowed, 0, 0),
	ROW(cwd_of_procfs, EACCES, 0),
	ROW(self_is_the_tool, 0, 0),
	ROW(memory_of_the_broker, EACCES, ENOENT),
	ROW(environment_of_the_broker, EACCES, ENOENT),
	ROW(broker_by_its_directory, EACCES, EILSEQ),
	ROW(broker_by_its_root, EACCES, ENOENT),
	ROW(process_outside, EACCES, 0),
#undef ROW
};

Test(broker_proc, descriptors_and_processes_are_judged)
{
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, false);
}

Test(broker_proc, descriptors_and_processes_are_judged_for_another_user)
{
	if (geteuid() != 0)
		cr_skip_test("not run by root");
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, true);
}
