/*
 * See steps.h. With the trap flag set the processor raises a debug exception after each
 * instruction, which the kernel makes a SIGTRAP of (Intel SDM, volume 3, 18.3.1.4); the handler
 * runs without the flag, and returning from it sets it again.
 */
#include "support/steps.h"

#include <signal.h>
#include <string.h>

#define SLACK 300 /* a page more or less, a copy that is aligned or is not */

#ifdef __x86_64__
#include <x86intrin.h>

#define TRAP_FLAG 0x100u

static volatile long n_steps;

static void count(int number)
{
	(void)number;
	n_steps++;
}

long steps_of(void (*run)(const void *context), const void *context)
{
	struct sigaction counting = {.sa_handler = count};
	struct sigaction before;

	run(context);
	if (sigaction(SIGTRAP, &counting, &before))
		return -1;
	n_steps = 0;
	__writeeflags(__readeflags() | TRAP_FLAG);
	run(context);
	__writeeflags(__readeflags() & ~(unsigned long long)TRAP_FLAG);
	(void)sigaction(SIGTRAP, &before, NULL);
	return n_steps ? n_steps : -1;
}
#else
long steps_of(void (*run)(const void *context), const void *context)
{
	run(context);
	return -1;
}
#endif

int steps_are_linear(const long steps[3])
{
	return (steps[2] - steps[1]) * 2 <= (steps[1] - steps[0]) * 5 + SLACK;
}
