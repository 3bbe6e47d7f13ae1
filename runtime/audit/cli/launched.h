/*
 * Events of a launch of `writ run`.
 */
#ifndef WRIT_AUDIT_LAUNCHED_H
#define WRIT_AUDIT_LAUNCHED_H

#include "runtime/cli/cli.h"

/* Both: 0, or not 0 when something could not be recorded. */
int launched_record_start(char *const *command, const struct cli_report *report,
			  int (*record)(struct writ_event *event));

/*
 * What was refused in the network and of files, and then the end. create_us: how long it took until
 * the command was executed. failure: why nothing was launched, or NULL.
 */
int launched_record_end(const struct cli_report *report, uint64_t create_us, const char *failure,
			int (*record)(struct writ_event *event));

#endif
