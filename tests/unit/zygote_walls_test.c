/*
 * What stands between a child that waits and others, and between its command and the world: the
 * same as for a command of writ_spawn. Which of the two launched is told by the number of children.
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "support/shell.h"
#include "support/bundle_maker.h"
#include "support/zygotes.h"

#define FILES                                                                                      \
	"filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", \"/etc/ld.so.cache\", "       \
	"\"/proc\"; write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; } env { pass PATH; } "
#define ALONE(more)                                                                                \
	"sandbox s { " FILES "syscalls { allow @default; deny clone, fork, vfork" more "; } "
#define PLAIN   ALONE("") "}\n"
#define KEPT    "sandbox s { " FILES "}\n"
#define LIMITED ALONE("") "limits { files 64; file_size 1MiB; memory 1GiB; cpu 10s; cpus 1; } }\n"

#define OUTPUT_BYTES  16384
#define ABI_OF_SCOPES 6
#define SOMEBODY      61234

static const char *const boxes[] = {PLAIN, KEPT, LIMITED};
#define N_BOXES (sizeof(boxes) / sizeof(boxes[0]))

/* By a zygote's child, or where there is no zygote by writ_spawn. */
static int start(struct writ_zygote *zygote, const struct writ_sandbox *sandbox,
		 const struct writ_launch *launch, struct writ_error *error)
{
	struct writ_process *process = NULL;
	struct writ_result result = {.status = -1};
	int rc = zygote ? writ_zygote_spawn(zygote, launch, &process, error)
			: writ_spawn(sandbox, launch, &process, error);

	if (rc)
		return rc;
	cr_assert_eq(writ_wait(&process, &result, error), 0, "%s", error->text);
	return result.end == WRIT_EXITED ? result.status : -1;
}

/* Its standard output. */
static void show(struct writ_zygote *zygote, const struct writ_sandbox *sandbox,
		 struct writ_launch launch, char output[OUTPUT_BYTES])
{
	struct writ_error error = {.code = 0};
	FILE *out = tmpfile();
	size_t n;

	launch.stdio[0] = launch.stdio[2] = -1;
	launch.stdio[1] = fileno(out);
	cr_expect_eq(start(zygote, sandbox, &launch, &error), 0, "%s", error.text);
	rewind(out);
	n = fread(output, 1, OUTPUT_BYTES - 1, out);
	output[n] = '\0';
	fclose(out);
}

/*
 * Lines that differ between any two processes are left out, and which processors were chosen; and
 * the bounding set, which is empty where something is permitted until execve.
 */
static void drop_volatile(char *text)
{
	static const char *const names[] = {"Pid:", "Tgid:", "Ngid:", "PPid:", "NS",
					    "Vm",   "Rss",   "SigQ:", "volun", "nonvo",
					    "Mems", "Huge",  "Cpus",  "CapBnd"};
	char *to = text;

	while (*text) {
		size_t len = strcspn(text, "\n") + 1;
		bool is_kept = true;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			is_kept = is_kept && strncmp(text, names[i], strlen(names[i])) != 0;
		if (text[len - 1] == '\0')
			len--;
		if (is_kept) {
			memmove(to, text, len);
			to += len;
		}
		text += len;
	}
	*to = '\0';
}

Test(zygote_walls, look_from_inside_like_those_of_a_spawn)
{
	static const char *const facts[] = {"cat",
					    "/proc/self/status",
					    "/proc/self/limits",
					    "/proc/self/personality",
					    "/proc/self/oom_score_adj",
					    "/proc/self/timerslack_ns",
					    "/proc/self/uid_map",
					    NULL};
	static const char *const fds[] = {"sh", "-c",
					  "echo /proc/self/fd/*; umask; pwd; ulimit -a; exec nproc",
					  NULL};
	static const char *const *const commands[] = {facts, fds};
	static char want[OUTPUT_BYTES], got[OUTPUT_BYTES];

	(void)umask(0);
	(void)signal(SIGUSR1, SIG_IGN);
	for (size_t i = 0; i < N_BOXES * 2; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i / 2]);
		const struct writ_launch launch = {.argv = commands[i % 2]};
		struct writ_zygote *zygote = open_zygote(sandbox, 1);

		cr_expect_eq(count_children(), 1);
		show(zygote, sandbox, launch, got);
		cr_expect_eq(count_children(), 0);
		show(NULL, sandbox, launch, want);
		drop_volatile(want);
		drop_volatile(got);
		cr_expect(strlen(want) > 100);
		cr_expect_str_eq(got, want, "%s\n---\n%s", got, want);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

