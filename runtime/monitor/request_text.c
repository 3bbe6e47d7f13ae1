/*
 * A call, as a request is bound to it and as a human is shown it.
 *
 * Bound are the digest of the policy's bundle and its parameters, the rule that asks, the subject,
 * the tool, and every argument with its name, type and whole value, each behind its length, so that
 * no two calls give the same bytes; the order of the arguments does not matter. Shown is what fits:
 * what deceives is escaped, texts are quoted, since one may look like two arguments, and what was
 * cut off is counted. Of an argument that the policy declares secret nothing is shown; it is bound
 * as any other.
 */
#include "runtime/monitor/request_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/policy.h"
#include "runtime/printable.h"

#define SHOWN_VALUE 160u /* bytes of one argument */
#define MORE_SIZE   40u  /* for the note of what was left out */
#define SHOWN_ITEMS 8u   /* of a list */
#define MAX_DEPTH   32u  /* of lists in lists */
#define BINDING     "writ request 3"

/* A call's arguments by name. */
struct sorted {
	uint32_t index[WRIT_MAX_CALL_ARGS];
	size_t n;
};

static struct slice name_of(const struct writ_arg *arg)
{
	if (!arg->name)
		return (struct slice){"", 0};
	return (struct slice){arg->name, arg->name_len ? arg->name_len : strlen(arg->name)};
}

static struct slice text_of(const struct writ_arg *arg)
{
	if (!arg->text)
		return (struct slice){"", 0};
	if (arg->type == WRIT_ARG_TEXT && !arg->text_len)
		return (struct slice){arg->text, strlen(arg->text)};
	return (struct slice){arg->text, arg->text_len};
}

static bool is_before(const struct writ_arg *a, const struct writ_arg *b)
{
	struct slice left = name_of(a);
	struct slice right = name_of(b);
	size_t len = left.len < right.len ? left.len : right.len;
	int order = memcmp(left.ptr, right.ptr, len);

	return order ? order < 0 : left.len < right.len;
}

static void sort(const struct request_call *call, struct sorted *sorted)
{
	sorted->n = call->n_args;
	for (uint32_t i = 0; i < call->n_args; i++) {
		uint32_t at = i;

		for (; at && is_before(&call->args[i], &call->args[sorted->index[at - 1]]); at--)
			sorted->index[at] = sorted->index[at - 1];
		sorted->index[at] = i;
	}
}

/* ---- bound ---- */

static void bind_number(struct sha256 *hash, uint64_t number)
{
	sha256_update(hash, &number, sizeof(number));
}

static void bind_text(struct sha256 *hash, struct slice text)
{
	bind_number(hash, text.len);
	sha256_update(hash, text.ptr, text.len);
}

static void bind_string(struct sha256 *hash, const char *text)
{
	bind_text(hash, (struct slice){text, strlen(text)});
}

/* The digest is of all that is in the bundle; under other parameters that is another policy. */
static void bind_policy(struct sha256 *hash, const struct writ_policy *policy)
{
	const struct writ_fmt_header *header = (const void *)policy->image.bytes;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_PARAMS);

	sha256_update(hash, header->digest, sizeof(header->digest));
	for (uint32_t i = 0; i < n; i++)
		bind_string(hash, policy->params[i].value ? policy->params[i].value : "");
}

/* 0, or -1: lists too deep, or a value that is not known: an approval would be good for others. */
static int bind_value(struct sha256 *hash, const struct writ_arg *arg, unsigned int depth)
{
	bind_number(hash, arg->type == WRIT_ARG_BYTES ? WRIT_ARG_TEXT : arg->type);
	switch (arg->type) {
	case WRIT_ARG_OTHER:
		if (!arg->text)
			return -1;
		bind_text(hash, text_of(arg));
		return 0;
	case WRIT_ARG_TEXT:
	case WRIT_ARG_BYTES:
		bind_text(hash, text_of(arg));
		return 0;
	case WRIT_ARG_INTEGER:
		bind_number(hash, (uint64_t)arg->number);
		return 0;
	case WRIT_ARG_BOOLEAN:
		bind_number(hash, arg->number != 0);
		return 0;
	case WRIT_ARG_LIST:
		break;
	}
	bind_number(hash, arg->n_items);
	for (size_t i = 0; i < arg->n_items; i++) {
		if (depth == MAX_DEPTH || bind_value(hash, &arg->items[i], depth + 1))
			return -1;
	}
	return 0;
}

