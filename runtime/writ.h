/*
 * libwrit: load a compiled policy, decide tool calls, run tools under it.
 *
 *	struct writ_policy *policy;
 *	struct writ_error error;
 *
 *	if (writ_open("policy.wrt", NULL, &policy, &error))
 *		die(error.text);
 *	struct writ_decision decision;
 *	if (writ_check(policy, &(struct writ_request){.role = "developer", .tool = "git_log"},
 *		       &decision) != WRIT_ALLOW)
 *		...
 *
 * The library needs libc only. It never prints, exits, installs signal handlers or starts threads.
 * It fails closed: whatever is unknown, missing or unsupported is a refusal with a reason.
 * Everything of a policy is parsed by writ_open; a check reads the arguments that a condition
 * tests, allocates nothing, locks nothing and makes no system call.
 *
 * Functions that can fail return 0, or a negative enum writ_error_code, and then fill *error when
 * it is not NULL; out-parameters are written on success only. Strings are NUL-terminated UTF-8, or
 * a pointer with a length where so documented; the library copies what it keeps.
 *
 * Thread safety: a struct writ_policy and a struct writ_sandbox are immutable once opened and may
 * be used from any number of threads; closing one while another thread uses it is an error of the
 * caller's. writ_spawn may be called from several threads at once.
 */
#ifndef WRIT_H
#define WRIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WRIT_MUST_CHECK __attribute__((warn_unused_result))
#if defined(WRIT_BUILDING)
#define WRIT_API __attribute__((visibility("default")))
#else
#define WRIT_API
#endif

/* Functions return the negated value. Texts: writ_strerror(). */
enum writ_error_code {
	WRIT_E_OPEN = 1,    /* the bundle, or state, can't be used (sys_errno: why) */
	WRIT_E_FORMAT,      /* not a bundle, or a damaged one */
	WRIT_E_DIGEST,      /* the bytes do not match the digest */
	WRIT_E_UNSUPPORTED, /* a format version or required section this runtime can't enforce */
	WRIT_E_PARAM,       /* a parameter is unbound, unknown, or has an unusable value */
	WRIT_E_UNKNOWN,     /* no such sandbox */
	WRIT_E_HOST, /* the host can't enforce what the sandbox demands: text says what and why */
	WRIT_E_INVALID,     /* an argument of the call is invalid */
	WRIT_E_NOMEM,       /* out of memory */
	WRIT_E_SYSTEM,      /* a system call failed (errno in sys_errno) */
	WRIT_E_NOT_FOUND,   /* the command does not exist */
	WRIT_E_NOT_ALLOWED, /* the sandbox does not let the command start */
	WRIT_E_MONITOR,     /* rates, session conflicts, audit required: for writ_monitor_open */
	WRIT_E_UNTRUSTED,   /* a bundle without the signature, name or version it must have */
};

/*
 * What went wrong, for people. The caller owns it; it may be on the stack and need not be
 * initialised.
 */
struct writ_error {
	int code;      /* the positive enum writ_error_code */
	int sys_errno; /* 0 when no system call failed */
	char text[512];
};

/* A static phrase for a code, negative or positive; never NULL. */
WRIT_API const char *writ_strerror(int code);

/* The exit status that `writ` gives for a code: 2, 3, 4, or 125 to 127. */
WRIT_API int writ_exit_status(int code);

/* The library's version, "0.1.0". */
WRIT_API const char *writ_version(void);

/* ---- loading ---- */

struct writ_policy;

struct writ_param {
	const char *name;
	const char *value; /* in the language's spelling: "/srv/agent", "443", "64MiB", "30s" */
};

#define WRIT_MAX_KEPT 6

