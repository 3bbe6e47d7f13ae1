/*
 * The live attacks: every technique of attacks.def, tried for real.
 *
 * Each is run twice by the same user on the same files: without the sandbox, where it has to
 * succeed (or the row proves nothing), and with it, where it has to end exactly as the row says,
 * change nothing on disk outside the write root, leave no process behind and leave the victim
 * alone. Then real tools do real work in a sandbox. As root, all of it runs twice: as root and as
 * an ordinary user.
 *
 *	driver [--best-effort] WRIT PROBE BUNDLE [ID-SUBSTRING...]
 *
 * With --best-effort the sandboxes are content with less, where the kernel has no more: an attack
 * that ends as its control does is shown as open, one that something else stops has been stopped.
 */
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attacks.h"
#include "command.h"
#include "host.h"
#include "launch.h"
#include "probe/probe.h"
#include "world.h"

#define ORDINARY_USER                                                                              \
	61234 /* a uid that nobody has, so that nothing else counts against its limits */

#define DEADLINE_MS 30000
#define RUNS_ON_MS  1500 /* past every wall limit of live.writ that a RUNS_ON row meets */
#define SETTLE_MS   2000
#define HOLD_MAX_MS 1000 /* how long a fork may take while a bomb goes off in a sandbox */

struct tool {
	const char *id;
	const char *interpreter;
	const char *option;
	const char *script;
	const char *expected;
};

