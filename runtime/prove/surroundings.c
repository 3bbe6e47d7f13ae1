/*
 * The bystander is the prober itself, in no sandbox, waiting: a process as its victims would be, of
 * the same user and without capabilities. The sockets listen; the descriptors are open and would be
 * inherited; each variable that the sandbox lists has a value, and two that none should list.
 */
#include "runtime/prove/surroundings.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/prove/grants.h"
#include "runtime/prove/observe.h"

#define HIGH_DESCRIPTOR 500
#define N_FOREIGN       2
#define MODE_OF_OWN     0600

static const char *const foreign[N_FOREIGN] = {"WRIT_PROVE_CANARY=1", "LD_PRELOAD=/writ-prove.so"};

static int listen_abstract(struct surroundings *around)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len;

	(void)snprintf(around->name, sizeof(around->name), "writ-prove-%ld", (long)getpid());
	len = strlen(around->name);
	memcpy(address.sun_path + 1, around->name, len);
	if (fd >= 0 &&
	    !bind(fd, (struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) &&
	    !listen(fd, SOMAXCONN))
		return fd;
	fd_close(&fd);
	return -1;
}

static int listen_tcp(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) && !listen(fd, SOMAXCONN) &&
	    !getsockname(fd, (struct sockaddr *)&address, &size)) {
		*port = ntohs(address.sin_port);
		return fd;
	}
	fd_close(&fd);
	return -1;
}

/* Without close-on-exec: that is the point. */
static void open_descriptors(struct surroundings *around)
{
	around->descriptors[0] = open("/dev/null", O_RDONLY);
	around->descriptors[1] = fcntl(around->descriptors[0], F_DUPFD, HIGH_DESCRIPTOR);
}

/* What an interrupted proof would leave. */
static char left_behind[sizeof(((struct surroundings *)0)->own_file)];

static void end_tidily(int number)
{
	(void)unlink(left_behind);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void tidy_up_if_interrupted(const char *path)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action;

	memcpy(left_behind, path, strlen(path) + 1);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &action) || action.sa_handler != SIG_DFL)
			continue;
		action.sa_handler = end_tidily;
		(void)sigaction(numbers[i], &action, NULL);
	}
}

/* A file where nothing may be written, nor a scratch directory hides it. */
static void make_own_file(struct surroundings *around, struct prove_target *target,
			  struct prove_report *report)
{
	static const char *const places[] = {"/var/tmp", "/tmp", "/dev/shm"};
	struct grants grants;

	if (grants_read(target, report, &grants))
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !target->own_file; i++) {
		int fd;

		if (grants_access(&grants, places[i]) & LANDLOCK_FS_WRITE_FILE ||
		    grants_hide(target, places[i]))
			continue;
		(void)snprintf(around->own_file, sizeof(around->own_file), "%s/.writ-prove-own-%ld",
			       places[i], (long)getpid());
		fd = open(around->own_file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, MODE_OF_OWN);
		if (fd >= 0) {
			target->own_file = around->own_file;
			tidy_up_if_interrupted(around->own_file);
		}
		fd_close(&fd);
	}
}

static int fill_env(struct prove_target *target, struct prove_report *report,
		    struct writ_error *error)
{
	struct writ_fmt_range range = target->record->env;
	const char **envp = pool_array(&report->pool, range.count + N_FOREIGN + 1, sizeof(*envp));
	size_t n = 0;

	if (!envp)
		return error_nomem(error);
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_env *env = image_ENV(&target->policy->image, range.first + i);

		if (env->kind != WRIT_ENV_SET)
			envp[n++] = prove_text(report, "%s=/writ-prove",
					       image_str(&target->policy->image, env->name));
	}
	memcpy(envp + n, foreign, sizeof(foreign));
	target->envp = envp;
	return 0;
}

static int start_bystander(struct surroundings *around, struct prove_target *target,
			   struct prove_report *report, struct writ_error *error)
{
	struct probe_script *probe = pool_alloc(&report->pool, sizeof(*probe));
	int rc;

	if (!probe)
		return error_nomem(error);
	*probe = (struct probe_script){.magic = PROBE_MAGIC, .end = 1, .told = PROBE_NONE};
	probe->steps[0] = (struct probe_step){.op = PROBE_WAIT};
	launch_control(target->sandbox, &around->open);
	rc = launch_start(&(struct prove_launch){&around->open, target->envp, true}, probe,
			  &around->bystander, error);
	if (rc)
		return rc;
	target->bystander = observe_find_prober(writ_process_pid(around->bystander.process));
	target->readable = launch_address(offsetof(struct probe_script, blob));
	if (target->bystander < 0)
		return error_set(error, WRIT_E_SYSTEM, "/proc does not show the processes here");
	return 0;
}

int surroundings_open(struct surroundings *around, struct prove_target *target,
		      struct prove_report *report, struct writ_error *error)
{
	int rc;

	*around = (struct surroundings){.sockets = {-1, -1}, .descriptors = {-1, -1}};
	around->sockets[0] = listen_abstract(around);
	around->sockets[1] = listen_tcp(&target->open_port);
	open_descriptors(around);
	target->abstract = around->name;
	make_own_file(around, target, report);
	rc = fill_env(target, report, error);
	return rc ? rc : start_bystander(around, target, report, error);
}

void surroundings_close(struct surroundings *around)
{
	struct writ_error error;
	struct writ_result result;
	int64_t answer;

	if (around->bystander.process) {
		writ_kill(around->bystander.process);
		if (launch_finish(&around->bystander, 0, &answer, &result, &error))
			around->bystander.process = NULL;
	}
	if (*around->own_file)
		(void)unlink(around->own_file);
	for (size_t i = 0; i < 2; i++) {
		fd_close(&around->sockets[i]);
		fd_close(&around->descriptors[i]);
	}
}
