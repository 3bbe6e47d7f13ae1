/*
 * What the broker does for each call: runtime/broker_calls.c has the table, runtime/broker_open.c
 * the calls that open.
 */
#ifndef WRIT_RUNTIME_BROKER_CALLS_H
#define WRIT_RUNTIME_BROKER_CALLS_H

#include "runtime/broker_path.h"

/* How a call was answered, when not by a value or a negative errno. */
#define BROKER_SENT     (-5000L) /* the descriptor has been handed over, or nobody waits any more */
#define BROKER_CONTINUE (-5001L) /* the kernel may do it: it reads no memory for it */
#define BROKER_LATER    (-5003L) /* it waits: broker_answer_late */

/* The arguments of a call, whatever their order in it. */
struct broker_args {
	int dir;
	uint64_t path;
	int other_dir;
	uint64_t other_path;
	uint64_t flags;
	uint64_t value; /* a mode, a length, times, a size */
	uint64_t more;  /* a device */
};

/* The result of the call for a tool: a value, a negative errno, or one of the above. */
long broker_call(struct broker *broker);

long broker_open(struct broker *broker, const struct broker_args *args);
long broker_creat(struct broker *broker, const struct broker_args *args);
long broker_openat2(struct broker *broker, const struct broker_args *args);

/* Opens an object that has been judged once more, by its descriptor: no O_CREAT, no O_NOFOLLOW. */
int broker_reopen(struct broker *broker, int fd, unsigned int flags, unsigned int mode);

/* The caller gets the descriptor as flags want it, and it is gone here. The call's result. */
long broker_give(struct broker *broker, int fd, unsigned int flags);

/*
 * Gives the caller of the call in broker->notif a descriptor, in one step where the kernel can:
 * BROKER_SENT, else what to answer with. flags: O_CLOEXEC or not.
 */
long broker_hand_over(struct broker *broker, int fd, unsigned int flags);

#endif
