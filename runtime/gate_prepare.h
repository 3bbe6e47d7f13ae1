/*
 * The net gate of a launch.
 */
#ifndef WRIT_RUNTIME_GATE_PREPARE_H
#define WRIT_RUNTIME_GATE_PREPARE_H

#include "runtime/net_gate.h"
#include "runtime/process.h"

/*
 * Makes a gate in the memory of a process. log: where its events go, or NULL. Errors: NOMEM;
 * INVALID, of a log that is another launch's.
 */
WRIT_MUST_CHECK int gate_prepare(struct net_gate **out, struct writ_process *process,
				 const struct net_plan *plan, struct writ_net_log *log,
				 struct writ_error *error);

#endif
