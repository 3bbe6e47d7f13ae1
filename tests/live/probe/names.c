/*
 * Attacks on names: asking for what no rule lists, being led elsewhere by the answer, and saying
 * another name than the one that was listed. The questions and the ClientHellos are made here, byte
 * by byte, as no library would make some of them; zone.c answers.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DNS_PORT  53
#define DNS_ID    0x5752
#define HEADER    12
#define TYPE_A    1
#define NXDOMAIN  3
#define WAIT_S    9 /* longer than it takes a resolver to give up */
#define MOST_NAME 200
#define TURNS     4

static size_t put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return 2;
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* ---- questions ---- */

static size_t put_question(uint8_t *message, const char *name, unsigned type)
{
	uint8_t *at = message;

	at += put16(at, DNS_ID);
	at += put16(at, 0x0100);
	at += put16(at, 1);
	memset(at, 0, 6);
	at += 6;
	while (*name) {
		size_t label = strcspn(name, ".");

		*at++ = (uint8_t)label;
		memcpy(at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	*at++ = 0;
	at += put16(at, type);
	at += put16(at, 1);
	return (size_t)(at - message);
}

/* What comes back from a server: how many bytes, or -1 with errno. */
static ssize_t ask(const char *server, uint8_t *message, size_t len, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
	const struct timeval most = {WAIT_S, 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	if (inet_pton(AF_INET, server, &to.sin_addr) != 1)
		_exit(PROBE_USAGE);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    send(fd, message, len, 0) != (ssize_t)len)
		return -1;
	n = recv(fd, message, size, 0);
	close(fd);
	return n;
}

static size_t skip_name(const uint8_t *message, size_t at, size_t len)
{
	while (at < len && message[at] && message[at] < 0xc0)
		at += (size_t)message[at] + 1;
	return at + (at < len && message[at] >= 0xc0 ? 2 : 1);
}

/* The first record of a type: its data. NULL: there is none. */
static const uint8_t *find_record(const uint8_t *message, size_t len, unsigned type)
{
	size_t at = skip_name(message, HEADER, len) + 4;

	for (unsigned n = get16(message + 6); n > 0; n--) {
		at = skip_name(message, at, len);
		if (at + 10 > len || at + 10 + get16(message + at + 8) > len)
			return NULL;
		if (get16(message + at) == type)
			return message + at + 10;
		at += 10 + get16(message + at + 8);
	}
	return NULL;
}

/* ENOENT: no such name; ENODATA: none of that type; EREMOTEIO: the server's excuse. */
static int look_up(const char *server, const char *name, unsigned type, uint8_t address[4])
{
	uint8_t message[2048];
	size_t asked = strlen(name) > MOST_NAME ? 0 : put_question(message, name, type);
	ssize_t n = asked ? ask(server, message, asked, sizeof(message)) : 0;
	const uint8_t *data;

	if (n < 0)
		return errno == EAGAIN ? ETIMEDOUT : errno;
	if (n < HEADER || get16(message) != DNS_ID)
		return EBADMSG;
	if (message[3] & 15)
		return (message[3] & 15) == NXDOMAIN ? ENOENT : EREMOTEIO;
	data = find_record(message, (size_t)n, type);
	if (!data)
		return ENODATA;
	memcpy(address, data, 4);
	return 0;
}

/* SERVER NAME TYPE */
static int run_lookup(char **args)
{
	uint8_t address[4];

	return look_up(args[0], args[1], (unsigned)probe_number(args[2]), address);
}

/* ---- connections ---- */

static int connect_at(const uint8_t address[4], const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)probe_number(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(&to.sin_addr, address, 4);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	return fd;
}

/* SERVER NAME PORT: connect to what the name stands for. */
static int run_name_tcp(char **args)
{
	uint8_t address[4];
	int rc = look_up(args[0], args[1], TYPE_A, address);

	return rc ? rc : probe_result(connect_at(address, args[2]));
}

/* SERVER NAME ADDRESS PORT: look a name up, over and over, then connect to what it may once have
 * meant. */
static int run_rebind(char **args)
{
	uint8_t address[4];

	for (int i = 0; i < TURNS; i++)
		(void)look_up(args[0], args[1], TYPE_A, address);
	if (inet_pton(AF_INET, args[2], address) != 1)
		return PROBE_USAGE;
	return probe_result(connect_at(address, args[3]));
}

/* ---- ClientHellos (RFC 8446, 4.1.2) ---- */

static size_t put_server_name(uint8_t *at, const char *name)
{
	unsigned len = (unsigned)strlen(name);
	uint8_t *start = at;

	at += put16(at, 0);
	at += put16(at, len + 5);
	at += put16(at, len + 3);
	*at++ = 0;
	at += put16(at, len);
	memcpy(at, name, len);
	return (size_t)(at - start) + len;
}

static size_t put_extensions(uint8_t *at, const char *kind, const char *name)
{
	/* TLS 1.3; an encrypted hello. */
	static const uint8_t versions[] = {0, 43, 0, 3, 2, 3, 4};
	static const uint8_t encrypted[] = {0xfe, 0x0d, 0, 5, 'e', 'x', 'f', 'i', 'l'};
	uint8_t *start = at;

	if (strcmp(kind, "nameless") != 0)
		at += put_server_name(at, name);
	memcpy(at, versions, sizeof(versions));
	at += sizeof(versions);
	if (!strcmp(kind, "encrypted")) {
		memcpy(at, encrypted, sizeof(encrypted));
		at += sizeof(encrypted);
	}
	return (size_t)(at - start);
}

/* The message, without its records. */
static size_t put_hello(uint8_t *message, const char *kind, const char *name)
{
	static const uint8_t middle[] = {0,    0, 2, 0x13,
					 0x01, 1, 0}; /* session, ciphers, compression */
	uint8_t *at = message + 4;
	size_t len;

	at += put16(at, 0x0303);
	memset(at, 7, 32);
	if (!strcmp(kind, "nameless"))
		memcpy(at, "exfil", 5);
	at += 32;
	memcpy(at, middle, sizeof(middle));
	at += sizeof(middle);
	len = put_extensions(at + 2, kind, name);
	at += put16(at, (unsigned)len) + len;
	message[0] = 1;
	message[1] = 0;
	(void)put16(message + 2, (unsigned)(at - message - 4));
	return (size_t)(at - message);
}

static size_t put_record(uint8_t *at, const uint8_t *bytes, size_t len)
{
	at[0] = 22;
	(void)put16(at + 1, 0x0301);
	(void)put16(at + 3, (unsigned)len);
	memcpy(at + 5, bytes, len);
	return len + 5;
}

/* All that is said: in one record, or in "records". "plain" is no TLS at all. */
static size_t put_words(uint8_t *out, const char *kind, const char *name)
{
	static const char plain[] = "GET /exfil HTTP/1.0\r\n\r\n";
	uint8_t message[512];
	size_t len, first, used;

	if (!strcmp(kind, "plain")) {
		memcpy(out, plain, sizeof(plain));
		return sizeof(plain);
	}
	len = put_hello(message, kind, name);
	first = strcmp(kind, "records") ? len : len - 20;
	used = put_record(out, message, first);
	if (first < len)
		used += put_record(out + used, message + first, len - first);
	return used;
}

/* SERVER NAME PORT KIND SAID: looked up by one name, named another. */
static int run_tls(char **args)
{
	uint8_t address[4], words[1024];
	size_t len = strlen(args[4]) > MOST_NAME ? 0 : put_words(words, args[3], args[4]);
	int rc = len ? look_up(args[0], args[1], TYPE_A, address) : PROBE_USAGE;
	int fd = rc ? -1 : connect_at(address, args[2]);
	ssize_t n;

	if (rc || fd < 0)
		return rc ? rc : errno;
	/* In two segments, the first without a name. */
	if (send(fd, words, 9, MSG_NOSIGNAL) != 9 || usleep(1000) ||
	    send(fd, words + 9, len - 9, MSG_NOSIGNAL) != (ssize_t)len - 9)
		return errno;
	n = recv(fd, words, 1, 0);
	return n < 0 ? errno : n ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

const struct probe probes_names[] = {
	{"lookup", 3, run_lookup}, {"name-tcp", 3, run_name_tcp},
	{"rebind", 4, run_rebind}, {"tls", 5, run_tls},
	{NULL, 0, NULL},
};
