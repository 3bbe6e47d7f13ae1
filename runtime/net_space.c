/*
 * See net_space.h. The maker and the keeper take turns by one word in their memory, which each
 * waits for while it is the other's turn. The kernel clears it when the maker is gone, however that
 * came about (set_tid_address(2)).
 *
 * The namespace is made by unshare(2) rather than by the clone, as that can take as long as others
 * on this host take to make or remove theirs, and it is the maker that is to wait, not the keeper.
 *
 * Local routes to all addresses make every packet one to this host (ip-route(8), "local"); they are
 * looked up before all others. No address is assigned for that: a datagram is sent from the address
 * that it goes to.
 */
#include "runtime/net_space.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "runtime/kernel_abi.h"
#include "runtime/net_pending.h"
#include "runtime/raw.h"
#include "runtime/task.h"
#include "runtime/trial.h"

#define WAIT_NS       2000000
#define LOOKS_FOR_END 500u
#define US_PER_MS     1000u

#define IPV6_V6ONLY_ABI      26 /* <linux/in6.h>: one name, several headers */
#define IPV6_RECVPKTINFO_ABI 49
#define IPV6_FREEBIND_ABI    78
#define IP_PKTINFO_ABI       8

enum state { GONE, ASKED, ANSWERED };

/* ---- in the namespace ---- */

static int raise_loopback(int fd)
{
	struct ifreq request = {.ifr_flags = IFF_UP};

	memcpy(request.ifr_name, "lo", sizeof("lo"));
	return (int)RAW(SYS_ioctl, fd, KERNEL_SIOCSIFFLAGS, &request);
}

/* Every address of a family is ours. */
static int add_route(int netlink, int family)
{
	const struct route_request_abi request = {
		.len = sizeof(request),
		.type = KERNEL_RTM_NEWROUTE,
		.flags = KERNEL_NLM_F_REQUEST | KERNEL_NLM_F_ACK | KERNEL_NLM_F_CREATE,
		.family = (uint8_t)family,
		.table = KERNEL_RT_TABLE_LOCAL,
		.protocol = KERNEL_RTPROT_BOOT,
		.scope = family == AF_INET ? KERNEL_RT_SCOPE_HOST : 0,
		.route_type = KERNEL_RTN_LOCAL,
		.attribute_len = 8,
		.attribute = KERNEL_RTA_OIF,
		.interface = NET_SPACE_INTERFACE,
	};
	struct netlink_answer_abi answer = {.error = -EIO};
	long rc = RAW(SYS_sendto, netlink, &request, sizeof(request), 0, NULL, 0);

	/* What it says is cut to what counts. */
	if (rc >= 0)
		rc = RAW(SYS_recvfrom, netlink, &answer, sizeof(answer), 0, NULL, NULL);
	return rc < 0 ? (int)rc : answer.error;
}

/* A host may have no IPv6; then the tool's sockets of it can't be made either. */
static int add_routes(void)
{
	long netlink = RAW(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	int rc;

	if (netlink < 0)
		return (int)netlink;
	rc = add_route((int)netlink, AF_INET);
	if (!rc)
		(void)add_route((int)netlink, AF_INET6);
	(void)RAW(SYS_close, netlink);
	return rc;
}

static int enter(void)
{
	return (int)RAW(SYS_unshare, KERNEL_CLONE_NEWNET);
}

static int open_up(void)
{
	long fd = RAW(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = (int)fd;

	if (fd >= 0) {
		rc = raise_loopback((int)fd);
		(void)RAW(SYS_close, fd);
	}
	return rc;
}

static const struct {
	const char *name;
	int (*run)(void);
} steps[] = {
	{"unshare(CLONE_NEWNET)", enter},
	{"bringing up its loopback interface", open_up},
	{"routing all addresses to it", add_routes},
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

static int make_namespace(struct net_space *space)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < N_STEPS; i++) {
		rc = steps[i].run();
		if (rc) {
			space->step = steps[i].name;
			space->error = -rc;
		}
	}
	return rc;
}

static int set_on(long fd, int level, int option)
{
	const int on = 1;

	return (int)RAW(SYS_setsockopt, fd, level, option, &on, sizeof(on));
}

static int bind_all(long fd, int family, uint16_t port)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int rc;

	if (family == AF_INET) {
		rc = set_on(fd, IPPROTO_IP, IP_PKTINFO_ABI);
		return rc ? rc : (int)RAW(SYS_bind, fd, &any, sizeof(any));
	}
	rc = set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY_ABI);
	if (!rc)
		rc = set_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO_ABI);
	/* To send from addresses that no interface has. */
	if (!rc)
		rc = set_on(fd, IPPROTO_IPV6, IPV6_FREEBIND_ABI);
	return rc ? rc : (int)RAW(SYS_bind, fd, &any6, sizeof(any6));
}

