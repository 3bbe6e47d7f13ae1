/*
 * What a sandbox denies, made ready once.
 */
#ifndef WRIT_RUNTIME_BROKER_PREPARE_H
#define WRIT_RUNTIME_BROKER_PREPARE_H

#include "runtime/sandbox.h"

/* Fills sandbox->denies and has_broker. Errors: HOST, NOMEM, UNSUPPORTED. */
WRIT_MUST_CHECK int broker_prepare(struct writ_sandbox *sandbox,
				   const struct sandbox_source *source);

#endif
