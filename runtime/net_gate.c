/*
 * See net_gate.h. Whatever can't be done, or is of another kind than is known here, is refused: a
 * name that nothing lists with EACCES, as programs then go on to the next address.
 *
 * A unix socket is found by its path first, without connecting (O_PATH), and judged by what the
 * kernel calls it; the connection is to what was found. Listening binds a socket that has no port
 * to any: only what has a port that is granted, or may have all of them, may listen.
 */
#include "runtime/net_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "runtime/broker_path.h"
#include "runtime/net_alarm.h"
#include "runtime/net_names.h"
#include "runtime/raw.h"

#define US_PER_MS     1000u
#define US_PER_SECOND 1000000u
#define NS_PER_US     1000
#define TLS_LOOK_US   1000000u
#define N_OWN         3u       /* of what is watched, before that of names */
#define LATER         (-5000L) /* it is answered by net_pending.c, which has the descriptors */

static bool is_tcp(const struct net_socket *socket)
{
	return (socket->family == AF_INET || socket->family == AF_INET6) &&
	       socket->type == SOCK_STREAM && socket->protocol == IPPROTO_TCP;
}

static bool is_unix(const struct net_socket *socket)
{
	return socket->family == AF_UNIX &&
	       (socket->type == SOCK_STREAM || socket->type == SOCK_SEQPACKET);
}

/* ---- connect ---- */

static uint64_t now_ms(void)
{
	return net_now_us() / US_PER_MS;
}

static long judge_peer(struct net_gate *gate, const struct net_peer *peer, uint32_t *rule)
{
	const struct net_rules rules = {gate->plan.rules, gate->plan.n_rules};
	struct net_verdict verdict = net_judge(&rules, &gate->pins, peer, now_ms());

	net_events_add(&gate->events, WRIT_NET_CONNECT, &verdict, peer);
	*rule = verdict.rule;
	return verdict.allowed ? 0 : -EACCES;
}

static struct net_verdict judge_socket(const struct net_plan *plan, const char *name)
{
	struct net_verdict verdict = {.rule = NET_NO_RULE, .name = {name, strlen(name)}};

	for (size_t i = 0; i < plan->n_sockets && !verdict.allowed; i++) {
		if (strcmp(plan->sockets[i], name) != 0)
			continue;
		verdict.allowed = true;
		verdict.why = NET_BY_NAME;
		verdict.rule = plan->n_rules + (uint32_t)i;
	}
	return verdict;
}

/* The file that a path leads to, when it is listed: O_PATH. */
static int find_listed(struct net_gate *gate, struct broker *broker, struct net_verdict *verdict)
{
	struct broker_at at = {.resolve = 0};
	struct broker_object object;
	int rc = broker_begin(broker, AT_FDCWD, broker->path, &at);

	if (rc)
		return rc;
	rc = broker_find(broker, &at, &object, broker->name);
	broker_end(&at);
	if (rc)
		return rc;
	*verdict = judge_socket(&gate->plan, broker->name);
	if (S_ISSOCK(object.mode) && verdict->allowed)
		return object.fd;
	verdict->allowed = false;
	(void)RAW(SYS_close, object.fd);
	return -EACCES;
}

/* Once judged: object is of a unix socket's file, or -1. Both descriptors are taken. */
static long begin_connect(struct net_gate *gate, const struct net_call *call, int fd, int object)
{
	const struct net_pending pending = {.call = *call, .fd = fd, .object = object};
	long flags = RAW(SYS_fcntl, fd, F_GETFL);
	long rc = net_connect(fd, object, &call->name);
	bool goes_on = object >= 0 ? rc == -EAGAIN : rc == -EINPROGRESS || rc == -EALREADY;

	if (object < 0 && (!rc || goes_on))
		net_ends_begin(gate->ends, fd, &call->name);
	if (goes_on && flags >= 0 && !(flags & O_NONBLOCK)) {
		if (net_pending_add(&gate->pendings, &pending))
			return LATER;
		rc = -EAGAIN;
	}
	(void)RAW(SYS_close, fd);
	if (object >= 0)
		(void)RAW(SYS_close, object);
	return rc;
}

