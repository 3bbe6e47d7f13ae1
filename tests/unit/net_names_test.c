/*
 * Names in a sandbox, with a real tool, a real name server and a real host: what a tool can learn,
 * whom it then reaches, and what of all it asks gets out. The tools are Python programs.
 *
 * The host is this machine by an address that is no loopback one, as no name reaches those.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/broker.h"
#include "runtime/net_names.h"
#include "runtime/writ_net.h"
#include "support/box.h"
#include "support/name_server.h"
#include "support/user_ns.h"

static char own[INET_ADDRSTRLEN]; /* "": this machine has none but loopback addresses */
static unsigned port;
static pid_t host;

static const struct name_row rows[] = {
	{"listed.test", own, NAME_PLAIN},
	{"a.wild.test", own, NAME_PLAIN},
	{"wild.test", own, NAME_PLAIN},
	{"alias.test", own, NAME_ALIAS},
	{"loop.test", own, NAME_LOOP},
	{"silent.test", own, NAME_SILENT},
	{"lies.test", own, NAME_LIES},
	{"large.test", own, NAME_LARGE},
	{"cut.test", own, NAME_CUT},
	{"fails.test", own, NAME_FAILS},
	{"unlisted.test", own, NAME_PLAIN},
	{"here.test", "127.0.0.1", NAME_PLAIN},
	{"cloud.test", "169.254.169.254", NAME_PLAIN},
	{"mapped.test", "::ffff:127.0.0.1", NAME_PLAIN},
	{"nat64.test", "64:ff9b::7f00:1", NAME_PLAIN},
	{"here6.test", "::1", NAME_PLAIN},
	{"denied.test", "198.51.100.7", NAME_PLAIN},
};

static void find_own(void)
{
	struct ifaddrs *all = NULL;

	(void)getifaddrs(&all);
	for (struct ifaddrs *at = all; at && !*own; at = at->ifa_next) {
		const struct sockaddr_in *in = (const void *)at->ifa_addr;
		uint32_t address;

		if (!in || in->sin_family != AF_INET)
			continue;
		address = ntohl(in->sin_addr.s_addr);
		if (address >> 24 != 127 && address >> 16 != 0xa9fe)
			(void)inet_ntop(AF_INET, &in->sin_addr, own, sizeof(own));
	}
	freeifaddrs(all);
}

/* Says "h" to whoever connects, at any address. */
static void start_host(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (void *)&name, len), 0);
	cr_assert_eq(listen(fd, 64), 0);
	cr_assert_eq(getsockname(fd, (void *)&name, &len), 0);
	port = ntohs(name.sin_port);
	host = fork();
	if (host == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			int client = accept(fd, NULL, NULL);

			if (client >= 0 && write(client, "h", 1) == 1)
				(void)close(client);
		}
	}
	(void)close(fd);
}

static void begin(void)
{
	make_box();
	find_own();
	start_host();
	box_resolver = name_server_start(rows, sizeof(rows) / sizeof(rows[0]));
}

static void end(void)
{
	name_server_stop();
	(void)kill(host, SIGKILL);
	(void)waitpid(host, NULL, 0);
	remove_box();
}

TestSuite(net_names, .init = begin, .fini = end, .timeout = 30);

