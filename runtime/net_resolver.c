/*
 * See net_resolver.h. A query's datagram says where it came from and where it was sent to, and the
 * answer goes back the same way: a client that has connected its socket hears no one else.
 *
 * What can't be had, room, a random number, a socket, is a query that is not answered or a server
 * that is of no use: nothing is made up for it.
 */
#include "runtime/net_resolver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/net_rules.h"
#include "runtime/net_space.h"
#include "runtime/raw.h"

#define MAX_QUERIES   16u  /* of each family at a time, so that nobody else waits for long */
#define QUERY_BYTES   2048 /* what is longer is cut, and then malformed */
#define CONTROL_BYTES 128
#define US_PER_MS     1000u

#define IP_PKTINFO_ABI   8 /* <linux/in.h>, <linux/in6.h> */
#define IPV6_PKTINFO_ABI 50

/* struct in_pktinfo, struct in6_pktinfo */
struct pktinfo_abi {
	int32_t interface;
	uint8_t source[4];
	uint8_t destination[4];
};

struct pktinfo6_abi {
	uint8_t address[16];
	uint32_t interface;
};

/* A datagram and its addresses, of the sender and of the two sockets' own. */
struct datagram {
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name;
	alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES];
	struct iovec part;
	struct msghdr message;
};

static void set_up(struct datagram *datagram, void *bytes, size_t len)
{
	memset(datagram, 0, sizeof(*datagram));
	datagram->part = (struct iovec){bytes, len};
	datagram->message.msg_name = &datagram->name;
	datagram->message.msg_namelen = sizeof(datagram->name);
	datagram->message.msg_iov = &datagram->part;
	datagram->message.msg_iovlen = 1;
	datagram->message.msg_control = datagram->control;
	datagram->message.msg_controllen = sizeof(datagram->control);
}

/* ---- from the tool ---- */

static bool has_control(const struct datagram *datagram, int level, int type, size_t len)
{
	const struct cmsghdr *header = (const void *)datagram->control;

	return datagram->message.msg_controllen >= CMSG_LEN(len) &&
	       header->cmsg_len >= CMSG_LEN(len) && header->cmsg_level == level &&
	       header->cmsg_type == type;
}

static bool read_client(const struct datagram *datagram, bool is_ipv6, struct dns_client *out)
{
	const uint8_t *data = datagram->control + CMSG_LEN(0);
	struct pktinfo_abi info;
	struct pktinfo6_abi info6;

	*out = (struct dns_client){.via = is_ipv6};
	if (is_ipv6) {
		if (!has_control(datagram, IPPROTO_IPV6, IPV6_PKTINFO_ABI, sizeof(info6)))
			return false;
		memcpy(&info6, data, sizeof(info6));
		memcpy(out->asked, info6.address, sizeof(out->asked));
		memcpy(out->address, &datagram->name.in6.sin6_addr, sizeof(out->address));
		out->port = datagram->name.in6.sin6_port;
		return true;
	}
	if (!has_control(datagram, IPPROTO_IP, IP_PKTINFO_ABI, sizeof(info)))
		return false;
	memcpy(&info, data, sizeof(info));
	net_address_from_ipv4(info.destination, out->asked);
	net_address_from_ipv4((const uint8_t *)&datagram->name.in.sin_addr, out->address);
	out->port = datagram->name.in.sin_port;
	return true;
}

/* ---- to the tool ---- */

static void set_control(struct datagram *datagram, int level, int type, const void *data,
			size_t len)
{
	struct cmsghdr *header = (void *)datagram->control;

	header->cmsg_level = level;
	header->cmsg_type = type;
	header->cmsg_len = (socklen_t)CMSG_LEN(len);
	memcpy(CMSG_DATA(header), data, len);
	datagram->message.msg_controllen = (socklen_t)CMSG_SPACE(len);
}

static void set_client(struct datagram *datagram, const struct dns_client *client)
{
	struct pktinfo_abi info = {.interface = NET_SPACE_INTERFACE};
	struct pktinfo6_abi info6 = {.interface = NET_SPACE_INTERFACE};

	if (client->via) {
		datagram->name.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
							   .sin6_port = client->port,
							   .sin6_scope_id = NET_SPACE_INTERFACE};
		memcpy(&datagram->name.in6.sin6_addr, client->address, 16);
		memcpy(info6.address, client->asked, sizeof(info6.address));
		set_control(datagram, IPPROTO_IPV6, IPV6_PKTINFO_ABI, &info6, sizeof(info6));
		return;
	}
	datagram->name.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = client->port};
	datagram->message.msg_namelen = sizeof(datagram->name.in);
	memcpy(&datagram->name.in.sin_addr, client->address + 12, 4);
	memcpy(info.source, client->asked + 12, sizeof(info.source));
	set_control(datagram, IPPROTO_IP, IP_PKTINFO_ABI, &info, sizeof(info));
}

