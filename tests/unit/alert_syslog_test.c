/*
 * Alerts to the system's log: a message in the form that its daemons take, and a failure where
 * there is none.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/audit/alert_syslog.h"
#include "support/log_maker.h"
#include "support/shell.h"

static char root[] = "/tmp/writ-syslog-XXXXXX";
static char path[64];
static int daemon_fd; /* who listens there */

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(shell("mkdir %s/dev", root), 0);
	snprintf(path, sizeof(path), "%s/dev/log", root);
}

static void teardown(void)
{
	shell("rm -rf %s", root);
}

TestSuite(alert_syslog, .init = setup, .fini = teardown, .timeout = 60);

static void listen_at(int type)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};

	snprintf(own.sun_path, sizeof(own.sun_path), "%s", path);
	daemon_fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	cr_assert_geq(daemon_fd, 0);
	cr_assert_eq(bind(daemon_fd, (struct sockaddr *)&own, sizeof(own)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(daemon_fd, 1), 0);
}

/* What came, NUL-terminated; nothing when nothing did. */
static size_t receive(int fd, char *text, size_t size)
{
	ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void expect_match(const char *text, const char *pattern)
{
	regex_t regex;

	cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	cr_expect_eq(regexec(&regex, text, 0, NULL, 0), 0, "%s is not as %s", text, pattern);
	regfree(&regex);
}

#define HEAD "^<84>[A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] writ\\[[0-9]+\\]: "

Test(alert_syslog, a_line_is_one_message)
{
	char text[256];

	listen_at(SOCK_DGRAM);
	cr_expect_eq(alert_syslog_send(path, "alert x: 50% of \\n %s"), 0);
	(void)receive(daemon_fd, text, sizeof(text));
	expect_match(text, HEAD "alert x: 50% of \\\\n %s$");
	cr_expect_eq(receive(daemon_fd, text, sizeof(text)), 0u, "another: %s", text);
}

Test(alert_syslog, in_a_stream_it_ends_with_a_nul)
{
	char text[256];
	size_t n;
	int fd;

	listen_at(SOCK_STREAM);
	cr_expect_eq(alert_syslog_send(path, "alert x"), 0);
	fd = accept(daemon_fd, NULL, NULL);
	cr_assert_geq(fd, 0);
	n = receive(fd, text, sizeof(text));
	expect_match(text, HEAD "alert x$");
	cr_expect_eq(n, strlen(text) + 1);
}

Test(alert_syslog, where_nobody_listens_it_fails)
{
	char long_path[200];

	cr_expect_eq(alert_syslog_send(path, "x"), ENOENT);
	listen_at(SOCK_DGRAM);
	(void)close(daemon_fd);
	cr_expect_eq(alert_syslog_send(path, "x"), ECONNREFUSED);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	cr_expect_eq(alert_syslog_send(long_path, "x"), ENAMETOOLONG);
}

/* More than any buffer has room for, so that it can't have been sent whole when it fails. */
static char *make_long_line(void)
{
	char *line = malloc(8 << 20);

	cr_assert_not_null(line);
	memset(line, 'x', (8 << 20) - 1);
	line[(8 << 20) - 1] = '\0';
	return line;
}

Test(alert_syslog, what_is_not_taken_whole_has_failed)
{
	char *line = make_long_line();
	char byte;
	pid_t child;

	listen_at(SOCK_DGRAM);
	cr_expect_eq(alert_syslog_send(path, line), EMSGSIZE);
	cr_assert_eq(unlink(path), 0);
	listen_at(SOCK_STREAM);
	child = fork();
	if (child == 0)
		_exit(recv(accept(daemon_fd, NULL, NULL), &byte, 1, 0) != 1);
	cr_expect_neq(alert_syslog_send(path, line), 0);
	cr_expect_eq(waitpid(child, NULL, 0), child);
	free(line);
}

/* `writ audit alerts run --once`, for which the test's directory is /dev: its status. */
static int run_alerts(void)
{
	struct log_maker *maker;
	char log_file[64];

	snprintf(log_file, sizeof(log_file), "%s/a.db", root);
	maker = log_maker_open(log_file);
	log_maker_decision(maker, "bob", "evil\ntool", "deny");
	log_maker_close(maker);
	cr_assert_eq(shell("printf 'to host syslog\\nalert d denials 1 in 1m to host\\n' "
			   ">%s/rules && touch %s/dev/null",
			   root, root),
		     0);
	return shell(
		"unshare -m sh -c 'mount --bind %s/dev /dev && exec $(dirname '$R')/writ-audit "
		"audit alerts run --once %s %s/rules'",
		root, log_file, root);
}

Test(alert_syslog, an_alert_arrives_at_dev_log)
{
	char text[512];

	if (shell("unshare -m mount --bind %s/dev /dev", root))
		cr_skip_test("no mount namespace can be made here");
	listen_at(SOCK_DGRAM);
	cr_expect_eq(run_alerts(), 0, "%s", shell_output);
	shell_expect_output(" delivered to host: alert d: calls were denied");
	(void)receive(daemon_fd, text, sizeof(text));
	expect_match(text, HEAD "alert d: calls were denied; record 1, user bob, tool evil");
	cr_expect_null(strchr(text, '\n'), "%s", text);
}

Test(alert_syslog, an_alert_that_nobody_takes_is_told_to_have_failed)
{
	if (shell("unshare -m mount --bind %s/dev /dev", root))
		cr_skip_test("no mount namespace can be made here");
	cr_expect_eq(run_alerts(), 1, "%s", shell_output);
	shell_expect_output("/dev/log takes nothing: No such file or directory");
	shell_expect_output(" failed to host: alert d");
}