struct writ_options {
	const struct writ_param *params; /* bindings; one the policy does not declare is an error */
	size_t n_params;
	/* what "~" means: absolute; NULL: $HOME if absolute, else the passwd entry */
	const char *home;
	/* for writ_open_memory: the path that the bytes were read from, which a sandbox that may
	 * write there is warned about; NULL: none */
	const char *origin;
	/*
	 * What else a sandbox that may write there is warned about: the state directory of rates
	 * and questions (as in struct writ_monitor_options), when the policy has such, and n_kept
	 * paths, at most WRIT_MAX_KEPT, of a log, keys, or a store of users.
	 */
	const char *state;
	const char *const *kept;
	size_t n_kept;
	/*
	 * Not 0: a parameter that has no value gets a stand-in of its type, a path one that does
	 * not exist. For asking what a host can enforce; nothing should be run under such a policy.
	 */
	int stand_ins;
	/*
	 * Not 0: for examining only. A policy that demands what this version can't enforce is
	 * opened all the same (writ_unsupported lists it), as is one that takes a monitor; checks
	 * decide as if no call had been made before (rates are not counted), and a sandbox that
	 * demands such a thing can't be opened. 0: such a policy is refused (UNSUPPORTED,
	 * MONITOR).
	 */
	int examine;
};

/*
 * Reads, verifies and binds a bundle. The file is copied to private memory, checked completely, and
 * made read-only; it may change or go away afterwards. options may be NULL. The caller owns *out
 * and gives it back to writ_close. Errors: OPEN, FORMAT, DIGEST, UNSUPPORTED, MONITOR, PARAM,
 * NOMEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_open(const char *path, const struct writ_options *options,
				       struct writ_policy **out, struct writ_error *error);

/* The same from memory; bytes are copied. */
WRIT_API WRIT_MUST_CHECK int writ_open_memory(const void *bytes, size_t size,
					      const struct writ_options *options,
					      struct writ_policy **out, struct writ_error *error);

/*
 * Checks a bundle completely, as writ_open does, but binds no parameters: after 0, writ_open can
 * only fail with PARAM (a value is missing, or a text that is put together can't be used), NOMEM,
 * SYSTEM, UNSUPPORTED when it demands what this version can't enforce yet, or MONITOR. For tools
 * that read bundles themselves. Any thread. Errors: FORMAT, DIGEST, UNSUPPORTED, INVALID, NOMEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_verify(const void *bytes, size_t size, struct writ_error *error);

/*
 * What a policy that was opened with options.examine demands and this version can't enforce, one
 * line each: "filesystem deny, of sandbox 'x'". NULL past the last; valid until writ_close.
 */
WRIT_API const char *writ_unsupported(const struct writ_policy *policy, size_t index);

/* Frees a policy. NULL is allowed. Sandboxes opened from it stay valid. */
WRIT_API void writ_close(struct writ_policy *policy);

/* The policy's name and version, valid until writ_close. */
WRIT_API const char *writ_policy_name(const struct writ_policy *policy);
WRIT_API uint64_t writ_policy_version(const struct writ_policy *policy);

/* ---- deciding ---- */

enum writ_verdict { WRIT_DENY = 0, WRIT_ASK = 1, WRIT_ALLOW = 2 };

enum writ_reason {
	WRIT_BY_RULE = 0,     /* decision.rule decided */
	WRIT_NO_RULE,         /* no rule of the subject matches the tool: denied by default */
	WRIT_NO_CONDITION,    /* rules match the tool, but none of their conditions holds, or not
			       * the same for all elements of a list: denied */
	WRIT_UNKNOWN_SUBJECT, /* the policy has no such role or user */
	WRIT_BAD_TOOL_NAME,   /* not a name a tool can have: [A-Za-z0-9_.-]+, at most 255 bytes */
	WRIT_BAD_REQUEST,     /* no tool, neither or both of role and user, too many arguments or
			       * elements of lists, or an argument that is given twice */
	/* Of sessions only (writ_monitor.h): */
	WRIT_RATE_LIMITED, /* decision.rule matches, but its rate is used up for retry_ms */
	WRIT_NO_STATE,     /* what has to be remembered of the call can't be */
	WRIT_STALE,        /* the user's roles have changed, and can't be had or used now */
	WRIT_NOT_APPROVED, /* decision.rule asks, and the approval is not one of this call */
	WRIT_NOT_RECORDED, /* the decision can't be recorded */
};

