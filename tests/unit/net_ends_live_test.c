/*
 * How much went over a connection: counts of the kernel's, compared with those of the other side, a
 * Python program. And what becomes of them where the kernel says nothing.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net_ends.h"
#include "support/box.h"

#define MANY 300u

static const char *const kinds[] = {"first", "last", "half", "hold", "reset", "exit"};
static const unsigned sizes[] = {0, 1, 1000000};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define N_CASES (N_KINDS * N_SIZES)

/*
 * A port for each way to end and each size, and one for which neither counts; then, for each
 * connection, its port and what was received and sent.
 */
static const char server_program[] =
	"import socket,struct,threading,time,os\n"
	"def serve(l,kind,n,port):\n"
	"  c=l.accept()[0]; got=sent=0\n"
	"  threading.Thread(target=serve,args=(l,kind,n,port),daemon=True).start()\n"
	"  while got<n: got+=len(c.recv(1<<20))\n"
	"  if kind=='reset':\n"
	"    time.sleep(.05)\n"
	"    c.setsockopt(socket.SOL_SOCKET,socket.SO_LINGER,struct.pack('ii',1,0))\n"
	"  else: c.sendall(bytes(n)); sent=n\n"
	"  if kind not in ('first','reset'):\n"
	"    while True:\n"
	"      b=c.recv(1<<20); got+=len(b)\n"
	"      if not b: break\n"
	"  if kind=='hold': time.sleep(.5)\n"
	"  c.close()\n"
	"  os.write(1,b'%d %d %d\\n'%(port,got,sent))\n"
	"for kind in ('first','last','half','hold','reset','exit','any'):\n"
	"  for n in (0,1,1000000) if kind!='any' else (0,):\n"
	"    l=socket.create_server(('127.0.0.1',0),backlog=128); port=l.getsockname()[1]\n"
	"    threading.Thread(target=serve,args=(l,kind,n,port),daemon=True).start()\n"
	"    print(port,flush=True)\n"
	"threading.Event().wait()\n";

static const char tool_program[] =
	"import socket,os,sys,time\n"
	"def talk(port,kind,n):\n"
	"  s=socket.create_connection(('127.0.0.1',port)); s.sendall(bytes(n))\n"
	"  if kind in ('half','hold'): s.shutdown(socket.SHUT_WR)\n"
	"  got=0\n"
	"  while kind!='reset' and got<n: got+=len(s.recv(1<<20))\n"
	"  if kind in ('first','half'): assert s.recv(1)==b''\n"
	"  if kind=='reset':\n"
	"    try: assert s.recv(1)==None\n"
	"    except ConnectionResetError: pass\n"
	"  if kind=='hold': time.sleep(.05)\n"
	"  if kind!='exit': s.close()\n"
	"  return s\n";

static pid_t server;
static FILE *server_says;
static unsigned ports[N_CASES + 1];

static void begin(void)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	server = fork();
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execlp("python3", "python3", "-Ic", server_program, NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	server_says = fdopen(ends[0], "r");
	for (size_t i = 0; i < N_CASES + 1; i++)
		cr_assert_eq(fscanf(server_says, "%u", &ports[i]), 1);
	make_box();
}

static void end(void)
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)fclose(server_says);
	remove_box();
}

TestSuite(net_ends_live, .init = begin, .fini = end, .timeout = 60);

static struct writ_net_log *open_log(void)
{
	struct writ_net_log *log = NULL;
	struct writ_error error;

	cr_assert_eq(writ_net_log_open(&log, &error), 0, "%s", error.text);
	return log;
}

static struct writ_process *start(const char *python, struct writ_net_log *log)
{
	char program[8192];
	const char *const argv[] = {"python3", "-Ic", program, NULL};
	const struct writ_launch launch = {.argv = argv,
					   .cwd = "/",
					   .stdio = {-1, -1, 2},
					   .net_log = log};
	struct writ_process *process = NULL;
	struct writ_sandbox *sandbox;
	struct writ_error error;

	(void)snprintf(program, sizeof(program), "%s%s", tool_program, python);
	sandbox = open_box("param box : path = \"/\";\nsandbox s { filesystem { " FILES
			   "} network { connect \"127.0.0.1:*\"; } }\n",
			   &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	writ_sandbox_close(sandbox);
	return process;
}

static struct writ_result run(const char *python, struct writ_net_log *log)
{
	struct writ_process *process = start(python, log);
	struct writ_result result;
	struct writ_error error;

	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_EXITED);
	cr_expect_eq(result.status, 0);
	return result;
}

