/*
 * An address is judged as what it is and as the IPv4 addresses written into it (its views). A deny
 * applies when any view is in it. A network grants what is in it as written.
 *
 * What is not the public Internet is out of reach of rules that do not name it. A name may have an
 * address of a site (10.0.0.0/8 and the like: intranets have names), a name that stands for many
 * ("*.example.org") may not, since there whoever can add one could point it inside; and no name, no
 * "*" and no network wider than such a range reaches this machine, this wire, a metadata service,
 * multicast or nowhere. A rule for that range itself, or a part of it, does. For the class of an
 * embedded address only a rule for the very address does.
 */
#include "runtime/net_judge.h"

#include <string.h>

#include "runtime/net_address.h"

#define ALL_PORTS(peer) ((peer)->first <= 1 && (peer)->last == UINT16_MAX)
#define WHOLE_ADDRESS   128u
#define JUDGED_FLAGS    (WRIT_ENDPOINT_DENY | WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_SNI)

struct view {
	uint8_t address[16];
	enum net_class class;
	uint32_t prefix; /* of the range that has the class */
};

/* views[0] is the address itself. */
struct subject {
	struct view views[1 + NET_MAX_EMBEDDED];
	size_t n_views;
};

static void add_view(struct subject *subject, const uint8_t address[16])
{
	struct view *view = &subject->views[subject->n_views++];

	memcpy(view->address, address, sizeof(view->address));
	view->class = net_address_class(address, &view->prefix);
}

static void see(struct subject *subject, const uint8_t address[16])
{
	uint8_t embedded[NET_MAX_EMBEDDED][16];
	size_t n = net_address_embedded(address, embedded);

	subject->n_views = 0;
	add_view(subject, address);
	for (size_t i = 0; i < n; i++)
		add_view(subject, embedded[i]);
}

/* Which kinds of host reach a class without naming it. */
static const bool reaches[NET_CLASS__COUNT][WRIT_HOST_NET + 1] = {
	[NET_PUBLIC] = {true, true, true, true},
	[NET_PRIVATE] = {[WRIT_HOST_ANY] = true, [WRIT_HOST_NAME] = true, [WRIT_HOST_NET] = true},
};

static bool reaches_view(const struct policy_peer *host, const struct subject *subject, size_t i)
{
	const struct view *view = &subject->views[i];
	uint32_t enough = i == 0 ? view->prefix : WHOLE_ADDRESS;

	return reaches[view->class][host->kind] ||
	       (host->kind == WRIT_HOST_NET && host->prefix >= enough);
}

static bool reaches_all(const struct policy_peer *host, const struct subject *subject)
{
	for (size_t i = 0; i < subject->n_views; i++) {
		if (!reaches_view(host, subject, i))
			return false;
	}
	return true;
}

static bool any_view_in(const struct policy_peer *host, const struct subject *subject)
{
	for (size_t i = 0; i < subject->n_views; i++) {
		if (host_in_net(subject->views[i].address, host->address, host->prefix))
			return true;
	}
	return false;
}

static bool is_named(const struct policy_peer *host, struct slice name)
{
	if (host->kind == WRIT_HOST_NAME)
		return host_name_is(host->name, name);
	return host->kind == WRIT_HOST_SUFFIX && host_name_below(host->name, name);
}

/* ---- a connection ---- */

/* A connection being judged. */
struct judging {
	const struct net_pins *pins;
	const struct net_peer *peer;
	struct subject subject;
	uint32_t names[NET_MAX_PIN_NAMES]; /* that the address is pinned to */
	uint32_t n_names;
};

/* A deny without "udp://" is about any protocol. */
static bool is_about(const struct net_rule *rule, const struct net_peer *peer)
{
	bool udp = (rule->flags & WRIT_ENDPOINT_UDP) != 0;
	bool any_protocol = rule->flags & WRIT_ENDPOINT_DENY && !udp;

	return (any_protocol || udp == peer->udp) && peer->port >= rule->peer->first &&
	       peer->port <= rule->peer->last;
}

static bool find_name(const struct judging *judging, const struct policy_peer *host,
		      struct slice *out)
{
	for (uint32_t i = 0; i < judging->n_names; i++) {
		*out = net_pins_name(judging->pins, judging->names[i]);
		if (is_named(host, *out))
			return true;
	}
	*out = (struct slice){NULL, 0};
	return false;
}

static bool has_host(const struct judging *judging, const struct net_rule *rule, struct slice *name)
{
	const struct policy_peer *host = rule->peer;

	*name = (struct slice){NULL, 0};
	switch (host->kind) {
	case WRIT_HOST_ANY:
		return true;
	case WRIT_HOST_NAME:
	case WRIT_HOST_SUFFIX:
		return find_name(judging, host, name);
	case WRIT_HOST_NET:
		if (rule->flags & WRIT_ENDPOINT_DENY)
			return any_view_in(host, &judging->subject);
		return host_in_net(judging->peer->address, host->address, host->prefix);
	}
	return false;
}

