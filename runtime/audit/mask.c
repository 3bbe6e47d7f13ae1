/*
 * Masking: a record's texts as they may be kept.
 *
 * In: arguments as they were decided on, or any text. Out: text that is safe to store and to show.
 * What is masked is what the arguments say, before anything is escaped, so that no escape hides a
 * secret and no mask breaks an escape; what is cut is cut after masking, so that no part of a
 * secret is left in front of the cut. A text in which the patterns can't be found in time is masked
 * as a whole. The automata remember states, so one thread masks at a time.
 */
#include "runtime/audit/mask.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/mask_out.h"
#include "runtime/audit/redact.h"
#include "runtime/audit/secrets.h"
#include "runtime/writ_info.h"

#define HASH_SIZE     ((size_t)8)
#define MAX_LISTS     4u /* within one another; what is deeper is not told */
#define TOKEN_SIZE    (sizeof("[masked:]") - 1 + 2 * HASH_SIZE)
#define LEAST         256u /* that an argument is given: name, value, and two marks */
#define LEAST_ELEMENT 96u  /* of a list: a mask and a mark */

static const struct pattern shapes[] = {
#define SHAPE(before_text, hidden_text, after_text, folds, what)                                   \
	{.before = before_text, .hidden = hidden_text, .after = after_text, .fold = folds},
#include "runtime/audit/shapes.def"
#undef SHAPE
};
#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct mask {
	pthread_mutex_t lock;
	struct redact *redact;
	struct secrets *secrets;
	unsigned char key[MASK_KEY_SIZE];
};

/* ---- opening ---- */

static size_t count_redacts(const struct writ_policy *policy)
{
	uint32_t n = 0;

	while (policy && writ_redact(policy, n))
		n++;
	return n;
}

static int compile_patterns(struct mask *mask, const struct writ_policy *policy,
			    struct writ_error *error)
{
	size_t n = count_redacts(policy);
	struct pattern *patterns = calloc(N_SHAPES + n, sizeof(*patterns));
	int rc;

	if (!patterns)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	memcpy(patterns, shapes, sizeof(shapes));
	for (size_t i = 0; i < n; i++)
		patterns[N_SHAPES + i].hidden = writ_redact(policy, (uint32_t)i);
	rc = redact_new(patterns, N_SHAPES + n, &mask->redact, error);
	free(patterns);
	return rc;
}

int mask_new(const struct writ_policy *policy, const unsigned char key[MASK_KEY_SIZE],
	     struct mask **out, struct writ_error *error)
{
	struct mask *mask = calloc(1, sizeof(*mask));
	int rc;

	if (!mask || sodium_init() < 0) {
		free(mask);
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	}
	(void)pthread_mutex_init(&mask->lock, NULL);
	memcpy(mask->key, key, sizeof(mask->key));
	rc = compile_patterns(mask, policy, error);
	if (!rc)
		rc = secrets_new(policy, &mask->secrets, error);
	if (rc) {
		mask_free(mask);
		return rc;
	}
	*out = mask;
	return 0;
}

void mask_free(struct mask *mask)
{
	if (!mask)
		return;
	redact_free(mask->redact);
	secrets_free(mask->secrets);
	(void)pthread_mutex_destroy(&mask->lock);
	sodium_memzero(mask->key, sizeof(mask->key));
	free(mask);
}

/* ---- one text ---- */

static void put_token(const struct mask *mask, struct out *out, const char *text, size_t len)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char hex[2 * HASH_SIZE + 1];
	char token[TOKEN_SIZE + 1];

	(void)crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, len, mask->key,
				 sizeof(mask->key));
	(void)sodium_bin2hex(hex, sizeof(hex), hash, HASH_SIZE);
	(void)snprintf(token, sizeof(token), "[masked:%s]", hex);
	out_str(out, token);
}

/* A text on its way out: what is in front of at has been put. */
struct passage {
	const struct mask *mask;
	struct out *out;
	const char *text;
	size_t at;
};

