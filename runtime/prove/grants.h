/*
 * What a sandbox grants on paths, by what stands on this host.
 */
#ifndef WRIT_PROVE_GRANTS_H
#define WRIT_PROVE_GRANTS_H

#include "runtime/prove/prove.h"

struct grant {
	const char *text; /* as the policy has it, put together */
	const char *real; /* without symbolic links; NULL: there is nothing */
	bool is_implied;  /* the compiler granted it: nobody misses it */
	bool is_dir;
	bool is_regular;
	uint64_t access; /* LANDLOCK_ACCESS_FS_* */
};

struct grants {
	struct grant *items;
	size_t n;
	const struct prove_target *target; /* whose denied paths they are not granted on */
};

/* 0, or -1 when there is no memory. */
int grants_read(const struct prove_target *target, struct prove_report *report, struct grants *out);

/* Is a path, or what it is in, denied? */
bool grants_deny(const struct prove_target *target, const char *real);

/* What is granted, and not denied, on a path without symbolic links. */
uint64_t grants_access(const struct grants *grants, const char *real);

/*
 * Is a path, without symbolic links, in a scratch directory: not what it is on the host? What is
 * granted there is.
 */
bool grants_hide(const struct prove_target *target, const char *real);
bool grants_hide_ungranted(const struct grants *grants, const char *real);

#endif
