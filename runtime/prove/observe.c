/*
 * What the kernel tells about a launched process to those outside: its capabilities, its limits,
 * its namespaces, and, to root where no other filter is in the way, the instructions of its filter.
 *
 * A keeper may stand between us and the prober, so the prober is found by its command line.
 */
#include "runtime/prove/observe.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/prove/launch.h"
#include "runtime/prove/rules.h"
#include "runtime/prove/trace.h"

#define GET_FILTER    0x420c /* PTRACE_SECCOMP_GET_FILTER */
#define STATUS_BYTES  8192
#define MAX_FILTERS   16
#define PROBER_PATH   "/proc/self/fd/0"
#define FIND_ATTEMPTS 2000
#define PAUSE_NS      500000

struct observed {
	const struct prove_target *target;
	struct prove_report *report;
	pid_t pid;
	char status[STATUS_BYTES];
};

static void add(const struct observed *observed, const char *what, const char *expected,
		const char *seen, enum prove_state state)
{
	prove_row_add(observed->report, &(struct prove_row){.group = "process",
							    .what = what,
							    .expected = expected,
							    .seen = seen,
							    .state = state});
}

static bool is_prober(pid_t pid)
{
	char path[64];
	char line[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	return fd_read_file(path, line, sizeof(line)) > 0 && strcmp(line, PROBER_PATH) == 0;
}

/* The field of /proc/PID/status, or "". */
static const char *status_field(const char *status, const char *name, char *value, size_t size)
{
	const char *at = strstr(status, name);
	size_t len;

	value[0] = '\0';
	if (!at)
		return value;
	at += strlen(name);
	at += strspn(at, " \t");
	len = strcspn(at, "\n");
	(void)snprintf(value, size, "%.*s", (int)len, at);
	return value;
}

pid_t observe_parent(pid_t pid)
{
	char path[64];
	char status[STATUS_BYTES];
	char value[32];

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	if (fd_read_file(path, status, sizeof(status)) <= 0)
		return -1;
	return (pid_t)strtol(status_field(status, "\nPPid:", value, sizeof(value)), NULL, 10);
}

static pid_t search(pid_t launched)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = -1;

	if (is_prober(launched))
		found = launched;
	while (proc && found < 0 && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && is_prober(pid) && observe_parent(pid) == launched)
			found = pid;
	}
	if (proc)
		(void)closedir(proc);
	return found;
}

pid_t observe_find_prober(pid_t launched)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	pid_t found = search(launched);

	for (int i = 0; found < 0 && i < FIND_ATTEMPTS; i++) {
		(void)nanosleep(&pause, NULL);
		found = search(launched);
	}
	return found;
}

static void compare_fields(const struct observed *observed)
{
	static const struct {
		const char *what;
		const char *field;
		const char *wanted;
	} rows[] = {
		{"no_new_privs", "\nNoNewPrivs:", "1"},
		{"seccomp mode", "\nSeccomp:", "2"},
		{"permitted capabilities", "\nCapPrm:", "0000000000000000"},
		{"effective capabilities", "\nCapEff:", "0000000000000000"},
		{"inheritable capabilities", "\nCapInh:", "0000000000000000"},
		{"ambient capabilities", "\nCapAmb:", "0000000000000000"},
		{"blocked signals", "\nSigBlk:", "0000000000000000"},
		{"ignored signals", "\nSigIgn:", "0000000000000000"},
	};
	char value[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status_field(observed->status, rows[i].field, value, sizeof(value));
		add(observed, rows[i].what, rows[i].wanted,
		    prove_text(observed->report, "%s", value),
		    strcmp(value, rows[i].wanted) == 0 ? PROVE_OK : PROVE_WRONG);
	}
}

/* What the policy says, or 0. */
static uint64_t stated_limit(const struct prove_target *target, enum writ_limit_id id)
{
	struct writ_fmt_range range = target->record->limits;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_limit *limit = image_LIMITS(&target->policy->image,
								  range.first + i);

		if (limit->id == (uint32_t)id)
			return limit->value;
	}
	return 0;
}

