/*
 * What a launch wanted of the network, event by event: the log as such, under a writer that never
 * waits; and that of launches, whose tools are Python programs.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net_events.h"
#include "runtime/net_pending.h"
#include "runtime/sandbox.h"
#include "support/box.h"
#include "support/net_maker.h"

/* ---- the log ---- */

static struct writ_net_log *open_log(void)
{
	struct writ_net_log *log = NULL;
	struct writ_error error;

	cr_assert_eq(writ_net_log_open(&log, &error), 0, "%s", error.text);
	return log;
}

/* An event whose parts all say its number. */
static void add(struct net_events *events, bool allowed, uint32_t number)
{
	char name[16];
	struct net_verdict verdict = {.allowed = allowed,
				      .why = allowed ? NET_BY_ADDRESS : NET_UNLISTED,
				      .rule = number,
				      .name = {name, 0}};
	struct net_peer peer = {.port = (uint16_t)number};

	verdict.name.len = (size_t)snprintf(name, sizeof(name), "%u", number);
	(void)net_address_of("192.0.2.1", peer.address);
	events->call = number + 1;
	net_events_add(events, WRIT_NET_CONNECT, &verdict, &peer);
}

/* Is it what add has made of its number? */
static bool is_whole(const struct writ_net_event *event)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", event->rule);
	return event->rule == event->number && event->port == (uint16_t)event->number &&
	       strcmp(event->name, name) == 0 && strcmp(event->address, "192.0.2.1") == 0;
}

Test(net_events, are_read_in_their_order)
{
	struct net_events events = {.log = open_log()};
	struct writ_net_event event;
	uint64_t next = 0;

	cr_assert(net_log_take(events.log));
	cr_expect_not(net_log_take(events.log), "a second launch");
	cr_expect_eq(writ_net_log_next(events.log, 0, &next, &event), 0);
	for (uint32_t i = 0; i < 3; i++)
		add(&events, false, i);
	for (uint64_t i = 0; i < 3; i++) {
		cr_assert_eq(writ_net_log_next(events.log, 0, &next, &event), 1);
		cr_expect_eq(event.number, i);
		cr_expect(is_whole(&event));
		cr_expect_eq(event.allowed, 0);
		cr_expect_eq(event.sys_errno, EACCES);
		cr_expect_eq(event.why, WRIT_NET_UNLISTED);
		cr_expect_lt(event.time_us, 60u * 1000 * 1000);
	}
	cr_expect_eq(writ_net_log_next(events.log, 0, &next, &event), 0);
	cr_expect_eq(writ_net_log_next(events.log, 1, &(uint64_t){0}, &event), 0);
	cr_expect_eq(events.counts[WRIT_NET_CONNECT][false], 3u);
	writ_net_log_close(events.log);
	writ_net_log_close(NULL);
}

Test(net_events, the_latest_of_either_kind_stay)
{
	struct net_events events = {.log = open_log()};
	struct writ_net_event event;
	uint64_t next = 0;

	add(&events, false, 0);
	for (uint32_t i = 0; i < 1000; i++)
		add(&events, true, i);
	cr_expect_eq(writ_net_log_next(events.log, 0, &next, &event), 1);
	for (uint64_t i = next = 0; i < WRIT_NET_LOG_EVENTS; i++) {
		cr_assert_eq(writ_net_log_next(events.log, 1, &next, &event), 1);
		cr_assert_eq(event.number, 1000 - WRIT_NET_LOG_EVENTS + i);
		cr_assert(is_whole(&event));
	}
	cr_expect_eq(writ_net_log_next(events.log, 1, &next, &event), 0);
	cr_expect_eq(events.counts[WRIT_NET_CONNECT][true], 1000u);
	writ_net_log_close(events.log);
}

