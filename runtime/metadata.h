/*
 * The wall around metadata where a mount namespace can't be had: a filter that refuses every call
 * which changes what a file is known by (owner, mode, times, attributes, flags), wherever the file
 * is. A launch that has its own mounts is refused the same by them, but for what it may write.
 *
 * And a smaller one, where a PID namespace can't be had, for a sandbox that may make sessions.
 */
#ifndef WRIT_RUNTIME_METADATA_H
#define WRIT_RUNTIME_METADATA_H

#include "runtime/kernel_abi.h"

/* For seccomp_enter, before the sandbox's own filter: the kernel takes the stricter verdict. */
extern const struct bpf_program metadata_filter;

/* The same for a PID namespace: nobody makes a session, and so leaves the launch's group. */
extern const struct bpf_program session_filter;

#endif
