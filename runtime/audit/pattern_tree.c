/*
 * Reading POSIX extended regular expressions, as of grep -E.
 *
 * In: a text. Out: a tree, or why it is none. The language is what regcomp(3) of the GNU C library
 * takes with REG_EXTENDED in the C locale, where a byte is a character: compiling a policy has
 * asked that. \w \W \s \S are as there. What can't be matched in linear time, or not byte by byte,
 * is refused: back-references, word boundaries, and collating elements of several bytes.
 *
 * A text of n bytes makes at most 2n + 2 nodes, so they are allocated at once; parsing recurses
 * once a group, of which there may be PATTERN_MAX_DEPTH within one another.
 */
#include "runtime/audit/pattern_tree.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"

struct parse {
	struct tree *tree;
	const unsigned char *at; /* NUL-terminated */
	unsigned depth;
	bool fold;
	const char *wrong;       /* why it is no expression, or */
	const char *unsupported; /* why it is none of ours */
};

static uint32_t add_node(struct parse *parse, enum node_kind kind)
{
	struct tree *tree = parse->tree;

	tree->nodes[tree->n_nodes] =
		(struct node){.kind = kind, .child = TREE_NONE, .next = TREE_NONE};
	return tree->n_nodes++;
}

static bool failed(const struct parse *parse)
{
	return parse->wrong || parse->unsupported;
}

/* ---- sets of bytes ---- */

static void set_add(struct byte_set *set, unsigned byte)
{
	set->bits[byte / 64] |= UINT64_C(1) << (byte % 64);
}

static void set_invert(struct byte_set *set)
{
	for (size_t i = 0; i < 4; i++)
		set->bits[i] = ~set->bits[i];
}

static void set_fold(struct byte_set *set)
{
	for (unsigned c = 'a'; c <= 'z'; c++) {
		unsigned upper = c - 'a' + 'A';

		if (byte_set_has(set, c) || byte_set_has(set, upper)) {
			set_add(set, c);
			set_add(set, upper);
		}
	}
}

static const struct {
	const char *name;
	int (*has)(int byte); /* <ctype.h>: of the C locale, which libraries are in */
} classes[] = {
	{"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum}, {"upper", isupper},
	{"lower", islower}, {"space", isspace}, {"blank", isblank}, {"punct", ispunct},
	{"print", isprint}, {"graph", isgraph}, {"cntrl", iscntrl}, {"xdigit", isxdigit},
};

static bool set_add_class(struct byte_set *set, const unsigned char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) != len || memcmp(classes[i].name, name, len) != 0)
			continue;
		for (int c = 0; c < 128; c++)
			if (classes[i].has(c))
				set_add(set, (unsigned)c);
		return true;
	}
	return false;
}

/* \w, \s and their opposites. */
static bool set_add_escape(struct byte_set *set, unsigned char letter)
{
	int lower = tolower(letter);

	if (lower == 'w') {
		(void)set_add_class(set, (const unsigned char *)"alnum", 5);
		set_add(set, '_');
	} else if (lower == 's') {
		(void)set_add_class(set, (const unsigned char *)"space", 5);
	} else {
		return false;
	}
	if (letter != lower)
		set_invert(set);
	return true;
}

/* ---- bracket expressions ---- */

/* "[:name:]", "[.c.]" or "[=c=]", of which parse->at is at the inner "[". -1: it was a class. */
static int read_named(struct parse *parse, struct byte_set *set)
{
	unsigned char kind = parse->at[1];
	const unsigned char *name = parse->at + 2;
	const unsigned char *end = name;

	while (*end && !(end[0] == kind && end[1] == ']'))
		end++;
	if (!*end) {
		parse->wrong = "a bracket is not closed";
		return -1;
	}
	parse->at = end + 2;
	if (kind == ':') {
		if (!set_add_class(set, name, (size_t)(end - name)))
			parse->wrong = "there is no such class of characters";
		return -1;
	}
	if (end - name != 1)
		parse->unsupported = "a collating element of several bytes";
	return *name;
}

/* One member, or -1 when it was a class. */
static int read_member(struct parse *parse, struct byte_set *set)
{
	unsigned char next = parse->at[0] == '[' ? parse->at[1] : 0;

	if (!*parse->at) {
		parse->wrong = "a bracket is not closed";
		return -1;
	}
	if (next == ':' || next == '.' || next == '=')
		return read_named(parse, set);
	return *parse->at++;
}

static void read_range(struct parse *parse, struct byte_set *set)
{
	int first = read_member(parse, set);
	int last = first;

	if (first < 0)
		return;
	if (parse->at[0] == '-' && parse->at[1] && parse->at[1] != ']') {
		parse->at++;
		last = read_member(parse, set);
		if (last < first && !failed(parse))
			parse->wrong = "a range ends before it begins";
	}
	for (int c = first; c <= last; c++)
		set_add(set, (unsigned)c);
}

/* parse->at is behind the "[". */
static void read_brackets(struct parse *parse, struct byte_set *set)
{
	bool inverted = *parse->at == '^';

	parse->at += inverted;
	do
		read_range(parse, set);
	while (!failed(parse) && *parse->at != ']');
	parse->at += *parse->at == ']';
	if (parse->fold)
		set_fold(set);
	if (inverted)
		set_invert(set);
}

/* ---- expressions ---- */