/* l: the addresses of a name; t: what a connection says; q: rcode and records of a raw query. */
#define PRELUDE                                                                                    \
	"import socket,os,errno,sys,fcntl,struct,time\n"                                           \
	"PORT,OWN=%u,'%s'\n"                                                                       \
	"def e(x): return errno.errorcode.get(x.errno,str(x))\n"                                   \
	"def l(name):\n"                                                                           \
	"  try: return sorted({a[4][0] for a in socket.getaddrinfo(name,PORT,0,1)})\n"             \
	"  except socket.gaierror as x:\n"                                                         \
	"    return {socket.EAI_NONAME:'none',socket.EAI_NODATA:'empty',\n"                        \
	"            socket.EAI_AGAIN:'again'}.get(x.errno,x.errno)\n"                             \
	"def own(name): return l(name)==[OWN]\n"                                                   \
	"def t(host,port=PORT,family=socket.AF_INET):\n"                                           \
	"  s=socket.socket(family)\n"                                                              \
	"  try: s.connect((host,port)); return s.recv(9).decode()\n"                               \
	"  except OSError as x: return e(x)\n"                                                     \
	"  finally: s.close()\n"                                                                   \
	"def q(name,kind=1,cls=1,to='9.9.9.9',flags=0x100,more=b''):\n"                            \
	"  s=socket.socket(socket.AF_INET6 if ':' in to else socket.AF_INET,2); s.settimeout(9)\n" \
	"  n=b''.join(bytes([len(p)])+p for p in name.encode('latin1').split(b'.') if p)+b'\\0'\n" \
	"  s.connect((to,53))\n"                                                                   \
	"  s.send(struct.pack('>HHHHHH',7,flags,1,0,0,0)+n+struct.pack('>HH',kind,cls)+more)\n"    \
	"  a=struct.unpack('>HHHHHH',s.recv(9999)[:12])\n"                                         \
	"  assert a[0]==7 and s.getpeername()[0]==to\n"                                            \
	"  return a[1]&15,a[3]\n"                                                                  \
	"box=os.environ['box']\n"

static void write_tool(const char *python)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tool.py", box);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	(void)fprintf(file, PRELUDE, port, own);
	(void)fputs(python, file);
	(void)fclose(file);
}

static struct writ_sandbox *open_with(const char *python)
{
	char text[4096];
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;

