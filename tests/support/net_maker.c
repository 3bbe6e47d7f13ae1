/*
 * See net_maker.h. The reading is loose: what it is given is right.
 */
#include "support/net_maker.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/writ_format.h"

#define MAX_RULES 16u
#define MAX_TEXT  300u

static struct net_rule rules[MAX_RULES];
static struct policy_peer peers[MAX_RULES];
static char texts[MAX_RULES][MAX_TEXT];

const uint8_t *net_address_of(const char *text, uint8_t out[16])
{
	struct host host;

	cr_assert(host_parse((struct slice){text, strlen(text)}, &host) && host.is_address, "%s",
		  text);
	return memcpy(out, host.address, 16);
}

static void read_ports(const char *text, struct policy_peer *peer)
{
	char *end;

	peer->first = 0;
	peer->last = UINT16_MAX;
	if (!text || *text == '*')
		return;
	peer->first = peer->last = (uint16_t)strtoul(text, &end, 10);
	if (*end == '-')
		peer->last = (uint16_t)strtoul(end + 1, NULL, 10);
}

static void read_net(char *text, struct policy_peer *peer)
{
	char *slash = strchr(text, '/');
	unsigned int width;

	if (slash)
		*slash = '\0';
	width = strchr(text, ':') ? 128 : 32;
	peer->kind = WRIT_HOST_NET;
	peer->prefix = 128 - width + (slash ? (uint32_t)strtoul(slash + 1, NULL, 10) : width);
	(void)net_address_of(text, peer->address);
}

static void read_host(char *text, struct policy_peer *peer)
{
	struct host host;
	char *slash = strchr(text, '/');

	if (strcmp(text, "*") == 0) {
		peer->kind = WRIT_HOST_ANY;
		return;
	}
	if (slash || (host_parse((struct slice){text, strlen(text)}, &host) && host.is_address)) {
		read_net(text, peer);
		return;
	}
	peer->kind = strncmp(text, "*.", 2) == 0 ? WRIT_HOST_SUFFIX : WRIT_HOST_NAME;
	text += peer->kind == WRIT_HOST_SUFFIX ? 2 : 0;
	peer->name = (struct slice){text, strlen(text)};
}

static void read_rule(const char *line, uint32_t i)
{
	uint32_t flags = WRIT_ENDPOINT_CONNECT;
	char *text = texts[i], *port;

	if (strncmp(line, "deny ", 5) == 0) {
		flags = WRIT_ENDPOINT_DENY;
		line += 5;
	}
	if (strncmp(line, "udp://", 6) == 0) {
		flags |= WRIT_ENDPOINT_UDP;
		line += 6;
	}
	(void)snprintf(text, MAX_TEXT, "%s", line);
	port = strchr(text, ' ');
	if (!port && strchr(text, ':') == strrchr(text, ':'))
		port = strchr(text, ':');
	if (port)
		*port++ = '\0';
	memset(&peers[i], 0, sizeof(peers[i]));
	read_ports(port, &peers[i]);
	read_host(text, &peers[i]);
	rules[i] = (struct net_rule){flags, &peers[i]};
}

struct net_rules net_rules_of(const char *const *lines, uint32_t n)
{
	cr_assert_leq(n, MAX_RULES);
	for (uint32_t i = 0; i < n; i++)
		read_rule(lines[i], i);
	return (struct net_rules){rules, n};
}
