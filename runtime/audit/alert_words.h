/*
 * The words of a line, taken one by one.
 */
#ifndef WRIT_AUDIT_ALERT_WORDS_H
#define WRIT_AUDIT_ALERT_WORDS_H

#include "runtime/audit/alert_rules.h"

struct alert_words {
	char *words[ALERT_MAX_WORDS];
	int columns[ALERT_MAX_WORDS];
	size_t n;
	size_t at; /* the next to take */
	int line;
	int end; /* the column behind the last */
	struct alert_findings *findings;
};

/* Cuts a line into words in place: false after an error was told. */
bool alert_words_cut(struct alert_words *words, char *line);

/* The next word, or NULL at the end. */
char *alert_words_take(struct alert_words *words);

/* Takes the next word if it is this one. */
bool alert_words_accept(struct alert_words *words, const char *word);

/* Takes the next word, which is what; NULL, and an error is told, when there is none. */
char *alert_words_need(struct alert_words *words, const char *what);

/* A decimal number from least to most. */
bool alert_words_number(struct alert_words *words, const char *what, int64_t least, int64_t most,
			int64_t *number);

/* A span of time, not 0. */
bool alert_words_span(struct alert_words *words, int64_t *us);

/* Tells an error at the word that was taken last; false, for returning. */
__attribute__((format(printf, 2, 3))) bool alert_words_fail(const struct alert_words *words,
							    const char *format, ...);
__attribute__((format(printf, 2, 3))) void alert_words_warn(const struct alert_words *words,
							    const char *format, ...);

#endif
