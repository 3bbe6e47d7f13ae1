/*
 * The plan of a sandbox, as `writc show` prints it: for each rule of the policy what enforces it,
 * and what happens on a host that lacks that.
 *
 * In: the records of a bundle. Out: a table of rows, made by one function for each kind of rule and
 * printed as text or JSON. What a bit of the plan is for is docs/plan.md's to say.
 */
#include "cli/show.h"

enum mechanism {
	BY_LANDLOCK = 1 << 0,
	BY_SECCOMP = 1 << 1,
	BY_MOUNT_NS = 1 << 2,
	BY_PID_NS = 1 << 3,
	BY_KEEPER = 1 << 4,
	BY_BROKER = 1 << 5,
	BY_RLIMIT = 1 << 6,
	BY_CGROUP = 1 << 7,
	BY_USER = 1 << 8,
	BY_AFFINITY = 1 << 9,
	BY_RUNTIME = 1 << 10,
	BY_NET_GATE = 1 << 11,
	BY_RESOLVER = 1 << 12,
};

static const char *const mechanism_names[] = {
	"Landlock", "seccomp", "mount namespace", "PID namespace", "keeper",   "broker",   "rlimit",
	"cgroup",   "user id", "affinity",        "runtime",       "net gate", "resolver",
};

#define N_MECHANISMS (sizeof(mechanism_names) / sizeof(mechanism_names[0]))

/* What else: a sandbox that says best_effort gives some things up and is told so. */
#define REFUSED   "refused"
#define GIVEN_UP  "given up, with a warning"
#define UNLESS    GIVEN_UP ", but refused where the path is missing"
#define UNLIMITED "refused by this version"
#define ALWAYS    "" /* every host that anything runs on can */

struct rule {
	struct str text;
	uint32_t by; /* enum mechanism */
	const char *otherwise;
};

VEC_TYPE(rules, struct rule);

struct plan {
	const struct show *show;
	const struct writ_fmt_sandbox *sandbox;
	struct rules rules;
	const char *lacking; /* what becomes of a rule that the host's kernel can't enforce */
};

static void add(struct plan *plan, struct str text, uint32_t by, const char *otherwise)
{
	vec_add(plan->show->arena, &plan->rules, ((struct rule){text, by, otherwise}));
}

static bool has(const struct plan *plan, uint32_t bits)
{
	return plan->sandbox->plan & bits;
}

static bool is_strict(const struct plan *plan)
{
	return plan->sandbox->flags & WRIT_SANDBOX_STRICT_EXEC;
}

static bool is_best_effort(const struct plan *plan)
{
	return plan->sandbox->flags & WRIT_SANDBOX_BEST_EFFORT;
}

/* ---- files ---- */

static struct str path_text(const struct plan *plan, const struct writ_fmt_path *path)
{
	return str_printf(plan->show->arena, "%s%s%s%s \"%.*s\"",
			  path->rights & WRIT_PATH_WRITE  ? "write"
			  : path->rights & WRIT_PATH_READ ? "read"
							  : "",
			  path->rights & (WRIT_PATH_READ | WRIT_PATH_WRITE) &&
					  path->rights & WRIT_PATH_EXECUTE
				  ? ", "
				  : "",
			  path->rights & WRIT_PATH_EXECUTE ? "execute" : "",
			  path->rights & WRIT_PATH_REQUIRED ? " required" : "",
			  STR_ARG(show_parts(plan->show, path->text)));
}

static void add_paths(struct plan *plan)
{
	struct writ_fmt_range range = plan->sandbox->paths;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_path *path = BUNDLE_AT(plan->show->image, PATHS, path,
							     range.first + i);
		bool required = path->rights & WRIT_PATH_REQUIRED;
		bool executes = path->rights & WRIT_PATH_EXECUTE;

		if (path->rights & WRIT_PATH_IMPLIED)
			continue;
		add(plan, path_text(plan, path),
		    BY_LANDLOCK | (required ? BY_RUNTIME : 0) |
			    (executes && is_strict(plan) ? BY_MOUNT_NS : 0),
		    required && is_best_effort(plan) ? UNLESS : plan->lacking);
	}
}

static struct str place_text(const struct plan *plan, const char *what,
			     const struct writ_fmt_place *place)
{
	return str_printf(plan->show->arena, "%s \"%.*s\"", what,
			  STR_ARG(show_parts(plan->show, place->text)));
}

static void add_denies(struct plan *plan)
{
	struct writ_fmt_range range = plan->sandbox->denies;
	uint32_t by = has(plan, WRIT_PLAN_BROKER) ? BY_BROKER | BY_SECCOMP | BY_LANDLOCK
						  : BY_LANDLOCK;

	for (uint32_t i = 0; i < range.count; i++)
		add(plan,
		    place_text(plan, "deny",
			       BUNDLE_AT(plan->show->image, DENIES, place, range.first + i)),
		    by, REFUSED);
}

