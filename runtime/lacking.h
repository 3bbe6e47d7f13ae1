/*
 * What a host does not give of the namespaces that a plan takes, and what becomes of the rest then.
 *
 * Both are sets of enum writ_plan bits. What is lacking is predicted when a sandbox is opened, and
 * found out by its launches; either way writ_sandbox_warning and writ_sandbox_mechanism tell.
 */
#ifndef WRIT_RUNTIME_LACKING_H
#define WRIT_RUNTIME_LACKING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct writ_sandbox;

/* Beside the plan's: a user namespace, to count a launch's processes apart. */
#define LACKING_COUNT (1u << 31)

/* In the plan of an open sandbox: its net gate finds the tool's processes by procfs. */
#define LACKING_NEEDS_PROC (1u << 30)

/* What a plan takes: with what a broker needs beside a PID namespace. */
uint32_t lacking_wanted(uint32_t plan);

/* With some of it lacking: all that is lacking then. */
uint32_t lacking_whole(uint32_t plan, uint32_t lacking);

/* The CLONE_NEW* of what is left. */
unsigned int lacking_flags(uint32_t plan, uint32_t lacking);

/* What the host can be seen to refuse, without making any of it. */
uint32_t lacking_predict(uint32_t plan);

/* As a sandbox is known by now. Atomic: launches of other threads find out more. */
uint32_t lacking_now(const struct writ_sandbox *sandbox);

/* The n-th line about that; or NULL. */
const char *lacking_warning(const struct writ_sandbox *sandbox, size_t index);

#endif
