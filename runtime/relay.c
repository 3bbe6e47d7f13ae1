/*
 * See relay.h. A stream is a chunk: it is filled when empty and sent when full, so memory is
 * bounded and a slow reader holds the tool up, as without us. The targets are the caller's and may
 * be shared with others, so their flags stay as they are: we write only what poll says they take,
 * and never raise SIGPIPE. A target that is gone ends its stream: the tool then gets the EPIPE it
 * would have had.
 */
#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/fd.h"

static bool same_file(int a, int b)
{
	struct stat x;
	struct stat y;

	return a >= 0 && b >= 0 && !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Makes a pipe whose write end, the tool's, blocks as usual, and ours does not. */
static int open_stream(struct relay_stream *stream, int *target)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	stream->to = *target;
	stream->from = fd_above_stdio(ends[0]);
	*target = fd_above_stdio(ends[1]);
	if (stream->from < 0 || *target < 0 || fcntl(stream->from, F_SETFL, O_NONBLOCK)) {
		int rc = -errno;

		fd_close(&stream->from);
		fd_close(target);
		return rc;
	}
	return 0;
}

int relay_open(struct relay *relay, uint64_t limit, int stdio[3])
{
	bool shared = same_file(stdio[1], stdio[2]);
	int rc;

	*relay = (struct relay){.limit = limit};
	for (int i = 0; i < RELAY_STREAMS; i++) {
		relay->streams[i].from = -1;
		relay->streams[i].to = -1;
	}
	rc = open_stream(&relay->streams[0], &stdio[1]);
	if (rc)
		return rc;
	if (shared) {
		relay->streams[1].to = relay->streams[0].to;
		stdio[2] = stdio[1];
	} else {
		rc = open_stream(&relay->streams[1], &stdio[2]);
	}
	relay->active = rc == 0;
	if (rc) {
		fd_close(&relay->streams[0].from);
		fd_close(&stdio[1]);
	}
	return rc;
}

void relay_close(struct relay *relay)
{
	if (!relay->active)
		return;
	for (int i = 0; i < RELAY_STREAMS; i++)
		fd_close(&relay->streams[i].from);
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

/* write(2) without SIGPIPE. */
static ssize_t write_quietly(int fd, const char *bytes, size_t size)
{
	sigset_t only_pipe;
	sigset_t pending;
	sigset_t before;
	ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	int saved;

	if (n >= 0 || errno != ENOTSOCK)
		return n;
	(void)sigemptyset(&only_pipe);
	(void)sigaddset(&only_pipe, SIGPIPE);
	(void)sigpending(&pending);
	(void)pthread_sigmask(SIG_BLOCK, &only_pipe, &before);
	n = write(fd, bytes, size);
	saved = errno;
	if (n < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		take_sigpipe(&only_pipe);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return n;
}

static void send_chunk(struct relay_stream *stream)
{
	ssize_t n = write_quietly(stream->to, stream->chunk + stream->sent,
				  stream->used - stream->sent);

	if (n >= 0) {
		stream->sent += (uint32_t)n;
		return;
	}
	if (errno == EINTR || errno == EAGAIN)
		return;
	stream->used = stream->sent = 0;
	fd_close(&stream->from);
}

/* False when there is nothing to read now, or ever. */
static bool fill_chunk(struct relay *relay, struct relay_stream *stream)
{
	ssize_t n = read(stream->from, stream->chunk, sizeof(stream->chunk));

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
	n = snprintf(stream->chunk, sizeof(stream->chunk),
		     "\n[writ: output limit of %llu bytes reached]\n",
		     (unsigned long long)relay->limit);
	stream->sent = 0;
	stream->used = (uint32_t)n;
}
