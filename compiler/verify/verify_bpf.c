/*
 * The filter's bytes against the IR's meaning, decided exactly.
 *
 * Both are turned into decision diagrams, each by reading its own definition: the instructions by
 * program.c, the rules by meaning.c. Equal functions are one node, so one comparison of two numbers
 * covers every input; where they differ, a path to the difference is a call that shows it. What a
 * proof may cost is bounded: past that the filter is neither right nor wrong, and not used.
 */
#include "verify/verify_bpf.h"

#include <stdio.h>
#include <string.h>

#include "ir/ir_plan.h"
#include "verify/bpf_run.h"
#include "verify/meaning.h"

_Static_assert(sizeof(struct seccomp_data) == DIAGRAM_REGISTERS * sizeof(uint64_t),
	       "registers are those of struct seccomp_data");

static struct seccomp_data call_of(const uint64_t registers[DIAGRAM_REGISTERS])
{
	struct seccomp_data call = {
		.nr = (int)(uint32_t)registers[0],
		.arch = (uint32_t)(registers[0] >> 32),
		.instruction_pointer = registers[1],
	};

	for (unsigned i = 0; i < 6; i++)
		call.args[i] = registers[2 + i];
	return call;
}

static struct str result_text(struct arena *arena, uint32_t result)
{
	uint32_t data = result & SECCOMP_RET_DATA;
	const char *error = errno_name((int)data);

	switch (result) {
	case SECCOMP_RET_ALLOW:
		return STR("allow");
	case SECCOMP_RET_LOG:
		return STR("log");
	case SECCOMP_RET_USER_NOTIF:
		return STR("notify");
	case SECCOMP_RET_KILL_PROCESS:
		return STR("kill");
	default:
		break;
	}
	if ((result & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && error)
		return str_printf(arena, "errno %s", error);
	return str_printf(arena, "%#x", result);
}

static struct str call_text(struct arena *arena, enum arch arch, const struct seccomp_data *call)
{
	const __u64 *args = call->args; /* unsigned long long everywhere */
	bool ours = call->arch == arch_info(arch)->audit_arch;
	struct str name = ours ? syscall_name(arch, (uint32_t)call->nr) : (struct str){NULL, 0};

	return str_printf(arena,
			  "architecture %#x%s%s%s, system call %u%s%.*s%s, arguments %#llx %#llx "
			  "%#llx %#llx %#llx %#llx",
			  call->arch, ours ? " (" : "", ours ? arch_info(arch)->name : "",
			  ours ? ")" : "", (uint32_t)call->nr, name.ptr ? " (" : "",
			  STR_ARG(name.ptr ? name : STR("")), name.ptr ? ")" : "", args[0], args[1],
			  args[2], args[3], args[4], args[5]);
}

static struct filter_proof malformed(struct arena *arena, size_t where, const char *what)
{
	return (struct filter_proof){.result = FILTER_MALFORMED,
				     .wrong = str_printf(arena, "instruction %zu: %s", where,
							 what)};
}

static struct filter_proof undecided(const struct prover *prover)
{
	return (struct filter_proof){.result = FILTER_UNDECIDED,
				     .wrong = STR("the proof takes too many steps"),
				     .dearest = prover->dearest,
				     .steps = prover->diagram.work};
}

static struct filter_proof differs(const struct prover *prover, struct arena *arena,
				   uint32_t function)
{
	struct filter_proof proof = {.result = FILTER_DIFFERS, .steps = prover->diagram.work};
	uint64_t registers[DIAGRAM_REGISTERS];

	diagram_difference(&prover->diagram, prover->meaning, function, registers);
	proof.call = call_of(registers);
	proof.want = diagram_value(&prover->diagram, prover->meaning, registers);
	proof.got = diagram_value(&prover->diagram, function, registers);
	proof.wrong = str_printf(arena, "%.*s: expected %.*s, got %.*s",
				 STR_ARG(call_text(arena, prover->arch, &proof.call)),
				 STR_ARG(result_text(arena, proof.want)),
				 STR_ARG(result_text(arena, proof.got)));
	return proof;
}

void prover_init(struct prover *prover, struct arena *arena, const struct ir_sandbox *sandbox,
		 enum arch arch)
{
	*prover = (struct prover){.arch = arch};
	diagram_init(&prover->diagram, arena, VERIFY_MAX_STEPS);
	prover->meaning = meaning_function(&prover->diagram, ir_plan_enforced(arena, sandbox), arch,
					   &prover->dearest);
}

struct filter_proof prover_prove(struct prover *prover, struct arena *arena,
				 const struct program *program)
{
	size_t where = 0;
	const char *fault = bpf_check(program->insns, program->n, &where);
	uint32_t function;

	if (!fault)
		fault = program_function(&prover->diagram, program, &where, &function);
	if (fault)
		return malformed(arena, where, fault);
	if (!diagram_work(&prover->diagram, 0))
		return undecided(prover);
	if (function != prover->meaning)
		return differs(prover, arena, function);
	return (struct filter_proof){.result = FILTER_PROVED, .steps = prover->diagram.work};
}

struct filter_proof prove_filter(struct arena *arena, const struct ir_sandbox *sandbox,
				 enum arch arch, const struct writ_fmt_insn *insns, size_t n)
{
	const struct program program = {insns, n};
	struct filter_proof proof;
	struct prover prover;
	struct arena own;

	arena_init(&own);
	prover_init(&prover, &own, sandbox, arch);
	proof = prover_prove(&prover, arena, &program);
	arena_fini(&own);
	return proof;
}

struct str verify_filter(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
			 const struct writ_fmt_insn *insns, size_t n)
{
	return prove_filter(arena, sandbox, arch, insns, n).wrong;
}