static long connect_tcp(struct net_gate *gate, const struct net_socket *socket,
			const struct net_call *call)
{
	struct net_peer peer;
	uint32_t rule;
	long rc = net_name_peer(&call->name, socket->family, &peer);

	if (!rc)
		rc = judge_peer(gate, &peer, &rule);
	if (!rc && !(gate->plan.rules[rule].flags & WRIT_ENDPOINT_SNI))
		return begin_connect(gate, call, socket->fd, -1);
	if (!rc)
		rc = net_tls_connect(gate->tls, socket, &call->name, rule, now_ms());
	(void)RAW(SYS_close, socket->fd);
	return rc;
}

/* In the tool's words: a path, or "@" and an abstract name. */
static void name_as_said(const struct net_name *name, char out[NET_NAME_MAX])
{
	const size_t at = offsetof(struct sockaddr_un, sun_path);

	memset(out, 0, NET_NAME_MAX);
	memcpy(out, name->bytes + at, name->len - at);
	if (!out[0])
		out[0] = '@';
}

static long connect_unix(struct net_gate *gate, struct broker *broker,
			 const struct net_socket *socket, const struct net_call *call)
{
	struct net_verdict verdict = {.rule = NET_NO_RULE};
	char said[NET_NAME_MAX];
	int object = net_name_path(&call->name, broker->path);

	if (!object)
		object = find_listed(gate, broker, &verdict);
	if (object == -EACCES && !verdict.name.len) {
		name_as_said(&call->name, said);
		verdict.name = (struct slice){said, strlen(said)};
	}
	if (object >= 0 || object == -EACCES)
		net_events_add(&gate->events, WRIT_NET_UNIX, &verdict, NULL);
	if (object >= 0)
		return begin_connect(gate, call, socket->fd, object);
	(void)RAW(SYS_close, socket->fd);
	return object;
}

/* What is of the keeper's own namespace leads nowhere. */
static bool is_own(const struct net_gate *gate, const struct net_socket *socket)
{
	return net_names_has(gate->names, socket);
}

static long call_connect(struct net_gate *gate, struct broker *broker,
			 const struct net_socket *socket, const struct net_call *call)
{
	long rc = -EACCES;

	if (is_tcp(socket))
		return connect_tcp(gate, socket, call);
	if (is_unix(socket))
		return connect_unix(gate, broker, socket, call);
	if (is_own(gate, socket))
		rc = RAW(SYS_connect, socket->fd, call->name.bytes, call->name.len);
	(void)RAW(SYS_close, socket->fd);
	return rc;
}

/* ---- bind and listen ---- */

static bool has_address(const struct net_rule *rule, const struct net_peer *own)
{
	const struct policy_peer *peer = rule->peer;

	if (own->port < peer->first || own->port > peer->last)
		return false;
	return peer->kind == WRIT_HOST_ANY ||
	       (peer->kind == WRIT_HOST_NET &&
		host_in_net(own->address, peer->address, peer->prefix));
}

static struct net_verdict find_own(const struct net_plan *plan, const struct net_peer *own)
{
	struct net_verdict verdict = {.rule = NET_NO_RULE, .why = NET_UNLISTED};

	for (uint32_t i = 0; i < plan->n_rules; i++) {
		const struct net_rule *rule = &plan->rules[i];

		if (rule->flags & WRIT_ENDPOINT_UDP || !has_address(rule, own))
			continue;
		if (rule->flags & WRIT_ENDPOINT_DENY)
			return (struct net_verdict){.rule = i, .why = NET_DENIED};
		if (rule->flags & WRIT_ENDPOINT_BIND && !verdict.allowed)
			verdict = (struct net_verdict){true, NET_BY_ADDRESS, i, {NULL, 0}};
	}
	return verdict;
}

static long judge_own(struct net_gate *gate, enum writ_net_kind kind, const struct net_peer *own)
{
	struct net_verdict verdict = find_own(&gate->plan, own);

	net_events_add(&gate->events, kind, &verdict, own);
	return verdict.allowed ? 0 : -EACCES;
}

