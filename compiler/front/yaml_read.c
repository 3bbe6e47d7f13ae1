/*
 * libyaml's events into a tree (yaml_node.h). The only user of libyaml.
 *
 * The text is valid UTF-8 without NUL bytes. libyaml counts characters, spans count bytes: marks
 * are converted with a table of every MARK_STEP-th character. What YAML can do and a policy must
 * not (aliases, which can make a small file expand without end; tags; documents; keys stated twice,
 * of which readers would keep different ones) is reported here, at its place. Invariant: a tree
 * that is returned was reported clean.
 */
#include "front/yaml_node.h"

#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "front/yaml_fault.h"

#define MARK_STEP 256u

struct level { /* a list or mapping that is being read */
	struct yaml_node *node;
	const struct yaml_node *key; /* of a mapping, when its value is next */
	struct map seen;             /* keys, to indices in reader.keys */
};

struct reader {
	struct parse *parse;
	struct yaml_comments *comments;
	yaml_parser_t yaml;
	bool is_ascii;                      /* a character is a byte */
	VEC(uint32_t) marks;                /* offsets of characters 0, MARK_STEP, ... */
	VEC(const struct yaml_node *) keys; /* that were seen, for notes */
	uint32_t begin;                     /* of what libyaml reads */
	uint32_t scanned;                   /* comments before this offset were found */
	size_t nodes;
	size_t documents;
	struct level levels[PARSE_MAX_DEPTH];
	size_t depth;
	struct yaml_node *root;
	bool stopped; /* nothing more can be read */
};

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The offset of the next c from at, or end. */
static uint32_t find(struct str text, uint32_t at, uint32_t end, char c)
{
	const char *found = at < end ? memchr(text.ptr + at, c, end - at) : NULL;

	return found ? (uint32_t)(found - text.ptr) : end;
}

/* The byte offset of a character, which libyaml counts from the begin of what it reads. */
static uint32_t mark_offset(const struct reader *reader, size_t character)
{
	struct str text = reader->parse->text;
	size_t step = character / MARK_STEP;
	size_t at = reader->begin + character;

	if (reader->is_ascii)
		return at < text.len ? (uint32_t)at : (uint32_t)text.len;
	if (step >= reader->marks.n)
		return (uint32_t)text.len;
	at = reader->marks.items[step];
	for (size_t left = character % MARK_STEP; left > 0 && at < text.len; left--) {
		at++;
		while (at < text.len && is_continuation(text.ptr[at]))
			at++;
	}
	return (uint32_t)at;
}

static void mark_text(struct reader *reader, uint32_t begin)
{
	struct str text = reader->parse->text;
	size_t character = 0;

	for (uint32_t at = begin; at < text.len; at++) {
		if (!is_continuation(text.ptr[at]) && character++ % MARK_STEP == 0)
			vec_add(reader->parse->arena, &reader->marks, at);
	}
	reader->is_ascii = character == text.len - begin;
}

static struct span span_of(const struct reader *reader, const yaml_event_t *event)
{
	return (struct span){reader->parse->file, mark_offset(reader, event->start_mark.index),
			     mark_offset(reader, event->end_mark.index)};
}

/* Looks for comments between two values: there, a '#' that begins a word begins one. */
static void find_comments(struct reader *reader, uint32_t at, uint32_t end)
{
	struct str text = reader->parse->text;
	struct span span = {reader->parse->file, 0, 0};

	while ((span.begin = find(text, at, end, '#')) < end) {
		at = span.begin + 1;
		if (span.begin > 0 && !strchr(" \t\r\n", text.ptr[span.begin - 1]))
			continue;
		at = span.end = find(text, at, (uint32_t)text.len, '\n');
		if (text.ptr[span.end - 1] == '\r')
			span.end--;
		vec_add(reader->parse->arena, reader->comments, span);
	}
}

static void comments_up_to(struct reader *reader, struct span value)
{
	if (value.begin > reader->scanned)
		find_comments(reader, reader->scanned, value.begin);
	if (value.end > reader->scanned)
		reader->scanned = value.end;
}

