/*
 * Packing: what comes in is borrowed and may be large; what goes out is complete in itself and
 * bounded, so that an entry of the ring is at most some KiB.
 *
 * A value beyond its bound is cut, and ends in how long it was and a keyed hash of all of it: equal
 * values can still be told to be equal. The cut is made where a word ends, however
 * far before the bound that is: half of a token is not known to be one by who masks.
 */
#include "runtime/audit/pack.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define MAX_NAME   255
#define MAX_DETAIL 2048
#define MAX_MARK   48 /* "...[18446744073709551615 bytes, 0123456789abcdef]" */
#define HASH_BYTES 8
#define NO_TEXT    UINT16_MAX

static const size_t max_lens[] = {
	[PACK_USER] = MAX_NAME,    [PACK_ROLE] = MAX_NAME,     [PACK_TOOL] = MAX_NAME,
	[PACK_SANDBOX] = MAX_NAME, [PACK_DETAIL] = MAX_DETAIL, [PACK_ERROR] = MAX_DETAIL,
};

/* A value in the ring: its name and text follow, each with a NUL behind, padding to 8, then items.
 */
struct packed_value {
	int64_t number;
	uint32_t text_len; /* as it stands here, with the mark of what was cut */
	uint16_t name_len;
	uint16_t n_items; /* that follow */
	uint32_t type;
	uint32_t unused;
};

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static bool has_text(const struct writ_arg *arg)
{
	return (arg->type == WRIT_ARG_TEXT || arg->type == WRIT_ARG_BYTES) && arg->text;
}

static size_t value_len(const struct writ_arg *arg)
{
	if (!has_text(arg))
		return 0;
	return arg->text_len || arg->type == WRIT_ARG_BYTES ? arg->text_len : strlen(arg->text);
}

static size_t name_len(const struct writ_arg *arg)
{
	size_t len = arg->name_len || !arg->name ? arg->name_len : strlen(arg->name);

	return len < MAX_NAME ? len : MAX_NAME;
}

/* ---- how large it gets ---- */

/* How much of a value of len bytes is copied, when there is room for max: no part of a word. */
static size_t keep(const char *text, size_t len, size_t max)
{
	size_t end = max;

	if (len <= max)
		return len;
	while (end > 0 && (unsigned char)text[end - 1] > ' ')
		end--;
	return end;
}

/* How many items of a list are kept, when spare values are still to come. */
static size_t keep_items(const struct pack_plan *plan, const struct writ_arg *list, size_t spare,
			 unsigned int depth)
{
	size_t room = PACK_MAX_VALUES - plan->n - spare;

	if (room > PACK_MAX_ITEMS)
		room = PACK_MAX_ITEMS;
	if (depth >= PACK_MAX_DEPTH || !list->items)
		return 0;
	return list->n_items < room ? list->n_items : room;
}

/* The size of a value, with its items; spare others are still to come, and get their places. */
static size_t plan_value(struct pack_plan *plan, const struct writ_arg *arg, size_t spare,
			 unsigned int depth)
{
	struct pack_value *value = &plan->values[plan->n++];
	size_t max = plan->left < WRIT_AUDIT_MAX_VALUE ? plan->left : WRIT_AUDIT_MAX_VALUE;
	size_t len = value_len(arg);
	size_t kept = keep(arg->text, len, max);
	bool may_be_marked = kept < len || arg->type == WRIT_ARG_LIST;
	size_t size;

	value->len = len;
	value->name_len = (uint16_t)name_len(arg);
	size = padded(sizeof(struct packed_value) + value->name_len + 1u + kept + 1 +
		      (may_be_marked ? MAX_MARK : 0));
	plan->left -= kept;
	if (arg->type == WRIT_ARG_LIST) {
		kept = keep_items(plan, arg, spare, depth);
		for (size_t i = 0; i < kept; i++)
			size += plan_value(plan, &arg->items[i], spare + kept - 1 - i, depth + 1);
	}
	value->kept = (uint32_t)kept;
	return size;
}

static size_t count_args(const struct writ_event *event)
{
	return event->n_args < WRIT_MAX_CALL_ARGS ? event->n_args : WRIT_MAX_CALL_ARGS;
}

