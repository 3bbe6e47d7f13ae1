/*
 * The process that the attacks aim at: same user, outside the sandbox, with a secret in its memory
 * and in its environment, listening on TCP (IPv4 and IPv6), UDP and unix sockets. It prints what an
 * attacker may know (ports, an address) on one line, then echoes what it reads, as a sign of life,
 * until its standard input ends.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char secret[] = "secret of the victim";

/* A listener on an IPv6 socket that takes IPv4 too, or on IPv4 where the host has no IPv6. */
static int listen_tcp(void)
{
	struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
	struct sockaddr_in any4 = {.sin_family = AF_INET};
	int no = 0;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd >= 0 && !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) &&
	    !bind(fd, (struct sockaddr *)&any6, sizeof(any6)) && !listen(fd, 128))
		return fd;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any4, sizeof(any4)) || listen(fd, 128))
		return -1;
	return fd;
}

static int listen_udp(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)))
		return -1;
	return fd;
}

/* Tells whoever sends what address he is seen at, from the address that he sent to (ip(7)). */
static void *echo(void *data)
{
	const int on = 1;
	int fd = *(int *)data;

	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	for (;;) {
		struct sockaddr_in from;
		char text[INET_ADDRSTRLEN], control[256];
		struct iovec part = {text, sizeof(text)};
		struct msghdr message = {.msg_name = &from,
					 .msg_namelen = sizeof(from),
					 .msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};

		if (recvmsg(fd, &message, 0) < 0 ||
		    !inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text)))
			continue;
		part.iov_len = strlen(text);
		(void)sendmsg(fd, &message, 0);
	}
	return NULL;
}

static int listen_unix(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, type, 0);

	if (fd < 0 || len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		return -1;
	return type == SOCK_STREAM && listen(fd, 128) ? -1 : fd;
}

static unsigned port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size))
		return 0;
	return ntohs(address.sin6_port); /* stands where sin_port does */
}

/* Answers every connection to the listed port as a web server would, so that curl has a partner. */
static void *serve(void *data)
{
	static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
	int listener = *(int *)data;
	char request[4096];
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (recv(fd, request, sizeof(request), 0) > 0)
			(void)send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void fall(int number)
{
	(void)number;
	_exit(PROBE_SUCCEEDED);
}

/* STREAM_SOCKET DATAGRAM_SOCKET ABSTRACT_NAME HEARD */
static int run_victim(char **args)
{
	int unlisted = listen_tcp();
	int listed = listen_tcp();
	int udp[] = {listen_udp(), listen_udp()};
	pthread_t server;
	char byte;

	if (unlisted < 0 || listed < 0 || udp[0] < 0 || udp[1] < 0 ||
	    listen_unix(args[0], SOCK_STREAM) < 0 || listen_unix(args[1], SOCK_DGRAM) < 0 ||
	    listen_unix(args[2], SOCK_STREAM) < 0)
		return PROBE_SETUP;
	/*
	 * Where Yama guards ptrace, the control needs the victim's consent; elsewhere this fails.
	 */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	/* What others ignore ends this one: signals to everybody need a control that hurts nobody
	 * else. */
	(void)signal(SIGURG, fall);
	if (pthread_create(&server, NULL, serve, &listed) ||
	    pthread_create(&server, NULL, echo, &udp[0]) ||
	    pthread_create(&server, NULL, echo, &udp[1]))
		return PROBE_SETUP;
	printf("%u %u %u %u %u %p\n", port_of(unlisted), port_of(listed), port_of(udp[0]),
	       port_of(udp[1]), zone_serve(args[3]), (void *)secret);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		if (write(STDOUT_FILENO, &byte, 1) != 1)
			break;
	return PROBE_SUCCEEDED;
}

const struct probe probes_victim[] = {
	{"victim", 4, run_victim},
	{NULL, 0, NULL},
};
