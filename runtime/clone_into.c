/*
 * No libc wraps clone3, and none could in C: the child returns from the system call on another
 * stack, where there is no frame to return to. So the few instructions until it calls are written
 * out, by architecture: in the child, where the system call returns 0, call, and trap should that
 * return.
 */
#include "runtime/clone_into.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "runtime/kernel_abi.h"

#if defined(__x86_64__)
static long clone3(const struct clone_args_abi *args, int (*run)(void *), void *arg)
{
	long result = KERNEL_NR_CLONE3;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[run]\n\t"
			 "ud2\n"
			 "1:"
			 : "+a"(result)
			 : "D"(args), "S"(sizeof(*args)), [run] "r"(run), [arg] "r"(arg)
			 : "rcx", "r11", "cc", "memory");
	return result;
}
#elif defined(__aarch64__)
static long clone3(const struct clone_args_abi *args, int (*run)(void *), void *arg)
{
	register long x0 __asm__("x0") = (long)args;
	register unsigned long x1 __asm__("x1") = sizeof(*args);
	register long x8 __asm__("x8") = KERNEL_NR_CLONE3;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x0, %[arg]\n\t"
			 "blr %[run]\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x1), "r"(x8), [run] "r"(run), [arg] "r"(arg)
			 : "cc", "memory");
	return x0;
}
#endif

pid_t clone_into(const struct clone_request *request, int (*run)(void *arg), void *arg)
{
	const struct clone_args_abi args = {
		.flags = request->flags | KERNEL_CLONE_INTO_CGROUP,
		.pidfd = (uintptr_t)request->pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)request->stack,
		.stack_size = request->stack_bytes,
		.cgroup = (uint64_t)request->cgroup,
	};
	long result = clone3(&args, run, arg);

	if (result >= 0)
		return (pid_t)result;
	errno = (int)-result;
	return -1;
}
