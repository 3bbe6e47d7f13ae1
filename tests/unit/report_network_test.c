/*
 * What writ run tells of the network: its JSON object, and the lines of --explain. Nobody has to
 * answer: what counts is what was decided.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/refusals.h"
#include "support/shell.h"

#define FILES                                                                                      \
	"filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/etc\"; write \"/dev/null\"; "        \
	"execute \"/usr/bin\", \"/bin\"; } limits { wall 60s; } env { pass PATH; } "
#define POLICY                                                                                     \
	"policy p;\n"                                                                              \
	"sandbox gate { " FILES "network { connect \"127.0.0.9:9\", \"*:443\"; "                   \
	"deny \"10.0.0.0/8\"; bind \"127.0.0.9:9999\"; unix \"/run/writ-none.sock\"; } }\n"        \
	"sandbox ports { " FILES "network { connect \"*:9\"; } }\n"                                \
	"sandbox all { " FILES "network { connect \"127.0.0.9:*\"; } }\n"

static char place[] = "/var/tmp/writ-network-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	out = fopen(path, "w");
	cr_assert(out && fputs(text, out) >= 0 && !fclose(out));
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(place));
	write_file("p.writ", POLICY);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	cr_assert_eq(shell("cd %s && chmod 755 . && $W compile p.writ -o p.wrt", place), 0, "%s",
		     shell_output);
}

static void teardown(void)
{
	shell("rm -rf %s", place);
}

TestSuite(report_network, .init = setup, .fini = teardown, .timeout = 60);

#define PYTHON                                                                                     \
	"import socket\n"                                                                          \
	"def c(h,p,f=socket.AF_INET):\n"                                                           \
	"  try: socket.socket(f).connect((h,p))\n"                                                 \
	"  except OSError as e: pass\n"                                                            \
	"def u(n):\n"                                                                              \
	"  try: socket.socket(socket.AF_UNIX).connect(n)\n"                                        \
	"  except OSError as e: pass\n"                                                            \
	"def b(h,p):\n"                                                                            \
	"  try: socket.socket().bind((h,p))\n"                                                     \
	"  except OSError as e: pass\n"

/* By standard input, as no file of ours is to be read. */
static int run(const char *sandbox, const char *options, const char *python)
{
	char program[4096];
	int status;

	(void)snprintf(program, sizeof(program), PYTHON "%s", python);
	write_file("tool.py", program);
	status = shell("cd %s && $R run -p p.wrt --sandbox %s %s -- python3 -I - <tool.py", place,
		       sandbox, options);
	if (status == 4)
		cr_skip_test("%s", shell_output);
	return status;
}

static json_t *network_of(const char *sandbox, const char *python)
{
	json_error_t error;
	json_t *object;
	json_t *network;

	cr_assert_eq(run(sandbox, "--json-fd 7 7>&1 2>/dev/null", python), 0, "%s", shell_output);
	object = json_loads(shell_output, 0, &error);
	cr_assert_not_null(object, "%s: %s", error.text, shell_output);
	network = json_incref(json_object_get(object, "network"));
	json_decref(object);
	return network;
}

/* Each as Python would print it, but for its time, which is checked. */
static void expect_list(json_t *network, const char *key, const char *const *want, size_t n)
{
	json_t *list = json_object_get(network, key);
	json_int_t before = 0;

	cr_expect_eq(json_array_size(list), n, "%s: %zu", key, json_array_size(list));
	for (size_t i = 0; i < n && i < json_array_size(list); i++) {
		json_t *event = json_array_get(list, i);
		json_int_t time_us = json_integer_value(json_object_get(event, "time_us"));
		char *text;

		cr_expect_geq(time_us, before);
		before = time_us;
		(void)json_object_del(event, "time_us");
		text = json_dumps(event, JSON_COMPACT);
		cr_expect_str_eq(text, want[i]);
		free(text);
	}
}