static int listen_at(int family, uint16_t port)
{
	long fd = RAW(SYS_socket, family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = fd < 0 ? (int)fd : bind_all(fd, family, port);

	if (fd >= 0 && rc)
		(void)RAW(SYS_close, fd);
	return rc ? rc : (int)fd;
}

static int raw_socket(int family, int protocol)
{
	return (int)RAW(SYS_socket, family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int listen_all(struct net_space *space)
{
	space->icmp[0] = raw_socket(AF_INET, IPPROTO_ICMP);
	space->icmp[1] = raw_socket(AF_INET6, IPPROTO_ICMPV6);
	for (uint32_t i = 0; i < space->n_ports; i++) {
		space->listeners[i][0] = listen_at(AF_INET, space->ports[i]);
		space->listeners[i][1] = listen_at(AF_INET6, space->ports[i]);
		if (space->listeners[i][0] >= 0)
			continue;
		space->step = "listening in it";
		space->error = -space->listeners[i][0];
		return space->listeners[i][0];
	}
	return 0;
}

/* ---- turns ---- */

static void pass_turn(struct net_space *space, enum state state)
{
	atomic_store(&space->state, state);
	(void)RAW(SYS_futex, &space->state, KERNEL_FUTEX_WAKE, 1, NULL);
}

/* While the word is this; or for as long as that. */
static void await_turn(struct net_space *space, enum state state, const struct timespec *most)
{
	(void)RAW(SYS_futex, &space->state, KERNEL_FUTEX_WAIT, state, most);
}

TASK_CODE static void end(void)
{
	(void)RAW(SYS_exit_group, 0);
	__builtin_trap();
}

/* The maker: one that the keeper's death has overtaken ends as well. */
TASK_CODE static int make_sockets(void *arg)
{
	struct net_space *space = arg;

	(void)RAW(SYS_set_tid_address, &space->state);
	if (RAW(SYS_prctl, KERNEL_PR_SET_PDEATHSIG, SIGKILL) || RAW0(SYS_getppid) != space->keeper)
		end();
	if (make_namespace(space) || listen_all(space))
		end();
	for (;;) {
		space->result = RAW(SYS_socket, space->domain, SOCK_DGRAM | space->type, 0);
		pass_turn(space, ANSWERED);
		while (atomic_load(&space->state) == ANSWERED)
			await_turn(space, ANSWERED, NULL);
	}
	return 0;
}

/* Its first socket is what is asked for at once. */
static int start_maker(struct net_space *space)
{
	const struct task_request request = {
		.flags = KERNEL_CLONE_VM | KERNEL_CLONE_FILES | KERNEL_CLONE_NEWUSER,
		.cgroup = -1,
		.stack = space->stack,
		.stack_bytes = space->stack_bytes,
	};

	space->keeper = (int)RAW0(SYS_getpid);
	space->maker = task_clone(&request, make_sockets, space);
	if (space->maker >= 0) {
		space->made = space->maker;
		return 0;
	}
	atomic_store(&space->state, GONE);
	space->step = "clone(CLONE_NEWUSER)";
	space->error = -space->maker;
	return space->maker;
}

/* It may have been stopped, or waits for others of this host: it does not come back. */
static void give_up(struct net_space *space)
{
	(void)RAW(SYS_kill, space->maker, SIGKILL);
	space->maker = -1;
	space->step = "waiting for a socket";
	space->error = ETIMEDOUT;
}

static int find_namespace(int fd, uint64_t *out)
{
	struct statx_abi st = {.mask = 0};
	int ns = (int)RAW(SYS_ioctl, fd, KERNEL_SIOCGSKNS, 0);
	int rc = ns;

	if (ns >= 0) {
		rc = (int)RAW(SYS_statx, ns, "", AT_EMPTY_PATH, KERNEL_STATX_INO, &st);
		(void)RAW(SYS_close, ns);
	}
	*out = st.ino;
	return rc;
}

long net_space_ask(struct net_space *space, int domain, int flags)
{
	if (space->maker < 0)
		return -EACCES;
	space->domain = domain;
	space->type = flags;
	space->deadline_ms = net_now_us() / US_PER_MS + NET_SPACE_MOST_MS;
	if (space->maker)
		pass_turn(space, ASKED);
	else
		atomic_store(&space->state, ASKED);
	if (!space->maker && start_maker(space))
		return -EACCES;
	return net_space_answer(space);
}

long net_space_answer(struct net_space *space)
{
	const struct timespec most = {0, WAIT_NS};

	await_turn(space, ASKED, &most);
	switch ((enum state)atomic_load(&space->state)) {
	case ASKED:
		if (net_now_us() / US_PER_MS < space->deadline_ms)
			return -EINPROGRESS;
		give_up(space);
		return -EACCES;
	case GONE:
		space->maker = -1;
		if (!space->step)
			space->step = "its maker's death";
		return -EACCES;
	case ANSWERED:
		break;
	}
	if (!space->ino && space->result >= 0 &&
	    find_namespace((int)space->result, &space->ino) < 0)
		space->ino = 0;
	return space->result;
}

void net_space_end(struct net_space *space)
{
	const int look = WEXITED | WNOHANG | WNOWAIT | KERNEL_WALL;

	if (!space->made)
		return;
	/* Once it is reaped, its number is somebody else's. */
	if (!RAW(SYS_waitid, P_PID, space->made, NULL, look, NULL)) {
		/* Where we may not, our own end does it, and waiting would be for ever. */
		if (RAW(SYS_kill, space->made, SIGKILL))
			return;
		while (RAW(SYS_waitid, P_PID, space->made, NULL, WEXITED | KERNEL_WALL, NULL) ==
		       -EINTR)
			;
	}
	atomic_store(&space->state, GONE);
}

bool net_space_has_ended(struct net_space *space)
{
	const struct timespec most = {0, WAIT_NS};
	enum state state;

	for (unsigned int i = 0; i < LOOKS_FOR_END; i++) {
		state = (enum state)atomic_load(&space->state);
		if (state == GONE)
			return true;
		await_turn(space, state, &most);
	}
	return false;
}

bool net_space_has(const struct net_space *space, int fd)
{
	uint64_t ino;

	return space->ino && find_namespace(fd, &ino) >= 0 && ino == space->ino;
}

static int try_it(void *arg)
{
	struct net_space space = {.n_ports = 0};

	(void)arg;
	return make_namespace(&space);
}

bool net_space_works(void)
{
	return trial_works(KERNEL_CLONE_NEWUSER, try_it, NULL);
}
