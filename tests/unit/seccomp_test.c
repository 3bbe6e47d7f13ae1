#include <criterion/criterion.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/seccomp.h"
#include "support/filter_judge.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

#define ALLOW    SECCOMP_RET_ALLOW
#define KILL     SECCOMP_RET_KILL_PROCESS
#define FAILS(e) (SECCOMP_RET_ERRNO | (e))

static struct bpf_program assemble(const struct ir_sandbox *sandbox, enum arch arch)
{
	struct bpf_program program = {0};
	struct str wrong;

	cr_assert_eq(seccomp_assemble(maker_arena(), sandbox, arch, &program), 0);
	wrong = verify_filter(maker_arena(), sandbox, arch, program.insns, program.n);
	cr_assert_eq(wrong.len, 0, "%.*s", STR_ARG(wrong));
	cr_assert(judge_is_lean(sandbox, arch, program.insns));
	return program;
}

static uint32_t verdict(const struct bpf_program *program, enum arch arch, const char *name,
			uint64_t a0, uint64_t a1)
{
	struct seccomp_data data = {.nr = syscall_number(str_from(name), arch),
				    .arch = arch_info(arch)->audit_arch,
				    .args = {a0, a1}};

	cr_assert_geq(data.nr, 0, "%s", name);
	return bpf_run(program->insns, &data, NULL);
}

static uint32_t verdict2(const struct bpf_program *program, const char *name, uint64_t a2)
{
	struct seccomp_data data = {.nr = syscall_number(str_from(name), ARCH_X86_64),
				    .arch = AUDIT_ARCH_X86_64,
				    .args = {0, 0, a2}};

	return bpf_run(program->insns, &data, NULL);
}

Test(seccomp, an_empty_policy_refuses_everything)
{
	struct ir_sandbox sandbox = {0};
	struct bpf_program program = assemble(&sandbox, ARCH_X86_64);

	cr_assert_eq(verdict(&program, ARCH_X86_64, "read", 0, 0), FAILS(EPERM));
	cr_assert_eq(verdict(&program, ARCH_X86_64, "clone3", 0, 0), FAILS(ENOSYS));
}

Test(seccomp, other_architectures_and_x32_die_and_unknown_numbers_are_enosys)
{
	struct ir_sandbox sandbox = {0};
	struct bpf_program program;
	struct seccomp_data data = {.nr = 0, .arch = AUDIT_ARCH_I386};

	maker_group(&sandbox, "@default");
	program = assemble(&sandbox, ARCH_X86_64);
	cr_assert_eq(bpf_run(program.insns, &data, NULL), KILL);
	data.arch = AUDIT_ARCH_X86_64;
	cr_assert_eq(bpf_run(program.insns, &data, NULL), ALLOW);
	data.nr = 0x40000000;
	cr_assert_eq(bpf_run(program.insns, &data, NULL), KILL);
	data.nr = -1;
	cr_assert_eq(bpf_run(program.insns, &data, NULL), KILL);
	data.nr = 400;
	cr_assert_eq(bpf_run(program.insns, &data, NULL), FAILS(ENOSYS));
	data.nr = 0x3fffffff;
	cr_assert_eq(bpf_run(program.insns, &data, NULL), FAILS(ENOSYS));
}

Test(seccomp, kill_beats_errno_beats_notify_beats_log_beats_allow_in_any_order)
{
	static const struct call_cond is_one = {.arg = 0, .op = COND_EQ, .value = 1};
	static const struct call_cond is_two = {.arg = 0, .op = COND_EQ, .value = 2};
	struct ir_sandbox sandbox = {0};
	struct bpf_program program;

	maker_call(&sandbox, "dup", IR_CALL_ALLOW, NULL, 0);
	maker_call(&sandbox, "dup", IR_CALL_ERRNO, &is_one, 1);
	maker_call(&sandbox, "dup", IR_CALL_KILL, &is_two, 1);
	maker_call(&sandbox, "sync", IR_CALL_ALLOW, NULL, 0);
	maker_call(&sandbox, "sync", IR_CALL_LOG, NULL, 0);
	maker_call(&sandbox, "fsync", IR_CALL_LOG, NULL, 0);
	maker_call(&sandbox, "fsync", IR_CALL_ERRNO, &is_one, 1);
	maker_call(&sandbox, "mount", IR_CALL_NOTIFY, NULL, 0);
	maker_call(&sandbox, "mount", IR_CALL_LOG, NULL, 0);
	maker_call(&sandbox, "mount", IR_CALL_ERRNO, &is_one, 1);
	maker_refuse(&sandbox, "close", ENOENT);
	maker_refuse(&sandbox, "close", EACCES);
	maker_call(&sandbox, "close", IR_CALL_ALLOW, NULL, 0);
	program = assemble(&sandbox, ARCH_AARCH64);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "dup", 0, 0), ALLOW);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "dup", 1, 0), FAILS(EPERM));
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "dup", 2, 0), KILL);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "dup", (1ull << 32) | 2, 0), KILL);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "close", 0, 0), FAILS(ENOENT));
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "sync", 0, 0), SECCOMP_RET_LOG);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "fsync", 0, 0), SECCOMP_RET_LOG);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "fsync", 1, 0), FAILS(EPERM));
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "mount", 0, 0), SECCOMP_RET_USER_NOTIF);
	cr_assert_eq(verdict(&program, ARCH_AARCH64, "mount", 1, 0), FAILS(EPERM));
}

