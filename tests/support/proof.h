/*
 * A policy and the bytes that were made of it, for tests that change the bytes.
 */
#ifndef WRIT_TESTS_PROOF_H
#define WRIT_TESTS_PROOF_H

#include "ir/ir.h"
#include "support/bundle_maker.h"

struct proof_subject {
	const struct ir_policy *policy;
	struct test_bundle bundle;
};

/* Compiles text, which must have no errors. */
struct proof_subject proof_make(const char *text);

/*
 * What the provers find wrong with the bundle, NUL-terminated; "" when nothing. Everything is held
 * against the policy but filters, calls and what else is only listed. The bytes need not be such
 * that libwrit takes them, but for the section table.
 */
const char *proof_run(struct arena *arena, const struct proof_subject *subject);

#endif
