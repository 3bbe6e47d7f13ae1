/*
 * The net gate, with real servers and a real tool: who is reached, and that connecting is what it
 * is without a gate. The tools are Python programs; the servers are this process's children.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/box.h"
#include "support/bundle_maker.h"

enum { LISTED, DENIED, OTHER, CLOSED, FULL, FREE, N_PORTS };

static unsigned ports[N_PORTS];
static pid_t servers[2];

static int listen_at(const struct sockaddr *name, socklen_t len, int backlog)
{
	int fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, name, len), 0);
	cr_assert_eq(listen(fd, backlog), 0);
	return fd;
}

static int listen_on(unsigned which, int backlog)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	int fd = listen_at((struct sockaddr *)&name, len, backlog);

	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	ports[which] = ntohs(name.sin_port);
	return fd;
}

static int listen_unix(const char *file)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd;

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s/%s", box, file);
	fd = listen_at((struct sockaddr *)&name, sizeof(name), 64);
	cr_assert_eq(chmod(name.sun_path, 0777), 0);
	return fd;
}

/* Says its letter to whoever connects. */
static void serve(const int *fds, const char *letters, size_t n)
{
	fd_set set;

	for (;;) {
		int most = 0;

		FD_ZERO(&set);
		for (size_t i = 0; i < n; i++) {
			FD_SET(fds[i], &set);
			most = fds[i] > most ? fds[i] : most;
		}
		(void)select(most + 1, &set, NULL, NULL, NULL);
		for (size_t i = 0; i < n; i++) {
			int fd = FD_ISSET(fds[i], &set) ? accept(fds[i], NULL, NULL) : -1;

			if (fd >= 0 && write(fd, &letters[i], 1) == 1)
				(void)close(fd);
		}
	}
}

static void begin(void)
{
	int fds[6], spare;

	make_box();
	fds[0] = listen_on(LISTED, 4096);
	fds[1] = listen_on(DENIED, 64);
	fds[2] = listen_on(OTHER, 64);
	fds[3] = listen_unix("listed");
	fds[4] = listen_unix("other");
	fds[5] = listen_unix("third");
	(void)listen_on(FULL, 0); /* nobody accepts */
	spare = listen_on(CLOSED, 1);
	(void)close(spare);
	spare = listen_on(FREE, 1);
	(void)close(spare);
	servers[0] = fork();
	if (servers[0] == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fds, "ldouvw", 6);
	}
}

static void end(void)
{
	(void)kill(servers[0], SIGKILL);
	(void)waitpid(servers[0], NULL, 0);
	remove_box();
}

TestSuite(net_gate, .init = begin, .fini = end, .timeout = 120);

/* p is the ports; t() what a connection says, or the error. */
#define PRELUDE                                                                                    \
	"import socket,os,errno,threading,time,select,signal,sys,ctypes\n"                         \
	"LISTED,DENIED,OTHER,CLOSED,FULL,FREE=%u,%u,%u,%u,%u,%u\n"                                 \
	"L='127.0.0.1'\n"                                                                          \
	"def e(x): return errno.errorcode.get(x.errno,str(x))\n"                                   \
	"def t(port,host=L,family=socket.AF_INET,path=None):\n"                                    \
	"  s=socket.socket(family)\n"                                                              \
	"  try:\n"                                                                                 \
	"    s.connect((host,port) if path is None else path); return s.recv(9).decode()\n"        \
	"  except OSError as x: return e(x)\n"                                                     \
	"  finally: s.close()\n"                                                                   \
	"def u(path): return t(0,path=path,family=socket.AF_UNIX)\n"                               \
	"box=os.environ['box']\n"