#define WRIT_NO_ID           UINT32_MAX
#define WRIT_REQUEST_ID_SIZE 33 /* 128 random bits in hexadecimal, and the NUL */

struct writ_decision {
	enum writ_verdict verdict;
	enum writ_reason reason;
	/* for writ_rule(): the rule that decided; of WRIT_NO_CONDITION the first that would have
	 * let the call pass, or else denied it; WRIT_NO_ID for other reasons */
	uint32_t rule;
	/* the rule's or else the tool's, for writ_sandbox_open(); WRIT_NO_ID: none */
	uint32_t sandbox;
	/* Of a session's decision, else 0: */
	uint32_t generation; /* of the policy that decided; its ids are those above */
	uint32_t retry_ms;   /* of RATE_LIMITED: when the next call may pass */
	char request[WRIT_REQUEST_ID_SIZE]; /* of ASK: what a human answers; else "" */
};

/*
 * An argument of a call. A condition reads it as the type it needs: text for strings, paths, URLs
 * and hosts; of an integer or a truth value either the text ("42", "-1", "true") or the typed
 * value. What can't be read so counts as missing, and a missing argument never widens: it makes no
 * allow or ask rule match, and lets a deny rule match. A call that gives a name twice is denied.
 *
 * A call with lists is decided as if it were made for each of their elements, and the strictest of
 * these decisions is the call's; so is, of several lists that conditions test, each way of taking
 * one element of each, and there may be WRIT_MAX_ARG_COMBINATIONS of them. An empty list has one
 * element, that can't be read; so does a list within a list.
 */
enum writ_arg_type {
	WRIT_ARG_TEXT = 0, /* text; a text_len of 0: NUL-terminated, as every other length of 0 */
	WRIT_ARG_INTEGER,
	WRIT_ARG_BOOLEAN,
	WRIT_ARG_BYTES, /* text of text_len bytes, also of none */
	WRIT_ARG_LIST,  /* items: n_items values; their names mean nothing */
	WRIT_ARG_OTHER, /* given, but nothing that a condition can read: null, an object */
};

struct writ_arg {
	const char *name;
	const char *text; /* for TEXT and BYTES; of OTHER what says all of it, or NULL */
	size_t name_len;  /* 0: name is NUL-terminated */
	size_t text_len;
	enum writ_arg_type type;
	int64_t number;               /* for INTEGER, and for BOOLEAN 0 or 1 */
	const struct writ_arg *items; /* for LIST */
	size_t n_items;
};

/*
 * Who wants to call what. Names are compared byte for byte. Exactly one of role and user is not
 * NULL. A length of 0 means that the string is NUL-terminated; with a length, a NUL inside is a
 * byte as any other (and so an unknown name).
 */
struct writ_request {
	const char *role;
	const char *user;
	const char *tool;
	size_t role_len;
	size_t user_len;
	size_t tool_len;
	const struct writ_arg *args;
	size_t n_args; /* more than WRIT_MAX_CALL_ARGS: denied as a bad request */
};
#define WRIT_MAX_CALL_ARGS 64

#define WRIT_MAX_ARG_COMBINATIONS 1024
/* Of a call with lists: bytes of what is tested, once for each combination that it is in. */
#define WRIT_MAX_COMBINED_BYTES (64u << 20)

/*
 * The decision on a request, by names. decision may be NULL. Never fails: what can't be decided is
 * denied.
 */
WRIT_API WRIT_MUST_CHECK enum writ_verdict writ_check(const struct writ_policy *policy,
						      const struct writ_request *request,
						      struct writ_decision *decision);

/*
 * Interning: look the subject up when its session begins, and each tool when it is first seen; then
 * a check costs no more than the look into the table. An id is a number, good for the policy that
 * gave it, in any thread, until writ_close; nothing is allocated, so nothing has to be given back.
 * A len of 0: name is NUL-terminated; a name of NULL is no name.
 */

/* A subject's names are those of roles or those of users: the same name may be one of each. */
enum writ_subject_kind { WRIT_ROLE = 1, WRIT_USER = 2 };