static size_t plan_args(struct pack_plan *plan)
{
	size_t n = count_args(plan->event);
	size_t size = 0;

	plan->left = WRIT_AUDIT_MAX_ARGS;
	plan->n = 0;
	for (size_t i = 0; i < n; i++)
		size += plan_value(plan, &plan->event->args[i], n - 1 - i, 0);
	return size;
}

static const char *text_of(const struct writ_event *event, enum pack_text text)
{
	switch (text) {
	case PACK_USER:
		return event->user;
	case PACK_ROLE:
		return event->role;
	case PACK_TOOL:
		return event->tool;
	case PACK_SANDBOX:
		return event->sandbox;
	case PACK_DETAIL:
		return event->detail;
	case PACK_ERROR:
		return event->error;
	case PACK__COUNT:
		break;
	}
	return NULL;
}

void pack_plan(struct pack_plan *plan, const struct writ_event *event, const unsigned char *key)
{
	size_t size = 0;

	plan->event = event;
	plan->key = key;
	for (int i = 0; i < PACK__COUNT; i++) {
		const char *text = text_of(event, (enum pack_text)i);
		size_t len = 0;

		if (text)
			len = i == PACK_TOOL && event->tool_len ? event->tool_len : strlen(text);
		plan->lens[i] = len;
		if (text)
			size += (len < max_lens[i] ? len : max_lens[i] + MAX_MARK) + 1;
	}
	size = padded(sizeof(struct packed) + size) + plan_args(plan);
	plan->size = (uint32_t)size;
}

/* ---- copying ---- */

/* Copies len bytes and a NUL; returns what is behind. */
static char *put(char *to, const char *from, size_t len)
{
	if (len)
		memcpy(to, from, len);
	to[len] = '\0';
	return to + len + 1;
}

/* The same for a text of the event; *stored is its length there. */
static char *put_text(char *to, const char *from, size_t len, size_t max, uint16_t *stored)
{
	char mark[MAX_MARK];
	size_t kept;
	int n;

	if (len <= max) {
		*stored = (uint16_t)len;
		return put(to, from, len);
	}
	/* A name is one word, and told as far as it goes. */
	kept = max == MAX_NAME ? max : keep(from, len, max);
	n = snprintf(mark, sizeof(mark), "...[%zu bytes]", len);
	memcpy(to, from, kept);
	*stored = (uint16_t)(kept + (size_t)n);
	return put(to + kept, mark, (size_t)n);
}

/* "...[1048576 bytes, 0123456789abcdef]" */
static size_t make_mark(char mark[MAX_MARK], const struct writ_arg *arg, size_t len,
			const unsigned char *key)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char digits[2 * HASH_BYTES + 1];
	int n;

	(void)crypto_generichash(hash, sizeof(hash), (const unsigned char *)arg->text, len, key,
				 KEY_SIZE);
	(void)sodium_bin2hex(digits, sizeof(digits), hash, HASH_BYTES);
	n = snprintf(mark, MAX_MARK, "...[%zu bytes, %s]", len, digits);
	return (size_t)n;
}

/* What is said at the end of a value that is not all there. */
static size_t mark_of(char mark[MAX_MARK], const struct writ_arg *arg,
		      const struct pack_value *value, const unsigned char *key)
{
	if (arg->type == WRIT_ARG_LIST && value->kept < arg->n_items)
		return (size_t)snprintf(mark, MAX_MARK, "[%zu more]", arg->n_items - value->kept);
	if (arg->type != WRIT_ARG_LIST && value->kept < value->len)
		return make_mark(mark, arg, value->len, key);
	*mark = '\0';
	return 0;
}

/* The value of the plan's index-th place, and its items; *index moves on behind them. */
static char *put_value(char *to, const struct pack_plan *plan, const struct writ_arg *arg,
		       size_t *index)
{
	struct packed_value *head = (struct packed_value *)(void *)to;
	const struct pack_value *value = &plan->values[(*index)++];
	size_t n_items = arg->type == WRIT_ARG_LIST ? value->kept : 0;
	size_t text_kept = value->kept - n_items;
	char *at = to + sizeof(*head);
	char mark[MAX_MARK];
	size_t marked = mark_of(mark, arg, value, plan->key);

	head->number = arg->number;
	head->type = (uint32_t)arg->type;
	head->name_len = value->name_len;
	head->n_items = (uint16_t)n_items;
	head->text_len = (uint32_t)(text_kept + marked);
	at = put(at, arg->name, head->name_len);
	if (text_kept)
		memcpy(at, arg->text, text_kept);
	at = put(at + text_kept, mark, marked);
	at = to + padded((size_t)(at - to));
	for (size_t i = 0; i < n_items; i++)
		at = put_value(at, plan, &arg->items[i], index);
	return at;
}