static struct writ_sandbox *open_with(const char *network, const char *python,
				      struct writ_error *error)
{
	char text[4096], path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tool.py", box);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	(void)fprintf(file, PRELUDE, ports[0], ports[1], ports[2], ports[3], ports[4], ports[5]);
	(void)fputs(python, file);
	(void)fclose(file);
	(void)snprintf(text, sizeof(text),
		       "param box : path = \"/\";\nsandbox s { filesystem { " FILES
		       "read \"/etc\", \"${box}/tool.py\", \"${box}/links\"; "
		       "} network { connect \"127.0.0.0/8:%u\", \"127.0.0.0/8:%u\", "
		       "\"127.0.0.1:%u\", \"127.0.0.1:%u\", \"127.0.0.1:%u\"; "
		       "deny \"127.0.0.0/8:%u\"; %s } "
		       "env { set box = \"${box}\"; } }\n",
		       ports[LISTED], ports[DENIED], ports[CLOSED], ports[FULL], ports[FREE],
		       ports[DENIED], network);
	return open_box(text, error);
}

static struct writ_result expect(const char *network, const char *python, const char *want)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_with(network, python, &error);
	struct writ_result result;
	char output[1024];

	if (!sandbox)
		cr_skip_test("%s", error.text);
	result = run_in_box(sandbox, "python3 -I $box/tool.py", output);
	cr_expect_str_eq(output, want, "%s\n%s", python, output);
	writ_sandbox_close(sandbox);
	return result;
}

Test(net_gate, what_is_listed_is_reached_and_nothing_else)
{
	struct writ_result result = expect("",
					   "print(t(LISTED),t(DENIED),t(OTHER),t(CLOSED))\n"
					   "print(t(LISTED,'127.1.2.3'), t(DENIED,'127.1.2.3'))\n",
					   "l EACCES EACCES ECONNREFUSED\nECONNREFUSED EACCES\n");

	cr_expect_neq(result.has_network, 0);
	cr_expect_eq(result.connects_allowed, 3u);
	cr_expect_eq(result.connects_denied, 3u);
}

