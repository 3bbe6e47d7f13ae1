/*
 * Command lines with the world's places in them, kept in one buffer.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void command_add(const struct world *world, struct command *command, const char *spec)
{
	char *at = command->text + command->used;

	if (command->argc + 1 >= COMMAND_MAX_ARGS ||
	    !world_expand(world, spec, at, sizeof(command->text) - command->used)) {
		fprintf(stderr, "driver: a command line is too long: %s\n", spec);
		exit(2);
	}
	command->argv[command->argc++] = at;
	command->argv[command->argc] = NULL;
	command->used += strlen(at) + 1;
}

void command_sandbox(const struct world *world, struct command *command, const char *sandbox)
{
	static const char *const params[] = {"box={box}",     "bin={bin}",       "ro={ro}",
					     "world={world}", "listed={listed}", "served={served}",
					     "echo={echo}",   "tls={tls}"};

	command_add(world, command, "{bin}/writ");
	command_add(world, command, "run");
	command_add(world, command, "-p");
	command_add(world, command, "{bin}/../live.wrt");
	command_add(world, command, "--sandbox");
	command_add(world, command, sandbox);
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		command_add(world, command, "--param");
		command_add(world, command, params[i]);
	}
	if (!strncmp(sandbox, "named", strlen("named"))) {
		command_add(world, command, "--resolver");
		command_add(world, command, "198.51.100.53");
	}
	command_add(world, command, "--");
}

void command_probe(const struct world *world, struct command *command, const char *words)
{
	char copy[COMMAND_MAX_TEXT];
	char *rest = copy;
	char *word;

	snprintf(copy, sizeof(copy), "%s", words);
	command_add(world, command, "{bin}/probe");
	while ((word = strsep(&rest, " ")))
		command_add(world, command, word);
}
