/*
 * Launching the prober and collecting its answers.
 */
#ifndef WRIT_PROVE_LAUNCH_H
#define WRIT_PROVE_LAUNCH_H

#include "runtime/prove/script.h"

/* No answer: the step was not tried. */
#define ANSWER_NONE INT64_MIN

/* An answer: the step ended the prober by a signal. PROBE_NOT_DONE is one, too. */
#define ANSWER_KILLED(signal)   (INT64_C(-1000000) - (signal))
#define ANSWER_SIGNAL(answer)   ((int)(INT64_C(-1000000) - (answer)))
#define ANSWER_IS_KILLED(value) ((value) < INT64_C(-1000000) && (value) >= INT64_C(-1000064))

struct prove_launch {
	const struct writ_sandbox *sandbox;
	const char *const *envp;
	bool can_write; /* the filter lets the prober tell by writing; else by its exit status */
};

/*
 * Does a script's cases, as many launches as it takes: a case that ends the prober does not end the
 * script. Without can_write, folded cases are left out. answers has room for all steps; without
 * can_write only those of subjects are told, the others ANSWER_NONE. 0, or a negative code with
 * *error.
 */
WRIT_MUST_CHECK int launch_script(const struct prove_launch *launch, struct prove_script *script,
				  int64_t *answers, struct writ_error *error);

/* A prober that runs: what it is told goes to a pipe. */
struct prove_running {
	struct writ_process *process;
	int from; /* the pipe */
};

WRIT_MUST_CHECK int launch_start(const struct prove_launch *launch,
				 const struct probe_script *script, struct prove_running *out,
				 struct writ_error *error);

/* Waits for it, and gives the last of its answers of a step; NOT_DONE: none. */
WRIT_MUST_CHECK int launch_finish(struct prove_running *running, uint32_t step, int64_t *answer,
				  struct writ_result *result, struct writ_error *error);

/* Where the prober has its script: an offset of struct probe_script becomes an address of its. */
uint64_t launch_address(size_t offset);

/*
 * The same sandbox without walls: the environment, the user, no capabilities and no_new_privs stay.
 */
void launch_control(const struct writ_sandbox *sandbox, struct writ_sandbox *out);

#endif
