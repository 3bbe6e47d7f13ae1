/*
 * A call, as a request is bound to it and as a human is shown it.
 */
#ifndef WRIT_RUNTIME_MONITOR_REQUEST_TEXT_H
#define WRIT_RUNTIME_MONITOR_REQUEST_TEXT_H

#include "runtime/monitor/request.h"
#include "runtime/sha256.h"

/* -WRIT_E_INVALID: too many arguments, or lists in lists too deep. */
WRIT_MUST_CHECK int request_bind(const struct request_call *call, uint8_t digest[SHA256_SIZE],
				 struct writ_error *error);

/* Fills the texts of a request: printable, cut with a mark, secrets left out. */
void request_show(const struct request_call *call, struct writ_request_info *info);

#endif