Test(report_network, events_are_told)
{
	static const char *const denied[] = {
		"{\"kind\":\"connect\",\"endpoint\":\"192.0.2.1:80\",\"name\":null,"
		"\"why\":\"unlisted\",\"rule\":null,\"errno\":13,\"count\":3}",
		"{\"kind\":\"connect\",\"endpoint\":\"10.1.2.3:443\",\"name\":null,"
		"\"why\":\"denied\",\"rule\":\"10.0.0.0/8:*\",\"errno\":13,\"count\":1}",
		"{\"kind\":\"connect\",\"endpoint\":\"[::1]:443\",\"name\":null,"
		"\"why\":\"class\",\"rule\":\"*:443\",\"errno\":13,\"count\":1}",
		"{\"kind\":\"bind\",\"endpoint\":\"127.0.0.1:*\",\"name\":null,"
		"\"why\":\"unlisted\",\"rule\":null,\"errno\":13,\"count\":1}",
		"{\"kind\":\"unix\",\"endpoint\":\"/dev/null\",\"name\":null,"
		"\"why\":\"unlisted\",\"rule\":null,\"errno\":13,\"count\":1}",
		"{\"kind\":\"unix\",\"endpoint\":\"@a\\\"},{\\u0001\",\"name\":null,"
		"\"why\":\"unlisted\",\"rule\":null,\"errno\":13,\"count\":1}",
	};
	static const char *const allowed[] = {
		"{\"kind\":\"connect\",\"endpoint\":\"127.0.0.9:9\",\"name\":null,"
		"\"why\":\"address\",\"rule\":\"127.0.0.9:9\",\"errno\":111,\"count\":2}",
		"{\"kind\":\"bind\",\"endpoint\":\"127.0.0.9:9999\",\"name\":null,"
		"\"why\":\"address\",\"rule\":\"127.0.0.9:9999\",\"errno\":0,\"count\":1}",
	};
	json_t *network = network_of("gate", "for i in range(3): c('192.0.2.1',80)\n"
					     "c('10.1.2.3',443); c('::1',443,socket.AF_INET6)\n"
					     "b('127.0.0.1',0); u('/dev/null'); u('\\0a\"},{\\1')\n"
					     "c('127.0.0.9',9); c('127.0.0.9',9)\n"
					     "b('127.0.0.9',9999)\n");
	char *text;

	expect_list(network, "denied", denied, sizeof(denied) / sizeof(denied[0]));
	expect_list(network, "allowed", allowed, sizeof(allowed) / sizeof(allowed[0]));
	(void)json_object_del(network, "denied");
	(void)json_object_del(network, "allowed");
	text = json_dumps(network, JSON_COMPACT);
	cr_expect_str_eq(text,
			 "{\"connects\":{\"allowed\":2,\"denied\":7},\"binds\":{\"allowed\":1,"
			 "\"denied\":1},\"ends\":{\"counted\":0,\"unknown\":0,\"sent\":0,"
			 "\"received\":0},\"denied_left_out\":0,\"allowed_left_out\":0}");
	free(text);
	json_decref(network);
}

static unsigned int port; /* of a server that does not answer: the kernel does */

static int listen_there(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, "127.0.0.9", &name.sin_addr);
	cr_assert_eq(bind(fd, (struct sockaddr *)&name, len), 0);
	cr_assert_eq(listen(fd, 8), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	port = ntohs(name.sin_port);
	return fd;
}

/* The same is told once, and its bytes together. */
Test(report_network, bytes_are_told)
{
	int fd = listen_there();
	char python[512];
	json_t *network, *end, *sums;

	(void)snprintf(python, sizeof(python),
		       "for n in 5,70:\n"
		       "  s=socket.socket(); s.connect(('127.0.0.9',%u)); s.send(bytes(n))\n",
		       port);
	network = network_of("all", python);
	sums = json_object_get(network, "ends");
	cr_expect_eq(json_integer_value(json_object_get(sums, "counted")), 2);
	cr_expect_eq(json_integer_value(json_object_get(sums, "sent")), 75);
	cr_expect_eq(json_integer_value(json_object_get(sums, "received")), 0);
	cr_assert_eq(json_array_size(json_object_get(network, "allowed")), 2u);
	end = json_array_get(json_object_get(network, "allowed"), 1);
	cr_expect_str_eq(json_string_value(json_object_get(end, "kind")), "close");
	cr_expect_eq(json_integer_value(json_object_get(end, "count")), 2);
	cr_expect_eq(json_integer_value(json_object_get(end, "sent")), 75);
	cr_expect_eq(json_integer_value(json_object_get(end, "received")), 0);
	cr_expect_eq(json_integer_value(json_object_get(end, "unknown")), 0);
	cr_expect_gt(json_integer_value(json_object_get(end, "duration_us")), 0);
	json_decref(network);
	(void)close(fd);
}

/* The records of kind network, each a line. */
static void expect_in_log(const char *python, const char *lines)
{
	cr_assert_eq(run("all", "--audit a.db", python), 0, "%s", shell_output);
	cr_assert_eq(shell("cd %s && python3 -c 'import sqlite3\n"
			   "for r in sqlite3.connect(\"a.db\").execute(\"select verdict, "
			   "ifnull(bytes, \\\"-\\\"), detail from records where kind = "
			   "\\\"network\\\"\"): print(*r)' | sed 's/ in [0-9]* ms$//' && rm a.db*",
			   place),
		     0, "%s", shell_output);
	cr_expect_str_eq(shell_output, lines);
}

