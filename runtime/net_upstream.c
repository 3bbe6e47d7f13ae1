/*
 * See net_upstream.h. An exchange is over when its answer is there, when it fails, or when the
 * question has been given up by then; a late answer of a server that was given up on is still one.
 */
#include "runtime/net_upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_socket.h"
#include "runtime/raw.h"

#define MOST_MS ((uint64_t)DNS_TRY_MS * DNS_MAX_TRIES)

void net_upstream_drop(struct net_upstream *upstream, uint32_t index)
{
	struct net_exchange *exchange = &upstream->exchanges[index];

	(void)RAW(SYS_close, exchange->fd);
	if (exchange->stream)
		exchange->stream->used = false;
	exchange->used = false;
}

/* A place that is free, or that of the exchange which would end first. */
static uint32_t take_place(struct net_upstream *upstream, bool tcp)
{
	uint32_t first = NET_MAX_EXCHANGES, n_streams = 0;

	for (uint32_t i = 0; i < NET_MAX_EXCHANGES; i++)
		n_streams += upstream->exchanges[i].used && upstream->exchanges[i].stream;
	for (uint32_t i = 0; i < NET_MAX_EXCHANGES; i++) {
		const struct net_exchange *exchange = &upstream->exchanges[i];
		bool needs_stream = tcp && n_streams == NET_MAX_STREAMS;

		if (!exchange->used && !needs_stream)
			return i;
		if (!exchange->used || (needs_stream && !exchange->stream))
			continue;
		if (first == NET_MAX_EXCHANGES ||
		    exchange->until_ms < upstream->exchanges[first].until_ms)
			first = i;
	}
	net_upstream_drop(upstream, first);
	return first;
}

static struct net_stream *take_stream(struct net_upstream *upstream)
{
	struct net_stream *stream = upstream->streams;

	while (stream->used)
		stream++;
	stream->used = true;
	stream->sent = stream->n = 0;
	return stream;
}

static long write_to(int fd, const void *bytes, size_t len)
{
	return RAW(SYS_sendto, fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
}

bool net_upstream_send(struct net_upstream *upstream, const struct dns_send *query, uint64_t now_ms)
{
	uint32_t index = take_place(upstream, query->tcp);
	struct net_exchange *exchange = &upstream->exchanges[index];
	int fd = net_socket_to(&upstream->servers->items[query->server],
			       query->tcp ? SOCK_STREAM : SOCK_DGRAM);

	if (fd < 0)
		return false;
	*exchange = (struct net_exchange){.used = true,
					  .server = (uint8_t)query->server,
					  .id = (uint16_t)(query->bytes[0] << 8 | query->bytes[1]),
					  .fd = fd,
					  .until_ms = now_ms + MOST_MS};
	if (query->tcp) {
		struct net_stream *stream = exchange->stream = take_stream(upstream);

		stream->out[0] = (uint8_t)(query->len >> 8);
		stream->out[1] = (uint8_t)query->len;
		memcpy(stream->out + 2, query->bytes, query->len);
		stream->len = 2 + query->len;
		return true;
	}
	if (write_to(fd, query->bytes, query->len) == (long)query->len)
		return true;
	net_upstream_drop(upstream, index);
	return false;
}

void net_upstream_watch(struct net_upstream *upstream, struct pollfd *fds, uint64_t now_ms)
{
	for (uint32_t i = 0; i < NET_MAX_EXCHANGES; i++) {
		const struct net_exchange *exchange = &upstream->exchanges[i];
		const struct net_stream *stream = exchange->stream;

		if (exchange->used && exchange->until_ms <= now_ms)
			net_upstream_drop(upstream, i);
		fds[i] = (struct pollfd){.fd = exchange->used ? exchange->fd : -1,
					 .events = stream && stream->sent < stream->len ? POLLOUT
											: POLLIN};
	}
}

static bool waits(long rc)
{
	return rc == -EAGAIN || rc == -EINTR;
}

static int receive_datagram(struct net_upstream *upstream, const struct net_exchange *exchange,
			    struct dns_packet *out)
{
	long n = RAW(SYS_recvfrom, exchange->fd, upstream->bytes, sizeof(upstream->bytes),
		     MSG_DONTWAIT, NULL, NULL);

	if (n <= 0)
		return n == 0 || waits(n) ? 0 : (int)n;
	out->bytes = upstream->bytes;
	out->len = (size_t)n;
	return 1;
}

/* How long the message is that has begun to come, its length included. */
static size_t expected(const struct net_stream *stream)
{
	return stream->n < 2 ? 2 : 2u + ((size_t)stream->in[0] << 8 | stream->in[1]);
}

static int go_on(const struct net_exchange *exchange, struct dns_packet *out)
{
	struct net_stream *stream = exchange->stream;
	long n;

	if (stream->sent < stream->len) {
		n = write_to(exchange->fd, stream->out + stream->sent, stream->len - stream->sent);
		stream->sent += n > 0 ? (size_t)n : 0;
		return n >= 0 || waits(n) ? 0 : (int)n;
	}
	n = RAW(SYS_recvfrom, exchange->fd, stream->in + stream->n, expected(stream) - stream->n,
		MSG_DONTWAIT, NULL, NULL);
	if (n <= 0)
		return waits(n) ? 0 : -EPIPE;
	stream->n += (size_t)n;
	if (stream->n < 2 || stream->n < expected(stream))
		return 0;
	out->bytes = stream->in + 2;
	out->len = stream->n - 2;
	return 1;
}

int net_upstream_receive(struct net_upstream *upstream, uint32_t index, struct dns_packet *out)
{
	struct net_exchange *exchange = &upstream->exchanges[index];
	int rc = exchange->stream ? go_on(exchange, out)
				  : receive_datagram(upstream, exchange, out);

	if (rc < 0)
		net_upstream_drop(upstream, index);
	return rc;
}
