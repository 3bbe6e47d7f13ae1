/*
 * The wall around metadata where a mount namespace can't be had: a filter that refuses every call
 * which changes what a file is known by (owner, mode, times, attributes, flags), wherever the file
 * is. A launch that has its own mounts is refused the same by them, but for what it may write.
 */
#ifndef WRIT_RUNTIME_METADATA_H
#define WRIT_RUNTIME_METADATA_H

#include "runtime/kernel_abi.h"

/* For seccomp_enter, before the sandbox's own filter: the kernel takes the stricter verdict. */
extern const struct bpf_program metadata_filter;

#endif
