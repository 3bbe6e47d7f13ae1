/*
 * Which records are worth an alert.
 */
#ifndef WRIT_AUDIT_ALERT_ENGINE_H
#define WRIT_AUDIT_ALERT_ENGINE_H

#include "runtime/audit/alert_rules.h"
#include "runtime/audit/record.h"

/* Whose denials are counted at once, of one rule; who has been quiet for longest is forgotten. */
#define ALERT_MAX_SUBJECTS 256

struct alert {
	const struct alert_rule *rule;
	int64_t wall_us;
	int64_t seq;       /* of the record that made it; 0: none did, it tells of withheld ones */
	int64_t count;     /* in the window */
	int64_t withheld;  /* alerts of this rule since its last one, by "every" */
	char subject[128]; /* whose, of a rule that counts by something; else "" */
	char text[512];    /* one line; what of it comes from records may hold any character */
};

struct alert_engine;

/* Takes an alert, which is valid during the call. */
typedef void alert_emit(void *context, const struct alert *alert);

/* rules are borrowed. NULL: no memory. */
struct alert_engine *alert_engine_new(const struct alert_rules *rules, alert_emit *emit,
				      void *context);
void alert_engine_free(struct alert_engine *engine);

/* Takes the next record; calls emit for each alert that it makes. */
void alert_engine_feed(struct alert_engine *engine, const struct record *record);

/* The log was cut off or replaced behind a record: each rule about gaps tells it. */
void alert_engine_lost(struct alert_engine *engine, int64_t now_us, int64_t seq);

/* Tells of alerts that were withheld, once it is time. */
void alert_engine_tick(struct alert_engine *engine, int64_t now_us);

#endif