static void report_fault(struct reader *reader)
{
	const yaml_parser_t *yaml = &reader->yaml;
	struct yaml_fault fault = {
		.problem = yaml->problem ? yaml->problem : "can't be read",
		.context = yaml->context,
		.at = mark_offset(reader, yaml->problem_mark.index),
		.context_at = mark_offset(reader, yaml->context_mark.index),
	};

	if (yaml->error == YAML_MEMORY_ERROR)
		arena_die();
	if (yaml->error == YAML_READER_ERROR)
		fault.at = fault.context_at = reader->begin + (uint32_t)yaml->problem_offset;
	yaml_fault_report(reader->parse, &fault);
}

/* True and *event set, to be deleted; else the fault was reported. */
static bool next_event(struct reader *reader, yaml_event_t *event)
{
	if (!reader->stopped && yaml_parser_parse(&reader->yaml, event))
		return true;
	if (!reader->stopped)
		report_fault(reader);
	reader->stopped = true;
	return false;
}

static void refuse(struct reader *reader, struct span span, const char *what)
{
	struct diag *diag = diag_report(reader->parse->diags, DIAG_E0044, span,
					"%s are not supported in a policy", what);

	diag_help(reader->parse->diags, diag, "write the value out where it is meant");
}

static void check_properties(struct reader *reader, const void *anchor, const void *tag,
			     struct span span)
{
	if (anchor)
		refuse(reader, span, "YAML's anchors and aliases");
	if (tag)
		refuse(reader, span, "YAML's tags");
}

/* Plain text that YAML takes for nothing. */
static bool is_null(struct str text)
{
	return !text.len || str_eq(text, STR("~")) || str_eq(text, STR("null")) ||
	       str_eq(text, STR("Null")) || str_eq(text, STR("NULL"));
}

static enum yaml_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YAML_STYLE_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YAML_STYLE_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return YAML_STYLE_BLOCK;
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:
		break;
	}
	return YAML_STYLE_PLAIN;
}

static struct yaml_node *node_new(struct reader *reader, enum yaml_kind kind, struct span span)
{
	struct yaml_node *node = arena_new(reader->parse->arena, struct yaml_node);

	node->kind = kind;
	node->span = span;
	if (++reader->nodes == YAML_MAX_NODES) {
		diag_report(reader->parse->diags, DIAG_E0053, span,
			    "a YAML file has at most %u values", YAML_MAX_NODES);
		reader->stopped = true;
	}
	return node;
}

static struct yaml_node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct span span = span_of(reader, event);
	struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct yaml_node *node = node_new(reader, YAML_KIND_TEXT, span);

	check_properties(reader, event->data.scalar.anchor, event->data.scalar.tag, span);
	comments_up_to(reader, span);
	node->style = style_of(event->data.scalar.style);
	node->text = str_copy(reader->parse->arena, text.ptr, text.len);
	if (node->style == YAML_STYLE_PLAIN && is_null(text))
		node->kind = YAML_KIND_NULL;
	return node;
}

/* Reported, and then taken for the text it may have been meant to be. */
static struct yaml_node *read_alias(struct reader *reader, const yaml_event_t *event)
{
	struct span span = span_of(reader, event);
	struct yaml_node *node = node_new(reader, YAML_KIND_TEXT, span);

	yaml_fault_alias(reader->parse, span);
	node->text = parse_text_at(reader->parse, span);
	return node;
}

static void append(struct yaml_node *parent, struct yaml_node *node)
{
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
}

static bool is_key(const struct yaml_node *node)
{
	return node->kind == YAML_KIND_TEXT ||
	       (node->kind == YAML_KIND_NULL && node->span.end > node->span.begin);
}

static void check_key(struct reader *reader, struct map *seen, const struct yaml_node *key)
{
	struct diag_list *diags = reader->parse->diags;
	struct str shown = yaml_shown(reader->parse->arena, key->text);
	uint32_t before;
	struct diag *diag;

	if (!is_key(key)) {
		diag_report(diags, DIAG_E0046, key->span,
			    "a key is a word, not a list, a mapping or nothing");
		return;
	}
	if (key->style == YAML_STYLE_PLAIN && str_eq(key->text, STR("<<")))
		refuse(reader, key->span, "YAML's merge keys ('<<')");
	if (map_get(seen, key->text, &before)) {
		diag = diag_report(diags, DIAG_E0042, key->span,
				   "'%.*s' stands twice in this mapping", STR_ARG(shown));
		diag_note(diags, diag, reader->keys.items[before]->span, "first here");
		return;
	}
	map_put(reader->parse->arena, seen, key->text, (uint32_t)reader->keys.n);
	vec_add(reader->parse->arena, &reader->keys, key);
}

