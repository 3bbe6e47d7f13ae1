/*
 * The network: a socket of every family and type; ports that are granted and one that is not; the
 * ways to connect without connect(2); sockets of processes outside.
 *
 * No packet leaves the host: a connection is tried to a multicast address, which TCP has none to
 * (ENETUNREACH), long after Landlock and seccomp have had their say.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "runtime/prove/cases.h"

#define LAST_FAMILY     46
#define FAST_OPEN       0x20000000
#define FAST_CONNECT    30 /* TCP_FASTOPEN_CONNECT */
#define MULTICAST       "224.0.0.1"
#define MAX_PORT_RANGES 16u

static const struct {
	const char *what;
	int64_t family;
	int64_t type;
	int64_t protocol;
} sockets[] = {
	{"TCP over IPv4", AF_INET, SOCK_STREAM, 0},
	{"TCP over IPv6", AF_INET6, SOCK_STREAM, 0},
	{"UDP over IPv4", AF_INET, SOCK_DGRAM, 0},
	{"UDP over IPv6", AF_INET6, SOCK_DGRAM, 0},
	{"Multipath TCP", AF_INET, SOCK_STREAM, 262},
	{"SCTP", AF_INET, SOCK_STREAM, 132},
	{"UDP-Lite", AF_INET, SOCK_DGRAM, 136},
	{"ICMP", AF_INET, SOCK_DGRAM, 1},
	{"raw IPv4", AF_INET, SOCK_RAW, 255},
	{"unix stream", AF_UNIX, SOCK_STREAM, 0},
	{"unix datagram", AF_UNIX, SOCK_DGRAM, 0},
	{"unix seqpacket", AF_UNIX, SOCK_SEQPACKET, 0},
	{"netlink", AF_NETLINK, SOCK_RAW, 0},
	{"packet", AF_PACKET, SOCK_RAW, 0},
	{"vsock", AF_VSOCK, SOCK_STREAM, 0},
	{"kernel cryptography", AF_ALG, SOCK_SEQPACKET, 0},
	{"TCP over IPv4, high bits set", INT64_C(0x100000002), SOCK_STREAM, 0},
	{"TCP over IPv4, type's high bits set", AF_INET, INT64_C(0x100000001), 0},
};

static struct probe_step socket_step(int64_t family, int64_t type, int64_t protocol)
{
	return (struct probe_step){.number = SYS_socket, .args = {family, type, protocol}};
}

static void add_sockets(struct prove_script *script)
{
	static const int64_t types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET};

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		struct probe_step step = socket_step(sockets[i].family, sockets[i].type,
						     sockets[i].protocol);

		step.op = PROBE_OPEN;
		script_case(script, "sockets", EXPECT_RULES, sockets[i].what);
		(void)script_step(script, step);
		script_case_end(script);
	}
	for (int64_t family = 0; family <= LAST_FAMILY; family++) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			struct probe_step step = socket_step(family, types[i], 0);

			step.op = PROBE_OPEN;
			script_case(script, "sockets of every family and type", EXPECT_RULES,
				    prove_text(script->report, "family %lld, type %lld",
					       (long long)family, (long long)types[i]));
			script->cases[script->n_cases - 1].folded = true;
			(void)script_step(script, step);
			script_case_end(script);
		}
	}
}

static int64_t address_of(struct prove_script *script, const char *host, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	(void)inet_pton(AF_INET, host, &address.sin_addr);
	return script_bytes(script, &address, sizeof(address));
}

static void close_step(struct prove_script *script, uint32_t opened)
{
	script_cleanup(script, (struct probe_step){.number = SYS_close,
						   .needs = opened + 1,
						   .args = {opened},
						   .from_results = 1});
}

/* Ends a case with a call of its socket with an address: connect or bind. */
static void end_with_address(struct prove_script *script, uint32_t opened, int64_t number,
			     int64_t address, size_t size)
{
	(void)script_step(script, (struct probe_step){.number = number,
						      .needs = opened + 1,
						      .args = {opened, address, (int64_t)size},
						      .from_results = 1,
						      .from_blob = 2});
	close_step(script, opened);
	script_case_end(script);
}

static void add_tcp(struct prove_script *script, int64_t number, int64_t address)
{
	uint32_t opened = script_step(script, socket_step(AF_INET, SOCK_STREAM, 0));

	end_with_address(script, opened, number, address, sizeof(struct sockaddr_in));
}

