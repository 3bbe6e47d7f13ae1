/*
 * UDP, with real servers and a real tool: who is reached, and that sending is what it is without a
 * gate. The tools are Python programs; the servers are a child of this process, which counts what
 * comes to each of them.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/writ_net.h"
#include "support/box.h"
#include "support/name_server.h"

/*
 * LISTED6 is on the same port as LISTED. TCP is one of a server of that. NAMED is at an address of
 * this machine that is no loopback one, as no name reaches those.
 */
enum { LISTED, OTHER, DENIED, LISTED6, TCP, NAMED, N_SERVERS };

static unsigned ports[N_SERVERS];
static int fds[N_SERVERS];
static atomic_uint *heard;
static pid_t servers;
static char own[INET_ADDRSTRLEN]; /* "": it has none */

static const struct name_row rows[] = {
	{"listed.test", own, NAME_PLAIN},
	{"here.test", "127.0.0.1", NAME_PLAIN},
	{"unlisted.test", own, NAME_PLAIN},
};

/* The address that packets to elsewhere would come from; none is sent. */
static void find_own(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(9)};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, "192.0.2.1", &name.sin_addr);
	if (connect(fd, (void *)&name, len) == 0 && getsockname(fd, (void *)&name, &len) == 0)
		(void)inet_ntop(AF_INET, &name.sin_addr, own, sizeof(own));
	(void)close(fd);
}

static void serve_at(unsigned which, int type, const char *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)ports[LISTED])};
	bool is_ipv6 = inet_pton(AF_INET, address, &in.sin_addr) != 1;
	struct sockaddr *name = is_ipv6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	socklen_t len = is_ipv6 ? sizeof(in6) : sizeof(in);

	(void)inet_pton(AF_INET6, address, &in6.sin6_addr);
	fds[which] = socket(name->sa_family, type | SOCK_CLOEXEC, 0);
	if (fds[which] < 0 || bind(fds[which], name, len))
		return;
	cr_assert(type == SOCK_DGRAM || listen(fds[which], 64) == 0);
	cr_assert_eq(getsockname(fds[which], name, &len), 0);
	ports[which] = ntohs(is_ipv6 ? in6.sin6_port : in.sin_port);
}

