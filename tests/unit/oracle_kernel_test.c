/*
 * The kernel itself as an oracle: emitted filters are installed in a child, and calls are made.
 *
 * The rules are random, on arguments of calls that do no harm whatever their arguments are, and
 * every rule that refuses has an error number of its own, one that no call fails with by itself. So
 * each call tells which rule decided it; what the kernel did is compared with ir_call_verdict. The
 * same calls are first made without a filter, where none may fail in a way that looks like a
 * verdict: else the comparison would show nothing.
 */
#include <criterion/criterion.h>

#if defined(__x86_64__)
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/seccomp.h"
#include "support/ir_maker.h"
#include "tables/syscall_args.h"
#include "verify/verify_bpf.h"

#define POLICIES    12
#define CALLS       400 /* for each policy */
#define MAX_RULES   5   /* for each call */
#define MAX_KILLS   25  /* that are tried for each policy: each takes a process */
#define FIRST_ERROR 1000
#define N_CONSTANTS 6

/* What an argument may be. */
enum domain {
	NOTHING,
	ANY,     /* any value does no harm */
	A_FILE,  /* a descriptor of an empty file */
	A_PIPE,  /* of a pipe */
	A_PLACE, /* of some bytes that may be overwritten */
	F_CMDS,
	REQUESTS,
	OPTIONS,
	N_DOMAINS
};

static const struct {
	const char *name;
	enum domain args[6];
} harmless[] = {
	{"getpriority", {ANY, ANY}},
	{"getpgid", {ANY}},
	{"getsid", {ANY}},
	{"umask", {ANY}},
	{"personality", {ANY}},
	{"munlock", {ANY, ANY}},
	{"msync", {ANY, ANY, ANY}},
	{"sched_get_priority_max", {ANY}},
	{"sched_getscheduler", {ANY}},
	{"lseek", {A_FILE, ANY, ANY}},
	{"fadvise64", {A_FILE, ANY, ANY, ANY}},
	{"sync_file_range", {A_FILE, ANY, ANY, ANY}},
	{"fcntl", {A_FILE, F_CMDS, ANY}},
	{"ioctl", {A_PIPE, REQUESTS, A_PLACE}},
	{"prctl", {OPTIONS, ANY}},
};

#define N_HARMLESS (sizeof(harmless) / sizeof(harmless[0]))

/* Only queries; of the requests a pipe has the first. */
static const uint64_t lists[N_DOMAINS][5] = {
	[F_CMDS] = {F_GETFD, F_GETFL, F_GETOWN, F_GETPIPE_SZ, 0x12345},
	[REQUESTS] = {0x541b, 0x5401, 0x5413, 0x5412, 0x7fffffff},
	[OPTIONS] = {PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_TIMERSLACK, PR_CAPBSET_READ, 0x12345},
};

struct outcome {
	long result;
	int error;
	bool made;
};

struct trial {
	struct ir_sandbox sandbox;
	struct bpf_program program;
	uint64_t constants[N_CONSTANTS];
	unsigned n_errors;
	struct seccomp_data calls[CALLS];
	uint32_t wants[CALLS];
	struct outcome *outcomes; /* shared with the children */
	int file, pipe;
	uint64_t place[8];
};

static unsigned dice(uint64_t *random, unsigned sides)
{
	return (unsigned)(maker_random(random) % sides);
}

static uint64_t near_constant(uint64_t *random, const struct trial *trial)
{
	uint64_t value = trial->constants[dice(random, N_CONSTANTS)];

	if (dice(random, 3) == 0)
		value += dice(random, 3) - 1;
	if (dice(random, 4) == 0)
		value ^= (uint64_t)1 << dice(random, 64);
	return value;
}

static uint64_t random_arg(uint64_t *random, const struct trial *trial, enum domain domain)
{
	switch (domain) {
	case ANY:
		return near_constant(random, trial);
	case A_FILE:
		return (uint64_t)trial->file;
	case A_PIPE:
		return (uint64_t)trial->pipe;
	case A_PLACE:
		return (uintptr_t)trial->place;
	case F_CMDS:
	case REQUESTS:
	case OPTIONS:
		/* The upper half is nothing to the kernel, and must be nothing to us. */
		return lists[domain][dice(random, 5)] | (dice(random, 3) ? 0 : 0xdead00000000u);
	case NOTHING:
	case N_DOMAINS:
		break;
	}
	return 0;
}

/* As wide as the table of arguments has it, with a value that some calls have. */
static struct call_cond random_cond(uint64_t *random, const struct trial *trial, unsigned call,
				    uint8_t arg)
{
	const struct call_args *args = call_args_find(str_from(harmless[call].name));
	struct call_cond cond = {.arg = arg, .is_64 = call_arg_bits(&args->args[arg]) == 64};

	cond.op = (enum cond_op)dice(random, 8);
	cond.mask = near_constant(random, trial);
	cond.mask |= 1u << dice(random, 8);
	cond.value = random_arg(random, trial, harmless[call].args[arg]);
	if (!cond.is_64) {
		cond.mask &= UINT32_MAX;
		cond.value &= UINT32_MAX;
	}
	if (cond.op == COND_MASKED_EQ || cond.op == COND_MASKED_NE)
		cond.value &= cond.mask;
	return cond;
}

