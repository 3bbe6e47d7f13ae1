/*
 * Alerts on their way to whom they are for.
 */
#ifndef WRIT_AUDIT_ALERT_DELIVER_H
#define WRIT_AUDIT_ALERT_DELIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/audit/alert_engine.h"

/* What waits for one target at most; what comes then is counted and told with the next. */
#define ALERT_MAX_QUEUE 32

struct deliveries;

/* rules are borrowed; what becomes of each alert is printed to log. NULL: no memory. */
struct deliveries *deliveries_new(const struct alert_rules *rules, FILE *log);

/* Queues an alert for each of its targets. Never waits. */
void deliveries_add(struct deliveries *deliveries, const struct alert *alert);

/* Starts what can be started, and takes note of what has ended. Never waits. */
void deliveries_poll(struct deliveries *deliveries);

/* Is nothing queued or on its way? */
bool deliveries_idle(const struct deliveries *deliveries);

/* Has every one arrived that has ended? */
bool deliveries_all_arrived(const struct deliveries *deliveries);

/* Ends what is on its way. NULL is allowed. */
void deliveries_free(struct deliveries *deliveries);

#endif
