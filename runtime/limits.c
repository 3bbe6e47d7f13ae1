/*
 * From a sandbox's limits to setrlimit(2) and sched_setaffinity(2).
 *
 * Soft and hard limits are made equal, so that a tool can't raise what it was given, and never
 * above the caller's own hard limit. Some hold in every sandbox: no core files (a core_pattern that
 * names a helper ignores that, core(5)), little locked memory, no priority above the usual. Only
 * RLIMIT_CPU keeps a second between soft and hard, so that SIGXCPU tells why before SIGKILL ends
 * it.
 */
#include "runtime/limits.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/raw.h"

#define MAX_LOCKED_BYTES (64u << 10)
#define MAX_STACK_BYTES  (8u << 20)
#define MS_PER_SECOND    1000u

static int add(struct limits_plan *plan, int resource, uint64_t soft, uint64_t hard)
{
	struct limits_row *row = &plan->rows[plan->n];
	struct rlimit now;

	/* Raw: the libcs' prototypes differ in the type of the resource. */
	if (syscall(SYS_prlimit64, 0, resource, NULL, &now))
		return -errno;
	row->resource = resource;
	row->value.rlim_max = hard < now.rlim_max ? hard : now.rlim_max;
	row->value.rlim_cur = soft < row->value.rlim_max ? soft : row->value.rlim_max;
	plan->n++;
	return 0;
}

static int add_constant(struct limits_plan *plan)
{
	int rc = add(plan, RLIMIT_CORE, 0, 0);

	if (!rc)
		rc = add(plan, RLIMIT_MEMLOCK, MAX_LOCKED_BYTES, MAX_LOCKED_BYTES);
	if (!rc)
		rc = add(plan, RLIMIT_RTPRIO, 0, 0);
	if (!rc)
		rc = add(plan, RLIMIT_NICE, 0, 0);
	return rc;
}

static int add_cpu_time(const struct writ_sandbox *sandbox, struct limits_plan *plan)
{
	uint64_t ms = sandbox->limits[WRIT_LIMIT_CPU];
	uint64_t seconds = ms / MS_PER_SECOND + (ms % MS_PER_SECOND != 0);

	if (!sandbox->has_limit[WRIT_LIMIT_CPU])
		return 0;
	return add(plan, RLIMIT_CPU, seconds, seconds + 1);
}

/*
 * RLIMIT_DATA counts private writable memory, but not the first thread's stack: that grows up to
 * RLIMIT_STACK, which would be a second, unlimited, allowance.
 */
static int add_memory(const struct writ_sandbox *sandbox, struct limits_plan *plan)
{
	uint64_t bytes = sandbox->limits[WRIT_LIMIT_MEMORY];
	struct rlimit stack;
	uint64_t stack_bytes = MAX_STACK_BYTES;
	int rc;

	if (!sandbox->has_limit[WRIT_LIMIT_MEMORY])
		return 0;
	rc = add(plan, RLIMIT_DATA, bytes, bytes);
	if (rc)
		return rc;
	if (syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &stack))
		return -errno;
	if (stack.rlim_cur < stack_bytes)
		stack_bytes = stack.rlim_cur;
	return add(plan, RLIMIT_STACK, stack_bytes, stack_bytes);
}

static int add_plain(const struct writ_sandbox *sandbox, struct limits_plan *plan)
{
	static const struct {
		enum writ_limit_id id;
		int resource;
	} rows[] = {
		{WRIT_LIMIT_FILES, RLIMIT_NOFILE},
		{WRIT_LIMIT_FILE_SIZE, RLIMIT_FSIZE},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (sandbox->has_limit[rows[i].id])
			rc = add(plan, rows[i].resource, sandbox->limits[rows[i].id],
				 sandbox->limits[rows[i].id]);
	}
	return rc;
}

#define WORD_BITS (8 * sizeof(unsigned long))

/*
 * Keeps n of the allowed processors, beginning at the caller's, so that launches spread over all.
 */
static int choose_cpus(uint64_t n, struct limits_plan *plan)
{
	unsigned long allowed[LIMITS_CPU_WORDS] = {0};
	long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(allowed), allowed);
	int here = sched_getcpu();
	size_t first = here < 0 ? 0 : (size_t)here;
	size_t n_bits;

	if (bytes <= 0)
		return -errno;
	n_bits = (size_t)bytes * 8;
	for (size_t i = 0; i < n_bits && n; i++) {
		size_t bit = (first + i) % n_bits;
		unsigned long mask = 1ul << (bit % WORD_BITS);

		if (allowed[bit / WORD_BITS] & mask) {
			plan->cpus[bit / WORD_BITS] |= mask;
			n--;
		}
	}
	plan->cpu_bytes = (size_t)bytes;
	return 0;
}

int limits_plan(const struct writ_sandbox *sandbox, uint64_t n_tasks, struct limits_plan *plan)
{
	int rc;

	*plan = (struct limits_plan){.n = 0};
	rc = add_constant(plan);
	if (!rc)
		rc = add_cpu_time(sandbox, plan);
	if (!rc)
		rc = add_memory(sandbox, plan);
	if (!rc)
		rc = add_plain(sandbox, plan);
	if (!rc && n_tasks)
		rc = add(plan, RLIMIT_NPROC, n_tasks, n_tasks);
	if (!rc && sandbox->has_limit[WRIT_LIMIT_CPUS])
		rc = choose_cpus(sandbox->limits[WRIT_LIMIT_CPUS], plan);
	return rc;
}

int limits_apply(const struct limits_plan *plan)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < plan->n; i++)
		rc = (int)RAW(SYS_prlimit64, 0, plan->rows[i].resource, &plan->rows[i].value, NULL);
	if (!rc && plan->cpu_bytes)
		rc = (int)RAW(SYS_sched_setaffinity, 0, plan->cpu_bytes, plan->cpus);
	return rc;
}