static bool put_run(void *context, size_t from, size_t to)
{
	struct passage *passage = context;

	out_text(passage->out, passage->text + passage->at, from - passage->at);
	put_token(passage->mask, passage->out, passage->text + from, to - from);
	passage->at = to;
	return !passage->out->cut;
}

/* All of it is masked when what to mask can't be found out. */
static void put_runs(struct mask *mask, struct out *out, const char *text, size_t len)
{
	struct passage passage = {.mask = mask, .out = out, .text = text};
	size_t at = out->at;

	if (!redact_find(mask->redact, text, len, put_run, &passage)) {
		out_text(out, text + passage.at, len - passage.at);
		return;
	}
	out->at = at;
	out->cut = false;
	put_token(mask, out, text, len);
}

/* Up to limit, with a mark where it is cut. is_secret: whatever it says. */
static void put_masked(struct mask *mask, struct out *out, const char *text, size_t len,
		       bool is_secret)
{
	size_t limit = out->limit;

	out->limit = limit > OUT_MARK ? limit - OUT_MARK : 0;
	if (is_secret)
		put_token(mask, out, text, len);
	else
		put_runs(mask, out, text, len);
	if (out->cut)
		out_mark(out, len, "bytes");
	out->limit = limit;
}

size_t mask_text(struct mask *mask, const char *text, size_t len, char *out, size_t size)
{
	struct out to = {.ptr = out, .limit = size - 1};

	(void)pthread_mutex_lock(&mask->lock);
	put_masked(mask, &to, text, len, false);
	(void)pthread_mutex_unlock(&mask->lock);
	out[to.at] = '\0';
	return to.at;
}

/* ---- arguments ---- */

struct call {
	struct mask *mask;
	const char *tool;
	size_t tool_len;
	const struct writ_arg *args;
	struct out out;
};

static void put_string(struct call *call, const char *text, size_t len, bool is_secret)
{
	struct out *out = &call->out;

	out_str(out, "\"");
	out->limit--;
	put_masked(call->mask, out, text, len, is_secret);
	out->limit++;
	out_str(out, "\"");
}

static bool stop(void *context, size_t from, size_t to)
{
	*(bool *)context = true;
	(void)from;
	(void)to;
	return false;
}

/* A value that is no text becomes one where something in it has to be masked. */
static void put_bare(struct call *call, const char *text, bool is_secret)
{
	bool found = is_secret;

	if (redact_find(call->mask->redact, text, strlen(text), stop, &found) || found)
		put_string(call, text, strlen(text), is_secret);
	else
		out_str(&call->out, text);
}

static size_t text_len(const struct writ_arg *arg)
{
	if (!arg->text)
		return 0;
	return arg->text_len || arg->type == WRIT_ARG_BYTES ? arg->text_len : strlen(arg->text);
}

static void put_value(struct call *call, const struct writ_arg *arg, bool is_secret,
		      unsigned depth);

/* Each element gets its part of the room, as arguments do. */
static void put_list(struct call *call, const struct writ_arg *list, bool is_secret, unsigned depth)
{
	struct out *out = &call->out;
	size_t left = list->items ? list->n_items : 0;
	size_t limit = out->limit;
	size_t n = left;

	out->limit -= OUT_MARK + 4; /* for the mark with its quotes, and "]" */
	out_str(out, "[");
	for (; left && depth < MAX_LISTS; left--) {
		size_t room = out->limit > out->at ? out->limit - out->at : 0;
		size_t part = room / left;
		size_t end = out->limit;

		if (room < LEAST_ELEMENT)
			break;
		out_str(out, left < n ? "," : "");
		out->limit = out->at + (part < LEAST_ELEMENT ? LEAST_ELEMENT : part) - 1;
		put_value(call, &list->items[n - left], is_secret, depth + 1);
		out->limit = end;
	}
	if (left) {
		out->limit = limit - OUT_MARK;
		out_str(out, left < n ? ",\"" : "\"");
		out_mark(out, left, "elements");
		out->limit = limit;
		out_str(out, "\"");
	}
	out->limit = limit;
	out_str(out, "]");
}

