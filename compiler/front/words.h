/*
 * Words that mean something in one place only: keywords, and the fixed lists of types, classes,
 * kinds and units.
 */
#ifndef WRIT_FRONT_WORDS_H
#define WRIT_FRONT_WORDS_H

#include "front/build.h"

enum keyword_place { KEYWORD_WORD, KEYWORD_SECTION, KEYWORD_DECL };

struct keyword {
	struct str text;
	enum keyword_place place;
};

/* Index of text in keywords.def, or -1. */
int keyword_find(struct str text);

/* The row of a valid index. */
const struct keyword *keyword_at(int index);

struct word {
	const char *text;
	int value;
};

struct word_list {
	const char *what; /* "type" */
	const struct word *words;
	size_t n;
};

extern const struct word_list words_param_type;
extern const struct word_list words_arg_type;
extern const struct word_list words_class;
extern const struct word_list words_set_kind;
extern const struct word_list words_rate_unit;
extern const struct word_list words_audit_full;

/* True and *value set when the text at span is in list, else reported. */
bool words_match(struct parse *parse, const struct word_list *list, struct span span, int *value);

/* The distance up to which a name counts as a misspelling of another. */
unsigned words_near(struct str text);

#endif