	write_tool(python);
	(void)snprintf(
		text, sizeof(text),
		"param box : path = \"/\";\nsandbox s { filesystem { " FILES
		"read \"/etc\", \"${box}/tool.py\"; } network { connect "
		"\"listed.test:%u\", \"*.wild.test:%u\", \"alias.test:%u\", \"loop.test:%u\", "
		"\"silent.test:%u\", \"lies.test:%u\", \"large.test:%u\", \"cut.test:%u\", "
		"\"fails.test:%u\", \"here.test:%u\", \"cloud.test:%u\", \"mapped.test:%u\", "
		"\"nat64.test:%u\", \"here6.test:%u\", \"denied.test:%u\"; "
		"deny \"198.51.100.0/24\"; } env { set box = \"${box}\"; } "
		"syscalls { allow @default, ioctl; } }\n",
		port, port, port, port, port, port, port, port, port, port, port, port, port, port,
		port);
	sandbox = open_box(text, &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	if (!*own)
		cr_skip_test("this machine has no address but loopback ones");
	return sandbox;
}

static void expect(const char *python, const char *want)
{
	struct writ_sandbox *sandbox = open_with(python);
	char output[1024];

	(void)run_in_box(sandbox, "python3 -I $box/tool.py", output);
	cr_expect_str_eq(output, want, "%s\n%s", python, output);
	writ_sandbox_close(sandbox);
}

Test(net_names, a_listed_name_is_connected_to_by_its_address_once_it_was_looked_up)
{
	expect("print(t(OWN),own('listed.test'),t(OWN),t(OWN,PORT+1 if PORT<65535 else 1))\n"
	       "print(t('listed.test'))\n",
	       "EACCES True h EACCES\nh\n");
	cr_expect_geq(name_server_asked_for("listed.test"), 2u);
}

Test(net_names, names_are_the_same_in_every_spelling)
{
	expect("print(own('LISTED.Test'),own('listed.test.'),own('a.wild.test'),l('wild.test'))\n",
	       "True True True none\n");
	cr_expect_eq(name_server_asked_for("LISTED.Test"), 0u);
	cr_expect_eq(name_server_asked_for("wild.test"), 0u);
}

Test(net_names, what_is_not_listed_does_not_exist_and_nobody_hears_of_it)
{
	expect("print(l('unlisted.test'),l('x.listed.test'),l('secret-'+'a'*50+'.test'))\n"
	       "print(l('listed.test.unlisted.test'),t(OWN))\n",
	       "none none none\nnone EACCES\n");
	cr_expect_eq(name_server_asked(), 0u);
}

Test(net_names, names_lead_to_nothing_special)
{
	expect("print([l(n) for n in ('here.test','cloud.test','here6.test','denied.test')])\n"
	       "print([l(n) for n in ('mapped.test','nat64.test')])\n"
	       "print(t('127.0.0.1'),t('::1',family=socket.AF_INET6),t('169.254.169.254'),\n"
	       "      t('::ffff:127.0.0.1',family=socket.AF_INET6),\n"
	       "      t('64:ff9b::7f00:1',family=socket.AF_INET6),t('198.51.100.7'))\n",
	       "['empty', 'empty', 'empty', 'empty']\n['empty', 'empty']\n"
	       "EACCES EACCES EACCES EACCES EACCES EACCES\n");
	cr_expect_gt(name_server_asked(), 0u);
}

/* Other types, classes and opcodes, names with bytes of any kind, more than a question. */
Test(net_names, only_addresses_of_listed_names_are_asked_for)
{
	expect("print([q('listed.test',k) for k in (16,15,12,2,6,33,65,64,255,257)])\n"
	       "print([q('listed.test',16,3),q('listed.test',1,255)])\n"
	       "print(q('listed.test',flags=0x2900),q('a\\0b.test'),q('a b.wild.test'))\n"
	       "print(q('data.unlisted.test',16),q('x'*63+'.'+'y'*63+'.test'))\n"
	       "print(q('listed.test',1,more=b'secret')[0])\n",
	       "[(0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]\n"
	       "[(5, 0), (5, 0)]\n(4, 0) (3, 0) (3, 0)\n(3, 0) (3, 0)\n1\n");
	cr_expect_eq(name_server_asked(), 0u);
}

/* Whoever is asked answers, by IPv4 and IPv6; over TCP there is nobody. */
Test(net_names, every_server_is_the_keeper)
{
	expect("print([q('listed.test',to=a) for a in "
	       "('127.0.0.1','10.9.8.7','8.8.8.8','255.255.255.254')])\n"
	       "print([q('listed.test',to=a) for a in ('::1','2001:db8::1','fd00::53')])\n"
	       "print(t('8.8.8.8',53),t('127.0.0.1',53))\n",
	       "[(0, 1), (0, 1), (0, 1), (0, 1)]\n[(0, 1), (0, 1), (0, 1)]\nEACCES EACCES\n");
}

Test(net_names, servers_that_lie_are_not_believed)
{
	expect("print(own('lies.test'),t('8.8.8.8'))\n", "True EACCES\n");
}

Test(net_names, servers_that_are_of_no_use_end_in_a_temporary_failure)
{
	expect("print(q('fails.test'),q('cut.test'),q('loop.test'))\n", "(2, 0) (2, 0) (2, 0)\n");
}

Test(net_names, a_server_that_is_silent_is_given_up)
{
	expect("a=time.monotonic(); r=q('silent.test'); b=time.monotonic()-a\n"
	       "print(r,3<b<8,own('listed.test'))\n",
	       "(2, 0) True True\n");
	cr_expect_eq(name_server_asked_for("silent.test"), 4u);
}

Test(net_names, aliases_are_followed)
{
	expect("print(own('alias.test'),t(OWN))\n", "True h\n");
}

/* A thousand of them, of which a datagram without EDNS has room for some. */
Test(net_names, what_is_too_long_for_a_datagram_comes_over_tcp)
{
	expect("r,n=q('large.test'); print(r,20<n<33)\n"
	       "a=l('large.test'); print(len(a)>20 and a[0]!='8.8.0.0')\n"
	       "s=socket.socket(); s.setblocking(False); "
	       "print(errno.errorcode[s.connect_ex((a[0],PORT))])\n",
	       "0 True\nTrue\nEINPROGRESS\n");
}

Test(net_names, every_question_has_a_port_and_an_id_of_its_own)
{
	expect("print({q('listed.test') for i in range(64)})\n", "{(0, 1)}\n");
	cr_expect_eq(name_server_asked(), 64u);
	cr_expect_gt(name_server_ports(), 48u, "%u", name_server_ports());
	cr_expect_gt(name_server_ids(), 60u, "%u", name_server_ids());
}

static int listen_datagrams(unsigned *number)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (void *)&name, len), 0);
	cr_assert_eq(getsockname(fd, (void *)&name, &len), 0);
	*number = ntohs(name.sin_port);
	return fd;
}

