/*
 * An alarm, by which system calls that should not wait, and do, end with EINTR. All raw: for the
 * keeper.
 */
#ifndef WRIT_RUNTIME_NET_ALARM_H
#define WRIT_RUNTIME_NET_ALARM_H

#include <stdbool.h>

/* Makes SIGALRM interrupt, and do nothing else, in the calling process. 0 or a negative errno. */
int net_alarm_init(void);

/* On: within some milliseconds, and again, until it is off. */
void net_alarm_set(bool on);

#endif
