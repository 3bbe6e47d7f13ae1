/*
 * Diagnostics: the policy is wrong. Coded (diag.def), with spans, many a run, never for a failed
 * operation of our own.
 *
 * A pass reports and goes on; it stops later passes by diag_list.errors being non-zero. At most
 * DIAG_MAX_ERRORS are kept, the rest are only counted, so that garbage can't fill memory.
 */
#ifndef WRIT_BASE_DIAG_H
#define WRIT_BASE_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/source.h"

#define DIAG_MAX_ERRORS   50u
#define DIAG_MAX_WARNINGS 500u

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

enum diag_code {
#define DIAG(code, severity, title, explanation) DIAG_##code,
#include "base/diag.def"
#undef DIAG
	DIAG__COUNT
};

struct diag_info {
	const char *code; /* "E0101" */
	enum diag_severity severity;
	const char *title;       /* a few words, for lists and SARIF */
	const char *explanation; /* a sentence or two */
};

/* A secondary place or remark: "note: role 'guest' declared here"; a help has SPAN_NONE. */
struct diag_note {
	bool is_help;
	struct span span;
	struct str text;
};

struct diag {
	enum diag_code code;
	enum diag_severity severity; /* the code's, or error under -W error */
	struct span span;
	struct str message;
	VEC(struct diag_note) notes;
};

/* A finding that the policy's author allows, in a comment, for a reason. */
struct diag_suppressed {
	struct diag diag;
	struct str reason;
};

struct diag_list {
	struct arena *arena;
	struct sources *sources;
	VEC(struct diag) items;
	VEC(struct diag_suppressed) suppressed; /* of no effect, for reports that show them */
	size_t errors;                          /* also those not kept */
	size_t warnings;                        /* also those not kept */
	struct diag overflow;                   /* where reports go that are not kept */
};

void diag_init(struct diag_list *list, struct arena *arena, struct sources *sources);

const struct diag_info *diag_info(enum diag_code code);

/* Never NULL; the result is for diag_note and diag_help, until the next diag_report. */
__attribute__((format(printf, 4, 5))) struct diag *diag_report(struct diag_list *list,
							       enum diag_code code,
							       struct span span, const char *format,
							       ...);

__attribute__((format(printf, 4, 5))) void diag_note(struct diag_list *list, struct diag *diag,
						     struct span span, const char *format, ...);

__attribute__((format(printf, 3, 4))) void diag_help(struct diag_list *list, struct diag *diag,
						     const char *format, ...);

/* Sorts by file and place (stable), as every printer and test wants it. */
void diag_sort(struct diag_list *list);

/* -W error: every kept warning becomes an error, in its severity and in the counts. */
void diag_promote_warnings(struct diag_list *list);

/*
 * Text: FILE:LINE:COL: error: message [code], the source line, a caret, then notes. Control bytes
 * and bidirectional overrides in the source line are shown escaped.
 */
void diag_print_text(const struct diag_list *list, FILE *out, bool color);

/*
 * A remark about a place that is no diagnostic, printed as one without a code: a test that failed,
 * or a note about it. Only the list's sources are used. The span may be in a generated file.
 */
void diag_print_remark(const struct diag_list *list, const struct diag_note *remark, bool is_error,
		       FILE *out, bool color);

#endif