/* The host's sockets hear nothing, and are not heard: also not by the same port. */
Test(net_names, datagrams_reach_nobody)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd watched = {.events = POLLIN};
	char python[512];
	unsigned number;

	watched.fd = listen_datagrams(&number);
	(void)snprintf(python, sizeof(python),
		       "s=socket.socket(socket.AF_INET,2)\n"
		       "for a in ('127.0.0.1',OWN,'255.255.255.255','224.0.0.1'):\n"
		       "  try: s.setsockopt(1,6,1); s.sendto(b'x',(a,%u))\n"
		       "  except OSError as x: pass\n"
		       "s.connect((OWN,%u))\n"
		       "for f in (s.send,lambda b: s.sendmsg([b])):\n"
		       "  try: f(b'x')\n"
		       "  except ConnectionRefusedError: pass\n"
		       "b=socket.socket(socket.AF_INET,2); b.bind(('',%u)); b.settimeout(.2)\n"
		       "try: print(b.recv(9))\n"
		       "except OSError as x: print('nothing')\n",
		       number, number, number);
	expect(python, "nothing\n");
	cr_expect_eq(poll(&watched, 1, 100), 0, "something came out");
	name.sin_port = htons((uint16_t)number);
	cr_expect_eq(sendto(watched.fd, "x", 1, 0, (void *)&name, sizeof(name)), 1);
	cr_expect_eq(poll(&watched, 1, 1000), 1, "the control");
	(void)close(watched.fd);
}

/* One of the host's network that the launch was given. */
Test(net_names, a_datagram_socket_of_the_hosts_gets_no_peer)
{
	static const char python[] = "s=socket.socket(fileno=0)\n"
				     "for f in (s.connect,s.bind):\n"
				     "  try: print(f(('127.0.0.1',9)))\n"
				     "  except OSError as x: print(e(x))\n";
	struct writ_sandbox *sandbox = open_with(python);
	const char *const argv[] = {"sh", "-c", "python3 -I $box/tool.py", NULL};
	struct writ_launch launch = {.argv = argv, .cwd = "/"};
	struct writ_process *process;
	struct writ_result result;
	struct writ_error error;
	FILE *out = tmpfile();
	char text[64] = "";

	launch.stdio[0] = socket(AF_INET, SOCK_DGRAM, 0);
	launch.stdio[1] = launch.stdio[2] = fileno(out);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0);
	rewind(out);
	(void)fread(text, 1, sizeof(text) - 1, out);
	cr_expect_str_eq(text, "EACCES\nEACCES\n");
	(void)fclose(out);
	(void)close(launch.stdio[0]);
	writ_sandbox_close(sandbox);
}

Test(net_names, sockets_are_what_was_asked_for)
{
	expect("a=socket.socket(socket.AF_INET,2|socket.SOCK_NONBLOCK,17)\n"
	       "print(a.getblocking(),fcntl.fcntl(a,fcntl.F_GETFD),a.getsockopt(1,38))\n"
	       "try: a.recv(1)\n"
	       "except OSError as x: print(e(x))\n"
	       "for args in ((2,2,6),(2,2,136),(2,3,17),(16,3,0),(17,2,0),(1,2,0)):\n"
	       "  try: socket.socket(*args); print('made',args)\n"
	       "  except OSError as x: print(e(x),end=' ')\n",
	       "False 1 17\nEAGAIN\nEPROTONOSUPPORT EPERM EPERM EPERM EPERM EPERM ");
}

/* The tool's user owns the namespace, which the filter lets nobody use: SIOCGSKNS,
 * IPT_SO_SET_REPLACE, SIOCSIFFLAGS. */
