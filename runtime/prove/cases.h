/*
 * Where a sandbox's cases come from: one function a part. Each adds to the script.
 */
#ifndef WRIT_PROVE_CASES_H
#define WRIT_PROVE_CASES_H

#include "runtime/prove/script.h"

/* The process itself: its environment, descriptors, and what it may do to others. */
void cases_process(const struct prove_target *target, struct prove_script *script);

/* Granted and other paths. */
void cases_files(const struct prove_target *target, struct prove_script *script);

/* Denied paths, and names that patterns mean. */
void cases_denies(const struct prove_target *target, struct prove_script *script);

/* Metadata of files, and scratch directories. */
void cases_mounts(const struct prove_target *target, struct prove_script *script);

/* Sockets, ports and the ways around them. */
void cases_network(const struct prove_target *target, struct prove_script *script);

/* Calls by name that attackers want, and then every number there is. */
void cases_calls(const struct prove_target *target, struct prove_script *script);

#endif
