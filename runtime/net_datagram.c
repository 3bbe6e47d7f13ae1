/*
 * See net_datagram.h. The address that a datagram was sent to comes as a control message beside
 * it, and the one that an answer is to come from goes as such a message (ip(7), IP_PKTINFO;
 * ipv6(7), IPV6_PKTINFO).
 *
 * An error is told by a message of ICMP (RFC 792; RFC 4443, 3.1) that repeats the headers of the
 * tool's datagram, by which the kernel finds its socket. In a namespace where every address is the
 * keeper's it comes from where it would have come from.
 */
#include "runtime/net_datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/net_socket.h"
#include "runtime/net_space.h"
#include "runtime/raw.h"

#define IPV4_AT      12u /* in an address that maps one */
#define IPV4_LEN     4u
#define ICMP_HEADER  8u
#define ICMP_SUM_AT  2u
#define IPV6_HEADER  40u
#define UDP_HEADER   8u
#define IPV6_MESSAGE (ICMP_HEADER + IPV6_HEADER + UDP_HEADER)

/* One control message, of the larger kind. */
union control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static bool take_destination(const union control *control, uint8_t out[16])
{
	struct in_pktinfo info;

	if (control->header.cmsg_level == IPPROTO_IPV6) {
		memcpy(out, CMSG_DATA(&control->header), 16);
		return control->header.cmsg_type == IPV6_PKTINFO;
	}
	memcpy(&info, CMSG_DATA(&control->header), sizeof(info));
	net_address_from_ipv4((const uint8_t *)&info.ipi_addr, out);
	return control->header.cmsg_level == IPPROTO_IP && control->header.cmsg_type == IP_PKTINFO;
}

long net_datagram_receive(int fd, struct net_datagram *out)
{
	struct net_name name = {.len = 0};
	struct iovec part = {.iov_base = out->bytes, .iov_len = NET_DATAGRAM_MAX};
	union control control = {.bytes = {0}};
	struct msghdr message = {.msg_name = name.bytes,
				 .msg_namelen = sizeof(name.bytes),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	long n = RAW(SYS_recvmsg, fd, &message, MSG_DONTWAIT);

	if (n < 0)
		return n;
	out->len = (size_t)n;
	name.len = message.msg_namelen;
	if (net_name_peer(&name, name.family, &out->from) ||
	    !take_destination(&control, out->to.address))
		return -EPROTO;
	out->from.udp = out->to.udp = true;
	return 0;
}

/* The source that a datagram is to have. */
static socklen_t set_source(const struct net_peer *from, union control *control)
{
	struct in_pktinfo info = {.ipi_ifindex = 0};
	struct in6_pktinfo info6 = {.ipi6_ifindex = NET_SPACE_INTERFACE};
	const void *data = &info6;
	socklen_t len = sizeof(info6);

	control->header.cmsg_level = IPPROTO_IPV6;
	control->header.cmsg_type = IPV6_PKTINFO;
	memcpy(&info6.ipi6_addr, from->address, sizeof(from->address));
	if (net_address_is_ipv4(from->address)) {
		memcpy(&info.ipi_spec_dst, from->address + IPV4_AT, IPV4_LEN);
		data = &info;
		len = sizeof(info);
		control->header.cmsg_level = IPPROTO_IP;
		control->header.cmsg_type = IP_PKTINFO;
	}
	control->header.cmsg_len = (socklen_t)CMSG_LEN(len);
	memcpy(CMSG_DATA(&control->header), data, len);
	return (socklen_t)CMSG_SPACE(len);
}

long net_datagram_send(int fd, const struct net_datagram *datagram)
{
	struct net_name name;
	struct iovec part = {.iov_base = datagram->bytes, .iov_len = datagram->len};
	union control control = {.bytes = {0}};
	struct msghdr message = {.msg_name = name.bytes,
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control};

	net_name_of_peer(&datagram->to, NET_SPACE_INTERFACE, &name);
	message.msg_namelen = name.len;
	message.msg_controllen = set_source(&datagram->from, &control);
	return RAW(SYS_sendmsg, fd, &message, MSG_DONTWAIT);
}

long net_datagram_connect(const struct net_peer *peer)
{
	struct net_name name;

	net_name_of_peer(peer, 0, &name);
	return net_socket_to(&name, SOCK_DGRAM);
}

/* ---- errors ---- */

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

/* RFC 1071; the kernel makes ICMPv6's. */
static void set_sum(uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	bytes[ICMP_SUM_AT] = (uint8_t)(sum >> 8);
	bytes[ICMP_SUM_AT + 1] = (uint8_t)sum;
}

/* "Port unreachable", and the header of a datagram without content up to its addresses. */
static const uint8_t ipv4_message[] = {3, 3,  0, 0, 0, 0, 0,  0,  0x45, 0,
				       0, 28, 0, 0, 0, 0, 64, 17, 0,    0};
static const uint8_t ipv6_message[] = {1, 4, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 8, 17, 64};

void net_datagram_refuse(const int fds[2], const struct net_peer *tool, const struct net_peer *peer)
{
	bool is_ipv6 = !net_address_is_ipv4(tool->address);
	size_t skip = is_ipv6 ? 0 : IPV4_AT;
	const uint16_t udp[] = {htons(tool->port), htons(peer->port), htons(UDP_HEADER), 0};
	struct net_peer host = *tool;
	struct net_name name;
	uint8_t bytes[IPV6_MESSAGE];
	uint8_t *at = is_ipv6 ? put(bytes, ipv6_message, sizeof(ipv6_message))
			      : put(bytes, ipv4_message, sizeof(ipv4_message));
	size_t len;

	at = put(at, tool->address + skip, sizeof(tool->address) - skip);
	at = put(at, peer->address + skip, sizeof(peer->address) - skip);
	at = put(at, udp, sizeof(udp));
	len = (size_t)(at - bytes);
	if (!is_ipv6)
		set_sum(bytes, len);
	/* The name of a raw socket has no port (raw(7)). */
	host.port = 0;
	net_name_of_peer(&host, NET_SPACE_INTERFACE, &name);
	(void)RAW(SYS_sendto, fds[is_ipv6], bytes, len, MSG_DONTWAIT, name.bytes, name.len);
}
