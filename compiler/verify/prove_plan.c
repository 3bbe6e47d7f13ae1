/*
 * Plans, worked out once more from what docs/plan.md says calls for each mechanism.
 *
 * Nothing here is shared with ir_plan(): system calls are looked for rule by rule, in a list of its
 * own, and a denied pattern is followed name by name through a granted tree, keeping the places in
 * the tree that it can have come to. What both can't know is the same: a parameter in a name is any
 * name, and texts that begin differently may lead to the same place.
 */
#include "verify/prove_plan.h"

#include <string.h>

#include "ir/ir_plan.h"
#include "ir/ir_value.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Stands for a parameter in a name. */
#define ANY_NAME '\1'

struct check {
	struct arena *arena;
	const struct ir_sandbox *sandbox;
};

/* ---- system calls ---- */

static const char *const process_calls[] = {"clone", "clone3", "fork", "vfork"};

static const char *const metadata_calls[] = {
	"chmod",        "fchmod",      "fchmodat",     "fchmodat2",    "chown",
	"fchown",       "lchown",      "fchownat",     "utime",        "utimes",
	"futimesat",    "utimensat",   "setxattr",     "lsetxattr",    "fsetxattr",
	"setxattrat",   "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
	"file_setattr",
};

/* FS_IOC_SETFLAGS, the same of 32 bits, FS_IOC_FSSETXATTR: include/uapi/linux/fs.h */
static const uint32_t metadata_requests[] = {0x40086602u, 0x40046602u, 0x401c5820u};

static bool is_listed(struct str name, const char *const *names, size_t n)
{
	while (n > 0 && !str_eq_cstr(name, names[n - 1]))
		n--;
	return n > 0;
}

static bool is_refused(const struct ir_sandbox *sandbox, struct str name)
{
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if ((rule->verdict == IR_CALL_ERRNO || rule->verdict == IR_CALL_KILL) &&
		    rule->n_conds == 0 && str_eq(rule->name, name))
			return true;
	}
	return false;
}

static bool passes(const struct ir_sandbox *sandbox, const struct ir_call *rule)
{
	return (rule->verdict == IR_CALL_ALLOW || rule->verdict == IR_CALL_LOG ||
		rule->verdict == IR_CALL_NOTIFY) &&
	       !is_refused(sandbox, rule->name);
}

static bool can_make_processes(const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		if (is_listed(sandbox->calls.items[i].name, process_calls, LEN(process_calls)) &&
		    passes(sandbox, &sandbox->calls.items[i]))
			return true;
	}
	return false;
}

/* Is the second argument free to be the value? */
static bool can_ask(const struct ir_call *rule, uint32_t request)
{
	bool can = true;

	for (uint32_t i = 0; i < rule->n_conds; i++)
		can &= rule->conds[i].arg != 1 || ir_cond_holds(&rule->conds[i], request);
	return can;
}

static bool asks_for_metadata(const struct ir_call *rule)
{
	bool asks = false;

	for (size_t i = 0; i < LEN(metadata_requests); i++)
		asks |= can_ask(rule, metadata_requests[i]);
	return asks && str_eq_cstr(rule->name, "ioctl");
}

static bool can_change_metadata(const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if ((is_listed(rule->name, metadata_calls, LEN(metadata_calls)) ||
		     asks_for_metadata(rule)) &&
		    passes(sandbox, rule))
			return true;
	}
	return false;
}

/* ---- denied patterns ---- */

/* A text's names, and whether they begin at "/", at the home directory or at a parameter. */
struct route {
	enum ir_part_kind root;
	uint32_t param;
	struct ir_names names;
	bool known; /* no parameter is in a name */
};

static void add_byte(struct arena *arena, struct route *route, bool *in_name, char byte)
{
	struct str *last;

	if (byte == '/') {
		*in_name = false;
		return;
	}
	if (!*in_name)
		vec_add(arena, &route->names, STR(""));
	*in_name = true;
	last = &route->names.items[route->names.n - 1];
	*last = str_printf(arena, "%.*s%c", STR_ARG(*last), byte);
	route->known &= byte != ANY_NAME;
}

static struct route follow(struct arena *arena, const struct ir_text *text)
{
	struct route route = {.root = IR_PART_LITERAL, .param = IR_NONE, .known = true};
	bool in_name = false;

	for (size_t i = 0; i < text->n; i++) {
		const struct ir_part *part = &text->parts[i];

		if (part->kind != IR_PART_LITERAL && i == 0) {
			route.root = part->kind;
			route.param = part->kind == IR_PART_PARAM ? part->param : IR_NONE;
		} else if (part->kind != IR_PART_LITERAL) {
			add_byte(arena, &route, &in_name, ANY_NAME);
		}
		for (size_t b = 0; part->kind == IR_PART_LITERAL && b < part->literal.len; b++)
			add_byte(arena, &route, &in_name, part->literal.ptr[b]);
	}
	return route;
}

static bool may_be(struct arena *arena, struct str pattern, struct str name)
{
	return memchr(pattern.ptr, ANY_NAME, pattern.len) || memchr(name.ptr, ANY_NAME, name.len) ||
	       ir_glob(arena, pattern, name);
}

