/*
 * The paths a sandbox denies, and what they say of a name, of a move and of a link.
 *
 * Names are absolute and normalised, as the kernel gives them. A pattern covers what it names and
 * everything below. Nothing here allocates, and nothing but string.h is called.
 */
#ifndef WRIT_RUNTIME_BROKER_RULES_H
#define WRIT_RUNTIME_BROKER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/match.h"
#include "runtime/pool.h"
#include "runtime/writ_format.h"

_Static_assert(WRIT_MAX_NAMES < 64, "a bit each, and one behind the last");

/* A pattern, cut at its slashes. */
struct broker_deny {
	const char *text;
	const struct slice *names;
	const struct slice *folded; /* the same in lower case */
	uint32_t n;
	uint64_t any; /* bit i: name i is "**", any number of names */
};

struct broker_rules {
	struct broker_deny *items;
	size_t n;
};

/* Adds a pattern; there is room for it. 0, -E2BIG: too many names, or -ENOMEM. */
int broker_rules_add(struct broker_rules *rules, struct pool *pool, const char *pattern);

/* As many as from has, in a pool of their own. 0, or -ENOMEM. */
int broker_rules_copy(struct broker_rules *rules, struct pool *pool,
		      const struct broker_rules *from);

/* Is the name denied? */
bool broker_rules_deny(const struct broker_rules *rules, const char *name);

/* Does a pattern without wildcards name something below it? */
bool broker_rules_reach_below(const struct broker_rules *rules, const char *name);
/* Or may one with wildcards, too? */
bool broker_rules_may_reach_below(const struct broker_rules *rules, const char *name);

/*
 * Would it be, where names differ by more than case? ASCII letters are alike in both cases, and a
 * name with other bytes may be alike with any.
 */
bool broker_rules_deny_folded(const struct broker_rules *rules, const char *name);

/*
 * Does the name of something that is no directory stand where a pattern goes on? A symbolic link
 * there would give what is below the pattern another name.
 */
bool broker_rules_pass(const struct broker_rules *rules, const char *name);

/*
 * May a directory have the one name, then the other? 0 when whatever is in it is denied under both
 * or under neither. -EACCES when a pattern goes on at one of them; -EXDEV when a pattern is about
 * the tree that one of them lies in, so that what is moved has to be looked at file by file.
 */
int broker_rules_move(const struct broker_rules *rules, const char *from, const char *to);

#endif
