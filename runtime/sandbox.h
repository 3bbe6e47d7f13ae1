/*
 * A sandbox made ready on this host: what writ_sandbox_open() decides once, so that a launch only
 * applies it. Written while it is opened, read-only afterwards but for what launches find out of
 * the host; it keeps nothing of the policy.
 */
#ifndef WRIT_RUNTIME_SANDBOX_H
#define WRIT_RUNTIME_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/broker_rules.h"
#include "runtime/cgroup.h"
#include "runtime/kernel_abi.h"
#include "runtime/namespaces.h"
#include "runtime/net_plan.h"
#include "runtime/policy.h"
#include "runtime/pool.h"
#include "runtime/privilege.h"
#include "runtime/writ.h"
#include "runtime/writ_format.h"

struct sandbox_warning {
	const char *text;
	struct sandbox_warning *next;
};

struct sandbox_env {
	const char *name;
	size_t name_len;
	const char
		*entry; /* "NAME=value" when the policy sets it; NULL: picked from the caller's */
};

struct sandbox_root {
	dev_t device;
	ino_t inode;
};

/*
 * By what it is opened with: what stood there at open, or a path: of the launch's own procfs, or of
 * what may be executed beside something denied.
 */
struct landlock_grant {
	int fd; /* or -1: */
	const char *path;
	uint64_t access;
};

/* What a ruleset is made of. */
struct landlock_recipe {
	bool is_used;
	struct landlock_ruleset_abi6 handled;
	struct landlock_grant *paths;
	size_t n_paths;
	size_t room; /* in paths */
	struct landlock_net_port *ports;
	size_t n_ports;
};

/* How the limit on processes is enforced: runtime/processes.h. */
enum process_plan {
	PROCESSES_ANY,
	PROCESSES_ALONE, /* the filter refuses to make any */
	PROCESSES_USERNS,
	PROCESSES_COUNTED,
	PROCESSES_CGROUP,
};

struct writ_sandbox {
	struct pool pool;
	struct pool open; /* what launches may still change; not sealed */
	const char *name;
	bool best_effort;
	uint32_t plan; /* enum writ_plan bits, as the bundle has them */
	int ruleset;   /* Landlock's; -1: the host has none, and the sandbox is best effort */
	struct bpf_program filter;
	bool has_limit[WRIT_LIMIT__COUNT];
	uint64_t limits[WRIT_LIMIT__COUNT];
	struct sandbox_env *env;
	size_t n_env;
	struct sandbox_root *roots; /* the granted directories, to judge a working directory */
	size_t n_roots;
	int oom_proc; /* /proc, where the caller's oom_score_adj has to be reset; or -1 */
	enum process_plan processes;
	struct privilege_user user; /* not set: whoever launches */
	bool makes_sessions;        /* its filter allows setsid, as its plan has a PID namespace */
	bool has_keeper;
	bool has_broker;
	struct net_plan net;
	uint64_t
		refused_net; /* LANDLOCK_NET_* that the command itself has none of, beside a gate */
	struct broker_rules denies;
	struct namespaces namespaces;
	struct landlock_recipe recipe; /* where each launch makes its own ruleset */
	struct cgroup cgroups;         /* where a launch's cgroup is made; none: n is 0 */
	atomic_uint *lacking;          /* of the plan: runtime/lacking.h. In the open pool */
	struct sandbox_warning *warnings;
	struct sandbox_warning *last_warning;
};

/* Does somebody answer calls of its commands? */
static inline bool sandbox_has_listener(const struct writ_sandbox *sandbox)
{
	return sandbox->has_broker || sandbox->net.has_gate;
}

/* What a sandbox is made from, while it is made. */
struct sandbox_source {
	const struct writ_policy *policy;
	const struct writ_fmt_sandbox *record;
	struct writ_error *error;
};

/* Adds a line for writ_sandbox_warning(). 0, or -WRIT_E_NOMEM. */
__attribute__((format(printf, 3, 4))) WRIT_MUST_CHECK int sandbox_warn(struct writ_sandbox *sandbox,
								       struct writ_error *error,
								       const char *format, ...);

/*
 * The host can't do what the sandbox demands: an error, or a warning when it is best effort. reason
 * says what and why.
 */
__attribute__((format(printf, 3, 4))) WRIT_MUST_CHECK int sandbox_lacks(
	struct writ_sandbox *sandbox, struct writ_error *error, const char *format, ...);

#endif
