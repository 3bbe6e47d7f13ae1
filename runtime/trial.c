/*
 * See trial.h. The child is made as a launch makes its own: it shares our memory while this thread
 * is suspended. So a handler of the caller's must not run in it, nor a cancellation.
 */
#include "runtime/trial.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stddef.h>
#include <sys/wait.h>

#include "runtime/kernel_abi.h"

#define STACK_BYTES 8192

bool trial_works(int flags, int (*what)(void *), void *arg)
{
	alignas(16) char stack[STACK_BYTES];
	int status = 0;
	sigset_t all;
	sigset_t before;
	int cancel;
	pid_t pid;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = clone(what, stack + STACK_BYTES, KERNEL_CLONE_VM | KERNEL_CLONE_VFORK | flags, arg);
	if (pid > 0 && waitpid(pid, &status, KERNEL_WALL) != pid)
		status = -1;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_setcancelstate(cancel, NULL);
	return pid > 0 && status == 0;
}
