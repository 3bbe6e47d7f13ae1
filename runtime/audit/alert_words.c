/*
 * Lines become words: what is between blanks, or between double quotes, in which a backslash takes
 * the next character as it is. The text is cut in place, so a word lives as long as the text.
 */
#include "runtime/audit/alert_words.h"

#include <stdarg.h>
#include <string.h>

#include "runtime/audit/when.h"

__attribute__((format(printf, 3, 0))) static void tell(const struct alert_words *words,
						       bool is_error, const char *format,
						       va_list args)
{
	size_t last = words->at ? words->at - 1 : 0;
	int column = last < words->n ? words->columns[last] : words->end;
	char text[512];

	(void)vsnprintf(text, sizeof(text), format, args);
	if (is_error)
		words->findings->errors++;
	else
		words->findings->warnings++;
	words->findings->tell(words->findings->context, words->line, column, is_error, text);
}

bool alert_words_fail(const struct alert_words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(words, true, format, args);
	va_end(args);
	return false;
}

void alert_words_warn(const struct alert_words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(words, false, format, args);
	va_end(args);
}

/* From behind the first quote; *end goes behind the last. False: there is none. */
static bool cut_quoted(char *from, char **end)
{
	char *to = from;

	for (; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	if (!*from)
		return false;
	*end = from + 1;
	*to = '\0';
	return true;
}

static bool cut_word(struct alert_words *words, char *line, char **p)
{
	size_t i = words->n;
	char *end;

	if (i == ALERT_MAX_WORDS)
		return alert_words_fail(words, "more than %d words", ALERT_MAX_WORDS);
	words->columns[i] = (int)(*p - line) + 1;
	words->words[i] = **p == '"' ? *p + 1 : *p;
	words->n++;
	words->at = words->n;
	if (**p != '"') {
		*p += strcspn(*p, " \t");
		if (**p)
			*(*p)++ = '\0';
		return true;
	}
	if (!cut_quoted(*p + 1, &end))
		return alert_words_fail(words, "the quote is not closed");
	if (*end && *end != ' ' && *end != '\t')
		return alert_words_fail(words, "after a closing quote comes a blank");
	*p = end;
	return true;
}

bool alert_words_cut(struct alert_words *words, char *line)
{
	char *p = line;

	words->n = 0;
	words->at = 0;
	words->end = (int)strlen(line) + 1;
	for (p += strspn(p, " \t"); *p && *p != '#'; p += strspn(p, " \t")) {
		if (!cut_word(words, line, &p))
			return false;
	}
	words->at = 0;
	return true;
}

char *alert_words_take(struct alert_words *words)
{
	/* One past the end, so that what is missing is told there. */
	if (words->at >= words->n) {
		words->at = words->n + 1;
		return NULL;
	}
	return words->words[words->at++];
}

bool alert_words_accept(struct alert_words *words, const char *word)
{
	if (words->at >= words->n || strcmp(words->words[words->at], word) != 0)
		return false;
	words->at++;
	return true;
}

char *alert_words_need(struct alert_words *words, const char *what)
{
	char *word = alert_words_take(words);

	if (!word)
		(void)alert_words_fail(words, "%s is missing", what);
	return word;
}

bool alert_words_number(struct alert_words *words, const char *what, int64_t least, int64_t most,
			int64_t *number)
{
	char *word;

	word = alert_words_need(words, what);
	if (!word)
		return false;
	*number = 0;
	for (const char *p = word; *p; p++) {
		if (*p < '0' || *p > '9' || *number > most)
			return alert_words_fail(words, "%s is no number: '%s'", what, word);
		*number = *number * 10 + (*p - '0');
	}
	if (!*word || *number < least || *number > most)
		return alert_words_fail(words, "%s is from %lld to %lld, not '%s'", what,
					(long long)least, (long long)most, word);
	return true;
}

bool alert_words_span(struct alert_words *words, int64_t *us)
{
	char *word;

	word = alert_words_need(words, "a span of time (10s, 1m, 2h)");
	if (!word)
		return false;
	if (when_span(word, us) || *us == 0)
		return alert_words_fail(words, "'%s' is no span of time (10s, 1m, 2h)", word);
	return true;
}
