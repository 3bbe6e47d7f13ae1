/*
 * From a sandbox's rules to its plan, one row a bit.
 *
 * A row looks at what the sandbox is made of and at the bits of the rows before it, so the order is
 * that of dependence: a mount needs a mount namespace, that needs a process which makes the mounts.
 * A sandbox that needs nothing gets nothing. docs/plan.md says what each is for.
 */
#include "ir/ir_plan.h"

#include <string.h>
#include <sys/socket.h>

#include "ir/ir_deny.h"
#include "tables/plan_calls.h"

#define SOCK_TYPE_BITS 0xfu /* socket(2): above are SOCK_CLOEXEC and SOCK_NONBLOCK */

struct planning {
	struct arena *arena;
	const struct ir_sandbox *sandbox;
	uint32_t plan; /* so far */
};

/* request: of ioctl; 0: any argument. */
static bool permits(const struct ir_sandbox *sandbox, struct str name, uint32_t request)
{
	bool passes = false;

	for (size_t i = ir_first_call(sandbox, name); i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if (!str_eq(rule->name, name))
			break;
		if (rule->verdict > IR_CALL_NOTIFY && rule->n_conds == 0)
			return false;
		passes |= rule->verdict <= IR_CALL_NOTIFY &&
			  (request == 0 || ir_call_takes(rule, 1, request));
	}
	return passes;
}

bool ir_plan_has_gate(const struct ir_sandbox *sandbox)
{
	return sandbox->endpoints.n || sandbox->unix_sockets.n;
}

bool ir_plan_takes_datagrams(const struct ir_endpoint *endpoint)
{
	bool is_name = endpoint->kind == IR_HOST_NAME || endpoint->kind == IR_HOST_SUFFIX;

	return endpoint->rights & IR_ENDPOINT_CONNECT && (is_name || endpoint->udp);
}

bool ir_permits(const struct ir_sandbox *sandbox, struct str name)
{
	return permits(sandbox, name, 0);
}

/* ---- the rows ---- */

static bool changes_metadata(const struct planning *in)
{
	const char *name;
	uint32_t request;

	for (uint32_t i = 0; (name = call_metadata_at(i)); i++) {
		if (ir_permits(in->sandbox, str_from(name)))
			return true;
	}
	for (uint32_t i = 0; (request = call_metadata_request_at(i)); i++) {
		if (permits(in->sandbox, STR("ioctl"), request))
			return true;
	}
	return false;
}

static bool is_strict(const struct planning *in)
{
	return in->sandbox->strict_exec;
}

/* A tree that is denied as a whole is not granted any more, which takes no broker. */
static bool denies_inside(const struct planning *in)
{
	const struct ir_sandbox *sandbox = in->sandbox;
	struct ir_deny_texts patterns = ir_deny_patterns(in->arena, sandbox);
	size_t n_trees = sandbox->paths.n + sandbox->scratches.n;
	bool inside = n_trees * patterns.n > IR_PLAN_MAX_PAIRS;

	for (size_t i = 0; i < n_trees && !inside; i++) {
		size_t scratch = i - sandbox->paths.n;
		const struct ir_text *tree = i < sandbox->paths.n
						     ? &sandbox->paths.items[i].text
						     : &sandbox->scratches.items[scratch].text;

		inside = ir_deny_reach(in->arena, &patterns, tree) == IR_DENY_INSIDE;
	}
	return inside;
}

/* TCP ports of any host are the kernel's to keep, unless something else is listed beside them. */
static bool lists_peers(const struct planning *in)
{
	return ir_plan_has_gate(in->sandbox);
}

static bool takes_datagrams(const struct planning *in)
{
	for (size_t i = 0; i < in->sandbox->endpoints.n; i++) {
		if (ir_plan_takes_datagrams(&in->sandbox->endpoints.items[i]))
			return true;
	}
	return false;
}

static bool has_processes(const struct planning *in)
{
	const struct ir_sandbox *sandbox = in->sandbox;

	return ir_permits(sandbox, STR("clone")) || ir_permits(sandbox, STR("fork")) ||
	       ir_permits(sandbox, STR("vfork")) || ir_permits(sandbox, STR("clone3"));
}

/* Mounts but for procfs, which is an addition where there is a PID namespace. */
static bool has_mounts(const struct planning *in)
{
	return in->sandbox->scratches.n > 0 || in->plan & (WRIT_PLAN_READ_ONLY | WRIT_PLAN_NOEXEC);
}

/* Without one a launch is its process group, which no session of its own may leave. */
static bool has_pid_ns(const struct planning *in)
{
	return has_processes(in) || has_mounts(in) || ir_permits(in->sandbox, STR("setsid"));
}

/*
 * Is /proc granted: itself, something below, or all that is above? A path that begins with a
 * parameter or "~" is the operator's choice and not taken for it.
 */
static bool is_proc(const struct ir_text *text)
{
	struct str first;

	if (text->n == 0 || text->parts[0].kind != IR_PART_LITERAL)
		return false;
	first = text->parts[0].literal;
	return (text->n == 1 && (str_eq_cstr(first, "/") || str_eq_cstr(first, "/proc"))) ||
	       (first.len >= 6 && memcmp(first.ptr, "/proc/", 6) == 0);
}

