/*
 * Diagnostics as text: FILE:LINE:COL: error: message [code], the source line, a caret.
 *
 * Messages and source lines may hold anything an attacker wrote; what is printed is always one line
 * each, without control or reordering characters (utf8.c), and never longer than a terminal can
 * bear: of a longer line only the part around the caret is shown. Tabs of the line are kept in the
 * line of the caret, so that it stands right whatever a tab is worth.
 */
#include "base/diag.h"

#include <string.h>

#include "base/utf8.h"

#define PRINT_COLUMNS 160u /* of a source line, the rest is "..." */
#define PRINT_LEAD    80u  /* bytes before the caret, when the line is cut in front */

struct paint {
	const char *error;
	const char *warning;
	const char *note;
	const char *help;
	const char *caret;
	const char *bold;
	const char *off;
};

static const struct paint paint_none = {"", "", "", "", "", "", ""};
static const struct paint paint_ansi = {"\033[1;31m", "\033[1;35m", "\033[1;36m", "\033[1;36m",
					"\033[1;32m", "\033[1m",    "\033[0m"};

struct printer {
	const struct diag_list *list;
	FILE *out;
	const struct paint *paint;
};

/* A source line cut to what is shown, with the span inside it, in bytes from its begin. */
struct excerpt {
	struct str line;
	size_t mark_begin;
	size_t mark_end;
	bool cut_front;
};

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static struct excerpt excerpt_make(const struct sources *sources, struct span span)
{
	struct line_col at = source_line_col(sources, span.file, span.begin);
	struct str line = source_line(sources, span.file, at.line);
	size_t begin = at.col - 1 < line.len ? at.col - 1 : line.len;
	size_t end = begin + (span.end > span.begin ? span.end - span.begin : 0);
	size_t from = 0;

	if (end > line.len)
		end = line.len;
	if (begin > PRINT_COLUMNS - PRINT_LEAD / 2)
		from = begin - PRINT_LEAD;
	while (from > 0 && from < begin && is_continuation(line.ptr[from]))
		from++;
	return (struct excerpt){
		.line = {line.ptr + from, line.len - from},
		.mark_begin = begin - from,
		.mark_end = end - from,
		.cut_front = from > 0,
	};
}

/* Prints the line and sets *shown to the bytes of it that were. */
static void print_line(FILE *out, const struct excerpt *excerpt, size_t *shown)
{
	unsigned total = 0;
	unsigned columns = 0;
	size_t i = 0;

	fputs(excerpt->cut_front ? "..." : "", out);
	while (i < excerpt->line.len && total < PRINT_COLUMNS) {
		struct str rest = {excerpt->line.ptr + i, excerpt->line.len - i};

		if (rest.ptr[0] == '\t') {
			fputc('\t', out);
			columns = 1;
			i++;
		} else {
			i += utf8_print_one(out, rest, &columns);
		}
		total += columns;
	}
	fputs(i < excerpt->line.len ? "...\n" : "\n", out);
	*shown = i;
}

static void print_times(FILE *out, char c, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		fputc(c, out);
}

/* Spaces and tabs up to the mark, then a caret and tildes over the rest of it. */
static void print_mark(FILE *out, const struct excerpt *excerpt, size_t shown)
{
	size_t end = excerpt->mark_end < shown ? excerpt->mark_end : shown;
	unsigned marked = 0;
	unsigned columns = 0;
	size_t i = 0;

	while (i < excerpt->mark_begin && i < shown) {
		struct str rest = {excerpt->line.ptr + i, excerpt->line.len - i};

		if (rest.ptr[0] == '\t') {
			fputc('\t', out);
			i++;
			continue;
		}
		i += utf8_print_one(NULL, rest, &columns);
		print_times(out, ' ', columns);
	}
	while (i < end) {
		i += utf8_print_one(NULL,
				    (struct str){excerpt->line.ptr + i, excerpt->line.len - i},
				    &columns);
		marked += columns;
	}
	fputc('^', out);
	print_times(out, '~', marked > 1 ? marked - 1 : 0);
}

static void print_excerpt(const struct printer *printer, struct span span)
{
	struct excerpt excerpt = excerpt_make(printer->list->sources, span);
	size_t shown = 0;

	print_line(printer->out, &excerpt, &shown);
	fputs(excerpt.cut_front ? "   " : "", printer->out);
	fputs(printer->paint->caret, printer->out);
	print_mark(printer->out, &excerpt, shown);
	fputs(printer->paint->off, printer->out);
	fputc('\n', printer->out);
}

static void print_place(const struct printer *printer, struct span span)
{
	const struct sources *sources = printer->list->sources;
	struct line_col at;

	if (span.file == SPAN_NO_FILE)
		return;
	at = source_line_col(sources, span.file, span.begin);
	fputs(printer->paint->bold, printer->out);
	utf8_print(printer->out, sources->files.items[span.file].path);
	fprintf(printer->out, ":%u:%u: %s", at.line, at.col, printer->paint->off);
}

struct label {
	const char *color;
	const char *word;
};

static void print_remark(const struct printer *printer, const struct diag_note *note,
			 struct label label)
{
	print_place(printer, note->span);
	fprintf(printer->out, "%s%s: %s", label.color, label.word, printer->paint->off);
	utf8_print(printer->out, note->text);
	fputc('\n', printer->out);
	if (note->span.file != SPAN_NO_FILE)
		print_excerpt(printer, note->span);
}

static void print_note(const struct printer *printer, const struct diag_note *note)
{
	const struct paint *paint = printer->paint;
	struct label label = {paint->note, "note"};

	if (note->is_help)
		label = (struct label){paint->help, "help"};
	print_remark(printer, note, label);
}

static void print_diag(const struct printer *printer, const struct diag *diag)
{
	const struct paint *paint = printer->paint;
	bool error = diag->severity == DIAG_ERROR;

	print_place(printer, diag->span);
	fprintf(printer->out, "%s%s: %s%s", error ? paint->error : paint->warning,
		error ? "error" : "warning", paint->off, paint->bold);
	utf8_print(printer->out, diag->message);
	fprintf(printer->out, "%s [%s]\n", paint->off, diag_info(diag->code)->code);
	if (diag->span.file != SPAN_NO_FILE)
		print_excerpt(printer, diag->span);
	for (size_t i = 0; i < diag->notes.n; i++)
		print_note(printer, &diag->notes.items[i]);
}

void diag_print_text(const struct diag_list *list, FILE *out, bool color)
{
	struct printer printer = {list, out, color ? &paint_ansi : &paint_none};

	for (size_t i = 0; i < list->items.n; i++)
		print_diag(&printer, &list->items.items[i]);
}

void diag_print_remark(const struct diag_list *list, const struct diag_note *remark, bool is_error,
		       FILE *out, bool color)
{
	struct printer printer = {list, out, color ? &paint_ansi : &paint_none};
	struct diag_note mapped = *remark;

	mapped.span = source_map(list->sources, remark->span);
	if (is_error)
		print_remark(&printer, &mapped, (struct label){printer.paint->error, "error"});
	else
		print_note(&printer, &mapped);
}
