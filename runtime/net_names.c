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
#define US_PER_MS 1000u
#define NO_CALL   UINT64_MAX

/* A flow is an event, which no call of the tool's stands for. */
static bool may_send(void *owner, const struct net_peer *peer, uint64_t now_ms)
{
	struct net_names *names = owner;
	const struct net_rules rules = {names->plan->rules, names->plan->n_rules};
	struct net_verdict verdict = net_judge(&rules, names->pins, peer, now_ms);

	/* It is for the resolver. */
	if (!verdict.allowed && peer->port == DNS_PORT)
		return false;
	names->events->call = NO_CALL;
	net_events_add(names->events, WRIT_NET_SEND, &verdict, peer);
	net_events_answered(names->events, NO_CALL, 0);
	return verdict.allowed;
}

static bool take(void *owner, int listener, const struct net_datagram *datagram, uint64_t now_ms)
{
	struct net_names *names = owner;

	if (datagram->to.port != DNS_PORT)
		return false;
	net_resolver_ask(&names->resolver, listener, datagram, now_ms);
	return true;
}

/* Port 53 of everybody, and what somebody may be sent to. */
static void set_ports(const struct net_plan *plan, struct net_space *space)
{
	space->ports[space->n_ports++] = DNS_PORT;
	for (uint32_t i = 0; i < plan->n_udp_ports; i++) {
		if (plan->udp_ports[i] != DNS_PORT)
			space->ports[space->n_ports++] = plan->udp_ports[i];
	}
}

static void open_resolver(struct net_names *names)
{
	names->is_open = true;
	names->relay.space = &names->space;
	names->relay.owner = names;
	names->relay.ends = names->ends;
	names->relay.may_send = may_send;
	names->relay.take = take;
	names->resolver.events = names->events;
	names->resolver.upstream.servers = names->servers->n ? names->servers
							     : &names->plan->servers;
	net_resolver_begin(&names->resolver, names->plan, names->pins);
}

static long hand_over(struct net_names *names, struct broker *broker, long fd)
{
	long rc;

	names->is_asked = fd == NET_NAMES_LATER;
	if (names->is_asked)
		names->asked = broker->notif;
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
		set_ports(names->plan, &names->space);
	return hand_over(names, broker,
			 net_space_ask(&names->space, domain, SOCK_CLOEXEC | (type & FLAG_BITS)));
}

long net_names_go_on(struct net_names *names, struct broker *broker)
{
	/* Others have been answered since. */
	broker->notif = names->asked;
	return hand_over(names, broker, net_space_answer(&names->space));
}

bool net_names_has(const struct net_names *names, const struct net_socket *socket)
{
	return names && socket->type == SOCK_DGRAM && socket->protocol == IPPROTO_UDP &&
	       net_space_has(&names->space, socket->fd);
}

size_t net_names_watch(struct net_names *names, struct pollfd *fds, uint64_t now_ms,
		       uint64_t *most_us)
{
	uint64_t due_ms = net_flows_due_ms(&names->relay.flows);

	*most_us = net_resolver_watch(&names->resolver, fds, now_ms);
	if (due_ms <= now_ms)
		*most_us = 0;
	else if (due_ms < UINT64_MAX && (due_ms - now_ms) * US_PER_MS < *most_us)
		*most_us = (due_ms - now_ms) * US_PER_MS;
	return NET_RESOLVER_WATCHED + net_relay_watch(&names->relay, fds + NET_RESOLVER_WATCHED);
}

void net_names_serve(struct net_names *names, const struct pollfd *fds, size_t n, uint64_t now_ms)
{
	net_resolver_serve(&names->resolver, fds, now_ms);
	net_relay_serve(&names->relay, fds + NET_RESOLVER_WATCHED, n - NET_RESOLVER_WATCHED,
			now_ms);
}