static void read_status(pid_t pid, char output[OUTPUT_BYTES])
{
	char path[64];
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	n = fread(output, 1, OUTPUT_BYTES - 1, file);
	output[n] = '\0';
	fclose(file);
}

Test(zygote_walls, stand_while_it_waits)
{
	static const char *const lines[] = {"NoNewPrivs:\t1\n", "Seccomp:\t2\n",
					    "CapInh:\t0000000000000000\n",
					    "CapEff:\t0000000000000000\n",
					    "CapAmb:\t0000000000000000\n"};
	static char status[OUTPUT_BYTES];
	struct writ_sandbox *sandbox = bundle_sandbox(PLAIN);
	struct writ_zygote *zygote = open_zygote(sandbox, 1);
	pid_t pids[64];

	cr_assert_eq(list_children(pids), 1);
	read_status(pids[0], status);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect_not_null(strstr(status, lines[i]), "%s in\n%s", lines[i], status);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* The socket and the pidfd. */
Test(zygote_walls, leave_it_two_descriptors)
{
	struct writ_sandbox *sandbox = bundle_sandbox(PLAIN);
	struct writ_zygote *zygote = open_zygote(sandbox, 1);
	const struct dirent *entry;
	char path[64];
	pid_t pids[64];
	int n = 0;
	DIR *fds;

	cr_assert_eq(list_children(pids), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pids[0]);
	fds = opendir(path);
	cr_assert_not_null(fds);
	while ((entry = readdir(fds)) != NULL)
		n += *entry->d_name != '.';
	closedir(fds);
	cr_expect_eq(n, 2);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* A shell of the same sandbox, which can't fork: at another process, then as a control at itself.
 */
Test(zygote_walls, keep_other_commands_out)
{
	static const char script[] = "for pid in $0 $$; do\n"
				     "read x </proc/$pid/maps && echo maps\n"
				     "set -- /proc/$pid/fd/*; [ -e \"$1\" ] && echo fds\n"
				     "kill -0 $pid && echo signal\n"
				     "echo end; done\n";
	bool has_scopes = syscall(KERNEL_NR_LANDLOCK_CREATE_RULESET, NULL, 0, 1) >= ABI_OF_SCOPES;
	struct writ_sandbox *sandbox = bundle_sandbox(PLAIN);
	struct writ_zygote *zygote = open_zygote(sandbox, 2);
	char output[OUTPUT_BYTES];
	char target[16];
	char maps[64];
	const char *const argv[] = {"sh", "-c", script, target, NULL};
	pid_t pids[64];

	cr_assert_eq(list_children(pids), 2);
	(void)snprintf(target, sizeof(target), "%d", (int)pids[1]);
	show(zygote, sandbox, (struct writ_launch){.argv = argv}, output);
	cr_expect_str_eq(output,
			 has_scopes ? "end\nmaps\nfds\nsignal\nend\n"
				    : "signal\nend\nmaps\nfds\nsignal\nend\n",
			 "%s", output);
	/* It was there all the time, and is ours to reach. */
	(void)snprintf(maps, sizeof(maps), "/proc/%s/maps", target);
	cr_expect_eq(access(maps, R_OK), 0);
	cr_expect_eq(kill(pids[1], 0), 0);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* In a process of its own: what of another's memory is there for root without capabilities? */
static int look_without_capabilities(pid_t pid)
{
	struct capability_header header = {.version = CAPABILITY_VERSION_3};
	const struct capability_data none[2] = {{0, 0, 0}, {0, 0, 0}};
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	if (open(path, O_RDWR) < 0)
		return 1; /* the control */
	if (syscall(SYS_capset, &header, none))
		return 2;
	if (open(path, O_RDWR) >= 0 || errno != EACCES)
		return 3;
	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 && errno == EPERM ? 0 : 4;
}

/* It is in our memory: nobody may get there by it who may not by us. */
Test(zygote_walls, keep_root_without_capabilities_out)
{
	struct writ_sandbox *sandbox;
	struct writ_zygote *zygote;
	pid_t pids[64];
	pid_t other;
	int status = 0;

	if (geteuid() != 0)
		cr_skip_test("not run by root");
	sandbox = bundle_sandbox(PLAIN);
	zygote = open_zygote(sandbox, 1);
	cr_assert_eq(list_children(pids), 1);
	other = fork();
	if (other == 0)
		_exit(look_without_capabilities(pids[0]));
	cr_assert_eq(waitpid(other, &status, 0), other);
	cr_expect_eq(WEXITSTATUS(status), 0, "%d", WEXITSTATUS(status));
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

Test(zygote_walls, let_the_caller_name_its_own_directory)
{
	static const char *const argv[] = {"sh", "-c", "echo inside", NULL};
	char dir[] = "/tmp/writ-zygote-XXXXXX";
	struct writ_sandbox *sandbox;
	struct writ_zygote *zygote;
	char output[OUTPUT_BYTES];

	if (geteuid() != 0)
		cr_skip_test("not run by root");
	sandbox = bundle_sandbox(PLAIN);
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chown(dir, SOMEBODY, SOMEBODY), 0);
	zygote = open_zygote(sandbox, 2);
	show(zygote, sandbox, (struct writ_launch){.argv = argv, .cwd = dir}, output);
	cr_expect_str_eq(output, "inside\n");
	cr_expect_eq(count_children(), 1);
	(void)rmdir(dir);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

Test(zygote_walls, are_not_opened_for_one_to_wait)
{
	static const char *const filters[] = {
		ALONE(", chdir") "}\n",   ALONE(", recvmsg") "}\n",        ALONE(", ppoll") "}\n",
		ALONE(", getppid") "}\n", ALONE(", rt_sigprocmask") "}\n", ALONE(", prctl") "}\n",
		ALONE(", futex") "}\n",
	};
	static const char *const argv[] = {"/bin/true", NULL};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(filters[i]);
		struct writ_zygote *zygote = open_zygote(sandbox, 2);
		struct writ_error error = {.code = 0};

		cr_expect_eq(count_children(), 0, "%zu", i);
		cr_expect_eq(start(zygote, sandbox,
				   &(struct writ_launch){.argv = argv, .stdio = {-1, -1, -1}},
				   &error),
			     0, "%zu: %s", i, error.text);
		cr_expect_eq(writ_zygote_refill(zygote, NULL), 0);
		cr_expect_eq(count_children(), 0);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

/* What goes wrong is told as writ_spawn tells it. */
Test(zygote_walls, refuse_as_a_spawn_does)
{
	static const char *const argv[] = {"/bin/true", NULL};
	static const char *const none[] = {"/there-is-no-such", NULL};
	static const struct writ_launch launches[] = {
		{.argv = argv, .stdio = {-1, 999, -1}},
		{.argv = argv, .stdio = {-1, -1, -1}, .cwd = "/there-is-no-such"},
		{.argv = none, .stdio = {-1, -1, -1}},
	};

	for (size_t i = 0; i < sizeof(launches) / sizeof(launches[0]) * N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i % N_BOXES]);
		struct writ_zygote *zygote = open_zygote(sandbox, 1);
		struct writ_error got = {.code = 0};
		struct writ_error want = {.code = 0};
		int rc = start(zygote, sandbox, &launches[i / N_BOXES], &got);

		cr_expect_lt(rc, 0);
		cr_expect_eq(rc, start(NULL, sandbox, &launches[i / N_BOXES], &want));
		cr_expect_str_eq(got.text, want.text);
		cr_expect_eq(count_children(), 0);
		writ_zygote_close(zygote);
		writ_sandbox_close(sandbox);
	}
}

/* Fewer than a child that waits has open. */
Test(zygote_walls, bound_descriptors_from_the_start)
{
	static const char *const argv[] = {"/bin/true", NULL};
	struct writ_sandbox *sandbox = bundle_sandbox(ALONE("") "limits { files 4; } }\n");
	struct writ_zygote *zygote = open_zygote(sandbox, 1);
	struct writ_error error = {.code = 0};

	cr_expect_eq(start(zygote, sandbox,
			   &(struct writ_launch){.argv = argv, .stdio = {-1, -1, -1}}, &error),
		     0, "%s", error.text);
	cr_expect_eq(count_children(), 0);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* In a process of its own. */
static void execute_with_zygote(const struct writ_sandbox *sandbox, int out)
{
	struct writ_zygote *zygote = NULL;
	pid_t pids[64] = {0};

	if (writ_zygote_open(sandbox, 2, &zygote, NULL) || list_children(pids) != 2)
		_exit(1);
	(void)!write(out, pids, 2 * sizeof(pids[0]));
	(void)fcntl(out, F_SETFD, FD_CLOEXEC);
	execl("/bin/sleep", "sleep", "10", NULL);
	_exit(1);
}

/* Then nobody is left who could use them: zombies, as the program that runs now does not wait. */
static bool are_zombies_soon(const pid_t pids[2])
{
	static char status[2][OUTPUT_BYTES];

	for (int i = 0; i < 400; i++) {
		read_status(pids[0], status[0]);
		read_status(pids[1], status[1]);
		if (strstr(status[0], "State:\tZ") && strstr(status[1], "State:\tZ"))
			return true;
		(void)usleep(5000);
	}
	return false;
}

Test(zygote_walls, fall_with_what_the_caller_was)
{
	for (size_t i = 0; i < N_BOXES; i++) {
		struct writ_sandbox *sandbox = bundle_sandbox(boxes[i]);
		pid_t pids[2];
		pid_t owner;
		int ends[2];

		cr_assert_eq(pipe(ends), 0);
		owner = fork();
		if (owner == 0)
			execute_with_zygote(sandbox, ends[1]);
		close(ends[1]);
		cr_assert_eq(read(ends[0], pids, sizeof(pids)), (ssize_t)sizeof(pids));
		cr_expect(are_zombies_soon(pids), "%zu", i);
		kill(owner, SIGKILL);
		cr_assert_eq(waitpid(owner, NULL, 0), owner);
		close(ends[0]);
		writ_sandbox_close(sandbox);
	}
}

/* ---- what the host refuses ---- */

static bool warns_of(const struct writ_sandbox *sandbox, const char *what)
{
	const char *line;

	for (size_t i = 0; (line = writ_sandbox_warning(sandbox, i)); i++) {
		if (strstr(line, what))
			return true;
	}
	return false;
}

/* Nobody can be mapped where /proc is read-only, which the child is told while its caller runs. */
Test(zygote_walls, are_as_many_as_the_host_lets_there_be)
{
	struct writ_error error = {.code = 0};
	static const char *const argv[] = {"/bin/true", NULL};
	const struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_sandbox *sandbox;
	struct writ_zygote *zygote;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL))
		cr_skip_test("/proc can't be made read-only");
	cr_assert_eq(setresuid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
	/* Or /proc/self would be root's. */
	cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	sandbox = bundle_sandbox(ALONE("") "limits { processes 10; } }\n");
	if (warns_of(sandbox, "a user namespace"))
		cr_skip_test("this host has no user namespaces");
	cr_assert_eq(writ_zygote_open(sandbox, 2, &zygote, &error), 0, "%s", error.text);
	cr_expect_eq(count_children(), 2);
	cr_expect(warns_of(sandbox, "a user namespace"));
	cr_expect_eq(start(zygote, sandbox, &launch, &error), 0, "%s", error.text);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* ---- files with capabilities ---- */

/* A copy of cat whose file permits a capability that the kernel then puts into effect. */
static bool make_capable(const char *path)
{
	/* Words: version 2 and "effective", permitted, inheritable (capabilities(7)). */
	static const unsigned char value[20] = {1, 0, 0, 2, 0, 0, 4, 0}; /* CAP_SYS_CHROOT */

	return shell("cp /bin/cat %s", path) == 0 &&
	       setxattr(path, "security.capability", value, sizeof(value), 0) == 0;
}

/* The control: somebody who has nothing gets it. */
static bool gives_somebody(const char *path)
{
	return shell("setpriv --reuid %d --clear-groups %s /proc/self/status | grep -q "
		     "'^CapEff:.*40000$'",
		     SOMEBODY, path) == 0;
}

static void expect_no_capability(const char *dir, const char *path, const char *calls)
{
	const char *const argv[] = {path, "/proc/self/status", NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/"};
	struct writ_sandbox *sandbox;
	struct writ_zygote *zygote;
	char output[OUTPUT_BYTES], text[1024];

	(void)snprintf(text, sizeof(text),
		       "sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\", "
		       "\"/etc/ld.so.cache\", \"/proc\", \"%s\"; execute \"%s\"; } %s }\n",
		       dir, dir, calls);
	sandbox = bundle_sandbox(text);
	zygote = open_zygote(sandbox, 1);
	cr_expect_eq(count_children(), 1);
	show(zygote, sandbox, launch, output);
	cr_expect_not_null(strstr(output, "CapPrm:\t0000000000000000\n"), "%s", output);
	cr_expect_not_null(strstr(output, "CapEff:\t0000000000000000\n"), "%s", output);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* What root's child keeps while it waits is not what a file's capabilities are held against. */
Test(zygote_walls, let_no_file_give_capabilities)
{
	char dir[] = "/tmp/writ-zygote-XXXXXX";
	char path[sizeof(dir) + 4];

	if (geteuid() != 0)
		cr_skip_test("not run by root");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chmod(dir, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/cat", dir);
	if (make_capable(path) && gives_somebody(path)) {
		expect_no_capability(dir, path, "");
		expect_no_capability(dir, path,
				     "syscalls { allow @default; deny clone, fork, vfork; }");
	}
	(void)unlink(path);
	(void)rmdir(dir);
}
