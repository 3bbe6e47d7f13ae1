/*
 * The process as it was launched: its environment and descriptors; and what it may do to a process
 * outside, of the same user, that did nothing to be protected from it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/env.h"
#include "runtime/prove/cases.h"

#define LAST_DESCRIPTOR 1023
#define PTRACE_SEIZE    0x4206
#define BYTES_READ      16
#define MAX_ENV_BYTES   16384u
#define INFO_WORDS      32 /* of siginfo_t; one is its code */
#define INFO_CODE       2

/* The environment as it must be: what the policy sets, and of the caller's what it lists. */
static int64_t expected_env(const struct prove_target *target, struct prove_script *script)
{
	struct writ_fmt_range range = target->record->env;
	static char list[MAX_ENV_BYTES];
	size_t used = 0;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_env *env = image_ENV(&target->policy->image, range.first + i);
		const char *name = image_str(&target->policy->image, env->name);
		const char *value = env->kind == WRIT_ENV_SET
					    ? target->policy->env_values[range.first + i]
					    : env_get(target->envp, name);
		int n = value ? snprintf(list + used, sizeof(list) - used - 1, "%s=%s", name, value)
			      : -1;

		if (n >= 0 && (size_t)n < sizeof(list) - used - 1)
			used += (size_t)n + 1;
	}
	list[used] = '\0';
	return script_bytes(script, list, used + 1);
}

static void add_own(const struct prove_target *target, struct prove_script *script)
{
	script_case(script, "process", EXPECT_ZERO,
		    "descriptors above 2, of those that its caller has open");
	(void)script_step(script, (struct probe_step){.op = PROBE_DESCRIPTORS,
						      .number = SYS_close,
						      .args = {LAST_DESCRIPTOR}});
	script_case_end(script);
	script_case(script, "process", EXPECT_ZERO,
		    "variables in its environment that are not listed, or listed and missing");
	(void)script_step(script, (struct probe_step){.op = PROBE_ENV,
						      .args = {expected_env(target, script)}});
	script_case_end(script);
}

struct iovec_abi {
	uint64_t base;
	uint64_t bytes;
};

static void add_outward(const struct prove_target *target, struct prove_script *script)
{
	const struct iovec_abi vector = {.base = (uint64_t)target->readable, .bytes = BYTES_READ};
	int64_t there = script_bytes(script, &vector, sizeof(vector));
	static const int32_t queued[INFO_WORDS] = {[INFO_CODE] = SI_QUEUE};
	int64_t info = script_bytes(script, queued, sizeof(queued));
	int64_t pid = target->bystander;
	const struct {
		const char *what;
		struct probe_step step;
	} rows[] = {
		{"send a signal to another process (kill)", {.number = SYS_kill, .args = {pid, 0}}},
		{"send a signal to another process (tgkill)",
		 {.number = SYS_tgkill, .args = {pid, pid, 0}}},
		{"send a signal to another process (rt_sigqueueinfo)",
		 {.number = SYS_rt_sigqueueinfo, .args = {pid, 0, info}, .from_blob = 4}},
		{"trace another process (PTRACE_SEIZE)",
		 {.number = SYS_ptrace, .args = {PTRACE_SEIZE, pid, 0, 0}}},
		{"read another process's memory (process_vm_readv)",
		 {.number = SYS_process_vm_readv,
		  .args = {pid, there, 1, there, 1, 0},
		  .from_blob = 2 | 8}},
		{"write another process's memory (process_vm_writev)",
		 {.number = SYS_process_vm_writev,
		  .args = {pid, there, 1, there, 1, 0},
		  .from_blob = 2 | 8}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_case(script, "other processes", EXPECT_REFUSED, rows[i].what);
		(void)script_step(script, rows[i].step);
		script_case_end(script);
	}
}

void cases_process(const struct prove_target *target, struct prove_script *script)
{
	add_own(target, script);
	add_outward(target, script);
}
