/*
 * What is kept, record for record.
 *
 * Two policies can print alike and still differ: a text may hold a line break and what stands in
 * the next line of a listing, or the letters "${x}" where another has the parameter. So nothing
 * that the runtime acts on is compared as text that was put together, but as the records it is
 * made of: each count, each field, and texts part by part.
 */
#include "verify/prove_kept.h"

/* A sandbox of the IR, and its record. */
struct box {
	const struct view *view;
	const struct ir_sandbox *want;
	const struct writ_fmt_sandbox *have;
};

static bool runs(const struct view *view, enum writ_section_id section, struct writ_fmt_range range,
		 size_t n)
{
	return range.count == n && view_has(view, section, range);
}

static bool limits_are(const struct box *box)
{
	struct writ_fmt_range range = box->have->limits;
	uint32_t at = 0, n = 0;

	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++)
		n += box->want->limit_set[id];
	if (!runs(box->view, WRIT_SECTION_LIMITS, range, n))
		return false;
	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++) {
		const struct writ_fmt_limit *limit;

		if (!box->want->limit_set[id])
			continue;
		limit = VIEW_AT(box->view, LIMITS, limit, range.first + at++);
		if (limit->id != id || limit->value != box->want->limits[id])
			return false;
	}
	return true;
}

static bool env_is(const struct box *box)
{
	struct writ_fmt_range range = box->have->env;

	if (!runs(box->view, WRIT_SECTION_ENV, range, box->want->env.n))
		return false;
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_env *have = VIEW_AT(box->view, ENV, env, range.first + i);
		const struct ir_env *want = &box->want->env.items[i];

		if (have->kind != (uint32_t)want->kind ||
		    !str_eq(view_str(box->view, have->name), want->name) ||
		    !view_text_is(box->view, have->value, &want->value))
			return false;
	}
	return true;
}

static bool place_is(const struct view *view, const struct writ_fmt_place *have,
		     const struct ir_text *text, uint64_t size_bytes)
{
	return view_text_is(view, have->text, text) && have->size_bytes == size_bytes;
}

static bool denies_are(const struct box *box)
{
	struct writ_fmt_range range = box->have->denies;
	bool are = runs(box->view, WRIT_SECTION_DENIES, range, box->want->denies.n);

	for (uint32_t i = 0; are && i < range.count; i++)
		are = place_is(box->view, VIEW_AT(box->view, DENIES, place, range.first + i),
			       &box->want->denies.items[i].text, 0);
	return are;
}

static bool scratches_are(const struct box *box)
{
	struct writ_fmt_range range = box->have->scratches;
	bool are = runs(box->view, WRIT_SECTION_SCRATCHES, range, box->want->scratches.n);

	for (uint32_t i = 0; are && i < range.count; i++)
		are = place_is(box->view, VIEW_AT(box->view, SCRATCHES, place, range.first + i),
			       &box->want->scratches.items[i].text,
			       box->want->scratches.items[i].size_bytes);
	return are;
}

static bool unix_sockets_are(const struct box *box)
{
	struct writ_fmt_range range = box->have->unix_sockets;
	bool are = runs(box->view, WRIT_SECTION_UNIX_SOCKETS, range, box->want->unix_sockets.n);

	for (uint32_t i = 0; are && i < range.count; i++)
		are = place_is(box->view, VIEW_AT(box->view, UNIX_SOCKETS, place, range.first + i),
			       &box->want->unix_sockets.items[i].text, 0);
	return are;
}

static bool endpoints_are(const struct box *box)
{
	struct writ_fmt_range range = box->have->endpoints;
	bool are = runs(box->view, WRIT_SECTION_ENDPOINTS, range, box->want->endpoints.n);

	for (uint32_t i = 0; are && i < range.count; i++)
		are = view_endpoint_is(box->view,
				       VIEW_AT(box->view, ENDPOINTS, endpoint, range.first + i),
				       &box->want->endpoints.items[i]);
	return are;
}

static bool flags_are(const struct box *box)
{
	uint32_t want = (box->want->best_effort ? WRIT_SANDBOX_BEST_EFFORT : 0) |
			(box->want->strict_exec ? WRIT_SANDBOX_STRICT_EXEC : 0);

	return box->have->flags == want;
}

static bool user_is(const struct box *box)
{
	return str_eq(view_str(box->view, box->have->user), box->want->user);
}

static const struct {
	const char *what;
	bool (*is)(const struct box *box);
} box_checks[] = {
	{"other demands", flags_are},
	{"another user", user_is},
	{"other limits", limits_are},
	{"other variables", env_is},
	{"other denied paths", denies_are},
	{"other scratch places", scratches_are},
	{"other unix sockets", unix_sockets_are},
	{"other endpoints", endpoints_are},
};

static bool conflict_is(const struct view *view, const struct writ_fmt_conflict *have,
			const struct ir_conflict *want)
{
	const uint32_t *indices = VIEW_ALL(view, INDICES, uint32_t);
	bool is = have->session == want->session &&
		  runs(view, WRIT_SECTION_INDICES, have->roles, want->roles.n);

	for (uint32_t i = 0; is && i < have->roles.count; i++)
		is = indices[have->roles.first + i] == want->roles.items[i];
	return is;
}

static bool conflicts_are(const struct view *view, const struct ir_policy *policy)
{
	bool are = VIEW_N(view, CONFLICTS) == policy->conflicts.n;

	for (uint32_t i = 0; are && i < policy->conflicts.n; i++)
		are = conflict_is(view, VIEW_AT(view, CONFLICTS, conflict, i),
				  &policy->conflicts.items[i]);
	return are;
}

static bool redacts_are(const struct view *view, const struct ir_policy *policy)
{
	bool are = VIEW_N(view, REDACTS) == policy->redacts.n;

	for (uint32_t i = 0; are && i < policy->redacts.n; i++)
		are = str_eq(view_str(view, VIEW_AT(view, REDACTS, redact, i)->pattern),
			     policy->redacts.items[i].pattern);
	return are;
}

static bool audit_is(const struct view *view, const struct ir_audit *want)
{
	uint32_t have = VIEW_AT(view, POLICY, policy, 0)->audit;

	return !(have & WRIT_AUDITS_REQUIRED) == !want->required &&
	       !(have & WRIT_AUDITS_DENY) == (want->full != IR_AUDIT_DENY) &&
	       !(have & WRIT_AUDITS_DROP) == (want->full != IR_AUDIT_DROP);
}

static const char *check_box(const struct box *box)
{
	for (size_t i = 0; i < sizeof(box_checks) / sizeof(box_checks[0]); i++) {
		if (!box_checks[i].is(box))
			return box_checks[i].what;
	}
	return NULL;
}

struct str prove_kept(struct arena *arena, const struct ir_policy *policy, const struct view *view)
{
	if (!conflicts_are(view, policy))
		return STR("it has other conflicts than the policy");
	if (!redacts_are(view, policy))
		return STR("it has other patterns to redact than the policy");
	if (!audit_is(view, &policy->audit))
		return STR("it demands other things of the audit log than the policy");
	for (uint32_t i = 0; i < policy->sandboxes.n; i++) {
		const struct box box = {view, &policy->sandboxes.items[i],
					VIEW_AT(view, SANDBOXES, sandbox, i)};
		const char *what = check_box(&box);

		if (what)
			return str_printf(arena, "sandbox '%.*s' has %s than the policy gives it",
					  STR_ARG(box.want->name), what);
	}
	return STR("");
}
