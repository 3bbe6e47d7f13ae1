/*
 * See broker_host.h. The tool shares its table of descriptors with the broker until it has its
 * filter, so the listener is there for both; then it takes a table of its own and closes it.
 */
#include "support/broker_host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/landlock.h"
#include "runtime/privilege.h"

#define TEXTS      8
#define MAX_DENIES 16
#define SETUP      250 /* exit status of a process that could not be made ready */
#define NOBODY     65534

const struct host *host_now;
pid_t host_broker;
pid_t host_outside;

/* What the two processes tell each other. */
static struct shared {
	volatile int listener;
	volatile int ready;
} * shared;

const char *host_path(const char *below)
{
	static char texts[TEXTS][256];
	static unsigned int next;
	char *out = texts[next++ % TEXTS];

	(void)snprintf(out, sizeof(texts[0]), "%s/%s", host_now->root, below);
	return out;
}

static void put(const char *below, const char *text)
{
	FILE *file = fopen(host_path(below), "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

void host_begin(struct host *host)
{
	static const char *const dirs[] = {"box",      "free",           "box/sub",
					   "box/.git", "box/.git/hooks", "box/case"};

	host_now = host;
	(void)strcpy(host->root, "/tmp/writ-broker-XXXXXX");
	if (!mkdtemp(host->root))
		abort();
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (mkdir(host_path(dirs[i]), 0755))
			abort();
	}
	put("box/ok", "ok");
	put("box/sub/ok", "ok");
	put("box/secret", "secret");
	put("box/sub/.env", "secret");
	put("box/.git/hooks/x", "secret");
	if (host->as_nobody) {
		char command[HOST_ROOT + 64];

		(void)snprintf(command, sizeof(command), "chown -R 65534:65534 %s", host->root);
		if (system(command)) // NOLINT(cert-env33-c)
			abort();
	}
}

void host_end(struct host *host)
{
	char command[HOST_ROOT + 64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", host->root);
	if (system(command)) // NOLINT(cert-env33-c)
		abort();
}

static void allow_tree(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		_exit(SETUP);
	(void)close(rule.parent_fd);
}

/* Everything may be read, and written in box and free. The newest rights are not asked for. */
static void confine(void)
{
	const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
			      LANDLOCK_ACCESS_FS_EXECUTE;
	const uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	struct landlock_ruleset_attr attr = {.handled_access_fs = all | LANDLOCK_ACCESS_FS_REFER};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0)
		_exit(SETUP);
	allow_tree(ruleset, "/", read);
	allow_tree(ruleset, "/dev", read | LANDLOCK_ACCESS_FS_WRITE_FILE);
	allow_tree(ruleset, host_path("box"), attr.handled_access_fs);
	allow_tree(ruleset, host_path("free"), attr.handled_access_fs);
	if (landlock_enter(ruleset))
		_exit(SETUP);
	(void)close(ruleset);
}

static void drop(void)
{
	if (host_now->as_nobody && (setgid(NOBODY) || setuid(NOBODY) || prctl(PR_SET_DUMPABLE, 1)))
		_exit(SETUP);
	if (privilege_drop(privilege_held()) || privilege_no_new())
		_exit(SETUP);
}

static const int mediated[] = {
#ifdef SYS_open
	SYS_open,      SYS_creat,   SYS_mkdir,           SYS_mknod,    SYS_rename,
	SYS_link,      SYS_symlink, SYS_rmdir,           SYS_unlink,   SYS_chmod,
	SYS_utime,     SYS_utimes,  SYS_futimesat,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_openat,    SYS_openat2, SYS_truncate,        SYS_mkdirat,  SYS_mknodat,
	SYS_renameat2, SYS_linkat,  SYS_symlinkat,       SYS_unlinkat, SYS_fchmodat,
	SYS_utimensat, SYS_umask,   KERNEL_NR_FCHMODAT2,
};
#define N_MEDIATED (sizeof(mediated) / sizeof(mediated[0]))

static int filter(unsigned long flags)
{
	struct sock_filter insns[N_MEDIATED + 3] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {.len = N_MEDIATED + 3, .filter = insns};

	for (size_t i = 0; i < N_MEDIATED; i++)
		insns[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							    (unsigned)mediated[i],
							    (uint8_t)(N_MEDIATED - i), 0);
	insns[N_MEDIATED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	insns[N_MEDIATED + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							     SECCOMP_RET_USER_NOTIF);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int be_tool(void *unused)
{
	int listener;

	(void)unused;
	(void)umask(022);
	confine();
	listener = filter(SECCOMP_NEW_LISTENER | SECCOMP_WAIT_KILLABLE);
	if (listener < 0)
		listener = filter(SECCOMP_NEW_LISTENER);
	if (listener < 0)
		_exit(SETUP);
	shared->listener = listener;
	if (unshare(CLONE_FILES))
		_exit(SETUP);
	(void)close(listener);
	shared->ready = 1;
	_exit(host_now->tool());
}

static void load_rules(struct broker_rules *rules, struct pool *pool)
{
	rules->items = pool_array(pool, MAX_DENIES, sizeof(*rules->items));
	for (const char *const *deny = host_now->denies; *deny; deny++) {
		if (broker_rules_add(rules, pool, host_path(*deny)))
			_exit(SETUP);
	}
}

/* Until the tool ends; returns its wait status. */
static int answer(struct broker *broker, pid_t tool)
{
	struct pollfd fds[] = {{.fd = broker->listener, .events = POLLIN}};
	unsigned int answered = 0;
	int status;

	while (waitpid(tool, &status, WNOHANG) == 0) {
		if (host_now->stop_after && answered == host_now->stop_after) {
			(void)close(broker->listener);
			(void)waitpid(tool, &status, 0);
			return status;
		}
		int ready = poll(fds, 1, broker_fifo_pause(&broker->fifos) ? 5 : 100);

		if (broker_answer_late(broker))
			_exit(SETUP);
		if (ready <= 0 || !(fds[0].revents & POLLIN))
			continue;
		if (broker_answer(broker))
			_exit(SETUP);
		answered++;
	}
	return status;
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int be_broker(void)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	static struct broker broker;
	struct pool pool = {.head = NULL};
	pid_t tool;

	load_rules(&broker.rules, &pool);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	broker.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	host_broker = getpid();
	drop();
	confine();
	/* The tool's memory is a copy: it is no thread. */
	tool = clone(be_tool, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	if (tool < 0)
		_exit(SETUP);
	while (!shared->ready) {
		if (waitpid(tool, NULL, WNOHANG))
			_exit(SETUP);
		(void)sched_yield();
	}
	if (broker_init(&broker) || broker_listen(&broker, shared->listener))
		_exit(SETUP);
	return status_of(answer(&broker, tool));
}

static int run(int (*body)(void))
{
	int status;
	pid_t pid;

	host_outside = getpid();
	pid = fork();
	if (pid == 0) {
		int result = body();

		/* More than an exit status holds. */
		if (result > 1000)
			(void)kill(getpid(), result - 1000);
		_exit(result);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status_of(status);
}

static int be_control(void)
{
	drop();
	confine();
	return host_now->tool();
}

int host_serve(const struct host *host)
{
	host_now = host;
	return run(be_broker);
}

int host_control(const struct host *host)
{
	host_now = host;
	return run(be_control);
}

int host_result(long rc)
{
	return rc < 0 ? errno : 0;
}

/* Reads "ok" or "secret" and closes; 0 for the former. */
int host_content(int fd)
{
	char text[16] = "";

	if (fd < 0)
		return errno;
	if (read(fd, text, sizeof(text) - 1) < 0)
		return errno;
	(void)close(fd);
	return strcmp(text, "ok") == 0 ? 0 : EILSEQ;
}

int host_open(const char *below, int flags)
{
	int fd = open(host_path(below), flags, 0666);

	if (fd >= 0)
		(void)close(fd);
	return host_result(fd);
}

int host_try(const struct host_row *row, const char *const *denies, bool as_nobody, bool served)
{
	struct host host = {.denies = denies, .tool = row->tool, .as_nobody = as_nobody};
	int got;

	host_begin(&host);
	got = served ? host_serve(&host) : host_control(&host);
	host_end(&host);
	return got;
}

void host_try_all(const struct host_row *rows, size_t n, const char *const *denies, bool as_nobody)
{
	for (size_t i = 0; i < n; i++) {
		int served = host_try(&rows[i], denies, as_nobody, true);
		int control = host_try(&rows[i], denies, as_nobody, false);

		cr_expect_eq(served, rows[i].served, "%s: served %d", rows[i].name, served);
		cr_expect_eq(control, rows[i].control, "%s: control %d", rows[i].name, control);
	}
}
