/*
 * See result.h. In: why the launch was killed, if it was; what waitid said; what a cgroup counted.
 * Out: the one reason, and numbers that say of what they are. Nothing is guessed: what nobody
 * counted is not known, and SIGSYS does not say which system call it was.
 */
#include "runtime/result.h"

#include <string.h>

#include "runtime/broker.h"
#include "runtime/net_gate.h"
#include "runtime/net_names.h"

#define US_PER_SECOND 1000000u
#define BYTES_PER_KIB 1024u
#define TICKS_PART    2

static uint64_t to_us(struct timeval time)
{
	return (uint64_t)time.tv_sec * US_PER_SECOND + (uint64_t)time.tv_usec;
}

static void fill_cpu(const struct cgroup_usage *counted, const struct rusage *usage,
		     struct writ_result *result)
{
	result->cpu_scope = counted->has_cpu ? WRIT_OF_LAUNCH : WRIT_OF_PROCESSES;
	result->cpu_user_us = counted->has_cpu ? counted->cpu_user_us : to_us(usage->ru_utime);
	result->cpu_system_us = counted->has_cpu ? counted->cpu_system_us : to_us(usage->ru_stime);
}

/*
 * The command's maximum begins with ours, as it shared our memory until it was executed: only what
 * is more than that is its own.
 */
static void fill_peak(const struct cgroup_usage *counted, const struct result_wait *wait,
		      uint64_t callers_peak, struct writ_result *result)
{
	uint64_t peak = (uint64_t)wait->usage.ru_maxrss * BYTES_PER_KIB;

	if (counted->has_peak) {
		result->peak_scope = WRIT_OF_LAUNCH;
		result->peak_bytes = counted->peak_bytes;
	} else if (peak > callers_peak) {
		result->peak_scope = WRIT_OF_PROCESSES;
		result->peak_bytes = peak;
	}
}

static void fill_processes(const struct cgroup_usage *counted, struct writ_result *result)
{
	if (!counted->has_tasks)
		return;
	result->processes_scope = WRIT_OF_LAUNCH;
	result->processes_peak = counted->peak_tasks;
	result->processes_refused = counted->refused_tasks;
}

/* By the keeper, in memory of the process. */
static void fill_network(const struct keeper *keeper, struct writ_result *result)
{
	const struct net_gate *gate = keeper->broker ? keeper->broker->gate : NULL;
	const uint64_t(*counts)[2];

	if (!gate)
		return;
	counts = gate->events.counts;
	result->has_network = 1;
	result->connects_denied = counts[WRIT_NET_CONNECT][false] + counts[WRIT_NET_UNIX][false];
	result->connects_allowed = counts[WRIT_NET_CONNECT][true] + counts[WRIT_NET_UNIX][true];
	result->binds_denied = counts[WRIT_NET_BIND][false] + counts[WRIT_NET_LISTEN][false];
	result->binds_allowed = counts[WRIT_NET_BIND][true] + counts[WRIT_NET_LISTEN][true];
	result->ends_counted = counts[WRIT_NET_CLOSE][true];
	result->ends_unknown = counts[WRIT_NET_CLOSE][false];
	result->bytes_sent = gate->events.sent;
	result->bytes_received = gate->events.received;
	if (!gate->names || !gate->names->space.step)
		return;
	result->lookup_failed = gate->names->space.step;
	result->lookup_errno = gate->names->space.error;
}

/*
 * Which limit ended a command that the kernel has killed. A process can send itself the same
 * signal, but not with the processor time of the limit unused. RLIMIT_CPU counts ticks, and so may
 * strike before the exact sum is there: on a busy machine, long before.
 */
static enum writ_end end_by_signal(const struct writ_process *process,
				   const struct writ_result *result)
{
	uint64_t cpu_us = result->cpu_user_us + result->cpu_system_us;
	bool is_cpu = result->signal == SIGXCPU || result->signal == SIGKILL;

	if (process->cpu_limit_us && is_cpu &&
	    cpu_us >= process->cpu_limit_us - process->cpu_limit_us / TICKS_PART)
		return WRIT_CPU_LIMIT;
	if (process->has_file_size && result->signal == SIGXFSZ)
		return WRIT_FILE_SIZE_LIMIT;
	return result->signal ? WRIT_SIGNALED : WRIT_EXITED;
}

static enum writ_end choose_end(const struct writ_process *process,
				const struct cgroup_usage *counted,
				const struct writ_result *result)
{
	if (counted->oom_kills)
		return WRIT_MEMORY_LIMIT;
	if (result->signal == SIGKILL && atomic_load(&process->killed))
		return WRIT_KILLED;
	return end_by_signal(process, result);
}

void result_fill(const struct writ_process *process, const struct result_wait *wait,
		 enum writ_end end, struct writ_result *result)
{
	struct cgroup_usage counted;

	*result = (struct writ_result){.wall_us = process_now_us() - process->started_us};
	cgroup_usage(&process->cgroup, &counted);
	result->status = wait->info.si_status;
	result->signal = wait->info.si_code == CLD_EXITED ? 0 : wait->info.si_status;
	result->has_output = process->relay.active;
	result->output_bytes = process->relay.active ? process->relay.total : 0;
	fill_cpu(&counted, &wait->usage, result);
	fill_peak(&counted, wait, process->callers_peak_bytes, result);
	fill_processes(&counted, result);
	fill_network(&process->keeper, result);
	result->end = end ? end : choose_end(process, &counted, result);
}