Test(net_events, without_a_log_they_are_counted)
{
	struct net_events events = {.log = NULL};

	add(&events, true, 0);
	add(&events, false, 0);
	net_events_answered(&events, 1, 0);
	cr_expect_eq(events.counts[WRIT_NET_CONNECT][true], 1u);
	cr_expect_eq(events.counts[WRIT_NET_CONNECT][false], 1u);
}

Test(net_events, what_a_call_came_to_is_added)
{
	struct net_events events = {.log = open_log()};
	static const struct {
		long result;
		int error;
	} rows[] = {{0, 0}, {-ECONNREFUSED, ECONNREFUSED}, {-EINPROGRESS, EINPROGRESS}};
	struct writ_net_event event;
	uint64_t next = 0;

	for (uint32_t i = 0; i < 4; i++)
		add(&events, true, i);
	for (uint32_t i = 0; i < 3; i++)
		net_events_answered(&events, i + 1, rows[i].result);
	net_events_answered(&events, 99, -EIO);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(writ_net_log_next(events.log, 1, &next, &event), 1);
		cr_expect_eq(event.sys_errno, rows[i].error);
	}
	cr_assert_eq(writ_net_log_next(events.log, 1, &next, &event), 1);
	cr_expect_eq(event.sys_errno, -1);
	writ_net_log_close(events.log);
}

/* The keeper may be killed at any moment. */
/* That a connection ended is no answer to the call that is being made. */
Test(net_events, what_a_call_came_to_is_not_added_to_an_end)
{
	struct net_events events = {.log = open_log()};
	struct writ_net_event begun, event;
	uint64_t next = 1;

	add(&events, true, 0);
	cr_assert(net_events_last(&events, &begun));
	net_events_end(&events, &begun, 3, 4);
	net_events_answered(&events, events.call, -ECONNREFUSED);
	cr_assert_eq(writ_net_log_next(events.log, 1, &next, &event), 1);
	cr_expect_eq(event.kind, WRIT_NET_CLOSE);
	cr_expect_eq(event.sys_errno, 0);
	next = 0;
	cr_assert_eq(writ_net_log_next(events.log, 1, &next, &event), 1);
	cr_expect_eq(event.sys_errno, ECONNREFUSED, "the control");
	writ_net_log_close(events.log);
}

Test(net_events, a_record_that_is_never_finished_keeps_nobody, .timeout = 20)
{
	struct net_events events = {.log = open_log()};
	struct writ_net_event event;
	uint64_t next = 0;

	for (uint32_t i = 0; i < 3; i++)
		add(&events, false, i);
	atomic_store(&events.log->rings[false].slots[1].number, 0);
	cr_assert_eq(writ_net_log_next(events.log, 0, &next, &event), 1);
	cr_assert_eq(writ_net_log_next(events.log, 0, &next, &event), 1);
	cr_expect_eq(event.number, 2u);
	cr_expect(is_whole(&event));
	cr_expect_eq(writ_net_log_next(events.log, 0, &next, &event), 0);
	atomic_store(&events.log->rings[false].slots[2].number, 0);
	next = 2;
	cr_expect_eq(writ_net_log_next(events.log, 0, &next, &event), 0);
	writ_net_log_close(events.log);
}

#define MANY 300000u

static void *write_many(void *arg)
{
	for (uint32_t i = 0; i < MANY; i++)
		add(arg, true, i);
	return NULL;
}

Test(net_events, are_read_whole_while_they_are_written, .timeout = 60)
{
	struct net_events events = {.log = open_log()};
	struct writ_net_event event;
	uint64_t next = 0, before = 0;
	pthread_t writer;
	size_t n = 0;

	cr_assert_eq(pthread_create(&writer, NULL, write_many, &events), 0);
	while (next < MANY) {
		if (!writ_net_log_next(events.log, 1, &next, &event))
			continue;
		cr_assert(is_whole(&event), "%lu: %u %s", (unsigned long)event.number, event.rule,
			  event.name);
		cr_assert(n == 0 || event.number > before);
		before = event.number;
		n++;
	}
	(void)pthread_join(writer, NULL);
	cr_expect_geq(n, WRIT_NET_LOG_EVENTS);
	writ_net_log_close(events.log);
}

