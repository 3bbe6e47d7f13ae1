/*
 * What stands around each token: comments, line breaks, braces, statements.
 *
 * In come the tokens of a file without syntax errors and the spans of its comments; out goes one
 * list with everything that the formatter decides by. Invariant: all that is decided from a token's
 * neighbours (spaces, where a line may break) depends on tokens alone; of the layout only empty
 * lines, the place of comments and "written on one line" are kept. So formatting is idempotent.
 */
#include "front/fmt_tokens.h"

#include <assert.h>
#include <string.h>

#include "policy.tab.h"

struct reader {
	struct arena *arena;
	struct str text;
	const struct ast *ast;
	size_t comment; /* the next one */
	uint32_t end;   /* of what was read last */
	struct fmt_tokens *out;
};

static size_t count_newlines(struct str text, uint32_t begin, uint32_t end)
{
	size_t n = 0;

	for (uint32_t i = begin; i < end; i++)
		n += text.ptr[i] == '\n';
	return n;
}

static void read_comment(struct reader *reader, struct span span)
{
	size_t newlines = count_newlines(reader->text, reader->end, span.begin);
	struct fmt_comment comment = {
		.text = {reader->text.ptr + span.begin, span.end - span.begin},
		.trailing = !newlines && reader->out->tokens.n,
		.blank_before = newlines > 1,
	};

	vec_add(reader->arena, &reader->out->comments, comment);
	reader->end = span.end;
}

static void read_token(struct reader *reader, const struct token *in)
{
	struct fmt_token token = {
		.kind = in->kind,
		.text = {reader->text.ptr + in->span.begin, in->span.end - in->span.begin},
		.comments = reader->out->comments.n,
	};
	size_t newlines;

	while (reader->comment < reader->ast->comments.n &&
	       reader->ast->comments.items[reader->comment].begin < in->span.begin)
		read_comment(reader, reader->ast->comments.items[reader->comment++]);
	newlines = count_newlines(reader->text, reader->end, in->span.begin);
	token.n_comments = reader->out->comments.n - token.comments;
	token.newline_before = newlines > 0;
	token.blank_before = newlines > 1;
	reader->end = in->span.end;
	vec_add(reader->arena, &reader->out->tokens, token);
}

static void pair_braces(struct fmt_tokens *all)
{
	size_t opens[PARSE_MAX_DEPTH] = {0};
	size_t depth = 0;

	for (size_t i = 0; i < all->tokens.n; i++) {
		struct fmt_token *token = &all->tokens.items[i];

		if (token->kind == T_LBRACE)
			opens[depth++] = i;
		if (token->kind != T_RBRACE && token->kind != T_LIST_END)
			continue;
		assert(depth > 0);
		token->partner = opens[--depth];
		token->is_block = token->kind == T_RBRACE;
		all->tokens.items[token->partner].partner = i;
		all->tokens.items[token->partner].is_block = token->is_block;
	}
}

/* Where the marking is: which statement, in which blocks. */
struct marker {
	struct fmt_tokens *all;
	size_t statement; /* its first token */
	bool in_role[PARSE_MAX_DEPTH];
	size_t depth;
	bool seen_where; /* in this statement */
};

static bool is_word(const struct fmt_token *token)
{
	char c;

	if (!token->text.len)
		return false;
	c = token->text.ptr[0];
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("_.*-", c) != NULL;
}

/* Is there no space between two tokens that follow each other? */
static bool is_glued(const struct marker *marker, const struct fmt_token *left,
		     const struct fmt_token *token)
{
	bool in_role = marker->depth && marker->in_role[marker->depth - 1];

	if (token->kind == T_SEMICOLON || token->kind == T_COMMA || token->kind == T_RPAREN ||
	    token->kind == T_SLASH)
		return true;
	if (left->kind == T_LPAREN || left->kind == T_SLASH)
		return true;
	if (left->kind == T_LBRACE && left->is_block)
		return token->kind == T_RBRACE;
	if (left->kind == T_LBRACE || token->kind == T_LIST_END)
		return !left->in_set && !token->in_set;
	/* A call's; in a role's rule it groups a condition. */
	return token->kind == T_LPAREN && is_word(left) && !in_role;
}

/* In a rule: 'where' and what may follow it, if not the name of a tool. */
static enum fmt_break clause_break(struct marker *marker, size_t i)
{
	const struct fmt_token *token = &marker->all->tokens.items[i];

	if (!marker->depth || !marker->in_role[marker->depth - 1] || i < marker->statement + 2)
		return FMT_BREAK_NONE;
	if (token->kind == T_WHERE && !marker->seen_where) {
		marker->seen_where = true;
		return FMT_BREAK_HARD;
	}
	if (token->kind == T_AND || token->kind == T_OR || token->kind == T_USING ||
	    token->kind == T_RATE)
		return FMT_BREAK_SOFT;
	return FMT_BREAK_NONE;
}

static enum fmt_break break_before(struct marker *marker, size_t i)
{
	const struct fmt_token *token = &marker->all->tokens.items[i];
	const struct fmt_token *left = token - 1;

	if (i == marker->statement)
		return FMT_BREAK_NONE;
	if (left->in_set && left->kind == T_LBRACE)
		return FMT_BREAK_HARD;
	if (token->in_set && token->kind == T_LIST_END)
		return FMT_BREAK_HARD;
	if (left->kind == T_COMMA)
		return FMT_BREAK_SOFT;
	return clause_break(marker, i);
}

/* "set x : hosts { ... }": its braces and all between them. */
static void mark_set(struct fmt_tokens *all, size_t open)
{
	for (size_t i = open; i <= all->tokens.items[open].partner; i++)
		all->tokens.items[i].in_set = true;
}

static void enter_statement(struct marker *marker, size_t first)
{
	marker->statement = first;
	marker->seen_where = false;
}

static void mark_token(struct marker *marker, size_t i)
{
	struct fmt_token *tokens = marker->all->tokens.items;
	struct fmt_token *token = &tokens[i];
	int head = tokens[marker->statement].kind;

	if (token->kind == T_LBRACE && !token->is_block && head == T_SET && !marker->depth)
		mark_set(marker->all, i);
	token->before = break_before(marker, i);
	if (i)
		token->glued = is_glued(marker, token - 1, token);
	if (i != marker->statement || token->kind == T_RBRACE)
		token->blank_before = false;
	if (token->kind == T_LBRACE && token->is_block)
		marker->in_role[marker->depth++] = head == T_ROLE;
	if (token->kind == T_RBRACE)
		marker->depth--;
	if (token->kind == T_SEMICOLON ||
	    ((token->kind == T_LBRACE || token->kind == T_RBRACE) && token->is_block))
		enter_statement(marker, i + 1);
}

void fmt_tokens_read(struct arena *arena, struct str text, const struct tokens *tokens,
		     const struct ast *ast, struct fmt_tokens *out)
{
	struct reader reader = {.arena = arena, .text = text, .ast = ast, .out = out};
	struct marker marker = {.all = out};

	for (size_t i = 0; i < tokens->n; i++)
		read_token(&reader, &tokens->items[i]);
	pair_braces(out);
	for (size_t i = 0; i < out->tokens.n; i++)
		mark_token(&marker, i);
}
