/*
 * The words that a decision is written with, in records and in metrics alike.
 */
#ifndef WRIT_AUDIT_DECISION_WORDS_H
#define WRIT_AUDIT_DECISION_WORDS_H

#include "runtime/writ.h"

#define DECISION_VERDICTS (WRIT_ALLOW + 1)
#define DECISION_REASONS  (WRIT_NOT_RECORDED + 1)

/* By enum writ_verdict and enum writ_reason. */
extern const char *const decision_verdicts[DECISION_VERDICTS];
extern const char *const decision_reasons[DECISION_REASONS];

#endif