Test(net_events, a_long_name_is_cut)
{
	struct net_events events = {.log = open_log()};
	static char name[5000];
	struct net_verdict verdict = {.rule = NET_NO_RULE, .name = {name, sizeof(name)}};
	struct writ_net_event event;

	memset(name, 'x', sizeof(name));
	net_events_add(&events, WRIT_NET_UNIX, &verdict, NULL);
	cr_assert_eq(writ_net_log_next(events.log, 0, &(uint64_t){0}, &event), 1);
	cr_expect_eq(strlen(event.name), WRIT_NET_NAME - 1u);
	cr_expect_str_eq(event.address, "");
	cr_expect_eq(event.rule, WRIT_NO_ID);
	writ_net_log_close(events.log);
}

/* ---- rules ---- */

#define ANY_PORT 0, UINT16_MAX

Test(net_events, rules_are_as_a_policy_has_them)
{
	static const struct {
		uint32_t flags;
		struct policy_peer peer;
		const char *address;
		const char *want;
	} rows[] = {
		{1, {.kind = WRIT_HOST_ANY, .first = 443, .last = 443}, NULL, "*:443"},
		{2, {.kind = WRIT_HOST_ANY, .first = 1, .last = UINT16_MAX}, NULL, "*:*"},
		{1,
		 {.kind = WRIT_HOST_NET, .prefix = 104, .first = 80, .last = 90},
		 "10.0.0.0",
		 "10.0.0.0/8:80-90"},
		{4,
		 {.kind = WRIT_HOST_NET, .prefix = 128, .last = UINT16_MAX},
		 "10.0.0.1",
		 "10.0.0.1:*"},
		{1,
		 {.kind = WRIT_HOST_NET, .prefix = 96, .first = 1, .last = 1},
		 "0.0.0.0",
		 "0.0.0.0/0:1"},
		{1,
		 {.kind = WRIT_HOST_NET, .prefix = 32, .first = 1, .last = 1},
		 "2001:db8::",
		 "[2001:db8::/32]:1"},
		{1,
		 {.kind = WRIT_HOST_NET, .prefix = 128, .first = 1, .last = 1},
		 "::1",
		 "[::1]:1"},
		{9,
		 {.kind = WRIT_HOST_NAME, .name = {"a.orgXX", 5}, .first = 53, .last = 53},
		 NULL,
		 "udp://a.org:53"},
		{4,
		 {.kind = WRIT_HOST_SUFFIX, .name = {"a.orgXX", 5}, .last = UINT16_MAX},
		 NULL,
		 "*.a.org:*"},
	};
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	static struct net_rule rules[sizeof(rows) / sizeof(rows[0])];
	static struct policy_peer peers[sizeof(rows) / sizeof(rows[0])];
	static struct writ_sandbox sandbox;
	const char *sockets[] = {"/run/x.sock"};
	char text[512], brief[4];

	for (size_t i = 0; i < n; i++) {
		peers[i] = rows[i].peer;
		if (rows[i].address)
			(void)net_address_of(rows[i].address, peers[i].address);
		rules[i] = (struct net_rule){rows[i].flags, &peers[i]};
	}
	sandbox.net = (struct net_plan){.rules = rules,
					.n_rules = (uint32_t)n,
					.sockets = sockets,
					.n_sockets = 1};
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(writ_net_rule(&sandbox, i, text, sizeof(text)), 0);
		cr_expect_str_eq(text, rows[i].want);
	}
	cr_assert_eq(writ_net_rule(&sandbox, (uint32_t)n, text, sizeof(text)), 0);
	cr_expect_str_eq(text, "/run/x.sock");
	cr_expect_eq(writ_net_rule(&sandbox, 0, brief, sizeof(brief)), 0);
	cr_expect_str_eq(brief, "*:4");
	cr_expect_eq(writ_net_rule(&sandbox, (uint32_t)n + 1, text, sizeof(text)), -WRIT_E_INVALID);
	cr_expect_eq(writ_net_rule(&sandbox, WRIT_NO_ID, text, sizeof(text)), -WRIT_E_INVALID);
}

