/*
 * See compare.h. Facts are compared line by line. The prober's may end early where the launch did;
 * those from outside are always whole. What a launch may do without where the host says that it is
 * not to be had (docs/plan.md) is not missed then.
 */
#include "compare.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PROBER_STATUS              42
#define PROBER_MUTE                1   /* it could not open the file to write to */
#define NR_LANDLOCK_CREATE_RULESET 444 /* of every architecture */
#define FAILED_STATUS              125
#define KILLED_STATUS              137

const char *call_name(long number)
{
	static char text[32];
	static char *known;

	free(known);
	known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
	if (known)
		return known;
	(void)snprintf(text, sizeof(text), "system call %ld", number);
	return text;
}

bool is_excepted(long number, int error, bool always)
{
	/* error 0: any */
	static const struct {
		long number;
		int error;
		bool only_always;
	} rows[] = {
		/* A kernel without block devices has no I/O priorities. */
		{SYS_ioprio_get, ENOSYS, false},
		/* They never fail (getuid(2)). */
		{SYS_getuid, 0, false},
		{SYS_geteuid, 0, false},
		{SYS_getgid, 0, false},
		{SYS_getegid, 0, false},
		/* Nor does this, of a clock that the kernel has. */
		{SYS_clock_gettime, 0, false},
		/* What only waits: its callers look again, for ever, and the tracer sees to nobody
		   else. */
		{SYS_futex, 0, true},
		/* The return from a signal handler has no result. */
		{SYS_rt_sigreturn, 0, false},
#ifdef SYS_arch_prctl
		/* The libc's start: without its thread pointer no program runs. */
		{SYS_arch_prctl, 0, false},
#endif
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].number == number && (!rows[i].error || rows[i].error == error) &&
		    (always || !rows[i].only_always))
			return true;
	}
	/* Interrupted for ever is what loops rightly wait through. */
	return always && error == EINTR;
}

__attribute__((format(printf, 2, 3))) static enum verdict broken(char why[COMPARE_WHY_BYTES],
								 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, COMPARE_WHY_BYTES, format, args);
	va_end(args);
	return BROKEN;
}

/* ---- lines ---- */

struct line {
	const char *text;
	size_t len; /* without the newline */
};

static struct line next_line(const char **at)
{
	struct line line = {*at, strcspn(*at, "\n")};

	*at += line.len + ((*at)[line.len] == '\n');
	return line;
}

static bool equal(struct line a, struct line b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static bool begins(struct line line, const char *word)
{
	size_t len = strlen(word);

	return line.len >= len && memcmp(line.text, word, len) == 0;
}

/* What a host says that does not have, or grant, what it was asked for. */
static bool is_hosts_word(int error)
{
	return error == EPERM || error == ENOSYS || error == EINVAL;
}

/* Or it was found out when the sandbox was opened, and told. */
static bool is_told(const struct inject_run *run)
{
	return is_hosts_word(run->fault.error) || strstr(run->message, "namespace");
}

/*
 * The baseline has a PID namespace in every sandbox that a launch can fall back in. A mount
 * namespace can be lacking by itself; then that is said.
 */
static bool has_fallen_back(const struct inject_run *run)
{
	return strstr(run->facts, "namespace user: shared") ||
	       strstr(run->facts, "namespace pid: shared") ||
	       (strstr(run->facts, "namespace mnt: shared") &&
		strstr(run->message, "a mount namespace"));
}

/*
 * Where namespaces are preferred, not required, a launch goes without those that the host refuses:
 * then its user's processes are counted. So are they where the kernel's version is not known.
 */
static bool is_fallback(struct line line, const struct inject_run *run)
{
	static const char *const words[] = {"namespace user: shared", "namespace pid: shared",
					    "namespace mnt: shared", "Seccomp_filters:"};
	static const char processes[] = "limits: Max processes";
	bool shared = has_fallen_back(run);

	/* One more than the undisturbed launch has. */
	if (begins(line, "namespace user: own"))
		return true;
	if (begins(line, processes))
		return (shared || run->fault.call->number == SYS_uname) &&
		       strtoul(line.text + strlen(processes), NULL, 10) > 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (begins(line, words[i]))
			return shared && is_told(run);
	}
	return false;
}

/*
 * Nor are there always cgroups, without which memory and processor time are bounded otherwise; and
 * in a container that covers parts of its /proc the kernel gives no other.
 */
static bool is_dispensable(struct line line, const struct inject_run *run)
{
	return (is_hosts_word(run->fault.error) && begins(line, "cgroup: ")) ||
	       (has_fallen_back(run) && begins(line, "mount: ")) ||
	       (strstr(run->message, "a procfs") && begins(line, "mount: /proc "));
}

static enum verdict compare_outside(const char *baseline, const struct inject_run *run, char *why)
{
	const char *facts = run->facts;
	bool may_fall_back = strstr(baseline, ": own") != NULL;

	while (*baseline || *facts) {
		struct line want = next_line(&baseline);
		struct line got = next_line(&facts);

		/* A net gate has a procfs where a thread can't be named otherwise. */
		if (!equal(want, got) && begins(got, "mount: /proc "))
			got = next_line(&facts);
		while (!equal(want, got) && is_dispensable(want, run))
			want = next_line(&baseline);
		/* The newest comes first: metadata calls, where nothing is mounted read-only. */
		if (!equal(want, got) && begins(got, "filter: ") && has_fallen_back(run))
			got = next_line(&facts);
		if (!equal(want, got) && !(may_fall_back && is_fallback(got, run)))
			return broken(why, "'%.*s' instead of '%.*s'", (int)got.len, got.text,
				      (int)want.len, want.text);
	}
	return HELD;
}

