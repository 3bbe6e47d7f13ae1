/* The table of attacks. See attacks.h. */
#include "attacks.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "launch.h"
#include "probe/probe.h"

const struct attack attacks[] = {
#define ATTACK(id, sandbox, command, control, expected, flags, title)                              \
	{id, #sandbox, command, control, expected, flags, title},
#define WORKS(id, sandbox, command, title) {id, #sandbox, command, 0, 0, 0, title},
#define RESIDUAL(id, sandbox, command, flags, title)                                               \
	{id, #sandbox, command, 0, 0, OPEN | (flags), title},
#define HIDES(id, sandbox, command, flags, title)                                                  \
	{id, #sandbox, command, 0, 0, OPEN | HIDDEN | (flags), title},
#include "attacks.def"
#include "variants.def"
#undef ATTACK
#undef WORKS
#undef RESIDUAL
#undef HIDES
};

const size_t n_attacks = sizeof(attacks) / sizeof(attacks[0]);

bool attack_is_on_proc(const struct attack *attack)
{
	return strstr(attack->command, " /proc/") != NULL;
}

bool attack_takes_network(const struct attack *attack)
{
	return attack->flags & OWN_NETWORK || !strncmp(attack->sandbox, "named", 5);
}
