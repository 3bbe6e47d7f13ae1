/*
 * The directories of a run: a box that the tool may write, a place where it stands, an outside that
 * is closed to it, a room for a
 * directory in memory, and a trap: a link from what may be written to the outside.
 */
#ifndef TESTS_FAULTS_WORLD_H
#define TESTS_FAULTS_WORLD_H

#include <stddef.h>

#define WORLD_PATH_BYTES 128
#define DATAGRAM_PORT    47123 /* of loopback: where datagrams come to who is not kept from them */

struct world {
	char top[WORLD_PATH_BYTES];
	char box[WORLD_PATH_BYTES];
	char bin[WORLD_PATH_BYTES];
	char trap[WORLD_PATH_BYTES];
	char room[WORLD_PATH_BYTES];
	char outside[WORLD_PATH_BYTES];
	char prober[WORLD_PATH_BYTES];
	char secret[WORLD_PATH_BYTES];
	char facts[WORLD_PATH_BYTES];
	/* the same as parameters of the policy */
	char p_box[WORLD_PATH_BYTES];
	char p_bin[WORLD_PATH_BYTES];
	char p_trap[WORLD_PATH_BYTES];
	char p_room[WORLD_PATH_BYTES];
};

/* Ends the program when it can't. */
void world_make(struct world *world, const char *prober);
void world_remove(const struct world *world);

/* As before a run: nothing is found yet. */
void world_reset(const struct world *world);
void world_read_facts(const struct world *world, char *text, size_t size);

#endif
