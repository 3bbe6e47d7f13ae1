#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "support/broker_host.h"

#define ROUNDS  2000
#define THREADS 8
#define SECONDS 1      /* of a race, and some; one that nothing stops is won much sooner */
#define NEVER   EILSEQ /* what must not be seen was */

static const char *const denies[] = {"box/secret", "box/**/.env", NULL};

static atomic_bool over;
static char raced[256];

/* 1: the denied content, 0: other content, -1: not opened. */
static int look(int dir, const char *path)
{
	char text[16] = "";
	int fd = openat(dir, path, O_RDONLY);

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	(void)close(fd);
	return strcmp(text, "secret") == 0;
}

static int race(void *(*other)(void *), const char *path)
{
	pthread_t thread;
	int seen = 0;

	if (pthread_create(&thread, NULL, other, NULL))
		return EAGAIN;
	for (time_t end = time(NULL) + SECONDS; time(NULL) <= end && !seen;)
		seen = look(AT_FDCWD, path) == 1;
	atomic_store(&over, true);
	(void)pthread_join(thread, NULL);
	return seen ? NEVER : 0;
}

static void *rewrite(void *unused)
{
	char *last = strrchr(raced, '/') + 1;

	(void)unused;
	while (!atomic_load(&over)) {
		memcpy(last, "ok\0\0\0", 6);
		memcpy(last, "secret", 6);
	}
	return NULL;
}

/* The path's bytes change between the filter and the open. */
static int path_is_rewritten(void)
{
	(void)strcpy(raced, host_path("box/secret"));
	return race(rewrite, raced);
}

static void *swap_links(void *unused)
{
	char link_path[256], other[256];

	(void)unused;
	(void)strcpy(link_path, host_path("box/l"));
	(void)strcpy(other, host_path("box/l2"));
	while (!atomic_load(&over)) {
		(void)symlink("ok", other);
		(void)rename(other, link_path);
		(void)symlink("secret", other);
		(void)rename(other, link_path);
	}
	return NULL;
}

static int link_is_swapped(void)
{
	char path[256];

	(void)strcpy(path, host_path("box/l"));
	return race(swap_links, path);
}

static int raced_dir;

static void *swap_directories(void *unused)
{
	int box = open(host_path("box"), O_RDONLY | O_DIRECTORY);
	int sub = open(host_path("box/sub"), O_RDONLY | O_DIRECTORY);

	(void)unused;
	while (!atomic_load(&over)) {
		(void)dup2(box, raced_dir);
		(void)dup2(sub, raced_dir);
	}
	return NULL;
}

/* box/ok is allowed, box/sub/.env is not: "sub/.env" from box, ".env" from sub. */
static int directory_is_swapped(void)
{
	pthread_t thread;
	int seen = 0;

	raced_dir = open(host_path("box"), O_RDONLY | O_DIRECTORY);
	if (pthread_create(&thread, NULL, swap_directories, NULL))
		return EAGAIN;
	for (time_t end = time(NULL) + SECONDS; time(NULL) <= end && !seen;)
		seen = look(raced_dir, ".env") == 1 || look(raced_dir, "secret") == 1 ||
		       look(raced_dir, "sub/.env") == 1;
	atomic_store(&over, true);
	(void)pthread_join(thread, NULL);
	return seen ? NEVER : 0;
}

static void *exchange_directories(void *unused)
{
	char one[256], two[256];

	(void)unused;
	(void)strcpy(one, host_path("free/one"));
	(void)strcpy(two, host_path("box/sub"));
	while (!atomic_load(&over))
		(void)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, two, RENAME_EXCHANGE);
	return NULL;
}

/* A directory is exchanged with that of a denied file, while it is opened there. */
static int parent_is_exchanged(void)
{
	char path[256];

	if (mkdir(host_path("free/one"), 0755))
		return EAGAIN;
	(void)strcpy(path, host_path("free/one/.env"));
	return race(exchange_directories, path);
}

static int serve(int (*tool)(void), bool control)
{
	struct host host = {.denies = denies, .tool = tool};
	int got;

	host_begin(&host);
	got = control ? host_control(&host) : host_serve(&host);
	host_end(&host);
	return got;
}

Test(broker_race, nothing_denied_is_opened_while_its_path_changes, .timeout = 120)
{
	static int (*const tools[])(void) = {path_is_rewritten, link_is_swapped,
					     directory_is_swapped, parent_is_exchanged};

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		cr_expect_eq(serve(tools[i], false), 0, "race %zu", i);
		cr_expect_eq(serve(tools[i], true), NEVER, "control of race %zu", i);
	}
}

