/*
 * Prints the tokens of a policy again, with canonical white space.
 *
 * A statement is printed on one line when nothing is in the way; else it is broken where its tokens
 * say. Comments belong to the token they stand before: those that stood at the end of a line are
 * printed there, the others on lines of their own. Invariant: every token and every comment is
 * printed once, in order.
 */
#include "front/fmt.h"

#include <string.h>

#include "front/fmt_tokens.h"
#include "policy.tab.h"

#define INDENT       2u /* of a block's statements */
#define CONTINUATION 4u /* of a statement's second line */
#define SILENCER     "# writ:"

struct printer {
	struct arena *arena;
	const struct fmt_token *tokens;
	const struct fmt_comment *comments;
	char *out;
	size_t n;
	size_t cap;
	size_t column;
	bool opened; /* a block, or the file, began: no empty line yet */
};

static size_t width_of(struct str text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.len; i++)
		width += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return width;
}

static void put(struct printer *printer, struct str text)
{
	if (printer->cap - printer->n < text.len) {
		size_t cap = printer->cap * 2 + text.len;

		printer->out = arena_grow(printer->arena, printer->out, printer->cap, cap);
		printer->cap = cap;
	}
	memcpy(printer->out + printer->n, text.ptr, text.len);
	printer->n += text.len;
	printer->column += width_of(text);
}

static void start_line(struct printer *printer, size_t indent, bool blank)
{
	if (printer->n)
		put(printer, blank && !printer->opened ? STR("\n\n") : STR("\n"));
	printer->opened = false;
	printer->column = 0;
	for (size_t i = 0; i < indent; i++)
		put(printer, STR(" "));
}

static bool has_blank(const struct printer *printer, const struct fmt_token *token)
{
	bool blank = token->blank_before;

	for (size_t i = 0; i < token->n_comments; i++)
		blank = blank || printer->comments[token->comments + i].blank_before;
	return blank;
}

/* The comments before a token; separate puts an empty line before the first line begun. */
static void put_comments(struct printer *printer, const struct fmt_token *token, size_t indent,
			 bool *separate)
{
	for (size_t i = 0; i < token->n_comments; i++) {
		const struct fmt_comment *comment = &printer->comments[token->comments + i];

		if (comment->trailing) {
			put(printer, STR("  "));
		} else {
			start_line(printer, indent, comment->blank_before || *separate);
			*separate = false;
		}
		put(printer, comment->text);
	}
}

/* Ends the line before a token, with its comments, and begins that of the token. */
static void lead_to(struct printer *printer, size_t at, size_t comment_indent, size_t indent)
{
	bool separate = false;

	put_comments(printer, &printer->tokens[at], comment_indent, &separate);
	start_line(printer, indent, printer->tokens[at].blank_before);
}

static void put_token(struct printer *printer, size_t at)
{
	put(printer, printer->tokens[at].text);
}

static void put_flat(struct printer *printer, size_t first, size_t last)
{
	put_token(printer, first);
	for (size_t i = first + 1; i <= last; i++) {
		if (!printer->tokens[i].glued)
			put(printer, STR(" "));
		put_token(printer, i);
	}
}

/* The width of a token and the space before it. */
static size_t advance(const struct fmt_token *token)
{
	return !token->glued + width_of(token->text);
}

/* Would the tokens up to the next place to break stand on this line? */
static bool run_fits(const struct printer *printer, size_t first, size_t last)
{
	size_t column = printer->column + advance(&printer->tokens[first]);

	for (size_t i = first + 1; i <= last && column <= FMT_WIDTH; i++) {
		const struct fmt_token *token = &printer->tokens[i];

		if (token->before != FMT_BREAK_NONE || token->n_comments)
			break;
		column += advance(token);
	}
	return column <= FMT_WIDTH;
}

/* A statement, or the head of a block, on several lines. */
static void put_broken(struct printer *printer, size_t first, size_t last, size_t indent)
{
	put_token(printer, first);
	for (size_t i = first + 1; i <= last; i++) {
		const struct fmt_token *token = &printer->tokens[i];
		bool soft = token->before == FMT_BREAK_SOFT && !run_fits(printer, i, last);
		size_t inner = indent + (token->in_set ? INDENT : CONTINUATION);

		if (token->n_comments || soft || token->before == FMT_BREAK_HARD)
			lead_to(printer, i, inner,
				token->in_set && token->kind == T_LIST_END ? indent : inner);
		else if (!token->glued)
			put(printer, STR(" "));
		put_token(printer, i);
		if (token->in_set && token->kind == T_LBRACE)
			printer->opened = true;
	}
}

/* Do the tokens stand on one line, from its indent on? */
static bool fits(const struct printer *printer, size_t first, size_t last, size_t indent)
{
	size_t column = indent + width_of(printer->tokens[first].text);

	for (size_t i = first + 1; i <= last && column <= FMT_WIDTH; i++) {
		if (printer->tokens[i].n_comments)
			return false;
		column += advance(&printer->tokens[i]);
	}
	return column <= FMT_WIDTH;
}

