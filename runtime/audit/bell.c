/*
 * A futex. Who waits announces itself and then looks at what it waits for; who rings has changed
 * that and then looks for announcements. All four are in one order, so one of the two sees the
 * other.
 */
#include "runtime/audit/bell.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000u

uint32_t bell_attend(struct bell *bell)
{
	atomic_fetch_add(&bell->waiters, 1);
	return atomic_load(&bell->rung);
}

void bell_wait(struct bell *bell, uint32_t seen, uint64_t timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / NS),
		.tv_nsec = (long)(timeout_ns % NS),
	};

	(void)syscall(SYS_futex, &bell->rung, FUTEX_WAIT_PRIVATE, seen,
		      timeout_ns ? &timeout : NULL, NULL, 0);
}

void bell_leave(struct bell *bell)
{
	atomic_fetch_sub(&bell->waiters, 1);
}

void bell_ring(struct bell *bell)
{
	if (!atomic_load(&bell->waiters))
		return;
	atomic_fetch_add(&bell->rung, 1);
	(void)syscall(SYS_futex, &bell->rung, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
