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

static const char *const process_calls[] = {"clone", "clone3", "fork", "vfork", "setsid"};

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

static bool can_leave_command(const struct ir_sandbox *sandbox)
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

/* ---- peers ---- */

/* All that is listed but TCP ports of any host, which are no endpoints. */
static bool needs_gate(const struct ir_sandbox *sandbox)
{
	return sandbox->unix_sockets.n + sandbox->endpoints.n > 0;
}

/* By datagrams, as names are looked up by them. */
static bool needs_datagrams(const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->endpoints.n; i++) {
		const struct ir_endpoint *peer = &sandbox->endpoints.items[i];

		if (peer->rights & IR_ENDPOINT_CONNECT &&
		    (peer->udp || (peer->kind != IR_HOST_ANY && peer->kind != IR_HOST_NET)))
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
	if (plan & WRIT_PLAN_MOUNT_NS || can_leave_command(sandbox))
		plan |= WRIT_PLAN_PID_NS | WRIT_PLAN_KEEPER;
	if (plan & WRIT_PLAN_PID_NS && grants_proc(check))
		plan |= WRIT_PLAN_PROC | WRIT_PLAN_MOUNT_NS;
	if (needs_broker(check))
		plan |= WRIT_PLAN_BROKER | WRIT_PLAN_KEEPER;
	if (needs_gate(sandbox))
		plan |= WRIT_PLAN_NETWORK | WRIT_PLAN_KEEPER;
	if (needs_datagrams(sandbox))
		plan |= WRIT_PLAN_RESOLVER;
	return plan;
}

/* ---- what the rules have to refuse, so that the plan keeps what it is for ---- */

#define FOR_ALONE  1u /* one process, and no keeper */
#define FOR_STRICT 2u
#define FOR_BROKER 4u
#define FOR_GATE   8u
#define FOR_SPACE  16u /* sockets in a namespace that the tool's user owns */

#define ALL_OF(n, bits)                                                                            \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_EQ, .mask = (bits), .value = (bits)                  \
	}
#define IS(n, v)                                                                                   \
	{                                                                                          \
		.arg = (n), .op = COND_EQ, .value = (v)                                            \
	}
#define LIKE(n, bits, v)                                                                           \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_EQ, .mask = ~(bits), .value = (v)                    \
	}
#define ANY_OF(n, bits)                                                                            \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_NE, .mask = (bits), .value = 0                       \
	}
#define IS_NOT(n, v)                                                                               \
	{                                                                                          \
		.arg = (n), .op = COND_NE, .value = (v)                                            \
	}

/*
 * Calls with arguments for which all conditions hold; mmap(2), clone(2), shmat(2), personality(2);
 * tcp(7), ip(7), ipv6(7) and socket(7), netdevice(7); <linux/netfilter_ipv6/ip6_tables.h>.
 */
