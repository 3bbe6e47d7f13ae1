/*
 * See net_names.h. The tool's filter lets pass sockets of two families only, and no flags but the
 * two that there are; what is not so here is refused all the same.
 */
#include "runtime/net_names.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/broker.h"
#include "runtime/raw.h"

#define TYPE_BITS 0xf
#define FLAG_BITS (SOCK_CLOEXEC | SOCK_NONBLOCK)
#define DNS_PORT  53u

static void open_resolver(struct net_names *names)
{
	names->is_open = true;
	names->resolver.clients = names->space.listeners[0];
	names->resolver.upstream.servers = names->servers->n ? names->servers
							     : &names->plan->servers;
	net_resolver_begin(&names->resolver, names->plan, names->pins);
}

static long hand_over(struct net_names *names, struct broker *broker, long fd)
{
	long rc;

	names->is_asked = fd == NET_NAMES_LATER;
	if (fd < 0)
		return fd;
	if (!names->is_open)
		open_resolver(names);
	rc = broker_hand_over(broker, (int)fd, (unsigned int)broker->notif.args[1] & SOCK_CLOEXEC);
	(void)RAW(SYS_close, fd);
	return rc;
}

long net_names_socket(struct net_names *names, struct broker *broker)
{
	int domain = (int)broker->notif.args[0];
	int type = (int)broker->notif.args[1];
	int protocol = (int)broker->notif.args[2];

	if (!names || (domain != AF_INET && domain != AF_INET6) || (type & TYPE_BITS) != SOCK_DGRAM)
		return -EACCES;
	if (type & ~(TYPE_BITS | FLAG_BITS))
		return -EINVAL;
	if (protocol && protocol != IPPROTO_UDP)
		return -EPROTONOSUPPORT;
	if (!names->space.n_ports)
		names->space.ports[names->space.n_ports++] = DNS_PORT;
	return hand_over(names, broker,
			 net_space_ask(&names->space, domain, SOCK_CLOEXEC | (type & FLAG_BITS)));
}

long net_names_go_on(struct net_names *names, struct broker *broker)
{
	return hand_over(names, broker, net_space_answer(&names->space));
}

bool net_names_has(const struct net_names *names, const struct net_socket *socket)
{
	return names && socket->type == SOCK_DGRAM && socket->protocol == IPPROTO_UDP &&
	       net_space_has(&names->space, socket->fd);
}
