/*
 * See script.h. Steps, cases and bytes go into arrays of a fixed size; what does not fit makes the
 * script full, which its user must look at once, before it is used.
 */
#include "runtime/prove/script.h"

#include <string.h>
#include <unistd.h>

#define BLOB_ALIGN 16u

struct prove_script *script_new(struct prove_report *report)
{
	struct prove_script *script = pool_alloc(&report->pool, sizeof(*script));

	if (!script)
		return NULL;
	script->report = report;
	script->probe = pool_alloc(&report->pool, sizeof(*script->probe));
	if (!script->probe)
		return NULL;
	memcpy(script->probe->magic, PROBE_MAGIC, sizeof(PROBE_MAGIC));
	script->probe->told = PROBE_NONE;
	return script;
}

int64_t script_bytes(struct prove_script *script, const void *bytes, size_t size)
{
	uint32_t at = script->blob_used;

	if (size > PROBE_BLOB_BYTES - BLOB_ALIGN - at) {
		script->full = true;
		return 0;
	}
	if (bytes)
		memcpy(script->probe->blob + at, bytes, size);
	script->blob_used = (at + (uint32_t)size + BLOB_ALIGN - 1) / BLOB_ALIGN * BLOB_ALIGN;
	return at;
}

int64_t script_string(struct prove_script *script, const char *text)
{
	return script_bytes(script, text, strlen(text) + 1);
}

void script_makes(struct prove_script *script, const char *path)
{
	if (script->n_made == SCRIPT_MAX_MADE) {
		script->full = true;
		return;
	}
	script->made[script->n_made++] = (struct script_made){path, script->probe->end};
}

void script_tidy(const struct prove_script *script, const int64_t *answers)
{
	for (uint32_t i = 0; i < script->n_made; i++) {
		if (answers[script->made[i].step] >= 0)
			(void)unlink(script->made[i].path);
	}
}

void script_case(struct prove_script *script, const char *group, enum prove_expect expect,
		 const char *what)
{
	if (script->n_cases == SCRIPT_MAX_CASES) {
		script->full = true;
		script->n_cases--;
	}
	script->cases[script->n_cases++] = (struct prove_case){
		.group = group,
		.what = what,
		.expect = expect,
		.first = script->probe->end,
		.subject = script->probe->end,
		.control = PROBE_NONE,
	};
}

uint32_t script_step(struct prove_script *script, struct probe_step step)
{
	struct probe_script *probe = script->probe;
	struct prove_case *of = &script->cases[script->n_cases - 1];

	if (probe->end == PROBE_MAX_STEPS) {
		script->full = true;
		probe->end--;
	}
	of->subject = probe->end;
	probe->steps[probe->end] = step;
	return probe->end++;
}

void script_cleanup(struct prove_script *script, struct probe_step step)
{
	uint32_t subject = script->cases[script->n_cases - 1].subject;

	(void)script_step(script, step);
	script->cases[script->n_cases - 1].subject = subject;
}

void script_case_end(struct prove_script *script)
{
	struct probe_script *probe = script->probe;
	struct prove_case *of = &script->cases[script->n_cases - 1];

	for (uint32_t i = of->first; i < probe->end; i++)
		probe->steps[i].next_case = probe->end;
	if (of->control == PROBE_NONE)
		of->control = of->subject;
}