/*
 * The id of a role or a user, or WRIT_NO_ID when the policy has none of that name or kind is not
 * one of the above: it may be asked about, and is denied (UNKNOWN_SUBJECT).
 */
WRIT_API WRIT_MUST_CHECK uint32_t writ_subject_open(const struct writ_policy *policy,
						    enum writ_subject_kind kind, const char *name,
						    size_t len);

/*
 * The id of a tool, whether the policy lists it or it was first seen at run time: names that it
 * does not list and the same wildcards match have one id. WRIT_NO_ID when no rule matches the name,
 * or no tool can have it: it may be asked about, and is denied (NO_RULE, where writ_check tells the
 * two apart).
 */
WRIT_API WRIT_MUST_CHECK uint32_t writ_tool_id(const struct writ_policy *policy, const char *name,
					       size_t len);

/* The decision on ids. decision may be NULL. Never fails, as writ_check. */
WRIT_API WRIT_MUST_CHECK enum writ_verdict writ_check_id(const struct writ_policy *policy,
							 uint32_t subject, uint32_t tool,
							 struct writ_decision *decision);

/* The same for a call with arguments; writ_check_id is for one without. */
WRIT_API WRIT_MUST_CHECK enum writ_verdict writ_check_call(const struct writ_policy *policy,
							   uint32_t subject, uint32_t tool,
							   const struct writ_arg *args,
							   size_t n_args,
							   struct writ_decision *decision);

/* The rule behind a decision; strings are valid until writ_close. */
struct writ_rule {
	enum writ_verdict verdict;
	const char *role;      /* the role it is written in */
	const char *pattern;   /* the tool name or wildcard it names */
	const char *condition; /* its where clause, or "" */
	const char *file;      /* "" in a bundle compiled without places */
	uint32_t line;
	uint32_t col;
};

/* 0, or -WRIT_E_INVALID for an id that is no rule's. */
WRIT_API WRIT_MUST_CHECK int writ_rule(const struct writ_policy *policy, uint32_t id,
				       struct writ_rule *out);

/*
 * Why a request was decided so by writ_check, in a line for who administers the policy; cut off
 * where it does not fit. Of an inherited rule the way to it is told: "(admin <- lead <- dev)".
 * Names and conditions are as they were given: print them with care. A session's decision:
 * writ_session_explain.
 */
WRIT_API void writ_explain(const struct writ_policy *policy, const struct writ_request *request,
			   const struct writ_decision *decision, char *text, size_t size);

/* ---- running ---- */

/*
 * A sandbox made ready: paths opened, the Landlock ruleset built, the filter chosen. It holds a
 * file descriptor. Paths are resolved here, once: a launch sees the files that stood there at this
 * moment.
 */
struct writ_sandbox;

/* The id of a sandbox by name, or WRIT_NO_ID. A len of 0: name is NUL-terminated. */
WRIT_API uint32_t writ_sandbox_id(const struct writ_policy *policy, const char *name, size_t len);

/*
 * The name of a sandbox, valid until writ_close; NULL past the last id, so that they can be listed.
 */
WRIT_API const char *writ_sandbox_name(const struct writ_policy *policy, uint32_t id);

/*
 * Prepares sandbox id of a policy on this host. The caller owns *out and gives it back to
 * writ_sandbox_close. Errors: UNKNOWN, UNSUPPORTED, HOST (with what is missing), PARAM, NOMEM,
 * SYSTEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_sandbox_open(const struct writ_policy *policy, uint32_t id,
					       struct writ_sandbox **out, struct writ_error *error);
WRIT_API void writ_sandbox_close(struct writ_sandbox *sandbox);

/*
 * What is not as the policy says, one line each: a granted path that does not exist (nothing is
 * granted there), a demand dropped because the sandbox is best effort, namespaces that the host
 * refuses. NULL past the last; valid until writ_sandbox_close. What the host refuses without having
 * let it be seen before is added by the first launch that finds out.
 */
WRIT_API const char *writ_sandbox_warning(const struct writ_sandbox *sandbox, size_t index);

