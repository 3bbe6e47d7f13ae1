/*
 * libwrit: a reference monitor, for programs that stay up and decide many calls.
 *
 * struct writ_policy alone answers from what a bundle says. A monitor adds what has to be
 * remembered between calls: sessions with activated roles, rates, questions put to a human, a
 * policy that can be replaced while calls are being decided, and where each decision is recorded.
 *
 *	struct writ_monitor *monitor;
 *	struct writ_session *session;
 *
 *	if (writ_monitor_open("policy.wrt", NULL, &monitor, &error) ||
 *	    writ_session_open(monitor, &(struct writ_subject){.user = "bob"}, &session, &error))
 *		die(error.text);
 *	if (writ_session_check(session, &(struct writ_call){.tool = "git_log"}, &decision) !=
 *	    WRIT_ALLOW)
 *		...
 *
 * Thread safety: a monitor may be used from any number of threads; a session from one at a time,
 * and each thread may have its own. A check locks nothing, allocates nothing and makes no system
 * call, unless the rule that decides says "ask". Errors and ownership are as in writ.h.
 */
#ifndef WRIT_MONITOR_H
#define WRIT_MONITOR_H

#include "writ_info.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_monitor;
struct writ_session;

/* ---- what happens, for who records it ---- */

enum writ_event_kind {
	WRIT_EVENT_DECISION = 1, /* a call was decided */
	WRIT_EVENT_LAUNCH,       /* a command was started in a sandbox */
	WRIT_EVENT_END,          /* it ended: status, signal, duration and what it used */
	WRIT_EVENT_NETWORK,      /* a launch connected, bound, looked a name up: detail says what */
	WRIT_EVENT_FILE,         /* a launch was refused a file: detail says which */
	WRIT_EVENT_APPROVAL,     /* a human approved or rejected a request, or it expired */
	WRIT_EVENT_RELOAD,       /* the policy was opened, replaced, or could not be replaced */
	WRIT_EVENT_SESSION,      /* a session was opened, closed, or lost a role */
};

/* All strings are NUL-terminated, or NULL where there is nothing to say; borrowed for the call. */
struct writ_event {
	enum writ_event_kind kind;
	enum writ_verdict verdict;
	enum writ_reason reason;
	uint32_t rule;       /* WRIT_NO_ID: none */
	uint32_t generation; /* of the policy */
	uint64_t session;    /* a number that no other session of this boot has; 0: none */
	const struct writ_policy *policy; /* that decided; valid during the call */
	const char *user;
	const char *role; /* the one the rule stands in, else the subject's */
	const char *tool;
	size_t tool_len; /* 0: NUL-terminated */
	const char *sandbox;
	const struct writ_arg *args;
	size_t n_args;
	const char *detail; /* one line, or JSON where the kind says so */
	const char *error;
	int status; /* exit status, or 128 plus the signal */
	int signal;
	uint64_t duration_us;
	uint64_t peak_bytes;
	uint64_t bytes; /* of output, where it was counted */
};

/*
 * Takes a copy of an event. Called by whichever thread makes it happen, so from several at once.
 * Not 0: it could not be taken; then a decision becomes a denial (WRIT_NOT_RECORDED).
 */
struct writ_sink {
	int (*record)(void *context, const struct writ_event *event);
	void *context;
};

/* ---- the monitor ---- */

/* Rates and questions are kept in this process's memory: they begin anew with each process. */
#define WRIT_STATE_PRIVATE "private"

struct writ_monitor_options {
	const struct writ_options *policy; /* for writ_open, copied; NULL: none */
	/*
	 * The directory in which rates and questions are kept, shared by all processes of the same
	 * user that name it; made if it is missing. NULL: /run/writ for root; else
	 * $XDG_RUNTIME_DIR/writ, or /tmp/writ-UID. Or WRIT_STATE_PRIVATE.
	 */
	const char *state;
	/*
	 * How the policy is read, at first and by writ_reload; NULL: writ_open. options are those
	 * above with examine set, as it takes a monitor to enforce all that a policy may demand.
	 */
	int (*load)(void *context, const char *path, const struct writ_options *options,
		    struct writ_policy **out, struct writ_error *error);
	void *load_context;
	const struct writ_sink *sink; /* copied; NULL: nothing is recorded */
};

/* Errors: those of writ_open; SYSTEM when the state can't be kept. The caller owns *out. */
WRIT_API WRIT_MUST_CHECK int writ_monitor_open(const char *path,
					       const struct writ_monitor_options *options,
					       struct writ_monitor **out, struct writ_error *error);

/* All its sessions must be closed. NULL is allowed. */
WRIT_API void writ_monitor_close(struct writ_monitor *monitor);

/*
 * Reads the bundle again and puts it in the place of the one in force, under checks that run. On
 * any failure that one stays in force. The name of the policy must be the same. Not in a signal
 * handler: from a thread of the caller's that a handler wakes. A version that sessions still use is
 * freed by a later reload, or when they are closed. Errors: as writ_monitor_open; INVALID for
 * another policy.
 */
WRIT_API WRIT_MUST_CHECK int writ_reload(struct writ_monitor *monitor, struct writ_error *error);

/* Of the policy in force: 1, and one more with each that replaced it. */
WRIT_API uint32_t writ_monitor_generation(const struct writ_monitor *monitor);

/* ---- sessions ---- */

/*
 * Who a session is for. Exactly one of role and user is not NULL. roles: those of the user's to
 * activate; none: all of them, which is refused when some of them may not be active together
 * ("conflict session").
 */
