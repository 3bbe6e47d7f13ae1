/*
 * Paths with links that mean something else to every process.
 */
#ifndef WRIT_RUNTIME_BROKER_WALK_H
#define WRIT_RUNTIME_BROKER_WALK_H

#include "runtime/broker_path.h"

/*
 * Follows a path name by name, as the caller would: "self" of procfs is the caller. An O_PATH
 * descriptor, not judged, or a negative errno.
 */
int broker_walk(struct broker *broker, const struct broker_at *at);

#endif