static void *open_often(void *arg)
{
	char path[256];
	long wrong = 0;

	(void)snprintf(path, sizeof(path), "%s/box/t%zu", host_now->root, (size_t)arg);
	for (int i = 0; i < ROUNDS; i++) {
		int fd = open(path, O_RDWR | O_CREAT, 0600);

		wrong += fd < 0;
		(void)close(fd);
	}
	return (void *)wrong; // NOLINT(performance-no-int-to-ptr)
}

static int many_threads(void)
{
	pthread_t threads[THREADS];
	int rc = 0;

	for (size_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, open_often, (void *)i)) // NOLINT
			return EAGAIN;
	}
	for (size_t i = 0; i < THREADS; i++) {
		void *wrong;

		(void)pthread_join(threads[i], &wrong);
		rc |= wrong ? NEVER : 0;
	}
	return rc;
}

Test(broker_race, threads_open_thousands_of_files, .timeout = 120)
{
	cr_expect_eq(serve(many_threads, false), 0);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
	(void)number;
	alarms++;
}

/* A call that was done and is then done again would find its file there (EEXIST). */
static int signals_come(void)
{
	const struct itimerval often = {{0, 50}, {0, 50}};
	const struct sigaction action = {.sa_handler = count_alarm, .sa_flags = SA_RESTART};
	char path[256];

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL))
		return EAGAIN;
	for (int i = 0; i < ROUNDS; i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "%s/box/s%d", host_now->root, i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0)
			return errno;
		(void)close(fd);
	}
	return alarms ? 0 : EAGAIN;
}

Test(broker_race, signals_do_not_repeat_a_call, .timeout = 120)
{
	cr_expect_eq(serve(signals_come, false), 0);
}

static int runs_out_of_descriptors(void)
{
	const struct rlimit few = {20, 20};

	if (setrlimit(RLIMIT_NOFILE, &few))
		return EAGAIN;
	for (int i = 0; i < 40; i++) {
		if (open(host_path("box/ok"), O_RDONLY) < 0)
			return errno;
	}
	return 0;
}

Test(broker_race, the_tools_own_limit_of_descriptors_holds)
{
	cr_expect_eq(serve(runs_out_of_descriptors, false), EMFILE);
}

static int makes_files_too_long(void)
{
	const struct rlimit most = {100, 100};

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &most))
		return EAGAIN;
	return truncate(host_path("box/ok"), 101) ? errno : 0;
}

Test(broker_race, the_tools_own_limit_of_file_size_holds)
{
	cr_expect_eq(serve(makes_files_too_long, false), EFBIG);
	cr_expect_eq(serve(makes_files_too_long, true), EFBIG);
}

#define DEPTH 40 /* of names of 200 bytes: twice as deep as a path can tell */

static int goes_too_deep(void)
{
	char name[201];
	int last = 0;

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (chdir(host_path("box")))
		return EAGAIN;
	for (int i = 0; i < DEPTH; i++) {
		if (mkdir(name, 0755) || chdir(name))
			last = errno;
	}
	if (last)
		return last;
	return look(AT_FDCWD, ".env") < 0 ? errno : 0;
}

Test(broker_race, what_lies_too_deep_to_be_named_is_refused)
{
	cr_expect_eq(serve(goes_too_deep, false), ENAMETOOLONG);
	cr_expect_eq(serve(goes_too_deep, true), ENOENT);
}

static int outlives_the_broker(void)
{
	if (look(AT_FDCWD, host_path("box/ok")) != 0)
		return EAGAIN;
	return look(AT_FDCWD, host_path("box/ok")) < 0 ? errno : 0;
}

Test(broker_race, without_its_broker_nothing_is_opened)
{
	struct host host = {.denies = denies, .tool = outlives_the_broker, .stop_after = 1};

	host_begin(&host);
	cr_expect_eq(host_serve(&host), ENOSYS);
	host_end(&host);
}

static int is_killed(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, open_often, NULL))
		return EAGAIN;
	(void)usleep(2000);
	return kill(getpid(), SIGKILL);
}

Test(broker_race, a_tool_that_dies_in_a_call_harms_nobody)
{
	for (int i = 0; i < 20; i++)
		cr_expect_eq(serve(is_killed, false), 1000 + SIGKILL);
}
