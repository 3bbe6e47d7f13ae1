/*
 * See name_server.h. Written by the letter of RFC 1035, without any code of the resolver's.
 */
#include "support/name_server.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ASKED   4096
#define MAX_NAME    256
#define MAX_MESSAGE 65535
#define N_LARGE     1000u

struct asked {
	char name[MAX_NAME];
	uint16_t id, port;
};

/* In memory that the child shares. */
static struct seen {
	volatile unsigned n;
	struct asked asked[MAX_ASKED];
} * seen;

static const struct name_row *table;
static size_t n_table;
static pid_t server;

struct message {
	uint8_t bytes[MAX_MESSAGE];
	size_t len;
};

static void put(struct message *message, const void *bytes, size_t len)
{
	memcpy(message->bytes + message->len, bytes, len);
	message->len += len;
}

static void put_number(struct message *message, uint64_t value, unsigned bytes)
{
	while (bytes--)
		message->bytes[message->len++] = (uint8_t)(value >> 8 * bytes);
}

/* The name at the question; how long that is with type and class, or 0. */
static size_t read_question(const struct message *query, char *name, unsigned *type)
{
	size_t at = 12, n = 0;

	while (at < query->len && query->bytes[at]) {
		size_t len = query->bytes[at];

		if (len > 63 || at + 1 + len >= query->len || n + len + 1 >= MAX_NAME)
			return 0;
		memcpy(name + n, query->bytes + at + 1, len);
		n += len;
		name[n++] = '.';
		at += 1 + len;
	}
	name[n ? n - 1 : 0] = '\0';
	if (at + 5 > query->len)
		return 0;
	*type = (unsigned)query->bytes[at + 1] << 8 | query->bytes[at + 2];
	return at + 5 - 12;
}

static void put_address(struct message *reply, unsigned type, const uint8_t *address)
{
	put_number(reply, type, 2);
	put_number(reply, 1, 2);
	put_number(reply, 60, 4);
	put_number(reply, type == 1 ? 4 : 16, 2);
	put(reply, address, type == 1 ? 4 : 16);
}

static void put_cname(struct message *reply, const char *label)
{
	put_number(reply, 0xc00c, 2);
	put_number(reply, 5, 2);
	put_number(reply, 1, 2);
	put_number(reply, 60, 4);
	put_number(reply, label ? (unsigned)strlen(label) + 2 : 2, 2);
	if (label) {
		put_number(reply, (unsigned)strlen(label), 1);
		put(reply, label, strlen(label));
		put_number(reply, 0, 1);
	} else {
		put_number(reply, 0xc00c, 2);
	}
}

static unsigned put_answers(struct message *reply, const struct name_row *row, unsigned type)
{
	uint8_t address[16], other[16] = {8, 8, 0, 0};
	unsigned n = 0, owner = 0xc00c;

	if (inet_pton(type == 1 ? AF_INET : AF_INET6, row->address, address) != 1 ||
	    (type != 1 && type != 28))
		return 0;
	if (row->how == NAME_ALIAS || row->how == NAME_LOOP) {
		put_cname(reply, row->how == NAME_ALIAS ? "target" : NULL);
		owner = 0xc000 | (unsigned)(reply->len - 8);
		n++;
	}
	for (unsigned i = 1; row->how == NAME_LARGE && i < N_LARGE; i++, n++) {
		other[2] = (uint8_t)(i >> 8);
		other[3] = (uint8_t)i;
		put_number(reply, owner, 2);
		put_address(reply, 1, other);
	}
	put_number(reply, owner, 2);
	put_address(reply, type, address);
	return n + 1;
}

static void make_reply(const struct message *query, const struct name_row *row, bool tcp,
		       struct message *reply)
{
	char name[MAX_NAME];
	unsigned type = 0, n = 0;
	size_t question = read_question(query, name, &type);

	reply->len = 0;
	put(reply, query->bytes, 2);
	put_number(reply, row ? row->how == NAME_FAILS ? 0x8182 : 0x8180 : 0x8183, 2);
	put_number(reply, 1, 2);
	put_number(reply, 0, 6);
	put(reply, query->bytes + 12, question);
	if (row && row->how == NAME_LARGE && !tcp)
		reply->bytes[2] |= 2;
	else if (row && row->how != NAME_FAILS)
		n = put_answers(reply, row, type);
	reply->bytes[6] = (uint8_t)(n >> 8);
	reply->bytes[7] = (uint8_t)n;
	if (row && row->how == NAME_CUT)
		reply->len -= 3;
}

