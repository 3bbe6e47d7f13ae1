/*
 * The formats that records can be printed in, and what these share.
 *
 * A cell may hold any bytes, as tools' names and arguments come from agents. Whatever the format, a
 * record is one line of printable characters: none can end a line, drive a terminal or look like
 * two records.
 */
#include "runtime/audit/cli/format.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cli/cli.h"

static const struct record_format formats[] = {
	{"text", "query tail", NULL, format_text, NULL},
	{"json", "query", format_json_begin, format_json, format_json_end},
	{"csv", "query", format_csv_header, format_csv, NULL},
	{"jsonl", "query tail export", NULL, format_jsonl, NULL},
	{"cef", "export", NULL, format_cef, NULL},
	{"ocsf", "export", NULL, format_ocsf, NULL},
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct record_format *format_find(const char *verb, const char *name)
{
	char known[128] = "";

	for (size_t i = 0; i < N_FORMATS; i++) {
		if (!strstr(formats[i].uses, verb))
			continue;
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
		(void)snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			       *known ? ", " : "", formats[i].name);
	}
	(void)cli_fail(EXIT_USAGE, "audit %s: --format takes %s, not '%s'", verb, known, name);
	return NULL;
}

#define SYMBOL_FOR_NULL "\xe2\x90\x80"

const char *format_text_of(const struct record_value *cell, char **copy)
{
	char *to;

	*copy = NULL;
	if (!cell->text || !memchr(cell->text, '\0', cell->len))
		return cell->text;
	to = *copy = malloc(cell->len * strlen(SYMBOL_FOR_NULL) + 1);
	for (size_t i = 0; to && i < cell->len; i++) {
		const char *from = cell->text[i] ? &cell->text[i] : SYMBOL_FOR_NULL;
		size_t len = cell->text[i] ? 1 : strlen(SYMBOL_FOR_NULL);

		memcpy(to, from, len);
		to += len;
	}
	if (to)
		*to = '\0';
	return *copy;
}

/* It came from elsewhere: what is not one whole object is a string like any other. */
static bool print_object(FILE *out, const struct record_value *cell)
{
	json_t *object = NULL;
	bool printed;

	if (cell->text && cell->text[0] == '{')
		object = json_loadb(cell->text, cell->len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
				    NULL);
	printed = object && json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII) == 0;
	json_decref(object);
	return printed;
}

void format_json_cell(FILE *out, const struct record_value *cell, bool may_be_object)
{
	char *copy;
	const char *text = format_text_of(cell, &copy);

	if (!text)
		(void)fputs("null", out);
	else if (!may_be_object || !print_object(out, cell))
		cli_json_string(out, text);
	free(copy);
}