/* Sends back what comes; whoever connects is let go. */
static void serve(void)
{
	static char bytes[65536];

	for (;;) {
		struct pollfd ready[N_SERVERS];

		for (size_t i = 0; i < N_SERVERS; i++)
			ready[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
		(void)poll(ready, N_SERVERS, -1);
		for (size_t i = 0; i < N_SERVERS; i++) {
			struct sockaddr_storage from;
			socklen_t len = sizeof(from);
			ssize_t n;

			if (!ready[i].revents)
				continue;
			atomic_fetch_add(&heard[i], 1);
			if (i == TCP) {
				(void)close(accept(fds[i], NULL, NULL));
				continue;
			}
			n = recvfrom(fds[i], bytes, sizeof(bytes), 0, (void *)&from, &len);
			if (n >= 0)
				(void)sendto(fds[i], bytes, (size_t)n, 0, (void *)&from, len);
		}
	}
}

static void begin(void)
{
	make_box();
	heard = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(heard, MAP_FAILED);
	serve_at(LISTED, SOCK_DGRAM, "127.0.0.1");
	serve_at(OTHER, SOCK_DGRAM, "127.0.0.1");
	serve_at(DENIED, SOCK_DGRAM, "127.0.0.2");
	serve_at(LISTED6, SOCK_DGRAM, "::1");
	serve_at(TCP, SOCK_STREAM, "127.0.0.1");
	find_own();
	serve_at(NAMED, SOCK_DGRAM, *own ? own : "127.0.0.1");
	box_resolver = name_server_start(rows, sizeof(rows) / sizeof(rows[0]));
	servers = fork();
	if (servers == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve();
	}
}

static void end(void)
{
	name_server_stop();
	(void)kill(servers, SIGKILL);
	(void)waitpid(servers, NULL, 0);
	remove_box();
}

TestSuite(net_udp, .init = begin, .fini = end, .timeout = 120);

/* t() is what an exchange with a server came to. */
#define PRELUDE                                                                                    \
	"import socket,os,errno,threading,sys\n"                                                   \
	"LISTED,OTHER,DENIED,TCP,NAMED,OWN=%u,%u,%u,%u,%u,'%s'\n"                                  \
	"L='127.0.0.1'\n"                                                                          \
	"def e(x): return errno.errorcode.get(x.errno,str(x))\n"                                   \
	"def udp(family=socket.AF_INET):\n"                                                        \
	"  s=socket.socket(family,socket.SOCK_DGRAM); s.settimeout(20); return s\n"                \
	"def t(port,host=L,family=socket.AF_INET,data=b'x'):\n"                                    \
	"  s=udp(family)\n"                                                                        \
	"  try: s.connect((host,port)); s.send(data); return s.recv(65536)==data\n"                \
	"  except OSError as x: return e(x)\n"

static struct writ_result expect(const char *network, const char *python, const char *want)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;
	struct writ_result result;
	char text[4096], output[1024];
	FILE *file;

	(void)snprintf(text, sizeof(text), "%s/tool.py", box);
	file = fopen(text, "we");
	cr_assert_not_null(file);
	(void)fprintf(file, PRELUDE, ports[LISTED], ports[OTHER], ports[DENIED], ports[TCP],
		      ports[NAMED], own);
	(void)fputs(python, file);
	(void)fclose(file);
	(void)snprintf(text, sizeof(text),
		       "param box : path = \"/\";\nsandbox s { filesystem { " FILES
		       "read \"/etc\", \"${box}/tool.py\"; } network { connect "
		       "\"udp://127.0.0.1:%u\", \"udp://[::1]:%u\", \"udp://127.0.0.2:%u\"; "
		       "deny \"127.0.0.2\"; %s } env { set box = \"${box}\"; } }\n",
		       ports[LISTED], ports[LISTED], ports[DENIED], network);
	sandbox = open_box(text, &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	result = run_in_box(sandbox, "python3 -I $box/tool.py", output);
	cr_expect_str_eq(output, want, "%s\n%s", python, output);
	writ_sandbox_close(sandbox);
	return result;
}

Test(net_udp, what_is_listed_is_reached_and_nothing_else)
{
	expect("",
	       "print(t(LISTED), t(OTHER), t(DENIED, '127.0.0.2'), t(LISTED, '127.0.0.3'))\n"
	       "print(t(LISTED, '192.0.2.1'), t(LISTED, '::ffff:127.0.0.1', 10))\n",
	       "True ECONNREFUSED ECONNREFUSED ECONNREFUSED\nECONNREFUSED True\n");
	cr_expect_eq(atomic_load(&heard[LISTED]), 2u);
	cr_expect_eq(atomic_load(&heard[OTHER]), 0u);
	cr_expect_eq(atomic_load(&heard[DENIED]), 0u);
}

/*
 * An address is reached once a listed name has been looked up as it, but not this machine, although
 * the name may be answered so, as the address itself is listed for another port.
 */
Test(net_udp, names_have_the_addresses_they_were_looked_up_as)
{
	char network[128];

	if (!*own)
		cr_skip_test("this machine has none but loopback addresses");
	(void)snprintf(network, sizeof(network),
		       "connect \"udp://listed.test:%u\", \"udp://here.test:%u\";", ports[NAMED],
		       ports[OTHER]);
	expect(network,
	       "def l(name):\n"
	       "  try: return [a[4][0] for a in socket.getaddrinfo(name,9,0,2)]\n"
	       "  except socket.gaierror: return None\n"
	       "print(t(NAMED,OWN), l('unlisted.test'), l('here.test'))\n"
	       "print(l('listed.test')==[OWN], t(NAMED,OWN), t(OTHER,OWN), t(OTHER))\n",
	       "ECONNREFUSED None ['127.0.0.1']\nTrue True ECONNREFUSED ECONNREFUSED\n");
	cr_expect_eq(atomic_load(&heard[NAMED]), 1u);
	cr_expect_eq(atomic_load(&heard[OTHER]), 0u);
	cr_expect_eq(name_server_asked_for("unlisted.test"), 0u);
}

/* Without a gate they answer: the row above proves something. */
Test(net_udp, without_one_everybody_is_reached)
{
	for (unsigned i = OTHER; i <= DENIED; i++) {
		struct sockaddr_in name = {.sin_family = AF_INET,
					   .sin_port = htons((uint16_t)ports[i]),
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK + i - OTHER)};
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		char byte = 'x';

		cr_expect_eq(sendto(fd, &byte, 1, 0, (void *)&name, sizeof(name)), 1);
		cr_expect_eq(recv(fd, &byte, 1, 0), 1);
		cr_expect_eq(atomic_load(&heard[i]), 1u);
		(void)close(fd);
	}
}

Test(net_udp, datagrams_of_any_size_and_family)
{
	if (!ports[LISTED6])
		cr_skip_test("no IPv6 here");
	expect("",
	       "b=os.urandom(65507)\n"
	       "print([t(LISTED,data=b[:n]) for n in (0,1,1500,9000,65507)])\n"
	       "print([t(LISTED,'::1',10,b[:n]) for n in (0,1,1500,9000,65487)])\n"
	       "print(t(LISTED,data=b+b'x'))\n",
	       "[True, True, True, True, True]\n[True, True, True, True, True]\nEMSGSIZE\n");
}

Test(net_udp, sockets_are_used_as_usual)
{
	expect("",
	       "s=udp(); s.sendto(b'one',(L,LISTED)); print(s.recvfrom(9)==(b'one',(L,LISTED)))\n"
	       "s.sendmsg([b'tw',b'o'],[],0,(L,LISTED)); print(s.recv(9))\n"
	       "s.connect((L,LISTED)); s.send(b'three'); print(s.recv(9), "
	       "s.getpeername()[1]==LISTED)\n"
	       "import asyncio\n"
	       "class P(asyncio.DatagramProtocol):\n"
	       "  def __init__(self,done): self.done=done\n"
	       "  def connection_made(self,tr): tr.sendto(b'four')\n"
	       "  def datagram_received(self,data,addr): self.done.set_result(data)\n"
	       "async def main():\n"
	       "  done=asyncio.get_running_loop().create_future()\n"
	       "  await asyncio.get_running_loop().create_datagram_endpoint(\n"
	       "    lambda: P(done), remote_addr=(L,LISTED))\n"
	       "  print(await asyncio.wait_for(done,20))\n"
	       "asyncio.run(main())\n",
	       "True\nb'two'\nb'three' True\nb'four'\n");
}

