/*
 * The system call rules that no policy states: what keeps the rest of a sandbox's promises.
 *
 * In: a sandbox with everything but its calls settled. Out: refusals, marked as guards, for what
 * would get around its limits, its strict execution, its denied paths; and without calls that a
 * group brought and that can only change the metadata of files it may not write.
 */
#include "sema/pass.h"

#include <errno.h>
#include <sys/mman.h>

#include "ir/ir_plan.h"
#include "tables/groups.h"
#include "tables/plan_calls.h"

#define HAS_ALL(n, bits)                                                                           \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_EQ, .mask = (bits), .value = (bits)                  \
	}
#define IS_NOT(n, v)                                                                               \
	{                                                                                          \
		.arg = (n), .op = COND_NE, .value = (v)                                            \
	}
#define MAX_CONDS 2

#define WHEN_ALWAYS 0u
#define WHEN_CPUS   1u /* the limit is set */
#define WHEN_ALONE  2u /* one process, and no more */
#define WHEN_STRICT 4u /* strict exec */
#define WHEN_BROKER 8u

static const struct guard {
	const char *name;
	unsigned when;
	uint32_t n_conds;
	struct call_cond conds[MAX_CONDS];
} guards[] = {
	/* A child of the launcher's: it would be left to it as a zombie that it never made. */
	{"clone", WHEN_ALWAYS, 1, {HAS_ALL(0, CALL_CLONE_PARENT)}},
	/* The launcher sets the mask; a process that may set its own would undo it. */
	{"sched_setaffinity", WHEN_CPUS, 0, {{0}}},
	/* The kernel counts threads as processes. clone3 is refused in every sandbox. */
	{"clone", WHEN_ALONE, 0, {{0}}},
	{"fork", WHEN_ALONE, 0, {{0}}},
	{"vfork", WHEN_ALONE, 0, {{0}}},
	/* Memory becomes executable as a mapping of a file, where the kernel asks its mount. */
	{"memfd_create", WHEN_STRICT, 0, {{0}}},
	{"mmap", WHEN_STRICT, 1, {HAS_ALL(2, PROT_EXEC | PROT_WRITE)}},
	{"mmap", WHEN_STRICT, 2, {HAS_ALL(2, PROT_EXEC), HAS_ALL(3, CALL_MAP_ANONYMOUS)}},
	{"mprotect", WHEN_STRICT, 1, {HAS_ALL(2, PROT_EXEC)}},
	{"pkey_mprotect", WHEN_STRICT, 1, {HAS_ALL(2, PROT_EXEC)}},
	{"shmat", WHEN_STRICT, 1, {HAS_ALL(2, CALL_SHM_EXEC)}},
	/* READ_IMPLIES_EXEC would make any mapping executable. */
	{"personality", WHEN_STRICT, 2, {IS_NOT(0, 0), IS_NOT(0, CALL_PERSONALITY_QUERY)}},
	/* Writes to memory that is only executable. */
	{"ptrace", WHEN_STRICT, 0, {{0}}},
	/* Another view of the mounts is another meaning of paths. */
	{"clone", WHEN_BROKER, 1, {HAS_ALL(0, CALL_CLONE_NEWNS)}},
};

static void add_refusal(struct sema *sema, struct sema_box *box, const char *name,
			const struct guard *guard)
{
	vec_add(sema->arena, &box->calls,
		((struct sema_call){.call = {.name = str_from(name),
					     .verdict = IR_CALL_ERRNO,
					     .error = EPERM,
					     .conds = guard ? guard->conds : NULL,
					     .n_conds = guard ? guard->n_conds : 0,
					     .guard = true}}));
}

static bool is_alone(const struct ir_sandbox *out)
{
	return out->limit_set[WRIT_LIMIT_PROCESSES] && out->limits[WRIT_LIMIT_PROCESSES] == 1;
}

/*
 * Calls that groups allow, and that could change nothing which the sandbox may write. What a
 * supervisor is asked about stays its to decide.
 */
static void drop_metadata(struct sema_box *box)
{
	size_t n = 0;

	for (size_t i = 0; i < box->calls.n; i++) {
		const struct sema_call *rule = &box->calls.items[i];

		if (!rule->of_group || rule->call.verdict > IR_CALL_LOG ||
		    !call_is_metadata(rule->call.name))
			box->calls.items[n++] = *rule;
	}
	box->calls.n = n;
}

/* Is there a rule that lets a call pass, or might? Else it is refused as it is. */
static bool is_allowed(const struct sema_box *box, struct str name)
{
	for (size_t i = 0; i < box->calls.n; i++) {
		const struct ir_call *rule = &box->calls.items[i].call;

		if (rule->verdict <= IR_CALL_NOTIFY && str_eq(rule->name, name))
			return true;
	}
	return false;
}

static void refuse_evading(struct sema *sema, struct sema_box *box)
{
	const char *name;

	for (uint32_t i = 0; (name = call_evading_at(i)); i++) {
		if (is_allowed(box, str_from(name)))
			add_refusal(sema, box, name, NULL);
	}
}

void sema_guards(struct sema *sema, struct sema_box *box, const struct ir_sandbox *out)
{
	bool broker = ir_plan_has_broker(sema->arena, out);
	unsigned holds = (out->limit_set[WRIT_LIMIT_CPUS] ? WHEN_CPUS : 0) |
			 (is_alone(out) ? WHEN_ALONE : 0) | (out->strict_exec ? WHEN_STRICT : 0) |
			 (broker ? WHEN_BROKER : 0);

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		if (guards[i].when == WHEN_ALWAYS || guards[i].when & holds)
			add_refusal(sema, box, guards[i].name, &guards[i]);
	}
	if (broker)
		refuse_evading(sema, box);
	if (!ir_plan_writes(out))
		drop_metadata(box);
}