struct writ_subject {
	const char *role;
	const char *user;
	const char *const *roles;
	size_t n_roles;
	const struct writ_identity *identity; /* NULL: users and their roles are the policy's */
};

/*
 * Where users and their roles come from, when not from the policy. look_up is called when a session
 * is opened, and again at the first check after *generation or the policy has changed. What the
 * user has lost by then is no longer active; what is new is not yet. All is denied (STALE)
 * while look_up fails, or the roles may not be had or active together (writ_roles_check).
 */
struct writ_identity {
	/*
	 * Calls add(user_context, role) for each role of the user. 0, or a negative code: the user
	 * is unknown (UNKNOWN), or can't be looked up; then the session may do nothing.
	 */
	int (*look_up)(void *context, const char *user,
		       int (*add)(void *user_context, const char *role), void *user_context,
		       struct writ_error *error);
	void *context;
	const uint64_t *generation; /* shared memory, read atomically; NULL: it never changes */
};

/*
 * Errors: UNKNOWN (user, role, a role that is not the user's, or one of the user's that the policy
 * lacks), INVALID (roles in conflict).
 */
WRIT_API WRIT_MUST_CHECK int writ_session_open(struct writ_monitor *monitor,
					       const struct writ_subject *subject,
					       struct writ_session **out, struct writ_error *error);
WRIT_API void writ_session_close(struct writ_session *session);

/* Activates or drops a role of the user's. Errors: as writ_session_open; nothing changes then. */
WRIT_API WRIT_MUST_CHECK int writ_session_activate(struct writ_session *session, const char *role,
						   struct writ_error *error);
WRIT_API WRIT_MUST_CHECK int writ_session_drop(struct writ_session *session, const char *role,
					       struct writ_error *error);

struct writ_call {
	const char *tool;
	size_t tool_len; /* 0: NUL-terminated */
	const struct writ_arg *args;
	size_t n_args;
	const char *approval; /* the id of a request that a human has approved; NULL: none */
};

/*
 * The decision on a call, recorded. decision may be NULL. Never fails: what can't be decided, or
 * not be recorded, is denied.
 */
WRIT_API WRIT_MUST_CHECK enum writ_verdict writ_session_check(struct writ_session *session,
							      const struct writ_call *call,
							      struct writ_decision *decision);

/*
 * The policy that the session's last check was decided by: for writ_rule and writ_sandbox_open of
 * that decision. Valid until the session's next check.
 */
WRIT_API const struct writ_policy *writ_session_policy(const struct writ_session *session);

/*
 * Why, for people, without a newline. Of two forms: for who administers, with rule, place and role;
 * and for the agent, which tells what is forbidden from what is unknown to nobody.
 */
enum writ_audience { WRIT_FOR_OPERATOR = 1, WRIT_FOR_AGENT };
WRIT_API void writ_session_explain(const struct writ_session *session,
				   const struct writ_decision *decision,
				   enum writ_audience audience, char *text, size_t size);

/* Has an event recorded that the caller knows of: a launch, its end. As writ_sink's record. */
WRIT_API WRIT_MUST_CHECK int writ_session_record(struct writ_session *session,
						 struct writ_event *event);

/*
 * The decision on a call of who got no session: denied, and recorded as a decision. decision may be
 * NULL.
 */
WRIT_API void writ_monitor_refuse(struct writ_monitor *monitor, const struct writ_subject *subject,
				  const struct writ_call *call, struct writ_decision *decision);

/* ---- questions to a human ---- */

/*
 * What a decision of WRIT_ASK becomes: a request that is bound to the subject, the tool, every
 * argument, the policy and the rule that asked, good for one call, and only until it expires. Its
 * id is in the decision. Whoever may write the state directory answers it ("writ approve").
 *
 * A request takes one of MAX_REQUESTS places of the state directory until it is used up or expires,
 * and a subject (a user, or a role without one) of a policy has MAX_REQUESTS_OF_ONE of them. Where
 * there is no place the call is denied (NO_STATE).
 */
#define WRIT_MAX_REQUESTS        256u
#define WRIT_MAX_REQUESTS_OF_ONE 32u

enum writ_answer { WRIT_PENDING = 0, WRIT_APPROVED, WRIT_REJECTED, WRIT_EXPIRED };

/* Waits up to timeout_ms for an answer; 0: does not wait; -1: until it expires. */
WRIT_API WRIT_MUST_CHECK enum writ_answer writ_request_wait(struct writ_monitor *monitor,
							    const char *id, int timeout_ms);

/* A request as a human is shown it. Texts are printable, without control characters. */
struct writ_request_info {
	char id[WRIT_REQUEST_ID_SIZE];
	enum writ_answer answer;
	int used;
	uint64_t age_ms;
	uint64_t left_ms; /* until it expires */
	char policy[256];
	char subject[256];
	char tool[256];
	char args[1024]; /* NAME=VALUE..., secrets masked, cut off */
};

/* The index-th request that is pending: 0, or -WRIT_E_INVALID past the last. */
WRIT_API WRIT_MUST_CHECK int writ_request_get(struct writ_monitor *monitor, size_t index,
					      struct writ_request_info *out);

/*
 * Answers a request, once. The answer is recorded first. Errors: UNKNOWN (none of that id, or it
 * has expired or been answered), SYSTEM (it can't be recorded, and is not given).
 */
WRIT_API WRIT_MUST_CHECK int writ_request_answer(struct writ_monitor *monitor, const char *id,
						 int approve, struct writ_error *error);

#ifdef __cplusplus
}
#endif

#endif
