/*
 * Keyword lookup, and the fixed lists of words.
 *
 * keywords.def is sorted, so a lookup is a binary search; the unit tests check the order. A word
 * that is in none of its list's rows is reported with the list and, where one is near, a
 * suggestion.
 */
#include "front/words.h"

static const struct keyword keywords[] = {
#define KEYWORD(token, text, place) {{text, sizeof(text) - 1}, KEYWORD_##place},
#include "grammar/keywords.def"
#undef KEYWORD
};

static const struct word param_types[] = {
	{"path", AST_TYPE_PATH},     {"host", AST_TYPE_HOST}, {"port", AST_TYPE_PORT},
	{"int", AST_TYPE_INT},       {"size", AST_TYPE_SIZE}, {"duration", AST_TYPE_DURATION},
	{"string", AST_TYPE_STRING},
};

static const struct word arg_types[] = {
	{"string", AST_TYPE_STRING}, {"path", AST_TYPE_PATH}, {"url", AST_TYPE_URL},
	{"host", AST_TYPE_HOST},     {"int", AST_TYPE_INT},   {"bool", AST_TYPE_BOOL},
};

static const struct word classes[] = {
	{"read", AST_CLASS_READ},
	{"write", AST_CLASS_WRITE},
	{"execute", AST_CLASS_EXECUTE},
	{"admin", AST_CLASS_ADMIN},
};

static const struct word set_kinds[] = {
	{"paths", AST_SET_PATHS},
	{"hosts", AST_SET_HOSTS},
	{"syscalls", AST_SET_SYSCALLS},
	{"tools", AST_SET_TOOLS},
};

/* Their values are seconds. */
static const struct word rate_units[] = {
	{"second", 1},
	{"minute", 60},
	{"hour", 3600},
	{"day", 86400},
};

static const struct word audit_full[] = {
	{"block", AST_AUDIT_BLOCK},
	{"deny", AST_AUDIT_DENY},
	{"drop", AST_AUDIT_DROP},
};

#define LIST(what, words)                                                                          \
	{                                                                                          \
		(what), (words), sizeof(words) / sizeof((words)[0])                                \
	}

const struct word_list words_param_type = LIST("type of parameter", param_types);
const struct word_list words_arg_type = LIST("type of argument", arg_types);
const struct word_list words_class = LIST("tool class", classes);
const struct word_list words_set_kind = LIST("kind of set", set_kinds);
const struct word_list words_rate_unit = LIST("unit of time", rate_units);
const struct word_list words_audit_full = LIST("thing to do when the log is full", audit_full);

int keyword_find(struct str text)
{
	size_t low = 0;
	size_t high = sizeof(keywords) / sizeof(keywords[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(text, keywords[middle].text);

		if (order == 0)
			return (int)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

const struct keyword *keyword_at(int index)
{
	return &keywords[index];
}

unsigned words_near(struct str text)
{
	return text.len <= 3 ? 1 : 2;
}

static const char *word_nearest(const struct word_list *list, struct str text)
{
	unsigned best = words_near(text) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < list->n; i++) {
		unsigned distance = str_distance(text, str_from(list->words[i].text), best);

		if (distance < best) {
			best = distance;
			nearest = list->words[i].text;
		}
	}
	return nearest;
}

static struct str word_list_text(struct arena *arena, const struct word_list *list)
{
	struct str text = str_from(list->words[0].text);

	for (size_t i = 1; i < list->n; i++)
		text = str_printf(arena, "%.*s%s%s", STR_ARG(text), i + 1 < list->n ? ", " : " or ",
				  list->words[i].text);
	return text;
}

bool words_match(struct parse *parse, const struct word_list *list, struct span span, int *value)
{
	struct str text = parse_text_at(parse, span);
	struct str all;
	const char *nearest;
	struct diag *diag;

	for (size_t i = 0; i < list->n; i++) {
		if (!str_eq_cstr(text, list->words[i].text))
			continue;
		*value = list->words[i].value;
		return true;
	}
	nearest = word_nearest(list, text);
	all = word_list_text(parse->arena, list);
	diag = diag_report(parse->diags, DIAG_E0016, span, "unknown %s '%.*s': it is one of %.*s",
			   list->what, STR_ARG(text), STR_ARG(all));
	if (nearest)
		diag_help(parse->diags, diag, "did you mean '%s'?", nearest);
	return false;
}
