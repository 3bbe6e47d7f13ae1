/*
 * A line for the system's log.
 */
#ifndef WRIT_AUDIT_ALERT_SYSLOG_H
#define WRIT_AUDIT_ALERT_SYSLOG_H

#define ALERT_SYSLOG_PATH "/dev/log"

/* 0, or an errno: nobody is there who takes it. Facility authpriv, priority warning. */
int alert_syslog_send(const char *path, const char *line);

#endif
