/*
 * Every system call of a launch made to fail, one at a time, and what comes of it.
 *
 *	faults WRIT PROBER BUNDLE SANDBOX short|full
 *
 * A launch of the prober is recorded, then repeated with each of its calls failing: with one errno
 * each (short), or with all, and with all calls of one number failing (full). Whatever fails, the
 * launch is refused and says why, or its walls are those of the undisturbed one; never fewer. What
 * surrounds writ is as bad as it gets: the best priorities, open descriptors, ignored and blocked
 * signals. Exit status 1: some fault left fewer walls.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare.h"
#include "inject.h"
#include "world.h"

#define INHERITED 7
#define RUN_MS    15000 /* of a busy machine; what hangs ends by the wall limit, after 30 s */
#define TRAPPED   "trapped"
#define EXIT_HOST 4

struct faults {
	struct world world;
	char *writ_argv[32];
	char *bare_argv[8];
	struct inject_calls calls;
	struct outcome baseline;
	bool is_answered;
	unsigned n_refused, n_held, n_unmet, n_failed;
};

static const struct {
	int number;
	const char *name;
} errors[] = {{EPERM, "EPERM"},   {ENOMEM, "ENOMEM"}, {EINTR, "EINTR"},
	      {ENOSYS, "ENOSYS"}, {EMFILE, "EMFILE"}, {EINVAL, "EINVAL"}};
#define N_ERRORS (sizeof(errors) / sizeof(*errors))

static const char *secret;

/* What a careless caller hands on. What it may not do itself is left out. */
static void surround(void)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	const struct sched_param param = {.sched_priority = 1};
	sigset_t blocked;

	(void)dup2(open(secret, O_RDONLY), INHERITED);
	(void)setpriority(PRIO_PROCESS, 0, -5);
	(void)sched_setscheduler(0, SCHED_RR, &param);
	(void)syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4);
	(void)personality(ADDR_NO_RANDOMIZE);
	(void)setrlimit(RLIMIT_CORE, &unlimited);
	(void)setenv("SECRET", "hunter2", 1);
	(void)signal(SIGHUP, SIG_IGN);
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	(void)umask(0);
}

static int run_once(struct faults *faults, char *const *argv, const struct inject_fault *fault,
		    struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	out->run = (struct inject_run){
		.argv = argv,
		.tool = faults->world.prober,
		.prepare = surround,
		.time_ms = RUN_MS,
		.calls = fault ? NULL : &faults->calls,
	};
	if (fault)
		out->run.fault = *fault;
	faults->calls.n = fault ? faults->calls.n : 0;
	out->is_answered = faults->is_answered;
	world_reset(&faults->world);
	if (inject_run(&out->run))
		return -1;
	world_read_facts(&faults->world, out->inside, sizeof(out->inside));
	return 0;
}

static void report(struct faults *faults, const struct inject_fault *fault, size_t error,
		   const char *why)
{
	const struct inject_call *call = fault->call;

	faults->n_failed++;
	if (fault->always)
		printf("FAIL every %s: %s: %s\n", call_name(call->number), errors[error].name, why);
	else
		printf("FAIL %s, number %u of process %s: %s: %s\n", call_name(call->number),
		       call->index + 1, call->process, errors[error].name, why);
	fflush(stdout);
}

static int inject(struct faults *faults, const struct inject_call *call, size_t error, bool always)
{
	static struct outcome outcome;
	const struct inject_fault fault = {call, errors[error].number, always};
	char why[COMPARE_WHY_BYTES];

	if (is_excepted(call->number, errors[error].number, always))
		return 0;
	if (run_once(faults, faults->writ_argv, &fault, &outcome))
		return -1;
	if (!outcome.run.hit) {
		faults->n_unmet++;
		return 0;
	}
	switch (compare(&faults->baseline, &outcome, why)) {
	case REFUSED:
		faults->n_refused++;
		break;
	case HELD:
		faults->n_held++;
		break;
	case BROKEN:
		report(faults, &fault, error, why);
	}
	return 0;
}