/* How a limit of a sandbox is enforced on this host. */
struct writ_limit {
	const char *name; /* as policies write it: "memory" */
	uint64_t value;   /* milliseconds, bytes or a count */
	const char *unit; /* "ms", "bytes", "" */
	const char *by;   /* "memory cgroup (version 1)", "RLIMIT_DATA", ... */
	int of_launch;    /* not 0: of all its processes together; 0: of each by itself */
};

/*
 * The sandbox's limits, in the order of the language's table: 0 and *out, or -WRIT_E_INVALID past
 * the last. Strings are static. What is said is what the next launch does; a limit that a
 * best-effort sandbox goes without is not listed.
 */
WRIT_API WRIT_MUST_CHECK int writ_sandbox_limit(const struct writ_sandbox *sandbox, size_t index,
						struct writ_limit *out);

/* What enforces a sandbox beside Landlock, seccomp and limits, and whether this host has it. */
struct writ_mechanism {
	const char *name;    /* "PID namespace" */
	const char *does;    /* what it is for */
	int is_there;        /* 0: not on this host */
	const char *instead; /* what holds where it is not; NULL: nothing would */
};

/*
 * The mechanisms that a sandbox's plan has: 0 and *out, or -WRIT_E_INVALID past the last. Strings
 * are static. What a best-effort sandbox goes without is listed as not there.
 */
WRIT_API WRIT_MUST_CHECK int writ_sandbox_mechanism(const struct writ_sandbox *sandbox,
						    size_t index, struct writ_mechanism *out);

/*
 * One launch. argv[0] is the command: with a slash a path, else looked up in the PATH that the
 * sandbox gives its processes (without one: /usr/local/bin:/usr/bin:/bin). envp is what "pass" and
 * "secret" pick from; NULL: the caller's environ. cwd NULL: the caller's, if the sandbox grants it,
 * else "/". stdio are the descriptors that become 0, 1 and 2; -1: /dev/null. resolver is the server
 * that names are asked of, "ADDR" or "ADDR:PORT", in a sandbox that lists some; NULL: those that
 * /etc/resolv.conf had when the sandbox was opened.
 */
struct writ_launch {
	const char *const *argv; /* NULL-terminated */
	const char *const *envp;
	const char *cwd;
	int stdio[3];
	int die_with_caller; /* not 0: all of the launch is killed when the calling thread ends
			      * (prctl(2), PR_SET_PDEATHSIG) */
	const char *resolver;
	struct writ_net_log *net_log;   /* writ_net.h; or NULL */
	struct writ_file_log *file_log; /* writ_files.h; or NULL */
};

struct writ_process;

/*
 * Starts a command in a sandbox and returns when it has been executed. The child has its own
 * session and process group, no capabilities, no_new_privs, no descriptor but 0 to 2, default
 * signal dispositions and an empty signal mask, umask 022, no priority above the usual, the default
 * personality, the listed environment only, and then Landlock and seccomp. The caller's memory is
 * not copied (CLONE_VFORK), however large it is. The caller owns *out and must give it to
 * writ_wait. Errors: HOST, INVALID, NOMEM, SYSTEM, NOT_FOUND, NOT_ALLOWED; then nothing runs.
 */
WRIT_API WRIT_MUST_CHECK int writ_spawn(const struct writ_sandbox *sandbox,
					const struct writ_launch *launch, struct writ_process **out,
					struct writ_error *error);

/*
 * The process id of the command as the caller sees it, which is its process group and session too.
 * Not a child of the caller's where the sandbox may make processes: a process of ours is between
 * them (a keeper), which shares the caller's memory and is what writ_process_fd is about.
 */
WRIT_API pid_t writ_process_pid(const struct writ_process *process);

/*
 * A pidfd, readable when the command has ended; for the caller's event loop. Owned by the process.
 * The wall and output limits are kept by writ_wait and nowhere else: until it is called, a command
 * runs past its wall limit, and one under an output limit stops when its pipe is full (64 KiB) and
 * may so never end. With either limit, call writ_wait at once, in a thread of its own.
 */