static bool has_proc(const struct planning *in)
{
	for (size_t i = 0; i < in->sandbox->paths.n && in->plan & WRIT_PLAN_PID_NS; i++) {
		if (is_proc(&in->sandbox->paths.items[i].text))
			return true;
	}
	return false;
}

static bool has_mount_ns(const struct planning *in)
{
	return has_mounts(in) || in->plan & WRIT_PLAN_PROC;
}

static bool has_keeper(const struct planning *in)
{
	return in->plan &
	       (WRIT_PLAN_PID_NS | WRIT_PLAN_MOUNT_NS | WRIT_PLAN_BROKER | WRIT_PLAN_NETWORK);
}

static const struct {
	enum writ_plan bit;
	bool (*is_needed)(const struct planning *in);
} rows[] = {
	{WRIT_PLAN_READ_ONLY, changes_metadata}, {WRIT_PLAN_NOEXEC, is_strict},
	{WRIT_PLAN_BROKER, denies_inside},       {WRIT_PLAN_NETWORK, lists_peers},
	{WRIT_PLAN_PID_NS, has_pid_ns},          {WRIT_PLAN_PROC, has_proc},
	{WRIT_PLAN_MOUNT_NS, has_mount_ns},      {WRIT_PLAN_KEEPER, has_keeper},
	{WRIT_PLAN_RESOLVER, takes_datagrams},
};

uint32_t ir_plan(struct arena *arena, const struct ir_sandbox *sandbox)
{
	struct planning in = {.arena = arena, .sandbox = sandbox};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		in.plan |= rows[i].is_needed(&in) ? (uint32_t)rows[i].bit : 0;
	return in.plan;
}

bool ir_plan_has_broker(struct arena *arena, const struct ir_sandbox *sandbox)
{
	struct planning in = {.arena = arena, .sandbox = sandbox};

	return denies_inside(&in);
}

/* What a broker or a gate is there for, it is asked about. */
static struct ir_call enforced_call(const struct ir_call *rule, bool broker, bool gate)
{
	struct ir_call call = *rule;

	if (call.verdict < IR_CALL_NOTIFY &&
	    ((broker && call_is_mediated(call.name)) || (gate && call_is_gated(call.name))))
		call.verdict = IR_CALL_NOTIFY;
	return call;
}

/* A datagram socket is made by whoever listens, in a network of its own. */
static const struct call_cond is_datagram = {.arg = 1,
					     .op = COND_MASKED_EQ,
					     .mask = SOCK_TYPE_BITS,
					     .value = SOCK_DGRAM};
static const struct ir_call asks_for_datagrams = {.name = {"socket", sizeof("socket") - 1},
						  .verdict = IR_CALL_NOTIFY,
						  .conds = &is_datagram,
						  .n_conds = 1,
						  .guard = true};

/* Behind the stricter rules of its call. */
static size_t place_of(const struct ir_sandbox *sandbox, const struct ir_call *call)
{
	size_t i = ir_first_call(sandbox, call->name);

	while (i < sandbox->calls.n && str_eq(sandbox->calls.items[i].name, call->name) &&
	       sandbox->calls.items[i].verdict > call->verdict)
		i++;
	return i;
}

const struct ir_sandbox *ir_plan_enforced(struct arena *arena, const struct ir_sandbox *sandbox)
{
	struct planning in = {.arena = arena, .sandbox = sandbox};
	bool broker = denies_inside(&in), gate = ir_plan_has_gate(sandbox);
	struct ir_sandbox *enforced;
	size_t sockets = sandbox->calls.n;

	if (!broker && !gate)
		return sandbox;
	enforced = arena_new(arena, struct ir_sandbox);
	*enforced = *sandbox;
	memset(&enforced->calls, 0, sizeof(enforced->calls));
	if (takes_datagrams(&in))
		sockets = place_of(sandbox, &asks_for_datagrams);
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		if (i == sockets)
			vec_add(arena, &enforced->calls, asks_for_datagrams);
		vec_add(arena, &enforced->calls,
			enforced_call(&sandbox->calls.items[i], broker, gate));
	}
	return enforced;
}

/* In /dev, but for its shared memory: devices and terminals. */
static bool is_device(const struct ir_text *text)
{
	struct str first;

	if (text->n == 0 || text->parts[0].kind != IR_PART_LITERAL)
		return false;
	first = text->parts[0].literal;
	return (text->n == 1 && str_eq_cstr(first, "/dev")) ||
	       (first.len >= 5 && memcmp(first.ptr, "/dev/", 5) == 0 &&
		!(first.len >= 8 && memcmp(first.ptr, "/dev/shm", 8) == 0));
}

bool ir_plan_writes(const struct ir_sandbox *sandbox)
{
	if (sandbox->scratches.n)
		return true;
	for (size_t i = 0; i < sandbox->paths.n; i++) {
		const struct ir_path *path = &sandbox->paths.items[i];

		if (path->rights & WRIT_PATH_WRITE && !is_device(&path->text))
			return true;
	}
	return false;
}
