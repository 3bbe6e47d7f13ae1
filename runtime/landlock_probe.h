/*
 * Which Landlock a host really has: its rights are tried, not taken from its word.
 */
#ifndef WRIT_RUNTIME_LANDLOCK_PROBE_H
#define WRIT_RUNTIME_LANDLOCK_PROBE_H

#include <stdbool.h>

#include "runtime/kernel_abi.h"

/* Does the kernel make a ruleset that handles all of these? */
typedef bool landlock_takes(const struct landlock_ruleset_abi6 *rights);

/*
 * The highest ABI, of at most the claimed one, of which every right is taken; 0: not even those of
 * the first. *refused is the name of the first right that the claimed ABI has and that is not
 * taken, else NULL.
 */
int landlock_reach(int claimed, landlock_takes *takes, const char **refused);

/* The ABI that the host can be held to. 0: no Landlock, or it is switched off. */
int landlock_abi(void);

/* The same; *claimed is what the kernel says, and *refused as above. */
int landlock_probe(int *claimed, const char **refused);

#endif
