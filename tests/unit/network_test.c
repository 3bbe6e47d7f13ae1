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

Test(network, endpoints_open_no_sockets)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { network { connect \"a.org:443\", \"10.0.0.0/8:1\", \"udp://*:53\";\n"
		"  bind \"127.0.0.1:80\"; unix \"/run/x\"; }\n"
		"  syscalls { allow @default, @network-client, @network-server; } }");

	cr_expect_eq(sandbox->ports.n, 0);
	for (uint64_t family = 0; family < 50; family++)
		cr_expect_eq(policy_verdict(sandbox, "socket", family, 1, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "connect", 3, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "listen", 3, 0, 0), EPERM_ACTION);
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
