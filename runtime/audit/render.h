/*
 * From an event in the ring to a record: names for numbers, and secrets masked.
 */
#ifndef WRIT_AUDIT_RENDER_H
#define WRIT_AUDIT_RENDER_H

#include "runtime/audit/log_policy.h"
#include "runtime/audit/pack.h"
#include "runtime/audit/record.h"

/* What a record's texts are in until it is inserted. */
struct render {
	struct log_policies *policies;
	const struct log_policy *policy; /* of the last event */
	uint32_t number;
	struct mask *mask; /* of its arguments and texts; NULL: nothing of them may be written */
	struct unpacked unpacked;
	char session[17];
	char rule[4200];
	char texts[PACK__COUNT][8 * 1024];
	char args[64 * 1024];
};

/* The record of an event, but for its number; its texts are valid until the next one. */
void render_event(struct render *render, const struct packed *packed, struct record *record);

/* "decision"; NULL: no kind of an event. */
const char *render_kind(enum writ_event_kind kind);

#endif