/* Was a block written on one line, without others in it? An empty one always was. */
static bool is_short_block(const struct printer *printer, size_t first, size_t open)
{
	size_t close = printer->tokens[open].partner;

	if (close == open + 1)
		return true;
	for (size_t i = first + 1; i <= close; i++) {
		const struct fmt_token *token = &printer->tokens[i];

		if (token->newline_before || (i > open && i < close && token->is_block))
			return false;
	}
	return true;
}

static bool is_silencer(const struct fmt_comment *comment)
{
	return comment->trailing && comment->text.len >= strlen(SILENCER) &&
	       memcmp(comment->text.ptr, SILENCER, strlen(SILENCER)) == 0;
}

/*
 * Was it written on one line, with a comment behind it that silences a lint? Such a comment speaks
 * of its line: broken, the statement would leave it behind.
 */
static bool is_silenced(const struct printer *printer, size_t first, size_t last)
{
	const struct fmt_token *next = &printer->tokens[last + 1];

	if (!next->n_comments || !is_silencer(&printer->comments[next->comments]))
		return false;
	for (size_t i = first + 1; i <= last; i++) {
		if (printer->tokens[i].newline_before || printer->tokens[i].n_comments)
			return false;
	}
	return true;
}

struct statement {
	size_t first;
	size_t head; /* its ';', or the '{' of its block */
	size_t last; /* with ';'s that follow and say nothing */
	bool is_block;
	bool flat; /* on one line */
};

static struct statement statement_at(const struct printer *printer, size_t first, size_t indent)
{
	const struct fmt_token *tokens = printer->tokens;
	struct statement statement = {.first = first, .head = first};

	while (tokens[statement.head].kind != T_SEMICOLON && !tokens[statement.head].is_block)
		statement.head++;
	statement.is_block = tokens[statement.head].is_block;
	statement.last = statement.head;
	if (statement.is_block)
		statement.last = tokens[statement.head].partner;
	while (tokens[statement.last + 1].kind == T_SEMICOLON &&
	       !tokens[statement.last + 1].n_comments)
		statement.last++;
	statement.flat = (!statement.is_block || is_short_block(printer, first, statement.head)) &&
			 (fits(printer, first, statement.last, indent) ||
			  is_silenced(printer, first, statement.last));
	return statement;
}

static void put_head(struct printer *printer, const struct statement *statement, size_t indent)
{
	size_t last = statement->is_block ? statement->head : statement->last;

	if (fits(printer, statement->first, last, indent))
		put_flat(printer, statement->first, last);
	else
		put_broken(printer, statement->first, last, indent);
}

/* The '}' of a block and what is left of its statement. */
static void put_close(struct printer *printer, const struct statement *statement, size_t indent)
{
	size_t close = printer->tokens[statement->head].partner;

	if (close > statement->head + 1 || printer->tokens[close].n_comments)
		lead_to(printer, close, indent + INDENT, indent);
	put_flat(printer, close, statement->last);
}

/* Statements of a block, from first to before end. The scanner bounds how deep blocks nest. */
static void put_statements(struct printer *printer, size_t first, size_t end, size_t indent)
{
	bool after_tall = false;
	bool is_first = true;

	while (first < end) {
		const struct fmt_token *token = &printer->tokens[first];
		struct statement statement = statement_at(printer, first, indent);
		bool tall = after_tall || (!statement.flat && !is_first);
		bool separate = tall && !indent && !has_blank(printer, token);

		put_comments(printer, token, indent, &separate);
		start_line(printer, indent, token->blank_before || separate);
		if (statement.flat)
			put_flat(printer, first, statement.last);
		else
			put_head(printer, &statement, indent);
		if (!statement.flat && statement.is_block) {
			printer->opened = true;
			put_statements(printer, statement.head + 1,
				       printer->tokens[statement.head].partner, indent + INDENT);
			put_close(printer, &statement, indent);
		}
		printer->opened = false;
		after_tall = !statement.flat;
		is_first = false;
		first = statement.last + 1;
	}
}

static struct str print_all(struct arena *arena, const struct fmt_tokens *all)
{
	struct printer printer = {
		.arena = arena,
		.tokens = all->tokens.items,
		.comments = all->comments.items,
		.out = arena_alloc(arena, 0),
		.opened = true,
	};
	size_t end = all->tokens.n - 1;
	bool separate = false;

	put_statements(&printer, 0, end, 0);
	put_comments(&printer, &printer.tokens[end], 0, &separate);
	if (printer.n)
		put(&printer, STR("\n"));
	return (struct str){printer.out, printer.n};
}

int fmt_source(struct arena *arena, struct diag_list *diags, uint32_t file, struct str *out)
{
	size_t errors = diags->errors;
	struct ast ast = {.version_span = SPAN_NONE};
	struct tokens tokens = {0};
	struct fmt_tokens all = {0};

	parse_alone(diags, file, &ast, &tokens);
	if (diags->errors > errors)
		return -1;
	fmt_tokens_read(arena, diags->sources->files.items[file].text, &tokens, &ast, &all);
	*out = print_all(arena, &all);
	return 0;
}