/* From the places in the tree, names passed, to those behind one name more of the pattern. */
static void advance(struct arena *arena, bool *at, struct str pattern, const struct ir_names *tree)
{
	if (str_eq_cstr(pattern, "**")) {
		for (size_t i = 1; i <= tree->n; i++)
			at[i] |= at[i - 1];
		return;
	}
	for (size_t i = tree->n; i > 0; i--)
		at[i] = at[i - 1] && may_be(arena, pattern, tree->items[i - 1]);
	at[0] = false;
}

enum reach { REACHES_NOTHING, REACHES_INSIDE, REACHES_ALL };

static enum reach reach_of(struct arena *arena, const struct route *pattern,
			   const struct route *tree)
{
	bool *at = arena_alloc(arena, (tree->names.n + 1) * sizeof(*at));
	bool inside = false, all = false;

	if (pattern->root != tree->root || pattern->param != tree->param)
		return REACHES_INSIDE;
	at[0] = true;
	for (size_t i = 0; i < pattern->names.n; i++) {
		/* The tree's end, and the pattern goes on. */
		inside |= at[tree->names.n];
		advance(arena, at, pattern->names.items[i], &tree->names);
	}
	for (size_t i = 0; i <= tree->names.n; i++)
		all |= at[i];
	if (all)
		return pattern->known && tree->known ? REACHES_ALL : REACHES_INSIDE;
	return inside ? REACHES_INSIDE : REACHES_NOTHING;
}

static bool is_broken_into(const struct check *check, const struct ir_text *tree)
{
	struct route into = follow(check->arena, tree);
	bool inside = false;

	for (size_t i = 0; i < check->sandbox->denies.n; i++) {
		struct route pattern = follow(check->arena, &check->sandbox->denies.items[i].text);
		enum reach reach = reach_of(check->arena, &pattern, &into);

		if (reach == REACHES_ALL)
			return false;
		inside |= reach == REACHES_INSIDE;
	}
	return inside;
}

static bool needs_broker(const struct check *check)
{
	const struct ir_sandbox *sandbox = check->sandbox;
	size_t n = sandbox->paths.n + sandbox->scratches.n;

	if (n * sandbox->denies.n > IR_PLAN_MAX_PAIRS)
		return true;
	for (size_t i = 0; i < n; i++) {
		size_t scratch = i - sandbox->paths.n;

		if (is_broken_into(check, i < sandbox->paths.n
						  ? &sandbox->paths.items[i].text
						  : &sandbox->scratches.items[scratch].text))
			return true;
	}
	return false;
}

/* ---- the plan ---- */

static bool grants_proc(const struct check *check)
{
	for (size_t i = 0; i < check->sandbox->paths.n; i++) {
		struct route route = follow(check->arena, &check->sandbox->paths.items[i].text);

		if (route.root == IR_PART_LITERAL &&
		    (route.names.n == 0 || str_eq_cstr(route.names.items[0], "proc")))
			return true;
	}
	return false;
}

static uint32_t plan_of(const struct check *check)
{
	const struct ir_sandbox *sandbox = check->sandbox;
	uint32_t plan = 0;

	if (can_change_metadata(sandbox))
		plan |= WRIT_PLAN_READ_ONLY | WRIT_PLAN_MOUNT_NS;
	if (sandbox->strict_exec)
		plan |= WRIT_PLAN_NOEXEC | WRIT_PLAN_MOUNT_NS;
	if (sandbox->scratches.n)
		plan |= WRIT_PLAN_MOUNT_NS;
	if (plan & WRIT_PLAN_MOUNT_NS || can_make_processes(sandbox))
		plan |= WRIT_PLAN_PID_NS | WRIT_PLAN_KEEPER;
	if (plan & WRIT_PLAN_PID_NS && grants_proc(check))
		plan |= WRIT_PLAN_PROC | WRIT_PLAN_MOUNT_NS;
	if (needs_broker(check))
		plan |= WRIT_PLAN_BROKER | WRIT_PLAN_KEEPER;
	return plan;
}

static const char *bit_name(uint32_t bits)
{
#define PLAN(bit, id, name, doc)                                                                   \
	if (bits & WRIT_PLAN_##id)                                                                 \
		return name;
	WRIT_PLANS(PLAN)
#undef PLAN
	return "an unknown mechanism";
}

struct str prove_plan(struct arena *arena, const struct ir_policy *policy, const struct view *view,
		      uint32_t sandbox)
{
	struct arena own;
	struct check check = {&own, &policy->sandboxes.items[sandbox]};
	uint32_t have = VIEW_AT(view, SANDBOXES, sandbox, sandbox)->plan, want;

	arena_init(&own);
	want = plan_of(&check);
	arena_fini(&own);
	if (have == want)
		return STR("");
	return str_printf(arena, "the plan %s: %s",
			  want & ~have ? "lacks what the sandbox needs"
				       : "has what the sandbox does not need",
			  bit_name(want & ~have ? want & ~have : have & ~want));
}
