/*
 * Findings that the policy's author allows:
 *
 *	allow *;    # writ: allow W0102 this role is for the machine's owner
 *
 * A comment behind something speaks of its own line; one on a line of its own, of the next line
 * that holds more than a comment. Several codes are separated by commas. The reason is kept, for
 * reports that show what was silenced. Errors stay, and so do findings about suppressions.
 */
#include "lint/rules.h"

#include <string.h>

#define MAX_CODES 16u /* in one comment */

struct suppression {
	enum diag_code code;
	struct span span; /* of the code in the comment */
	uint32_t line;    /* that it is for */
	struct str reason;
	uint32_t next; /* of the same line, or IR_NONE */
	bool used;
};

struct suppressions {
	VEC(struct suppression) items;
	struct map lines; /* "FILE:LINE" to the first */

	/* The last suppression that was read: comments are read from the last to the first, so that
	 * the lines of a block are walked once. */
	uint32_t file;
	uint32_t line;
	uint32_t target; /* the line it is for */
};

/* What is left of a comment while it is read; at is its offset in the file. */
struct rest {
	struct str text;
	uint32_t at;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip(struct rest *rest, size_t n)
{
	rest->text.ptr += n;
	rest->text.len -= n;
	rest->at += (uint32_t)n;
}

static void skip_blanks(struct rest *rest)
{
	while (rest->text.len && is_blank(rest->text.ptr[0]))
		skip(rest, 1);
}

static bool take(struct rest *rest, struct str word)
{
	skip_blanks(rest);
	if (!lint_begins_with(rest->text, word))
		return false;
	skip(rest, word.len);
	return true;
}

static struct str take_word(struct rest *rest)
{
	size_t n = 0;

	skip_blanks(rest);
	while (n < rest->text.len && !is_blank(rest->text.ptr[n]) && rest->text.ptr[n] != ',')
		n++;
	skip(rest, n);
	return (struct str){rest->text.ptr - n, n};
}

static bool find_code(struct str word, enum diag_code *code)
{
	for (int i = 0; i < DIAG__COUNT; i++) {
		if (str_eq_cstr(word, diag_info((enum diag_code)i)->code)) {
			*code = (enum diag_code)i;
			return true;
		}
	}
	return false;
}

static void report_unknown(struct lint *lint, struct span span, struct str word)
{
	struct diag *diag = diag_report(lint->diags, DIAG_W0192, span, "there is no finding '%.*s'",
					STR_ARG(word));

	for (int i = 0; i < DIAG__COUNT; i++) {
		const struct diag_info *info = diag_info((enum diag_code)i);

		if (info->severity == DIAG_WARNING &&
		    str_distance(str_from(info->code), word, 1) <= 1) {
			diag_help(lint->diags, diag, "did you mean '%s'?", info->code);
			return;
		}
	}
	diag_help(lint->diags, diag, "'writc explain-code' lists the codes");
}

static struct str line_text(const struct lint *lint, uint32_t file, uint32_t line)
{
	struct rest rest = {source_line(lint->diags->sources, file, line), 0};

	skip_blanks(&rest);
	return rest.text;
}

/* The line that a comment is about. */
static uint32_t line_of(const struct lint *lint, struct suppressions *all, struct span comment)
{
	const struct source_file *file = &lint->diags->sources->files.items[comment.file];
	uint32_t first = source_line_col(lint->diags->sources, comment.file, comment.begin).line;
	uint32_t line = first;

	while (line < file->line_starts.n) {
		struct str text = line_text(lint, comment.file, line);

		if (text.len && text.ptr[0] != '#')
			break;
		line++;
		if (all->file == comment.file && all->line == line) {
			line = all->target;
			break;
		}
	}
	all->file = comment.file;
	all->line = first;
	all->target = line;
	return line;
}

static struct str line_key(struct lint *lint, uint32_t file, uint32_t line)
{
	return str_printf(lint->arena, "%u:%u", file, line);
}

static void add(struct lint *lint, struct suppressions *out, const struct suppression *added)
{
	struct str key = line_key(lint, added->span.file, added->line);
	uint32_t index = (uint32_t)out->items.n, first = IR_NONE;
	struct suppression *item = vec_push(lint->arena, &out->items);

	*item = *added;
	item->next = IR_NONE;
	if (map_put(lint->arena, &out->lines, key, index) || !map_get(&out->lines, key, &first))
		return;
	item->next = out->items.items[first].next;
	out->items.items[first].next = index;
}

/* Codes with commas between them; the number of those that are known goes into codes. */
static size_t take_codes(struct lint *lint, struct rest *rest, uint32_t file,
			 struct suppression *codes)
{
	size_t n = 0;