int request_bind(const struct request_call *call, uint8_t digest[SHA256_SIZE],
		 struct writ_error *error)
{
	struct sorted sorted;
	struct sha256 hash;

	if (call->n_args > WRIT_MAX_CALL_ARGS)
		return error_set(error, WRIT_E_INVALID, "more than %d arguments",
				 WRIT_MAX_CALL_ARGS);
	sort(call, &sorted);
	sha256_init(&hash);
	bind_string(&hash, BINDING);
	bind_policy(&hash, call->policy);
	bind_number(&hash, call->rule);
	bind_number(&hash, call->kind);
	bind_string(&hash, call->subject);
	bind_text(&hash,
		  (struct slice){call->tool, call->tool_len ? call->tool_len : strlen(call->tool)});
	bind_number(&hash, sorted.n);
	for (size_t i = 0; i < sorted.n; i++) {
		const struct writ_arg *arg = &call->args[sorted.index[i]];

		bind_text(&hash, name_of(arg));
		if (bind_value(&hash, arg, 0))
			return error_set(error, WRIT_E_INVALID,
					 "a value that can't be told from others, or lists in "
					 "lists, more than %u deep",
					 MAX_DEPTH);
	}
	sha256_final(&hash, digest);
	return 0;
}

/* ---- shown ---- */

struct shown {
	char *text;
	size_t size; /* with room for the NUL */
	size_t len;
	bool cut;
};

static void put(struct shown *shown, const char *bytes, size_t n)
{
	if (shown->cut || n >= shown->size - shown->len) {
		shown->cut = true;
		return;
	}
	memcpy(shown->text + shown->len, bytes, n);
	shown->len += n;
	shown->text[shown->len] = '\0';
}

static void put_string(struct shown *shown, const char *text)
{
	put(shown, text, strlen(text));
}

static void put_escaped(struct shown *shown, const char *bytes, size_t n)
{
	char escape[8];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(escape, sizeof(escape), "\\x%02x", (unsigned char)bytes[i]);
		put_string(shown, escape);
	}
}

/* At most SHOWN_VALUE bytes of it. */
static void put_printable(struct shown *shown, struct slice text)
{
	char copy[SHOWN_VALUE + 1];
	size_t len = text.len < SHOWN_VALUE ? text.len : SHOWN_VALUE;

	memcpy(copy, text.ptr, len);
	copy[len] = '\0';
	for (size_t i = 0; i < len;) {
		uint32_t scalar = 0;
		size_t n = printable_decode(copy + i, &scalar);

		if (n == 0 || printable_deceives(scalar)) {
			put_escaped(shown, copy + i, n ? n : 1);
		} else {
			if (scalar == '"' || scalar == '\\')
				put(shown, "\\", 1);
			put(shown, copy + i, n);
		}
		i += n ? n : 1;
	}
}

static void put_quoted(struct shown *shown, struct slice text)
{
	char more[MORE_SIZE];

	put(shown, "\"", 1);
	put_printable(shown, text);
	put(shown, "\"", 1);
	if (text.len <= SHOWN_VALUE)
		return;
	(void)snprintf(more, sizeof(more), "(+%zu bytes)", text.len - SHOWN_VALUE);
	put_string(shown, more);
}

/* An identifier, perhaps of several parts, stands as it is. */
static void put_name(struct shown *shown, struct slice name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	size_t n = 0;

	while (n < name.len && name.len <= SHOWN_VALUE && name.ptr[n] && strchr(plain, name.ptr[n]))
		n++;
	if (n && n == name.len)
		put(shown, name.ptr, name.len);
	else
		put_quoted(shown, name);
}