/* Sockets, also of a launch's other processes, beyond what are kept at a time. */
Test(net_udp, hundreds_of_sockets)
{
	expect("",
	       "a=[udp() for i in range(300)]\n"
	       "for i in range(2):\n"
	       "  for s in a: s.sendto(b'x',(L,LISTED)); s.recv(9)\n"
	       "p=os.fork()\n"
	       "print(t(LISTED))\n"
	       "if p: os.waitpid(p,0)\n",
	       "True\nTrue\n");
}

Test(net_udp, a_flood_keeps_nobody_from_connecting)
{
	char network[64];

	(void)snprintf(network, sizeof(network), "connect \"127.0.0.1:%u\";", ports[TCP]);
	expect(network,
	       "def flood():\n"
	       "  s=udp()\n"
	       "  while True: s.sendto(b'x'*1000,(L,LISTED)); s.sendto(b'x',('192.0.2.1',LISTED))\n"
	       "threading.Thread(target=flood,daemon=True).start()\n"
	       "for i in range(100): socket.create_connection((L,TCP),20).close()\n"
	       "print('done'); sys.stdout.flush(); os._exit(0)\n",
	       "done\n");
}

/* A process of one launch reaches another's, and nobody of another launch. */
Test(net_udp, a_launch_has_its_own_loopback)
{
	static const char tool[] = "s=udp(); s.bind((L,9999)); c=udp(); c.sendto(b'x',(L,9999))\n"
				   "print(s.recvfrom(9)[1][1]==c.getsockname()[1])\n"
				   "c.sendto(b'y',('192.0.2.77',9999))\n"
				   "s.settimeout(0.2)\n"
				   "try: print(s.recv(9))\n"
				   "except OSError: print('none')\n";

	expect("", tool, "True\nnone\n");
}

static unsigned int count(struct writ_net_log *log, int allowed)
{
	struct writ_net_event event;
	uint64_t next = 0;
	unsigned int n = 0;

	while (writ_net_log_next(log, allowed, &next, &event)) {
		if (event.kind == WRIT_NET_CLOSE) {
			cr_expect_eq(event.sent, 4u + 300u);
			cr_expect_eq(event.received, 4u + 300u, "it is sent back");
			cr_expect_lt(event.duration_us, event.time_us);
			continue;
		}
		cr_expect_eq(event.kind, WRIT_NET_SEND);
		cr_expect_eq(event.allowed, allowed);
		cr_expect_eq(event.sys_errno, allowed ? 0 : 13);
		cr_expect_str_eq(event.address, allowed ? "127.0.0.1" : "127.0.0.2");
		cr_expect_eq(event.port, ports[allowed ? LISTED : DENIED]);
		n++;
	}
	return n;
}

Test(net_udp, decisions_are_events)
{
	char text[1024];
	struct writ_error error = {.code = 0};
	struct writ_net_log *log;
	const char *const argv[] = {"sh", "-c", text, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {0, 1, 2}};
	struct writ_sandbox *sandbox;
	struct writ_process *process;
	struct writ_result result;

	(void)snprintf(text, sizeof(text),
		       "param box : path = \"/\";\nsandbox s { filesystem { " FILES
		       "read \"/etc\"; } network { connect "
		       "\"udp://127.0.0.1:%u\", \"udp://127.0.0.2:%u\"; deny \"127.0.0.2\"; } }\n",
		       ports[LISTED], ports[DENIED]);
	sandbox = open_box(text, &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	(void)snprintf(text, sizeof(text),
		       "python3 -Ic 'import socket\n"
		       "s=socket.socket(2,2)\n"
		       "for i in range(3):\n"
		       "  s.sendto(b\"x\",(\"127.0.0.1\",%u)); s.recv(9)\n"
		       "for i in range(2): s.sendto(b\"x\",(\"127.0.0.2\",%u))\n"
		       "for n in 1,300: s.sendto(bytes(n),(\"127.0.0.1\",%u)); s.recv(999)'",
		       ports[LISTED], ports[DENIED], ports[LISTED]);
	cr_assert_eq(writ_net_log_open(&log, &error), 0);
	launch.net_log = log;
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0);
	cr_expect_eq(result.status, 0);
	cr_expect_eq(count(log, 1), 1u, "a flow is one");
	cr_expect_eq(result.ends_counted, 1u);
	cr_expect_eq(result.bytes_sent, 304u);
	cr_expect_eq(count(log, 0), 2u, "each that is not sent is one");
	writ_net_log_close(log);
	writ_sandbox_close(sandbox);
}
