/*
 * Rendering. Every text that a record holds goes through here, and none of it is as it came:
 * control characters and what is not UTF-8 are spelt out, so that a text is one line wherever it is
 * printed.
 */
#include "runtime/audit/render.h"

#include <stdio.h>
#include <string.h>

#include "runtime/audit/decision_words.h"
#include "runtime/audit/mask.h"
#include "runtime/audit/plain.h"
#include "runtime/writ_args.h"

#define SESSION_DIGITS 16

static const char *const kinds[] = {
	[WRIT_EVENT_DECISION] = "decision", [WRIT_EVENT_LAUNCH] = "launch",
	[WRIT_EVENT_END] = "end",           [WRIT_EVENT_NETWORK] = "network",
	[WRIT_EVENT_FILE] = "file",         [WRIT_EVENT_APPROVAL] = "approval",
	[WRIT_EVENT_RELOAD] = "reload",     [WRIT_EVENT_SESSION] = "session",
};

static const char *name_of(const char *const *names, size_t n, unsigned int value)
{
	return value < n ? names[value] : NULL;
}
#define NAME(names, value) name_of(names, sizeof(names) / sizeof(names[0]), (unsigned int)(value))

const char *render_kind(enum writ_event_kind kind)
{
	return NAME(kinds, kind);
}

void render_clear(struct render *render)
{
	render->used = 0;
}

bool render_has_room(const struct render *render)
{
	return sizeof(render->room) - render->used >= RENDER_MAX_RECORD;
}

/* Where the next text goes; take says how long it became. */
static char *room(struct render *render)
{
	return render->room + render->used;
}

static void take(struct render *render, struct record *record, enum record_column column,
		 size_t len)
{
	record_set_bytes(record, column, room(render), len);
	render->used += len + 1;
}

