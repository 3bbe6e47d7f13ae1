/*
 * connect "HOST:PORT" sni: real launches, in a network of this process's own, where a Python
 * program answers for names and for the host. The tools' ClientHellos are OpenSSL's.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/writ_net.h"
#include "support/box.h"

#define HOST "9.1.2.3" /* a name that stands for many may have no private one */

static pid_t world;

/*
 * All names are HOST. At port 443 whoever says anything is told "ok" and, once it has ended, how
 * much it has said.
 */
static const char servers[] =
	"import socket,threading\n"
	"d=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); d.bind(('" HOST "',53))\n"
	"l=socket.create_server(('" HOST "',443),backlog=200)\n"
	"print('up',flush=True)\n"
	"def names():\n"
	"  while True:\n"
	"    q,a=d.recvfrom(512); end=q.index(b'\\0',12)+5; v4=q[end-4:end-2]==b'\\0\\1'\n"
	"    r=b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4'+socket.inet_aton('" HOST "')\n"
	"    d.sendto(q[:2]+b'\\x81\\x80\\0\\1\\0'+bytes([v4])+bytes(4)+q[12:end]+(r if v4 else "
	"b''),a)\n"
	"threading.Thread(target=names,daemon=True).start()\n"
	"def serve(c):\n"
	"  n=len(c.recv(5))\n"
	"  c.sendall(b'ok'); b=b'x'\n"
	"  while b:\n"
	"    try: b=c.recv(1<<20)\n"
	"    except OSError: break\n"
	"    n+=len(b)\n"
	"  c.sendall(b' %d'%n); c.close()\n"
	"while True: threading.Thread(target=serve,args=(l.accept()[0],),daemon=True).start()\n";

static const char tool[] =
	"import socket,ssl,errno,sys,asyncio,time\n"
	"x=ssl.create_default_context(); x.check_hostname=False; x.verify_mode=ssl.CERT_NONE\n"
	"def hello(name):\n"
	"  i,o=ssl.MemoryBIO(),ssl.MemoryBIO()\n"
	"  try: x.wrap_bio(i,o,server_hostname=name).do_handshake()\n"
	"  except ssl.SSLWantReadError: pass\n"
	"  return o.read()\n"
	"def e(f):\n"
	"  try: return f()\n"
	"  except OSError as x: return errno.errorcode.get(x.errno,str(x))\n"
	"def say(host,bytes,port=443):\n"
	"  s=socket.create_connection((host,port),9); s.sendall(bytes); return s.recv(2).decode()\n"
	"def go(host,name,port=443): return e(lambda: say(host,hello(name),port))\n";

static void begin(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	int flags = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;
	int fd, ends[2];
	char up[2];

	if (unshare(flags))
		cr_skip_test("no network namespace here");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "lo:1");
	address->sin_family = AF_INET;
	cr_assert_eq(inet_pton(AF_INET, HOST, &address->sin_addr), 1);
	cr_assert_eq(ioctl(fd, SIOCSIFADDR, &request), 0);
	(void)close(fd);
	cr_assert_eq(pipe(ends), 0);
	world = fork();
	if (world == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execlp("python3", "python3", "-Ic", servers, NULL);
		_exit(127);
	}
	cr_assert_eq(read(ends[0], up, 2), 2);
	make_box();
}

static void end(void)
{
	(void)kill(world, SIGKILL);
	(void)waitpid(world, NULL, 0);
	remove_box();
}

TestSuite(net_sni, .init = begin, .fini = end, .timeout = 60);

static struct writ_result run(const char *network, const char *python, struct writ_net_log *log,
			      char output[1024])
{
	char text[2048], program[4096];
	const char *const argv[] = {"python3", "-Ic", program, NULL};
	struct writ_launch launch = {
		.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}, .resolver = HOST, .net_log = log};
	struct writ_process *process = NULL;
	struct writ_sandbox *sandbox;
	struct writ_result result;
	struct writ_error error;
	FILE *out = tmpfile();

	(void)snprintf(text, sizeof(text),
		       "param box : path = \"/\";\nsandbox s { filesystem { " FILES
		       "read \"/etc\"; } network { %s } }\n",
		       network);
	(void)snprintf(program, sizeof(program), "%s%s", tool, python);
	sandbox = open_box(text, &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	launch.stdio[1] = launch.stdio[2] = fileno(out);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	rewind(out);
	output[fread(output, 1, 1023, out)] = '\0';
	(void)fclose(out);
	writ_sandbox_close(sandbox);
	return result;
}

static void expect(const char *network, const char *python, const char *want)
{
	char output[1024];

	(void)run(network, python, NULL, output);
	cr_expect_str_eq(output, want, "%s\n%s", python, output);
}

/* What is granted without a check shows that the host would answer the others as well. */
Test(net_sni, what_tls_names_is_what_is_listed)
{
	expect("connect \"a.example:443\" sni; connect \"b.example:443\";",
	       "print(go('a.example','a.example'),go('a.example','A.Example'))\n"
	       "print(go('a.example','b.example'),go('a.example','c.example'),"
	       "go('a.example',None),e(lambda: say('a.example',b'GET ')))\n"
	       "print(go('b.example','c.example'),e(lambda: say('b.example',b'GET ')))\n"
	       /* The address is that of either now. */
	       "print(go('a.example','c.example'))\n",
	       "ok ok\nECONNRESET ECONNRESET ECONNRESET ECONNRESET\nok ok\nok\n");
}

