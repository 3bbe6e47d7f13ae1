/*
 * Alerts as somebody wants them: a file of lines, each a target or an alert.
 *
 *	to ops webhook https://hooks.example.com/services/T0/B0/x timeout 5s retries 3
 *	to page command /usr/local/bin/page --urgent
 *	to host syslog
 *	alert denials denials 20 in 1m by user to ops host every 10m
 *	alert escapes escapes to ops page
 *	alert slow limit duration 80% of 60s to host
 *	alert gaps gaps to ops
 *	alert reload reload-failures to ops
 *
 * A word may stand in double quotes; "#" begins a comment.
 */
#ifndef WRIT_AUDIT_ALERT_RULES_H
#define WRIT_AUDIT_ALERT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ALERT_MAX_FILE    65536
#define ALERT_MAX_RULES   64
#define ALERT_MAX_TARGETS 16
#define ALERT_MAX_WORDS   32
#define ALERT_MAX_COUNT   1000
#define ALERT_MAX_RETRIES 10
#define ALERT_MAX_TIMEOUT INT64_C(60000000) /* us */

enum alert_target_kind { ALERT_WEBHOOK, ALERT_COMMAND, ALERT_SYSLOG };

struct alert_target {
	enum alert_target_kind kind;
	const char *name;
	const char *url;
	const char *ca; /* certificates to trust instead of the system's; NULL: the system's */
	const char *argv[ALERT_MAX_WORDS];
	int64_t timeout_us;
	int64_t retries;
	int line;
	bool used;
};

enum alert_kind {
	ALERT_DENIALS,
	ALERT_ESCAPES,
	ALERT_DURATION,
	ALERT_MEMORY,
	ALERT_GAPS,
	ALERT_RELOADS,
};

#define ALERT_BY_NOTHING (-1)

struct alert_rule {
	enum alert_kind kind;
	const char *name;
	int64_t count;     /* so many */
	int64_t window_us; /* within; 0 of a count of 1 */
	int64_t limit;     /* of DURATION and MEMORY: above this, in us or bytes */
	int64_t every_us;  /* at most one alert in this time */
	int by;            /* an enum record_column, or ALERT_BY_NOTHING */
	size_t targets[ALERT_MAX_TARGETS];
	size_t n_targets;
};

struct alert_rules {
	struct alert_target targets[ALERT_MAX_TARGETS];
	struct alert_rule rules[ALERT_MAX_RULES];
	size_t n_targets;
	size_t n_rules;
	char text[ALERT_MAX_FILE + 1]; /* the file, cut into words, which the above point to */
};

/* What is found in a file: line and column from 1; line 0: the file as a whole. */
struct alert_findings {
	void (*tell)(void *context, int line, int column, bool is_error, const char *text);
	void *context;
	int errors;
	int warnings;
};

/*
 * Reads len bytes of a file's text into *rules, which is big: have it on the heap. Tells every
 * mistake; *rules is good only when there was no error.
 */
void alert_rules_read(const char *text, size_t len, struct alert_rules *rules,
		      struct alert_findings *findings);

#endif