/* What was refused, and how connections ended; that they were begun is not. */
Test(report_network, ends_and_refusals_are_in_the_log)
{
	static const struct refusal no_netlink = {SYS_socket, EACCES, AF_NETLINK};
	int fd = listen_there();
	char python[256], lines[256];

	(void)snprintf(python, sizeof(python),
		       "c('192.0.2.1',80)\ns=socket.socket()\ns.connect(('127.0.0.9',%u))\n"
		       "s.send(bytes(70))\n",
		       port);
	(void)snprintf(lines, sizeof(lines),
		       "deny - connect 192.0.2.1 port 80\n"
		       "allow 70 close 127.0.0.9 port %u sent 70 received 0\n",
		       port);
	expect_in_log(python, lines);
	refuse_calls(&no_netlink, 1);
	(void)snprintf(lines, sizeof(lines),
		       "deny - connect 192.0.2.1 port 80\n"
		       "allow - close 127.0.0.9 port %u sent and received unknown\n",
		       port);
	expect_in_log(python, lines);
	(void)close(fd);
}

Test(report_network, what_is_too_much_is_counted)
{
	json_t *network = network_of("gate", "for i in range(1000,1599): c('192.0.2.1',i)\n");

	cr_expect_eq(json_array_size(json_object_get(network, "denied")), 256u);
	cr_expect_eq(json_integer_value(json_object_get(network, "denied_left_out")), 599 - 256);
	cr_expect_eq(json_array_size(json_object_get(network, "allowed")), 0u);
	json_decref(network);
}

Test(report_network, without_a_gate_there_is_nothing_to_tell)
{
	json_t *network = network_of("ports", "c('127.0.0.9',10)\n");

	cr_expect(json_is_null(network));
}

Test(report_network, explain_says_what_would_grant_it)
{
	static const char *const lines[] = {
		"  connect \"192.0.2.1:80\";  # 2 times by python3",
		"  # connect 10.1.2.3:443  # 1 time by python3",
		"; denied by \"10.0.0.0/8:*\"\n",
		"  connect \"[::1]:443\";  # 1 time by python3",
		"; such an address is not reached by \"*:443\"\n",
		"  bind \"127.0.0.1:*\";  # 1 time by python3",
		"  unix \"/dev/null\";  # 1 time by python3",
		"  # unix @a\"?  # 1 time by python3",
		"; no line grants a socket that no file is the name of\n",
		"  # unix null  # 1 time by python3",
		"; list it by its whole path\n",
	};

	(void)run("gate", "--explain",
		  "c('192.0.2.1',80); c('192.0.2.1',80); c('10.1.2.3',443)\n"
		  "c('::1',443,socket.AF_INET6); b('127.0.0.1',0); c('127.0.0.9',9)\n"
		  "import os; os.chdir('/dev'); u('/dev/null'); u('\\0a\"\\x1b'); u('null')\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect_not_null(strstr(shell_output, lines[i]), "no '%s' in %s", lines[i],
				   shell_output);
	cr_expect_null(strstr(shell_output, "127.0.0.9"), "%s", shell_output);
}

Test(report_network, explain_without_a_gate_is_as_ever)
{
	(void)run("ports", "--explain", "c('127.0.0.9',10)\n");
	shell_expect_output("  connect \"127.0.0.9:10\";  # 1 time by python3");
}

/* A run whose result says so of each address: as one with a resolver would. */
Test(report_network, explain_names_what_was_looked_up)
{
	write_file("writ",
		   "#!/bin/sh\n"
		   "\"$R\" \"$@\"; status=$?\n"
		   "sed 's/\"name\":null/\"name\":\"a.example\"/g' <\"/proc/self/fd/$3\" >result\n"
		   "cat result >\"/proc/self/fd/$3\"\n"
		   "exit $status\n");
	write_file("tool.py", PYTHON "c('192.0.2.1',80); c('192.0.2.2',80); c('10.1.2.3',443)\n");
	cr_assert_eq(shell("cd %s && chmod +x writ && R=$R bash -c 'exec -a explain \"$0\" - "
			   "./writ -p p.wrt --sandbox gate -- python3 -I -' $R-learn <tool.py",
			   place),
		     0, "%s", shell_output);
	shell_expect_output("  connect \"a.example:80\";  # 2 times by python3");
	shell_expect_output("  # connect 10.1.2.3:443  # 1 time by python3");
	cr_expect_null(strstr(shell_output, "192.0.2"), "%s", shell_output);
}