/* The end of a connection to a port; false: there is none, or none more. */
static bool next_end(struct writ_net_log *log, uint64_t *next, unsigned port,
		     struct writ_net_event *out)
{
	while (writ_net_log_next(log, 1, next, out)) {
		if (out->kind == WRIT_NET_CLOSE && (!port || out->port == port))
			return true;
	}
	return false;
}

/* ---- what the other side has counted as well ---- */

static void expect_as_server(struct writ_net_log *log)
{
	struct writ_net_event event;
	uint64_t next = 0;
	unsigned port, received, sent;

	cr_assert_eq(fscanf(server_says, "%u %u %u", &port, &received, &sent), 3);
	cr_assert(next_end(log, &next, port, &event), "port %u", port);
	cr_expect_eq(event.sent, received, "%u: %lu, not %u", port, (unsigned long)event.sent,
		     received);
	cr_expect_eq(event.received, sent, "%u: %lu, not %u", port, (unsigned long)event.received,
		     sent);
	cr_expect_lt(event.duration_us, 60u * 1000 * 1000);
	cr_expect_leq(event.duration_us, event.time_us);
	cr_expect_eq(event.allowed, 1);
	cr_expect_eq(event.sys_errno, 0);
	cr_expect_eq(event.why, WRIT_NET_BY_ADDRESS);
	cr_expect_eq(event.rule, 0u);
	cr_expect_str_eq(event.address, "127.0.0.1");
	cr_expect_not(next_end(log, &next, port, &event), "a second end");
}

Test(net_ends_live, are_counted_as_by_the_other_side)
{
	struct writ_net_log *log = open_log();
	struct writ_result result;
	char python[4096] = "h=[talk(*a) for a in (";
	size_t at = strlen(python);

	for (size_t i = 0; i < N_CASES; i++)
		at += (size_t)snprintf(python + at, sizeof(python) - at, "(%u,'%s',%u),", ports[i],
				       kinds[i / N_SIZES], sizes[i % N_SIZES]);
	(void)snprintf(python + at, sizeof(python) - at, ")]\n");
	result = run(python, log);
	cr_expect_eq(result.ends_counted, N_CASES);
	cr_expect_eq(result.ends_unknown, 0u);
	cr_expect_eq(result.bytes_sent, N_KINDS * 1000001u);
	cr_expect_eq(result.bytes_received, (N_KINDS - 1) * 1000001u);
	for (size_t i = 0; i < N_CASES; i++)
		expect_as_server(log);
	writ_net_log_close(log);
}

Test(net_ends_live, of_many_all_are_counted)
{
	struct writ_net_log *log = open_log();
	struct writ_net_event event;
	struct writ_result result;
	char python[512];
	uint64_t next = 0, sent = 0;

	/* Half of them at the same time, as far as they go on until the launch ends. */
	(void)snprintf(python, sizeof(python),
		       "h=[]\n"
		       "for i in range(%u):\n"
		       "  s=socket.create_connection(('127.0.0.1',%u)); s.sendall(bytes(i))\n"
		       "  s.close() if i%%2 else h.append(s)\n",
		       MANY, ports[N_CASES]);
	result = run(python, log);
	/* Other tests beside this one may have pushed some out: then they are said to be unknown.
	 */
	cr_expect_eq(result.ends_counted + result.ends_unknown, MANY);
	cr_expect_gt(result.ends_counted, 0u);
	if (!result.ends_unknown)
		cr_expect_eq(result.bytes_sent, MANY * (MANY - 1) / 2);
	cr_expect_leq(result.bytes_sent, MANY * (MANY - 1) / 2);
	cr_expect_eq(result.bytes_received, 0u);
	while (next_end(log, &next, ports[N_CASES], &event))
		sent += event.sent;
	cr_expect_gt(sent, 0u, "the latest are there, one by one");
	writ_net_log_close(log);
}