/* Puts a node where reading is: as an item, a key, or the value of the last key. */
static void attach(struct reader *reader, struct yaml_node *node)
{
	struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;

	if (!level) {
		reader->root = node;
	} else if (level->node->kind == YAML_KIND_LIST) {
		append(level->node, node);
	} else if (!level->key) {
		check_key(reader, &level->seen, node);
		level->key = node;
	} else {
		node->key = level->key;
		level->key = NULL;
		append(level->node, node);
	}
}

static void open_collection(struct reader *reader, const yaml_event_t *event)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	struct span span = span_of(reader, event);
	struct yaml_node *node = node_new(reader, is_map ? YAML_KIND_MAP : YAML_KIND_LIST, span);

	if (is_map)
		check_properties(reader, event->data.mapping_start.anchor,
				 event->data.mapping_start.tag, span);
	else
		check_properties(reader, event->data.sequence_start.anchor,
				 event->data.sequence_start.tag, span);
	attach(reader, node);
	if (reader->depth < PARSE_MAX_DEPTH) {
		reader->levels[reader->depth++] = (struct level){.node = node};
		return;
	}
	diag_report(reader->parse->diags, DIAG_E0013, span,
		    "this nests too deep: lists and mappings may go %u levels deep",
		    PARSE_MAX_DEPTH);
	reader->stopped = true;
}

/* Block collections have no end of their own: libyaml's is where the next value begins. */
static void close_collection(struct reader *reader, const yaml_event_t *event)
{
	struct yaml_node *node = reader->levels[--reader->depth].node;
	struct span end = span_of(reader, event);

	if (end.end > end.begin)
		node->span.end = end.end;
	else
		node->span.end = node->last ? node->last->span.end : node->span.begin;
}

static void begin_document(struct reader *reader, const yaml_event_t *event)
{
	if (reader->documents++ == 0)
		return;
	diag_report(reader->parse->diags, DIAG_E0045, span_of(reader, event),
		    "a second document begins here: a policy is one");
	reader->stopped = true;
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		begin_document(reader, event);
		break;
	case YAML_SCALAR_EVENT:
		attach(reader, read_scalar(reader, event));
		break;
	case YAML_ALIAS_EVENT:
		attach(reader, read_alias(reader, event));
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		open_collection(reader, event);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(reader, event);
		break;
	case YAML_STREAM_END_EVENT:
		reader->stopped = true;
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
}

static void read_stream(struct reader *reader)
{
	struct parse *parse = reader->parse;
	struct span end = {parse->file, (uint32_t)parse->text.len, (uint32_t)parse->text.len};
	yaml_event_t event;

	while (next_event(reader, &event)) {
		take_event(reader, &event);
		yaml_event_delete(&event);
	}
	comments_up_to(reader, end);
	if (!reader->root)
		reader->root = node_new(reader, YAML_KIND_MAP, end);
}

struct yaml_node *yaml_read(struct parse *parse, uint32_t begin, struct yaml_comments *comments)
{
	struct reader reader = {.parse = parse,
				.comments = comments,
				.begin = begin,
				.scanned = begin};
	struct str text = parse->text;
	size_t errors = parse->diags->errors;

	if (!yaml_fault_check_visible(parse, begin))
		return NULL;
	mark_text(&reader, begin);
	if (!yaml_parser_initialize(&reader.yaml))
		arena_die();
	yaml_parser_set_encoding(&reader.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.yaml, (const unsigned char *)text.ptr + begin,
				     text.len - begin);
	read_stream(&reader);
	yaml_parser_delete(&reader.yaml);
	return parse->diags->errors > errors ? NULL : reader.root;
}