static const struct danger {
	const char *call;
	unsigned to;
	uint32_t n_conds;
	struct call_cond conds[3];
} dangers[] = {
	{"clone", FOR_ALONE, 0, {{0}}},
	{"fork", FOR_ALONE, 0, {{0}}},
	{"vfork", FOR_ALONE, 0, {{0}}},
	{"memfd_create", FOR_STRICT, 0, {{0}}},
	{"ptrace", FOR_STRICT, 0, {{0}}},
	{"mmap", FOR_STRICT, 1, {ALL_OF(2, 6)}},
	{"mmap", FOR_STRICT, 2, {ALL_OF(2, 4), ALL_OF(3, 0x20)}},
	{"mprotect", FOR_STRICT, 1, {ALL_OF(2, 4)}},
	{"pkey_mprotect", FOR_STRICT, 1, {ALL_OF(2, 4)}},
	{"shmat", FOR_STRICT, 1, {ALL_OF(2, 0100000)}},
	{"personality", FOR_STRICT, 2, {IS_NOT(0, 0), IS_NOT(0, UINT32_MAX)}},
	{"clone", FOR_BROKER, 1, {ALL_OF(0, 0x20000)}},
	{"open_by_handle_at", FOR_BROKER, 0, {{0}}},
	{"chown", FOR_BROKER, 0, {{0}}},
	{"lchown", FOR_BROKER, 0, {{0}}},
	{"fchownat", FOR_BROKER, 0, {{0}}},
	{"setxattr", FOR_BROKER, 0, {{0}}},
	{"lsetxattr", FOR_BROKER, 0, {{0}}},
	{"setxattrat", FOR_BROKER, 0, {{0}}},
	{"removexattr", FOR_BROKER, 0, {{0}}},
	{"lremovexattr", FOR_BROKER, 0, {{0}}},
	{"removexattrat", FOR_BROKER, 0, {{0}}},
	{"file_setattr", FOR_BROKER, 0, {{0}}},
	{"chroot", FOR_BROKER, 0, {{0}}},
	{"pivot_root", FOR_BROKER, 0, {{0}}},
	{"mount", FOR_BROKER, 0, {{0}}},
	{"umount2", FOR_BROKER, 0, {{0}}},
	{"mount_setattr", FOR_BROKER, 0, {{0}}},
	{"move_mount", FOR_BROKER, 0, {{0}}},
	{"open_tree", FOR_BROKER, 0, {{0}}},
	{"open_tree_attr", FOR_BROKER, 0, {{0}}},
	{"fsopen", FOR_BROKER, 0, {{0}}},
	{"fsconfig", FOR_BROKER, 0, {{0}}},
	{"fsmount", FOR_BROKER, 0, {{0}}},
	{"fspick", FOR_BROKER, 0, {{0}}},
	{"unshare", FOR_BROKER, 0, {{0}}},
	{"setns", FOR_BROKER, 0, {{0}}},
	{"uselib", FOR_BROKER, 0, {{0}}},
	{"landlock_create_ruleset", FOR_BROKER, 0, {{0}}},
	{"landlock_add_rule", FOR_BROKER, 0, {{0}}},
	{"landlock_restrict_self", FOR_BROKER, 0, {{0}}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 6), IS(2, 30)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 6), IS(2, 31)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 6), IS(2, 19)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 0), IS(2, 4)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 41), IS(2, 57)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 41), IS(2, 5)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 41), IS(2, 6)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 1), IS(2, 25)}},
	{"setsockopt", FOR_GATE, 2, {IS(1, 1), IS(2, 62)}},
	{"setsockopt", FOR_SPACE, 3, {IS(1, 0), ANY_OF(2, ~63u), IS_NOT(2, 80)}},
	{"getsockopt", FOR_SPACE, 3, {IS(1, 0), ANY_OF(2, ~63u), IS_NOT(2, 80)}},
	{"setsockopt", FOR_SPACE, 3, {IS(1, 41), ANY_OF(2, ~127u), IS_NOT(2, 0)}},
	{"getsockopt", FOR_SPACE, 3, {IS(1, 41), ANY_OF(2, ~127u), IS_NOT(2, 0)}},
	{"setsockopt", FOR_SPACE, 2, {IS(1, 41), LIKE(2, 5u, 64)}},
	{"getsockopt", FOR_SPACE, 2, {IS(1, 41), LIKE(2, 5u, 64)}},
	{"setsockopt", FOR_SPACE, 2, {IS(1, 0), LIKE(2, 1u, 16)}},
	{"setsockopt", FOR_SPACE, 2, {IS(1, 41), LIKE(2, 1u, 34)}},
	{"setsockopt", FOR_SPACE, 2, {IS(1, 41), LIKE(2, 1u, 54)}},
	{"setsockopt", FOR_SPACE, 2, {IS(1, 41), IS(2, 59)}},
	{"setsockopt", FOR_SPACE, 2, {IS(1, 1), LIKE(2, 1u, 32)}},
	{"ioctl", FOR_SPACE, 1, {LIKE(1, 7u, 0x8908)}},
	{"ioctl", FOR_SPACE, 3, {LIKE(1, 14u, 0x8910), IS_NOT(1, 0x8910), IS_NOT(1, 0x8912)}},
	{"ioctl", FOR_SPACE, 3, {LIKE(1, 15u, 0x8920), IS_NOT(1, 0x8921), IS_NOT(1, 0x8927)}},
	{"ioctl", FOR_SPACE, 2, {LIKE(1, 15u, 0x8930), IS_NOT(1, 0x8933)}},
	{"ioctl", FOR_SPACE, 2, {LIKE(1, 255u, 0x8900), ANY_OF(1, 0xc0)}},
	{"ioctl", FOR_SPACE, 1, {LIKE(1, 255u, 0x8b00)}},
};

static bool same_cond(const struct call_cond *a, const struct call_cond *b)
{
	return a->arg == b->arg && a->op == b->op && a->mask == b->mask && a->value == b->value &&
	       a->is_64 == b->is_64;
}

/* Does a rule refuse the dangerous calls, and perhaps others: has it no condition beside theirs? */
static bool refuses(const struct ir_call *rule, const struct danger *danger)
{
	if (!str_eq_cstr(rule->name, danger->call) || rule->verdict <= IR_CALL_NOTIFY)
		return false;
	for (uint32_t i = 0; i < rule->n_conds; i++) {
		bool among = false;

		for (uint32_t k = 0; k < danger->n_conds; k++)
			among |= same_cond(&rule->conds[i], &danger->conds[k]);
		if (!among)
			return false;
	}
	return true;
}

static bool is_open(const struct ir_sandbox *sandbox, const struct danger *danger)
{
	bool allowed = false;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if (refuses(rule, danger))
			return false;
		allowed |= rule->verdict <= IR_CALL_NOTIFY && str_eq_cstr(rule->name, danger->call);
	}
	return allowed;
}

/* A call that the rules should refuse and do not, or NULL. */
static const char *find_open(const struct ir_sandbox *sandbox, uint32_t plan)
{
	bool alone = sandbox->limit_set[WRIT_LIMIT_PROCESSES] &&
		     sandbox->limits[WRIT_LIMIT_PROCESSES] == 1;
	unsigned to = (alone ? FOR_ALONE : 0) | (sandbox->strict_exec ? FOR_STRICT : 0) |
		      (plan & WRIT_PLAN_BROKER ? FOR_BROKER : 0) |
		      (plan & WRIT_PLAN_NETWORK ? FOR_GATE : 0) |
		      (plan & WRIT_PLAN_RESOLVER ? FOR_SPACE : 0);

	for (size_t i = 0; i < LEN(dangers); i++) {
		if (dangers[i].to & to && is_open(sandbox, &dangers[i]))
			return dangers[i].call;
	}
	return NULL;
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
	const char *call = find_open(check.sandbox, have);

	arena_init(&own);
	want = plan_of(&check);
	arena_fini(&own);
	if (have == want && call)
		return str_printf(arena, "the rules allow what would get around it: %s", call);
	if (have == want)
		return STR("");
	return str_printf(arena, "the plan %s: %s",
			  want & ~have ? "lacks what the sandbox needs"
				       : "has what the sandbox does not need",
			  bit_name(want & ~have ? want & ~have : have & ~want));
}
