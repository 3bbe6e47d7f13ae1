/*
 * No libc wraps clone3, and none could in C: the child returns from the system call on another
 * stack, where there is no frame to return to. Their clone keeps an errno, which a keeper has none
 * of. So the few instructions until the child calls are written out, by architecture: where the
 * system call returns 0, call, and trap should that return.
 */
#include "runtime/task.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "runtime/kernel_abi.h"

/* What the child calls, with what. */
struct entry {
	int (*run)(void *arg);
	void *arg;
};

#if defined(__x86_64__)
static long enter(long number, const long args[5], const struct entry *entry)
{
	register long r10 __asm__("r10") = args[3];
	register long r8 __asm__("r8") = args[4];
	long result = number;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[run]\n\t"
			 "ud2\n"
			 "1:"
			 : "+a"(result)
			 : "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10),
			   "r"(r8), [run] "r"(entry->run), [arg] "r"(entry->arg)
			 : "rcx", "r11", "cc", "memory");
	return result;
}
#elif defined(__aarch64__)
static long enter(long number, const long args[5], const struct entry *entry)
{
	register long x0 __asm__("x0") = args[0];
	register long x1 __asm__("x1") = args[1];
	register long x2 __asm__("x2") = args[2];
	register long x3 __asm__("x3") = args[3];
	register long x4 __asm__("x4") = args[4];
	register long x8 __asm__("x8") = number;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x0, %[arg]\n\t"
			 "blr %[run]\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			   "r"(x8), [run] "r"(entry->run), [arg] "r"(entry->arg)
			 : "cc", "memory");
	return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
static long enter(long number, const long args[5], const struct entry *entry)
{
	register long a0 __asm__("a0") = args[0];
	register long a1 __asm__("a1") = args[1];
	register long a2 __asm__("a2") = args[2];
	register long a3 __asm__("a3") = args[3];
	register long a4 __asm__("a4") = args[4];
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall\n\t"
			 "bnez a0, 1f\n\t"
			 "mv a0, %[arg]\n\t"
			 "jalr %[run]\n\t"
			 "ebreak\n"
			 "1:"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4),
			   "r"(a7), [run] "r"(entry->run), [arg] "r"(entry->arg)
			 : "ra", "memory");
	return a0;
}
#endif

static long clone_into(const struct task_request *request, const struct entry *entry)
{
	const struct clone_args_abi abi = {
		.flags = request->flags | KERNEL_CLONE_INTO_CGROUP,
		.pidfd = (uintptr_t)request->pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)request->stack,
		.stack_size = request->stack_bytes,
		.tls = (uintptr_t)request->tls,
		.cgroup = (uint64_t)request->cgroup,
	};
	const long args[5] = {(long)&abi, sizeof(abi)};

	return enter(KERNEL_NR_CLONE3, args, entry);
}

int task_clone(const struct task_request *request, int (*run)(void *arg), void *arg)
{
	const struct entry entry = {.run = run, .arg = arg};
	const long args[5] = {
		(long)(request->flags | SIGCHLD),
		(long)(request->stack + request->stack_bytes),
		(long)request->pidfd,
	/* The last two are the other way round on x86_64 (clone(2)). */
#if defined(__x86_64__)
		0,
		(long)request->tls,
#else
		(long)request->tls,
		0,
#endif
	};

	return (int)(request->cgroup >= 0 ? clone_into(request, &entry)
					  : enter(SYS_clone, args, &entry));
}
