/*
 * `writ doctor --prove`: is a launched process really held as the bundle says?
 *
 * For each sandbox a script of probes is derived from the bundle's records (cases_*.c). A prober
 * does it twice: in a launch as any other (launch.c), and in one that has the same user and no
 * capabilities but no walls, the control: what fails there anyway proves nothing, and what works
 * there and is refused in the sandbox is the sandbox's doing. What was seen is held against what
 * the records say (judge.c). Limits are tried in launches of their own (limits.c), and a launch
 * that stands still is looked at from outside (observe.c). All of it ends as rows of a report.
 */
#ifndef WRIT_PROVE_PROVE_H
#define WRIT_PROVE_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/policy.h"
#include "runtime/pool.h"
#include "runtime/prober/probe.h"
#include "runtime/sandbox.h"

enum prove_state { PROVE_OK, PROVE_WRONG, PROVE_NOT_TRIED };

/* One line of the report. Texts are the report's. */
struct prove_row {
	const char *group;
	const char *what;
	const char *expected;
	const char *seen;
	enum prove_state state;
	struct prove_row *next;
};

/* Of one sandbox. */
struct prove_report {
	struct pool pool;
	struct prove_row *rows;
	struct prove_row *last;
	size_t counts[3]; /* by state; folded ones too */
	bool no_memory;
};

/* A sandbox and what is known about it. */
struct prove_target {
	const struct writ_policy *policy;
	const struct writ_fmt_sandbox *record;
	const struct writ_sandbox *sandbox; /* as a launch gets it */
	const char *const *envp;            /* that launches pick from */
	pid_t bystander;                    /* a process of the same user outside of any sandbox */
	uint64_t readable;                  /* an address in a prober, that one too */
	const char *abstract;               /* a socket of ours: its name without the NUL */
	const char *own_file;               /* of ours, where nothing is granted; or NULL */
	uint16_t open_port;                 /* of 127.0.0.1, where a socket of ours listens */
};

/* Adds a row; texts are copied. */
void prove_row_add(struct prove_report *report, const struct prove_row *row);

/* A text in the report's memory, or "" when there is none left. */
__attribute__((format(printf, 2, 3))) const char *prove_text(struct prove_report *report,
							     const char *format, ...);

/*
 * Proves one sandbox: fills the report. 0, or a negative code with *error: the prober can't be
 * launched in it.
 */
WRIT_MUST_CHECK int prove_sandbox(const struct prove_target *target, struct prove_report *report,
				  struct writ_error *error);

void prove_report_free(struct prove_report *report);

#endif
