/*
 * CSV as of RFC 4180: a line of names, lines that end in CR LF, quotes doubled in what is quoted.
 *
 * Two things go beyond it. What is not printable is shown as <U+XXXX>, so that a record is one line
 * for readers that know nothing of quotes. And text that a spreadsheet would take for a formula
 * (it begins with = + - @) gets an apostrophe in front, which it shows as text; jsonl has it as it
 * is.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/cli/format.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"

/* cli_print_safe writes to a stream; quotes are doubled on the way from its memory. */
static void print_quoted(FILE *out, const char *before, const char *text)
{
	(void)fprintf(out, "\"%s", before);
	for (; *text; text++) {
		if (*text == '"')
			(void)putc('"', out);
		(void)putc(*text, out);
	}
	(void)putc('"', out);
}

static void print_field(FILE *out, const char *text)
{
	const char *apostrophe = *text && strchr("=+-@", *text) ? "'" : "";

	if (strpbrk(text, "\",") || *text == ' ' || *text == '\0')
		print_quoted(out, apostrophe, text);
	else
		(void)fprintf(out, "%s%s", apostrophe, text);
}

static char *printable(const char *text)
{
	char *safe = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&safe, &size);

	if (!memory)
		return NULL;
	cli_print_safe(memory, text);
	if (fclose(memory)) {
		free(safe);
		return NULL;
	}
	return safe;
}

/* Nothing at all is NULL; an empty text is "". */
static void print_cell(FILE *out, const struct record_value *cell)
{
	char *copy;
	const char *text = format_text_of(cell, &copy);
	char *safe = text ? printable(text) : NULL;

	if (safe)
		print_field(out, safe);
	free(safe);
	free(copy);
}

void format_csv_header(struct output *output)
{
	(void)fputs("time", output->out);
	for (int i = 0; i < RECORD__COUNT; i++)
		(void)fprintf(output->out, ",%s", record_names[i]);
	(void)fputs("\r\n", output->out);
}

void format_csv(struct output *output, const struct record *record)
{
	char time[WHEN_SIZE];

	when_print(record->values[RECORD_WALL].number, time);
	(void)fputs(time, output->out);
	for (int i = 0; i < RECORD__COUNT; i++) {
		const struct record_value *cell = &record->values[i];

		(void)putc(',', output->out);
		if (cell->type == RECORD_INTEGER)
			(void)fprintf(output->out, "%" PRId64, cell->number);
		else
			print_cell(output->out, cell);
	}
	(void)fputs("\r\n", output->out);
}
