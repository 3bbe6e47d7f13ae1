/*
 * May a launch have a procfs of its own?
 */
#ifndef WRIT_RUNTIME_PROC_PROBE_H
#define WRIT_RUNTIME_PROC_PROBE_H

#include <stdbool.h>

/*
 * False where the kernel gives none as the one on /proc is partly covered, as in containers. Tried
 * only there: elsewhere nothing is known against it.
 */
bool proc_may_be_mounted(void);

#endif
