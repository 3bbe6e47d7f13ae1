/*
 * The network section of a sandbox, when it is opened: its endpoints and ports as rules, its unix
 * sockets by the names that the kernel has for them; and whether this host lets a gate work. A
 * socket is judged by its name, in which no symbolic link is left.
 */
#include "runtime/net_prepare.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/broker_prepare.h"
#include "runtime/error.h"
#include "runtime/kernel_abi.h"
#include "runtime/lacking.h"
#include "runtime/net_rules.h"
#include "runtime/net_servers.h"
#include "runtime/net_space.h"
#include "runtime/resolve.h"

/* Where the directory of a socket leads, with its last name: servers make theirs when they start.
 */
static bool resolve_directory(struct resolver *resolver, const char *path)
{
	char directory[WRIT_MAX_TEXT + 1];
	const char *last = strrchr(path, '/');
	size_t len = (size_t)(last - path), found;
	int fd;

	memcpy(directory, path, len);
	memcpy(directory + len, "/", sizeof("/"));
	directory[len ? len : 1] = '\0';
	fd = resolve_open(directory, resolver);
	if (fd < 0)
		return false;
	(void)close(fd);
	found = strcmp(resolver->found, "/") == 0 ? 0 : strlen(resolver->found);
	if (found + strlen(last) > WRIT_MAX_TEXT)
		return false;
	memcpy(resolver->found + found, last, strlen(last) + 1);
	return true;
}

/* The name that the kernel has for it now; one that leads nowhere stays as it is. */
static const char *find_socket(struct resolver *resolver, const char *path)
{
	int fd = resolve_open(path, resolver);

	if (fd >= 0) {
		(void)close(fd);
		return resolver->found;
	}
	if (errno == ELOOP)
		return NULL;
	return resolve_directory(resolver, path) ? resolver->found : path;
}

/* Not inlined: who lists no sockets needs no room for their paths. */
static __attribute__((noinline)) int add_sockets(struct writ_sandbox *sandbox,
						 const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->unix_sockets;
	struct net_plan *plan = &sandbox->net;
	struct resolver resolver;
	int rc = range.count ? resolver_init(&resolver, sandbox, source) : 0;

	plan->sockets = pool_array(&sandbox->pool, range.count, sizeof(*plan->sockets));
	if (!rc && !plan->sockets)
		rc = error_nomem(source->error);
	for (uint32_t i = 0; !rc && i < range.count; i++) {
		const char *path = source->policy->unix_sockets[range.first + i];
		const char *found = find_socket(&resolver, path);

		if (!found)
			return error_set(source->error, WRIT_E_HOST,
					 "'%.300s' leads through a symbolic link in a tree that "
					 "tools may write: name the path it leads to",
					 path);
		plan->sockets[plan->n_sockets] = pool_strndup(&sandbox->pool, found, strlen(found));
		if (!plan->sockets[plan->n_sockets++])
			rc = error_nomem(source->error);
	}
	return rc;
}

/* Can sockets of another process be had? Tried on ourselves: a filter around us would refuse. */
static int check_getfd(struct net_plan *plan)
{
	int pidfd = (int)syscall(KERNEL_NR_PIDFD_OPEN, getpid(), 0);
	int rc = 0;
	int thread;

	if (pidfd < 0)
		return -errno;
	if (syscall(KERNEL_NR_PIDFD_GETFD, pidfd, -1, 0) < 0 && errno != EBADF)
		rc = -errno;
	(void)close(pidfd);
	thread = (int)syscall(KERNEL_NR_PIDFD_OPEN, getpid(), KERNEL_PIDFD_THREAD);
	/* Else the process that a thread is of is asked of procfs. */
	plan->needs_proc |= thread < 0;
	if (thread >= 0)
		(void)close(thread);
	return rc;
}

/* Without these no connection could be made on the tool's behalf. */
static int check_host(struct writ_sandbox *sandbox, struct writ_error *error)
{
	int rc = broker_available();

	if (!rc)
		rc = check_getfd(&sandbox->net);
	return rc ? broker_refuse(sandbox, rc, "its network section", "pidfd_getfd(2)", error) : 0;
}

static bool lists_port(const struct net_plan *plan, uint32_t port)
{
	for (uint32_t i = 0; i < plan->n_udp_ports; i++) {
		if (plan->udp_ports[i] == port)
			return true;
	}
	return false;
}

