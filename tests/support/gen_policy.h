/*
 * Random policies, as source text, and random calls to ask them about: the same for the same seed.
 *
 * Policies have conditions on arguments of every type, asks, wildcards, sets, inheritance, users
 * with several roles, rates and parameters. Values of arguments are mostly odd: of another type,
 * missing, given twice, not normalised, too long, with NUL bytes, almost what a condition names.
 */
#ifndef WRIT_TESTS_GEN_POLICY_H
#define WRIT_TESTS_GEN_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define GEN_ROLES     5 /* role0 to role4 */
#define GEN_USERS     3 /* user0 to user2 */
#define GEN_MAX_ARGS  8
#define GEN_MAX_ITEMS 4

/* The values that every generated policy's parameters are bound to. */
#define GEN_PARAMS "workspace=/srv/./work api=api.example.com gate=10.1.2.3 port=8443"

/* Ready to be compiled, without a policy line; lives as long as the arena. */
const char *gen_policy(struct arena *arena, uint64_t *random);

struct gen_arg {
	struct str name;
	struct str text;
};

struct gen_list { /* an item without bytes to point to is none that can be read */
	struct str name;
	struct str items[GEN_MAX_ITEMS];
	size_t n;
};

struct gen_call {
	char subject[16];
	int is_user;
	uint32_t index; /* of the role or user */
	struct str tool;
	struct gen_arg args[GEN_MAX_ARGS];
	size_t n_args;
	struct gen_list lists[GEN_MAX_ARGS];
	size_t n_lists;
};

/* A call without lists. Texts are static. */
void gen_call(uint64_t *random, struct gen_call *out);

/* A value that an argument of this name may have. Its text is static. */
struct str gen_value(uint64_t *random, struct str name);

/* Makes lists of some of its arguments, and of others what can't be read. */
void gen_lists(uint64_t *random, struct gen_call *call);

/* Takes one element of each list at random: a call without lists. */
struct gen_call gen_one_of_each(uint64_t *random, const struct gen_call *call);

#endif