Test(net_names, the_namespace_is_not_the_tools)
{
	expect("s=socket.socket(socket.AF_INET,2)\n"
	       "def i(n,a=bytes(40)):\n"
	       "  try: return fcntl.ioctl(s,n,a)\n"
	       "  except OSError as x: return e(x)\n"
	       "def o(*a):\n"
	       "  try: return s.setsockopt(*a)\n"
	       "  except OSError as x: return e(x)\n"
	       "print(i(0x894c),i(0x8914,b'lo'+bytes(38)),o(0,64,bytes(99)),o(1,33,1<<30))\n"
	       "print(i(0x8933,b'lo'+bytes(38))[16],own('listed.test'))\n",
	       "EPERM EPERM EPERM EPERM\n1 True\n");
}

/* It can't be told from the tool's own processes by its number. */
Test(net_names, who_makes_the_sockets_is_out_of_reach)
{
	expect("socket.socket(socket.AF_INET,2)\n"
	       "r=set()\n"
	       "for p in range(1,64):\n"
	       "  if p in (os.getpid(),os.getppid()): continue\n"
	       "  try: os.kill(p,9); r.add('killed')\n"
	       "  except OSError as x: r.add(e(x))\n"
	       "print('killed' in r,own('listed.test'))\n",
	       "False True\n");
}

Test(net_names, many_sockets_are_had_one_after_the_other)
{
	expect("for i in range(3000): socket.socket(socket.AF_INET,2).close()\n"
	       "s=[socket.socket(socket.AF_INET,2) for i in range(900)]\n"
	       "print(len(s),own('listed.test'))\n",
	       "900 True\n");
}

/* Its walls stood before it was known whom to ask. */
Test(net_names, a_launch_of_a_zygote_looks_up_names_too)
{
	struct writ_sandbox *sandbox =
		open_with("sys.exit(7 if own('listed.test') and t(OWN)=='h' else 8)\n");
	const char *const argv[] = {"sh", "-c", "exec python3 -I $box/tool.py", NULL};
	struct writ_launch launch = {.argv = argv,
				     .cwd = "/",
				     .stdio = {-1, -1, -1},
				     .resolver = box_resolver};
	struct writ_zygote *zygote = NULL;
	struct writ_process *process;
	struct writ_result result;
	struct writ_error error;

	cr_assert_eq(writ_zygote_open(sandbox, 2, &zygote, &error), 0, "%s", error.text);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(writ_zygote_spawn(zygote, &launch, &process, &error), 0, "%s",
			     error.text);
		cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
		cr_expect_eq(result.status, 7);
	}
	cr_expect_geq(name_server_asked_for("listed.test"), 2u);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
}

/* The look-ups of a log, "name why" each; a name that is asked for two families stands there once.
 */
static void write_lookups(struct writ_net_log *log, int allowed, char *text, size_t size)
{
	struct writ_net_event event;
	uint64_t next = 0;

	text[0] = '\0';
	while (writ_net_log_next(log, allowed, &next, &event)) {
		char row[WRIT_NET_NAME + 8];

		cr_expect_eq(event.kind, WRIT_NET_LOOKUP);
		cr_expect_eq(event.sys_errno, allowed ? 0 : EACCES);
		(void)snprintf(row, sizeof(row), "%s %d ", event.name, (int)event.why);
		if (!strstr(text, row))
			(void)strncat(text, row, size - strlen(text) - 1);
	}
}

Test(net_names, look_ups_are_events)
{
	struct writ_sandbox *sandbox = open_with(
		"for n in ('listed.test','unlisted.test','here.test','fails.test'):\n"
		"  try: socket.getaddrinfo(n,1,type=1)\n"
		"  except OSError: pass\n");
	const char *const argv[] = {"sh", "-c", "exec python3 -I $box/tool.py", NULL};
	struct writ_launch launch = {.argv = argv,
				     .cwd = "/",
				     .stdio = {-1, -1, -1},
				     .resolver = box_resolver};
	struct writ_process *process;
	struct writ_result result;
	struct writ_error error;
	char text[1024];

	cr_assert_eq(writ_net_log_open(&launch.net_log, &error), 0);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.status, 0);
	write_lookups(launch.net_log, 1, text, sizeof(text));
	cr_expect_str_eq(text, "listed.test 4 ");
	write_lookups(launch.net_log, 0, text, sizeof(text));
	cr_expect_str_eq(text, "unlisted.test 0 here.test 2 ");
	writ_net_log_close(launch.net_log);
	writ_sandbox_close(sandbox);
}

