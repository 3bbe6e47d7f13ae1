/*
 * The servers that names are asked of, as they are connected to.
 */
#ifndef WRIT_RUNTIME_NET_SERVERS_H
#define WRIT_RUNTIME_NET_SERVERS_H

#include "runtime/sandbox.h"

/* The host's, from /etc/resolv.conf: fills sandbox->net.servers. Errors: HOST, NOMEM. */
WRIT_MUST_CHECK int net_servers_read(struct writ_sandbox *sandbox,
				     const struct sandbox_source *source);

/* One, given as "ADDR" or "ADDR:PORT". False: it is neither. */
bool net_servers_parse(const char *text, struct net_servers *out);

#endif
