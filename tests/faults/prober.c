/*
 * What a launch is put to the test with: tries what no sandbox of tests/faults/faults.writ grants.
 *
 *	prober BOX OUTSIDE INHERITED
 *
 * Writes a line for each try to BOX/facts, "NAME done" or "NAME ERRNO", as soon as it is known, and
 * leaves a daemon, for the launch's end to end it. Without a sandbox every try is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#define PROBER_STATUS 42
#define NOT_ASKED     200 /* how it ends when it is only started; no errno */
#define DAEMON_S      20
#define CLOSED_PORT   1

static const char *outside;
static int inherited;

static int result(long rc)
{
	return rc < 0 ? errno : 0;
}

static char *name_outside(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", outside, name);
	return path;
}

static int try_read(void)
{
	return result(open(name_outside("secret"), O_RDONLY));
}

static int try_list(void)
{
	return result(open(outside, O_RDONLY | O_DIRECTORY));
}

static int try_write(void)
{
	return result(open(name_outside("secret"), O_WRONLY));
}

static int try_truncate(void)
{
	return result(truncate(name_outside("secret"), 0));
}

static int try_create(void)
{
	int rc = result(mkdir(name_outside("new"), 0700));

	(void)rmdir(name_outside("new"));
	return rc;
}

static int try_chmod(void)
{
	return result(chmod(name_outside("secret"), 0644));
}

/* In a child, where processes can be made at all. */
static int try_execute(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		char *const argv[] = {name_outside("prober"), NULL};

		(void)execv(argv[0], argv);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WEXITSTATUS(status) == NOT_ASKED ? 0 : WEXITSTATUS(status);
}

static int try_inherited(void)
{
	char byte;

	return result(read(inherited, &byte, 1));
}

static int try_connect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(CLOSED_PORT)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return result(fd);
	/* Nobody listens: that it comes so far is what counts. */
	return errno == ECONNREFUSED ? 0 : errno;
}

/*
 * To a port that somebody has (faults.c) and never reads from: whoever is not in his network is
 * told that nobody is there.
 */
static int try_datagram(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DATAGRAM_PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char byte = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    send(fd, &byte, 1, 0) < 0 || (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno != EAGAIN))
		return errno;
	return 0;
}

static int try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_signal(void)
{
	return result(kill(getppid(), 0));
}

static int try_ptrace(void)
{
	return result(ptrace(PTRACE_SEIZE, getppid(), 0L, 0L));
}

/* By a child: who leads its group can't leave it. */
static int try_session(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(setsid() < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WEXITSTATUS(status);
}

static int try_namespace(void)
{
	return result(syscall(SYS_unshare, 0x10000000L)); /* CLONE_NEWUSER */
}

static int try_io_uring(void)
{
	/* Without the structure it asks for, which shows that it was reached. */
	return syscall(SYS_io_uring_setup, 1L, NULL) < 0 && errno != EFAULT ? errno : 0;
}

/* How a launch dies with its caller. */
static int parent_death(void)
{
	int number = 0;

	if (prctl(PR_GET_PDEATHSIG, &number, 0L, 0L, 0L))
		return errno;
	return number;
}

static int try_core(void)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_CORE, &limit);
	return limit.rlim_max ? 0 : EPERM;
}

static const struct {
	const char *name;
	int (*run)(void);
} tries[] = {
	{"read", try_read},         {"list", try_list},           {"write", try_write},
	{"truncate", try_truncate}, {"create", try_create},       {"chmod", try_chmod},
	{"execute", try_execute},   {"inherited", try_inherited}, {"connect", try_connect},
	{"unix", try_unix},         {"signal", try_signal},       {"ptrace", try_ptrace},
	{"session", try_session},   {"namespace", try_namespace}, {"io_uring", try_io_uring},
	{"core", try_core},         {"datagram", try_datagram},
};

static void tell(int facts, const char *name, int error)
{
	char line[128];
	int n = error ? snprintf(line, sizeof(line), "%s %d\n", name, error)
		      : snprintf(line, sizeof(line), "%s done\n", name);

	if (write(facts, line, (size_t)n) != n)
		_exit(1);
}

/* Twice forked, deaf to all that can be ignored. */
static void leave_daemon(void)
{
	if (fork())
		return;
	if (fork())
		_exit(0);
	for (int number = 1; number < 32; number++)
		(void)signal(number, SIG_IGN);
	for (int fd = 0; fd < 64; fd++)
		(void)close(fd);
	(void)sleep(DAEMON_S);
	_exit(0);
}

int main(int argc, char **argv)
{
	char path[4096];
	int facts;

	if (argc != 4)
		return NOT_ASKED;
	outside = argv[2];
	inherited = atoi(argv[3]);
	(void)snprintf(path, sizeof(path), "%s/facts", argv[1]);
	facts = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (facts < 0)
		return 1;
	leave_daemon();
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++)
		tell(facts, tries[i].name, tries[i].run());
	tell(facts, "death", parent_death());
	return PROBER_STATUS;
}
