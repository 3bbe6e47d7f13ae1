/*
 * Who answers for names, where the network is the tests' own: a DNS server at 198.51.100.53 with
 * the table below, and a host at 198.51.100.1 that says a byte to whoever says something. Both are
 * at addresses that no other network has (RFC 5737), so elsewhere there is neither.
 *
 * What no sandbox lets anybody say leaves a file behind where it is heard all the same: each
 * question but that for an address of a listed name, and all bytes that have "exfil" in them.
 * Whoever asks is answered all the same, so that without a sandbox everything is said and heard.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER    "198.51.100.53"
#define HOST      "198.51.100.1"
#define STRANGER  "198.51.100.3"
#define HEADER    12
#define MOST_NAME 256
#define TYPE_A    1
#define TYPE_AAAA 28
#define CNAME     5
#define TTL_S     60
#define QUIET_US  100000 /* who says nothing for so long has said it all */

struct entry {
	const char *name;
	const char *alias;
	uint16_t type;
	const char *address;
	const char *in_turn; /* what the next question is answered with */
};

/* What the sandboxes list; everything else is a stranger's. */
static const struct entry table[] = {
	{"listed.test", NULL, TYPE_A, HOST, NULL},
	{"www.wild.test", NULL, TYPE_A, "198.51.100.2", NULL},
	{"in.wild.test", NULL, TYPE_A, "10.9.8.7", NULL},
	{"alias.test", "target.test", TYPE_A, HOST, NULL},
	{"rebind.test", NULL, TYPE_A, "127.0.0.1", NULL},
	{"turns.test", NULL, TYPE_A, HOST, "127.0.0.1"},
	{"cloud.test", NULL, TYPE_A, "169.254.169.254", NULL},
	{"mapped.test", NULL, TYPE_AAAA, "::ffff:127.0.0.1", NULL},
	{"nat64.test", NULL, TYPE_AAAA, "64:ff9b::7f00:1", NULL},
	{"banned.test", NULL, TYPE_A, "198.51.100.9", NULL},
	{"back.test", "denied.test", TYPE_A, HOST, NULL},
};

struct zone {
	int names;
	int host;
	const char *heard;
};

static void hear(const struct zone *zone)
{
	int fd = open(zone->heard, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static size_t put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return 2;
}

/* A question's name as text, and where the name ends; 0: it is none. */
static size_t read_name(const uint8_t *message, size_t len, char name[MOST_NAME])
{
	size_t at = HEADER, used = 0;

	while (at < len && message[at]) {
		size_t label = message[at];

		if (label > 63 || at + label + 1 >= len || used + label + 2 > MOST_NAME)
			return 0;
		if (used)
			name[used++] = '.';
		memcpy(name + used, message + at + 1, label);
		used += label;
		at += label + 1;
	}
	name[used] = '\0';
	return at + 5 <= len ? at + 1 : 0;
}

/* A record of the name that stands at a place of the message; returns the place of its data. */
static size_t put_record(uint8_t *message, size_t *len, size_t owner, unsigned type)
{
	uint8_t *at = message + *len;

	at += put16(at, 0xc000 | (unsigned)owner);
	at += put16(at, type);
	at += put16(at, 1);
	at += put16(at, 0);
	at += put16(at, TTL_S);
	*len = (size_t)(at - message) + 2;
	return *len;
}

static void end_record(uint8_t *message, size_t data, size_t len)
{
	(void)put16(message + data - 2, (unsigned)(len - data));
}

static size_t put_name(uint8_t *at, const char *name)
{
	uint8_t *start = at;

	while (*name) {
		size_t label = strcspn(name, ".");

		*at++ = (uint8_t)label;
		memcpy(at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	*at++ = 0;
	return (size_t)(at - start);
}

/* Appends what is known of a name, returns how many records. */
static unsigned put_answer(uint8_t *message, size_t *len, const struct entry *entry, unsigned type)
{
	static unsigned turn;
	const char *address = entry->in_turn && turn++ % 2 ? entry->in_turn : entry->address;
	size_t owner = HEADER, data;
	unsigned n = 1;

	if (entry->alias) {
		data = put_record(message, len, owner, CNAME);
		*len += put_name(message + *len, entry->alias);
		end_record(message, data, *len);
		owner = data;
		n++;
	}
	if (entry->type != type)
		return n - 1;
	data = put_record(message, len, owner, type);
	(void)inet_pton(type == TYPE_AAAA ? AF_INET6 : AF_INET, address, message + *len);
	*len += type == TYPE_AAAA ? 16 : 4;
	end_record(message, data, *len);
	return n;
}

static const struct entry *find(const char *name, unsigned type)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcasecmp(table[i].name, name) && (type == TYPE_A || type == TYPE_AAAA))
			return &table[i];
	return NULL;
}

/* Turns a question into its answer, of size bytes at most; 0: it is no question. */
static size_t answer(const struct zone *zone, uint8_t *message, size_t len)
{
	struct entry stranger = {.address = STRANGER};
	char name[MOST_NAME];
	size_t end = len < HEADER ? 0 : read_name(message, len, name);
	const struct entry *entry;
	unsigned type;

	if (!end)
		return 0;
	type = (unsigned)message[end] << 8 | message[end + 1];
	entry = find(name, type);
	if (!entry) {
		hear(zone);
		stranger.type = (uint16_t)type;
		entry = &stranger;
	}
	len = end + 4;
	memset(message + 2, 0, HEADER - 2);
	(void)put16(message + 2, 0x8180);
	(void)put16(message + 4, 1);
	(void)put16(message + 6, put_answer(message, &len, entry, type));
	return len;
}

static void *serve_names(void *data)
{
	const struct zone *zone = data;
	uint8_t message[2048];

	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(zone->names, message, 512, 0, (struct sockaddr *)&from, &size);
		size_t len = n > 0 ? answer(zone, message, (size_t)n) : 0;

		if (len)
			(void)sendto(zone->names, message, len, 0, (struct sockaddr *)&from, size);
	}
	return NULL;
}

static void *serve_host(void *data)
{
	const struct timeval quiet = {0, QUIET_US};
	const struct zone *zone = data;
	int fd;

	while ((fd = accept4(zone->host, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		char said[4096];
		size_t used = 0;
		ssize_t n = recv(fd, said, sizeof(said), 0);

		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &quiet, sizeof(quiet));
		for (; n > 0; n = recv(fd, said + used, sizeof(said) - used, 0))
			used += (size_t)n;
		if (memmem(said, used, "exfil", 5))
			hear(zone);
		if (used)
			(void)send(fd, "x", 1, MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static int bound(const char *address, uint16_t port, int type)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, address, &name.sin_addr) != 1 || fd < 0 ||
	    bind(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    (type == SOCK_STREAM && listen(fd, 128)))
		return -1;
	return fd;
}

unsigned zone_serve(const char *heard)
{
	static struct zone zone;
	struct sockaddr_in name = {.sin_port = 0};
	socklen_t size = sizeof(name);
	pthread_t thread;

	/* Over TCP nobody is answered: to be connected to is all that an attack wants. */
	zone = (struct zone){bound(SERVER, 53, SOCK_DGRAM), bound(HOST, 0, SOCK_STREAM), heard};
	if (zone.names < 0 || zone.host < 0 || bound(SERVER, 53, SOCK_STREAM) < 0 ||
	    getsockname(zone.host, (struct sockaddr *)&name, &size) ||
	    pthread_create(&thread, NULL, serve_names, &zone) ||
	    pthread_create(&thread, NULL, serve_host, &zone))
		return 0;
	return ntohs(name.sin_port);
}
