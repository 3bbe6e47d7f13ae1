/*
 * The world an attack happens in: a temporary directory and a victim process, both of one user.
 *
 *   bin/   the probe, a set-user-ID copy of it, a script; not writable        {bin}
 *   box/   the write root, made anew for every run                            {box}
 *   out/   what no rule grants: secret, tool, dir/                            {out}
 *   ro/    what is granted for reading: file, tool                            {ro}
 *
 * {common} is a file of the host's in /tmp.
 * {victim} {address} {port} {listed} {udp} {echo} {tls} {stream} {dgram} {abstract} come from the
 * victim (probe/victim.c). A snapshot is text that describes everything but box/: equal snapshots
 * mean that nothing changed.
 */
#ifndef TESTS_LIVE_WORLD_H
#define TESTS_LIVE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define WORLD_TEXT 256

enum world_thing {
	THING_BIN,
	THING_BOX,
	THING_OUT,
	THING_RO,
	THING_STREAM,
	THING_DGRAM,
	THING_ABSTRACT,
	THING_VICTIM,
	THING_PORT,
	THING_LISTED,
	THING_UDP,
	THING_ECHO,
	THING_TLS,
	THING_ADDRESS,
	THING_SERVED,
	THING_COMMON,
	THING_WORLD, /* the directory of all of it */
	THING__COUNT
};

struct world {
	char root[80]; /* short enough for the names of sockets in it */
	char things[THING__COUNT][WORLD_TEXT];
	bool has_network; /* names lead somewhere: the network is the tests' own */
	bool has_suid;    /* only root can make the set-user-ID copy */
	pid_t victim;
	int victim_stdin;
	int victim_stdout;
};

/* Makes the directory and what must be made by whoever starts the driver, for uid to own. */
int world_new(struct world *world, uid_t uid, const char *probe, const char *writ,
	      const char *bundle);

/* As the user: a fresh box/, and out/ and ro/ as they were. */
int world_reset(struct world *world);

/* As the user: starts the victim unless it lives and runs. */
int world_victim(struct world *world);
bool world_victim_lives(const struct world *world);

/* Ends the victim. */
void world_end(struct world *world);

/* As whoever made it. */
void world_free(struct world *world);

/* The caller frees it; NULL on failure. */
char *world_snapshot(const struct world *world);

/* Replaces {things}; writes a NUL-terminated text. False when it does not fit or a thing is
 * unknown. */
bool world_expand(const struct world *world, const char *text, char *out, size_t size);

#endif
