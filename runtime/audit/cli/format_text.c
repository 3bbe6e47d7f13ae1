/*
 * Text for people: a line a record, begun by its time, number and verdict (or kind), and then what
 * there is to say of it as name=value. A value that is not a plain word is quoted, so that no
 * tool's name can look like more than a name.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/cli/format.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"

static const struct colour {
	const char *word;
	const char *code;
} colours[] = {
	{"allow", "\033[32m"}, {"deny", "\033[31m"}, {"ask", "\033[33m"},
	{"gap", "\033[35m"},   {"file", "\033[31m"},
};
#define N_COLOURS (sizeof(colours) / sizeof(colours[0]))

static const enum record_column shown[] = {
	RECORD_VERDICT, RECORD_USER,    RECORD_ROLE,   RECORD_TOOL,   RECORD_REASON,
	RECORD_RULE,    RECORD_SANDBOX, RECORD_STATUS, RECORD_SIGNAL, RECORD_DURATION,
	RECORD_PEAK,    RECORD_BYTES,   RECORD_DETAIL, RECORD_ERROR,  RECORD_ARGS,
};
#define N_SHOWN (sizeof(shown) / sizeof(shown[0]))

/* A plain word; UTF-8 above ASCII is one too, as cli_print_safe shows what of it is not. */
static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p <= ' ' || strchr("\"\\=", *p))
			return false;
	}
	return *text != '\0';
}

/* With the bytes that end a quotation behind a backslash. */
static void print_quoted(FILE *out, const char *text)
{
	char piece[512];

	(void)putc('"', out);
	while (*text) {
		size_t n = strcspn(text, "\"\\");

		if (n == 0) {
			(void)fprintf(out, "\\%c", *text++);
			continue;
		}
		/* Cut between characters: no continuation byte begins the next piece. */
		if (n >= sizeof(piece)) {
			n = sizeof(piece) - 1;
			while (n > sizeof(piece) - 4 && ((unsigned char)text[n] & 0xc0) == 0x80)
				n--;
		}
		memcpy(piece, text, n);
		piece[n] = '\0';
		cli_print_safe(out, piece);
		text += n;
	}
	(void)putc('"', out);
}

static void print_value(FILE *out, enum record_column column, const struct record_value *cell)
{
	char *copy;
	const char *text = format_text_of(cell, &copy);

	/* Arguments are an object of the log's own making. */
	if (text && (column == RECORD_ARGS || is_plain(text)))
		cli_print_safe(out, text);
	else if (text)
		print_quoted(out, text);
	free(copy);
}

static void print_word(const struct output *output, const char *word)
{
	const char *code = NULL;

	for (size_t i = 0; output->colour && i < N_COLOURS; i++) {
		if (strcmp(colours[i].word, word) == 0)
			code = colours[i].code;
	}
	(void)fputs(code ? code : "", output->out);
	cli_print_safe(output->out, word);
	(void)fputs(code ? "\033[0m" : "", output->out);
	for (size_t n = strlen(word); n < 10; n++)
		(void)putc(' ', output->out);
}

void format_text(struct output *output, const struct record *record)
{
	const struct record_value *kind = &record->values[RECORD_KIND];
	const struct record_value *verdict = &record->values[RECORD_VERDICT];
	const char *word = kind->text ? kind->text : "?";
	char time[WHEN_SIZE];

	if (verdict->text && strcmp(word, "decision") == 0)
		word = verdict->text;
	when_print(record->values[RECORD_WALL].number, time);
	(void)fprintf(output->out, "%s %6" PRId64 "  ", time, record->values[RECORD_SEQ].number);
	print_word(output, word);
	for (size_t i = 0; i < N_SHOWN; i++) {
		const struct record_value *cell = &record->values[shown[i]];

		/* What begins the line is not said twice. */
		if (cell->type == RECORD_NULL || cell->text == word)
			continue;
		(void)fprintf(output->out, " %s=", record_names[shown[i]]);
		if (cell->type == RECORD_INTEGER)
			(void)fprintf(output->out, "%" PRId64, cell->number);
		else
			print_value(output->out, shown[i], cell);
	}
	(void)putc('\n', output->out);
}