/* Of a limit that the kernel keeps for each process, the value it has. */
static void read_back(const struct observed *observed)
{
	static const struct {
		enum writ_limit_id id;
		int resource;
		const char *what;
		uint64_t unit;
	} rows[] = {
		{WRIT_LIMIT_FILES, RLIMIT_NOFILE, "RLIMIT_NOFILE", 1},
		{WRIT_LIMIT_FILE_SIZE, RLIMIT_FSIZE, "RLIMIT_FSIZE", 1},
		{WRIT_LIMIT_MEMORY, RLIMIT_DATA, "RLIMIT_DATA", 1},
		{WRIT_LIMIT_CPU, RLIMIT_CPU, "RLIMIT_CPU", 1000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t stated = stated_limit(observed->target, rows[i].id);
		uint64_t wanted = (stated + rows[i].unit - 1) / rows[i].unit;
		struct rlimit now = {0};
		bool is_read = syscall(SYS_prlimit64, observed->pid, rows[i].resource, NULL,
				       &now) == 0;

		if (!stated)
			continue;
		add(observed, rows[i].what,
		    prove_text(observed->report, "%" PRIu64 " or less", wanted),
		    is_read ? prove_text(observed->report, "%" PRIu64, (uint64_t)now.rlim_cur)
			    : strerror(errno),
		    !is_read ? PROVE_NOT_TRIED : (now.rlim_cur <= wanted ? PROVE_OK : PROVE_WRONG));
	}
}

/* Hexadecimal digits and commas, a bit for each processor. */
static unsigned count_bits(const char *digits)
{
	unsigned n = 0;

	for (; *digits; digits++) {
		unsigned value = *digits >= 'a'   ? (unsigned)(*digits - 'a') + 10
				 : *digits >= '0' ? (unsigned)(*digits - '0')
						  : 0;

		n += (unsigned)__builtin_popcount(value);
	}
	return n;
}

static void count_cpus(const struct observed *observed)
{
	uint64_t limit = stated_limit(observed->target, WRIT_LIMIT_CPUS);
	char value[1024];
	unsigned n;

	if (!limit)
		return;
	n = count_bits(status_field(observed->status, "\nCpus_allowed:", value, sizeof(value)));
	add(observed, "processors it may run on",
	    prove_text(observed->report, "%" PRIu64 " or less", limit),
	    prove_text(observed->report, "%u", n), n <= limit ? PROVE_OK : PROVE_WRONG);
}

/* Is a namespace of the prober's another than ours? -1: not permitted to know. */
static int has_own(pid_t pid, const char *name)
{
	char path[64];
	char own[64] = "";
	char other[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (readlink(path, own, sizeof(own) - 1) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%ld/ns/%s", (long)pid, name);
	if (readlink(path, other, sizeof(other) - 1) < 0)
		return -1;
	return strcmp(own, other) != 0;
}

static void compare_namespaces(const struct observed *observed)
{
	static const struct {
		uint32_t bit;
		const char *name;
		const char *what;
	} rows[] = {
		{WRIT_PLAN_PID_NS, "pid", "a PID namespace of its own"},
		{WRIT_PLAN_MOUNT_NS, "mnt", "a mount namespace of its own"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int own = has_own(observed->pid, rows[i].name);

		if (!(observed->target->record->plan & rows[i].bit))
			continue;
		if (own < 0)
			add(observed, rows[i].what, "yes", "not permitted here", PROVE_NOT_TRIED);
		else
			add(observed, rows[i].what, "yes", own ? "yes" : "no: its fallback holds",
			    own ? PROVE_OK : PROVE_NOT_TRIED);
	}
}

/* Is one of the filters of a stopped tracee the bundle's? -1: not permitted to know. */
static int compare_filters(const struct observed *observed)
{
	static struct writ_fmt_insn got[WRIT_MAX_INSNS];
	uint32_t n = 0;
	const struct writ_fmt_insn *wanted = rules_filter(observed->target->policy,
							  observed->target->record, &n);

	for (long i = 0; i < MAX_FILTERS; i++) {
		long len = syscall(SYS_ptrace, GET_FILTER, observed->pid, i, NULL);

		if (len < 0)
			return i == 0 || errno != ENOENT ? -1 : 0;
		if ((unsigned long)len != n ||
		    syscall(SYS_ptrace, GET_FILTER, observed->pid, i, got) != len)
			continue;
		if (memcmp(got, wanted, n * sizeof(*got)) == 0)
			return 1;
	}
	return 0;
}

static void look_at_filter(const struct observed *observed)
{
	const char *what = "the filter in the kernel, byte for byte";
	const char *expected = "the bundle's";
	int is_same;

	if (trace_begin(observed->pid, 0)) {
		add(observed, what, expected, "not permitted here", PROVE_NOT_TRIED);
		return;
	}
	is_same = compare_filters(observed);
	trace_end(observed->pid);
	if (is_same < 0)
		add(observed, what, expected, "not permitted here", PROVE_NOT_TRIED);
	else
		add(observed, what, expected, is_same ? "the bundle's" : "another",
		    is_same ? PROVE_OK : PROVE_WRONG);
}

static void look(struct observed *observed)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)observed->pid);
	if (observed->pid < 0 ||
	    fd_read_file(path, observed->status, sizeof(observed->status)) <= 0) {
		add(observed, "its state in /proc", "", "not to be found", PROVE_NOT_TRIED);
		return;
	}
	compare_fields(observed);
	read_back(observed);
	count_cpus(observed);
	compare_namespaces(observed);
	look_at_filter(observed);
}

int observe_launch(const struct prove_target *target, struct prove_report *report,
		   struct writ_error *error)
{
	struct probe_script *probe = pool_alloc(&report->pool, sizeof(*probe));
	struct observed observed = {.target = target, .report = report};
	struct prove_running running;
	struct writ_result result;
	int64_t answer;
	int rc;

	if (!probe) {
		report->no_memory = true;
		return 0;
	}
	*probe = (struct probe_script){.magic = PROBE_MAGIC, .end = 1, .told = PROBE_NONE};
	probe->steps[0] = (struct probe_step){.op = PROBE_WAIT};
	rc = launch_start(&(struct prove_launch){target->sandbox, target->envp, true}, probe,
			  &running, error);
	if (rc)
		return rc;
	observed.pid = observe_find_prober(writ_process_pid(running.process));
	look(&observed);
	writ_kill(running.process);
	return launch_finish(&running, 0, &answer, &result, error);
}