/* One that does not take it is as one that has gone. */
static void answer(const struct net_resolver *resolver, struct dns_send *send)
{
	struct datagram datagram;

	set_up(&datagram, send->bytes, send->len);
	set_client(&datagram, &send->client);
	(void)RAW(SYS_sendmsg, resolver->clients[send->client.via], &datagram.message,
		  MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- turns ---- */

/* Everything that the stub has to say. */
static void flush(struct net_resolver *resolver, uint64_t now_ms)
{
	struct dns_send *send = &resolver->send;

	while (dns_stub_next(&resolver->stub, now_ms, send)) {
		if (send->to == DNS_TO_CLIENT)
			answer(resolver, send);
		else if (!net_upstream_send(&resolver->upstream, send, now_ms))
			dns_stub_fail(&resolver->stub, send->server,
				      (uint16_t)(send->bytes[0] << 8 | send->bytes[1]), now_ms);
	}
}

static bool ask(struct net_resolver *resolver, bool is_ipv6, uint64_t now_ms)
{
	uint8_t bytes[QUERY_BYTES];
	struct dns_packet packet = {.bytes = bytes, .now_ms = now_ms};
	struct dns_client client;
	struct datagram datagram;
	uint16_t id;
	long n;

	set_up(&datagram, bytes, sizeof(bytes));
	n = RAW(SYS_recvmsg, resolver->clients[is_ipv6], &datagram.message, MSG_DONTWAIT);
	if (n < 0)
		return n == -EINTR;
	packet.len = (size_t)n;
	if (read_client(&datagram, is_ipv6, &client) &&
	    RAW(SYS_getrandom, &id, sizeof(id), GRND_NONBLOCK) == sizeof(id) &&
	    dns_stub_ask(&resolver->stub, &packet, &client, id, &resolver->send))
		answer(resolver, &resolver->send);
	flush(resolver, now_ms);
	return true;
}

static void hear(struct net_resolver *resolver, uint32_t index, uint64_t now_ms)
{
	const struct net_exchange *exchange = &resolver->upstream.exchanges[index];
	const uint16_t id = exchange->id;
	const uint8_t server = exchange->server;
	struct dns_packet packet = {.now_ms = now_ms};
	int rc = net_upstream_receive(&resolver->upstream, index, &packet);

	if (rc == 0)
		return;
	if (rc < 0)
		dns_stub_fail(&resolver->stub, server, id, now_ms);
	else if (dns_stub_hear(&resolver->stub, &packet, server) || exchange->stream)
		net_upstream_drop(&resolver->upstream, index);
	flush(resolver, now_ms);
}

/* ---- from outside ---- */

void net_resolver_begin(struct net_resolver *resolver, const struct net_plan *plan,
			struct net_pins *pins)
{
	resolver->rules = (struct net_rules){plan->rules, plan->n_rules};
	dns_stub_init(&resolver->stub, &resolver->rules, pins, resolver->upstream.servers->n);
}

uint64_t net_resolver_watch(struct net_resolver *resolver, struct pollfd *fds, uint64_t now_ms)
{
	uint64_t due_ms;

	for (size_t i = 0; i < 2; i++)
		fds[i] = (struct pollfd){.fd = resolver->clients[i], .events = POLLIN};
	net_upstream_watch(&resolver->upstream, fds + 2, now_ms);
	due_ms = dns_stub_due_ms(&resolver->stub);
	if (due_ms == UINT64_MAX)
		return due_ms;
	return due_ms > now_ms ? (due_ms - now_ms) * US_PER_MS : 0;
}

void net_resolver_serve(struct net_resolver *resolver, const struct pollfd *fds, uint64_t now_ms)
{
	for (uint32_t i = 0; i < NET_MAX_EXCHANGES; i++) {
		if (fds[2 + i].revents)
			hear(resolver, i, now_ms);
	}
	for (uint32_t i = 0; i < 2; i++) {
		for (uint32_t n = 0; fds[i].revents && n < MAX_QUERIES; n++) {
			if (!ask(resolver, i, now_ms))
				break;
		}
	}
	flush(resolver, now_ms);
}
