/*
 * The umask that what is made on a tool's behalf is made with: that of the process that asks, where
 * the sandbox lets it be read, and the strictest of all that were ever set where it does not. It is
 * looked up once any of the tool's processes has set one; until then it is what all began with.
 */
#ifndef WRIT_RUNTIME_BROKER_UMASK_H
#define WRIT_RUNTIME_BROKER_UMASK_H

#include "runtime/broker.h"

void broker_umask_init(struct broker *broker);

/* A process sets one. */
void broker_umask_note(struct broker *broker, unsigned int mask);

/* Before something is made. */
void broker_umask_adopt(struct broker *broker);

#endif
