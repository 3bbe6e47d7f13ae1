/*
 * What came of a launch with a fault, beside the undisturbed one.
 */
#ifndef TESTS_FAULTS_COMPARE_H
#define TESTS_FAULTS_COMPARE_H

#include <stdbool.h>

#include "inject.h"

#define COMPARE_WHY_BYTES    1024
#define COMPARE_INSIDE_BYTES 4096

struct outcome {
	struct inject_run run;
	char inside[COMPARE_INSIDE_BYTES]; /* what the prober found */
	bool is_answered; /* the keeper makes calls for the tool, and they may be what fails */
};

enum verdict {
	REFUSED, /* the tool was not run, and writ said so */
	HELD,    /* it was, with every wall */
	BROKEN,
};

/* With BROKEN, why holds what is wrong. */
enum verdict compare(const struct outcome *baseline, const struct outcome *outcome,
		     char why[COMPARE_WHY_BYTES]);

/* Does the baseline differ from a run without a sandbox wherever there is to be a wall? */
bool control_differs(const struct outcome *baseline, const struct outcome *bare,
		     char why[COMPARE_WHY_BYTES]);

/* Is this fault no fault of a launch? compare.c has the reasons. */
bool is_excepted(long number, int error, bool always);

const char *call_name(long number);

#endif
