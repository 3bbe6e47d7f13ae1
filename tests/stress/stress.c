/*
 * Whether launches leave anything: many at once, and many in a row.
 *
 *	stress WRIT BUNDLE SANDBOX AT_ONCE LAUNCHES
 *
 * Before and after, everything that could be left is counted: descriptors, memory, children, and
 * cgroups with our number in their names. We adopt orphans (PR_SET_CHILD_SUBREAPER), so that
 * whatever outlives its launcher is found. Exit status 1: something was left.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "remains.h"
#include "runtime/writ.h"

#define MAX_AT_ONCE    1000
#define WARM_UP        200
#define SLACK_KIB      256 /* of resident memory: what the allocator and the libc keep */
#define SLACK_MAPPINGS 2
#define SETTLE_MS      2000

static bool failed;

__attribute__((format(printf, 2, 3))) static void tell(bool ok, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%s ", ok ? "ok  " : "FAIL");
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	va_end(args);
	failed = failed || !ok;
}

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "stress: %s: %s\n", what, why);
	exit(1);
}

/* ---- many launches ---- */

static struct writ_process *start(const struct writ_sandbox *sandbox, const char *const *argv)
{
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}, .die_with_caller = 1};
	struct writ_process *process = NULL;
	struct writ_error error;

	if (writ_spawn(sandbox, &launch, &process, &error))
		give_up("writ_spawn", error.text);
	return process;
}

static void end(struct writ_process *process, int status)
{
	struct writ_result result;
	struct writ_error error;

	if (writ_wait(&process, &result, &error))
		give_up("writ_wait", error.text);
	if (result.end != WRIT_EXITED || result.status != status)
		tell(false, "a launch ended otherwise: end %d, status %d", (int)result.end,
		     result.status);
}

static void run_at_once(const struct writ_sandbox *sandbox, int n)
{
	static const char *const argv[] = {"sh", "-c", "sleep 1 & sleep 1 & exit 3", NULL};
	static struct writ_process *running[MAX_AT_ONCE];

	for (int i = 0; i < n; i++)
		running[i] = start(sandbox, argv);
	for (int i = 0; i < n; i++)
		end(running[i], 3);
}

static void run_in_a_row(const struct writ_sandbox *sandbox, int n)
{
	static const char *const argv[] = {"/bin/true", NULL};

	for (int i = 0; i < n; i++)
		end(start(sandbox, argv), 0);
}

/* Each is to be what it was before, but for the slack that the libc may keep. */
static const struct {
	const char *name;
	long (*count)(void);
	long slack;
} counts[] = {
	{"descriptors", remains_fds, 0},
	{"KiB", remains_resident_kib, SLACK_KIB},
	{"mappings", remains_mappings, SLACK_MAPPINGS},
	{"cgroups", remains_own_cgroups, 0},
	{"mounts", remains_mounts, 0},
	{"files", remains_files, 0},
};
#define N_COUNTS (sizeof(counts) / sizeof(*counts))

static void look(long state[N_COUNTS])
{
	for (size_t i = 0; i < N_COUNTS; i++)
		state[i] = counts[i].count();
}

static void compare(const char *what, int n, const long before[N_COUNTS])
{
	bool childless = remains_no_children(SETTLE_MS);
	char text[512] = "";
	long now[N_COUNTS];
	size_t len = 0;
	bool ok = childless;

	look(now);
	for (size_t i = 0; i < N_COUNTS; i++) {
		ok = ok && now[i] <= before[i] + counts[i].slack;
		len += (size_t)snprintf(text + len, sizeof(text) - len, ", %ld %s (%ld before)",
					now[i], counts[i].name, before[i]);
	}
	tell(ok, "%d launches %s: %s children%s", n, what, childless ? "no" : "some", text);
}

static struct writ_sandbox *open_sandbox(char **words)
{
	struct writ_policy *policy;
	struct writ_sandbox *sandbox;
	struct writ_error error;

	if (writ_open(words[2], NULL, &policy, &error) ||
	    writ_sandbox_open(policy, writ_sandbox_id(policy, words[3], strlen(words[3])), &sandbox,
			      &error))
		give_up(words[2], error.text);
	writ_close(policy);
	return sandbox;
}

int main(int argc, char **argv)
{
	struct writ_sandbox *sandbox;
	long before[N_COUNTS];
	int at_once = argc == 6 ? atoi(argv[4]) : 0;

	if (argc != 6 || at_once < 1 || at_once > MAX_AT_ONCE) {
		fprintf(stderr, "usage: stress WRIT BUNDLE SANDBOX AT_ONCE LAUNCHES\n");
		return 2;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	sandbox = open_sandbox(argv);
	run_at_once(sandbox, at_once < 20 ? at_once : 20);
	run_in_a_row(sandbox, WARM_UP);
	look(before);
	run_at_once(sandbox, at_once);
	compare("at once", at_once, before);
	/* As many structures at once may have grown the heap. */
	look(before);
	run_in_a_row(sandbox, atoi(argv[5]));
	compare("in a row", atoi(argv[5]), before);
	writ_sandbox_close(sandbox);
	return failed;
}
