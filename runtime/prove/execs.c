/*
 * Programs that are granted, and some that are not, are really executed, each in a launch of its
 * own; but none runs: the prober is traced, and stops before the program's first instruction, where
 * it is killed. A host that lets nobody trace leaves this untried.
 */
#include "runtime/prove/execs.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/prove/grants.h"
#include "runtime/prove/judge.h"
#include "runtime/prove/launch.h"
#include "runtime/prove/observe.h"
#include "runtime/prove/rules.h"
#include "runtime/prove/script.h"
#include "runtime/prove/trace.h"

#define MAX_EXECS   16u /* of one sandbox: each is a launch */
#define MAX_SCANNED 256u
#define MAX_WAIT    20000 /* moments until the tracer is there */

struct execs {
	const struct prove_target *target;
	struct prove_report *report;
	struct grants grants;
	const char *tried[MAX_EXECS];
	size_t n;
};

/* Where there is none of a kind, it is left out. */
static const char *const outside[] = {"/usr/bin/true", "/usr/bin/env", "/usr/bin/sh",
				      "/usr/bin/python3", "/usr/bin/perl"};

static void add(struct execs *execs, const char *path, const char *seen, enum prove_state state)
{
	bool granted = grants_access(&execs->grants, path) & LANDLOCK_FS_EXECUTE;

	prove_row_add(execs->report,
		      &(struct prove_row){.group = "execution",
					  .what = prove_text(execs->report, "execute %s", path),
					  .expected = granted ? "works" : "refused",
					  .seen = seen,
					  .state = state});
}

static struct prove_script *make_script(struct execs *execs, const char *path)
{
	struct prove_script *script = script_new(execs->report);
	int64_t at;
	int64_t none;

	if (!script)
		return NULL;
	at = script_string(script, path);
	none = script_bytes(script, NULL, sizeof(void *));
	script_case(script, "execution", EXPECT_WORKS, path);
	(void)script_step(script, (struct probe_step){.op = PROBE_WAIT, .most = MAX_WAIT});
	(void)script_step(script, (struct probe_step){.number = SYS_execve,
						      .args = {at, none, none},
						      .from_blob = 1 | 2 | 4});
	script_case_end(script);
	script->probe->told = 1;
	return script;
}

/* Executes it under a tracer. The answer: 0, it was; a negative errno; NOT_DONE: no tracing. */
static int execute(struct execs *execs, const char *path, int64_t *answer, struct writ_error *error)
{
	struct prove_script *script = make_script(execs, path);
	const struct prove_launch launch = {execs->target->sandbox, execs->target->envp, true};
	uint64_t go = launch_address(offsetof(struct probe_script, go));
	struct prove_running running;
	struct writ_result result;
	int64_t unused;
	bool executed;
	bool is_child;
	pid_t pid;
	int rc;

	if (!script)
		return error_nomem(error);
	rc = launch_start(&launch, script->probe, &running, error);
	if (rc)
		return rc;
	*answer = PROBE_NOT_DONE;
	pid = observe_find_prober(writ_process_pid(running.process));
	if (pid < 0 || trace_begin(pid, TRACE_EXEC | TRACE_KILL)) {
		writ_kill(running.process);
		return launch_finish(&running, 1, &unused, &result, error);
	}
	is_child = observe_parent(pid) == getpid();
	executed = trace_until_exec(pid, go, 1);
	trace_finish(pid, is_child);
	rc = launch_finish(&running, 1, &unused, &result, error);
	*answer = executed ? 0 : -(int64_t)result.status;
	return rc;
}

static bool is_new(struct execs *execs, const char *path)
{
	for (size_t i = 0; i < execs->n; i++) {
		if (strcmp(execs->tried[i], path) == 0)
			return false;
	}
	if (execs->n == MAX_EXECS)
		return false;
	execs->tried[execs->n++] = path;
	return true;
}

static int try_program(struct execs *execs, const char *path, struct writ_error *error)
{
	char real[PATH_MAX];
	bool granted;
	int64_t answer;
	int rc;

	if (!realpath(path, real) || access(real, X_OK))
		return 0;
	path = prove_text(execs->report, "%s", real);
	granted = grants_access(&execs->grants, path) & LANDLOCK_FS_EXECUTE;
	if (!is_new(execs, path))
		return 0;
	rc = execute(execs, path, &answer, error);
	if (rc)
		return rc;
	if (answer == PROBE_NOT_DONE)
		add(execs, path, "not permitted to trace here", PROVE_NOT_TRIED);
	else if (granted && (answer == -ENOEXEC || answer == -ENOENT))
		add(execs, path, judge_answer(execs->report, answer), PROVE_NOT_TRIED);
	else
		add(execs, path, judge_answer(execs->report, answer),
		    (answer == 0) == granted ? PROVE_OK : PROVE_WRONG);
	return 0;
}

/* A script takes another program, which need not be granted. */
static bool is_program(const char *path)
{
	struct stat st;
	char magic[SELFMAG] = "";
	int fd = -1;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, magic, sizeof(magic)) != (ssize_t)sizeof(magic))
		magic[0] = '\0';
	fd_close(&fd);
	return memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* A program in a granted tree. */
static const char *find_program(struct execs *execs, const struct grant *grant)
{
	DIR *stream = grant->is_dir ? opendir(grant->real) : NULL;
	const char *found = NULL;
	struct dirent *entry;

	for (unsigned i = 0; stream && !found && i < MAX_SCANNED && (entry = readdir(stream));
	     i++) {
		const char *path = prove_text(execs->report, "%s/%s", grant->real, entry->d_name);

		if (entry->d_type == DT_REG && is_program(path))
			found = path;
	}
	if (stream)
		(void)closedir(stream);
	return found;
}

static int try_grant(struct execs *execs, const struct grant *grant, struct writ_error *error)
{
	const char *path = NULL;

	if (!grant->real)
		return 0;
	if (grant->is_regular && is_program(grant->real))
		path = grant->real;
	else
		path = find_program(execs, grant);
	return path ? try_program(execs, path, error) : 0;
}

static bool filter_allows(const struct prove_target *target)
{
	const struct rules_call call = {.arch = KERNEL_AUDIT_ARCH, .number = SYS_execve};

	return rules_allow(rules_of_filter(target->policy, target->record, &call));
}

int execs_try(const struct prove_target *target, struct prove_report *report,
	      struct writ_error *error)
{
	struct execs *execs = pool_alloc(&report->pool, sizeof(*execs));
	int rc = 0;

	if (!execs)
		return error_nomem(error);
	*execs = (struct execs){.target = target, .report = report};
	if (grants_read(target, report, &execs->grants))
		return error_nomem(error);
	if (!filter_allows(target))
		return 0;
	for (size_t i = 0; !rc && i < sizeof(outside) / sizeof(outside[0]); i++)
		rc = try_program(execs, outside[i], error);
	for (size_t i = 0; !rc && i < execs->grants.n; i++)
		rc = try_grant(execs, &execs->grants.items[i], error);
	return rc;
}
