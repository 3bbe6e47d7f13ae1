/*
 * The resolver inside a sandbox, without its sockets: it answers names that the policy lists, asks
 * the servers of the host for them, pins what they say, and asks nobody anything else.
 *
 * Whoever drives it owns the sockets and the clock. After each dns_stub_ask and dns_stub_hear, and
 * when dns_stub_due_ms comes, dns_stub_next is called until there is nothing more to send. Nothing
 * here allocates, blocks or looks at a clock; times are those of runtime/net_pins.h.
 *
 * For the one who drives it: forged answers are kept out by the random id, by which server an
 * answer came from, and by a source port that the kernel chose, so use connected sockets, and one
 * of them a question or a few of them in turn. An answer that would not fit into a client's
 * datagram says so (TC), so it should be possible to ask over TCP, too.
 */
#ifndef WRIT_RUNTIME_DNS_STUB_H
#define WRIT_RUNTIME_DNS_STUB_H

#include "runtime/dns_answer.h"
#include "runtime/net_judge.h"

#define DNS_MAX_ASKED   64u  /* questions that servers have not answered yet */
#define DNS_MAX_WAITERS 128u /* clients that wait for an answer */
#define DNS_MAX_SERVERS 3u
#define DNS_TRY_MS      1000u /* that a server has to answer, before the next one is asked */
#define DNS_MAX_TRIES   4u    /* of a question; libcs wait for five seconds */

/* A message without the length that it has over TCP, and when it came. */
struct dns_packet {
	const uint8_t *bytes;
	size_t len;
	uint64_t now_ms;
};

/* Where a query came from and its answer goes to; only compared. */
struct dns_client {
	uint8_t address[16];
	uint8_t asked[16]; /* that it takes an answer from */
	uint16_t port;
	bool tcp;
	uint32_t via; /* whatever tells sockets apart */
};

/* What a client was told, for whoever writes it down. */
enum dns_outcome {
	DNS_TOLD_ADDRESSES,
	DNS_TOLD_NOTHING,   /* no such name, or it has no address of this type */
	DNS_TOLD_UNLISTED,  /* the policy does not list the name; nobody was asked */
	DNS_TOLD_REFUSED,   /* it lists the name, but none of the addresses that it has */
	DNS_TOLD_FAILED,    /* no server answered */
	DNS_TOLD_BUSY,      /* too many questions at once */
	DNS_TOLD_MALFORMED, /* that it was no query, or one of another kind */
};

enum dns_to { DNS_TO_CLIENT, DNS_TO_SERVER };

struct dns_send {
	enum dns_to to;
	struct dns_client client; /* of TO_CLIENT */
	uint32_t server;          /* of TO_SERVER: 0 to n_servers - 1 */
	bool tcp;                 /* of TO_SERVER */
	enum dns_outcome outcome; /* of TO_CLIENT, and what follows, too */
	uint32_t n_refused;       /* addresses that were kept from it */
	struct dns_question question;
	size_t len;
	uint8_t bytes[DNS_MAX_REPLY];
};

/* A question that servers are asked. */
struct dns_asked {
	bool used;
	uint16_t id;
	uint8_t tries;
	uint8_t server;  /* that was asked last */
	uint8_t servers; /* a bit for each that was asked */
	bool again;      /* the next try is of the same server */
	bool tcp;
	bool plain; /* without EDNS, which a server did not understand */
	uint64_t due_ms;
	struct dns_question question; /* in lower case: not even its case is the client's */
};

struct dns_waiter {
	bool used;
	uint32_t asked;
	struct dns_client client;
	struct dns_query query;
};

struct dns_stub {
	const struct net_rules *rules;
	struct net_pins *pins;
	uint32_t n_servers;
	uint32_t first; /* the server to begin with: the last one that answered */
	struct dns_asked asked[DNS_MAX_ASKED];
	struct dns_waiter waiters[DNS_MAX_WAITERS];
	/* A question whose answer is known, and goes to one waiter after the other. */
	bool settled;
	uint32_t settling;
	enum dns_outcome outcome;
	uint32_t n_refused;
	struct dns_answer answer;
};

/* rules and pins are borrowed for as long as the stub is used. n_servers: up to DNS_MAX_SERVERS. */
void dns_stub_init(struct dns_stub *stub, const struct net_rules *rules, struct net_pins *pins,
		   uint32_t n_servers);

/*
 * A query of a client. True: out is the answer. False: there is none yet, or none at all. id is two
 * random bytes, which nobody can guess and are used once.
 */
bool dns_stub_ask(struct dns_stub *stub, const struct dns_packet *packet,
		  const struct dns_client *client, uint16_t id, struct dns_send *out);

/* A message that came from a server, over UDP or TCP. True: to one of our questions. */
bool dns_stub_hear(struct dns_stub *stub, const struct dns_packet *packet, uint32_t server);

/* The question with an id could not be asked of a server: the next one is asked now. */
void dns_stub_fail(struct dns_stub *stub, uint32_t server, uint16_t id, uint64_t now_ms);

/* The next message to send. False: there is none for now. */
bool dns_stub_next(struct dns_stub *stub, uint64_t now_ms, struct dns_send *out);

/* When dns_stub_next will have something, if nothing comes before; UINT64_MAX: it won't. */
uint64_t dns_stub_due_ms(const struct dns_stub *stub);

#endif
