/* Running a command as a careless caller, and counting what it leaves behind. See launch.h. */
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAKED_DIR  9
#define LEAKED_FILE 8

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for SIGCHLD, which is blocked, or until the deadline; false when that has passed. */
static bool await_child(long deadline)
{
	sigset_t set;
	long left = deadline - now_ms();
	struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};

	if (left <= 0)
		return false;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	(void)sigtimedwait(&set, NULL, &wait);
	return true;
}

static int shell_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The command's status, or RUNS_ON; reaps orphans on the way. */
static int await_command(pid_t command, long deadline)
{
	int status;

	do {
		pid_t pid;

		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == command)
				return shell_status(status);
	} while (await_child(deadline));
	return RUNS_ON;
}

/* Reaps until no child is left (true) or the deadline has passed. */
static bool await_nobody(long deadline)
{
	do {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return true;
	} while (await_child(deadline));
	return false;
}

/* The parent of a process, 0 when it is gone. */
static pid_t parent_of(const char *pid)
{
	char path[300];
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1)
		parent = 0;
	fclose(file);
	return parent;
}

/* Kills this process's children, by their ids; how many. Theirs become ours and are found next
 * time. */
static int kill_children(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    parent_of(entry->d_name) != getpid())
			continue;
		kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
		n++;
	}
	if (proc)
		closedir(proc);
	return n;
}

static int count_and_kill_orphans(int settle_ms)
{
	int n = 0;

	if (await_nobody(now_ms() + settle_ms))
		return 0;
	do
		n += kill_children();
	while (!await_nobody(now_ms() + 50));
	return n;
}

/* Becomes the leader of a session whose terminal is a new pseudo-terminal; returns the terminal. */
static int open_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	char *name;

	if (master < 0 || grantpt(master) || unlockpt(master) || !(name = ptsname(master)))
		return -1;
	setsid();
	return open(name, O_RDWR); /* without O_NOCTTY: it becomes the controlling terminal */
}

static int open_stdin(const struct world *world, unsigned flags)
{
	if (flags & TTY)
		return open_terminal();
	if (flags & STDIN_OUT)
		return open(world->things[THING_OUT], O_RDONLY | O_DIRECTORY);
	return open("/dev/null", O_RDONLY);
}

/* Descriptors, umask, signals, limits: everything a launcher should not hand on. */
static int be_careless(const struct world *world, unsigned flags, int output)
{
	char secret[WORLD_TEXT + 16];
	sigset_t set;
	int in = open_stdin(world, flags);
	int dir = open(world->things[THING_OUT], O_RDONLY | O_DIRECTORY);
	struct rlimit files;
	int file;

	snprintf(secret, sizeof(secret), "%s/secret", world->things[THING_OUT]);
	file = open(secret, O_RDONLY);
	if (in < 0 || dir < 0 || file < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
	    dup2(dir, LEAKED_DIR) < 0 || dup2(file, LEAKED_FILE) < 0)
		return -1;
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	umask(0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return chdir(world->things[flags & CWD_OUT ? THING_OUT : THING_BOX]);
}

static char *const careless_env[] = {
	"PATH=.:/usr/local/bin::/usr/bin:/bin:",
	"HOME=/nonexistent/home",
	"SSH_AUTH_SOCK=/nonexistent/agent",
	"LD_AUDIT=/nonexistent/evil.so",
	"NODE_OPTIONS=--require=/nonexistent/evil.js",
	"BASH_ENV=/nonexistent/evil.sh",
	"SECRET_KEY=sk-0123456789",
	"LD_PRELOAD=/nonexistent/evil.so",
	"PYTHONSTARTUP=/nonexistent/evil.py",
	"BASH_FUNC_ls%%=() { id; }",
	"FIXED=forged",
	"DUP=first",
	"DUP=second",
	"LANG=C",
	NULL,
};

/* In the adopting process: the command, its end, its orphans. */
static void adopt(const struct world *world, const struct launch *launch, struct outcome *out,
		  int output)
{
	sigset_t set;
	pid_t command;

	/* A session of its own: what an attack does to its group or terminal must not reach the
	 * driver's. */
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	command = fork();
	if (command < 0)
		_exit(1);
	if (command == 0) {
		if (be_careless(world, launch->flags, output))
			_exit(255);
		execve(launch->argv[0], launch->argv, careless_env);
		_exit(254);
	}
	out->status = await_command(command, now_ms() + launch->deadline_ms);
	if (out->status == RUNS_ON)
		kill(command, SIGKILL);
	out->left = count_and_kill_orphans(launch->settle_ms);
	_exit(0);
}

static void read_output(int fd, struct outcome *out)
{
	ssize_t n = pread(fd, out->output, LAUNCH_OUTPUT - 1, 0);

	out->output[n > 0 ? n : 0] = '\0';
}

int launch(const struct world *world, const struct launch *launch, struct outcome *out)
{
	struct outcome *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int output = memfd_create("output", MFD_CLOEXEC);
	int status = -1;
	pid_t adopter;

	/* Appending, since writers that share a memfd's offset would overwrite one another. */
	if (shared == MAP_FAILED || output < 0 || fcntl(output, F_SETFL, O_APPEND))
		return -1;
	adopter = fork();
	if (adopter == 0)
		adopt(world, launch, shared, output);
	if (adopter > 0)
		waitpid(adopter, &status, 0);
	*out = *shared;
	read_output(output, out);
	munmap(shared, sizeof(*shared));
	close(output);
	return status ? -1 : 0;
}