/* Only numbers that say something: nobody ran for no time, or printed nothing to be counted. */
static void set_unless_zero(struct record *record, enum record_column column, uint64_t number)
{
	if (number)
		record_set_number(record, column, number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

static void set_result(struct record *record, const struct writ_event *event)
{
	if (event->kind == WRIT_EVENT_END) {
		record_set_number(record, RECORD_STATUS, event->status);
		set_unless_zero(record, RECORD_SIGNAL, (uint64_t)event->signal);
	}
	set_unless_zero(record, RECORD_DURATION, event->duration_us);
	set_unless_zero(record, RECORD_PEAK, event->peak_bytes);
	set_unless_zero(record, RECORD_BYTES, event->bytes);
}

static void set_policy(struct render *render, struct record *record, const struct packed *packed)
{
	struct log_policy_info info;

	render->mask = render->policies->defaults;
	if (!packed->stamp.policy)
		return;
	if (render->number != packed->stamp.policy)
		render->policy = log_policies_find(render->policies, packed->stamp.policy);
	render->number = packed->stamp.policy;
	render->mask = NULL;
	if (!render->policy)
		return;
	log_policy_info(render->policy, &info);
	render->mask = info.mask;
	record_set_text(record, RECORD_POLICY, info.name);
	record_set_number(record, RECORD_POLICY_VERSION, info.version);
	record_set_text(record, RECORD_POLICY_HASH, info.hash);
	record_set_number(record, RECORD_GENERATION, packed->generation);
	if (packed->rule == WRIT_NO_ID)
		return;
	log_policy_rule(render->policy, packed->rule, room(render), RENDER_MAX_RULE);
	take(render, record, RECORD_RULE, strlen(room(render)));
}

/*
 * A call or an answer that was withdrawn was denied, whatever had been said: it could not wait.
 * What a launch did has happened all the same.
 */
static void set_verdict(struct record *record, const struct packed *packed, bool withdrawn)
{
	static const bool has_verdict[] = {
		[WRIT_EVENT_DECISION] = true, [WRIT_EVENT_NETWORK] = true,
		[WRIT_EVENT_FILE] = true,     [WRIT_EVENT_APPROVAL] = true,
		[WRIT_EVENT_SESSION] = false,
	};
	bool is_decision = packed->kind == WRIT_EVENT_DECISION;
	bool is_denied = withdrawn && (is_decision || packed->kind == WRIT_EVENT_APPROVAL);

	if (packed->kind >= sizeof(has_verdict) || !has_verdict[packed->kind])
		return;
	record_set_text(record, RECORD_VERDICT,
			NAME(decision_verdicts, is_denied ? WRIT_DENY : packed->verdict));
	if (is_decision)
		record_set_text(record, RECORD_REASON,
				NAME(decision_reasons,
				     withdrawn ? WRIT_NOT_RECORDED : packed->reason));
}

/* Texts that anybody may have had a hand in. */
static bool is_foreign(enum pack_text text)
{
	return text != PACK_SANDBOX;
}

/*
 * A JSON object is masked in what its strings say, and put together again: an escape there could
 * hide a secret, and a mask there eat a quote. Length of it, or 0: it is no object that can be
 * taken apart.
 */
static size_t mask_object(struct render *render, const char *from, size_t len, char *to,
			  size_t size)
{
	const struct writ_event *event = &render->unpacked.event;
	struct writ_args *args = NULL;
	size_t n;

	if (len == 0 || *from != '{' || writ_args_from_json(from, len, &args, NULL))
		return 0;
	n = mask_args(render->mask, event->tool ? event->tool : "", event->tool_len, args->items,
		      args->n, to, size);
	writ_args_free(args);
	return n;
}

/* What was meant as JSON, is none, and may say with escapes what masks can't see. */
static bool is_opaque(const char *from, size_t len)
{
	return len > 0 && *from == '{' && memchr(from, '\\', len);
}

static size_t mask_foreign(struct render *render, enum pack_text text, const char *from, char *to,
			   size_t size)
{
	static const char hidden[] = "[masked]";
	size_t len = render->unpacked.lens[text];
	size_t n = 0;

	if (render->mask && text == PACK_DETAIL)
		n = mask_object(render, from, len, to, size);
	if (n)
		return n;
	if (!render->mask || (text == PACK_DETAIL && is_opaque(from, len)))
		return plain_text(hidden, sizeof(hidden) - 1, to, size);
	return mask_text(render->mask, from, len, to, size);
}

static size_t copy_text(struct render *render, enum pack_text text, const char *from)
{
	if (is_foreign(text))
		return mask_foreign(render, text, from, room(render), RENDER_MAX_TEXT);
	return plain_text(from, render->unpacked.lens[text], room(render), RENDER_MAX_TEXT);
}

static void set_texts(struct render *render, struct record *record)
{
	static const enum record_column columns[] = {
		[PACK_USER] = RECORD_USER,     [PACK_ROLE] = RECORD_ROLE,
		[PACK_TOOL] = RECORD_TOOL,     [PACK_SANDBOX] = RECORD_SANDBOX,
		[PACK_DETAIL] = RECORD_DETAIL, [PACK_ERROR] = RECORD_ERROR,
	};
	const struct writ_event *event = &render->unpacked.event;
	const char *const texts[] = {event->user,    event->role,   event->tool,
				     event->sandbox, event->detail, event->error};

	for (int i = 0; i < PACK__COUNT; i++) {
		if (texts[i])
			take(render, record, columns[i],
			     copy_text(render, (enum pack_text)i, texts[i]));
	}
}

static void set_args(struct render *render, struct record *record)
{
	const struct writ_event *event = &render->unpacked.event;
	size_t len;

	if (!event->n_args)
		return;
	if (render->mask)
		len = mask_args(render->mask, event->tool, event->tool_len, event->args,
				event->n_args, room(render), RENDER_MAX_ARGS);
	else
		len = (size_t)snprintf(room(render), RENDER_MAX_ARGS,
				       "{\"[cut]\":\"%zu arguments of a policy that is gone\"}",
				       event->n_args);
	take(render, record, RECORD_ARGS, len);
}

/* 16 digits: what snprintf does with "%016llx" in ten times the time. */
static void set_session(struct render *render, struct record *record, uint64_t session)
{
	char *text = room(render);

	if (!session)
		return;
	for (int i = 0; i < SESSION_DIGITS; i++)
		text[i] = "0123456789abcdef"[session >> (4 * (SESSION_DIGITS - 1 - i)) & 0xf];
	take(render, record, RECORD_SESSION, SESSION_DIGITS);
}

void render_event(struct render *render, const struct packed *packed, struct record *record)
{
	bool withdrawn = atomic_load_explicit(&packed->entry.state, memory_order_relaxed) ==
			 RING_WITHDRAWN;

	memset(record, 0, sizeof(*record));
	pack_read(packed, &render->unpacked);
	record_set_number(record, RECORD_WALL, (int64_t)packed->stamp.wall_us);
	record_set_number(record, RECORD_MONO, (int64_t)packed->stamp.mono_us);
	record_set_text(record, RECORD_KIND, render_kind(render->unpacked.event.kind));
	set_session(render, record, packed->session);
	set_policy(render, record, packed);
	set_verdict(record, packed, withdrawn);
	set_texts(render, record);
	set_args(render, record);
	set_result(record, &render->unpacked.event);
}