static long call_bind(struct net_gate *gate, struct broker *broker, const struct net_socket *socket,
		      const struct net_call *call)
{
	struct net_peer own;
	long rc = is_own(gate, socket) ? 0 : -EACCES;

	(void)broker;
	if (is_tcp(socket)) {
		rc = net_name_peer(&call->name, socket->family, &own);
		if (!rc)
			rc = judge_own(gate, WRIT_NET_BIND, &own);
	}
	if (!rc)
		rc = RAW(SYS_bind, socket->fd, call->name.bytes, call->name.len);
	(void)RAW(SYS_close, socket->fd);
	return rc;
}

/* The name that a socket has: port 0 when it has none. */
static long own_name(const struct net_socket *socket, struct net_peer *out)
{
	struct net_name name = {.len = NET_NAME_MAX};
	long rc = RAW(SYS_getsockname, socket->fd, name.bytes, &name.len);

	return rc ? rc : net_name_peer(&name, socket->family, out);
}

static long call_listen(struct net_gate *gate, struct broker *broker,
			const struct net_socket *socket, const struct net_call *call)
{
	struct net_peer own;
	long rc = is_tcp(socket) ? own_name(socket, &own) : -EACCES;

	(void)call;
	if (!rc)
		rc = judge_own(gate, WRIT_NET_LISTEN, &own);
	if (!rc)
		rc = RAW(SYS_listen, socket->fd, (int)broker->notif.args[1]);
	(void)RAW(SYS_close, socket->fd);
	return rc;
}

/* ---- all of them ---- */