WRIT_API int writ_process_fd(const struct writ_process *process);

enum writ_end {
	WRIT_EXITED = 1,      /* status is the exit status */
	WRIT_SIGNALED,        /* status is the signal */
	WRIT_WALL_LIMIT,      /* killed because its wall-clock time was over */
	WRIT_OUTPUT_LIMIT,    /* killed because it wrote more than it may */
	WRIT_KILLED,          /* killed by writ_kill */
	WRIT_CPU_LIMIT,       /* killed because its processor time was used up */
	WRIT_MEMORY_LIMIT,    /* killed because its processes needed more memory than they may */
	WRIT_FILE_SIZE_LIMIT, /* killed because it wrote past the size that a file may have */
};

/* Of what a measured value is the value. */
enum writ_scope {
	WRIT_OF_NOTHING = 0, /* it is not known */
	WRIT_OF_LAUNCH,      /* of all processes of the launch, counted by a cgroup */
	WRIT_OF_PROCESSES,   /* of the command and those of its descendants that were waited for:
			      * processor time their sum, memory the largest of them */
};

/*
 * How a launch ended and what it used. A scope says whether a number is known, and of what; one
 * whose scope is WRIT_OF_NOTHING is 0.
 */
struct writ_result {
	enum writ_end end;
	int status; /* the command's exit status; the signal, when one ended it */
	int signal; /* the signal that ended the command; 0: it exited */
	uint64_t wall_us;
	int output_lost; /* not 0: under an output limit, its reader did not take in time what the
			  * command had written before it ended, and the rest was dropped */
	int has_output;  /* not 0: output is limited, and so was counted */
	uint64_t output_bytes;
	enum writ_scope cpu_scope;
	uint64_t cpu_user_us;
	uint64_t cpu_system_us;
	/*
	 * The most memory at one time. OF_LAUNCH: all that the cgroup was charged for, with files
	 * in memory and what the kernel holds for it; OF_PROCESSES: resident set size.
	 */
	enum writ_scope peak_scope;
	uint64_t peak_bytes;
	/* WRIT_OF_LAUNCH where a pids cgroup counts processes, else OF_NOTHING. */
	enum writ_scope processes_scope;
	uint64_t processes_peak;    /* processes and threads at one time; 0: not known */
	uint64_t processes_refused; /* how often there would have been one too many */
	int has_network; /* not 0: what the sandbox lists was asked for every connection */
	uint64_t connects_allowed; /* calls of connect(2), whether they succeeded or not */
	uint64_t connects_denied;  /* as nothing lists their peer, or it is denied */
	uint64_t binds_allowed;    /* calls of bind(2) and listen(2), likewise */
	uint64_t binds_denied;
	/*
	 * What the launch has sent and received, by the ends (WRIT_NET_CLOSE) of what was seen to
	 * its end; and how many were not. All 0 where the launch has no log.
	 */
	uint64_t ends_counted;
	uint64_t ends_unknown;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	const char *lookup_failed; /* why no name could be looked up, or NULL: what failed, */
	int lookup_errno;          /* and the errno of that */
};

/*
 * Waits for the command, enforcing its wall and output limits meanwhile, and those on memory and
 * processor time that are of the launch (writ_sandbox_limit), then kills whatever it
 * left behind in its process group. Nobody else may reap it: no wait for any child meanwhile, and
 * SIGCHLD must not be ignored (writ_spawn checks that). *process is freed, and set to NULL, also on
 * error; then too the launch is killed, as far as the kernel lets us name it. Not a cancellation
 * point (nor is writ_spawn): writ_kill is what ends a wait early.
 */
WRIT_API WRIT_MUST_CHECK int writ_wait(struct writ_process **process, struct writ_result *result,
				       struct writ_error *error);

/*
 * Kills the whole launch now. Safe from another thread while writ_wait runs, and in a signal
 * handler.
 */
WRIT_API void writ_kill(struct writ_process *process);

/* ---- launching at once ---- */

