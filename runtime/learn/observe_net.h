/*
 * The part of observe.h that is about sockets.
 */
#ifndef WRIT_RUNTIME_LEARN_OBSERVE_NET_H
#define WRIT_RUNTIME_LEARN_OBSERVE_NET_H

#include "runtime/learn/observe.h"

/* A call of the network has ended; false when it is none. */
bool observe_net(const struct tracee *tracee, int64_t result, const struct sink *sink);

#endif