/* Others are answered while a socket is waited for, a FIFO's opener for one. */
Test(net_names, a_socket_that_is_waited_for_is_its_callers)
{
	static struct net_names names = {.is_asked = true, .asked = {.id = 7}};
	static struct broker broker = {.notif = {.id = 9}};

	cr_expect_eq(net_names_go_on(&names, &broker), -EACCES, "its maker is gone");
	cr_expect_eq(broker.notif.id, 7u);
	cr_expect_not(names.is_asked);
}

/* Where no PID namespace ends it: what outlived its keeper would become our child. */
Test(net_names, a_launch_that_is_over_leaves_no_process)
{
	struct writ_sandbox *sandbox = open_with("socket.socket(socket.AF_INET,2)\n");

	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (int i = 0; i < 20; i++) {
		const char *const argv[] = {"sh", "-c", "exec python3 -I $box/tool.py", NULL};
		struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
		struct writ_process *process;
		struct writ_result result;
		struct writ_error error;

		cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
		cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
		cr_expect_eq(result.status, 0);
	}
	(void)usleep(50000);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG | __WALL), 0, "the name server and the host are");
	writ_sandbox_close(sandbox);
}

Test(net_names, a_server_has_to_be_an_address)
{
	struct writ_sandbox *sandbox = open_with("");
	const char *const argv[] = {"true", NULL};
	struct writ_launch launch = {.argv = argv,
				     .stdio = {-1, -1, -1},
				     .resolver = "dns.example:53"};
	struct writ_process *process;
	struct writ_error error;

	cr_expect_eq(writ_spawn(sandbox, &launch, &process, &error), -WRIT_E_INVALID);
	cr_expect_str_eq(error.text,
			 "'dns.example:53' is no server to ask for names: ADDR or ADDR:PORT");
	writ_sandbox_close(sandbox);
}

static bool refuse_networks(void)
{
	return user_ns_write("/proc/sys/user/max_net_namespaces", "0");
}

/* 0: as it should be; 1: this host refuses it in any case. */
static int try_refused(const char *policy)
{
	struct writ_error error = {.code = 0};

	/* Before, it does. */
	if (!user_ns_enter(0) || !open_box(policy, &error) || !refuse_networks())
		return 1;
	if (open_box(policy, &error) || error.code != WRIT_E_HOST ||
	    !strstr(error.text, "names and UDP take a user namespace and a network namespace"))
		return 2;
	return 0;
}

static int try_refused_later(const char *policy)
{
	const char *const argv[] = {"sh", "-c", "python3 -I $box/tool.py", NULL};
	struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_error error = {.code = 0};
	struct writ_process *process;
	struct writ_result result;
	struct writ_sandbox *sandbox;

	if (!user_ns_enter(0))
		return 1;
	sandbox = open_box(policy, &error);
	if (!sandbox || !refuse_networks())
		return 2;
	if (writ_spawn(sandbox, &launch, &process, &error) || writ_wait(&process, &result, &error))
		return 3;
	return result.status == 7 && result.lookup_failed &&
			       strcmp(result.lookup_failed, "unshare(CLONE_NEWNET)") == 0 &&
			       result.lookup_errno == ENOSPC
		       ? 0
		       : 4;
}

static void in_child(int (*what)(const char *policy))
{
	static const char policy[] = "param box : path = \"/\";\nsandbox s { filesystem { " FILES
				     "read \"/etc\", \"${box}/tool.py\"; } network { connect "
				     "\"listed.test:80\"; } env { set box = \"${box}\"; } }\n";
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(what(policy));
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (status == 1 << 8)
		cr_skip_test("this host refuses namespaces");
	cr_expect_eq(status, 0, "%d", status >> 8);
}

Test(net_names, a_host_without_network_namespaces_refuses)
{
	in_child(try_refused);
}

Test(net_names, a_host_that_refuses_one_later_is_told)
{
	write_tool("try: socket.socket(socket.AF_INET,2)\n"
		   "except OSError as x: sys.exit(7 if x.errno==errno.EACCES else 8)\n");
	in_child(try_refused_later);
}
