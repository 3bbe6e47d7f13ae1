/*
 * Zygotes, and the children that wait in them.
 */
#ifndef WRIT_TESTS_SUPPORT_ZYGOTES_H
#define WRIT_TESTS_SUPPORT_ZYGOTES_H

#include <sys/types.h>

#include "runtime/writ.h"

#define ZYGOTES_MAX_CHILDREN 64

struct writ_zygote *open_zygote(const struct writ_sandbox *sandbox, size_t n);

/* Children of the calling thread, running or not; how many. */
size_t list_children(pid_t pids[ZYGOTES_MAX_CHILDREN]);
size_t count_children(void);

#endif