/*
 * To a process that its namespace holds a signal may be sent, where Landlock has no scope for them:
 * the prober's parent is the keeper, which is deaf.
 */
static bool stays_inside(struct line line, const struct inject_run *run)
{
	return begins(line, "signal done") && is_hosts_word(run->fault.error) &&
	       run->fault.call->number == NR_LANDLOCK_CREATE_RULESET &&
	       !strstr(run->facts, "namespace pid: shared");
}

static bool is_done(struct line line)
{
	return memmem(line.text, line.len, " done", 5) != NULL;
}

/*
 * What stops a try may be another wall in a fallback, and a failure of the keeper's where it
 * answers; stopped it is.
 */
static enum verdict compare_inside(const char *baseline, const struct outcome *outcome, bool whole,
				   char *why)
{
	const char *facts = outcome->inside;
	bool may_differ = has_fallen_back(&outcome->run) || outcome->is_answered;

	while (*facts) {
		struct line want = next_line(&baseline);
		struct line got = next_line(&facts);

		if (!equal(want, got) && !stays_inside(got, &outcome->run) &&
		    (!may_differ || is_done(got) || begins(got, "death")))
			return broken(why, "the tool found '%.*s' instead of '%.*s'", (int)got.len,
				      got.text, (int)want.len, want.text);
	}
	return whole && *baseline ? broken(why, "the tool found less: %.200s", baseline) : HELD;
}

/* ---- ends ---- */

/* What docs/man/writ.1 lists for a command that was not run. */
static bool is_refusal(int status)
{
	return status == 2 || status == 3 || status == 4 ||
	       (status >= FAILED_STATUS && status <= 127);
}

/* Writing fails, or may: then there can't be a message. */
static bool may_be_mute(const struct inject_fault *fault)
{
	return fault->call &&
	       (fault->call->number == SYS_write || fault->call->number == SYS_writev);
}

static enum verdict compare_refused(const struct outcome *outcome, int status, char *why)
{
	const struct inject_run *run = &outcome->run;

	/* Killed by the keeper before its first instruction. */
	if (status == KILLED_STATUS)
		return REFUSED;
	if (!is_refusal(status))
		return broken(why, "the tool was not run, but the exit status is %d", status);
	if (!*run->message && !may_be_mute(&run->fault))
		return broken(why, "refused with exit status %d without a word", status);
	return REFUSED;
}

enum verdict compare(const struct outcome *baseline, const struct outcome *outcome,
		     char why[COMPARE_WHY_BYTES])
{
	const struct inject_run *run = &outcome->run;
	int status = WEXITSTATUS(run->status);

	if (run->timed_out)
		return broken(why, "it does not end");
	if (run->survivors)
		return broken(why, "%d processes outlive it; exit status %d", run->survivors,
			      status);
	if (!WIFEXITED(run->status))
		return broken(why, "writ is killed by signal %d", WTERMSIG(run->status));
	if (!run->executed)
		return compare_refused(outcome, status, why);
	if (!baseline->run.executed)
		return broken(why, "the tool is run");
	if (compare_outside(baseline->run.facts, run, why) == BROKEN)
		return BROKEN;
	if (status != PROBER_STATUS && status < 128 && status != FAILED_STATUS &&
	    !(outcome->is_answered && status == PROBER_MUTE))
		return broken(why, "the tool was run, but the exit status is %d: %.300s", status,
			      run->message);
	return compare_inside(baseline->inside, outcome, status == PROBER_STATUS, why);
}

/* The lines from outside that are a wall, in whatever surroundings. */
static bool walls_differ(const char *baseline, const char *bare, char *why)
{
	static const char *const walls[] = {"SigIgn:",           "NoNewPrivs:",
					    "Seccomp:",          "group:",
					    "session:",          "personality:",
					    "descriptors:",      "limits: Max core",
					    "environment: FIXED"};

	for (size_t i = 0; i < sizeof(walls) / sizeof(*walls); i++) {
		const char *want = strstr(baseline, walls[i]);
		const char *got = strstr(bare, walls[i]);

		if (want && got && !strncmp(want, got, strcspn(want, "\n") + 1)) {
			(void)broken(why, "without a sandbox, too, it is '%.*s'",
				     (int)strcspn(want, "\n"), want);
			return false;
		}
	}
	return true;
}

bool control_differs(const struct outcome *baseline, const struct outcome *bare,
		     char why[COMPARE_WHY_BYTES])
{
	const char *want = baseline->inside;
	const char *got = bare->inside;

	if (!baseline->run.executed || WEXITSTATUS(baseline->run.status) != PROBER_STATUS) {
		(void)broken(why, "the undisturbed launch fails with exit status %d: %.300s",
			     WEXITSTATUS(baseline->run.status), baseline->run.message);
		return false;
	}
	while (*want || *got) {
		struct line a = next_line(&want);
		struct line b = next_line(&got);

		if (!a.len || equal(a, b) || (!begins(a, "death") && !is_done(b))) {
			(void)broken(why, "in the sandbox '%.*s', without one '%.*s'", (int)a.len,
				     a.text, (int)b.len, b.text);
			return false;
		}
	}
	return walls_differ(baseline->run.facts, bare->run.facts, why);
}
