/*
 * What the broker may open is what the command may: so the keeper enters the sandbox itself, once
 * it has mounted what there is to mount. The command is then confined once more, by the same
 * ruleset: a process in the inner of two Landlock domains can neither trace nor signal one in the
 * outer, and the other way round it can be read (landlock(7), "Ptrace restrictions").
 *
 * The listener comes into being in the command, which shares its table of descriptors with the
 * keeper until it is executed; then it has a copy, in which the listener is closed.
 */
#include "runtime/keeper_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/broker.h"
#include "runtime/fd.h"
#include "runtime/landlock.h"
#include "runtime/launch.h"
#include "runtime/net_alarm.h"
#include "runtime/net_gate.h"
#include "runtime/privilege.h"
#include "runtime/raw.h"

int keeper_broker_confine(struct keeper *keeper)
{
	struct launch *launch = keeper->launch;
	int rc;

	if (!keeper->broker)
		return 0;
	rc = privilege_drop_but_saved(launch->privileged, &launch->sandbox->user);
	/* The command has none to drop any more, and could not: but for the saved user. */
	launch->privileged = false;
	if (!rc)
		rc = privilege_no_new();
	return rc || launch->ruleset < 0 ? rc : landlock_enter(launch->ruleset);
}

int keeper_broker_open(struct keeper *keeper)
{
	struct broker *broker = keeper->broker;
	struct launch *launch = keeper->launch;
	int rc;

	if (!broker)
		return 0;
	launch->has_broker = true;
	launch->kept[0] = keeper->ends[1];
	launch->kept[1] = broker->proc = -1;
	launch->kept[2] = broker->fds = -1;
	if (!launch->sandbox->has_broker && !launch->sandbox->net.needs_proc)
		return 0;
	/* The command's standard input and output are ours as well, once they are set. */
	broker->proc =
		fd_raise((int)RAW(SYS_openat, AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (broker->proc < 0)
		return broker->proc;
	rc = broker_init(broker);
	if (!rc) {
		broker->fds = fd_raise(broker->fds);
		rc = broker->fds < 0 ? broker->fds : 0;
	}
	launch->kept[1] = broker->proc;
	launch->kept[2] = broker->fds;
	return rc;
}

int keeper_broker_listen(struct keeper *keeper)
{
	int rc;

	if (!keeper->broker)
		return 0;
	rc = broker_listen(keeper->broker, keeper->launch->listener);
	if (rc || !keeper->broker->gate)
		return rc;
	/* The command does not use it any more once it is executed, and calls nobody before. */
	net_gate_lend(keeper->broker->gate, keeper->memory + KEEPER_PART_BYTES, KEEPER_PART_BYTES);
	return net_alarm_init();
}

void keeper_broker_end(const struct keeper *keeper)
{
	if (keeper->broker && keeper->broker->gate)
		net_gate_end(keeper->broker->gate);
}

void keeper_broker_finish(const struct keeper *keeper)
{
	if (keeper->broker && keeper->broker->gate)
		net_gate_finish(keeper->broker->gate);
}

bool keeper_broker_has_ended(const struct keeper *keeper)
{
	return !keeper->broker || !keeper->broker->gate || net_gate_has_ended(keeper->broker->gate);
}

/* As ppoll(2). */
static long await_calls(struct broker *broker, struct pollfd *fds)
{
	const struct timespec *pause = broker_fifo_pause(&broker->fifos);

	if (broker->gate)
		return net_gate_wait(broker->gate, broker, fds, pause);
	return RAW(SYS_ppoll, fds, 2, pause, NULL, KERNEL_SIGSET_SIZE);
}

bool keeper_broker_serve(const struct keeper *keeper)
{
	struct pollfd fds[2] = {{.fd = keeper->signals, .events = POLLIN},
				{.fd = keeper->broker ? keeper->broker->listener : -1,
				 .events = POLLIN}};

	if (!keeper->broker)
		return true;
	while (!fds[0].revents) {
		long rc = await_calls(keeper->broker, fds);

		if (rc < 0 && rc != -EINTR)
			return false;
		if (rc > 0 && fds[1].revents & POLLIN && broker_answer(keeper->broker))
			return false;
		if (broker_answer_late(keeper->broker))
			return false;
		/* Nobody is left who could call; the last one's end is told by a signal. */
		if (rc > 0 && fds[1].revents & ~POLLIN)
			fds[1].fd = -1;
	}
	return true;
}