static uint32_t read_escape(struct parse *parse)
{
	uint32_t node = add_node(parse, NODE_SET);
	struct byte_set *set = &parse->tree->nodes[node].set;
	unsigned char byte = *parse->at;

	if (!byte)
		parse->wrong = "it ends in a backslash";
	else if (byte >= '1' && byte <= '9')
		parse->unsupported = "a back-reference";
	else if (strchr("bB<>`'", byte))
		parse->unsupported = "a word boundary";
	else if (!set_add_escape(set, byte))
		set_add(set, byte);
	parse->at += byte != 0;
	if (parse->fold)
		set_fold(set);
	return node;
}

static uint32_t read_set(struct parse *parse)
{
	uint32_t node = add_node(parse, NODE_SET);
	struct byte_set *set = &parse->tree->nodes[node].set;
	unsigned char byte = *parse->at++;

	if (byte == '[') {
		read_brackets(parse, set);
	} else if (byte == '.') {
		set_invert(set);
	} else {
		set_add(set, byte);
		if (parse->fold)
			set_fold(set);
	}
	return node;
}

/* "{n}", "{n,}", "{n,m}" or "{,m}"; parse->at is behind the "{". */
static void read_bounds(struct parse *parse, struct node *repeat)
{
	char *end;
	const char *text = (const char *)parse->at;
	bool has_min = isdigit(*parse->at);
	unsigned long min = has_min ? strtoul(text, &end, 10) : 0;
	unsigned long max = min;

	text = has_min ? end : text;
	if (*text == ',') {
		bool has_max = isdigit((unsigned char)*++text);

		max = has_max ? strtoul(text, &end, 10) : TREE_EVER;
		text = has_max ? end : text;
		has_min |= has_max;
	}
	if (*text != '}' || !has_min || min > PATTERN_MAX_TIMES || max < min ||
	    (max != TREE_EVER && max > PATTERN_MAX_TIMES)) {
		parse->wrong = "the numbers in braces are none of a repetition";
		return;
	}
	parse->at = (const unsigned char *)text + 1;
	repeat->min = (uint32_t)min;
	repeat->max = (uint32_t)max;
}

static uint32_t read_repeats(struct parse *parse, uint32_t atom)
{
	for (unsigned n = 0; !failed(parse) && *parse->at && strchr("*+?{", *parse->at); n++) {
		uint32_t node = add_node(parse, NODE_REPEAT);
		struct node *repeat = &parse->tree->nodes[node];
		unsigned char sign = *parse->at++;

		repeat->child = atom;
		repeat->min = sign == '+';
		repeat->max = sign == '?' ? 1 : TREE_EVER;
		if (sign == '{')
			read_bounds(parse, repeat);
		if (n >= PATTERN_MAX_DEPTH)
			parse->unsupported = "more than 64 repetitions of one another";
		atom = node;
	}
	return atom;
}

static uint32_t read_either(struct parse *parse);

static uint32_t read_group(struct parse *parse)
{
	uint32_t node;

	parse->at++;
	if (++parse->depth > PATTERN_MAX_DEPTH)
		parse->unsupported = "more than 64 groups within one another";
	node = failed(parse) ? add_node(parse, NODE_ALL) : read_either(parse);
	parse->depth--;
	if (!failed(parse) && *parse->at != ')')
		parse->wrong = "a group is not closed";
	parse->at += *parse->at == ')';
	return node;
}

static uint32_t read_atom(struct parse *parse)
{
	switch (*parse->at) {
	case '(':
		return read_repeats(parse, read_group(parse));
	case '^':
	case '$':
		return add_node(parse, *parse->at++ == '^' ? NODE_START : NODE_END);
	case '\\':
		parse->at++;
		return read_repeats(parse, read_escape(parse));
	case '*':
	case '+':
	case '?':
	case '{':
		parse->wrong = "a repetition of nothing";
		return add_node(parse, NODE_ALL);
	default:
		return read_repeats(parse, read_set(parse));
	}
}

static uint32_t read_all(struct parse *parse)
{
	uint32_t all = add_node(parse, NODE_ALL);
	uint32_t last = TREE_NONE;

	/* A ")" that closes nothing is a byte as any other. */
	while (!failed(parse) && *parse->at && *parse->at != '|' &&
	       !(*parse->at == ')' && parse->depth)) {
		uint32_t atom = read_atom(parse);

		if (last == TREE_NONE)
			parse->tree->nodes[all].child = atom;
		else
			parse->tree->nodes[last].next = atom;
		last = atom;
	}
	return all;
}

static uint32_t read_either(struct parse *parse)
{
	uint32_t either = add_node(parse, NODE_EITHER);
	uint32_t last = read_all(parse);

	parse->tree->nodes[either].child = last;
	while (!failed(parse) && *parse->at == '|') {
		uint32_t all;

		parse->at++;
		all = read_all(parse);
		parse->tree->nodes[last].next = all;
		last = all;
	}
	return either;
}

int tree_parse(struct tree *tree, const char *text, bool fold, struct writ_error *error)
{
	struct parse parse = {.tree = tree, .at = (const unsigned char *)text, .fold = fold};

	*tree = (struct tree){.nodes = calloc(2 * strlen(text) + 2, sizeof(*tree->nodes))};
	if (!tree->nodes)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	tree->root = read_either(&parse);
	if (!failed(&parse))
		return 0;
	free(tree->nodes);
	tree->nodes = NULL;
	if (parse.wrong)
		return fail_set(error, WRIT_E_INVALID, "the pattern \"%.200s\": %s", text,
				parse.wrong);
	return fail_set(error, WRIT_E_UNSUPPORTED,
			"the pattern \"%.200s\" has %s: it can't be taken", text,
			parse.unsupported);
}