static void put_value(struct call *call, const struct writ_arg *arg, bool is_secret, unsigned depth)
{
	char number[32];

	switch (arg->type) {
	case WRIT_ARG_TEXT:
	case WRIT_ARG_BYTES:
		put_string(call, arg->text ? arg->text : "", text_len(arg), is_secret);
		return;
	case WRIT_ARG_INTEGER:
		(void)snprintf(number, sizeof(number), "%lld", (long long)arg->number);
		put_bare(call, number, is_secret);
		return;
	case WRIT_ARG_BOOLEAN:
		put_bare(call, arg->number ? "true" : "false", is_secret);
		return;
	case WRIT_ARG_LIST:
		put_list(call, arg, is_secret, depth);
		return;
	case WRIT_ARG_OTHER:
		break;
	}
	out_str(&call->out, "null");
}

static size_t name_len(const struct writ_arg *arg)
{
	if (!arg->name)
		return 0;
	return arg->name_len ? arg->name_len : strlen(arg->name);
}

static bool is_again(const struct writ_arg *args, size_t index)
{
	size_t len = name_len(&args[index]);

	for (size_t i = 0; i < index; i++)
		if (name_len(&args[i]) == len &&
		    (!len || memcmp(args[i].name, args[index].name, len) == 0))
			return true;
	return false;
}

/* Of a name that is given twice the second says so: readers of JSON keep one of equal names. */
static void put_name(struct call *call, size_t index)
{
	const struct writ_arg *arg = &call->args[index];
	struct out *out = &call->out;
	char again[48] = "";

	if (is_again(call->args, index))
		(void)snprintf(again, sizeof(again), " (again, as argument %zu)", index + 1);
	out_str(out, "\"");
	out->limit -= sizeof(again) + 2;
	put_masked(call->mask, out, arg->name ? arg->name : "", name_len(arg), false);
	out->limit += sizeof(again) + 2;
	out_str(out, again);
	out_str(out, "\":");
}

static void put_argument(struct call *call, size_t index, size_t room)
{
	const struct writ_arg *arg = &call->args[index];
	struct out *out = &call->out;
	size_t limit = out->limit;
	size_t end = out->at + room;

	if (index)
		out_str(out, ",");
	out->limit = end - room / 2; /* the name has half of it, at most */
	put_name(call, index);
	out->limit = end;
	put_value(call, arg,
		  secrets_has(call->mask->secrets, call->tool, call->tool_len,
			      arg->name ? arg->name : "", name_len(arg)),
		  0);
	out->limit = limit;
}

/* Each gets its part of the room that those before it have left. */
static void put_arguments(struct call *call, size_t n_args)
{
	struct out *out = &call->out;
	size_t left = n_args;

	for (; left; left--) {
		size_t room = out->limit - out->at;
		size_t part = room / left;

		if (room < LEAST)
			break;
		put_argument(call, n_args - left, part < LEAST ? LEAST : part);
	}
	out->limit += 2 * OUT_MARK;
	if (!left)
		return;
	out_str(out, left < n_args ? ",\"[cut]\":\"" : "\"[cut]\":\"");
	out->limit -= OUT_MARK;
	out_mark(out, left, "arguments");
	out->limit += OUT_MARK;
	out_str(out, "\"");
}

size_t mask_args(struct mask *mask, const char *tool, size_t tool_len, const struct writ_arg *args,
		 size_t n_args, char *out, size_t size)
{
	struct call call = {
		.mask = mask,
		.tool = tool ? tool : "",
		.tool_len = tool_len || !tool ? tool_len : strlen(tool),
		.args = args,
		/* Kept for the end: a mark in place of an argument, "}" and the NUL. */
		.out = {.ptr = out, .limit = size - 2 * OUT_MARK - 2, .json = true},
	};

	(void)pthread_mutex_lock(&mask->lock);
	out_str(&call.out, "{");
	put_arguments(&call, n_args);
	call.out.limit++;
	out_str(&call.out, "}");
	(void)pthread_mutex_unlock(&mask->lock);
	out[call.out.at] = '\0';
	return call.out.at;
}