static void random_rule(uint64_t *random, struct trial *trial, unsigned call)
{
	static const enum ir_call_verdict verdicts[] = {IR_CALL_ALLOW, IR_CALL_ALLOW, IR_CALL_ALLOW,
							IR_CALL_ERRNO, IR_CALL_ERRNO, IR_CALL_ERRNO,
							IR_CALL_LOG,   IR_CALL_KILL};
	enum ir_call_verdict verdict = verdicts[dice(random, 8)];
	struct call_cond *conds = arena_alloc(maker_arena(), 6 * sizeof(*conds));
	uint32_t n = 0;

	for (uint8_t arg = 0; arg < 6 && harmless[call].args[arg] != NOTHING; arg++) {
		enum domain domain = harmless[call].args[arg];

		if (domain != A_FILE && domain != A_PIPE && domain != A_PLACE && dice(random, 2))
			conds[n++] = random_cond(random, trial, call, arg);
	}
	if (n == 0 && verdict != IR_CALL_ALLOW)
		return; /* it would hide every other rule */
	if (verdict == IR_CALL_ERRNO)
		maker_refuse_when(&trial->sandbox, harmless[call].name,
				  (uint16_t)(FIRST_ERROR + trial->n_errors++), conds, n);
	else
		maker_call(&trial->sandbox, harmless[call].name, verdict, conds, n);
}

static void random_policy(uint64_t *random, struct trial *trial)
{
	/* To end, and by the runtime of sanitizers. */
	static const char *const needed[] = {"exit_group", "mmap", "munmap", "write",
					     "sigaltstack"};
	static const uint64_t bases[] = {0,          1,           2,
					 0xff,       0x7fffffff,  0x80000000,
					 0xffffffff, 0x100000000, 0x8000000000000000,
					 UINT64_MAX};
	struct str wrong;

	for (unsigned i = 0; i < N_CONSTANTS; i++)
		trial->constants[i] = bases[dice(random, 10)];
	for (unsigned call = 0; call < N_HARMLESS; call++) {
		for (unsigned n = 1 + dice(random, MAX_RULES); n > 0; n--)
			random_rule(random, trial, call);
	}
	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		maker_call(&trial->sandbox, needed[i], IR_CALL_ALLOW, NULL, 0);
	cr_assert_eq(seccomp_assemble(maker_arena(), &trial->sandbox, ARCH_X86_64, &trial->program),
		     0);
	wrong = verify_filter(maker_arena(), &trial->sandbox, ARCH_X86_64, trial->program.insns,
			      trial->program.n);
	cr_assert_eq(wrong.len, 0, "%.*s", STR_ARG(wrong));
}

static void random_calls(uint64_t *random, struct trial *trial)
{
	for (unsigned i = 0; i < CALLS; i++) {
		struct seccomp_data *data = &trial->calls[i];
		unsigned call = dice(random, N_HARMLESS);
		uint64_t args[6];

		data->nr = syscall_number(str_from(harmless[call].name), ARCH_X86_64);
		for (unsigned a = 0; a < 6; a++)
			data->args[a] = args[a] = random_arg(random, trial, harmless[call].args[a]);
		trial->wants[i] = ir_call_verdict(&trial->sandbox, ARCH_X86_64, (uint32_t)data->nr,
						  args);
	}
}

/* ---- in a child ---- */

static void install(const struct bpf_program *program)
{
	struct sock_fprog prog = {.len = (unsigned short)program->n,
				  .filter = (struct sock_filter *)program->insns};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		_exit(99);
}

static void make_call(const struct trial *trial, unsigned i)
{
	const struct seccomp_data *data = &trial->calls[i];
	struct outcome *outcome = &trial->outcomes[i];

	errno = 0;
	outcome->result = syscall(data->nr, data->args[0], data->args[1], data->args[2],
				  data->args[3], data->args[4], data->args[5]);
	outcome->error = errno;
	outcome->made = true;
}

/* Every call but those that are to kill; or only one. */
static int in_child(struct trial *trial, bool filtered, int only)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (filtered)
			install(&trial->program);
		for (unsigned i = 0; i < CALLS; i++) {
			bool kills = trial->wants[i] == SECCOMP_RET_KILL_PROCESS;

			if (only >= 0 ? i == (unsigned)only : !filtered || !kills)
				make_call(trial, i);
		}
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- the comparison ---- */

static bool looks_refused(const struct outcome *outcome)
{
	return outcome->result == -1 && (outcome->error == EPERM || outcome->error == ENOSYS ||
					 outcome->error >= FIRST_ERROR);
}