/*
 * Children made in advance: each is behind all walls of the sandbox already, and waits for a
 * command. A launch then costs what starting the command bare does. Every child runs one command
 * and was made for it alone, so launches share nothing that those of writ_spawn do not.
 */
struct writ_zygote;

#define WRIT_MAX_ZYGOTE 256

/*
 * Makes n children (1 to WRIT_MAX_ZYGOTE) that wait. They share this process's memory, hold none of
 * its descriptors, and end when it does, however that happens. The sandbox must stay open until
 * writ_zygote_close. Not to be used in a child that this process forks. Errors: as writ_spawn.
 */
WRIT_API WRIT_MUST_CHECK int writ_zygote_open(const struct writ_sandbox *sandbox, size_t n,
					      struct writ_zygote **out, struct writ_error *error);

/*
 * As writ_spawn, by a child that waits. When there is none, or it has been killed, or may not enter
 * the working directory as the caller may, it is writ_spawn. What was the caller's when the child
 * was made holds: limits of its own, its priority, its capabilities; the working directory and the
 * environment are those of now. die_with_caller is about the thread that made the child or, for
 * commands that may start processes, the whole process. Nothing can wait in a sandbox that denies
 * paths inside what it grants, that lists peers but TCP ports of any host, that names a user, that
 * goes without Landlock, or whose filter refuses a waiting child's own calls (chdir, exit_group,
 * futex, getppid, ppoll, prctl of PR_SET_PDEATHSIG, recvmsg, rt_sigprocmask); nor for a caller with
 * some capabilities, but not CAP_SETPCAP. Any thread.
 */
WRIT_API WRIT_MUST_CHECK int writ_zygote_spawn(struct writ_zygote *zygote,
					       const struct writ_launch *launch,
					       struct writ_process **out, struct writ_error *error);

/*
 * Makes those that are missing, in the calling thread: for when nobody waits, as between writ_spawn
 * and writ_wait. Nothing else does: without it a zygote is used up. Any thread. Errors: as
 * writ_spawn; what had been made stays.
 */
WRIT_API WRIT_MUST_CHECK int writ_zygote_refill(struct writ_zygote *zygote,
						struct writ_error *error);

/* Ends the children that wait, and frees it. Commands that it has launched go on. NULL is allowed.
 */
WRIT_API void writ_zygote_close(struct writ_zygote *zygote);

/*
 * Applies a sandbox to the calling process, for good: limits on resources, no_new_privs, no
 * capabilities, Landlock, seccomp. The process must have one thread. Descriptors stay open and the
 * environment stays as it is; limits that need a supervisor (wall, output, processes) are not
 * applied: a sandbox that states one is refused with HOST unless it is best effort. When it fails
 * with SYSTEM, part of the sandbox may be in force already (limits, no capabilities, Landlock), and
 * that can't be undone: exit. It sees threads, but not another process that shares this one's
 * memory (clone(2), CLONE_VM without CLONE_THREAD), which would stay unconfined.
 */
WRIT_API WRIT_MUST_CHECK int writ_enforce(const struct writ_sandbox *sandbox,
					  struct writ_error *error);

/* ---- what this host can do ---- */

struct writ_host {
	int landlock_abi;     /* the newest of which every right works; 0: none */
	int seccomp_filter;   /* 0 or 1 */
	int user_namespaces;  /* 0 or 1: may this process make one */
	int pid_namespaces;   /* 0 or 1: may it make one, with a user namespace where that takes one
			       */
	int mount_namespaces; /* the same, and mount in it what a launch may need */
	int pids_cgroup;      /* 0: none writable, 1 or 2: version */
	int memory_cgroup;    /* the same */
	int cpu_cgroup;       /* the same, of one that counts processor time */
	int close_range;      /* 0 or 1 */
	int new_session;      /* 0 or 1: may a child make one, as every launch does */
	int is_root;
	int landlock_claimed;         /* what the kernel says it has */
	const char *landlock_refused; /* a right of that which it refuses; NULL: none */
};

/* Probes the host; harmless, and not cheap. */
WRIT_API void writ_host_probe(struct writ_host *out);

#ifdef __cplusplus
}
#endif

#endif
