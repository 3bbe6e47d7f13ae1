/*
 * Which system calls a sandbox's plan turns on: those that change metadata, those that a broker or
 * a net gate makes, those that would get past a broker. Data: metadata.def, mediated.def and
 * net_calls.def.
 */
#ifndef WRIT_TABLES_PLAN_CALLS_H
#define WRIT_TABLES_PLAN_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* The n-th name of a list; NULL past the last one. */
const char *call_metadata_at(uint32_t index);
const char *call_evading_at(uint32_t index);

/* The n-th request of ioctl(2) that changes metadata; 0 past the last one. */
uint32_t call_metadata_request_at(uint32_t index);

bool call_is_metadata(struct str name);
bool call_is_mediated(struct str name);
bool call_is_gated(struct str name);

#endif
