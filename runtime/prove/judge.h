/*
 * Expected and seen.
 */
#ifndef WRIT_PROVE_JUDGE_H
#define WRIT_PROVE_JUDGE_H

#include "runtime/prove/script.h"

/* Adds a row for each case, one for all folded ones of a group. */
void judge_cases(const struct prove_target *target, const struct prove_script *script,
		 const int64_t *with, const int64_t *without, struct prove_report *report);

/* An answer in words. */
const char *judge_answer(struct prove_report *report, int64_t answer);

#endif
