/*
 * Network grants: endpoints, and the system call rules that leave nothing else open.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/policy.h"

Test(network, endpoints_are_ports_ranges_or_parameters)
{
	const char *listing = policy_listing("param p : port;\n"
					     "sandbox s { network { connect \"*:443\", \"*:${p}\"; "
					     "bind \"*:8000-8010\", \"*:443\";\n"
					     "  connect \"*:65535\", \"*:1\"; } }");

	policy_expect_line(listing, "\tport cb 443-443");
	policy_expect_line(listing, "\tport c- ${p}");
	policy_expect_line(listing, "\tport -b 8000-8010");
	policy_expect_line(listing, "\tport c- 65535-65535");
	policy_expect_line(listing, "\tport c- 1-1");
}

#define EPERM_ACTION (SECCOMP_RET_ERRNO | EPERM)

Test(network, without_a_granted_port_there_are_no_sockets)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { syscalls { allow @default, @network-client, @network-server; } }");

	for (uint64_t family = 0; family < 50; family++)
		cr_expect_eq(policy_verdict(sandbox, "socket", family, 1, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "connect", 3, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "bind", 3, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "listen", 3, 0, 0), EPERM_ACTION);
}

Test(network, connected_pairs_are_not_network)
{
	const struct ir_sandbox *sandbox =
		policy_sandbox("sandbox s { syscalls { allow @default, socketpair; } }");

	cr_expect_eq(policy_verdict(sandbox, "socketpair", 1, 1, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "socketpair", 1, 5 | 02000000, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "socketpair", 1, 2, 0), EPERM_ACTION, "datagrams");
	cr_expect_eq(policy_verdict(sandbox, "socketpair", 30, 1, 0), EPERM_ACTION, "TIPC");
}

Test(network, granted_port_means_tcp_only)
{
	const struct ir_sandbox *sandbox =
		policy_sandbox("sandbox s { network { connect \"*:443\"; } }");

	cr_expect_eq(policy_verdict(sandbox, "socket", 2, 1, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "socket", 10, 1 | 02004000, 6), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "socket", 2, 2, 0), EPERM_ACTION, "UDP");
	cr_expect_eq(policy_verdict(sandbox, "socket", 2, 3, 0), EPERM_ACTION, "raw");
	cr_expect_eq(policy_verdict(sandbox, "socket", 2, 1, 262), EPERM_ACTION, "MPTCP");
	cr_expect_eq(policy_verdict(sandbox, "socket", 2, 1, 132), EPERM_ACTION, "SCTP");
	cr_expect_eq(policy_verdict(sandbox, "socket", 1, 1, 0), EPERM_ACTION, "unix");
	cr_expect_eq(policy_verdict(sandbox, "socket", 16, 3, 0), EPERM_ACTION, "netlink");
	cr_expect_eq(policy_verdict(sandbox, "socket", 17, 1, 0), EPERM_ACTION, "packet");
	cr_expect_eq(policy_verdict(sandbox, "connect", 3, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "bind", 3, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "listen", 3, 0, 0), EPERM_ACTION, "autobind");
	cr_expect_eq(policy_verdict(sandbox, "accept4", 3, 0, 0), EPERM_ACTION);
}

Test(network, bind_lets_listen_and_nothing_connect)
{
	const struct ir_sandbox *sandbox =
		policy_sandbox("sandbox s { network { bind \"*:8000\"; } }");

	cr_expect_eq(policy_verdict(sandbox, "listen", 3, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "accept", 3, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "connect", 3, 0, 0), EPERM_ACTION);
}

Test(network, endpoints_open_what_they_take)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { network { connect \"10.0.0.0/8:1\"; deny \"10.0.0.1\"; }\n"
		"  syscalls { allow @default, @network-client, @network-server; } }");

	cr_expect_eq(sandbox->ports.n, 0);
	for (uint64_t family = 0; family < 50; family++)
		cr_expect_eq(policy_verdict(sandbox, "socket", family, 1, 0),
			     family == 2 || family == 10 ? SECCOMP_RET_ALLOW : EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "socket", 2, 2, 0), EPERM_ACTION, "UDP");
	cr_expect_eq(policy_verdict(sandbox, "connect", 3, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "bind", 3, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "listen", 3, 0, 0), EPERM_ACTION);
}

Test(network, what_is_denied_opens_no_sockets)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { network { deny \"10.0.0.1\", \"a.example\"; }\n"
		"  syscalls { allow @default, @network-client, @network-server; } }");

	for (uint64_t family = 0; family < 50; family++) {
		cr_expect_eq(policy_verdict(sandbox, "socket", family, 1, 0), EPERM_ACTION);
		cr_expect_eq(policy_verdict(sandbox, "socket", family, 2, 0), EPERM_ACTION);
	}
	cr_expect_eq(policy_verdict(sandbox, "connect", 3, 0, 0), EPERM_ACTION);
}

Test(network, names_and_udp_take_datagrams)
{
	const struct ir_sandbox *udp = policy_sandbox(
		"sandbox s { network { connect \"udp://*:53\"; } syscalls { allow @default; } }");
	const struct ir_sandbox *name = policy_sandbox(
		"sandbox s { network { connect \"a.example:1\"; unix \"/x\"; } "
		"syscalls { allow @default; } }");

	for (uint64_t family = 0; family < 50; family++) {
		bool inet = family == 2 || family == 10;

		cr_expect_eq(policy_verdict(udp, "socket", family, 1, 0), EPERM_ACTION);
		cr_expect_eq(policy_verdict(udp, "socket", family, 2, 17),
			     inet ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(name, "socket", family, 1, 0),
			     inet || family == 1 ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(name, "socket", family, 2 | 02004000, 0),
			     inet ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(name, "socket", family, 5, 0),
			     family == 1 ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(name, "socket", family, 3, 17), EPERM_ACTION, "raw");
	}
	cr_expect_eq(policy_verdict(name, "socket", 2, 2, 136), EPERM_ACTION, "UDP-Lite");
	cr_expect_eq(policy_verdict(name, "socket", 2, 2, 1), EPERM_ACTION, "ping");
	cr_expect_eq(policy_verdict(name, "bind", 3, 0, 0), SECCOMP_RET_ALLOW, "to the gate");
}

/* The tool's user owns the namespace of such sockets: system call, level or request, option. */
Test(network, what_takes_capabilities_is_refused_beside_a_resolver)
{
	static const struct {
		const char *call;
		uint64_t args[2];
		bool refused;
	} rows[] = {
		{"setsockopt", {0, 64}, true},   {"setsockopt", {0, 96}, true},
		{"setsockopt", {0, 128}, true},  {"setsockopt", {0, 1154}, true},
		{"setsockopt", {0, 16}, true},   {"setsockopt", {0, 17}, true},
		{"setsockopt", {41, 64}, true},  {"setsockopt", {41, 65}, true},
		{"setsockopt", {41, 35}, true},  {"setsockopt", {41, 200}, true},
		{"setsockopt", {41, 54}, true},  {"setsockopt", {41, 59}, true},
		{"setsockopt", {1, 32}, true},   {"setsockopt", {1, 33}, true},
		{"getsockopt", {0, 64}, true},   {"getsockopt", {0, 1157}, true},
		{"getsockopt", {41, 68}, true},  {"getsockopt", {41, 69}, true},
		{"setsockopt", {0, 1}, false},   {"setsockopt", {0, 8}, false},
		{"setsockopt", {0, 15}, false},  {"setsockopt", {0, 18}, false},
		{"setsockopt", {0, 63}, false},  {"setsockopt", {0, 80}, false},
		{"setsockopt", {41, 26}, false}, {"setsockopt", {41, 49}, false},
		{"setsockopt", {41, 66}, false}, {"setsockopt", {41, 67}, false},
		{"setsockopt", {41, 72}, false}, {"setsockopt", {1, 8}, false},
		{"setsockopt", {1, 34}, false},  {"setsockopt", {17, 103}, false},
		{"getsockopt", {0, 80}, false},  {"getsockopt", {1, 4}, false},
		{"ioctl", {0x890b, 0}, true},    {"ioctl", {0x890c, 0}, true},
		{"ioctl", {0x8914, 0}, true},    {"ioctl", {0x8916, 0}, true},
		{"ioctl", {0x8922, 0}, true},    {"ioctl", {0x8936, 0}, true},
		{"ioctl", {0x8946, 0}, true},    {"ioctl", {0x894c, 0}, true},
		{"ioctl", {0x89a0, 0}, true},    {"ioctl", {0x89f0, 0}, true},
		{"ioctl", {0x8b00, 0}, true},    {"ioctl", {0x541b, 0}, false},
		{"ioctl", {0x5421, 0}, false},   {"ioctl", {0x8902, 0}, false},
		{"ioctl", {0x8905, 0}, false},   {"ioctl", {0x8910, 0}, false},
		{"ioctl", {0x8912, 0}, false},   {"ioctl", {0x8913, 0}, false},
		{"ioctl", {0x8915, 0}, false},   {"ioctl", {0x891b, 0}, false},
		{"ioctl", {0x8921, 0}, false},   {"ioctl", {0x8927, 0}, false},
		{"ioctl", {0x8933, 0}, false},
	};
	const struct ir_sandbox *with = policy_sandbox(
		"sandbox s { network { connect \"a.example:1\"; } syscalls { allow "
		"@default, ioctl; } }");
	const struct ir_sandbox *without = policy_sandbox(
		"sandbox s { network { connect \"10.0.0.1:1\"; } syscalls { allow "
		"@default, ioctl; } }");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t *args = rows[i].args;

		cr_expect_eq(policy_verdict(with, rows[i].call, 3, args[0], args[1]),
			     rows[i].refused ? EPERM_ACTION : SECCOMP_RET_ALLOW, "%s %#lx %lu",
			     rows[i].call, (unsigned long)args[0], (unsigned long)args[1]);
		cr_expect_eq(policy_verdict(without, rows[i].call, 3, args[0], args[1]),
			     SECCOMP_RET_ALLOW, "%s %#lx", rows[i].call, (unsigned long)args[0]);
	}
}