static void add_scratches(struct plan *plan)
{
	struct writ_fmt_range range = plan->sandbox->scratches;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(plan->show->image, SCRATCHES, place,
							       range.first + i);
		struct str text = place_text(plan, "scratch", place);
		struct str size = show_size(plan->show->arena, place->size_bytes);

		add(plan, str_printf(plan->show->arena, "%.*s %.*s", STR_ARG(text), STR_ARG(size)),
		    BY_MOUNT_NS | BY_LANDLOCK, plan->lacking);
	}
}

static void add_metadata(struct plan *plan)
{
	if (has(plan, WRIT_PLAN_READ_ONLY))
		add(plan, STR("no metadata is changed outside the write grants"), BY_MOUNT_NS,
		    "seccomp refuses the calls, or all but modes and times in write grants");
	else
		add(plan, STR("no metadata is changed"), BY_SECCOMP, ALWAYS);
}

static void add_strict_exec(struct plan *plan)
{
	if (is_strict(plan))
		add(plan, STR("strict exec"), BY_SECCOMP | BY_MOUNT_NS, plan->lacking);
}

/* ---- processes ---- */

static void add_processes(struct plan *plan)
{
	if (!has(plan, WRIT_PLAN_KEEPER))
		add(plan, STR("nothing outlives the launch"), BY_SECCOMP | BY_RUNTIME, ALWAYS);
	else if (has(plan, WRIT_PLAN_PID_NS))
		add(plan, STR("nothing outlives the launch"), BY_PID_NS | BY_KEEPER,
		    "the keeper kills the process group");
	else
		add(plan, STR("nothing outlives the launch"), BY_SECCOMP | BY_KEEPER, ALWAYS);
	add(plan, STR("no signal, trace or priority reaches other processes"),
	    has(plan, WRIT_PLAN_PID_NS) ? BY_LANDLOCK | BY_SECCOMP | BY_PID_NS
					: BY_LANDLOCK | BY_SECCOMP,
	    plan->lacking);
	if (has(plan, WRIT_PLAN_PROC))
		add(plan, STR("/proc shows the launch only"), BY_MOUNT_NS | BY_PID_NS,
		    "the host's /proc, with a warning");
}

static void add_user(struct plan *plan)
{
	if (plan->sandbox->user.len)
		add(plan,
		    str_printf(plan->show->arena, "user \"%.*s\"",
			       STR_ARG(show_quoted(plan->show, plan->sandbox->user))),
		    BY_USER, REFUSED);
}

/* ---- limits ---- */

static const struct limit_row {
	uint32_t by;
	const char *otherwise;
} limit_rows[WRIT_LIMIT__COUNT] = {
	[WRIT_LIMIT_WALL] = {BY_RUNTIME, ALWAYS},
	[WRIT_LIMIT_CPU] = {BY_CGROUP, "rlimit: of each process, in whole seconds"},
	[WRIT_LIMIT_MEMORY] = {BY_CGROUP, "rlimit: the private memory of each process"},
	[WRIT_LIMIT_PROCESSES] = {BY_RLIMIT, "cgroup, or " REFUSED},
	[WRIT_LIMIT_FILES] = {BY_RLIMIT, ALWAYS},
	[WRIT_LIMIT_FILE_SIZE] = {BY_RLIMIT, ALWAYS},
	[WRIT_LIMIT_OUTPUT] = {BY_RUNTIME, ALWAYS},
	[WRIT_LIMIT_CPUS] = {BY_AFFINITY | BY_SECCOMP, ALWAYS},
};

static struct limit_row limit_row(const struct writ_fmt_limit *limit)
{
	static const struct limit_row alone = {BY_SECCOMP, ALWAYS};

	if (limit->id == WRIT_LIMIT_PROCESSES && limit->value == 1)
		return alone;
	return limit_rows[limit->id];
}

static void add_limits(struct plan *plan)
{
	struct writ_fmt_range range = plan->sandbox->limits;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_limit *limit = BUNDLE_AT(plan->show->image, LIMITS, limit,
							       range.first + i);
		struct limit_row row = limit_row(limit);

		add(plan, show_limit(plan->show->arena, limit), row.by, row.otherwise);
	}
}

/* ---- network, system calls, environment ---- */

/* Nobody binds to UDP yet. Names are judged by what they were looked up as. */
static void add_endpoint(struct plan *plan, const struct writ_fmt_endpoint *endpoint)
{
	bool is_name = endpoint->kind == WRIT_HOST_NAME || endpoint->kind == WRIT_HOST_SUFFIX;
	bool is_looked_up = is_name && has(plan, WRIT_PLAN_RESOLVER);
	struct str text = show_endpoint(plan->show, endpoint);

	if (endpoint->flags & WRIT_ENDPOINT_UDP && endpoint->flags & WRIT_ENDPOINT_BIND)
		add(plan, text, 0, UNLIMITED);
	else
		add(plan, text, BY_NET_GATE | BY_SECCOMP | (is_looked_up ? BY_RESOLVER : 0),
		    REFUSED);
}

