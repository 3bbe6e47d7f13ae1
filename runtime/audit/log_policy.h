/*
 * What the log knows of the policies that decided: their names, where their rules stand, and what
 * of arguments is to be masked. Made while the policy is there; the writer uses it later.
 */
#ifndef WRIT_AUDIT_LOG_POLICY_H
#define WRIT_AUDIT_LOG_POLICY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/audit/key.h"
#include "runtime/writ_info.h"
#include "runtime/writ_monitor.h"

struct log_policy;

/* Those of one log; all zeroes but the lock and the key is none. */
struct log_policies {
	const struct audit_key *key;
	struct writ_audit_terms options; /* what holds whatever a policy says */
	pthread_mutex_t lock;
	struct mask *defaults; /* for events of no policy */
	struct log_policy *newest;
	struct log_policy *_Atomic current; /* of the last event */
	uint32_t n;
};

struct log_policy_info {
	const char *name;
	int64_t version;
	const char *hash;  /* hexadecimal */
	struct mask *mask; /* NULL: the policy is long gone */
};

void log_policies_init(struct log_policies *policies, const struct audit_key *key);

/* When the key is there. Errors: of mask_new. */
WRIT_MUST_CHECK int log_policies_begin(struct log_policies *policies, struct writ_error *error);
void log_policies_fini(struct log_policies *policies);

/* Of the policy of an event. */
struct log_policy_ref {
	uint32_t number; /* 0: there is none */
	/* The stricter of what the options and the policy say. */
	struct writ_audit_terms terms;
};

/*
 * What has to be known of a policy is copied the first time it is seen. Any thread. -WRIT_E_NOMEM.
 */
WRIT_MUST_CHECK int log_policies_refer(struct log_policies *policies,
				       const struct writ_event *event, struct log_policy_ref *out);

/* For the writer only: what is known of a number.*/
const struct log_policy *log_policies_find(struct log_policies *policies, uint32_t number);
void log_policy_info(const struct log_policy *policy, struct log_policy_info *out);

/* "FILE:LINE:COL" of a rule, or its number. */
void log_policy_rule(const struct log_policy *policy, uint32_t rule, char *text, size_t size);

#endif
