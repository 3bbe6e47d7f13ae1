/*
 * A pattern is an automaton over names: a set of positions, a bit each, says how much of it a path
 * has matched so far, in all the ways there are. Position i stands before name i; the one behind
 * the last is the end, and whoever has reached it is denied with everything below.
 *
 * The set after a path is all that a pattern remembers of it. So if it is the same after two paths,
 * the pattern says the same of everything below them, whatever that is: which is when a directory
 * can be renamed from one to the other without looking into it.
 */
#include "runtime/broker_rules.h"

#include <errno.h>
#include <string.h>

#define MAX_NAME 255u /* bytes: NAME_MAX, of every file system but exotic ones */

/* Which positions a path's last name has led to by itself, not by "**". */
struct reached {
	uint64_t positions;
	uint64_t by_name;
};

typedef bool same_name_fn(const struct broker_deny *deny, uint32_t i, struct slice name);

static bool same_name(const struct broker_deny *deny, uint32_t i, struct slice name)
{
	return match_bytes(deny->names[i], name);
}

static bool same_folded(const struct broker_deny *deny, uint32_t i, struct slice name)
{
	char lower[MAX_NAME];

	if (name.len > MAX_NAME)
		return true;
	for (size_t k = 0; k < name.len; k++) {
		if ((unsigned char)name.ptr[k] >= 0x80)
			return true;
		lower[k] = (char)match_lower(name.ptr[k]);
	}
	return match_bytes(deny->folded[i], (struct slice){lower, name.len});
}

/* "**" may be no name at all. */
static uint64_t pass_over(const struct broker_deny *deny, uint64_t positions)
{
	uint64_t before = 0;

	while (before != positions) {
		before = positions;
		positions |= (positions & deny->any) << 1;
	}
	return positions;
}

static struct reached step(const struct broker_deny *deny, uint64_t from, struct slice name,
			   same_name_fn *same)
{
	struct reached next = {from & deny->any, 0};

	for (uint64_t left = from & ~deny->any; left; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);

		if (i < deny->n && same(deny, i, name))
			next.by_name |= UINT64_C(2) << i;
	}
	next.positions = pass_over(deny, next.positions | next.by_name);
	return next;
}

static uint64_t end_of(const struct broker_deny *deny)
{
	return UINT64_C(1) << deny->n;
}

/* What a path leads to; it ends early where it is denied, or where nothing can match any more. */
static struct reached walk(const struct broker_deny *deny, const char *path, same_name_fn *same)
{
	struct reached now = {pass_over(deny, 1), 0};

	while (*path && now.positions && !(now.positions & end_of(deny))) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len)
			now = step(deny, now.positions, (struct slice){path, len}, same);
		path += len;
	}
	return now;
}

static bool denies(const struct broker_rules *rules, const char *name, same_name_fn *same)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct broker_deny *deny = &rules->items[i];

		if (walk(deny, name, same).positions & end_of(deny))
			return true;
	}
	return false;
}

bool broker_rules_deny(const struct broker_rules *rules, const char *name)
{
	return denies(rules, name, same_name);
}

static bool is_literal(const struct broker_deny *deny)
{
	return !strpbrk(deny->text, "*?");
}

static bool may_reach_below(const struct broker_deny *deny, const char *name)
{
	uint64_t positions = walk(deny, name, same_name).positions;

	return positions && !(positions & end_of(deny));
}

bool broker_rules_reach_below(const struct broker_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (is_literal(&rules->items[i]) && may_reach_below(&rules->items[i], name))
			return true;
	}
	return false;
}

bool broker_rules_may_reach_below(const struct broker_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (may_reach_below(&rules->items[i], name))
			return true;
	}
	return false;
}

bool broker_rules_deny_folded(const struct broker_rules *rules, const char *name)
{
	return denies(rules, name, same_folded);
}

bool broker_rules_pass(const struct broker_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (walk(&rules->items[i], name, same_name).by_name)
			return true;
	}
	return false;
}

int broker_rules_move(const struct broker_rules *rules, const char *from, const char *to)
{
	int rc = 0;

	for (size_t i = 0; i < rules->n; i++) {
		struct reached old = walk(&rules->items[i], from, same_name);
		struct reached new = walk(&rules->items[i], to, same_name);

		if (old.positions == new.positions)
			continue;
		if (old.by_name | new.by_name)
			return -EACCES;
		rc = -EXDEV;
	}
	return rc;
}

static size_t count_names(const char *pattern)
{
	size_t n = 0;

	while (*pattern) {
		pattern += strspn(pattern, "/");
		n += *pattern != '\0';
		pattern += strcspn(pattern, "/");
	}
	return n;
}

static char *fold(struct pool *pool, const char *text)
{
	char *copy = pool_strndup(pool, text, strlen(text));

	for (char *at = copy; copy && *at; at++)
		*at = (char)match_lower(*at);
	return copy;
}

/* The next name of *at, which ends behind it. */
static struct slice take_name(const char **at)
{
	struct slice name;

	*at += strspn(*at, "/");
	name = (struct slice){*at, strcspn(*at, "/")};
	*at += name.len;
	return name;
}

int broker_rules_add(struct broker_rules *rules, struct pool *pool, const char *pattern)
{
	size_t n = count_names(pattern);
	struct slice *names = pool_array(pool, n, sizeof(*names));
	struct slice *folded = pool_array(pool, n, sizeof(*folded));
	const char *at = pool_strndup(pool, pattern, strlen(pattern));
	const char *folded_at = fold(pool, pattern);
	struct broker_deny deny = {at, names, folded, (uint32_t)n, 0};

	if (n > WRIT_MAX_NAMES)
		return -E2BIG;
	if (!names || !folded || !at || !folded_at)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		names[i] = take_name(&at);
		folded[i] = take_name(&folded_at);
		if (names[i].len == 2 && memcmp(names[i].ptr, "**", 2) == 0)
			deny.any |= UINT64_C(1) << i;
	}
	rules->items[rules->n++] = deny;
	return 0;
}

int broker_rules_copy(struct broker_rules *rules, struct pool *pool,
		      const struct broker_rules *from)
{
	int rc = 0;

	rules->n = 0;
	rules->items = pool_array(pool, from->n, sizeof(*rules->items));
	if (!rules->items)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < from->n; i++)
		rc = broker_rules_add(rules, pool, from->items[i].text);
	return rc;
}
