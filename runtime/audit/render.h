/*
 * From an event in the ring to a record: names for numbers, and secrets masked.
 */
#ifndef WRIT_AUDIT_RENDER_H
#define WRIT_AUDIT_RENDER_H

#include "runtime/audit/log_policy.h"
#include "runtime/audit/pack.h"
#include "runtime/audit/record.h"

/* The longest texts of one record, and room for those of some. */
#define RENDER_MAX_SESSION 17 /* 16 digits */
#define RENDER_MAX_RULE    4200
#define RENDER_MAX_TEXT    ((size_t)8 * 1024)
#define RENDER_MAX_ARGS    ((size_t)64 * 1024)
#define RENDER_MAX_RECORD                                                                          \
	(RENDER_MAX_SESSION + RENDER_MAX_RULE + PACK__COUNT * RENDER_MAX_TEXT + RENDER_MAX_ARGS)
#define RENDER_ROOM ((size_t)160 * 1024)
_Static_assert(RENDER_ROOM >= RENDER_MAX_RECORD + (size_t)32 * 1024, "room for some records");

/* What records' texts are in until they are inserted. */
struct render {
	struct log_policies *policies;
	const struct log_policy *policy; /* of the last event */
	uint32_t number;
	struct mask *mask; /* of its arguments and texts; NULL: nothing of them may be written */
	struct unpacked unpacked;
	size_t used; /* of room */
	char room[RENDER_ROOM];
};

/* Whatever was rendered is no longer needed. */
void render_clear(struct render *render);

/* Is there room for another event, however long its texts are? Once, always after render_clear. */
bool render_has_room(const struct render *render);

/* The record of an event, but for its number; its texts are valid until render_clear. */
void render_event(struct render *render, const struct packed *packed, struct record *record);

/* "decision"; NULL: no kind of an event. */
const char *render_kind(enum writ_event_kind kind);

#endif