/* What is done with the socket, whose descriptor is taken. */
static const struct {
	int nr;
	bool has_name;
	long (*run)(struct net_gate *gate, struct broker *broker, const struct net_socket *socket,
		    const struct net_call *call);
} rows[] = {
	{SYS_connect, true, call_connect},
	{SYS_bind, true, call_bind},
	{SYS_listen, false, call_listen},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static size_t find_row(int nr)
{
	size_t row = 0;

	while (row < N_ROWS && rows[row].nr != nr)
		row++;
	return row;
}

bool net_gate_has(int nr)
{
	return nr == SYS_socket || find_row(nr) < N_ROWS;
}

/* A result, or LATER. */
static long run(struct net_gate *gate, struct broker *broker, struct net_call *call)
{
	const uint64_t *args = broker->notif.args;
	size_t row = find_row(broker->notif.nr);
	struct net_socket socket;
	long rc = 0;

	if (rows[row].has_name)
		rc = net_name_read(broker, args[1], args[2], &call->name);
	if (!rc)
		rc = net_socket_take(broker, (int)args[0], &socket);
	if (rc)
		return rc;
	call->ino = socket.ino;
	if (!net_answered(&gate->pendings, call, &rc)) {
		rc = rows[row].run(gate, broker, &socket, call);
		call->is_repeated = rc == -EISCONN && net_connected(&gate->pendings, call);
		return call->is_repeated ? 0 : rc;
	}
	(void)RAW(SYS_close, socket.fd);
	return rc;
}

void net_gate_lend(struct net_gate *gate, char *stack, size_t stack_bytes)
{
	if (!gate->names)
		return;
	gate->names->space.stack = stack;
	gate->names->space.stack_bytes = stack_bytes;
}

void net_gate_end(struct net_gate *gate)
{
	if (gate->names)
		net_space_end(&gate->names->space);
}

void net_gate_finish(struct net_gate *gate)
{
	if (gate->names)
		net_relay_finish(&gate->names->relay);
	if (gate->tls)
		net_tls_finish(gate->tls);
	net_ends_finish(gate->ends);
}

bool net_gate_has_ended(struct net_gate *gate)
{
	return !gate->names || net_space_has_ended(&gate->names->space);
}

/* A socket that was asked for. */
static void answer_socket(struct net_gate *gate, const struct broker *broker, long rc)
{
	const struct net_call call = {.id = broker->notif.id, .nr = SYS_socket};

	if (rc != NET_NAMES_LATER && rc != BROKER_SENT)
		net_answer(&gate->pendings, &call, rc);
}

void net_gate_call(struct net_gate *gate, struct broker *broker)
{
	struct net_call call = {.id = broker->notif.id, .nr = broker->notif.nr};
	long rc;

	gate->events.call = call.id;
	gate->pendings.events = &gate->events;
	gate->pendings.listener = broker->listener;
	if (call.nr == SYS_socket) {
		answer_socket(gate, broker, net_names_socket(gate->names, broker));
		return;
	}
	net_alarm_set(true);
	rc = run(gate, broker, &call);
	if (rc != LATER)
		net_answer(&gate->pendings, &call, rc);
	net_alarm_set(false);
}

bool net_gate_may_name(void *owner, const struct net_tls_connection *connection, struct slice name)
{
	struct net_gate *gate = owner;
	const struct net_rules rules = {gate->plan.rules, gate->plan.n_rules};
	struct net_verdict verdict = {.rule = connection->rule, .name = name};
	struct net_peer peer;

	if (net_name_peer(&connection->to, connection->to.family, &peer))
		return false;
	verdict.allowed = net_rule_names(&rules, connection->rule, name, peer.port);
	verdict.why = verdict.allowed ? NET_BY_NAME : NET_UNLISTED;
	gate->events.call = 0;
	net_events_add(&gate->events, WRIT_NET_TLS, &verdict, &peer);
	return verdict.allowed;
}

/* ---- waiting ---- */

static bool is_busy(const struct net_gate *gate)
{
	return gate->names && gate->names->is_asked;
}

static bool has_resolver(const struct net_gate *gate)
{
	return gate->names && gate->names->is_open;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Microseconds to wait; UINT64_MAX: for ever. */
static uint64_t watch(struct net_gate *gate)
{
	struct pollfd *fds = gate->watched + N_OWN;
	uint64_t now_us = net_now_us(), wait_us = UINT64_MAX, first_ms = UINT64_MAX;

	if (has_resolver(gate))
		fds += net_names_watch(gate->names, fds, now_us / US_PER_MS, &wait_us);
	gate->n_tls = gate->tls ? net_tls_watch(gate->tls, fds, &first_ms) : 0;
	fds += gate->n_tls;
	/* Who takes too long to begin is looked for now and then. */
	if (first_ms < UINT64_MAX)
		wait_us = least(wait_us, TLS_LOOK_US);
	wait_us = least(wait_us, net_pending_watch(&gate->pendings, fds, now_us));
	gate->watched[N_OWN - 1] =
		(struct pollfd){.fd = net_ends_watch(gate->ends, now_us, &wait_us),
				.events = POLLIN};
	gate->n_watched = (size_t)(fds - gate->watched) + gate->pendings.n;
	return wait_us;
}

static void serve(struct net_gate *gate, struct broker *broker)
{
	const struct pollfd *fds = gate->watched + gate->n_watched - gate->pendings.n;

	if (gate->watched[N_OWN - 1].revents)
		net_ends_serve(gate->ends);
	if (has_resolver(gate))
		net_names_serve(gate->names, gate->watched + N_OWN,
				(size_t)(fds - gate->watched) - gate->n_tls - N_OWN, now_ms());
	if (gate->n_tls)
		net_tls_serve(gate->tls, fds - gate->n_tls, gate->n_tls, now_ms());
	if (gate->pendings.n) {
		net_alarm_set(true);
		net_pending_serve(&gate->pendings, fds, gate->pendings.n);
		net_alarm_set(false);
	}
	if (is_busy(gate))
		answer_socket(gate, broker, net_names_go_on(gate->names, broker));
}

static bool is_sooner(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

long net_gate_wait(struct net_gate *gate, struct broker *broker, struct pollfd *fds,
		   const struct timespec *most)
{
	uint64_t wait_us = watch(gate);
	struct timespec wait;
	long rc;

	if (gate->pendings.is_lost)
		return -EPIPE;
	memcpy(gate->watched, fds, 2 * sizeof(*fds));
	/* The socket that is waited for is waited for below. */
	if (is_busy(gate)) {
		gate->watched[1].events = 0;
		wait_us = 0;
	}
	wait = (struct timespec){(time_t)(wait_us / US_PER_SECOND),
				 (long)(wait_us % US_PER_SECOND) * NS_PER_US};
	if (wait_us < UINT64_MAX && !(most && is_sooner(most, &wait)))
		most = &wait;
	rc = RAW(SYS_ppoll, gate->watched, gate->n_watched, most, NULL, KERNEL_SIGSET_SIZE);
	fds[0].revents = gate->watched[0].revents;
	fds[1].revents = gate->watched[1].revents;
	if (rc >= 0)
		serve(gate, broker);
	return rc;
}
