/*
 * A limit is proven by going beyond it. One that would take too long, or too much of the host, is
 * made smaller in a copy of the sandbox, and the row says so: then the mechanism is proven here,
 * and that it is given the policy's value is for observe.c to read back, where the kernel keeps it.
 */
#include "runtime/prove/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "runtime/error.h"
#include "runtime/prove/judge.h"
#include "runtime/prove/launch.h"
#include "runtime/prove/rules.h"

#define CHUNK_BYTES   (INT64_C(1) << 20)
#define OUTPUT_BYTES  1024
#define STDIO         3 /* descriptors that a launch begins with */
#define BEYOND        8
#define MAX_WAIT_MS   3000
#define MAX_SPINS     10000
#define LEAST_NEW_END (INT64_C(1) << 20) /* of the prober's own file, which is smaller */

struct trial {
	const struct prove_target *target;
	struct prove_report *report;
	struct writ_sandbox sandbox; /* the copy */
	uint64_t value;              /* the limit as it is tried */
	int64_t answer;
	struct writ_result result;
};

static struct probe_step wall_step(const struct trial *trial)
{
	(void)trial;
	return (struct probe_step){.op = PROBE_WAIT, .most = MAX_WAIT_MS};
}

static struct probe_step cpu_step(const struct trial *trial)
{
	(void)trial;
	return (struct probe_step){.op = PROBE_SPIN, .most = MAX_SPINS};
}

static struct probe_step memory_step(const struct trial *trial)
{
	return (struct probe_step){.op = PROBE_TOUCH,
				   .number = SYS_mmap,
				   .args = {0, CHUNK_BYTES, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1},
				   .most = (int64_t)(trial->value / (uint64_t)CHUNK_BYTES) +
					   BEYOND};
}

static struct probe_step processes_step(const struct trial *trial)
{
	return (struct probe_step){.op = PROBE_CHILDREN,
				   .number = SYS_clone,
				   .args = {SIGCHLD},
				   .most = (int64_t)trial->value + BEYOND};
}

static struct probe_step files_step(const struct trial *trial)
{
	return (struct probe_step){.op = PROBE_REPEAT,
				   .number = SYS_dup,
				   .args = {1},
				   .most = (int64_t)trial->value + BEYOND};
}

/* The prober's own file, which is its standard input, made longer: a hole takes no room. */
static struct probe_step file_size_step(const struct trial *trial)
{
	int64_t end = (int64_t)trial->value + 1;

	return (struct probe_step){.number = SYS_ftruncate,
				   .args = {0, end > LEAST_NEW_END ? end : LEAST_NEW_END}};
}

static struct probe_step output_step(const struct trial *trial)
{
	return (struct probe_step){.op = PROBE_REPEAT,
				   .number = SYS_write,
				   .args = {1, 0, OUTPUT_BYTES},
				   .most = (int64_t)trial->value / OUTPUT_BYTES + BEYOND,
				   .from_blob = 2};
}

static bool wall_held(const struct trial *trial)
{
	return trial->result.end == WRIT_WALL_LIMIT;
}

static bool cpu_held(const struct trial *trial)
{
	return trial->result.end == WRIT_CPU_LIMIT;
}

static bool memory_held(const struct trial *trial)
{
	return trial->result.signal ||
	       (trial->answer > 0 &&
		(uint64_t)trial->answer * (uint64_t)CHUNK_BYTES <= trial->value);
}

/* The prober is one itself. */
static bool processes_held(const struct trial *trial)
{
	return trial->answer >= 0 && (uint64_t)trial->answer + 1 <= trial->value;
}

static bool files_held(const struct trial *trial)
{
	return trial->answer >= 0 && (uint64_t)trial->answer + STDIO <= trial->value;
}

static bool file_size_held(const struct trial *trial)
{
	return trial->answer == -EFBIG || trial->result.signal == SIGXFSZ;
}

static bool output_held(const struct trial *trial)
{
	return trial->result.end == WRIT_OUTPUT_LIMIT;
}

static const struct row {
	const char *name;
	const char *unit;
	uint64_t most; /* that is tried */
	struct probe_step (*step)(const struct trial *trial);
	bool (*held)(const struct trial *trial);
	bool needs_answer; /* a number that the prober has to write */
} rows[WRIT_LIMIT__COUNT] = {
	[WRIT_LIMIT_WALL] = {"wall", "ms", 100, wall_step, wall_held, false},
	[WRIT_LIMIT_CPU] = {"cpu", "ms", 50, cpu_step, cpu_held, false},
	[WRIT_LIMIT_MEMORY] = {"memory", "bytes", 32u << 20, memory_step, memory_held, true},
	[WRIT_LIMIT_PROCESSES] = {"processes", "", 64, processes_step, processes_held, true},
	[WRIT_LIMIT_FILES] = {"files", "", 4096, files_step, files_held, true},
	[WRIT_LIMIT_FILE_SIZE] = {"file_size", "bytes", UINT64_C(1) << 40, file_size_step,
				  file_size_held, false},
	[WRIT_LIMIT_OUTPUT] = {"output", "bytes", 4096, output_step, output_held, false},
};

static void tell(struct trial *trial, const struct row *row, uint64_t stated, const char *seen,
		 enum prove_state state)
{
	const char *what = prove_text(trial->report, "%s %" PRIu64 "%s%s", row->name, stated,
				      *row->unit ? " " : "", row->unit);

