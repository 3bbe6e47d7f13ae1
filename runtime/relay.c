/*
 * See relay.h. A stream is a chunk: it is filled when empty and sent when full, so memory is
 * bounded and a slow reader holds the tool up, as without us. A reader that does not read must not
 * hold us up, or nobody would keep the wall limit: but poll says only that there is some room, and
 * a blocking write waits until all of it fits. The targets are the caller's and shared with others,
 * so their flags stay as they are: a pipe or terminal is opened once more, as a description of our
 * own that does not block. We never raise SIGPIPE. A target that is gone ends its stream: the tool
 * then gets the EPIPE it would have had.
 */
#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/kernel_abi.h"

#define OPEN_FLAGS (O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define PAUSE_NS   1000000L

static bool same_file(int a, int b)
{
	struct stat x;
	struct stat y;

	return a >= 0 && b >= 0 && !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* The device number of the terminal that fd is, through whatever name it was opened; or 0. */
static unsigned int terminal_of(int fd)
{
	unsigned int device = 0;

	return fd >= 0 && syscall(SYS_ioctl, fd, KERNEL_TIOCGDEV, &device) == 0 ? device : 0;
}

/* The controlling terminal may be opened also by a user whom its device file does not let in. */
static int open_own_terminal(int fd)
{
	int own = fd_above_stdio(open("/dev/tty", OPEN_FLAGS));

	if (terminal_of(own) != terminal_of(fd))
		fd_close(&own);
	return own;
}

/* A description of our own, and non-blocking, of the pipe or terminal fd; or -1. */
static int open_again(int fd, bool is_terminal)
{
	char path[32];
	int own;

	/* What can't be written must not become so. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = fd_above_stdio(open(path, OPEN_FLAGS));
	if (own >= 0 && !same_file(own, fd))
		fd_close(&own);
	return own < 0 && is_terminal ? open_own_terminal(fd) : own;
}

/* Finds how to write to what the caller gave. Files and the like don't wait for a reader. */
static void set_target(struct relay_stream *stream, int fd)
{
	bool is_terminal = terminal_of(fd) != 0;
	struct stat st;
	int own = -1;

	stream->to = fd;
	if (fd < 0 || fstat(fd, &st) || (!S_ISFIFO(st.st_mode) && !is_terminal))
		return;
	/* Opening a pseudo-terminal's master again would make another terminal (pts(4)). */
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		own = open_again(fd, is_terminal);
	stream->is_own = own >= 0;
	if (stream->is_own)
		stream->to = own;
	else
		stream->max_send = is_terminal ? 1 : RELAY_CHUNK;
}

static void close_target(struct relay_stream *stream)
{
	if (stream->is_own)
		fd_close(&stream->to);
	stream->is_own = false;
}

/* Makes a pipe whose write end, the tool's, blocks as usual, and ours does not. */
static int open_stream(struct relay_stream *stream, int *target)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	set_target(stream, *target);
	stream->from = fd_above_stdio(ends[0]);
	*target = fd_above_stdio(ends[1]);
	if (stream->from < 0 || *target < 0 || fcntl(stream->from, F_SETFL, O_NONBLOCK)) {
		int rc = -errno;

		fd_close(&stream->from);
		fd_close(target);
		close_target(stream);
		return rc;
	}
	return 0;
}

static int open_streams(struct relay *relay, int stdio[3])
{
	bool shared = same_file(stdio[1], stdio[2]);
	int rc = open_stream(&relay->streams[0], &stdio[1]);

	if (rc)
		return rc;
	if (shared) {
		relay->streams[1].to = relay->streams[0].to;
		relay->streams[1].max_send = relay->streams[0].max_send;
		stdio[2] = stdio[1];
	} else {
		rc = open_stream(&relay->streams[1], &stdio[2]);
	}
	if (rc) {
		fd_close(&relay->streams[0].from);
		fd_close(&stdio[1]);
		close_target(&relay->streams[0]);
	}
	return rc;
}

int relay_open(struct relay *relay, uint64_t limit, int stdio[3])
{
	char *chunks = malloc(RELAY_STREAMS * (size_t)RELAY_CHUNK);
	int rc;

	*relay = (struct relay){.limit = limit, .chunks = chunks};
	if (!chunks)
		return -ENOMEM;
	for (size_t i = 0; i < RELAY_STREAMS; i++) {
		relay->streams[i].from = -1;
		relay->streams[i].to = -1;
		relay->streams[i].chunk = chunks + i * RELAY_CHUNK;
	}
	rc = open_streams(relay, stdio);
	relay->active = rc == 0;
	if (rc)
		free(chunks);
	return rc;
}

void relay_close(struct relay *relay)
{
	if (!relay->active)
		return;
	for (int i = 0; i < RELAY_STREAMS; i++) {
		fd_close(&relay->streams[i].from);
		close_target(&relay->streams[i]);
	}
	free(relay->chunks);
	relay->active = false;
}

void relay_poll_set(const struct relay *relay, struct pollfd *fds)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		const struct relay_stream *stream = &relay->streams[i];
		bool has_bytes = relay->active && stream->used > stream->sent;

		fds[i].fd = !relay->active ? -1 : has_bytes ? stream->to : stream->from;
		fds[i].events = has_bytes ? POLLOUT : POLLIN;
		fds[i].revents = 0;
	}
}