/* ---- launches ---- */

/* Nobody answers there: what is judged is all that counts. */
enum { CLOSED, DENIED, FULL, N_PORTS };

static unsigned ports[N_PORTS];

static int listen_on(unsigned which, int backlog)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&name, len), 0);
	cr_assert_eq(listen(fd, backlog), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	ports[which] = ntohs(name.sin_port);
	return fd;
}

static void listen_unix(const char *file)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s/%s", box, file);
	cr_assert_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	cr_assert_eq(listen(fd, 8), 0);
}

static void begin(void)
{
	make_box();
	(void)listen_on(FULL, 0);
	(void)close(listen_on(CLOSED, 1));
	(void)close(listen_on(DENIED, 1));
	listen_unix("listed");
}

TestSuite(net_events_live, .init = begin, .fini = remove_box, .timeout = 60);

static struct writ_sandbox *open_sandbox(void)
{
	static char text[2048];
	struct writ_error error;
	struct writ_sandbox *sandbox;

	(void)snprintf(text, sizeof(text),
		       "param box : path = \"/\";\nsandbox s { filesystem { " FILES
		       "} network { deny \"127.0.0.1:%u\"; connect \"127.0.0.1:%u\", "
		       "\"127.0.0.1:%u\", \"*:%u\"; bind \"127.0.0.1:%u\"; "
		       "unix \"${box}/listed\"; } env { set box = \"${box}\"; } }\n",
		       ports[DENIED], ports[CLOSED], ports[FULL], ports[DENIED], ports[CLOSED]);
	sandbox = open_box(text, &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	return sandbox;
}

static struct writ_result run(const struct writ_sandbox *sandbox, const char *python,
			      struct writ_net_log *log)
{
	char program[2048];
	const char *const argv[] = {"python3", "-Ic", program, NULL};
	const struct writ_launch launch = {.argv = argv,
					   .cwd = "/",
					   .stdio = {-1, -1, 2},
					   .net_log = log};
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_error error;

	(void)snprintf(program, sizeof(program),
		       "import socket,os,time\nCLOSED,DENIED,FULL=%u,%u,%u\nbox=os.environ['box']\n"
		       "def c(port,host='127.0.0.1',family=socket.AF_INET,wait=True):\n"
		       "  s=socket.socket(family); s.setblocking(wait)\n"
		       "  return s.connect_ex((host,port))\n"
		       "def u(path): return socket.socket(socket.AF_UNIX).connect_ex(path)\n"
		       "%s",
		       ports[CLOSED], ports[DENIED], ports[FULL], python);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_EXITED);
	cr_expect_eq(result.status, 0);
	return result;
}

struct want {
	enum writ_net_kind kind;
	enum writ_net_why why;
	const char *address;
	unsigned port;
	const char *name; /* how it ends */
	int error;
	const char *rule; /* how it begins; NULL: none */
};

static void expect_events(const struct writ_sandbox *sandbox, struct writ_net_log *log, int allowed,
			  const struct want *want, size_t n)
{
	struct writ_net_event event;
	uint64_t next = 0, before = 0;
	char text[512] = "";

	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(writ_net_log_next(log, allowed, &next, &event), 1, "%zu", i);
		cr_expect_eq(event.kind, want[i].kind, "%zu: %d", i, event.kind);
		cr_expect_eq(event.why, want[i].why, "%zu: %d", i, event.why);
		cr_expect_str_eq(event.address, want[i].address);
		cr_expect_eq(event.port, want[i].port, "%zu: %u", i, event.port);
		cr_expect_eq(event.sys_errno, want[i].error, "%zu: %d", i, event.sys_errno);
		cr_expect_geq(event.time_us, before);
		before = event.time_us;
		cr_expect(strlen(event.name) >= strlen(want[i].name) &&
				  !strcmp(event.name + strlen(event.name) - strlen(want[i].name),
					  want[i].name),
			  "%zu: %s", i, event.name);
		cr_expect_eq(writ_net_rule(sandbox, event.rule, text, sizeof(text)),
			     want[i].rule ? 0 : -WRIT_E_INVALID);
		if (want[i].rule)
			cr_expect_eq(strncmp(text, want[i].rule, strlen(want[i].rule)), 0, "%s",
				     text);
	}
	cr_expect_eq(writ_net_log_next(log, allowed, &next, &event), 0);
}