void pack_event(const struct pack_plan *plan, const struct pack_stamp *stamp, struct packed *out)
{
	const struct writ_event *event = plan->event;
	char *at = (char *)(out + 1);
	size_t index = 0;

	out->stamp = *stamp;
	out->rule = event->rule;
	out->generation = event->generation;
	out->session = event->session;
	out->duration_us = event->duration_us;
	out->peak_bytes = event->peak_bytes;
	out->bytes = event->bytes;
	out->status = event->status;
	out->signal = event->signal;
	out->kind = (uint8_t)event->kind;
	out->verdict = (uint8_t)event->verdict;
	out->reason = (uint8_t)event->reason;
	out->n_args = (uint16_t)(event->n_args < WRIT_MAX_CALL_ARGS ? event->n_args
								    : WRIT_MAX_CALL_ARGS);
	for (int i = 0; i < PACK__COUNT; i++) {
		const char *text = text_of(event, (enum pack_text)i);

		out->lens[i] = NO_TEXT;
		if (text)
			at = put_text(at, text, plan->lens[i], max_lens[i], &out->lens[i]);
	}
	at = (char *)out + padded((size_t)(at - (char *)out));
	for (size_t i = 0; i < out->n_args; i++)
		at = put_value(at, plan, &event->args[i], &index);
	assert((size_t)(at - (char *)out) <= plan->size);
}

/* ---- reading ---- */

/* One that says how many items are missing is put behind those of a list. */
static const char *read_value(const char *at, struct unpacked *out, struct writ_arg *value)
{
	const struct packed_value *head = (const struct packed_value *)(const void *)at;
	const char *name = at + sizeof(*head);
	struct writ_arg *items = out->values + out->n;

	*value = (struct writ_arg){
		.name = name,
		.name_len = head->name_len,
		.text = name + head->name_len + 1,
		.text_len = head->text_len,
		.type = (enum writ_arg_type)head->type,
		.number = head->number,
	};
	at += padded(sizeof(*head) + head->name_len + 1 + head->text_len + 1);
	if (value->type != WRIT_ARG_LIST)
		return at;
	value->items = items;
	value->n_items = (size_t)head->n_items + (head->text_len ? 1 : 0);
	out->n += value->n_items;
	if (head->text_len)
		items[head->n_items] = (struct writ_arg){.name = "",
							 .text = value->text,
							 .text_len = value->text_len};
	for (size_t i = 0; i < head->n_items; i++)
		at = read_value(at, out, &items[i]);
	return at;
}

void pack_read(const struct packed *packed, struct unpacked *out)
{
	const char *at = (const char *)(packed + 1);
	const char *texts[PACK__COUNT];

	for (int i = 0; i < PACK__COUNT; i++) {
		bool is_there = packed->lens[i] != NO_TEXT;

		out->lens[i] = is_there ? packed->lens[i] : 0;
		texts[i] = is_there ? at : NULL;
		at += is_there ? out->lens[i] + 1 : 0;
	}
	at = (const char *)packed + padded((size_t)(at - (const char *)packed));
	out->n = packed->n_args;
	for (size_t i = 0; i < packed->n_args; i++)
		at = read_value(at, out, &out->values[i]);
	out->event = (struct writ_event){
		.kind = (enum writ_event_kind)packed->kind,
		.verdict = (enum writ_verdict)packed->verdict,
		.reason = (enum writ_reason)packed->reason,
		.rule = packed->rule,
		.generation = packed->generation,
		.session = packed->session,
		.user = texts[PACK_USER],
		.role = texts[PACK_ROLE],
		.tool = texts[PACK_TOOL],
		.tool_len = out->lens[PACK_TOOL],
		.sandbox = texts[PACK_SANDBOX],
		.args = out->values,
		.n_args = packed->n_args,
		.detail = texts[PACK_DETAIL],
		.error = texts[PACK_ERROR],
		.status = packed->status,
		.signal = packed->signal,
		.duration_us = packed->duration_us,
		.peak_bytes = packed->peak_bytes,
		.bytes = packed->bytes,
	};
}
