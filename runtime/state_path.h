/*
 * Where a monitor keeps its state.
 */
#ifndef WRIT_RUNTIME_STATE_PATH_H
#define WRIT_RUNTIME_STATE_PATH_H

#include <limits.h>
#include <stdbool.h>

#include "runtime/writ.h"

/* directory is as writ_monitor_options.state. False: it is kept nowhere, or the path is too long.
 */
WRIT_MUST_CHECK bool state_path(const char *directory, char path[PATH_MAX]);

#endif