Test(net_ends_live, what_was_never_connected_has_no_end)
{
	struct writ_net_log *log = open_log();
	struct writ_net_event event;
	struct writ_result result;
	char python[512];
	uint64_t next = 0;

	(void)snprintf(python, sizeof(python),
		       "l=socket.socket(); p=1\n"
		       "for wait in True,False:\n"
		       "  s=socket.socket(); s.setblocking(wait); s.connect_ex(('127.0.0.1',1))\n"
		       "  time.sleep(.01)\n"
		       /* The same socket, to somebody who is there. */
		       "  s.setblocking(True); s.connect_ex(('127.0.0.1',1))\n"
		       "  s.connect(('127.0.0.1',%u)); s.sendall(b'abc'); s.close()\n",
		       ports[N_CASES]);
	result = run(python, log);
	cr_expect_eq(result.ends_counted, 2u);
	cr_expect_eq(result.ends_unknown, 0u);
	cr_expect_eq(result.bytes_sent, 6u);
	while (next_end(log, &next, 0, &event))
		cr_expect_eq(event.port, ports[N_CASES]);
	writ_net_log_close(log);
}

/* Sockets of others on the host are told of as well. */
Test(net_ends_live, others_do_not_count)
{
	struct writ_net_log *log = open_log();
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)ports[N_CASES]),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct writ_process *process;
	struct writ_result result;
	struct writ_error error;
	char python[512];

	(void)snprintf(python, sizeof(python),
		       "s=socket.create_connection(('127.0.0.1',%u)); s.sendall(bytes(77))\n"
		       "time.sleep(.5); s.sendall(bytes(7)); s.close()\n",
		       ports[N_CASES]);
	process = start(python, log);
	for (unsigned i = 0; i < 2000; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		cr_assert_eq(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
		cr_assert_eq(send(fd, "other", 5, 0), 5);
		(void)close(fd);
	}
	cr_assert_eq(writ_wait(&process, &result, &error), 0);
	cr_expect_eq(result.ends_counted + result.ends_unknown, 1u);
	/* On a busy machine some may be missed: then it is not known, and never wrong. */
	if (result.ends_counted)
		cr_expect_eq(result.bytes_sent, 84u);
	writ_net_log_close(log);
}

/* ---- what is not known is said to be so ---- */

/* This process, and what it starts, can have no such socket. */
static void refuse_sock_diag(void)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERNEL_NETLINK_SOCK_DIAG, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]),
					   (struct sock_filter *)code};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

Test(net_ends_live, a_host_that_does_not_tell_is_unknown)
{
	struct writ_net_log *log = open_log();
	struct writ_net_event event;
	struct writ_result result;
	char python[512];
	uint64_t next = 0;

	refuse_sock_diag();
	(void)snprintf(python, sizeof(python), "talk(%u,'first',1000000)\n", ports[2]);
	result = run(python, log);
	cr_expect_eq(result.ends_counted, 0u);
	cr_expect_eq(result.ends_unknown, 1u);
	cr_assert(next_end(log, &next, ports[2], &event));
	cr_expect_eq(event.sent, WRIT_NET_UNKNOWN);
	cr_expect_eq(event.received, WRIT_NET_UNKNOWN);
	cr_expect_eq(event.duration_us, WRIT_NET_UNKNOWN);
	writ_net_log_close(log);
}

/* Nobody is left to tell: there is no end, and so no number. */
Test(net_ends_live, a_keeper_that_is_killed_claims_nothing)
{
	struct writ_net_log *log = open_log();
	struct writ_process *process;
	struct writ_net_event event;
	struct writ_result result;
	struct writ_error error;
	char python[512];
	uint64_t next = 0;

	(void)snprintf(python, sizeof(python),
		       "s=socket.create_connection(('127.0.0.1',%u)); s.sendall(bytes(9))\n"
		       "time.sleep(100)\n",
		       ports[N_CASES]);
	process = start(python, log);
	while (!writ_net_log_next(log, 1, &next, &event))
		(void)usleep(1000);
	writ_kill(process);
	cr_assert_eq(writ_wait(&process, &result, &error), 0);
	cr_expect_eq(event.kind, WRIT_NET_CONNECT);
	cr_expect_eq(result.connects_allowed, 1u);
	if (!result.ends_counted)
		cr_expect_eq(result.bytes_sent, 0u);
	while (next_end(log, &next, 0, &event))
		cr_expect_neq(event.sent, 0u);
	writ_net_log_close(log);
}
