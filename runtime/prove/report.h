/*
 * The table that --prove prints, as text and as JSON.
 */
#ifndef WRIT_PROVE_REPORT_H
#define WRIT_PROVE_REPORT_H

#include <stdio.h>

#include "runtime/prove/prove.h"

/* One sandbox's part. error is NULL when it was proven, or why not. */
struct report_sandbox {
	const char *name;
	const char *error;
	const struct writ_sandbox *sandbox; /* for its warnings; NULL when it could not be opened */
	const struct prove_report *report;
};

/* What it was that was proven, where, by whom and when. */
struct report_head {
	const char *bundle;
	const char *policy;
	uint64_t version;
	const uint8_t *digest; /* WRIT_DIGEST_SIZE bytes */
	int landlock_abi;
};

struct report_total {
	size_t counts[3];  /* by enum prove_state */
	size_t n_unproven; /* sandboxes */
};

/* A way to print it: begin, then each sandbox, then end. */
struct report_format {
	const char *name;
	void (*begin)(FILE *out, const struct report_head *head);
	void (*sandbox)(FILE *out, const struct report_sandbox *sandbox, bool is_first);
	void (*end)(FILE *out, const struct report_head *head, const struct report_total *total);
};

extern const struct report_format report_text;
extern const struct report_format report_json;

#define REPORT_DATE_BYTES   32
#define REPORT_DIGEST_BYTES (2 * WRIT_DIGEST_SIZE + 1)

/* UTC, as in RFC 3339. */
void report_date(char text[REPORT_DATE_BYTES]);
void report_digest(const uint8_t *digest, char text[REPORT_DIGEST_BYTES]);

#endif