/* What @default says of calls whose arguments matter. */
static const struct {
	const char *name;
	uint64_t a0, a1;
	uint32_t want;
} default_cases[] = {
	{"clone", 0x01200011, 0, ALLOW},
	{"clone", 0x10000000, 0, FAILS(EPERM)},
	{"clone", 0xdead000001200011, 0, ALLOW},
	{"chmod", 0, 0755, ALLOW},
	{"chmod", 0, 04755, FAILS(EPERM)},
	{"chmod", 0, 02755, FAILS(EPERM)},
	{"mknod", 0, 0100644, ALLOW},
	{"mknod", 0, 010644, ALLOW},
	{"mknod", 0, 0104755, FAILS(EPERM)},
	{"mknod", 0, 020644, FAILS(EPERM)},
	{"mknod", 0, 060644, FAILS(EPERM)},
	{"mknod", 0, 0140644, FAILS(EPERM)},
	{"open", 0, 0x241, ALLOW},
	{"open", 0, 0x242, ALLOW},
	{"open", 0, 0x80000, ALLOW},
	{"open", 0, 0x200, FAILS(EPERM)},
	{"open", 0, 0x203, FAILS(EPERM)},
	{"ioctl", 0, 0x5401, ALLOW},
	{"ioctl", 0, 0x5412, FAILS(EPERM)},
	{"ioctl", 0, 0x100005412, FAILS(EPERM)},
	{"ioctl", 0, 0x541c, FAILS(EPERM)},
	{"memfd_create", 0, 0, FAILS(EPERM)},
	{"memfd_create", 0, 9, ALLOW},
	{"socketpair", 1, 0x80001, ALLOW},
	{"socketpair", 1, 5, ALLOW},
	{"socketpair", 1, 2, FAILS(EPERM)},
	{"socketpair", 2, 1, FAILS(EPERM)},
	{"prctl", 15, 0, ALLOW},
	{"prctl", 4, 0, ALLOW},
	{"prctl", 4, 1, FAILS(EPERM)},
	{"prctl", 4, 1ull << 32, FAILS(EPERM)},
	{"prctl", 0x59616d61, 1, FAILS(EPERM)},
	{"prctl", 35, 0, FAILS(EPERM)},
	{"personality", 0, 0, ALLOW},
	{"personality", 0xffffffff, 0, ALLOW},
	{"personality", 0x40000, 0, FAILS(EPERM)},
	{"prlimit64", 0, 0, ALLOW},
	{"prlimit64", 1, 0, FAILS(EPERM)},
	{"setpriority", 0, 0, ALLOW},
	{"setpriority", 0, 7, FAILS(EPERM)},
	{"setpriority", 1, 0, FAILS(EPERM)},
	{"seccomp", 1, 0, ALLOW},
	{"seccomp", 1, 8, FAILS(EPERM)},
	{"seccomp", 2, 0, ALLOW},
	{"ptrace", 0, 0, FAILS(EPERM)},
	{"setsid", 0, 0, FAILS(EPERM)},
	{"socket", 1, 1, FAILS(EPERM)},
	{"io_uring_setup", 1, 0, FAILS(EPERM)},
	{"unshare", 0x10000000, 0, FAILS(EPERM)},
};