/* Landlock's answer when a port is not granted; none is limited where no rule is about TCP. */
static bool is_granted(const struct prove_target *target, uint32_t right, uint16_t number)
{
	struct writ_fmt_range range = target->record->ports;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_port *port = image_PORTS(&target->policy->image,
							       range.first + i);
		uint16_t first = port->param == WRIT_NONE
					 ? port->first
					 : target->policy->params[port->param].port;
		uint16_t last = port->param == WRIT_NONE ? port->last : first;

		if (port->rights & right && number >= first && number <= last)
			return true;
	}
	return false;
}

static void add_port(const struct prove_target *target, struct prove_script *script,
		     const struct writ_fmt_port *port)
{
	uint16_t number = port->param == WRIT_NONE ? port->first
						   : target->policy->params[port->param].port;

	if (port->rights & WRIT_PORT_CONNECT) {
		script_case(script, "network", EXPECT_WORKS,
			    prove_text(script->report, "connect to TCP port %u", number));
		add_tcp(script, SYS_connect, address_of(script, MULTICAST, number));
	}
	if (port->rights & WRIT_PORT_BIND) {
		script_case(script, "network", EXPECT_WORKS,
			    prove_text(script->report, "bind to TCP port %u", number));
		add_tcp(script, SYS_bind, address_of(script, "127.0.0.1", number));
	}
}

/* A port on which nothing is granted; a listening socket of ours has it, so connecting works. */
static void add_other_port(const struct prove_target *target, struct prove_script *script)
{
	uint16_t number = target->open_port;

	if (number && !is_granted(target, WRIT_PORT_CONNECT, number)) {
		script_case(script, "network", EXPECT_REFUSED,
			    prove_text(script->report, "connect to TCP port %u of this host",
				       number));
		add_tcp(script, SYS_connect, address_of(script, "127.0.0.1", number));
	}
	if (!is_granted(target, WRIT_PORT_BIND, 0)) {
		script_case(script, "network", EXPECT_REFUSED, "bind to any free TCP port");
		add_tcp(script, SYS_bind, address_of(script, "127.0.0.1", 0));
	}
}

/* Data in the first packet: connects past connect(2), and past Landlock's hook for it. */
static void add_fast_send(const struct prove_target *target, struct prove_script *script)
{
	int64_t one = script_bytes(script, &(int){1}, sizeof(int));
	int64_t address = address_of(script, "127.0.0.1", target->open_port);
	uint32_t opened;

	script_case(script, "network", EXPECT_REFUSED, "TCP Fast Open by sendto");
	opened = script_step(script, socket_step(AF_INET, SOCK_STREAM, 0));
	(void)script_step(script, (struct probe_step){.number = SYS_sendto,
						      .needs = opened + 1,
						      .args = {opened, one, 1, FAST_OPEN, address,
							       sizeof(struct sockaddr_in)},
						      .from_results = 1,
						      .from_blob = 2 | 16});
	close_step(script, opened);
	script_case_end(script);
}

/* The option says that connect(2) is not to connect yet. */
static void add_fast_connect(const struct prove_target *target, struct prove_script *script)
{
	int64_t one = script_bytes(script, &(int){1}, sizeof(int));
	int64_t address = address_of(script, "127.0.0.1", target->open_port);
	uint32_t opened;

	script_case(script, "network", EXPECT_REFUSED, "TCP Fast Open by TCP_FASTOPEN_CONNECT");
	opened = script_step(script, socket_step(AF_INET, SOCK_STREAM, 0));
	(void)script_step(script, (struct probe_step){.number = SYS_setsockopt,
						      .needs = opened + 1,
						      .args = {opened, IPPROTO_TCP, FAST_CONNECT,
							       one, sizeof(int)},
						      .from_results = 1,
						      .from_blob = 8});
	end_with_address(script, opened, SYS_connect, address, sizeof(struct sockaddr_in));
}

static void add_abstract(const struct prove_target *target, struct prove_script *script)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(target->abstract);
	uint32_t opened;
	int64_t at;

	memcpy(address.sun_path + 1, target->abstract, strlen(target->abstract));
	at = script_bytes(script, &address, sizeof(address));
	script_case(script, "network", EXPECT_REFUSED, "connect to an abstract socket outside");
	opened = script_step(script, socket_step(AF_UNIX, SOCK_STREAM, 0));
	end_with_address(script, opened, SYS_connect, at, size);
}

void cases_network(const struct prove_target *target, struct prove_script *script)
{
	struct writ_fmt_range range = target->record->ports;

	for (uint32_t i = 0; i < range.count && i < MAX_PORT_RANGES; i++)
		add_port(target, script, image_PORTS(&target->policy->image, range.first + i));
	add_other_port(target, script);
	if (!is_granted(target, WRIT_PORT_CONNECT, target->open_port)) {
		add_fast_send(target, script);
		add_fast_connect(target, script);
	}
	add_abstract(target, script);
	add_sockets(script);
}
