/*
 * The keeper as a broker: it opens files for the command (broker.h). All of these do nothing, and
 * return 0, where the sandbox needs none. Raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_KEEPER_BROKER_H
#define WRIT_RUNTIME_KEEPER_BROKER_H

#include <stdbool.h>

#include "runtime/keeper.h"

/* Enters the sandbox, but for its filter, before the command is started in it. */
int keeper_broker_confine(struct keeper *keeper);

/* Opens what the broker needs. -ENOTSUP: the procfs on /proc is another PID namespace's. */
int keeper_broker_open(struct keeper *keeper);

/* Takes the listener, when the command has been executed. */
int keeper_broker_listen(struct keeper *keeper);

/* No process of the keeper's is left in its memory, which is the caller's. */
void keeper_broker_end(const struct keeper *keeper);

/* Is that so? Asked by the caller when the keeper is gone, which somebody may have killed. */
bool keeper_broker_has_ended(const struct keeper *keeper);

/* No process of the command's is left. */
void keeper_broker_finish(const struct keeper *keeper);

/* Answers calls until a signal can be read. False: no more can be answered. */
bool keeper_broker_serve(const struct keeper *keeper);

#endif
