/*
 * Events in the ring: a bounded copy of a struct writ_event in one piece of memory.
 */
#ifndef WRIT_AUDIT_PACK_H
#define WRIT_AUDIT_PACK_H

#include "runtime/audit/key.h"
#include "runtime/audit/ring.h"
#include "runtime/writ_audit.h"

/* Values of a call, with those inside lists, and lists inside lists, that are recorded. */
#define PACK_MAX_VALUES 256
#define PACK_MAX_ITEMS  64 /* of one list */
#define PACK_MAX_DEPTH  8

enum pack_text {
	PACK_USER = 0,
	PACK_ROLE,
	PACK_TOOL,
	PACK_SANDBOX,
	PACK_DETAIL,
	PACK_ERROR,
	PACK__COUNT
};

/* What goes with an event that is not in it. */
struct pack_stamp {
	uint64_t wall_us;
	uint64_t mono_us;
	uint32_t policy; /* log_policy.h; 0: none */
};

/* An event in the ring; texts and arguments follow. */
struct packed {
	struct ring_entry entry;
	struct pack_stamp stamp;
	uint32_t rule;
	uint32_t generation;
	uint64_t session;
	uint64_t duration_us;
	uint64_t peak_bytes;
	uint64_t bytes;
	int32_t status;
	int32_t signal;
	uint16_t n_args; /* of the call; those inside lists follow theirs */
	uint8_t kind;
	uint8_t verdict;
	uint8_t reason;
	uint8_t unused[3];
	uint16_t lens[PACK__COUNT]; /* UINT16_MAX: NULL */
};

/* What packing needs to know before there is room for it. */
struct pack_plan {
	const struct writ_event *event;
	const unsigned char *key; /* KEY_SIZE bytes: of the hashes of values that are cut */
	uint32_t size;            /* of the entry */
	size_t lens[PACK__COUNT];
	size_t left; /* bytes of values for which there is room */
	size_t n;    /* values, with those inside lists */
	struct pack_value {
		size_t len;    /* of its text */
		uint32_t kept; /* bytes that are copied; items, of a list */
		uint16_t name_len;
	} values[PACK_MAX_VALUES];
};

void pack_plan(struct pack_plan *plan, const struct writ_event *event, const unsigned char *key);

/* Copies to an entry of plan->size bytes, all but its header. */
void pack_event(const struct pack_plan *plan, const struct pack_stamp *stamp, struct packed *out);

/* Copies to be read again; pointers are into the entry. */
struct unpacked {
	struct writ_event event;                     /* policy is NULL */
	struct writ_arg values[2 * PACK_MAX_VALUES]; /* the call's arguments first */
	size_t n;
	size_t lens[PACK__COUNT];
};

void pack_read(const struct packed *packed, struct unpacked *out);

#endif
