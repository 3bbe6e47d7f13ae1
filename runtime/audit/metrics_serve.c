/*
 * Metrics over HTTP, as little of it as a scrape takes.
 *
 * In: an address. Out: a thread that answers. Only this host can connect: a unix socket of its
 * owner's, or a port of loopback. A connection has two seconds for all it does and 4 KiB for its
 * request, of which the first line is all that is read; then it is answered and closed, so nobody
 * can hold the thread for longer, and nothing that is sent reaches anything else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_metrics.h"

#define MAX_REQUEST 4096
#define MAX_MS      2000

struct writ_metrics_server {
	struct writ_metrics *metrics;
	pthread_t thread;
	int listener;
	int stop; /* an eventfd: readable when the thread is to end */
	unsigned port;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* to be removed, or "" */
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* ---- answering ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for events until the deadline; false: it is over, or the server is to end. */
static bool wait_for(const struct writ_metrics_server *server, int fd, short events,
		     int64_t deadline)
{
	struct pollfd fds[2] = {{.fd = fd, .events = events},
				{.fd = server->stop, .events = POLLIN}};
	int64_t left = deadline - now_ms();

	return left > 0 && poll(fds, 2, (int)left) > 0 && !fds[1].revents;
}

/* The request's head, NUL-terminated; false when none came. */
static bool read_request(const struct writ_metrics_server *server, int fd, int64_t deadline,
			 char request[MAX_REQUEST])
{
	size_t len = 0;

	while (len < MAX_REQUEST - 1) {
		ssize_t n = recv(fd, request + len, MAX_REQUEST - 1 - len, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!wait_for(server, fd, POLLIN, deadline))
				return false;
			continue;
		}
		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
		if (memmem(request, len, "\r\n\r\n", 4))
			return true;
	}
	return true; /* too long: what of it is here says so */
}

static void send_all(const struct writ_metrics_server *server, int fd, int64_t deadline,
		     const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!wait_for(server, fd, POLLOUT, deadline))
				return;
			continue;
		}
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static const char *status_of(const char *request)
{
	static const char wanted[] = "GET /metrics";
	const char *behind = request + sizeof(wanted) - 1;

	if (!strstr(request, "\r\n\r\n"))
		return "431 Request Header Fields Too Large";
	if (strncmp(request, "GET ", 4) != 0)
		return "405 Method Not Allowed";
	if (strncmp(request, wanted, sizeof(wanted) - 1) != 0 || !strchr(" ?", *behind))
		return "404 Not Found";
	return "200 OK";
}

static void answer(const struct writ_metrics_server *server, int fd)
{
	int64_t deadline = now_ms() + MAX_MS;
	char request[MAX_REQUEST];
	char head[256];
	const char *status;
	char *text = NULL;
	size_t len = 0;
	int n;

	if (!read_request(server, fd, deadline, request))
		return;
	status = status_of(request);
	if (status[0] == '2' && writ_metrics_text(server->metrics, &text, &len, NULL))
		status = "503 Service Unavailable";
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		     "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		     status, len);
	send_all(server, fd, deadline, head, (size_t)n);
	send_all(server, fd, deadline, text, len);
	free(text);
}

static void *serve(void *context)
{
	struct writ_metrics_server *server = context;
	struct pollfd fds[2] = {{.fd = server->listener, .events = POLLIN},
				{.fd = server->stop, .events = POLLIN}};

	while (!fds[1].revents) {
		int fd;

		if (poll(fds, 2, -1) <= 0 || !fds[0].revents)
			continue;
		fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			/* Out of descriptors, perhaps: it stays readable, so not at once again. */
			(void)poll(&fds[1], 1, 100);
			continue;
		}
		answer(server, fd);
		(void)close(fd);
	}
	return NULL;
}

/* ---- listening ---- */

