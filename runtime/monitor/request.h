/*
 * Questions to a human: calls that a rule asks about, and what was answered.
 */
#ifndef WRIT_RUNTIME_MONITOR_REQUEST_H
#define WRIT_RUNTIME_MONITOR_REQUEST_H

#include "runtime/monitor/state.h"
#include "runtime/writ_monitor.h"

struct requests; /* those of all who opened the same state */

/* What a request is bound to. Only pointers; all but args of n_args 0 are not NULL. */
struct request_call {
	const struct writ_policy *policy;
	enum writ_subject_kind kind;
	const char *subject;
	const char *tool;
	size_t tool_len; /* 0: NUL-terminated */
	const struct writ_arg *args;
	size_t n_args; /* at most WRIT_MAX_CALL_ARGS */
	uint32_t rule; /* that asks: another may have another rate, or sandbox */
};

/* The state must stay open no longer than this call. Errors: SYSTEM, NOMEM. */
WRIT_MUST_CHECK int requests_open(const struct state *state, struct requests **out,
				  struct writ_error *error);
void requests_close(struct requests *requests);

/*
 * Asks: *id is a new request's, or that of one of the same call that is still pending. Errors:
 * NOMEM (as many as there may be are open, of this subject or at all), INVALID (arguments that
 * can't be bound), SYSTEM. Nothing is asked then, and the call is to be denied.
 */
WRIT_MUST_CHECK int request_make(struct requests *requests, const struct request_call *call,
				 char id[WRIT_REQUEST_ID_SIZE], struct writ_error *error);

/* Why an approval is not good for a call. */
enum request_fault {
	REQUEST_GOOD = 0,
	REQUEST_UNKNOWN, /* no such request: it may have expired long ago */
	REQUEST_OTHER,   /* it is of another call, subject or policy */
	REQUEST_EXPIRED,
	REQUEST_UNANSWERED,
	REQUEST_REJECTED,
	REQUEST_USED, /* it was good for one call */
};

/* Uses an approval up for a call. 0: the call is approved; else why not, and nothing changes. */
WRIT_MUST_CHECK enum request_fault request_use(struct requests *requests, const char *id,
					       const struct request_call *call);

/* A phrase for a fault: "it has expired". */
const char *request_fault_text(enum request_fault fault);

/* Who answered it, a user id; -WRIT_E_UNKNOWN: nobody, or there is no such request. */
WRIT_MUST_CHECK int request_answered_by(struct requests *requests, const char *id, uint32_t *uid);

/* As the functions of writ_monitor.h: writ_request_wait, _get, _answer. */
WRIT_MUST_CHECK enum writ_answer request_wait(struct requests *requests, const char *id,
					      int timeout_ms);
WRIT_MUST_CHECK int request_get(struct requests *requests, size_t index,
				struct writ_request_info *out);

/*
 * The request of an id that can still be answered: looked up by the id, as those that are pending
 * move up in request_get's list while it is gone through. Errors: UNKNOWN, as request_answer.
 */
WRIT_MUST_CHECK int request_find(struct requests *requests, const char *id,
				 struct writ_request_info *out, struct writ_error *error);
WRIT_MUST_CHECK int request_answer(struct requests *requests, const char *id, int approve,
				   struct writ_error *error);

#endif
