/*
 * Building a script for the prober: steps, their memory, and the cases that they are of.
 */
#ifndef WRIT_PROVE_SCRIPT_H
#define WRIT_PROVE_SCRIPT_H

#include "runtime/prove/prove.h"

enum prove_expect {
	EXPECT_RULES,   /* what the system call rules say, and no more is asked */
	EXPECT_WORKS,   /* what works without the sandbox works in it */
	EXPECT_REFUSED, /* it fails */
	EXPECT_ZERO,    /* the answer is 0 */
	EXPECT_AT_MOST, /* the answer is more than 0, and at most so much */
};

struct prove_case {
	const char *group;
	const char *what;
	enum prove_expect expect;
	bool folded;      /* is a row of its own only when it is not ok */
	int64_t most;     /* for AT_MOST */
	uint32_t first;   /* of its steps */
	uint32_t subject; /* the step that is judged */
	uint32_t control; /* the step whose answer without the sandbox it is compared with */
};

/* A file, and the step that makes it. */
struct script_made {
	const char *path;
	uint32_t step;
};

#define SCRIPT_MAX_CASES PROBE_MAX_STEPS
#define SCRIPT_MAX_MADE  400u

struct prove_script {
	struct probe_script *probe;
	uint32_t blob_used;
	uint32_t n_cases;
	bool full; /* something did not fit: the script can't be used */
	struct prove_case cases[SCRIPT_MAX_CASES];
	uint32_t n_made;
	struct script_made made[SCRIPT_MAX_MADE]; /* none of these may be left */
	struct prove_report *report;              /* whose memory texts are in */
};

/* NULL when there is no memory. */
struct prove_script *script_new(struct prove_report *report);

/* Bytes in the blob: their offset, a multiple of 16. */
int64_t script_bytes(struct prove_script *script, const void *bytes, size_t size);
int64_t script_string(struct prove_script *script, const char *text);

/* A file that the next step makes, if there is none of that name. */
void script_makes(struct prove_script *script, const char *path);

/* By the answers, removes what was made and the prober could not remove. */
void script_tidy(const struct prove_script *script, const int64_t *answers);

/* Begins a case; the steps that are added next are its. */
void script_case(struct prove_script *script, const char *group, enum prove_expect expect,
		 const char *what);

/* Adds a step, which becomes the subject. Its number. */
uint32_t script_step(struct prove_script *script, struct probe_step step);

/* The case's subject is the step before the last: the last only puts things back. */
void script_cleanup(struct prove_script *script, struct probe_step step);

/* Ends the case. */
void script_case_end(struct prove_script *script);

#endif
