/*
 * A tree but for what is denied in it: Landlock can't take away what it grants.
 */
#ifndef WRIT_RUNTIME_LANDLOCK_SPLIT_H
#define WRIT_RUNTIME_LANDLOCK_SPLIT_H

#include "runtime/broker_rules.h"

#define LANDLOCK_MAX_SPLIT 16384u /* entries of one tree */

/*
 * Calls keep_one for each file and directory of the tree at path, which has no links, so that they
 * are the tree but for the names that patterns without wildcards deny. 0, what it returned, -E2BIG:
 * there are too many, or another negative errno.
 */
int landlock_split(const struct broker_rules *denies, const char *path,
		   int (*keep_one)(void *context, int fd, const char *path), void *context);

#endif