Test(seccomp, the_default_group_judges_arguments)
{
	struct ir_sandbox sandbox = {0};
	struct bpf_program program;

	maker_group(&sandbox, "@default");
	program = assemble(&sandbox, ARCH_X86_64);
	for (size_t i = 0; i < sizeof(default_cases) / sizeof(default_cases[0]); i++)
		cr_expect_eq(verdict(&program, ARCH_X86_64, default_cases[i].name,
				     default_cases[i].a0, default_cases[i].a1),
			     default_cases[i].want, "%s(%#lx, %#lx)", default_cases[i].name,
			     (unsigned long)default_cases[i].a0,
			     (unsigned long)default_cases[i].a1);
	cr_expect_eq(verdict2(&program, "openat", 0x241), ALLOW);
	cr_expect_eq(verdict2(&program, "openat", 0x200), FAILS(EPERM));
	cr_expect_eq(verdict2(&program, "openat", 0x203), FAILS(EPERM));
	cr_expect_eq(verdict2(&program, "fchmodat", 04000), FAILS(EPERM));
	cr_expect_eq(verdict2(&program, "fchmodat", 0644), ALLOW);
}

/* What a launch pays for: the length, and the depth over all numbers. */
Test(seccomp, the_default_filter_is_short_and_shallow)
{
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		struct ir_sandbox sandbox = {0};
		struct bpf_program program;
		unsigned deepest = 0, total = 0;

		maker_group(&sandbox, "@default");
		program = assemble(&sandbox, (enum arch)a);
		for (int nr = 0; nr < 512; nr++) {
			struct seccomp_data data = {.nr = nr,
						    .arch = arch_info((enum arch)a)->audit_arch};
			struct bpf_trace trace;

			bpf_run(program.insns, &data, &trace);
			deepest = trace.steps > deepest ? trace.steps : deepest;
			total += trace.steps;
		}
		fprintf(stderr, "%s: %u instructions, mean depth %.1f, deepest %u\n",
			arch_info((enum arch)a)->name, program.n, total / 512.0, deepest);
		cr_expect_leq(program.n, 240u);
		cr_expect_leq(total / 512, 12u);
	}
}

static const char *random_name(uint64_t *random, enum arch arch)
{
	struct str name;

	do
		name = syscall_name(arch, (uint32_t)(maker_random(random) % syscall_limit(arch)));
	while (!name.ptr);
	return name.ptr;
}

static struct call_cond random_cond(uint64_t *random)
{
	static const uint64_t interesting[] = {
		0,          1,      2,   0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		UINT64_MAX, 0x5412, 0xff};
	struct call_cond cond = {.arg = (uint8_t)(maker_random(random) % 6),
				 .is_64 = maker_random(random) & 1,
				 .op = (enum cond_op)(maker_random(random) % 8)};

	cond.mask = interesting[maker_random(random) % 10] ^ (maker_random(random) & 0xf);
	cond.value = interesting[maker_random(random) % 10];
	if (!cond.is_64) {
		cond.mask &= UINT32_MAX;
		cond.value &= UINT32_MAX;
	}
	if (maker_random(random) & 1)
		cond.value &= cond.mask;
	return cond;
}

/* verify_filter() is the comparison; assemble() asserts it. */
Test(seccomp, generated_policies_mean_what_the_ir_says, .timeout = 120)
{
	uint64_t random = 1;

	for (unsigned round = 0; round < 60; round++) {
		struct ir_sandbox sandbox = {0};
		enum arch arch = (enum arch)(round % ARCH__COUNT);
		unsigned n_rules = (unsigned)(maker_random(&random) % 200);

		for (unsigned i = 0; i < n_rules; i++) {
			uint32_t n = (uint32_t)(maker_random(&random) % 4);
			struct call_cond *conds = arena_alloc(maker_arena(),
							      4 * sizeof(struct call_cond));

			for (uint32_t c = 0; c < n; c++)
				conds[c] = random_cond(&random);
			/* Few names, so that rules overlap. */
			maker_call(&sandbox,
				   i % 3 ? random_name(&random, arch)
					 : (const char *[]){"read", "mmap", "close"}[i / 3 % 3],
				   (enum ir_call_verdict)(maker_random(&random) % 5), conds, n);
		}
		(void)assemble(&sandbox, arch);
	}
}

