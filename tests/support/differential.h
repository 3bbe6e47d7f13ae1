/*
 * A policy twice: as IR for the reference evaluator and as an opened bundle for writ_check; and
 * whether the two decide a call alike. For the unit tests and the fuzzer.
 */
#ifndef WRIT_TESTS_DIFFERENTIAL_H
#define WRIT_TESTS_DIFFERENTIAL_H

#include <stdbool.h>

#include "compile.h"
#include "runtime/writ.h"
#include "support/gen_policy.h"

struct differential {
	struct compilation compilation;
	struct writ_policy *policy;
	char why[768]; /* what went wrong when it could not be made */
};

/* Generates and compiles a policy and opens it. False with why when one of these fails. */
bool differential_open(struct differential *pair, uint64_t *random);
void differential_close(struct differential *pair);

/*
 * NULL when both decide alike, by the same rule and for the same sandbox; else what each said, with
 * the call and the policy, to be freed. *verdict is the reference's. The arena is for its work.
 */
char *differential_compare(const struct differential *pair, struct arena *arena,
			   const struct gen_call *call, enum writ_verdict_id *verdict);

/* The runtime's verdict alone. */
enum writ_verdict_id differential_decide(const struct differential *pair,
					 const struct gen_call *call);

#endif