/* Goes through the rules with these of the flags; what decides is left in *out. */
static bool try_rules(const struct judging *judging, const struct net_rules *rules, uint32_t flags,
		      struct net_verdict *out)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct net_rule *rule = &rules->items[i];
		bool deny = flags == WRIT_ENDPOINT_DENY;
		struct slice name;

		if ((rule->flags & JUDGED_FLAGS) != flags || !is_about(rule, judging->peer) ||
		    !has_host(judging, rule, &name))
			continue;
		*out = (struct net_verdict){.rule = i, .name = name, .why = NET_DENIED};
		if (deny)
			return true;
		out->why = NET_CLASS;
		if (!reaches_all(rule->peer, &judging->subject))
			continue;
		out->allowed = true;
		out->why = name.len ? NET_BY_NAME : NET_BY_ADDRESS;
		return true;
	}
	return false;
}

struct net_verdict net_judge(const struct net_rules *rules, const struct net_pins *pins,
			     const struct net_peer *peer, uint64_t now_ms)
{
	struct net_verdict out = {.rule = NET_NO_RULE, .why = NET_UNLISTED};
	struct judging judging;

	judging.pins = pins;
	judging.peer = peer;
	judging.n_names = net_pins_find(pins, peer->address, now_ms, judging.names);
	see(&judging.subject, peer->address);
	if (!try_rules(&judging, rules, WRIT_ENDPOINT_DENY, &out) &&
	    !try_rules(&judging, rules, WRIT_ENDPOINT_CONNECT, &out))
		(void)try_rules(&judging, rules, WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_SNI, &out);
	if (!out.allowed && !out.name.len && judging.n_names)
		out.name = net_pins_name(pins, judging.names[0]);
	return out;
}

/* ---- a name ---- */

static bool denies_all(const struct net_rule *rule)
{
	return rule->flags & WRIT_ENDPOINT_DENY && !(rule->flags & WRIT_ENDPOINT_UDP) &&
	       ALL_PORTS(rule->peer);
}

bool net_denies_name(const struct net_rules *rules, struct slice name)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct net_rule *rule = &rules->items[i];

		if (denies_all(rule) &&
		    (rule->peer->kind == WRIT_HOST_ANY || is_named(rule->peer, name)))
			return true;
	}
	return false;
}

bool net_denies_some_of(const struct net_rules *rules, struct slice name)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		if (rules->items[i].flags & WRIT_ENDPOINT_DENY &&
		    is_named(rules->items[i].peer, name))
			return true;
	}
	return false;
}

bool net_rule_names(const struct net_rules *rules, uint32_t rule, struct slice name, uint16_t port)
{
	const struct net_peer peer = {.port = port};

	for (uint32_t i = 0; i < rules->n; i++) {
		const struct net_rule *deny = &rules->items[i];

		if (deny->flags & WRIT_ENDPOINT_DENY && is_about(deny, &peer) &&
		    is_named(deny->peer, name))
			return false;
	}
	return is_named(rules->items[rule].peer, name);
}

/* Does a rule let a name be looked up? */
static bool grants_name(const struct net_rule *rule, struct slice name)
{
	return rule->flags & WRIT_ENDPOINT_CONNECT &&
	       (rule->peer->kind == WRIT_HOST_ANY || is_named(rule->peer, name));
}

bool net_lists_name(const struct net_rules *rules, struct slice name)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		if (grants_name(&rules->items[i], name))
			return !net_denies_name(rules, name);
	}
	return false;
}

static bool is_denied_address(const struct net_rules *rules, const struct subject *subject)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct net_rule *rule = &rules->items[i];

		if (denies_all(rule) && rule->peer->kind == WRIT_HOST_NET &&
		    any_view_in(rule->peer, subject))
			return true;
	}
	return false;
}

bool net_may_resolve(const struct net_rules *rules, struct slice name, const uint8_t address[16])
{
	struct subject subject;

	see(&subject, address);
	if (is_denied_address(rules, &subject))
		return false;
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct net_rule *rule = &rules->items[i];
		bool lists = rule->flags & WRIT_ENDPOINT_CONNECT &&
			     rule->peer->kind == WRIT_HOST_NET &&
			     host_in_net(address, rule->peer->address, rule->peer->prefix);

		if ((lists || grants_name(rule, name)) && reaches_all(rule->peer, &subject))
			return true;
	}
	return false;
}