static void expect_outcome(const struct trial *trial, unsigned i)
{
	const struct outcome *outcome = &trial->outcomes[i];
	const __u64 *args = trial->calls[i].args;
	uint32_t want = trial->wants[i];
	bool good = outcome->made && !looks_refused(outcome);

	if ((want & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		good = outcome->result == -1 && outcome->error == (int)(want & SECCOMP_RET_DATA);
	cr_expect(good, "call %d(%#llx, %#llx, %#llx, %#llx): %ld, error %d; want %#x",
		  trial->calls[i].nr, args[0], args[1], args[2], args[3], outcome->result,
		  outcome->error, want);
}

static unsigned try_kills(struct trial *trial)
{
	unsigned tried = 0;

	for (unsigned i = 0; i < CALLS && tried < MAX_KILLS; i++) {
		int status;

		if (trial->wants[i] != SECCOMP_RET_KILL_PROCESS)
			continue;
		status = in_child(trial, true, (int)i);
		cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "call %d: status %#x",
			  trial->calls[i].nr, (unsigned)status);
		tried++;
	}
	return tried;
}

static void set_up(struct trial *trial)
{
	static int ends[2];
	FILE *file = tmpfile();

	memset(trial, 0, sizeof(*trial));
	trial->outcomes = mmap(NULL, CALLS * sizeof(struct outcome), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert(file && trial->outcomes != MAP_FAILED && pipe(ends) == 0);
	trial->file = fileno(file);
	trial->pipe = ends[0];
}

Test(oracle_kernel, the_kernel_decides_as_the_ir_does, .timeout = 60)
{
	static struct trial trial;
	unsigned n[4] = {0}, kills = 0;
	uint64_t random = 4;

	for (unsigned round = 0; round < POLICIES; round++) {
		set_up(&trial);
		random_policy(&random, &trial);
		random_calls(&random, &trial);
		cr_assert_eq(in_child(&trial, false, -1), 0);
		for (unsigned i = 0; i < CALLS; i++)
			cr_assert_not(looks_refused(&trial.outcomes[i]),
				      "without a filter call %d fails with %d", trial.calls[i].nr,
				      trial.outcomes[i].error);
		memset(trial.outcomes, 0, CALLS * sizeof(struct outcome));
		cr_assert_eq(in_child(&trial, true, -1), 0);
		for (unsigned i = 0; i < CALLS; i++) {
			uint32_t want = trial.wants[i];

			n[want == SECCOMP_RET_ALLOW ? 0
			  : want == SECCOMP_RET_LOG ? 1
						    : 2] += want != SECCOMP_RET_KILL_PROCESS;
			if (want != SECCOMP_RET_KILL_PROCESS)
				expect_outcome(&trial, i);
		}
		kills += try_kills(&trial);
	}
	fprintf(stderr,
		"%d filters in the kernel: %u calls let through, %u and logged, %u refused with "
		"the very error they should be, %u killed\n",
		POLICIES, n[0], n[1], n[2], kills);
	cr_expect(n[0] > 300 && n[1] > 50 && n[2] > 1000 && kills > 100);
}

/* ---- the other ABIs of the machine ---- */

static long x32_getpid(void)
{
	return syscall(0x40000000 | SYS_getpid);
}

static long i386_getpid(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
	return result;
}

static int abi_status(const struct bpf_program *program, long (*call)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (program)
			install(program);
		_exit(call() > 0 ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* A filter that lets every call through which has a name. */
Test(oracle_kernel, calls_of_other_abis_die)
{
	static const struct {
		const char *name;
		long (*call)(void);
	} abis[] = {{"x32", x32_getpid}, {"int 0x80", i386_getpid}};
	struct ir_sandbox sandbox = {0};
	struct bpf_program program;

	for (uint32_t nr = 0; nr < syscall_limit(ARCH_X86_64); nr++) {
		struct str name = syscall_name(ARCH_X86_64, nr);

		if (name.ptr)
			maker_call(&sandbox, name.ptr, IR_CALL_ALLOW, NULL, 0);
	}
	cr_assert_eq(seccomp_assemble(maker_arena(), &sandbox, ARCH_X86_64, &program), 0);
	for (unsigned i = 0; i < 2; i++) {
		int without = abi_status(NULL, abis[i].call);
		int with = abi_status(&program, abis[i].call);

		fprintf(stderr, "%s without a filter: %s\n", abis[i].name,
			without == 0         ? "works"
			: WIFEXITED(without) ? "fails; the kernel does not have it"
					     : "kills; the kernel does not have it");
		cr_expect_not(WIFSIGNALED(without) && WTERMSIG(without) == SIGSYS);
		/* Where the kernel has no int 0x80 it is a fault before any filter. */
		cr_expect(WIFSIGNALED(with) &&
			  (WTERMSIG(with) == SIGSYS ||
			   (WIFSIGNALED(without) && WTERMSIG(with) == WTERMSIG(without))));
	}
}
#endif
