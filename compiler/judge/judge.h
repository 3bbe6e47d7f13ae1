/*
 * What a bundle's sandboxes permit, asked from outside: no kernel, no process, no file system.
 *
 * In: a verified bundle, read back, and values for its parameters. Every answer comes from what the
 * bundle holds and the runtime is going to use: the access bits of paths, the instructions of
 * filters. Out: whether it is permitted, and by what or why not. Paths are looked at as text, as
 * the language does: a symbolic link is not followed.
 */
#ifndef WRIT_JUDGE_JUDGE_H
#define WRIT_JUDGE_JUDGE_H

#include "ir/ir.h"
#include "link/bundle_read.h"

struct judge {
	struct arena *arena;
	struct bundle_image image;
	const struct ir_policy *ir; /* the same bundle */
	struct ir_part *parts;
	const struct ir_values *values;
};

/* bundle must have passed writ_verify. False for one that bundle_ir can't read. */
bool judge_init(struct judge *judge, struct arena *arena, struct bytes bundle);

/* A list of a sandbox, in which the statement that decided stands. */
enum judge_list {
	JUDGE_NONE,
	JUDGE_PATHS, /* of the bundle: the first ones are those of the IR */
	JUDGE_DENIES,
	JUDGE_SCRATCHES,
	JUDGE_UNIX,
	JUDGE_PORTS,
	JUDGE_ENDPOINTS,
	JUDGE_LIST__COUNT
};

/*
 * An answer is one of allowed, refused and asked, or, of system calls, none: when architectures
 * differ.
 */
struct judgement {
	bool allowed;
	bool refused;
	bool asked; /* of system calls: a supervisor decides */
	enum judge_list by;
	uint32_t index; /* in the sandbox's list */
	struct str why; /* a clause: "nothing grants it" */
};

/* right: one of WRIT_PATH_READ, WRITE and EXECUTE. */
struct judgement judge_path(const struct judge *judge, uint32_t sandbox, uint32_t right,
			    struct str path);

/* A unix socket's path. */
struct judgement judge_unix(const struct judge *judge, uint32_t sandbox, struct str path);

/* "host:port" or "udp://host:port"; right: IR_ENDPOINT_CONNECT or IR_ENDPOINT_BIND. */
struct judgement judge_endpoint(const struct judge *judge, uint32_t sandbox, uint32_t right,
				struct str endpoint);

struct judge_call {
	struct str name;
	bool given[6];
	uint64_t args[6]; /* of those given */
};

/*
 * Allowed: on every architecture that has the call there are values for the arguments that are not
 * given with which the filter lets it pass. Asked: there are none, but some with which a supervisor
 * is asked. Refused: all others are refused.
 */
struct judgement judge_call(const struct judge *judge, uint32_t sandbox,
			    const struct judge_call *call);

struct judgement judge_allowed(enum judge_list by, size_t index, struct str why);
struct judgement judge_refused(enum judge_list by, size_t index, struct str why);

#endif
