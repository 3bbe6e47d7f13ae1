/*
 * From /etc/resolv.conf, or from the caller's word, to socket addresses.
 *
 * The file says who decides what a listed name is, so it must not be one that a tool can have
 * written: neither it nor a directory on the way to it, links followed, may be in a tree that some
 * sandbox of the policy writes. It is read when a sandbox is opened, which is as long as a sandbox
 * keeps what it says.
 */
#include "runtime/net_servers.h"

#include <errno.h>
#include <netinet/in.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/net_socket.h"
#include "runtime/resolv_conf.h"
#include "runtime/resolve.h"

#define PATH "/etc/resolv.conf"

_Static_assert(RESOLV_MAX_SERVERS <= NET_MAX_SERVERS, "all have a place");

/* The number of an interface, from its name or its number; 0: there is none. */
static uint32_t find_interface(const char *scope)
{
	struct ifreq request = {.ifr_ifindex = 0};
	int fd;
	int rc;

	if (*scope >= '0' && *scope <= '9')
		return (uint32_t)strtoul(scope, NULL, 10);
	fd = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	memcpy(request.ifr_name, scope, strlen(scope) + 1);
	rc = (int)syscall(SYS_ioctl, fd, KERNEL_SIOCGIFINDEX, &request);
	(void)close(fd);
	return rc ? 0 : (uint32_t)request.ifr_ifindex;
}

static void add(struct net_servers *servers, const struct resolv_server *server)
{
	struct net_peer peer = {.port = server->port};
	uint32_t scope = *server->scope ? find_interface(server->scope) : 0;

	memcpy(peer.address, server->address, sizeof(peer.address));
	net_name_of_peer(&peer, scope, &servers->items[servers->n++]);
}

bool net_servers_parse(const char *text, struct net_servers *out)
{
	struct resolv_server server;

	out->n = 0;
	if (!resolv_server_parse(text, &server))
		return false;
	add(out, &server);
	return true;
}

static bool is_root(const struct resolver *resolver, const char *path)
{
	struct stat st;

	for (size_t i = 0; lstat(path, &st) == 0 && i < resolver->n_writable; i++) {
		if (resolver->writable[i].device == st.st_dev &&
		    resolver->writable[i].inode == st.st_ino)
			return true;
	}
	return false;
}

/* Is a path without links in a tree that a tool may write, or one itself? */
static bool is_writable(const struct resolver *resolver, char *path)
{
	bool is = is_root(resolver, "/") || is_root(resolver, path);

	for (char *slash = strchr(path + 1, '/'); slash && !is; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		is = is_root(resolver, path);
		*slash = '/';
	}
	return is;
}

static int refuse(const struct sandbox_source *source)
{
	return error_set(source->error, WRIT_E_HOST,
			 "'" PATH "' leads to what tools may write, so it can't say whom to ask "
			 "for names");
}

static int read_file(struct writ_sandbox *sandbox, const char *path)
{
	char *text = malloc(RESOLV_MAX_TEXT);
	struct resolv_conf conf;
	long len;

	if (!text)
		return -1;
	len = path ? fd_read_file(path, text, RESOLV_MAX_TEXT) : 0;
	resolv_conf_read(text, len > 0 ? (size_t)len : 0, &conf);
	free(text);
	for (uint32_t i = 0; i < conf.n; i++)
		add(&sandbox->net.servers, &conf.servers[i]);
	return 0;
}

int net_servers_read(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct resolver resolver;
	int rc = resolver_init(&resolver, sandbox, source);
	int fd;

	if (rc)
		return rc;
	fd = resolve_open(PATH, &resolver);
	if (fd < 0 && errno == ELOOP)
		return refuse(source);
	if (fd >= 0 && is_writable(&resolver, resolver.found)) {
		(void)close(fd);
		return refuse(source);
	}
	rc = read_file(sandbox, fd < 0 ? NULL : resolver.found);
	if (fd >= 0)
		(void)close(fd);
	return rc ? error_nomem(source->error) : 0;
}