/* The compiler has counted, but not what parameters stand for. */
static int add_udp_ports(struct writ_sandbox *sandbox, const struct net_rule *rule,
			 struct writ_error *error)
{
	struct net_plan *plan = &sandbox->net;
	uint32_t first = rule->peer->first ? rule->peer->first : 1;

	if (!(rule->flags & WRIT_ENDPOINT_UDP) || !(rule->flags & WRIT_ENDPOINT_CONNECT))
		return 0;
	for (uint32_t port = first; port <= rule->peer->last; port++) {
		if (lists_port(plan, port))
			continue;
		if (plan->n_udp_ports == WRIT_MAX_UDP_PORTS)
			return error_set(error, WRIT_E_UNSUPPORTED,
					 "sandbox '%.200s' may send to more than %u UDP ports",
					 sandbox->name, WRIT_MAX_UDP_PORTS);
		plan->udp_ports[plan->n_udp_ports++] = (uint16_t)port;
	}
	return 0;
}

int net_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct net_rules rules;
	int rc;

	if (!(source->record->plan & WRIT_PLAN_NETWORK))
		return 0;
	sandbox->net.has_gate = true;
	sandbox->net.needs_proc = source->record->unix_sockets.count > 0;
	if (net_rules_make(source->policy, source->record, &sandbox->pool, &rules))
		return error_nomem(source->error);
	sandbox->net.rules = rules.items;
	sandbox->net.n_rules = rules.n;
	for (uint32_t i = 0; i < rules.n; i++)
		sandbox->net.has_tls |= rules.items[i].flags & WRIT_ENDPOINT_SNI;
	rc = add_sockets(sandbox, source);
	for (uint32_t i = 0; !rc && i < rules.n; i++)
		rc = add_udp_ports(sandbox, &rules.items[i], source->error);
	if (!rc)
		rc = check_host(sandbox, source->error);
	if (sandbox->net.needs_proc)
		sandbox->plan |= LACKING_NEEDS_PROC;
	sandbox->net.has_resolver = source->record->plan & WRIT_PLAN_RESOLVER;
	if (!rc && sandbox->net.has_resolver)
		rc = net_servers_read(sandbox, source);
	return rc;
}

int net_check_space(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	if (!sandbox->net.has_resolver)
		return 0;
	if (sandbox->ruleset < 0)
		return error_set(error, WRIT_E_HOST,
				 "sandbox '%.200s' can't be enforced on this host: names and UDP "
				 "take Landlock",
				 sandbox->name);
	if (net_space_works())
		return 0;
	return error_set(error, WRIT_E_HOST,
			 "sandbox '%.200s' can't be enforced on this host: names and UDP take "
			 "a user namespace and a network namespace, which it refuses",
			 sandbox->name);
}

int net_show_sockets(struct writ_sandbox *sandbox, struct writ_error *error)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sandbox->net.n_sockets; i++) {
		struct mount_grant grant = {.path = sandbox->net.sockets[i],
					    .rights = WRIT_PATH_READ};
		struct stat st;

		if (!namespaces_hide(&sandbox->namespaces, grant.path) || lstat(grant.path, &st) ||
		    !S_ISSOCK(st.st_mode))
			continue;
		grant.mode = st.st_mode;
		rc = namespaces_grant(sandbox, &grant) ? error_nomem(error) : 0;
	}
	return rc;
}

static int copy_sockets(struct net_plan *plan, struct pool *pool, const struct net_plan *from)
{
	plan->sockets = pool_array(pool, from->n_sockets, sizeof(*plan->sockets));
	for (size_t i = 0; plan->sockets && i < from->n_sockets; i++) {
		plan->sockets[i] = pool_strndup(pool, from->sockets[i], strlen(from->sockets[i]));
		if (!plan->sockets[i])
			return -ENOMEM;
	}
	plan->n_sockets = from->n_sockets;
	return plan->sockets ? 0 : -ENOMEM;
}

int net_plan_copy(struct net_plan *plan, struct pool *pool, const struct net_plan *from)
{
	const struct net_rules rules = {from->rules, from->n_rules};
	struct net_rules copy;

	if (net_rules_copy(&rules, pool, &copy))
		return -ENOMEM;
	*plan = *from;
	plan->rules = copy.items;
	return copy_sockets(plan, pool, from);
}
