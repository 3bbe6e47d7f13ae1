/*
 * The attacker: one program, one subcommand for each technique.
 *
 * It exits 0 when the attack succeeded, with the errno of the call that refused it, or with one of
 * the codes below (errnos end at 133; writ's own exit statuses begin at 124 but never follow a
 * probe that ran, except as 124 for the wall limit and 128+N for a signal). The same binary runs
 * with the sandbox and without, so a difference in outcome is the sandbox's doing and nothing
 * else's.
 */
#ifndef TESTS_LIVE_PROBE_H
#define TESTS_LIVE_PROBE_H

#include <errno.h>

enum probe_status {
	PROBE_SUCCEEDED = 0,
	PROBE_USAGE = 200,   /* no such subcommand, or too few arguments */
	PROBE_SETUP = 201,   /* what the attack builds on failed, so it was not tried */
	PROBE_NOT_SO = 202,  /* nothing was refused, but what the attacker wants is not there */
	PROBE_CRASHED = 203, /* a child that carried the attack out died */
};

struct probe {
	const char *name;
	int n_args;
	int (*run)(char **args); /* returns the exit status */
};

/* Each ends with a NULL name. */
extern const struct probe probes_fs[];
extern const struct probe probes_proc[];
extern const struct probe probes_exec[];
extern const struct probe probes_sys[];
extern const struct probe probes_net[];
extern const struct probe probes_names[];
extern const struct probe probes_res[];
extern const struct probe probes_env[];
extern const struct probe probes_reach[];
extern const struct probe probes_outward[];
extern const struct probe probes_shell[];
extern const struct probe probes_denied[];
extern const struct probe probes_victim[];

/* The exit status for a system call's result. */
int probe_result(long rc);

/* A number in C's spelling, also negative; exits with PROBE_USAGE when it is none. */
long probe_number(const char *text);

/* Runs a part of the attack in a child and returns its exit status. */
int probe_in_child(int (*run)(char **args), char **args);

/*
 * Answers for names (zone.c); what must not be heard leaves the file "heard" behind. The port of
 * the host that names lead to, or 0: this network has no place for it.
 */
unsigned zone_serve(const char *heard);

/* A symbolic link that names two files in turn, by a thread that runs probe_swap_links(&it). */
struct probe_swap {
	const char *link;
	const char *targets[2];
	volatile int stop;
};
void *probe_swap_links(void *data);

#endif
