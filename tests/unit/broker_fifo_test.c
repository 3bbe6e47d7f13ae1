/*
 * FIFOs under a broker: their opens wait as they do without one, and the broker goes on.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/box.h"
#include "support/broker_host.h"

static const char *const denies[] = {"box/secret", NULL};

#define TOOL(name) static int name(void)

static int fifo_open(const char *below, int flags)
{
	int fd = open(host_path(below), flags);

	return fd < 0 || (flags & O_NONBLOCK) == (fcntl(fd, F_GETFL) & O_NONBLOCK) ? fd : -1;
}

/* Opens for writing once somebody reads, or waits to: not before. */
static int fifo_of_a_reader(const char *below)
{
	int fd;

	do
		fd = fifo_open(below, O_WRONLY | O_NONBLOCK);
	while (fd < 0 && errno == ENXIO);
	return fd;
}

static int fifo_ended(pid_t child)
{
	int status;

	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status)
									: EPROTO;
}

/* Neither would come to its second who waited for bytes in the first. */
TOOL(wait_for_each_other)
{
	const char *to = "box/to", *from = "box/from";
	pid_t child;
	int fd;

	if (mkfifo(host_path(to), 0600) || mkfifo(host_path(from), 0600))
		return errno;
	child = fork();
	if (!child) {
		bool both = fifo_open(to, O_RDONLY) >= 0 &&
			    (fd = fifo_open(from, O_WRONLY | O_CREAT | O_TRUNC)) >= 0;

		_exit(both && write(fd, "ok", 2) == 2 ? 0 : EILSEQ);
	}
	if (fifo_open(to, O_WRONLY) < 0)
		return EILSEQ;
	fd = fifo_open(from, O_RDONLY);
	return host_content(fd) ? EILSEQ : fifo_ended(child);
}

TOOL(wait_for_a_writer_not_for_bytes)
{
	pid_t child;
	int fd, rc;

	if (mkfifo(host_path("box/fifo"), 0600) || symlink("fifo", host_path("box/link")))
		return errno;
	child = fork();
	if (!child)
		_exit(fifo_open("box/link", O_RDONLY) < 0);
	fd = fifo_of_a_reader("box/fifo");
	rc = fifo_ended(child);
	return fd < 0 ? EILSEQ : rc;
}

/* Whoever reads sees the end of an empty FIFO until the writer has it. */
TOOL(wait_for_a_reader)
{
	char text[3] = "";
	ssize_t n;
	pid_t child;
	int fd;

	if (mkfifo(host_path("box/fifo"), 0600))
		return errno;
	child = fork();
	if (!child) {
		fd = fifo_open("box/fifo", O_WRONLY);
		_exit(write(fd, "ok", 2) != 2);
	}
	fd = fifo_open("box/fifo", O_RDONLY | O_NONBLOCK);
	do
		n = read(fd, text, 2);
	while (n == 0 || (n < 0 && errno == EAGAIN));
	return n != 2 || strcmp(text, "ok") != 0 ? EILSEQ : fifo_ended(child);
}

TOOL(do_not_wait_where_nobody_wants_it)
{
	if (mkfifo(host_path("box/fifo"), 0600))
		return errno;
	if (fifo_open("box/fifo", O_WRONLY | O_NONBLOCK) >= 0 || errno != ENXIO)
		return EILSEQ;
	if (fifo_open("box/fifo", O_RDWR) < 0)
		return EILSEQ;
	return fifo_open("box/fifo", O_RDONLY | O_NONBLOCK) < 0 ? EILSEQ : 0;
}

/* Neither running nor ended. */
static bool is_waiting(pid_t pid)
{
	char path[64], text[512] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file) || fclose(file) || !strrchr(text, ')'))
		return false;
	return strchr("SD", strrchr(text, ')')[2]) != NULL;
}

/* Its place is free again, and it is no reader any more. */
TOOL(do_not_wait_for_who_is_killed)
{
	pid_t child;
	int fd;

	if (mkfifo(host_path("box/fifo"), 0600))
		return errno;
	child = fork();
	if (!child)
		_exit(fifo_open("box/fifo", O_RDONLY) < 0);
	/* Opened, it would be a writer that has come. */
	while (!is_waiting(child))
		(void)sched_yield();
	(void)kill(child, SIGKILL);
	if (waitpid(child, NULL, 0) != child)
		return EILSEQ;
	while ((fd = fifo_open("box/fifo", O_WRONLY | O_NONBLOCK)) >= 0)
		(void)close(fd);
	return errno == ENXIO ? 0 : EILSEQ;
}

#define N_TOO_MANY 6

TOOL(too_many_wait)
{
	int status = 0;

	if (mkfifo(host_path("box/fifo"), 0600))
		return errno;
	for (size_t i = 0; i < BROKER_MAX_FIFOS + N_TOO_MANY; i++) {
		if (!fork())
			_exit(host_open("box/fifo", O_RDONLY));
	}
	for (size_t i = 0; i < N_TOO_MANY; i++) {
		if (wait(&status) < 0 || WEXITSTATUS(status) != ENFILE)
			return EILSEQ;
	}
	if (fifo_open("box/fifo", O_WRONLY) < 0)
		return EILSEQ;
	for (size_t i = 0; i < BROKER_MAX_FIFOS; i++) {
		if (wait(&status) < 0 || status)
			return EILSEQ;
	}
	return 0;
}

#define ROW(tool)                                                                                  \
	{                                                                                          \
#tool, tool, 0, 0                                                                  \
	}
static const struct host_row rows[] = {
	ROW(wait_for_each_other),
	ROW(wait_for_a_writer_not_for_bytes),
	ROW(wait_for_a_reader),
	ROW(do_not_wait_where_nobody_wants_it),
	ROW(do_not_wait_for_who_is_killed),
};

Test(broker_fifo, opens_wait_as_without_a_broker, .timeout = 30)
{
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, false);
}

Test(broker_fifo, opens_wait_for_another_user, .timeout = 30)
{
	if (geteuid() != 0)
		cr_skip_test("not run by root");
	host_try_all(rows, sizeof(rows) / sizeof(rows[0]), denies, true);
}

Test(broker_fifo, as_many_wait_as_there_is_room_for, .timeout = 30)
{
	struct host host = {.denies = denies, .tool = too_many_wait};

	host_begin(&host);
	cr_expect_eq(host_serve(&host), 0);
	host_end(&host);
}

/*
 * A launch: its keeper is the broker. timeout(1) kills who waits for nobody, and would kill its
 * group, which nobody may leave.
 */
Test(broker_fifo, shells_pass_what_they_say_through_one, .init = make_box, .fini = remove_box,
     .timeout = 30)
{
	expect_in_box(BOX("write \"${box}\"; deny \"${box}/secret\"; "),
		      "cd $box && mkfifo p q && { cat p >out; echo over >q; } & cd $box; "
		      "until [ -p q ]; do :; done; echo hello >p; read end <q; cat out; echo $end; "
		      "timeout --foreground 0.1 cat p; echo $?; timeout --foreground 0.1 sh -c "
		      "'echo x >p'; echo $?",
		      "hello\nover\n124\n124\n");
}