	do {
		struct str word = take_word(rest);
		struct span span = {file, rest->at - (uint32_t)word.len, rest->at};

		if (!word.len)
			continue;
		if (n == MAX_CODES || !find_code(word, &codes[n].code) ||
		    diag_info(codes[n].code)->severity == DIAG_ERROR) {
			report_unknown(lint, span, word);
			continue;
		}
		codes[n++].span = span;
	} while (take(rest, STR(",")));
	return n;
}

static void read_comment(struct lint *lint, struct suppressions *out, struct span comment)
{
	struct str text = lint->diags->sources->files.items[comment.file].text;
	struct rest rest = {{text.ptr + comment.begin, comment.end - comment.begin}, comment.begin};
	struct suppression codes[MAX_CODES] = {0};
	uint32_t line;
	size_t n;

	if (!take(&rest, STR("#")) || !take(&rest, STR("writ:")) || !take(&rest, STR("allow")))
		return;
	n = take_codes(lint, &rest, comment.file, codes);
	skip_blanks(&rest);
	if (!rest.text.len) {
		diag_report(lint->diags, DIAG_W0190, comment,
			    "say why: # writ: allow CODE the reason");
		return;
	}
	line = line_of(lint, out, comment);
	for (size_t i = 0; i < n; i++) {
		codes[i].line = line;
		codes[i].reason = rest.text;
		add(lint, out, &codes[i]);
	}
}

static struct suppression *suppression_of(struct lint *lint, struct suppressions *all,
					  const struct diag *diag)
{
	struct line_col at;
	uint32_t index = IR_NONE;

	if (diag->severity != DIAG_WARNING || diag->span.file == SPAN_NO_FILE)
		return NULL;
	at = source_line_col(lint->diags->sources, diag->span.file, diag->span.begin);
	if (!map_get(&all->lines, line_key(lint, diag->span.file, at.line), &index))
		return NULL;
	for (; index != IR_NONE; index = all->items.items[index].next) {
		if (all->items.items[index].code == diag->code)
			return &all->items.items[index];
	}
	return NULL;
}

static void take_out(struct lint *lint, struct suppressions *all)
{
	struct diag_list *diags = lint->diags;
	size_t kept = 0;

	for (size_t i = 0; all->items.n && i < diags->items.n; i++) {
		struct diag *diag = &diags->items.items[i];
		struct suppression *by = suppression_of(lint, all, diag);

		if (!by) {
			diags->items.items[kept++] = *diag;
			continue;
		}
		by->used = true;
		diags->warnings--;
		vec_add(diags->arena, &diags->suppressed,
			((struct diag_suppressed){.diag = *diag, .reason = by->reason}));
	}
	if (all->items.n)
		diags->items.n = kept;
}

void lint_suppress(struct lint *lint)
{
	/* Of findings that were not kept it is not known what they would have needed. */
	bool complete = lint->diags->warnings <= DIAG_MAX_WARNINGS;
	struct suppressions all = {0};

	for (size_t i = lint->ast->comments.n; i > 0; i--)
		read_comment(lint, &all, lint->ast->comments.items[i - 1]);
	take_out(lint, &all);
	for (size_t i = 0; complete && i < all.items.n; i++) {
		const struct suppression *item = &all.items.items[i];

		if (!item->used)
			diag_report(lint->diags, DIAG_W0191, item->span,
				    "line %u has no finding %s", item->line,
				    diag_info(item->code)->code);
	}
}