Test(net_sni, of_many_names_each_is_listed)
{
	expect("connect \"*.example:443\" sni; deny \"no.example\";",
	       "print(go('a.example','a.example'),go('a.example','b.example'),"
	       "go('a.example','example'),go('a.example','no.example'),"
	       "go('a.example','a.example',80))\n",
	       "ok ok ECONNRESET ECONNRESET EACCES\n");
}

/* Whoever listens and looks at the clock gets bytes as without us; in both directions at once. */
Test(net_sni, clients_connect_as_usual)
{
	expect("connect \"a.example:443\" sni;",
	       "h=hello('a.example')\n"
	       "s=socket.create_connection(('a.example',443),9); s.sendall(h[:9]); "
	       "time.sleep(.05)\n"
	       "s.sendall(h[9:]+bytes(30<<20)); s.shutdown(socket.SHUT_WR)\n"
	       "r=b''\n"
	       "while len(r)<2 or r[-1:] not in b'0123456789': r+=s.recv(99)\n"
	       "while True:\n"
	       "  b=s.recv(99); r+=b\n"
	       "  if not b: break\n"
	       "print(int(r[3:])-len(h)==30<<20,r[:3])\n"
	       "async def one():\n"
	       "  r,w=await asyncio.open_connection('a.example',443); w.write(h)\n"
	       "  t=await r.read(2); w.close(); return t\n"
	       "async def main():\n"
	       "  print(set(await asyncio.gather(*[one() for i in range(100)])))\n"
	       "asyncio.run(main())\n"
	       "print({go('a.example','a.example') for i in range(300)})\n"
	       "s=socket.socket(); s.setblocking(False); print(s.connect_ex(('9.1.2.3',443)))\n"
	       "print([s.connect_ex(('9.1.2.3',443)) for i in (0,1)],s.getblocking())\n"
	       "s=socket.socket(); s.connect(('9.1.2.3',443)); print(s.getblocking())\n",
	       "True b'ok '\n{b'ok'}\n{'ok'}\n0\n[0, 106] False\nTrue\n");
}

Test(net_sni, a_host_that_is_not_there_resets)
{
	expect("connect \"a.example:1-65535\" sni;",
	       "print(go('a.example','a.example'),go('a.example','a.example',444))\n",
	       "ok ECONNRESET\n");
}

Test(net_sni, what_is_named_is_an_event)
{
	struct writ_net_log *log = NULL;
	struct writ_net_event event;
	struct writ_result result;
	struct writ_error error;
	char output[1024];
	uint64_t next = 0;

	cr_assert_eq(writ_net_log_open(&log, &error), 0);
	result = run("connect \"a.example:443\" sni;",
		     "go('a.example','a.example'); go('a.example','Evil.example')\n", log, output);
	cr_expect_eq(result.connects_allowed, 2u, "%s", output);
	cr_expect_eq(result.connects_denied, 0u);
	cr_assert_eq(writ_net_log_next(log, 0, &next, &event), 1);
	cr_expect_eq(event.kind, WRIT_NET_TLS);
	cr_expect_eq(event.why, WRIT_NET_UNLISTED);
	cr_expect_str_eq(event.name, "evil.example");
	cr_expect_str_eq(event.address, HOST);
	cr_expect_eq(event.port, 443);
	cr_expect_eq(event.rule, 0u);
	cr_expect_eq(writ_net_log_next(log, 0, &next, &event), 0);
	next = 0;
	do
		cr_assert_eq(writ_net_log_next(log, 1, &next, &event), 1);
	while (event.kind != WRIT_NET_TLS);
	cr_expect_str_eq(event.name, "a.example");
	cr_expect_eq(event.why, WRIT_NET_BY_NAME);
	cr_expect_eq(event.sys_errno, 0);
	writ_net_log_close(log);
}

/* Beside what the host says that it has heard: as much, and nothing of what it has not. */
Test(net_sni, what_is_passed_on_is_counted)
{
	struct writ_net_log *log = NULL;
	struct writ_net_event event;
	struct writ_result result;
	struct writ_error error;
	char output[1024];
	uint64_t next = 0, sent[2] = {0, 0}, received[2] = {0, 0};
	unsigned long heard = 0, told = 0;
	size_t n = 0;

	cr_assert_eq(writ_net_log_open(&log, &error), 0);
	result = run("connect \"a.example:443\" sni;",
		     "s=socket.create_connection(('a.example',443),9)\n"
		     "s.sendall(hello('a.example')+bytes(1000000)); s.shutdown(socket.SHUT_WR)\n"
		     "r=b''\n"
		     "while True:\n"
		     "  b=s.recv(99); r+=b\n"
		     "  if not b: break\n"
		     "s.close(); print(r[3:].decode(),len(r)); go('a.example','evil.example')\n",
		     log, output);
	cr_assert_eq(sscanf(output, "%lu %lu", &heard, &told), 2, "%s", output);
	cr_expect_gt(heard, 1000000u);
	cr_expect_eq(result.ends_counted, 2u);
	cr_expect_eq(result.ends_unknown, 0u);
	while (writ_net_log_next(log, 1, &next, &event)) {
		if (event.kind != WRIT_NET_CLOSE)
			continue;
		cr_assert_lt(n, 2u);
		sent[n] = event.sent;
		received[n++] = event.received;
		cr_expect_str_eq(event.address, HOST);
		cr_expect_eq(event.port, 443);
		cr_expect_str_eq(event.name, "a.example");
	}
	cr_assert_eq(n, 2u);
	cr_expect_eq(sent[0], heard);
	cr_expect_eq(received[0], told);
	cr_expect_eq(sent[1], 0u, "the host has not heard of it");
	cr_expect_eq(received[1], 0u);
	writ_net_log_close(log);
}
