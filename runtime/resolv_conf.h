/*
 * The servers that names are asked of: from the text of /etc/resolv.conf, or as an option gives
 * one.
 */
#ifndef WRIT_RUNTIME_RESOLV_CONF_H
#define WRIT_RUNTIME_RESOLV_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLV_MAX_SERVERS 3u     /* MAXNS of resolv.conf(5) */
#define RESOLV_MAX_SCOPE   16u    /* IF_NAMESIZE: of an interface's name, with a NUL */
#define RESOLV_MAX_TEXT    65536u /* bytes of a file that are looked at */
#define RESOLV_PORT        53u

struct resolv_server {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
	char scope[RESOLV_MAX_SCOPE]; /* of IPv6, behind its '%': a name or a number; or empty */
};

struct resolv_conf {
	struct resolv_server servers[RESOLV_MAX_SERVERS];
	uint32_t n;
};

/*
 * The first servers of a resolv.conf(5), as libcs read it; lines that they could not use are passed
 * over. With none, the text being empty too, it is 127.0.0.1. text may hold any bytes.
 */
void resolv_conf_read(const char *text, size_t len, struct resolv_conf *out);

/*
 * "ADDR" or "ADDR:PORT": 10.0.0.1, 10.0.0.1:53, 2001:db8::1, [2001:db8::1]:53, [fe80::1%eth0]:53.
 * False: it is none of these.
 */
bool resolv_server_parse(const char *text, struct resolv_server *out);

#endif