static void add_network(struct plan *plan)
{
	const struct writ_fmt_sandbox *box = plan->sandbox;
	const struct bundle_image *image = plan->show->image;

	bool is_gated = has(plan, WRIT_PLAN_NETWORK);

	for (uint32_t i = 0; i < box->ports.count; i++)
		add(plan,
		    show_port(plan->show, BUNDLE_AT(image, PORTS, port, box->ports.first + i)),
		    BY_SECCOMP | (is_gated ? BY_NET_GATE : BY_LANDLOCK),
		    is_gated ? REFUSED : plan->lacking);
	for (uint32_t i = 0; i < box->endpoints.count; i++)
		add_endpoint(plan, BUNDLE_AT(image, ENDPOINTS, endpoint, box->endpoints.first + i));
	for (uint32_t i = 0; i < box->unix_sockets.count; i++)
		add(plan,
		    place_text(plan, "unix",
			       BUNDLE_AT(image, UNIX_SOCKETS, place, box->unix_sockets.first + i)),
		    BY_NET_GATE | BY_SECCOMP, REFUSED);
	if (is_gated)
		add(plan, STR("no other peer is reached"), BY_SECCOMP | BY_NET_GATE | BY_LANDLOCK,
		    REFUSED);
	else
		add(plan, STR("no other peer is reached"),
		    BY_SECCOMP | (box->ports.count ? BY_LANDLOCK : 0),
		    box->ports.count ? plan->lacking : ALWAYS);
}

static void add_calls(struct plan *plan)
{
	uint32_t n = plan->sandbox->calls.count, n_notify = 0;

	for (uint32_t i = 0; i < n; i++)
		n_notify += bundle_call(plan->show->image, plan->sandbox, i)->verdict ==
			    WRIT_CALL_NOTIFY;
	add(plan, str_printf(plan->show->arena, "system calls (%u rules)", n),
	    n_notify ? 0 : BY_SECCOMP, n_notify ? UNLIMITED : ALWAYS);
}

static void add_env(struct plan *plan)
{
	add(plan,
	    str_printf(plan->show->arena, "environment (%u variables)", plan->sandbox->env.count),
	    BY_RUNTIME, ALWAYS);
}

static void (*const adders[])(struct plan *plan) = {
	add_paths,  add_denies, add_scratches, add_metadata, add_strict_exec, add_processes,
	add_limits, add_user,   add_network,   add_calls,    add_env,
};

static struct plan make_plan(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	struct plan plan = {.show = show, .sandbox = sandbox, .lacking = REFUSED};

	if (is_best_effort(&plan))
		plan.lacking = GIVEN_UP;
	for (size_t i = 0; i < sizeof(adders) / sizeof(adders[0]); i++)
		adders[i](&plan);
	return plan;
}

/* ---- printing ---- */

static const struct {
	uint32_t bit;
	const char *name;
	const char *doc;
} bits[] = {
#define PLAN(bit, id, name, doc) {WRIT_PLAN_##id, name, doc},
	WRIT_PLANS(PLAN)
#undef PLAN
};

#define N_BITS (sizeof(bits) / sizeof(bits[0]))

static struct str by_text(struct arena *arena, uint32_t by)
{
	struct str text = STR("");

	for (size_t i = 0; i < N_MECHANISMS; i++) {
		if (by & 1u << i)
			text = str_printf(arena, "%.*s%s%s", STR_ARG(text), text.len ? ", " : "",
					  mechanism_names[i]);
	}
	return text.len ? text : STR("nothing");
}

void show_plan_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	struct plan plan = make_plan(show, sandbox);

	fputs("  plan:\n", show->out);
	for (size_t i = 0; i < N_BITS; i++) {
		if (sandbox->plan & bits[i].bit)
			fprintf(show->out, "    %-20s %s\n", bits[i].name, bits[i].doc);
	}
	if (!sandbox->plan)
		fputs("    nothing beside Landlock, seccomp and limits\n", show->out);
	fputs("  plan, rule by rule:\n", show->out);
	for (size_t i = 0; i < plan.rules.n; i++) {
		const struct rule *rule = &plan.rules.items[i];

		fprintf(show->out, "    %.*s\n      by %.*s", STR_ARG(rule->text),
			STR_ARG(by_text(show->arena, rule->by)));
		if (*rule->otherwise)
			fprintf(show->out, "; else %s", rule->otherwise);
		fputc('\n', show->out);
	}
}

static json_t *rule_json(const struct rule *rule)
{
	json_t *by = json_array();
	json_t *object;

	for (size_t i = 0; i < N_MECHANISMS; i++) {
		if (rule->by & 1u << i)
			json_array_append_new(by, json_string(mechanism_names[i]));
	}
	object = json_pack("{s:s%,s:o}", "rule", rule->text.ptr, rule->text.len, "by", by);
	if (*rule->otherwise)
		json_object_set_new(object, "else", json_string(rule->otherwise));
	return object;
}

json_t *show_plan_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	struct plan plan = make_plan(show, sandbox);
	json_t *names = json_array(), *rules = json_array();

	for (size_t i = 0; i < N_BITS; i++) {
		if (sandbox->plan & bits[i].bit)
			json_array_append_new(names, json_string(bits[i].name));
	}
	for (size_t i = 0; i < plan.rules.n; i++)
		json_array_append_new(rules, rule_json(&plan.rules.items[i]));
	return json_pack("{s:o,s:o}", "mechanisms", names, "rules", rules);
}
