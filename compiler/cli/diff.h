/*
 * The forms in which `writc diff` writes what it found, all to standard output.
 */
#ifndef WRIT_CLI_DIFF_H
#define WRIT_CLI_DIFF_H

#include "ir/ir_diff.h"

struct diff_report {
	const char *old_path;
	const char *new_path;
	const struct ir_diff *diff;
};

void diff_text(const struct diff_report *report);
void diff_json(const struct diff_report *report);
void diff_markdown(const struct diff_report *report);
void diff_sarif(const struct diff_report *report);

/* "role", ...; "widened", ...: as JSON has them. */
const char *diff_subject_name(enum ir_diff_subject subject);
const char *diff_effect_name(enum ir_diff_effect effect);

/* "+", "-" or "~". */
char diff_sign(enum ir_diff_effect effect);

/* "2 widened, 1 narrowed": those of which there are any. */
void diff_put_summary(const struct ir_diff *diff);

/* A text of a policy from who knows where: what could act on a terminal becomes \xHH. */
void diff_put_text(struct str text);

/* As much of a text as somebody reads; JSON has all. */
struct str diff_clip(struct str text);

#endif