static void put_number(struct shown *shown, int64_t number)
{
	char text[MORE_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	put_string(shown, text);
}

/* What is no list. */
static void put_single(struct shown *shown, const struct writ_arg *arg)
{
	switch (arg->type) {
	case WRIT_ARG_TEXT:
	case WRIT_ARG_BYTES:
		put_quoted(shown, text_of(arg));
		return;
	case WRIT_ARG_INTEGER:
		put_number(shown, arg->number);
		return;
	case WRIT_ARG_BOOLEAN:
		put_string(shown, arg->number ? "true" : "false");
		return;
	case WRIT_ARG_LIST:
		put_string(shown, "[...]");
		return;
	case WRIT_ARG_OTHER:
		break;
	}
	if (arg->text)
		put_printable(shown, text_of(arg));
	else
		put_string(shown, "(other)");
}

static void put_value(struct shown *shown, const struct writ_arg *arg)
{
	char more[MORE_SIZE];

	if (arg->type != WRIT_ARG_LIST) {
		put_single(shown, arg);
		return;
	}
	put_string(shown, "[");
	for (size_t i = 0; i < arg->n_items && i < SHOWN_ITEMS; i++) {
		put_string(shown, i ? ", " : "");
		put_single(shown, &arg->items[i]);
	}
	(void)snprintf(more, sizeof(more), ", (+%zu items)", arg->n_items - SHOWN_ITEMS);
	put_string(shown, arg->n_items > SHOWN_ITEMS ? more : "");
	put_string(shown, "]");
}

/* The argument itself, or a member of it ("login.password" of "login"). */
static bool is_named(const struct image *image, const struct writ_fmt_arg *declared,
		     struct slice name)
{
	size_t len = declared->name.len;

	return len <= name.len && memcmp(image_text(image, declared->name), name.ptr, len) == 0 &&
	       (len == name.len || name.ptr[len] == '.');
}

/* By any of the tools that the name is one of. */
static bool is_secret(const struct request_call *call, struct slice name)
{
	const struct image *image = &call->policy->image;
	const struct slice tool = {call->tool,
				   call->tool_len ? call->tool_len : strlen(call->tool)};

	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_TOOLS); i++) {
		const struct writ_fmt_tool *listed = image_TOOLS(image, i);
		const struct slice pattern = {image_text(image, listed->name), listed->name.len};

		for (uint32_t k = 0; k < listed->args.count; k++) {
			const struct writ_fmt_arg *arg = image_ARGS(image, listed->args.first + k);

			if (arg->secret && is_named(image, arg, name) && match_bytes(pattern, tool))
				return true;
		}
	}
	return false;
}

static void put_arg(struct shown *shown, const struct request_call *call,
		    const struct writ_arg *arg)
{
	if (shown->len)
		put(shown, " ", 1);
	put_name(shown, name_of(arg));
	put(shown, "=", 1);
	if (is_secret(call, name_of(arg)))
		put_string(shown, "(secret)");
	else
		put_value(shown, arg);
}

static void show_args(const struct request_call *call, char *text, size_t size)
{
	struct shown shown = {.text = text, .size = size - MORE_SIZE};
	struct sorted sorted;
	size_t whole = 0;

	text[0] = '\0';
	sort(call, &sorted);
	for (size_t i = 0; i < sorted.n; i++) {
		put_arg(&shown, call, &call->args[sorted.index[i]]);
		if (shown.cut) {
			(void)snprintf(text + whole, size - whole, "%s(+%zu arguments)",
				       whole ? " " : "", sorted.n - i);
			return;
		}
		whole = shown.len;
	}
}

static void show_text(const char *source, size_t len, char *text, size_t size)
{
	struct shown shown = {.text = text, .size = size};

	text[0] = '\0';
	put_printable(&shown, (struct slice){source, len});
}

void request_show(const struct request_call *call, struct writ_request_info *info)
{
	const char *policy = writ_policy_name(call->policy);
	char subject[sizeof(info->subject)];

	show_text(policy, strlen(policy), info->policy, sizeof(info->policy));
	show_text(call->subject, strlen(call->subject), subject, sizeof(subject));
	(void)snprintf(info->subject, sizeof(info->subject), "%s %.*s",
		       call->kind == WRIT_ROLE ? "role" : "user", (int)sizeof(subject) - 8,
		       subject);
	show_text(call->tool, call->tool_len ? call->tool_len : strlen(call->tool), info->tool,
		  sizeof(info->tool));
	show_args(call, info->args, sizeof(info->args));
}