/* Without a gate all of them answer: the rows above prove something. */
Test(net_gate, without_one_everybody_is_reached)
{
	for (unsigned i = LISTED; i <= OTHER; i++) {
		struct sockaddr_in name = {.sin_family = AF_INET,
					   .sin_port = htons((uint16_t)ports[i]),
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char letter = 0;

		cr_expect_eq(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
		cr_expect_eq(read(fd, &letter, 1), 1);
		cr_expect_eq(letter, "ldo"[i]);
		(void)close(fd);
	}
}

/* The command's limit holds for the launch's own steps, too. */
Test(net_gate, descriptors_of_its_caller_are_not_counted)
{
	static const char policy[] = "param box : path = \"/\";\n"
				     "sandbox s { filesystem { " FILES "} limits { files 16; } "
				     "network { connect \"127.0.0.1:9\"; } }\n";

	for (int i = 0; i < 100; i++)
		cr_assert_geq(dup(STDOUT_FILENO), 0);
	expect_in_box(policy, "ulimit -n", "16\n");
}

Test(net_gate, ipv4_in_ipv6_is_ipv4)
{
	expect("",
	       "m='::ffff:127.0.0.1'; s=socket.AF_INET6\n"
	       "print(t(LISTED,m,s),t(DENIED,m,s),t(OTHER,m,s),t(LISTED,'::1',s))\n"
	       "print(t(DENIED,'64:ff9b::7f00:1',s),t(DENIED,'2002:7f00:1::',s))\n",
	       "l EACCES EACCES EACCES\nEACCES EACCES\n");
}

/* Nor is any of them asked for it: a packet to most of these would be answered by nobody. */
Test(net_gate, no_wildcard_reaches_what_is_special)
{
	expect("connect \"*:*\", \"0.0.0.0/0:*\", \"[::/0]:*\";",
	       "for h in "
	       "('169.254.169.254','100.100.100.200','168.63.129.16','127.0.0.2','0.0.0.0',"
	       "'255.255.255.255','224.0.0.1'): print(t(80,h),end=' ')\n"
	       "for h in ('fd00:ec2::254','::1','::','fe80::1','ff02::1','64:ff9b::a9fe:a9fe',"
	       "'2002:a9fe:a9fe::','::169.254.169.254'): print(t(80,h,socket.AF_INET6),end=' ')\n"
	       "print(t(LISTED))\n",
	       "EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES "
	       "EACCES EACCES EACCES EACCES l\n");
}

Test(net_gate, a_socket_keeps_the_peer_that_was_judged)
{
	expect("",
	       "s=socket.socket(); s.connect((L,LISTED))\n"
	       "libc=ctypes.CDLL(None,use_errno=True)\n"
	       "n=ctypes.create_string_buffer(16)\n"
	       "print(libc.connect(s.fileno(),n,16),errno.errorcode[ctypes.get_errno()])\n"
	       "for p in (DENIED,OTHER):\n"
	       "  try: s.connect((L,p)); print('reached')\n"
	       "  except OSError as x: print(e(x))\n"
	       "print(s.getpeername()[1]==LISTED)\n"
	       "for a,l in ((0,16),(n,1),(n,129),(n,2),(8,16)):\n"
	       "  o=socket.socket(); r=libc.connect(o.fileno(),a,l)\n"
	       "  print(r,errno.errorcode[ctypes.get_errno()],end=' ')\n"
	       "print(libc.connect(-1,n,16),libc.connect(0,n,16))\n",
	       "-1 EAFNOSUPPORT\nEACCES\nEACCES\nTrue\n"
	       "-1 EFAULT -1 EINVAL -1 EINVAL -1 EINVAL -1 EFAULT -1 -1\n");
}

Test(net_gate, connecting_without_waiting_is_as_ever)
{
	expect("",
	       "def n(port):\n"
	       "  s=socket.socket(); s.setblocking(False); r=s.connect_ex((L,port))\n"
	       "  w=select.poll(); w.register(s,select.POLLOUT); w.poll()\n"
	       "  return errno.errorcode[r],s.getsockopt(socket.SOL_SOCKET,socket.SO_ERROR),s\n"
	       "print(*n(LISTED)[:2],n(CLOSED)[1]==errno.ECONNREFUSED)\n"
	       "s=socket.socket(); s.setblocking(False); "
	       "print(errno.errorcode[s.connect_ex((L,OTHER))])\n"
	       "s=socket.socket(); s.setblocking(False)\n"
	       "w=select.epoll(); w.register(s,select.EPOLLIN)\n"
	       "d=os.dup(s.fileno()); s.connect_ex((L,LISTED)); print(w.poll(5)!=[])\n"
	       "print(os.read(d,9),s.connect_ex((L,LISTED)),s.getblocking())\n"
	       "print(errno.errorcode[[s.connect_ex((L,LISTED)) for i in range(3)][-1]])\n"
	       "b=socket.socket(); b.connect((L,LISTED)); print(b.getblocking())\n"
	       "os.set_blocking(b.fileno(),True); print(os.get_blocking(b.fileno()))\n",
	       "EINPROGRESS 0 True\nEACCES\nTrue\nb'l' 0 False\nEISCONN\nTrue\nTrue\n");
}

/* A server that accepts nobody: the first few are taken by the kernel, the others wait. */
#define WAITERS                                                                                    \
	"held=[]\n"                                                                                \
	"for i in range(8):\n"                                                                     \
	"  s=socket.socket(); s.setblocking(False); s.connect_ex((L,FULL)); held.append(s)\n"      \
	"time.sleep(.05)\n"                                                                        \
	"def waiting(ms):\n"                                                                       \
	"  s=socket.socket()\n"                                                                    \
	"  s.setsockopt(socket.SOL_SOCKET,socket.SO_SNDTIMEO,"                                     \
	"(ms//1000).to_bytes(8,'little')+(ms%1000*1000).to_bytes(8,'little'))\n"                   \
	"  return s\n"

Test(net_gate, a_connection_that_waits_stops_nobody_else)
{
	expect("",
	       WAITERS "r=[]\n"
		       "def w():\n"
		       "  try: waiting(1500).connect((L,FULL)); r.append('reached')\n"
		       "  except OSError as x: r.append(e(x))\n"
		       "a=[threading.Thread(target=w) for i in range(5)]\n"
		       "[x.start() for x in a]; time.sleep(.1); b=time.time()\n"
		       "print({t(LISTED) for i in range(50)},t(DENIED),t(CLOSED),len(r),"
		       "time.time()-b<1.3)\n"
		       "[x.join() for x in a]; print(set(r))\n",
	       "{'l'} EACCES ECONNREFUSED 0 True\n{'EINPROGRESS'}\n");
}

Test(net_gate, signals_that_are_handled_change_nothing)
{
	expect("",
	       "c=ctypes.CDLL(None,use_errno=True); k=[0]\n"
	       "def h(*a): k[0]+=1\n"
	       "signal.signal(signal.SIGALRM,h)\n"
	       "signal.siginterrupt(signal.SIGALRM,False)\n"
	       "signal.setitimer(signal.ITIMER_REAL,.0002,.0003)\n"
	       "r={t(LISTED) for i in range(400)}\n"
	       "signal.setitimer(signal.ITIMER_REAL,0); print(r,k[0]>10)\n",
	       "{'l'} True\n");
}

Test(net_gate, a_signal_ends_a_wait_unless_calls_are_restarted)
{
	expect("",
	       WAITERS
	       "c=ctypes.CDLL(None,use_errno=True); k=[0]\n"
	       "def h(*a): k[0]+=1\n"
	       "signal.signal(signal.SIGALRM,h)\n"
	       "n=(2).to_bytes(2,'little')+FULL.to_bytes(2,'big')+bytes([127,0,0,1])+bytes(8)\n"
	       "for restart in (False,True):\n"
	       "  signal.siginterrupt(signal.SIGALRM,not restart)\n"
	       "  signal.setitimer(signal.ITIMER_REAL,.1)\n"
	       "  b=time.time(); s=waiting(700); c.connect(s.fileno(),n,16)\n"
	       "  print(errno.errorcode[ctypes.get_errno()],time.time()-b<.5)\n",
	       "EINTR True\nEINPROGRESS False\n");
}

Test(net_gate, a_thousand_connections)
{
	expect("",
	       "print({t(LISTED) for i in range(1000)})\n"
	       "r=[]\n"
	       "def w():\n"
	       "  for i in range(50): r.append(t(LISTED))\n"
	       "a=[threading.Thread(target=w) for i in range(20)]\n"
	       "[x.start() for x in a]; [x.join() for x in a]; print(len(r),set(r))\n"
	       "s=[socket.socket() for i in range(900)]; p=select.epoll(); n=0\n"
	       "for x in s: x.setblocking(False); p.register(x,select.EPOLLIN)\n"
	       "for x in s: x.connect_ex((L,LISTED))\n"
	       "while n<900:\n"
	       "  for f,m in p.poll(10): p.unregister(f); n+=os.read(f,1)==b'l'\n"
	       "print(n)\n",
	       "{'l'}\n1000 {'l'}\n900\n");
}

Test(net_gate, processes_and_threads_of_a_tool_are_all_asked)
{
	expect("",
	       "for i in range(8):\n"
	       "  if os.fork()==0:\n"
	       "    r=[]\n"
	       "    def w(): r.append((t(LISTED),t(OTHER)))\n"
	       "    a=[threading.Thread(target=w) for k in range(4)]\n"
	       "    [x.start() for x in a]; [x.join() for x in a]\n"
	       "    os._exit(set(r)!={('l','EACCES')})\n"
	       "print([os.wait()[1] for i in range(8)])\n",
	       "[0, 0, 0, 0, 0, 0, 0, 0]\n");
}

#define BINDS                                                                                      \
	"def b(host,port,family=socket.AF_INET):\n"                                                \
	"  s=socket.socket(family); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"       \
	"  try: s.bind((host,port)); s.listen(); return s\n"                                       \
	"  except OSError as x: return e(x)\n"

/* By a name of two addresses, of which one is not listed: they go on to the other. */
Test(net_gate, clients_connect_as_usual)
{
	char grant[64];

	(void)snprintf(grant, sizeof(grant), "bind \"127.0.0.1:%u\";", ports[FREE]);
	expect(grant,
	       "import http.server,asyncio,urllib.request,subprocess,shutil\n"
	       "class H(http.server.BaseHTTPRequestHandler):\n"
	       "  def do_GET(self): self.send_response(200); self.end_headers()\n"
	       "  def log_message(self,*a): pass\n"
	       "s=http.server.ThreadingHTTPServer((L,FREE),H)\n"
	       "threading.Thread(target=s.serve_forever,daemon=True).start()\n"
	       "at='http://localhost:%d/'%FREE\n"
	       "print(urllib.request.urlopen(at,timeout=9).status)\n"
	       "async def main():\n"
	       "  r,w=await asyncio.open_connection('localhost',FREE)\n"
	       "  w.write(b'GET / HTTP/1.0\\r\\n\\r\\n'); print((await r.read(12))[9:].decode())\n"
	       "asyncio.run(main())\n"
	       "c=['curl','-s','-m','9','-o','/dev/null','-w','%{http_code}',at]\n"
	       "print(subprocess.run(c,capture_output=True,text=True).stdout "
	       "if shutil.which('curl') else 200)\n",
	       "200\n200\n200\n");
}

Test(net_gate, only_granted_addresses_are_bound)
{
	char grant[64];

	(void)snprintf(grant, sizeof(grant), "bind \"127.0.0.1:%u\";", ports[FREE]);
	expect(grant,
	       BINDS "s=b(L,FREE)\n"
		     "def w(): c=s.accept()[0]; c.send(b'x'); c.close()\n"
		     "a=threading.Thread(target=w); a.start(); print(t(FREE)); a.join()\n"
		     "print(b('0.0.0.0',FREE),b('127.0.0.2',FREE),b(L,FREE+1),b(L,0),"
		     "b('::',FREE,socket.AF_INET6))\n"
		     "s=socket.socket()\n"
		     "try: s.listen(); print('listens')\n"
		     "except OSError as x: print(e(x))\n",
	       "x\nEACCES EACCES EACCES EACCES EACCES\nEACCES\n");
}

Test(net_gate, all_ports_of_an_address_are_any_of_them)
{
	expect("bind \"127.0.0.1:*\"; ",
	       BINDS "print(b(L,0).getsockname()[1]>0,b('127.0.0.2',0))\n"
		     "s=socket.socket()\n"
		     "try: s.listen(); print('listens')\n"
		     "except OSError as x: print(e(x))\n",
	       "True EACCES\nEACCES\n");
}

/* The port is granted, of any host; what that is of is denied. */
Test(net_gate, ports_of_any_host_stand_beside_endpoints)
{
	char grant[128];

	(void)snprintf(grant, sizeof(grant), "bind \"*:%u\"; deny \"127.0.0.2\";", ports[FREE]);
	expect(grant,
	       BINDS "print(b('0.0.0.0',FREE).getsockname()==('0.0.0.0',FREE))\n"
		     "print(b('127.0.0.2',FREE),t(LISTED,'127.0.0.2'))\n",
	       "True\nEACCES EACCES\n");
}

Test(net_gate, listed_unix_sockets_are_reached)
{
	char other[64], link[64], links[64];

	(void)snprintf(other, sizeof(other), "%s/other", box);
	(void)snprintf(links, sizeof(links), "%s/links", box);
	(void)snprintf(link, sizeof(link), "%s/links/link", box);
	cr_assert_eq(mkdir(links, 0777), 0);
	cr_assert_eq(symlink(other, link), 0);
	expect("unix \"${box}/listed\", \"${box}/links/link\", \"${box}/none\"; ",
	       "print(u(box+'/listed'),u(box+'/../'+box[5:]+'/listed'),u(box+'/none'),"
	       "u(box+'/third') in ('EACCES','ENOENT'))\n"
	       "os.chdir(box+'/links'); print(u('../listed'),u('link'))\n"
	       "print(u(bytes(1)+b'x'),u(''),u('/'))\n"
	       "s=socket.socket(socket.AF_UNIX)\n"
	       "try: s.bind(b'\\0x')\n"
	       "except OSError as x: print(e(x))\n"
	       "try: socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
	       "except OSError as x: print(e(x))\n",
	       "u u ENOENT True\nu v\nEACCES EINVAL EACCES\nEPERM\nEPERM\n");
}

Test(net_gate, unix_sockets_that_are_not_listed_are_not)
{
	expect("", "try: socket.socket(socket.AF_UNIX)\nexcept OSError as x: print(e(x))\n",
	       "EPERM\n");
}

/* While the call is made, another thread changes what the address says, or the socket. */
Test(net_gate, an_address_that_changes_reaches_nobody_else)
{
	expect("",
	       "sys.setswitchinterval(1e-5)\n"
	       "c=ctypes.CDLL(None,use_errno=True)\n"
	       "def a(p): return "
	       "(2).to_bytes(2,'little')+p.to_bytes(2,'big')+bytes([127,0,0,1])+bytes(8)\n"
	       "n=ctypes.create_string_buffer(a(LISTED),16); w=[a(LISTED),a(OTHER)]; stop=[]\n"
	       "def flip():\n"
	       "  while not stop:\n"
	       "    for x in w: ctypes.memmove(n,x,16)\n"
	       "f=threading.Thread(target=flip); f.start(); r={}\n"
	       "for i in range(3000):\n"
	       "  s=socket.socket()\n"
	       "  k=s.recv(1) if c.connect(s.fileno(),n,16)==0 else ctypes.get_errno()\n"
	       "  r[k]=r.get(k,0)+1; s.close()\n"
	       "stop.append(1); f.join()\n"
	       "print(set(r)=={b'l',errno.EACCES},r.get(b'o',0))\n",
	       "True 0\n");
}

Test(net_gate, a_descriptor_that_changes_reaches_nobody_else)
{
	expect("unix \"${box}/listed\"; ",
	       "sys.setswitchinterval(1e-5)\n"
	       "c=ctypes.CDLL(None,use_errno=True); stop=[]; t0=socket.socket(); d=t0.fileno()\n"
	       "n=(2).to_bytes(2,'little')+LISTED.to_bytes(2,'big')+bytes([127,0,0,1])+bytes(8)\n"
	       "z=os.open('/dev/null',0); un=socket.socket(socket.AF_UNIX)\n"
	       "def flip():\n"
	       "  while not stop:\n"
	       "    s=socket.socket(); os.dup2(z,d); os.dup2(un.fileno(),d); "
	       "os.dup2(s.fileno(),d)\n"
	       "f=threading.Thread(target=flip); f.start(); r=set()\n"
	       "for i in range(3000): r.add(ctypes.get_errno() if c.connect(d,n,16) else 0)\n"
	       "stop.append(1); f.join(); "
	       "print(r<={0,errno.ENOTSOCK,errno.EINVAL,errno.EISCONN,errno.EACCES,errno.EBADF},0 "
	       "in r)\n"
	       "print(t(LISTED),t(OTHER))\n",
	       "True True\nl EACCES\n");
}

/* The flags of a socket are shared with the keeper, which must not wait where the tool says so. */
Test(net_gate, a_socket_that_is_made_to_wait_does_not_stop_the_keeper)
{
	expect("",
	       WAITERS
	       "sys.setswitchinterval(1e-5); stop=[]\n"
	       "s=[waiting(3000) for i in range(20)]\n"
	       "def flip():\n"
	       "  while not stop:\n"
	       "    for x in s: os.set_blocking(x.fileno(),True)\n"
	       "f=threading.Thread(target=flip); f.start()\n"
	       "c=ctypes.CDLL(None); n=(2).to_bytes(2,'little')+FULL.to_bytes(2,'big')+"
	       "bytes([127,0,0,1])+bytes(8)\n"
	       "def w(x): c.connect(x.fileno(),n,16)\n"
	       "a=[threading.Thread(target=w,args=(x,)) for x in s]; [x.start() for x in a]\n"
	       "b=time.time(); print({t(LISTED) for i in range(20)},time.time()-b<2.5)\n"
	       "stop.append(1); f.join(); [x.join() for x in a]\n",
	       "{'l'} True\n");
}