Test(network, unix_sockets_are_streams_and_packets)
{
	const struct ir_sandbox *alone = policy_sandbox("sandbox s { network { unix \"/x\"; } }");
	const struct ir_sandbox *beside =
		policy_sandbox("sandbox s { network { unix \"/x\"; bind \"*:80\"; } }");

	for (uint64_t family = 0; family < 50; family++) {
		bool tcp = family == 2 || family == 10;

		cr_expect_eq(policy_verdict(alone, "socket", family, 1, 0),
			     family == 1 ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(beside, "socket", family, 1 | 02000000, 0),
			     family == 1 || tcp ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(beside, "socket", family, 5, 0),
			     family == 1 ? SECCOMP_RET_ALLOW : EPERM_ACTION);
		cr_expect_eq(policy_verdict(beside, "socket", family, 2, 0), EPERM_ACTION);
	}
	cr_expect_eq(policy_verdict(beside, "socket", 2, 1, 262), EPERM_ACTION, "MPTCP");
	cr_expect_eq(policy_verdict(alone, "connect", 3, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(alone, "bind", 3, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(alone, "accept", 3, 0, 0), EPERM_ACTION);
}

/* A level and an option; others are as free as they are. */
Test(network, options_that_lead_elsewhere_are_refused_beside_a_gate)
{
	static const uint64_t refused[][2] = {{0, 4},  {41, 57}, {41, 5}, {41, 6}, {1, 25},
					      {1, 62}, {6, 19},  {6, 30}, {6, 31}};
	static const uint64_t free[][2] = {{1, 2},   {1, 9}, {6, 1}, {6, 23},
					   {41, 26}, {0, 2}, {0, 6}};
	const struct ir_sandbox *gated =
		policy_sandbox("sandbox s { network { connect \"10.0.0.1:1\"; } }");
	const struct ir_sandbox *ports =
		policy_sandbox("sandbox s { network { connect \"*:443\"; } }");

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		cr_expect_eq(policy_verdict(gated, "setsockopt", 3, refused[i][0], refused[i][1]),
			     EPERM_ACTION, "option %zu", i);
		cr_expect_eq(policy_verdict(ports, "setsockopt", 3, refused[i][0], refused[i][1]),
			     SECCOMP_RET_ALLOW, "option %zu", i);
	}
	for (size_t i = 0; i < sizeof(free) / sizeof(free[0]); i++)
		cr_expect_eq(policy_verdict(gated, "setsockopt", 3, free[i][0], free[i][1]),
			     SECCOMP_RET_ALLOW, "option %zu", i);
}

Test(network, fast_open_is_refused_whatever_is_granted)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { network { connect \"*:443\"; }\n"
		"  syscalls { allow @default, sendto, sendmsg, sendmmsg; } }");
	const uint64_t plain[6] = {3, 0, 0, 0}, third[6] = {3, 0, 0, 0x20000000},
		       second[6] = {3, 0, 0x20004000, 0};
	uint32_t sendto_number = (uint32_t)syscall_number(STR("sendto"), ARCH_AARCH64);
	uint32_t sendmsg_number = (uint32_t)syscall_number(STR("sendmsg"), ARCH_AARCH64);
	uint32_t sendmmsg_number = (uint32_t)syscall_number(STR("sendmmsg"), ARCH_AARCH64);

	cr_expect_eq(ir_call_verdict(sandbox, ARCH_AARCH64, sendto_number, plain),
		     SECCOMP_RET_ALLOW);
	cr_expect_eq(ir_call_verdict(sandbox, ARCH_AARCH64, sendto_number, third), EPERM_ACTION);
	cr_expect_eq(ir_call_verdict(sandbox, ARCH_AARCH64, sendmsg_number, second), EPERM_ACTION);
	cr_expect_eq(ir_call_verdict(sandbox, ARCH_AARCH64, sendmmsg_number, third), EPERM_ACTION);
}
