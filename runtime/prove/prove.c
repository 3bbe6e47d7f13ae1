/*
 * One sandbox proven: the script made, done with and without the sandbox, and judged; then what a
 * script can't try.
 */
#include "runtime/prove/prove.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/prove/cases.h"
#include "runtime/prove/execs.h"
#include "runtime/prove/judge.h"
#include "runtime/prove/launch.h"
#include "runtime/prove/limits.h"
#include "runtime/prove/observe.h"
#include "runtime/prove/rules.h"

#define MAX_TEXT 4600

const char *prove_text(struct prove_report *report, const char *format, ...)
{
	char text[MAX_TEXT];
	const char *copy;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	copy = pool_strndup(&report->pool, text, strlen(text));
	report->no_memory |= !copy;
	return copy ? copy : "";
}

void prove_row_add(struct prove_report *report, const struct prove_row *row)
{
	struct prove_row *copy = pool_alloc(&report->pool, sizeof(*copy));

	report->counts[row->state]++;
	if (!copy) {
		report->no_memory = true;
		return;
	}
	*copy = *row;
	copy->next = NULL;
	if (report->last)
		report->last->next = copy;
	else
		report->rows = copy;
	report->last = copy;
}

void prove_report_free(struct prove_report *report)
{
	pool_free(&report->pool);
	*report = (struct prove_report){.rows = NULL};
}

/* Without what the control may not do. */
static void mask_for_control(struct probe_script *probe)
{
	for (uint32_t i = 0; i < probe->end; i++) {
		struct probe_step *step = &probe->steps[i];
		uint32_t next = step->next_case;

		if (step->flags & PROBE_NOT_IN_CONTROL)
			*step = (struct probe_step){.op = PROBE_LOAD, .next_case = next};
	}
}

static bool may_write(const struct prove_target *target)
{
	const struct rules_call call = {.arch = KERNEL_AUDIT_ARCH,
					.number = SYS_write,
					.args = {1}};

	return rules_allow(rules_of_filter(target->policy, target->record, &call));
}

static int run_control(const struct prove_target *target, struct prove_script *script,
		       int64_t *answers, struct writ_error *error)
{
	struct writ_sandbox open;
	struct probe_script *whole = script->probe;
	struct probe_script *masked = pool_alloc(&script->report->pool, sizeof(*masked));
	int rc;

	if (!masked)
		return error_nomem(error);
	*masked = *whole;
	mask_for_control(masked);
	script->probe = masked;
	launch_control(target->sandbox, &open);
	rc = launch_script(&(struct prove_launch){&open, target->envp, true}, script, answers,
			   error);
	script->probe = whole;
	return rc;
}

/* What was made in a scratch directory is not to be found on the host. */
static void look_for_made(const struct prove_script *script, struct prove_report *report)
{
	for (uint32_t i = 0; i < script->n_made; i++) {
		bool is_there = access(script->made[i].path, F_OK) == 0;

		if (!strstr(script->made[i].path, "/.writ-prove-scratch-"))
			continue;
		prove_row_add(report,
			      &(struct prove_row){.group = "scratch",
						  .what = "what was made in it, on the host",
						  .expected = "not there",
						  .seen = is_there ? "there" : "not there",
						  .state = is_there ? PROVE_WRONG : PROVE_OK});
	}
}

static int run_cases(const struct prove_target *target, struct prove_report *report,
		     struct writ_error *error)
{
	struct prove_script *script = script_new(report);
	int64_t *with = pool_array(&report->pool, PROBE_MAX_STEPS, sizeof(*with));
	int64_t *without = pool_array(&report->pool, PROBE_MAX_STEPS, sizeof(*without));
	int rc;

	if (!script || !with || !without)
		return error_nomem(error);
	cases_process(target, script);
	cases_files(target, script);
	cases_denies(target, script);
	cases_mounts(target, script);
	cases_network(target, script);
	cases_calls(target, script);
	if (script->full)
		return error_set(error, WRIT_E_SYSTEM, "there is more to try than a script holds");
	rc = run_control(target, script, without, error);
	if (!rc)
		rc = launch_script(&(struct prove_launch){target->sandbox, target->envp,
							  may_write(target)},
				   script, with, error);
	look_for_made(script, report);
	script_tidy(script, with);
	if (!rc)
		judge_cases(target, script, with, without, report);
	return rc;
}

/*
 * The limits on time and output are kept by whoever waits; a script is not to be ended by them.
 * They have launches of their own.
 */
static void without_haste(const struct writ_sandbox *sandbox, struct writ_sandbox *out)
{
	*out = *sandbox;
	out->has_limit[WRIT_LIMIT_WALL] = false;
	out->has_limit[WRIT_LIMIT_OUTPUT] = false;
}

int prove_sandbox(const struct prove_target *target, struct prove_report *report,
		  struct writ_error *error)
{
	struct writ_sandbox calm;
	struct prove_target calmly = *target;
	int rc;

	without_haste(target->sandbox, &calm);
	calmly.sandbox = &calm;
	rc = run_cases(&calmly, report, error);
	if (!rc)
		rc = observe_launch(&calmly, report, error);
	if (!rc)
		rc = execs_try(&calmly, report, error);
	if (!rc)
		rc = limits_try(target, report, error);
	if (!rc && report->no_memory)
		rc = error_nomem(error);
	return rc;
}
