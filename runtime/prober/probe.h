/*
 * What `writ doctor --prove` asks its prober to do, and what that answers.
 *
 * The prober is executed inside a sandbox that grants it nothing: no file to read its orders from,
 * perhaps not a single call beside execve. So its orders are part of it: a script in its data,
 * which the caller fills in before each launch. Every step is one system call, or one of the few
 * things below that no call alone can try. What came of each step goes to standard output as it is
 * done; or, where nothing may be written, of one step only, as the exit status.
 */
#ifndef WRIT_PROBER_PROBE_H
#define WRIT_PROBER_PROBE_H

#include <stdint.h>

#define PROBE_MAGIC                                                                                \
	"\x7fWRT"                                                                                  \
	"probescript"
#define PROBE_MAGIC_SIZE 16
#define PROBE_MAX_STEPS  2048u
#define PROBE_BLOB_BYTES 65536u
#define PROBE_ARGS       6

/* Answers that are neither a call's result nor an errno, negated. */
#define PROBE_NOT_DONE (INT64_MIN + 1) /* a step that it needs failed */
#define PROBE_NO_TELL  255             /* the exit status for NOT_DONE, */
#define PROBE_SOME     254             /* and for a count that is not 0 */

enum probe_op {
	PROBE_CALL,         /* the call */
	PROBE_OPEN,         /* the call; what it opened is closed */
	PROBE_COMPAT,       /* the call by the entry of 32-bit programs, where there is one */
	PROBE_REPEAT,       /* the call again and again until it fails: how often it worked, ... */
	PROBE_CHILD,        /* the call, which makes a child: that ends at once */
	PROBE_CHILDREN,     /* ... the same of children that stay */
	PROBE_TOUCH,        /* ... the same of args[1] bytes of memory each, mapped and written */
	PROBE_ENV,          /* how many variables are not in the list at args[0], or missing */
	PROBE_DESCRIPTORS,  /* how many of 3 to args[0] are open; each is closed by the call */
	PROBE_LOAD,         /* the word at args[0] in the blob */
	PROBE_ARCH_FLAGGED, /* the call, its number with the bit of x32 set */
	PROBE_SPIN,         /* uses the processor, for most moments */
	PROBE_WAIT,         /* for most moments, or for ever; a tracer says go */
	PROBE__OPS
};

/* Not done without the sandbox: it would change something there. */
#define PROBE_NOT_IN_CONTROL 1u

struct probe_step {
	uint16_t op;
	uint8_t from_blob;    /* bits: arguments that are offsets in the blob */
	uint8_t from_results; /* bits: arguments that are steps, whose answers are meant */
	uint32_t needs;       /* a step whose answer must not be negative, plus 1; 0: none */
	uint32_t next_case;   /* where what does not depend on this step begins */
	uint32_t flags;
	int64_t number;
	int64_t most; /* to try, where the answer is how many worked; moments to wait */
	int64_t args[PROBE_ARGS];
};

struct probe_script {
	char magic[PROBE_MAGIC_SIZE];
	uint32_t first; /* steps first to end are done */
	uint32_t end;
	uint32_t told; /* this one's errno is the exit status, and nothing is written; or NONE */
	volatile uint32_t go; /* set by a tracer: ends WAIT */
	struct probe_step steps[PROBE_MAX_STEPS];
	char blob[PROBE_BLOB_BYTES] __attribute__((aligned(16)));
};
#define PROBE_NONE UINT32_MAX

struct probe_answer {
	uint32_t step;
	uint32_t reserved;
	int64_t value;
};

#endif
