/*
 * Reloading when a signal comes.
 *
 * A thread with all signals blocked waits at two descriptors: a signalfd of the one signal, and an
 * eventfd by which it is told to end. Whatever is pending is taken at once, and is then one reload;
 * what comes during that is one more. All that a reload does is libwrit's (monitor.c), which keeps
 * the policy in force when anything about the new one is wrong.
 */
#include "runtime/writ_reload.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/audit/fail.h"

#define MAX_TAKEN 64 /* signals that are read at once; only real-time signals queue */

struct writ_reloader {
	struct writ_monitor *monitor;
	struct writ_reload_options options;
	int signals; /* -1: not open */
	int ending;
	bool is_running;
	pthread_t thread;
};

static bool take_signals(const struct writ_reloader *reloader)
{
	struct signalfd_siginfo taken[MAX_TAKEN];
	bool any = false;

	while (read(reloader->signals, taken, sizeof(taken)) > 0)
		any = true;
	return any;
}

static void reload(const struct writ_reloader *reloader)
{
	struct writ_error error = {.code = 0};
	int rc = writ_reload(reloader->monitor, &error);

	if (reloader->options.told)
		reloader->options.told(reloader->options.context,
				       writ_monitor_generation(reloader->monitor),
				       rc ? &error : NULL);
}

static void *run(void *context)
{
	const struct writ_reloader *reloader = context;
	struct pollfd fds[] = {
		{.fd = reloader->ending, .events = POLLIN},
		{.fd = reloader->signals, .events = POLLIN},
	};

	/* A descriptor that the program closed is no longer ours to wait for. */
	while (!fds[0].revents && !(fds[1].revents & POLLNVAL)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (!fds[0].revents && take_signals(reloader))
			reload(reloader);
	}
	return NULL;
}

/* ---- beginning and end ---- */

static int open_signals(struct writ_reloader *reloader, struct writ_error *error)
{
	const int number = reloader->options.signal;
	sigset_t blocked;
	sigset_t one;

	(void)sigemptyset(&one);
	(void)sigemptyset(&blocked);
	(void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (sigaddset(&one, number))
		return fail_set(error, WRIT_E_INVALID, "there is no signal %d", number);
	if (sigismember(&blocked, number) != 1)
		return fail_set(error, WRIT_E_INVALID,
				"signal %d is not blocked: it would end the process instead of "
				"replacing the policy",
				number);
	reloader->signals = signalfd(-1, &one, SFD_NONBLOCK | SFD_CLOEXEC);
	reloader->ending = eventfd(0, EFD_CLOEXEC);
	if (reloader->signals < 0 || reloader->ending < 0)
		return fail_errno(error, errno, "signal %d can't be waited for", number);
	return 0;
}

static int start(struct writ_reloader *reloader, struct writ_error *error)
{
	sigset_t all;
	sigset_t before;
	int rc;

	/* The program's signals are for its own threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&reloader->thread, NULL, run, reloader);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return fail_errno(error, rc, "the thread that reloads can't be started");
	reloader->is_running = true;
	return 0;
}

void writ_reload_off(struct writ_reloader *reloader)
{
	const uint64_t one = 1;

	if (!reloader)
		return;
	/* An eventfd of 0 takes it without fail (eventfd(2)). */
	if (reloader->is_running && write(reloader->ending, &one, sizeof(one)) == sizeof(one))
		(void)pthread_join(reloader->thread, NULL);
	if (reloader->signals >= 0)
		(void)close(reloader->signals);
	if (reloader->ending >= 0)
		(void)close(reloader->ending);
	free(reloader);
}

int writ_reload_on(struct writ_monitor *monitor, const struct writ_reload_options *options,
		   struct writ_reloader **out, struct writ_error *error)
{
	struct writ_reloader *reloader;
	int rc;

	if (!monitor || !options || !out)
		return fail_set(error, WRIT_E_INVALID,
				"writ_reload_on: monitor, options and out must be given");
	reloader = calloc(1, sizeof(*reloader));
	if (!reloader)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	*reloader = (struct writ_reloader){
		.monitor = monitor,
		.options = *options,
		.signals = -1,
		.ending = -1,
	};
	rc = open_signals(reloader, error);
	if (!rc)
		rc = start(reloader, error);
	if (rc) {
		writ_reload_off(reloader);
		return rc;
	}
	*out = reloader;
	return 0;
}
