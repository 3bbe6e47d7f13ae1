/*
 * Metrics are served to this host only, to whoever asks as it should, and by a thread that ends.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/writ_metrics.h"

static struct writ_metrics *make_metrics(void)
{
	struct writ_metrics *metrics = NULL;
	struct writ_error error;

	cr_assert_eq(writ_metrics_open(NULL, &metrics, &error), 0, "%s", error.text);
	return metrics;
}

/* What a server answers to a request, NUL-terminated; "" when it just closes. */
static const char *ask(const struct sockaddr *address, socklen_t len, const char *request)
{
	static char answer[65536];
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t got;

	cr_assert_eq(connect(fd, address, len), 0);
	cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	shutdown(fd, SHUT_WR);
	while ((got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return answer;
}

static const char *ask_port(unsigned port, const char *request)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr = {htonl(INADDR_LOOPBACK)},
					    .sin_port = htons((uint16_t)port)};

	return ask((const struct sockaddr *)&address, sizeof(address), request);
}

static struct writ_metrics_server *serve_at(struct writ_metrics *metrics, const char *address)
{
	struct writ_metrics_server *server = NULL;
	struct writ_error error;

	cr_assert_eq(writ_metrics_serve(metrics, address, &server, &error), 0, "%s", error.text);
	return server;
}

Test(metrics_serve, a_port_of_loopback_answers_what_is_asked_and_nothing_else)
{
	struct writ_metrics *metrics = make_metrics();
	struct writ_metrics_server *server = serve_at(metrics, "127.0.0.1:0");
	unsigned port = writ_metrics_port(server);
	static char large[8000];
	const char *answer;

	answer = ask_port(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	cr_expect_eq(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0, "%s", answer);
	cr_expect(strstr(answer, "\nwrit_launches_total 0\n"));
	cr_expect(strstr(answer, "version=0.0.4"));
	answer = ask_port(port, "GET /metrics?x HTTP/1.0\r\n\r\n");
	cr_expect_eq(strncmp(answer, "HTTP/1.1 200", 12), 0);
	answer = ask_port(port, "GET /metricsx HTTP/1.1\r\n\r\n");
	cr_expect_eq(strncmp(answer, "HTTP/1.1 404", 12), 0);
	answer = ask_port(port, "POST /metrics HTTP/1.1\r\n\r\n");
	cr_expect_eq(strncmp(answer, "HTTP/1.1 405", 12), 0);
	cr_expect_str_eq(ask_port(port, "GET /metrics"), "");
	memset(large, 'x', 4095);
	answer = ask_port(port, large);
	cr_expect_eq(strncmp(answer, "HTTP/1.1 431", 12), 0);
	writ_metrics_stop(server);
	writ_metrics_close(metrics);
}

Test(metrics_serve, a_unix_socket_is_its_owners_and_goes_away)
{
	struct writ_metrics *metrics = make_metrics();
	char directory[] = "/tmp/writ-metrics-XXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct writ_metrics_server *server;
	char where[160];
	struct stat st;

	cr_assert(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
	snprintf(where, sizeof(where), "unix:%s", address.sun_path);
	umask(0);
	for (int round = 0; round < 2; round++) {
		int stale = socket(AF_UNIX, SOCK_STREAM, 0);

		/* The second time, one that nobody listens on is in the way. */
		cr_assert(round == 0 ||
			  bind(stale, (struct sockaddr *)&address, sizeof(address)) == 0);
		close(stale);
		server = serve_at(metrics, where);
		cr_assert_eq(stat(address.sun_path, &st), 0);
		cr_expect_eq(st.st_mode & 07777, 0600);
		cr_expect(strstr(ask((struct sockaddr *)&address, sizeof(address),
				     "GET /metrics HTTP/1.1\r\n\r\n"),
				 "writ_launches_total 0"));
		writ_metrics_stop(server);
		cr_expect_neq(stat(address.sun_path, &st), 0);
	}
	rmdir(directory);
	writ_metrics_close(metrics);
}

/* What stands in the way is removed only when nobody can miss it. */
Test(metrics_serve, what_is_in_use_or_no_socket_is_not_removed)
{
	struct writ_metrics *metrics = make_metrics();
	char directory[] = "/tmp/writ-metrics-XXXXXX";
	struct writ_metrics_server *server, *other;
	struct writ_error error;
	char where[160], file[160];
	int fd;

	cr_assert(mkdtemp(directory));
	snprintf(where, sizeof(where), "unix:%s/s", directory);
	snprintf(file, sizeof(file), "%s/s", directory);
	server = serve_at(metrics, where);
	cr_expect_eq(writ_metrics_serve(metrics, where, &other, &error), -WRIT_E_SYSTEM);
	cr_expect_eq(access(file, F_OK), 0, "another's server");
	writ_metrics_stop(server);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_expect_eq(writ_metrics_serve(metrics, where, &other, &error), -WRIT_E_SYSTEM);
	cr_expect_eq(access(file, F_OK), 0, "a file");
	unlink(file);
	rmdir(directory);
	writ_metrics_close(metrics);
}

/* Who connects and says nothing is dropped, so others are answered. */
Test(metrics_serve, who_says_nothing_holds_nobody_up, .timeout = 20)
{
	struct writ_metrics *metrics = make_metrics();
	struct writ_metrics_server *server = serve_at(metrics, "127.0.0.1:0");
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr = {htonl(INADDR_LOOPBACK)},
				 .sin_port = htons((uint16_t)writ_metrics_port(server))};
	int silent = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(connect(silent, (struct sockaddr *)&to, sizeof(to)), 0);
	cr_expect(strstr(ask_port(writ_metrics_port(server), "GET /metrics HTTP/1.1\r\n\r\n"),
			 "writ_launches_total 0"));
	close(silent);
	writ_metrics_stop(server);
	writ_metrics_close(metrics);
}

Test(metrics_serve, other_addresses_are_refused)
{
	static const char *const addresses[] = {
		"",      "0.0.0.0:9000", "127.0.0.1:",   "127.0.0.1:65536", "[::]:1",
		"unix:", "127.0.0.1:-1", "127.0.0.1:1 ", "localhost:1",     "9000",
	};
	struct writ_metrics *metrics = make_metrics();
	struct writ_metrics_server *server = NULL;
	struct writ_error error;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		cr_expect_eq(writ_metrics_serve(metrics, addresses[i], &server, &error),
			     -WRIT_E_INVALID, "%s", addresses[i]);
	cr_expect_eq(writ_metrics_serve(metrics, "unix:/nonexistent/s", &server, &error),
		     -WRIT_E_SYSTEM);
	writ_metrics_close(metrics);
}

/* Nobody who says nothing holds the thread: it ends when it is told to. */
Test(metrics_serve, a_server_ends_while_somebody_is_connected, .timeout = 30)
{
	struct writ_metrics *metrics = make_metrics();
	struct writ_metrics_server *server = serve_at(metrics, "127.0.0.1:0");
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr = {htonl(INADDR_LOOPBACK)},
					    .sin_port = htons((uint16_t)writ_metrics_port(server))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(send(fd, "GET", 3, MSG_NOSIGNAL), 3);
	writ_metrics_stop(server);
	close(fd);
	writ_metrics_close(metrics);
}