/* "127.0.0.1:PORT" or "[::1]:PORT". */
static socklen_t read_loopback(const char *text, union address *out)
{
	static const char v4[] = "127.0.0.1:";
	static const char v6[] = "[::1]:";
	bool is_v6 = strncmp(text, v6, sizeof(v6) - 1) == 0;
	const char *digits = text + (is_v6 ? sizeof(v6) : sizeof(v4)) - 1;
	unsigned long port;

	if (!is_v6 && strncmp(text, v4, sizeof(v4) - 1) != 0)
		return 0;
	if (!*digits || strlen(digits) > 5 || digits[strspn(digits, "0123456789")])
		return 0;
	port = strtoul(digits, NULL, 10);
	if (port > 65535)
		return 0;
	if (is_v6) {
		out->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
						 .sin6_addr = in6addr_loopback,
						 .sin6_port = htons((uint16_t)port)};
		return sizeof(out->in6);
	}
	out->in = (struct sockaddr_in){.sin_family = AF_INET,
				       .sin_addr = {htonl(INADDR_LOOPBACK)},
				       .sin_port = htons((uint16_t)port)};
	return sizeof(out->in);
}

/* A socket that nobody listens on any more is in the way. */
static void remove_stale(const union address *address, socklen_t len)
{
	struct stat st;
	int fd;

	if (lstat(address->un.sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &address->any, len) && errno == ECONNREFUSED)
		(void)unlink(address->un.sun_path);
	if (fd >= 0)
		(void)close(fd);
}

static socklen_t read_unix(const char *path, union address *out)
{
	socklen_t len = sizeof(out->un);

	if (!*path || strlen(path) >= sizeof(out->un.sun_path))
		return 0;
	out->un = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(out->un.sun_path, sizeof(out->un.sun_path), "%s", path);
	remove_stale(out, len);
	return len;
}

static socklen_t read_address(const char *text, union address *out)
{
	if (strncmp(text, "unix:", 5) == 0)
		return read_unix(text + 5, out);
	return read_loopback(text, out);
}

static int start_listening(struct writ_metrics_server *server, const union address *address,
			   socklen_t len)
{
	union address own = {.any = {.sa_family = AF_UNIX}};
	socklen_t own_len = sizeof(own);
	int one = 1;
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	server->listener = fd;
	if (fd < 0)
		return -1;
	/* A unix socket is made with the mode that its descriptor has: never open to others. */
	if (address->any.sa_family == AF_UNIX && fchmod(fd, 0600))
		return -1;
	if (address->any.sa_family != AF_UNIX &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -1;
	if (bind(fd, &address->any, len))
		return -1;
	/* What stood there before was somebody else's; from here on it is ours to remove. */
	if (address->any.sa_family == AF_UNIX)
		(void)snprintf(server->path, sizeof(server->path), "%s", address->un.sun_path);
	if (listen(fd, 16) || getsockname(fd, &own.any, &own_len))
		return -1;
	if (own.any.sa_family != AF_UNIX) /* the port is in the same place of both */
		server->port = ntohs(own.in.sin_port);
	return 0;
}

/* Signals are the program's: the thread takes none. */
static int start_thread(struct writ_metrics_server *server)
{
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&server->thread, NULL, serve, server);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static void free_server(struct writ_metrics_server *server)
{
	if (server->listener >= 0)
		(void)close(server->listener);
	if (server->stop >= 0)
		(void)close(server->stop);
	if (server->path[0])
		(void)unlink(server->path);
	free(server);
}

int writ_metrics_serve(struct writ_metrics *metrics, const char *address,
		       struct writ_metrics_server **out, struct writ_error *error)
{
	struct writ_metrics_server *server = calloc(1, sizeof(*server));
	union address to;
	socklen_t len;
	int rc = 0;

	if (!server)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	server->metrics = metrics;
	server->listener = -1;
	server->stop = eventfd(0, EFD_CLOEXEC);
	len = read_address(address, &to);
	if (!len)
		rc = fail_set(error, WRIT_E_INVALID,
			      "'%.200s' is no place for metrics: unix:PATH, 127.0.0.1:PORT or "
			      "[::1]:PORT is",
			      address);
	else if (server->stop < 0 || start_listening(server, &to, len))
		rc = fail_errno(error, errno, "%.200s", address);
	else if ((rc = start_thread(server)) != 0)
		rc = fail_errno(error, rc, "a thread");
	if (rc) {
		free_server(server);
		return rc;
	}
	*out = server;
	return 0;
}

unsigned writ_metrics_port(const struct writ_metrics_server *server)
{
	return server->port;
}

void writ_metrics_stop(struct writ_metrics_server *server)
{
	const uint64_t one = 1;

	if (!server)
		return;
	while (write(server->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	(void)pthread_join(server->thread, NULL);
	free_server(server);
}