static const struct tool tools[] = {
#define TOOL(id, interpreter, option, script, expected) {id, interpreter, option, script, expected},
#include "tools.def"
#undef TOOL
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

struct suite {
	struct world world;
	const char *identity;
	char **only; /* run rows whose id holds one of these; all, when there is none */
	bool is_root;
	bool best_effort;
	struct host host;
	bool forks_held; /* the bounded fork bomb was stopped, so the unbounded one may be tried */
	unsigned passed, failed, skipped, open;
};

/* ---- saying how a row ended ---- */

static void report(struct suite *suite, const char *word, const char *id, const char *text)
{
	printf("%-4s %s %-18s %s\n", word, suite->identity, id, text);
	fflush(stdout);
}

static void report_skip(struct suite *suite, const char *id, const char *why)
{
	report(suite, "skip", id, why);
	suite->skipped++;
}

__attribute__((format(printf, 3, 4))) static bool report_fail(struct suite *suite, const char *id,
							      const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	report(suite, "FAIL", id, text);
	suite->failed++;
	return false;
}

static const char *status_text(int status)
{
	static char texts[2][64];
	static unsigned turn;
	char *text = texts[turn++ % 2];

	if (status == RUNS_ON)
		return "still running";
	if (status == PROBE_NOT_SO)
		return "not there";
	if (status == WALL)
		return "killed by the wall limit";
	if (status > 0 && status < WALL)
		snprintf(text, sizeof(*texts), "%s", strerrorname_np(status));
	else if (status > 128 && status < 200)
		snprintf(text, sizeof(*texts), "killed by SIG%s", sigabbrev_np(status - 128));
	else
		snprintf(text, sizeof(*texts), "status %d", status);
	return text;
}

/* ---- one attack ---- */

/* What the host answers when it lacks something, or its administrator has switched it off. */
static bool is_lacking(int status)
{
	static const int answers[] = {ENOSYS,
				      EPERM,
				      EACCES,
				      EAFNOSUPPORT,
				      EPROTONOSUPPORT,
				      ESOCKTNOSUPPORT,
				      EINVAL,
				      ENODEV,
				      EOPNOTSUPP,
				      ENOENT,
				      EFBIG,
				      EIO,
				      ENOSPC,
				      ENOMEM,
				      ENOTTY,
				      PROBE_NOT_SO,
				      SIGNALED(SIGSEGV),
				      SIGNALED(SIGSYS)};

	for (size_t i = 0; i < COUNT_OF(answers); i++)
		if (status == answers[i])
			return true;
	return false;
}

/* Without the sandbox. False when the row ends here. */
static bool run_control(struct suite *suite, const struct attack *attack)
{
	struct command command = {.argc = 0};
	struct outcome outcome;
	struct launch how = {.argv = command.argv,
			     .flags = attack->flags,
			     .deadline_ms = attack->control == RUNS_ON ? RUNS_ON_MS : DEADLINE_MS};

	if (attack->flags & WRIT_DIES)
		command_probe(&suite->world, &command, "assassin");
	command_probe(&suite->world, &command, attack->command);
	if (launch(&suite->world, &how, &outcome))
		return report_fail(suite, attack->id, "the control can't be started");
	if (outcome.status != attack->control) {
		if (attack->flags & MAY_LACK && is_lacking(outcome.status)) {
			char why[128];

			snprintf(why, sizeof(why), "this host refuses it without a sandbox too: %s",
				 status_text(outcome.status));
			report_skip(suite, attack->id, why);
			return false;
		}
		return report_fail(suite, attack->id,
				   "proves nothing: without the sandbox %s, not %s",
				   status_text(outcome.status), status_text(attack->control));
	}
	if (attack->flags & LEAVES && !outcome.left)
		return report_fail(suite, attack->id,
				   "proves nothing: the control left no process");
	if (attack->flags & KILLS && world_victim_lives(&suite->world))
		return report_fail(suite, attack->id,
				   "proves nothing: the victim survived the control");
	return true;
}

/* The first line that two snapshots do not share. */
static void report_change(struct suite *suite, const char *id, const char *before,
			  const char *after)
{
	while (*before && *before == *after) {
		before++;
		after++;
	}
	report_fail(suite, id, "the disk changed: '%.80s' became '%.80s'", before, after);
}

enum ending { WRONG, STOPPED, OPEN_RESIDUAL, OPEN_HERE };

/* Is who stands outside not even there, for this attack? */
static bool is_hidden(const struct suite *suite, const struct attack *attack)
{
	if (!(attack->flags & HIDDEN))
		return false;
	if (attack->flags & COVERED)
		return suite->host.has_mount_ns;
	return attack_is_on_proc(attack) ? suite->host.has_own_proc : suite->host.has_pid_ns;
}

static int expected_of(const struct suite *suite, const struct attack *attack)
{
	if (is_hidden(suite, attack))
		return attack->flags & COVERED || attack_is_on_proc(attack) ? ENOENT : ESRCH;
	if (attack->flags & MOUNTED && suite->host.has_mount_ns)
		return strstr(attack->command, "rename") ? EXDEV : EROFS;
	if (attack->flags & FILTERED && !suite->host.has_mount_ns)
		return EPERM;
	return attack->expected;
}

/* Has this kernel less than it takes to stop it? */
static bool may_be_open(const struct suite *suite, const struct attack *attack)
{
	return suite->best_effort || (attack->flags & LANDLOCK_5 && suite->host.landlock_abi < 5) ||
	       (attack->flags & LANDLOCK_6 && suite->host.landlock_abi < 6);
}

static enum ending ending_of(const struct suite *suite, const struct attack *attack, int status)
{
	int expected = expected_of(suite, attack);

	if (attack->flags & IN_TURN && !suite->host.serves_in_turn && status == WALL)
		return STOPPED;
	if (status == expected)
		return attack->flags & OPEN && !is_hidden(suite, attack) ? OPEN_RESIDUAL : STOPPED;
	if (!expected || !may_be_open(suite, attack))
		return WRONG;
	if (status == attack->control)
		return OPEN_HERE;
	return status > 0 && status < WALL ? STOPPED : WRONG;
}

/* What has to be so whatever a sandbox has refused. */
static enum ending check_rest(struct suite *suite, const struct attack *attack,
			      const struct outcome *outcome, enum ending ending)
{
	if (ending == WRONG)
		report_fail(suite, attack->id, "%s: %s, not %s %.300s", attack->title,
			    status_text(outcome->status), status_text(expected_of(suite, attack)),
			    outcome->output);
	else if (ending != OPEN_HERE && outcome->left)
		report_fail(suite, attack->id, "%s: %d processes stayed behind", attack->title,
			    outcome->left);
	else if (ending != OPEN_HERE && !world_victim_lives(&suite->world))
		report_fail(suite, attack->id, "%s: the victim is gone", attack->title);
	else
		return ending;
	return WRONG;
}

static enum ending run_sandboxed(struct suite *suite, const struct attack *attack)
{
	struct command command = {.argc = 0};
	struct outcome outcome;
	struct launch how = {.argv = command.argv,
			     .flags = attack->flags,
			     .deadline_ms = DEADLINE_MS,
			     .settle_ms = SETTLE_MS};

	if (attack->flags & WRIT_DIES)
		command_probe(&suite->world, &command, "assassin");
	command_sandbox(&suite->world, &command, attack->sandbox);
	command_probe(&suite->world, &command, attack->command);
	if (launch(&suite->world, &how, &outcome)) {
		report_fail(suite, attack->id, "writ can't be started");
		return WRONG;
	}
	return check_rest(suite, attack, &outcome, ending_of(suite, attack, outcome.status));
}

/* With the sandbox, with the disk compared before and after. */
static enum ending run_watched(struct suite *suite, const struct attack *attack)
{
	char *before = world_snapshot(&suite->world);
	enum ending ending = run_sandboxed(suite, attack);
	char *after = world_snapshot(&suite->world);

	if (!before || !after) {
		report_fail(suite, attack->id, "the disk can't be compared");
		ending = WRONG;
	} else if (ending == STOPPED && strcmp(before, after) != 0) {
		report_change(suite, attack->id, before, after);
		ending = WRONG;
	}
	free(before);
	free(after);
	return ending;
}

static const char *reason_to_skip(const struct suite *suite, const struct attack *attack)
{
	if (host_refuses(&suite->host, attack->sandbox))
		return "this host can't enforce the sandbox: see writ doctor";
	if (attack->flags & AS_ROOT && !suite->is_root)
		return "an ordinary user can't do it without a sandbox either";
	if (attack->flags & NOT_ROOT && suite->is_root)
		return "as root it means something else, or would reach everybody on this host";
	if (attack_takes_network(attack) && !suite->world.has_network)
		return "the network is not the tests' own: names lead nowhere";
	if (attack->flags & SUID && !suite->world.has_suid)
		return "only root can make the set-user-ID program for it";
	if (attack->flags & MEMORY_CGROUP && !suite->host.has_memory_cgroup)
		return "memory is limited for each process by itself here";
	if (attack->flags & NO_MEMORY_CGROUP && suite->host.has_memory_cgroup)
		return "memory is limited for the launch as a whole here";
	if (attack->flags & CPU_CGROUP && !suite->host.has_cpu_cgroup)
		return "processor time is limited for each process by itself here";
	if (attack->flags & AT_REST && !suite->host.serves_in_turn)
		return "before Linux 5.19 signals interrupt calls that wait for a broker";
#if !defined(__x86_64__)
	if (attack->flags & X86)
		return "there is no such thing on this architecture";
#endif
	return NULL;
}

static bool prepare(struct suite *suite, const char *id)
{
	if (world_reset(&suite->world) || world_victim(&suite->world))
		return report_fail(suite, id, "the world can't be made: %s", strerror(errno));
	return true;
}

static void run_attack(struct suite *suite, const struct attack *attack)
{
	const char *why = reason_to_skip(suite, attack);
	enum ending ending;

	if (why) {
		report_skip(suite, attack->id, why);
		return;
	}
	if (!prepare(suite, attack->id) || !run_control(suite, attack) ||
	    !prepare(suite, attack->id))
		return;
	ending = run_watched(suite, attack);
	if (ending == WRONG)
		return;
	if (ending != STOPPED) {
		report(suite, "open", attack->id, attack->title);
		suite->open++;
		return;
	}
	report(suite, "ok", attack->id, attack->title);
	suite->passed++;
	if (!strcmp(attack->id, "rs-forks"))
		suite->forks_held = true;
}

/* ---- the fork bomb, which can't be let off without a sandbox: rs-forks is its control ---- */

/* Forks over and over; *worst_ms is the longest that took. */
static void canary(volatile long *worst_ms)
{
	struct timespec before, after;

	for (;;) {
		pid_t child;

		clock_gettime(CLOCK_MONOTONIC, &before);
		child = fork();
		if (child == 0)
			_exit(0);
		if (child > 0)
			waitpid(child, NULL, 0);
		clock_gettime(CLOCK_MONOTONIC, &after);
		long took = child < 0 ? HOLD_MAX_MS * 10L
				      : (long)(after.tv_sec - before.tv_sec) * 1000 +
						(after.tv_nsec - before.tv_nsec) / 1000000;

		if (took > *worst_ms)
			*worst_ms = took;
	}
}

static void run_forkbomb(struct suite *suite)
{
	static const struct attack bomb = {"rs-forkbomb",
					   "brief",
					   "forkbomb",
					   0,
					   WALL,
					   0,
					   "a fork bomb; the host stays responsive"};
	volatile long *worst_ms = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t bird;
	bool ok;

	if (!suite->forks_held) {
		report_fail(suite, bomb.id, "not tried, since rs-forks was not stopped");
		return;
	}
	if (worst_ms == MAP_FAILED || !prepare(suite, bomb.id))
		return;
	bird = fork();
	if (bird == 0)
		canary(worst_ms);
	ok = run_watched(suite, &bomb) == STOPPED;
	kill(bird, SIGKILL);
	waitpid(bird, NULL, 0);
	if (ok && *worst_ms > HOLD_MAX_MS) {
		report_fail(suite, bomb.id, "a fork outside took %ld ms meanwhile", *worst_ms);
	} else if (ok) {
		report(suite, "ok", bomb.id, bomb.title);
		suite->passed++;
	}
}

/* ---- one tool ---- */

/* What the tool said: writ's warnings come before it, and differ from host to host. */
static const char *tool_output(const struct outcome *outcome)
{
	static const char warning[] = "writ: warning: ";
	const char *at = outcome->output;

	while (!strncmp(at, warning, sizeof(warning) - 1) && strchr(at, '\n'))
		at = strchr(at, '\n') + 1;
	return at;
}

static void run_tool(struct suite *suite, const struct tool *tool)
{
	struct command command = {.argc = 0};
	struct outcome outcome;
	struct launch how = {.argv = command.argv,
			     .deadline_ms = 2 * DEADLINE_MS,
			     .settle_ms = SETTLE_MS};

	if (*tool->interpreter == '/' && access(tool->interpreter, X_OK)) {
		report_skip(suite, tool->id, "not installed on this host");
		return;
	}
	if (host_refuses(&suite->host, "tools")) {
		report_skip(suite, tool->id,
			    "this host can't enforce the sandbox: see writ doctor");
		return;
	}
	if (!prepare(suite, tool->id))
		return;
	command_sandbox(&suite->world, &command, "tools");
	command_add(&suite->world, &command, tool->interpreter);
	command_add(&suite->world, &command, tool->option);
	command_add(&suite->world, &command, tool->script);
	if (launch(&suite->world, &how, &outcome)) {
		report_fail(suite, tool->id, "writ can't be started");
	} else if (outcome.status || strcmp(tool_output(&outcome), tool->expected) != 0) {
		report_fail(suite, tool->id, "%s, output: %.700s", status_text(outcome.status),
			    outcome.output);
	} else {
		report(suite, "ok", tool->id, "works in a sandbox");
		suite->passed++;
	}
}

/* ---- everything, as one user ---- */

static bool wanted(const struct suite *suite, const char *id)
{
	for (char **at = suite->only; *at; at++)
		if (strstr(id, *at))
			return true;
	return !*suite->only;
}

static int run_suite(struct suite *suite)
{
	char doctor[4 * WORLD_TEXT];

	if (world_reset(&suite->world) || world_victim(&suite->world) ||
	    !world_expand(&suite->world,
			  "'{bin}/writ' doctor -p '{bin}/../live.wrt' --param 'box={box}' "
			  "--param 'bin={bin}' --param 'ro={ro}' --param 'world={world}' 2>&1",
			  doctor, sizeof(doctor)))
		return 1;
	if (host_probe(&suite->host, doctor)) {
		fprintf(stderr, "live: %s: no answer\n", doctor);
		return 1;
	}
	for (size_t i = 0; i < n_attacks; i++)
		if (wanted(suite, attacks[i].id))
			run_attack(suite, &attacks[i]);
	if (wanted(suite, "rs-forks"))
		run_forkbomb(suite);
	for (size_t i = 0; i < COUNT_OF(tools); i++)
		if (wanted(suite, tools[i].id))
			run_tool(suite, &tools[i]);
	world_end(&suite->world);
	return 0;
}

static int become(uid_t uid)
{
	gid_t gid = uid;

	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -1;
	/* Changing users made this process's /proc entries root's; the victim and the probes exec
	 * anyway. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

struct options {
	const char *writ;
	const char *probe;
	const char *bundle;
	char **only;
	bool best_effort;
};

struct totals {
	unsigned passed, failed, skipped, open;
};

/* In a child, so that becoming another user is for that user's suite only. */
static void run_as(uid_t uid, const struct options *options, struct totals *totals)
{
	struct suite *suite = mmap(NULL, sizeof(*suite), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t child;

	if (suite == MAP_FAILED ||
	    world_new(&suite->world, uid, options->probe, options->writ, options->bundle)) {
		perror("driver: the world can't be made");
		totals->failed++;
		return;
	}
	suite->is_root = uid == 0;
	suite->identity = uid == 0 ? "root" : "user";
	suite->only = options->only;
	suite->best_effort = options->best_effort;
	child = fork();
	if (child == 0)
		exit(uid != geteuid() && become(uid) ? 1 : run_suite(suite));
	waitpid(child, &status, 0);
	totals->passed += suite->passed;
	totals->failed += suite->failed + (status ? 1 : 0);
	totals->skipped += suite->skipped;
	totals->open += suite->open;
	world_free(&suite->world);
	munmap(suite, sizeof(*suite));
}

int main(int argc, char **argv)
{
	struct totals totals = {0};
	struct options options = {.best_effort = argc > 1 && !strcmp(argv[1], "--best-effort")};
	char **args = argv + 1 + options.best_effort;

	if (argv + argc - args < 3) {
		fprintf(stderr, "usage: driver [--best-effort] WRIT PROBE BUNDLE "
				"[ID-SUBSTRING...]\n");
		return 2;
	}
	options.writ = args[0];
	options.probe = args[1];
	options.bundle = args[2];
	options.only = args + 3;
	(void)signal(SIGPIPE, SIG_IGN); /* a dead victim is an answer */
	if (geteuid() == 0) {
		run_as(0, &options, &totals);
		run_as(ORDINARY_USER, &options, &totals);
	} else {
		printf("not started by root: only as an ordinary user\n");
		run_as(geteuid(), &options, &totals);
	}
	if (options.best_effort)
		printf("%u attacks are open, residuals and what this kernel can't stop\n",
		       totals.open);
	else
		printf("%u known residuals are open, as documented\n", totals.open);
	printf("%u passed, %u failed, %u skipped\n", totals.passed, totals.failed, totals.skipped);
	return totals.failed ? 1 : 0;
}
