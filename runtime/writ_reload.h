/*
 * libwrit-audit: a policy that is replaced when a signal comes, as daemons do on SIGHUP.
 *
 *	sigset_t hup;
 *
 *	sigemptyset(&hup);
 *	sigaddset(&hup, SIGHUP);
 *	pthread_sigmask(SIG_BLOCK, &hup, NULL);		(first of all in main)
 *	...
 *	if (writ_reload_on(monitor, &(struct writ_reload_options){.signal = SIGHUP}, &reloader,
 *			   &error))
 *		die(error.text);
 *	...
 *	writ_reload_off(reloader);
 *	writ_monitor_close(monitor);
 *
 * A thread waits for the signal and calls writ_reload: the bundle is read again by the monitor's
 * own load, so a signature and a version are checked as at first; on any failure the policy in
 * force stays, and a record of kind "reload" has the error. Signals that come while a reload goes
 * on are one. Errors and ownership are as in writ.h.
 */
#ifndef WRIT_RELOAD_H
#define WRIT_RELOAD_H

#include "writ_monitor.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_reloader;

struct writ_reload_options {
	/*
	 * The number of a signal that every thread of the process has blocked, from before it
	 * comes on: a thread that does not would be given it, and the process would end. So block
	 * it before the first thread is made. Commands that are launched don't inherit that.
	 */
	int signal;
	/*
	 * Called in the reloader's thread after each reload: with error NULL and the generation
	 * that is in force now, or why that one stays. Must not call writ_reload_off. NULL: nobody
	 * is told, but for the log.
	 */
	void (*told)(void *context, uint32_t generation, const struct writ_error *error);
	void *context;
};

/*
 * Starts the thread. The monitor must stay open until writ_reload_off. The caller owns *out.
 * Errors: INVALID (the calling thread does not have the signal blocked, or it is none), NOMEM,
 * SYSTEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_reload_on(struct writ_monitor *monitor,
					    const struct writ_reload_options *options,
					    struct writ_reloader **out, struct writ_error *error);

/*
 * Ends the thread, after the reload that goes on, if one does. A signal that comes later stays
 * pending. Not in the child of a fork, which has no such thread. NULL is allowed.
 */
WRIT_API void writ_reload_off(struct writ_reloader *reloader);

#ifdef __cplusplus
}
#endif

#endif
