/*
 * See broker_fifo.h. As in the kernel (fifo(7)), who waits to read is a reader already: the broker
 * has the FIFO open, so that a writer need not wait. That one has come is seen by what it wrote
 * (POLLIN), by its having gone (POLLHUP), or by tee(2), which takes nothing out and finds an empty
 * FIFO at its end (0) or not (EAGAIN). Who waits to write tries again: without a reader that is
 * ENXIO.
 *
 * No event tells of the other end, so it is looked for after each call that the broker answers,
 * which may have been it, and every few milliseconds.
 */
#include "runtime/broker_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "runtime/broker_calls.h"
#include "runtime/raw.h"

#define PAUSE_NS 5000000

static bool is_read(unsigned int flags)
{
	return (flags & O_ACCMODE) == O_RDONLY;
}

bool broker_fifo_waits(uint32_t mode, unsigned int flags)
{
	return S_ISFIFO(mode) && !(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_RDWR;
}

static bool is_waited_for(const struct broker *broker, uint64_t id)
{
	return RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_ID_VALID, &id) == 0;
}

/* Calls that nobody waits for any more: the tool was killed. */
static void drop_abandoned(struct broker *broker)
{
	struct broker_fifos *fifos = &broker->fifos;

	for (size_t i = fifos->n; i > 0; i--) {
		if (!is_waited_for(broker, fifos->items[i - 1].id))
			broker_fifo_drop(fifos, i - 1);
	}
}

long broker_fifo_wait(struct broker *broker, int fd, unsigned int flags)
{
	struct broker_fifos *fifos = &broker->fifos;
	int own;

	if (fifos->n == BROKER_MAX_FIFOS)
		drop_abandoned(broker);
	if (fifos->n == BROKER_MAX_FIFOS)
		return -ENFILE;
	own = (int)RAW(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return own;
	fifos->items[fifos->n++] =
		(struct broker_fifo){.id = broker->notif.id, .fd = own, .flags = flags};
	return BROKER_LATER;
}

static bool is_at_its_end(int fd)
{
	int copy[2] = {-1, -1};
	long rc;

	if (RAW(SYS_pipe2, copy, O_CLOEXEC))
		return true;
	rc = RAW(SYS_tee, fd, copy[1], 1, SPLICE_F_NONBLOCK);
	(void)RAW(SYS_close, copy[0]);
	(void)RAW(SYS_close, copy[1]);
	return rc == 0 || (rc < 0 && rc != -EAGAIN);
}

static bool has_had_writer(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct timespec at_once = {0, 0};

	return RAW(SYS_ppoll, &ready, 1, &at_once, NULL, KERNEL_SIGSET_SIZE) > 0 ||
	       !is_at_its_end(fd);
}

long broker_fifo_try(struct broker *broker, size_t index)
{
	const struct broker_fifo *fifo = &broker->fifos.items[index];
	int fd;

	broker->notif.id = fifo->id;
	if (!is_waited_for(broker, fifo->id))
		return BROKER_SENT;
	if (is_read(fifo->flags) && !has_had_writer(fifo->fd))
		return BROKER_LATER;
	fd = is_read(fifo->flags) ? (int)RAW(SYS_fcntl, fifo->fd, F_DUPFD_CLOEXEC, 0)
				  : broker_reopen(broker, fifo->fd, fifo->flags | O_NONBLOCK, 0);
	if (fd == -ENXIO)
		return BROKER_LATER;
	return fd < 0 ? fd : broker_give(broker, fd, fifo->flags);
}

void broker_fifo_drop(struct broker_fifos *fifos, size_t index)
{
	(void)RAW(SYS_close, fifos->items[index].fd);
	fifos->items[index] = fifos->items[--fifos->n];
}

const struct timespec *broker_fifo_pause(const struct broker_fifos *fifos)
{
	static const struct timespec pause = {0, PAUSE_NS};

	return fifos->n ? &pause : NULL;
}