static bool is_first_of_number(const struct inject_calls *calls, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (calls->items[j].number == calls->items[i].number)
			return false;
	}
	return true;
}

static int inject_all(struct faults *faults, bool full)
{
	const struct inject_calls *calls = &faults->calls;
	int rc = 0;

	for (size_t i = 0; !rc && i < calls->n; i++) {
		for (size_t e = 0; !rc && full && e < N_ERRORS; e++)
			rc = inject(faults, &calls->items[i], e, false);
		if (!full)
			rc = inject(faults, &calls->items[i], i % N_ERRORS, false);
		for (size_t e = 0; !rc && e < N_ERRORS && is_first_of_number(calls, i); e++) {
			if (full || e == 0)
				rc = inject(faults, &calls->items[i], e, true);
		}
	}
	return rc;
}

/*
 * The prober without a sandbox must succeed at all it tries, and look different from outside: else
 * the comparison would show nothing.
 */
static int check_control(struct faults *faults)
{
	static struct outcome bare;
	char why[COMPARE_WHY_BYTES];
	struct inject_calls recorded = faults->calls;

	if (run_once(faults, faults->bare_argv, NULL, &bare))
		return -1;
	faults->calls = recorded;
	if (!control_differs(&faults->baseline, &bare, why)) {
		printf("FAIL the control: %s\n", why);
		return 1;
	}
	return 0;
}

static void build_commands(struct faults *faults, char **argv)
{
	struct world *world = &faults->world;
	char *const tail[] = {world->prober, world->box, world->outside, "7", NULL};
	char *const head[] = {argv[1],   "run",         "-p",         argv[3],       "--sandbox",
			      argv[4],   "--param",     world->p_box, "--param",     world->p_bin,
			      "--param", world->p_trap, "--param",    world->p_room, "--"};

	memcpy(faults->writ_argv, head, sizeof(head));
	memcpy(faults->writ_argv + sizeof(head) / sizeof(*head), tail, sizeof(tail));
	memcpy(faults->bare_argv, tail, sizeof(tail));
}

static int examine(struct faults *faults, const char *sandbox, bool full)
{
	/* The first sweeps up what launches that were killed have left, the second is as all
	 * others. */
	int rc = run_once(faults, faults->writ_argv, NULL, &faults->baseline);

	if (!rc)
		rc = run_once(faults, faults->writ_argv, NULL, &faults->baseline);
	/* The one that no launch may come of, whatever fails. */
	if (!rc && strcmp(sandbox, TRAPPED) != 0)
		rc = check_control(faults);
	else if (!rc && WEXITSTATUS(faults->baseline.run.status) != EXIT_HOST)
		rc = printf("FAIL %s is not refused: %s\n", sandbox, faults->baseline.run.message);
	if (!rc)
		rc = inject_all(faults, full);
	if (rc)
		return 1;
	printf("%s %s: %zu calls; %u faults: %u refused, %u with all walls, %u not met, %u wrong\n",
	       faults->n_failed ? "FAIL" : "ok  ", sandbox, faults->calls.n,
	       faults->n_refused + faults->n_held + faults->n_unmet + faults->n_failed,
	       faults->n_refused, faults->n_held, faults->n_unmet, faults->n_failed);
	return faults->n_failed != 0;
}

int main(int argc, char **argv)
{
	static struct faults faults;
	int status;

	if (argc != 6) {
		fprintf(stderr, "usage: faults WRIT PROBER BUNDLE SANDBOX short|full\n");
		return 2;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	world_make(&faults.world, argv[2]);
	secret = faults.world.secret;
	build_commands(&faults, argv);
	faults.is_answered = !strcmp(argv[4], "guarded") || !strcmp(argv[4], "gated") ||
			     !strcmp(argv[4], "relayed");
	status = examine(&faults, argv[4], !strcmp(argv[5], "full"));
	world_remove(&faults.world);
	return status;
}
