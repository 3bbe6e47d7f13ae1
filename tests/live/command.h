/*
 * Command lines of the live tests: words, in which "{box}" and the like are places of the world.
 */
#ifndef TESTS_LIVE_COMMAND_H
#define TESTS_LIVE_COMMAND_H

#include <stddef.h>

#include "world.h"

#define COMMAND_MAX_ARGS 40
#define COMMAND_MAX_TEXT 4096

struct command {
	char *argv[COMMAND_MAX_ARGS];
	int argc;
	char text[COMMAND_MAX_TEXT];
	size_t used;
};

/* Adds one word; one that does not fit ends the program. */
void command_add(const struct world *world, struct command *command, const char *spec);

/* Adds everything up to "--" of a launch in a sandbox. */
void command_sandbox(const struct world *world, struct command *command, const char *sandbox);

/* Adds the probe and its words, which have spaces between them. */
void command_probe(const struct world *world, struct command *command, const char *words);

#endif
