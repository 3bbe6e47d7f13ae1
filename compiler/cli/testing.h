/*
 * `writc test`: what its parts share.
 *
 * A file is compiled, its bundle opened once for each set of parameters that its tests bind, and
 * every expectation is asked of it. What came out is a list of results, which one of the printers
 * turns into text, JUnit XML, JSON or TAP.
 */
#ifndef WRIT_CLI_TESTING_H
#define WRIT_CLI_TESTING_H

#include "cli/bound.h"
#include "judge/judge.h"
#include "judge/why.h"

struct test_result {
	struct span span;    /* of the expectation */
	struct str question; /* the expectation as it is written, on one line */
	bool passed;
	struct str message;          /* what came instead; empty when it passed */
	VEC(struct diag_note) notes; /* why; likewise */
};

struct test_block {
	struct str name;
	struct span span;
	struct str error; /* why it can't be run; empty when it can */
	size_t failed;
	VEC(struct test_result) results;
};

/* What the tests asked for. One entry for each thing in the bundle. */
struct test_cover {
	bool *decided;                    /* by rule */
	bool *missed;                     /* by rule: its condition kept it from matching */
	bool *asked;                      /* by sandbox */
	bool **grants[JUDGE_LIST__COUNT]; /* by sandbox and index in the list: it decided */
};

struct test_file {
	const char *path;
	struct input input;
	int status; /* CLI_INPUT when it could not be compiled: then there is nothing else */
	struct judge judge;
	VEC(struct test_block) blocks;
	size_t n_results, n_failed, n_errors; /* errors: blocks that can't be run */
	struct test_cover cover;
};

/* What coverage consists of. */
struct test_gap {
	struct span span; /* or SPAN_NONE */
	struct str text;
};

struct test_coverage {
	size_t points, covered;    /* rules that can decide, and conditions both ways */
	VEC(struct test_gap) gaps; /* the missing points, in source order */
	size_t grants, grants_asked;
	VEC(struct test_gap) unasked; /* sandboxes, and statements of sandboxes: not in points */
};

/* Everything between the file and the results. Errors of the file itself are printed at once. */
void test_run(struct test_file *file, const char *path);
void test_file_fini(struct test_file *file);

void test_cover_init(struct test_file *file);
void test_cover_rules(struct test_file *file, const struct why_rules *rules, uint32_t decided);
void test_cover_grant(struct test_file *file, uint32_t sandbox, const struct judgement *judgement);
void test_cover_sum(const struct test_file *file, struct test_coverage *out);

/* One question of a block. */
struct test_question {
	struct test_file *file;
	const struct bound *bound;
	struct test_result *result;
};

void test_ask_call(const struct test_question *question, const struct ast_expect *expect);
void test_ask_sandbox(const struct test_question *question, uint32_t sandbox,
		      const struct ast_box_expect *expect);

/* A string of a test with the values of its parameters. */
struct str test_text(const struct test_question *question, const struct ast_text *text);

/* The place of something in the IR, as a span. */
struct span test_place(const struct test_file *file, const struct ir_origin *origin);

/* files: of which the last n may be unusable. */
struct test_report {
	const struct test_file *files;
	size_t n;
	const struct test_coverage *coverage; /* by file, or NULL when it was not asked for */
	bool below;                           /* the coverage is less than what is demanded */
	unsigned minimum;
};

void test_print_text(const struct test_report *report);
void test_print_junit(const struct test_report *report);
void test_print_json(const struct test_report *report);
void test_print_tap(const struct test_report *report);

/* Per cent of all files together, rounded down; 100 when there is nothing to cover. */
unsigned test_percent(const struct test_report *report);

/* "FILE:LINE:COL" of a span. */
struct str test_where(const struct test_file *file, struct span span);

#endif
