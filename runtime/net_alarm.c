/*
 * See net_alarm.h. A tool shares the flags of the sockets that it has, and may clear O_NONBLOCK or
 * set SO_LINGER on one while the keeper connects or closes its copy of it. A signal with a handler
 * is what ends such a wait; libc's way to install one is not for the keeper (raw.h).
 */
#include "runtime/net_alarm.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "runtime/kernel_abi.h"
#include "runtime/raw.h"

#define EVERY_US 5000

/* The kernel's struct sigaction, of three layouts (<asm/signal.h>). */
struct sigaction_abi {
	void (*handler)(int number);
	unsigned long flags;
#if !defined(__riscv)
	void (*restorer)(void);
#endif
	unsigned long mask;
};

/* Elsewhere the kernel brings a handler's way back along (vdso(7)). */
#if defined(__x86_64__)
#define KERNEL_SA_RESTORER 0x04000000ul
void net_alarm_return(void);
__asm__(".pushsection .text\n"
	".hidden net_alarm_return\n"
	".globl net_alarm_return\n"
	".type net_alarm_return, @function\n"
	"net_alarm_return:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n"
	".size net_alarm_return, . - net_alarm_return\n"
	".popsection\n");
#endif

static void interrupt(int number)
{
	(void)number;
}

int net_alarm_init(void)
{
	static const unsigned long long alarm = 1ull << (SIGALRM - 1);
	const struct sigaction_abi action = {
		.handler = interrupt,
#if defined(__x86_64__)
		.flags = KERNEL_SA_RESTORER,
		.restorer = net_alarm_return,
#endif
	};
	int rc = (int)RAW(SYS_rt_sigaction, SIGALRM, &action, NULL, KERNEL_SIGSET_SIZE);

	return rc ? rc
		  : (int)RAW(SYS_rt_sigprocmask, SIG_UNBLOCK, &alarm, NULL, KERNEL_SIGSET_SIZE);
}

void net_alarm_set(bool on)
{
	const struct timeval every = {0, on ? EVERY_US : 0};
	const struct itimerval timer = {every, every};

	(void)RAW(SYS_setitimer, ITIMER_REAL, &timer, NULL);
}