Test(seccomp, long_chains_cross_the_reach_of_a_jump)
{
	struct ir_sandbox sandbox = {0};
	struct bpf_program program;

	maker_group(&sandbox, "@default");
	for (uint32_t i = 0; i < 700; i++) {
		struct call_cond *cond = arena_new(maker_arena(), struct call_cond);

		*cond = (struct call_cond){.arg = 1, .op = COND_EQ, .value = 3 * i};
		maker_call(&sandbox, i % 2 ? "bpf" : "keyctl", i % 5 ? IR_CALL_ALLOW : IR_CALL_KILL,
			   cond, 1);
	}
	program = assemble(&sandbox, ARCH_X86_64);
	cr_assert_gt(program.n, 700u);
	cr_assert_eq(verdict(&program, ARCH_X86_64, "bpf", 0, 3 * 695), KILL);
	cr_assert_eq(verdict(&program, ARCH_X86_64, "bpf", 0, 3 * 697), ALLOW);
	cr_assert_eq(verdict(&program, ARCH_X86_64, "bpf", 0, 4), FAILS(EPERM));
}

Test(seccomp, a_filter_the_kernel_would_not_take_is_an_error)
{
	struct ir_sandbox sandbox = {0};
	struct bpf_program program;

	for (uint32_t i = 0; i < 5000; i++) {
		struct call_cond *cond = arena_new(maker_arena(), struct call_cond);

		*cond = (struct call_cond){.arg = 1, .op = COND_EQ, .value = 3 * i};
		vec_add(maker_arena(), &sandbox.calls,
			((struct ir_call){STR("bpf"), IR_CALL_ALLOW, 0, cond, 1, false}));
	}
	cr_assert_eq(seccomp_assemble(maker_arena(), &sandbox, ARCH_X86_64, &program), -1);
}

Test(seccomp, a_repeated_group_costs_nothing)
{
	struct ir_sandbox once = {0}, thrice = {0};

	maker_group(&once, "@default");
	for (int i = 0; i < 3; i++)
		maker_group(&thrice, "@default");
	cr_assert_eq(assemble(&once, ARCH_X86_64).n, assemble(&thrice, ARCH_X86_64).n);
}

Test(seccomp, equal_policies_give_equal_bytes)
{
	struct ir_sandbox a = {0}, b = {0};
	struct bpf_program pa, pb;

	maker_group(&a, "@default");
	maker_group(&b, "@default");
	pa = assemble(&a, ARCH_X86_64);
	pb = assemble(&b, ARCH_X86_64);
	cr_assert_eq(pa.n, pb.n);
	cr_assert_eq(memcmp(pa.insns, pb.insns, pa.n * sizeof(*pa.insns)), 0);
}

/* The program that libseccomp makes of the same names, for every number and two architectures. */
static struct bpf_program libseccomp_program(const struct ir_sandbox *sandbox, uint32_t scmp_arch)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct bpf_program program = {0};
	int fd = memfd_create("filter", 0);

	cr_assert_not_null(ctx);
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
	cr_assert_eq(seccomp_arch_add(ctx, scmp_arch), 0);
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];
		/* libseccomp takes this machine's number, or a pseudo number, and translates. */
		int nr = seccomp_syscall_resolve_name(call->name.ptr);
		uint32_t action = call->verdict == IR_CALL_ALLOW  ? SCMP_ACT_ALLOW
				  : call->verdict == IR_CALL_KILL ? SCMP_ACT_KILL_PROCESS
								  : SCMP_ACT_ERRNO(call->error);

		/* A call without a number here, or a rule that says no more than the default. */
		if (seccomp_syscall_resolve_name_arch(scmp_arch, call->name.ptr) >= 0 &&
		    action != SCMP_ACT_ERRNO(EPERM))
			cr_assert_eq(seccomp_rule_add(ctx, action, nr, 0), 0, "%s", call->name.ptr);
	}
	cr_assert_eq(seccomp_export_bpf(ctx, fd), 0);
	program.n = (uint32_t)((size_t)lseek(fd, 0, SEEK_END) / sizeof(*program.insns));
	program.insns = arena_alloc(maker_arena(), program.n * sizeof(*program.insns));
	cr_assert_eq(pread(fd, program.insns, program.n * sizeof(*program.insns), 0),
		     (ssize_t)(program.n * sizeof(*program.insns)));
	close(fd);
	seccomp_release(ctx);
	return program;
}

