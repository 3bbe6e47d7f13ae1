/*
 * What this version can't enforce, one row each; and what a policy alone can't, without a monitor.
 *
 * In: a verified image. Out: which of its records demand such a thing, and a text that names it and
 * its place. A row goes away when what it says can be enforced; nothing else has to change then.
 */
#include "runtime/unsupported.h"

#include <stdio.h>

#include "runtime/error.h"

#define NAME_BYTES 80 /* shown of a name */

static int shown(struct writ_fmt_str str)
{
	return str.len > NAME_BYTES ? NAME_BYTES : (int)str.len;
}

#define NAME(image, str) shown(str), image_str((image), (str))

/* What takes a monitor: true, and the text. */
static bool has_rate(const struct image *image, char *text)
{
	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_RULES); i++) {
		const struct writ_fmt_rule *rule = image_RULES(image, i);

		if (!rule->rate)
			continue;
		(void)snprintf(text, UNSUPPORTED_TEXT,
			       "rate, of the rule for '%.*s' in role '%.*s'",
			       NAME(image, rule->pattern),
			       NAME(image, image_ROLES(image, rule->role)->name));
		return true;
	}
	return false;
}

static bool has_session_conflict(const struct image *image, char *text)
{
	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_CONFLICTS); i++) {
		const struct writ_fmt_conflict *conflict = image_CONFLICTS(image, i);
		uint32_t role = *image_INDICES(image, conflict->roles.first);

		if (!conflict->session)
			continue;
		(void)snprintf(text, UNSUPPORTED_TEXT, "conflict session, of role '%.*s'",
			       NAME(image, image_ROLES(image, role)->name));
		return true;
	}
	return false;
}

static bool has_audit_required(const struct image *image, char *text)
{
	(void)snprintf(text, UNSUPPORTED_TEXT, "audit required");
	return image_POLICY(image, 0)->audit & WRIT_AUDITS_REQUIRED;
}

int unsupported_alone(const struct image *image, struct writ_error *error)
{
	char text[UNSUPPORTED_TEXT];

	if (!has_rate(image, text) && !has_session_conflict(image, text) &&
	    !has_audit_required(image, text))
		return 0;
	return error_set(error, WRIT_E_MONITOR,
			 "the policy takes a monitor (writ_monitor.h), which remembers calls: %s",
			 text);
}

static bool binds_udp(const struct image *image, const struct writ_fmt_sandbox *sandbox)
{
	for (uint32_t i = 0; i < sandbox->endpoints.count; i++) {
		uint32_t flags = image_ENDPOINTS(image, sandbox->endpoints.first + i)->flags;

		if (flags & WRIT_ENDPOINT_UDP && flags & WRIT_ENDPOINT_BIND)
			return true;
	}
	return false;
}

static bool notifies(const struct image *image, const struct writ_fmt_sandbox *sandbox)
{
	return image_list_notifies(image, sandbox->calls);
}

/* Demands of a sandbox. */
static const struct sandbox_row {
	const char *what;
	bool (*is_demanded)(const struct image *image, const struct writ_fmt_sandbox *sandbox);
} sandbox_rows[] = {
	{"network bind \"udp://\"", binds_udp},
	{"syscalls notify", notifies},
};
#define N_SANDBOX_ROWS (sizeof(sandbox_rows) / sizeof(sandbox_rows[0]))

/* The first row from *row on that a sandbox demands; *row is then the one behind it. */
static bool next_of_sandbox(const struct image *image, uint32_t id, uint32_t *row, char *text)
{
	const struct writ_fmt_sandbox *sandbox = image_SANDBOXES(image, id);

	while (*row < N_SANDBOX_ROWS) {
		const struct sandbox_row *at = &sandbox_rows[(*row)++];

		if (!at->is_demanded(image, sandbox))
			continue;
		(void)snprintf(text, UNSUPPORTED_TEXT, "%s, of sandbox '%.*s'", at->what,
			       NAME(image, sandbox->name));
		return true;
	}
	return false;
}

bool unsupported_next(const struct image *image, struct unsupported *walk)
{
	uint32_t n_sandboxes = image_count(image, WRIT_SECTION_SANDBOXES);

	for (; walk->sandbox < n_sandboxes; walk->sandbox++, walk->row = 0) {
		if (next_of_sandbox(image, walk->sandbox, &walk->row, walk->text))
			return true;
	}
	return false;
}

static int refuse(struct writ_error *error, const char *text)
{
	return error_set(error, WRIT_E_UNSUPPORTED,
			 "the policy demands what this version can't enforce yet: %s", text);
}

int unsupported_policy(const struct image *image, struct writ_error *error)
{
	struct unsupported walk = {.row = 0};

	return unsupported_next(image, &walk) ? refuse(error, walk.text) : 0;
}

int unsupported_sandbox(const struct image *image, uint32_t id, struct writ_error *error)
{
	char text[UNSUPPORTED_TEXT];
	uint32_t row = 0;

	return next_of_sandbox(image, id, &row, text) ? refuse(error, text) : 0;
}
