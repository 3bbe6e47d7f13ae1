/*
 * Keywords and limits with their docs, from the tables; and the word at a place.
 */
#include "lsp/words.h"

#include <string.h>

static const struct {
	const char *word;
	const char *doc;
} keyword_docs[] = {
#define DOC(text, doc) {text, doc},
#include "lsp/keyword_docs.def"
#undef DOC
};

static const struct {
	const char *word;
	const char *doc;
} limit_docs[] = {
#define LIMIT(id, name, unit, doc) {name, doc},
#include "runtime/limits.def"
#undef LIMIT
};

#define N_KEYWORDS (sizeof(keyword_docs) / sizeof(keyword_docs[0]))
#define N_LIMITS   (sizeof(limit_docs) / sizeof(limit_docs[0]))

const char *words_keyword_doc(struct str word)
{
	for (size_t i = 0; i < N_KEYWORDS; i++) {
		if (str_eq_cstr(word, keyword_docs[i].word))
			return keyword_docs[i].doc;
	}
	return NULL;
}

const char *words_keyword(size_t index)
{
	return index < N_KEYWORDS ? keyword_docs[index].word : NULL;
}

const char *words_limit_doc(struct str word)
{
	for (size_t i = 0; i < N_LIMITS; i++) {
		if (str_eq_cstr(word, limit_docs[i].word))
			return limit_docs[i].doc;
	}
	return NULL;
}

const char *words_limit(size_t index)
{
	return index < N_LIMITS ? limit_docs[index].word : NULL;
}

bool words_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.*-@", c));
}

struct str words_at(struct str text, size_t offset)
{
	size_t begin = offset, end = offset;

	while (begin > 0 && words_is_letter(text.ptr[begin - 1]))
		begin--;
	while (end < text.len && words_is_letter(text.ptr[end]))
		end++;
	return (struct str){text.ptr + begin, end - begin};
}