	if (stated != trial->value)
		what = prove_text(trial->report, "%s, tried with %" PRIu64, what, trial->value);
	prove_row_add(trial->report, &(struct prove_row){.group = "limits",
							 .what = what,
							 .expected = "kept",
							 .seen = seen,
							 .state = state});
}

static const char *describe(struct trial *trial, const struct row *row)
{
	static const char *const ends[] = {
		[WRIT_WALL_LIMIT] = "ended by the wall limit",
		[WRIT_OUTPUT_LIMIT] = "ended by the output limit",
		[WRIT_CPU_LIMIT] = "ended by the cpu limit",
		[WRIT_MEMORY_LIMIT] = "ended by the memory limit",
		[WRIT_FILE_SIZE_LIMIT] = "ended by the file_size limit",
	};
	size_t end = trial->result.end;

	if (end < sizeof(ends) / sizeof(ends[0]) && ends[end])
		return prove_text(trial->report, "%s after %" PRIu64 " ms", ends[end],
				  trial->result.wall_us / 1000);
	if (trial->result.signal)
		return judge_answer(trial->report, ANSWER_KILLED(trial->result.signal));
	if (row->needs_answer && trial->answer >= 0)
		return prove_text(trial->report, "%" PRId64 "%s, then no more", trial->answer,
				  row == &rows[WRIT_LIMIT_MEMORY] ? " MiB" : " more");
	return judge_answer(trial->report, trial->answer);
}

/* Why a limit can't be tried, or NULL. */
static const char *hindrance(const struct trial *trial, const struct row *row,
			     const struct probe_step *step)
{
	const struct prove_target *target = trial->target;
	struct rules_call call = {.arch = KERNEL_AUDIT_ARCH, .number = (uint32_t)step->number};
	const struct rules_call telling = {.arch = KERNEL_AUDIT_ARCH,
					   .number = SYS_write,
					   .args = {1}};

	for (unsigned i = 0; i < PROBE_ARGS; i++)
		call.args[i] = (uint64_t)step->args[i];
	if (step->op != PROBE_WAIT && step->op != PROBE_SPIN &&
	    !rules_allow(rules_of_filter(target->policy, target->record, &call)))
		return "the filter refuses what it would be tried with";
	if (row->needs_answer &&
	    !rules_allow(rules_of_filter(target->policy, target->record, &telling)))
		return "the prober may not write its answer";
	if (row == &rows[WRIT_LIMIT_CPU] && !cgroup_version(&trial->sandbox.cgroups, CGROUP_CPU))
		return "no cgroup counts here, and RLIMIT_CPU has whole seconds: read back";
	return NULL;
}

/* One launch of one step in the trial's sandbox. */
static int launch_one(struct trial *trial, struct probe_step step, struct writ_error *error)
{
	struct probe_script *probe = pool_alloc(&trial->report->pool, sizeof(*probe));
	const struct prove_launch launch = {&trial->sandbox, trial->target->envp, true};
	struct prove_running running;
	int rc;

	if (!probe)
		return error_nomem(error);
	*probe = (struct probe_script){.magic = PROBE_MAGIC, .end = 1, .told = PROBE_NONE};
	if (step.number == SYS_ftruncate && step.op == PROBE_CALL)
		probe->told = 0;
	probe->steps[0] = step;
	rc = launch_start(&launch, probe, &running, error);
	if (!rc)
		rc = launch_finish(&running, 0, &trial->answer, &trial->result, error);
	if (!rc && probe->told == 0)
		trial->answer = -(int64_t)trial->result.status;
	return rc;
}

/* RLIMIT_NOFILE is never more than the caller's own. */
static uint64_t callers_files(uint64_t value)
{
	struct rlimit own;

	if (getrlimit(RLIMIT_NOFILE, &own) == 0 && own.rlim_max < value)
		return own.rlim_max;
	return value;
}

static int try_limit(struct trial *trial, enum writ_limit_id id, uint64_t stated,
		     struct writ_error *error)
{
	const struct row *row = &rows[id];
	struct probe_step step;
	const char *why;
	int rc;

	trial->sandbox = *trial->target->sandbox;
	trial->value = stated < row->most ? stated : row->most;
	if (id == WRIT_LIMIT_FILES)
		trial->value = callers_files(trial->value);
	if (trial->sandbox.has_limit[id])
		trial->sandbox.limits[id] = trial->value;
	step = row->step(trial);
	why = hindrance(trial, row, &step);
	if (why) {
		tell(trial, row, stated, why, PROVE_NOT_TRIED);
		return 0;
	}
	rc = launch_one(trial, step, error);
	if (!rc)
		tell(trial, row, stated, describe(trial, row),
		     row->held(trial) ? PROVE_OK : PROVE_WRONG);
	return rc;
}

int limits_try(const struct prove_target *target, struct prove_report *report,
	       struct writ_error *error)
{
	struct writ_fmt_range range = target->record->limits;
	struct trial trial = {.target = target, .report = report};
	int rc = 0;

	for (uint32_t i = 0; !rc && i < range.count; i++) {
		const struct writ_fmt_limit *limit = image_LIMITS(&target->policy->image,
								  range.first + i);

		if (rows[limit->id].step)
			rc = try_limit(&trial, (enum writ_limit_id)limit->id, limit->value, error);
	}
	return rc;
}