Test(seccomp, libseccomp_agrees_on_policies_of_names)
{
	static const uint32_t scmp_archs[] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64,
					      SCMP_ARCH_RISCV64};
	uint64_t random = 7;

	for (unsigned round = 0; round < 40; round++) {
		enum arch arch = (enum arch)(round % ARCH__COUNT);
		struct ir_sandbox sandbox = {0};
		struct bpf_program ours, theirs;

		for (uint32_t nr = 0; nr < syscall_limit(arch); nr++) {
			unsigned dice = (unsigned)(maker_random(&random) % 6);
			struct str name = syscall_name(arch, nr);

			if (!name.ptr || dice < 2)
				continue;
			if (dice == 2)
				maker_refuse(&sandbox, name.ptr, (uint16_t)(nr % 40 + 1));
			else
				maker_call(&sandbox, name.ptr,
					   dice == 3 ? IR_CALL_KILL : IR_CALL_ALLOW, NULL, 0);
		}
		ours = assemble(&sandbox, arch);
		theirs = libseccomp_program(&sandbox, scmp_archs[arch]);
		for (uint32_t nr = 0; nr < syscall_limit(arch); nr++) {
			struct seccomp_data data = {.nr = (int)nr,
						    .arch = arch_info(arch)->audit_arch};

			/* Where they differ on purpose: no name, or clone3. */
			if (!syscall_name(arch, nr).ptr || nr == 435)
				continue;
			cr_assert_eq(bpf_run(ours.insns, &data, NULL),
				     bpf_run(theirs.insns, &data, NULL), "%s",
				     syscall_name(arch, nr).ptr);
		}
	}
}

#if defined(__x86_64__)
static int child_status(void (*body)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		body();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static struct bpf_program installed;

static void install(void)
{
	struct sock_fprog prog = {.len = (unsigned short)installed.n,
				  .filter = (struct sock_filter *)installed.insns};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		_exit(99);
}

static void calls_in_filter(void)
{
	install();
	if (syscall(SYS_getppid) <= 0)
		_exit(1);
	if (syscall(SYS_ptrace, 0, 0, 0, 0) != -1 || errno != EPERM)
		_exit(2);
	if (syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS)
		_exit(3);
	if (syscall(SYS_socket, 1, 1, 0) != -1 || errno != EPERM)
		_exit(4);
	if (syscall(400) != -1 || errno != ENOSYS)
		_exit(5);
}

static void x32_in_filter(void)
{
	install();
	syscall(0x40000000 | SYS_getpid);
}

static void int80_in_filter(void)
{
	long result;

	install();
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
	(void)result;
}

Test(seccomp, the_kernel_takes_the_filter_and_does_as_it_says)
{
	struct ir_sandbox sandbox = {0};
	int status;

	maker_group(&sandbox, "@default");
	installed = assemble(&sandbox, ARCH_X86_64);
	status = child_status(calls_in_filter);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0, "step %d", WEXITSTATUS(status));
	status = child_status(x32_in_filter);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	status = child_status(int80_in_filter);
	cr_assert(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS));
}
#endif

static void arguments_in_filter(void)
{
	install();
	if (prctl(PR_SET_NAME, "x", 0, 0, 0) != -1 || errno != EACCES)
		_exit(1);
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) < 0)
		_exit(2);
	if (syscall(SYS_getppid) <= 0)
		_exit(3);
	if (syscall(SYS_getpriority, 0, 7) != -1 || errno != EPERM)
		_exit(4);
	if (syscall(SYS_getpriority, 0, 0) < 0)
		_exit(5);
	if (syscall(SYS_getpriority, 0, -1) != -1 || errno != ESRCH)
		_exit(6);
}

static void kill_in_filter(void)
{
	install();
	syscall(SYS_kcmp, 0, 0, 1, 0, 0);
}

Test(seccomp, the_kernel_judges_arguments_too)
{
	int status;

	installed = assemble(policy_sandbox("sandbox s { syscalls { allow @default, kcmp;\n"
					    "  allow getppid log;\n"
					    "  deny prctl(option == PR_SET_NAME) errno EACCES;\n"
					    "  deny getpriority(who > 6);\n"
					    "  deny kcmp(type == KCMP_VM) kill; } }"),
			     ARCH_X86_64);
	status = child_status(arguments_in_filter);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0, "step %d", WEXITSTATUS(status));
	status = child_status(kill_in_filter);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
