/*
 * Sections of a sandbox that are not about files, each with its comments.
 */
#ifndef WRIT_RUNTIME_LEARN_POLICY_PARTS_H
#define WRIT_RUNTIME_LEARN_POLICY_PARTS_H

#include <stdio.h>

#include "runtime/learn/record.h"
#include "runtime/learn/usage.h"

void policy_put_network(FILE *out, const struct record *record);
void policy_put_calls(FILE *out, const struct record *record, bool foreign);
void policy_put_limits(FILE *out, const struct usage *usage);
void policy_put_environment(FILE *out, const struct record *record);

/* Twice what was used and more, a round number: a power of two, at least least. */
uint64_t policy_headroom(uint64_t used, uint64_t least);

/* What a policy calls a socket that it can't grant: "AF_UNIX"; or a number in buffer. */
const char *policy_family(int family, char buffer[16]);

#endif