static const struct name_row *find(const struct message *query, uint16_t port)
{
	char name[MAX_NAME];
	unsigned type;

	if (!read_question(query, name, &type))
		return NULL;
	if (seen->n < MAX_ASKED) {
		struct asked *asked = &seen->asked[seen->n];

		memcpy(asked->name, name, sizeof(name));
		asked->id = (uint16_t)(query->bytes[0] << 8 | query->bytes[1]);
		asked->port = port;
		seen->n = seen->n + 1;
	}
	for (size_t i = 0; i < n_table; i++) {
		if (strcasecmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* Answers that are not to be believed: an address that is another's. */
static void lie(int fd, const struct message *query, const struct sockaddr_in *to)
{
	static const struct name_row wrong = {"", "8.8.8.8", NAME_PLAIN};
	static struct message reply;

	make_reply(query, &wrong, false, &reply);
	reply.bytes[0] ^= 1;
	(void)sendto(fd, reply.bytes, reply.len, 0, (const void *)to, sizeof(*to));
	reply.bytes[0] ^= 1;
	reply.bytes[13] ^= 1;
	(void)sendto(fd, reply.bytes, reply.len, 0, (const void *)to, sizeof(*to));
}

static void answer_datagram(int fd)
{
	static struct message query, reply;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, query.bytes, sizeof(query.bytes), 0, (void *)&from, &len);
	const struct name_row *row;

	if (n < 12)
		return;
	query.len = (size_t)n;
	row = find(&query, from.sin_port);
	if (row && row->how == NAME_SILENT)
		return;
	if (row && row->how == NAME_LIES)
		lie(fd, &query, &from);
	make_reply(&query, row, false, &reply);
	(void)sendto(fd, reply.bytes, reply.len, 0, (void *)&from, len);
}

/* In two pieces, as a stream may come. */
static void answer_stream(int fd)
{
	static struct message query, reply;
	uint8_t size[2];
	ssize_t n;

	if (recv(fd, size, 2, MSG_WAITALL) != 2)
		return;
	query.len = (size_t)size[0] << 8 | size[1];
	n = recv(fd, query.bytes, query.len, MSG_WAITALL);
	if (n < 12)
		return;
	make_reply(&query, find(&query, 0), true, &reply);
	size[0] = (uint8_t)(reply.len >> 8);
	size[1] = (uint8_t)reply.len;
	(void)send(fd, size, 1, 0);
	(void)send(fd, size + 1, 1, 0);
	(void)send(fd, reply.bytes, 20, 0);
	(void)usleep(1000);
	(void)send(fd, reply.bytes + 20, reply.len - 20, 0);
}

static void serve(int datagrams, int streams)
{
	struct pollfd fds[2] = {{.fd = datagrams, .events = POLLIN},
				{.fd = streams, .events = POLLIN}};

	for (;;) {
		int fd;

		(void)poll(fds, 2, -1);
		if (fds[0].revents)
			answer_datagram(datagrams);
		fd = fds[1].revents ? accept(streams, NULL, NULL) : -1;
		if (fd >= 0) {
			answer_stream(fd);
			(void)close(fd);
		}
	}
}

static bool open_both(struct sockaddr_in *name, int *datagrams, int *streams)
{
	socklen_t len = sizeof(*name);

	*name = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	*datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*streams = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(*datagrams, (void *)name, len), 0);
	cr_assert_eq(getsockname(*datagrams, (void *)name, &len), 0);
	if (bind(*streams, (void *)name, len) == 0 && listen(*streams, 64) == 0)
		return true;
	(void)close(*datagrams);
	(void)close(*streams);
	return false;
}

const char *name_server_start(const struct name_row *rows, size_t n)
{
	static char text[32];
	struct sockaddr_in name;
	int datagrams, streams;

	table = rows;
	n_table = n;
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(seen, MAP_FAILED);
	/* A port that both have free. */
	while (!open_both(&name, &datagrams, &streams))
		;
	(void)snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(name.sin_port));
	server = fork();
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		serve(datagrams, streams);
	}
	(void)close(datagrams);
	(void)close(streams);
	return text;
}

void name_server_stop(void)
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)munmap(seen, sizeof(*seen));
}

unsigned name_server_asked(void)
{
	return seen->n;
}

unsigned name_server_asked_for(const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < seen->n; i++)
		n += strcmp(seen->asked[i].name, name) == 0;
	return n;
}

unsigned name_server_ports(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < seen->n; i++) {
		unsigned k = 0;

		while (k < i && seen->asked[k].port != seen->asked[i].port)
			k++;
		n += k == i;
	}
	return n;
}

unsigned name_server_ids(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < seen->n; i++) {
		unsigned k = 0;

		while (k < i && seen->asked[k].id != seen->asked[i].id)
			k++;
		n += k == i;
	}
	return n;
}
