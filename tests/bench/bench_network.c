/*
 * What the network costs where this runs. `bench_network serve` prints its port, then answers: each
 * client says with 8 bytes how many it wants, again and again. The others are clients of it:
 *
 *   connect PORT TIMES           nanoseconds of a connection, until it can be used: the median
 *   requests PORT TIMES STREAMS  requests a second of 1 KB, each on a connection of its own
 *   bulk PORT MEGABYTES STREAMS  megabytes a second; both with what of the processor's they took
 *
 * With BENCH_PROXY, a port of 127.0.0.1, a connection is had by CONNECT (RFC 9110, 9.3.6), with
 * BENCH_PROXY_AUTH as the credentials.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define HOST          "127.0.8.1"
#define CHUNK         (256u << 10)
#define REQUEST_BYTES 1024u
#define MAX_STREAMS   256u
#define MAX_TIMES     1000000ul
#define MB            1000000ull

static unsigned port;
static unsigned long times;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the server ---- */

static bool send_bytes(int fd, uint64_t left)
{
	static const char zeros[CHUNK];

	while (left) {
		ssize_t n = send(fd, zeros, left < CHUNK ? left : CHUNK, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		left -= (uint64_t)n;
	}
	return true;
}

static void *answer(void *arg)
{
	int fd = (int)(intptr_t)arg;
	uint64_t wanted;

	while (recv(fd, &wanted, sizeof(wanted), MSG_WAITALL) == sizeof(wanted)) {
		if (!send_bytes(fd, wanted))
			break;
	}
	(void)close(fd);
	return NULL;
}

static void serve(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	pthread_attr_t detached;

	(void)inet_pton(AF_INET, HOST, &name.sin_addr);
	if (listener < 0 || bind(listener, (struct sockaddr *)&name, len) ||
	    listen(listener, 4096) || getsockname(listener, (struct sockaddr *)&name, &len))
		die("server");
	printf("%u\n", ntohs(name.sin_port));
	(void)fflush(stdout);
	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		int on = 1;
		pthread_t thread;

		if (fd < 0)
			continue;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (pthread_create(&thread, &detached, answer, (void *)(intptr_t)fd))
			(void)close(fd);
	}
}

/* ---- clients ---- */

/* The proxy's answer ends with an empty line. */
static void ask_proxy(int fd)
{
	const char *auth = getenv("BENCH_PROXY_AUTH");
	char text[4096];
	size_t got = 0;
	int n = snprintf(text, sizeof(text),
			 "CONNECT " HOST ":%u HTTP/1.1\r\nHost: " HOST ":%u\r\n%s%s%s\r\n", port,
			 port, auth ? "Proxy-Authorization: Basic " : "", auth ? auth : "",
			 auth ? "\r\n" : "");

	if (n >= (int)sizeof(text) || send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		die("proxy");
	while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0) {
		if (got == sizeof(text) || recv(fd, text + got, 1, 0) != 1)
			die("proxy");
		got++;
	}
	if (strncmp(text, "HTTP/1.1 200", 12) != 0 && strncmp(text, "HTTP/1.0 200", 12) != 0) {
		(void)fprintf(stderr, "proxy: %.60s\n", text);
		exit(1);
	}
}

static int open_connection(void)
{
	const char *proxy = getenv("BENCH_PROXY");
	struct sockaddr_in name = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	name.sin_port = htons((uint16_t)(proxy ? strtoul(proxy, NULL, 10) : port));
	(void)inet_pton(AF_INET, proxy ? "127.0.0.1" : HOST, &name.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)))
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (proxy)
		ask_proxy(fd);
	return fd;
}

/* A reset, so that no port waits for stray packets of it. */
static void end_connection(int fd)
{
	const struct linger at_once = {1, 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	(void)close(fd);
}

static void receive(int fd, uint64_t wanted)
{
	static _Thread_local char buffer[CHUNK];

	if (send(fd, &wanted, sizeof(wanted), MSG_NOSIGNAL) != sizeof(wanted))
		die("send");
	while (wanted) {
		ssize_t n = recv(fd, buffer, wanted < CHUNK ? wanted : CHUNK, 0);

		if (n <= 0)
			die("receive");
		wanted -= (uint64_t)n;
	}
}

static void measure_connect(void)
{
	uint64_t *samples = calloc(times, sizeof(*samples));

	if (!samples)
		die("memory");
	for (unsigned long i = 0; i < times; i++) {
		uint64_t begin = bench_now_ns();
		int fd = open_connection();

		samples[i] = bench_now_ns() - begin;
		end_connection(fd);
	}
	bench_sort(samples, times);
	printf("%llu\n", (unsigned long long)bench_percentile(samples, times, 50));
	free(samples);
}

static void *run_requests(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < times; i++) {
		int fd = open_connection();

		receive(fd, REQUEST_BYTES);
		end_connection(fd);
	}
	return NULL;
}

static void *run_bulk(void *arg)
{
	int fd = open_connection();

	(void)arg;
	receive(fd, times * MB);
	end_connection(fd);
	return NULL;
}

static double processor_ms(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/*
 * The work is divided among the streams. Prints how much of it a second, and the milliseconds of
 * the processor's that a thousand took.
 */
static void measure_streams(void *(*run)(void *), unsigned long streams)
{
	pthread_t threads[MAX_STREAMS];
	uint64_t begin = bench_now_ns();
	double seconds;

	times /= streams;
	for (unsigned long i = 0; i < streams; i++) {
		if (pthread_create(&threads[i], NULL, run, NULL))
			die("thread");
	}
	for (unsigned long i = 0; i < streams; i++)
		(void)pthread_join(threads[i], NULL);
	seconds = (double)(bench_now_ns() - begin) / 1e9;
	printf("%.0f %.0f\n", (double)(times * streams) / seconds,
	       processor_ms() * 1e3 / (double)(times * streams));
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	unsigned long streams = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;

	if (!strcmp(mode, "serve"))
		serve();
	port = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	times = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	if (!port || !times || times > MAX_TIMES || !streams || streams > MAX_STREAMS ||
	    streams > times)
		mode = "";
	if (!strcmp(mode, "connect"))
		measure_connect();
	else if (!strcmp(mode, "requests"))
		measure_streams(run_requests, streams);
	else if (!strcmp(mode, "bulk"))
		measure_streams(run_bulk, streams);
	else {
		(void)fputs("usage: bench_network serve | connect PORT TIMES | requests|bulk PORT "
			    "TIMES STREAMS\n",
			    stderr);
		return 2;
	}
	return 0;
}