Test(net_events_live, every_decision_is_one)
{
	struct writ_sandbox *sandbox = open_sandbox();
	struct writ_net_log *log = open_log();
	struct writ_result result;
	const struct want denied[] = {
		{WRIT_NET_CONNECT, WRIT_NET_UNLISTED, "192.0.2.1", 80, "", EACCES, NULL},
		{WRIT_NET_CONNECT, WRIT_NET_DENIED, "127.0.0.1", ports[DENIED], "", EACCES,
		 "127.0.0.1:"},
		{WRIT_NET_CONNECT, WRIT_NET_CLASS, "::1", ports[DENIED], "", EACCES, "*:"},
		{WRIT_NET_BIND, WRIT_NET_UNLISTED, "127.0.0.1", 0, "", EACCES, NULL},
		{WRIT_NET_LISTEN, WRIT_NET_UNLISTED, "0.0.0.0", 0, "", EACCES, NULL},
		{WRIT_NET_UNIX, WRIT_NET_UNLISTED, "", 0, "/dev/null", EACCES, NULL},
		{WRIT_NET_UNIX, WRIT_NET_UNLISTED, "", 0, "@abstract", EACCES, NULL},
	};
	const struct want allowed[] = {
		{WRIT_NET_CONNECT, WRIT_NET_BY_ADDRESS, "127.0.0.1", ports[CLOSED], "",
		 ECONNREFUSED, "127.0.0.1:"},
		{WRIT_NET_CONNECT, WRIT_NET_BY_ADDRESS, "127.0.0.1", ports[CLOSED], "", EINPROGRESS,
		 "127.0.0.1:"},
		{WRIT_NET_UNIX, WRIT_NET_BY_NAME, "", 0, "/listed", 0, "/"},
		{WRIT_NET_BIND, WRIT_NET_BY_ADDRESS, "127.0.0.1", ports[CLOSED], "", 0,
		 "127.0.0.1:"},
		{WRIT_NET_LISTEN, WRIT_NET_BY_ADDRESS, "127.0.0.1", ports[CLOSED], "", 0,
		 "127.0.0.1:"},
	};

	result = run(sandbox,
		     "c(80,'192.0.2.1'); c(DENIED); c(DENIED,'::1',socket.AF_INET6)\n"
		     "for a in 0,1:\n"
		     "  s=socket.socket()\n"
		     "  try: s.listen() if a else s.bind(('127.0.0.1',0))\n"
		     "  except OSError: pass\n"
		     "u('/dev/null'); u(b'\\0abstract'); u(box+'/none')\n"
		     "c(CLOSED); c(CLOSED,wait=False); u(box+'/listed')\n"
		     "s=socket.socket(); s.bind(('127.0.0.1',CLOSED)); s.listen()\n",
		     log);
	expect_events(sandbox, log, 0, denied, sizeof(denied) / sizeof(denied[0]));
	expect_events(sandbox, log, 1, allowed, sizeof(allowed) / sizeof(allowed[0]));
	cr_expect_eq(result.connects_denied, 5u);
	cr_expect_eq(result.connects_allowed, 3u);
	cr_expect_eq(result.binds_denied, 2u);
	cr_expect_eq(result.binds_allowed, 2u);
	writ_net_log_close(log);
	writ_sandbox_close(sandbox);
}

