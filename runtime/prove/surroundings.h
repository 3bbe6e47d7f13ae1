/*
 * What a prober could reach if nothing held it: a process, sockets, descriptors, variables.
 */
#ifndef WRIT_PROVE_SURROUNDINGS_H
#define WRIT_PROVE_SURROUNDINGS_H

#include "runtime/prove/launch.h"

struct surroundings {
	struct prove_running bystander;
	struct writ_sandbox open; /* that it runs in */
	int sockets[2];
	int descriptors[2];
	char name[64];
	char own_file[64]; /* "": there is none */
};

/*
 * Makes them for target's policy and sandbox, and fills in the rest of the target. 0, or a negative
 * code with *error; closing is needed either way.
 */
WRIT_MUST_CHECK int surroundings_open(struct surroundings *around, struct prove_target *target,
				      struct prove_report *report, struct writ_error *error);

void surroundings_close(struct surroundings *around);

#endif
