/*
 * Tokens up to the cursor, and the blocks and the statement they leave open.
 *
 * Invariant: depth counts every open brace, also beyond MAX_DEPTH, where blocks are not remembered;
 * a declaration's keyword at the begin of a line behind a finished statement closes whatever is
 * open, so that a missing brace above does no harm below.
 */
#include "lsp/place.h"

#include <string.h>

#include "front/words.h"
#include "lsp/words.h"

#define MAX_DEPTH 64u

struct statement {
	struct str lead, marker, prev, callee;
};

struct frame {
	enum block block;
	struct str kind;
	struct statement outer; /* that goes on behind a list */
};

struct scan {
	struct str text;
	size_t at;
	struct frame frames[MAX_DEPTH];
	size_t depth;
	struct statement now;
};

static const struct {
	enum block outer, inner;
	const char *lead;
} blocks[] = {
	{BLOCK_TOP, BLOCK_TOOL, "tool"},           {BLOCK_TOP, BLOCK_SANDBOX, "sandbox"},
	{BLOCK_TOP, BLOCK_ROLE, "role"},           {BLOCK_TOP, BLOCK_SET, "set"},
	{BLOCK_TOP, BLOCK_TEST, "test"},           {BLOCK_TOP, BLOCK_AUDIT, "audit"},
	{BLOCK_TEST, BLOCK_BOX_TEST, "sandbox"},   {BLOCK_SANDBOX, BLOCK_FILESYSTEM, "filesystem"},
	{BLOCK_SANDBOX, BLOCK_NETWORK, "network"}, {BLOCK_SANDBOX, BLOCK_SYSCALLS, "syscalls"},
	{BLOCK_SANDBOX, BLOCK_LIMITS, "limits"},   {BLOCK_SANDBOX, BLOCK_ENV, "env"},
};

static const char *const markers[] = {"extends", "where", "using", "rate", "errno", "with", ":"};

static enum block block_now(const struct scan *scan)
{
	if (!scan->depth)
		return BLOCK_TOP;
	return scan->depth <= MAX_DEPTH ? scan->frames[scan->depth - 1].block : BLOCK_UNKNOWN;
}

static enum block block_opened(const struct scan *scan)
{
	enum block outer = block_now(scan);

	if (str_eq_cstr(scan->now.prev, "in"))
		return outer == BLOCK_SYSCALLS ? BLOCK_VALUE_LIST : BLOCK_LIST;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (blocks[i].outer == outer && str_eq_cstr(scan->now.lead, blocks[i].lead))
			return blocks[i].inner;
	}
	return BLOCK_UNKNOWN;
}

static void open_block(struct scan *scan)
{
	struct frame frame = {block_opened(scan), scan->now.prev, scan->now};

	if (scan->depth < MAX_DEPTH)
		scan->frames[scan->depth] = frame;
	scan->depth++;
	scan->now = (struct statement){0};
}

static void close_block(struct scan *scan)
{
	enum block closed = block_now(scan);

	scan->now = (struct statement){0};
	if (!scan->depth)
		return;
	scan->depth--;
	if (closed == BLOCK_LIST || closed == BLOCK_VALUE_LIST) {
		scan->now = scan->frames[scan->depth].outer;
		scan->now.prev = STR("}");
	}
}

static bool begins_line(const struct scan *scan, struct str token)
{
	return token.ptr == scan->text.ptr || token.ptr[-1] == '\n';
}

static bool is_declaration(struct str word)
{
	int row = keyword_find(word);

	return row >= 0 && keyword_at(row)->place == KEYWORD_DECL;
}

static void take_word(struct scan *scan, struct str token)
{
	if (!scan->now.lead.len && begins_line(scan, token) && is_declaration(token))
		scan->depth = 0;
	if (!scan->now.lead.len)
		scan->now.lead = token;
	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
		if (str_eq_cstr(token, markers[i]))
			scan->now.marker = token;
	}
	scan->now.prev = token;
}

static void take(struct scan *scan, struct str token)
{
	switch (token.ptr[0]) {
	case '{':
		open_block(scan);
		break;
	case '}':
		close_block(scan);
		break;
	case ';':
		scan->now = (struct statement){0};
		break;
	case '(':
		scan->now.callee = scan->now.prev;
		scan->now.prev = token;
		break;
	case ')':
		scan->now.callee = (struct str){0};
		scan->now.prev = token;
		break;
	default:
		take_word(scan, token);
	}
}

/* Behind a string or comment that begins at `at`; an unclosed one ends at its line's end. */
static size_t skip(struct str text, size_t at)
{
	bool string = text.ptr[at] == '"';

	for (at++; at < text.len && text.ptr[at] != '\n'; at++) {
		if (string && text.ptr[at] == '"')
			return at + 1;
		if (string && text.ptr[at] == '\\' && at + 1 < text.len)
			at++;
	}
	return at;
}

static size_t token_end(struct str text, size_t at)
{
	size_t end = at;

	while (end < text.len && words_is_letter(text.ptr[end]))
		end++;
	if (end > at)
		return end;
	if (strchr("=!<>", text.ptr[at]) && at + 1 < text.len && text.ptr[at + 1] == '=')
		return at + 2;
	return at + 1;
}

/* Is a "${" open where the text ends? */
static bool is_in_param(struct str text)
{
	size_t at = text.len;

	while (at > 0 && words_is_letter(text.ptr[at - 1]))
		at--;
	return at > 1 && text.ptr[at - 1] == '{' && text.ptr[at - 2] == '$';
}

/* Reads all tokens; says in what the text ends. */
static enum place_inside scan_all(struct scan *scan)
{
	while (scan->at < scan->text.len) {
		char c = scan->text.ptr[scan->at];
		size_t end;

		if (c && strchr(" \t\r\n", c)) {
			scan->at++;
			continue;
		}
		if (c != '#' && c != '"') {
			end = token_end(scan->text, scan->at);
			take(scan, (struct str){scan->text.ptr + scan->at, end - scan->at});
			scan->at = end;
			continue;
		}
		end = skip(scan->text, scan->at);
		if (end == scan->text.len &&
		    (c == '#' || end == scan->at + 1 || scan->text.ptr[end - 1] != '"'))
			return c == '#' ? PLACE_COMMENT : PLACE_STRING;
		if (c == '"')
			take(scan, (struct str){scan->text.ptr + scan->at, end - scan->at});
		scan->at = end;
	}
	return PLACE_CODE;
}

struct place place_at(struct str text, size_t offset)
{
	struct scan scan = {0};
	struct place place = {0};
	size_t word = offset;

	while (word > 0 && words_is_letter(text.ptr[word - 1]))
		word--;
	scan.text = (struct str){text.ptr, word};
	place.inside = scan_all(&scan);
	if (place.inside != PLACE_COMMENT && is_in_param((struct str){text.ptr, offset}))
		place.inside = PLACE_PARAM;
	place.block = block_now(&scan);
	if (scan.depth && scan.depth <= MAX_DEPTH)
		place.kind = scan.frames[scan.depth - 1].kind;
	place.lead = scan.now.lead;
	place.marker = scan.now.marker;
	place.prev = scan.now.prev;
	place.callee = scan.now.callee;
	place.word = (uint32_t)word;
	return place;
}