/* While it runs; one that waits has come to nothing yet. */
Test(net_events_live, can_be_read_meanwhile)
{
	struct writ_sandbox *sandbox = open_sandbox();
	struct writ_net_log *log = open_log();
	char program[512];
	const char *const argv[] = {"python3", "-Ic", program, NULL};
	const struct writ_launch launch = {.argv = argv,
					   .cwd = "/",
					   .stdio = {-1, -1, 2},
					   .net_log = log};
	struct writ_process *process = NULL;
	struct writ_net_event event = {.number = 0};
	struct writ_result result;
	struct writ_error error;
	uint64_t next = 0;

	/* The first few are taken by the kernel, as far as its queue goes; then one waits. */
	(void)snprintf(program, sizeof(program),
		       "import socket,time\nh=[]\n"
		       "for i in range(9):\n"
		       "  s=socket.socket(); s.setblocking(i==8); h.append(s)\n"
		       "  s.connect_ex(('127.0.0.1',%u))\n",
		       ports[FULL]);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	while (next < 9) {
		if (!writ_net_log_next(log, 1, &next, &event))
			(void)usleep(1000);
	}
	(void)usleep(50000);
	cr_expect_eq(writ_net_log_next(log, 1, &(uint64_t){8}, &event), 1);
	cr_expect_eq(event.sys_errno, -1);
	writ_kill(process);
	cr_assert_eq(writ_wait(&process, &result, &error), 0);
	cr_expect_eq(result.connects_allowed, 9u);
	writ_net_log_close(log);
	writ_sandbox_close(sandbox);
}

/* However often a tool tries, what it was refused is there. */
Test(net_events_live, many_hide_nothing)
{
	struct writ_sandbox *sandbox = open_sandbox();
	struct writ_net_log *log = open_log();
	const struct want denied[] = {
		{WRIT_NET_CONNECT, WRIT_NET_UNLISTED, "192.0.2.1", 80, "", EACCES, NULL}};
	struct writ_net_event event;
	struct writ_result result;
	uint64_t next = 0;

	result = run(sandbox, "c(80,'192.0.2.1')\nfor i in range(600): c(CLOSED)\n", log);
	expect_events(sandbox, log, 0, denied, 1);
	cr_expect_eq(result.connects_allowed, 600u);
	cr_expect_eq(writ_net_log_next(log, 1, &next, &event), 1);
	cr_expect_eq(event.number, 600u - WRIT_NET_LOG_EVENTS);
	while (writ_net_log_next(log, 1, &next, &event))
		cr_expect_eq(event.sys_errno, ECONNREFUSED);
	writ_net_log_close(log);
	writ_sandbox_close(sandbox);
}

Test(net_events_live, a_log_is_of_one_launch)
{
	struct writ_sandbox *sandbox = open_sandbox();
	struct writ_net_log *log = open_log();
	const char *const argv[] = {"true", NULL};
	const struct writ_launch launch = {.argv = argv,
					   .cwd = "/",
					   .stdio = {-1, -1, 2},
					   .net_log = log};
	struct writ_process *process = NULL;
	struct writ_error error;

	(void)run(sandbox, "", log);
	cr_expect_eq(writ_spawn(sandbox, &launch, &process, &error), -WRIT_E_INVALID);
	cr_expect_not_null(strstr(error.text, "of one launch"), "%s", error.text);
	writ_net_log_close(log);
	writ_sandbox_close(sandbox);
}

Test(net_events_live, nobody_has_to_read_them)
{
	struct writ_sandbox *sandbox = open_sandbox();
	struct writ_result result = run(sandbox, "c(80,'192.0.2.1'); c(CLOSED)\n", NULL);

	cr_expect_eq(result.connects_denied, 1u);
	cr_expect_eq(result.connects_allowed, 1u);
	writ_sandbox_close(sandbox);
}