/* A signal that our write raised is ours to take away; one that was pending before is not. */
static void take_sigpipe(const sigset_t *only_pipe)
{
	const struct timespec at_once = {0, 0};

	while (sigtimedwait(only_pipe, NULL, &at_once) < 0 && errno == EINTR)
		;
}

/*
 * write(2), as much as fits. Where the description is the caller's the kernel is asked not to wait,
 * which it knows for pipes since 6.4; else only what poll promises is written.
 */
static ssize_t write_some(const struct relay_stream *stream)
{
	/* writev's prototype lacks the const that it keeps. */
	struct iovec rest = {.iov_len = stream->used - stream->sent};
	const char *bytes = stream->chunk + stream->sent;
	ssize_t n;

	if (!stream->max_send)
		return write(stream->to, bytes, rest.iov_len);
	memcpy(&rest.iov_base, &bytes, sizeof(bytes));
	n = syscall(SYS_pwritev2, stream->to, &rest, 1L, -1L, -1L, KERNEL_RWF_NOWAIT);
	if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
		return n;
	return write(stream->to, bytes,
		     rest.iov_len < stream->max_send ? rest.iov_len : stream->max_send);
}

/* The same without SIGPIPE. */
static ssize_t write_quietly(const struct relay_stream *stream)
{
	sigset_t only_pipe;
	sigset_t pending;
	sigset_t before;
	ssize_t n = send(stream->to, stream->chunk + stream->sent, stream->used - stream->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	int saved;

	if (n >= 0 || errno != ENOTSOCK)
		return n;
	(void)sigemptyset(&only_pipe);
	(void)sigaddset(&only_pipe, SIGPIPE);
	(void)sigpending(&pending);
	(void)pthread_sigmask(SIG_BLOCK, &only_pipe, &before);
	n = write_some(stream);
	saved = errno;
	if (n < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		take_sigpipe(&only_pipe);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return n;
}

static void send_chunk(struct relay_stream *stream)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	ssize_t n = write_quietly(stream);

	if (n >= 0) {
		stream->sent += (uint32_t)n;
		return;
	}
	if (errno == EAGAIN) {
		/* Some room, but too little, and poll will go on saying so: don't spin. */
		(void)nanosleep(&pause, NULL);
		return;
	}
	if (errno == EINTR)
		return;
	stream->used = stream->sent = 0;
	fd_close(&stream->from);
}

/* False when there is nothing to read now, or ever. */
static bool fill_chunk(struct relay *relay, struct relay_stream *stream)
{
	ssize_t n = read(stream->from, stream->chunk, RELAY_CHUNK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		fd_close(&stream->from);
		return false;
	}
	if ((uint64_t)n > relay->limit - relay->total) {
		n = (ssize_t)(relay->limit - relay->total);
		relay->over = true;
	}
	relay->total += (uint64_t)n;
	stream->sent = 0;
	stream->used = stream->to < 0 ? 0 : (uint32_t)n;
	return true;
}

void relay_move(struct relay *relay, const struct pollfd *fds)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		struct relay_stream *stream = &relay->streams[i];

		if (fds[i].fd < 0 || !fds[i].revents)
			continue;
		if (stream->used > stream->sent)
			send_chunk(stream);
		else if (stream->from >= 0)
			(void)fill_chunk(relay, stream);
	}
}

bool relay_drained(struct relay *relay)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		struct relay_stream *stream = &relay->streams[i];

		while (stream->used <= stream->sent && stream->from >= 0 && !relay->over &&
		       fill_chunk(relay, stream))
			;
		if (stream->used > stream->sent)
			return false;
	}
	return true;
}

void relay_mark(struct relay *relay)
{
	struct relay_stream *stream = &relay->streams[1];
	int n;

	if (stream->to < 0)
		return;
	n = snprintf(stream->chunk, RELAY_CHUNK, "\n[writ: output limit of %llu bytes reached]\n",
		     (unsigned long long)relay->limit);
	stream->sent = 0;
	stream->used = (uint32_t)n;
}
