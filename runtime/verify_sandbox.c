/*
 * Validation of what a sandbox is made of: granted paths and ports, Landlock variants, filters,
 * limits, environment. Records are checked section by section, then the sandboxes' ranges over
 * them; so each record is looked at once, however many sandboxes share it.
 */
#include "runtime/verify.h"

#include <string.h>

#include "runtime/error.h"
#include "runtime/kernel_abi.h"

#define PATH_RIGHTS                                                                                \
	(WRIT_PATH_READ | WRIT_PATH_WRITE | WRIT_PATH_EXECUTE | WRIT_PATH_IMPLIED |                \
	 WRIT_PATH_REQUIRED)
#define IMPLIED_RIGHTS (WRIT_PATH_EXECUTE | WRIT_PATH_IMPLIED)
#define FS_BITS_ABI1   UINT64_C(0x1fff)
#define FS_BITS        UINT64_C(0xffff)
/* Device nodes, and ioctl on them: no right of the language gives that. */
#define LANDLOCK_FS_NEVER_GRANTED                                                                  \
	(LANDLOCK_FS_MAKE_CHAR | LANDLOCK_FS_MAKE_BLOCK | LANDLOCK_FS_IOCTL_DEV)
#define NET_BITS     UINT64_C(3)
#define SCOPED_BITS  UINT64_C(3)
#define MAX_ENV_NAME 255u
#define MAX_LIMIT    (UINT64_C(1) << 62) /* no arithmetic on a limit overflows */
#define MAX_VARIANTS 16u
#define N_ARCHS      3u
#define NEAR_FILTERS 16u /* that may have the same program: as many as are cheaply asked */

/* The Landlock rights that the language's rights give: docs/language.md. */
static uint64_t access_of(uint32_t rights)
{
	const uint64_t execute = LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE;
	uint64_t access = execute; /* of any path: it may be an ELF interpreter */

	if (rights & WRIT_PATH_READ)
		access |= LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR;
	if (rights & WRIT_PATH_WRITE)
		access |= FS_BITS & ~LANDLOCK_FS_NEVER_GRANTED;
	return access;
}

static const char *check_path(const struct image *image, uint32_t index)
{
	const struct writ_fmt_path *path = image_PATHS(image, index);

	if (!verify_path_text(image, path->text))
		return "it is not the text of an absolute path";
	if (path->rights & ~PATH_RIGHTS || !(path->rights & ~WRIT_PATH_REQUIRED) ||
	    (path->rights & WRIT_PATH_IMPLIED && path->rights != IMPLIED_RIGHTS))
		return "the rights";
	if (path->access & ~access_of(path->rights) || !path->access)
		return "the Landlock rights are not those of its rights";
	return path->reserved ? "a reserved field is not zero" : NULL;
}

static const char *check_port(const struct image *image, uint32_t index)
{
	const struct writ_fmt_port *port = image_PORTS(image, index);

	if (!port->rights || port->rights & ~(WRIT_PORT_CONNECT | WRIT_PORT_BIND))
		return "the rights";
	if (port->reserved)
		return "a reserved field is not zero";
	if (port->param == WRIT_NONE)
		return port->first && port->first <= port->last &&
				       port->last - port->first < (int)WRIT_MAX_RANGE
			       ? NULL
			       : "the range";
	if (port->first || port->last)
		return "a range beside a parameter";
	if (port->param >= image_count(image, WRIT_SECTION_PARAMS) ||
	    image_PARAMS(image, port->param)->type != WRIT_PARAM_PORT)
		return "the parameter";
	return NULL;
}

/* What the Landlock of an ABI can handle: landlock(7). */
static uint64_t fs_bits_of(uint32_t abi)
{
	if (abi >= 5)
		return FS_BITS;
	return abi >= 3 ? UINT64_C(0x7fff) : abi == 2 ? UINT64_C(0x3fff) : FS_BITS_ABI1;
}

static uint64_t net_bits_of(uint32_t abi)
{
	return abi >= 4 ? NET_BITS : 0;
}

static uint64_t scoped_bits_of(uint32_t abi)
{
	return abi >= 6 ? SCOPED_BITS : 0;
}

/* What may still be lacking on an ABI: what a later one brings. */
static uint32_t lackings_of(uint32_t abi)
{
	static const struct {
		uint32_t bit;
		uint32_t since;
	} rows[] = {
#define LACKING(bit, id, abi, doc) {1u << (bit), (abi)},
		WRIT_LACKINGS(LACKING)
#undef LACKING
	};
	uint32_t bits = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bits |= rows[i].since > abi ? rows[i].bit : 0;
	return bits;
}

static const char *check_landlock(const struct image *image, uint32_t index)
{
	const struct writ_fmt_landlock *variant = image_LANDLOCK(image, index);

	if (variant->abi == 0)
		return "the ABI";
	if (variant->lacking & ~lackings_of(variant->abi))
		return "demands that are unknown, or that the ABI meets";
	if (variant->handled_fs & ~fs_bits_of(variant->abi) ||
	    variant->handled_net & ~net_bits_of(variant->abi) ||
	    variant->scoped & ~scoped_bits_of(variant->abi))
		return "rights that the ABI does not have";
	return NULL;
}

static bool same_range(struct writ_fmt_range a, struct writ_fmt_range b)
{
	return a.first == b.first && a.count == b.count;
}

/* Has one of the filters shortly before the same program? Then that has been looked at. */
static bool is_repeated(const struct image *image, uint32_t index)
{
	const struct writ_fmt_filter *filter = image_FILTERS(image, index);

	for (uint32_t i = 1; i <= NEAR_FILTERS && i <= index; i++) {
		if (same_range((filter - i)->insns, filter->insns))
			return true;
	}
	return false;
}

static const char *check_filter(const struct image *image, uint32_t index)
{
	const struct writ_fmt_filter *filter = image_FILTERS(image, index);

	if (filter->reserved)
		return "a reserved field is not zero";
	if (filter->insns.count == 0 ||
	    !image_has(image, WRIT_SECTION_INSNS, filter->insns.first, filter->insns.count))
		return "the range of instructions";
	if (is_repeated(image, index))
		return NULL;
	return verify_bpf(image_INSNS(image, filter->insns.first), filter->insns.count);
}

static const char *check_limit(const struct image *image, uint32_t index)
{
	const struct writ_fmt_limit *limit = image_LIMITS(image, index);

	if (limit->id >= WRIT_LIMIT__COUNT)
		return "unknown to this runtime";
	if (limit->reserved)
		return "a reserved field is not zero";
	return limit->value >= 1 && limit->value <= MAX_LIMIT ? NULL : "the value";
}

static const char *check_env(const struct image *image, uint32_t index)
{
	const struct writ_fmt_env *env = image_ENV(image, index);

	if (env->kind < WRIT_ENV_PASS || env->kind > WRIT_ENV_SECRET)
		return "an unknown kind";
	if (env->reserved)
		return "a reserved field is not zero";
	if (!verify_str(image, env->name, 1, MAX_ENV_NAME) ||
	    memchr(image_str(image, env->name), '=', env->name.len))
		return "the name";
	if (env->kind != WRIT_ENV_SET)
		return env->value.first || env->value.count ? "a value" : NULL;
	return verify_text(image, env->value) ? NULL : "the value";
}

/* What a sandbox is made of, but for system calls: those are verify_calls.c's. */
static const struct box_range {
	const char *name;
	size_t offset; /* of the range in struct writ_fmt_sandbox */
	enum writ_section_id section;
	uint32_t max;
} box_ranges[] = {
#define RANGE(name, section, max)                                                                  \
	{                                                                                          \
#name, offsetof(struct writ_fmt_sandbox, name), WRIT_SECTION_##section, max        \
	}
	RANGE(paths, PATHS, WRIT_MAX_GRANTS),
	RANGE(ports, PORTS, WRIT_MAX_GRANTS),
	RANGE(landlock, LANDLOCK, MAX_VARIANTS),
	RANGE(filters, FILTERS, N_ARCHS),
	RANGE(limits, LIMITS, WRIT_LIMIT__COUNT),
	RANGE(env, ENV, WRIT_MAX_GRANTS),
	RANGE(endpoints, ENDPOINTS, WRIT_MAX_GRANTS),
	RANGE(denies, DENIES, WRIT_MAX_GRANTS),
	RANGE(scratches, SCRATCHES, WRIT_MAX_GRANTS),
	RANGE(unix_sockets, UNIX_SOCKETS, WRIT_MAX_GRANTS),
#undef RANGE
};
#define N_BOX_RANGES (sizeof(box_ranges) / sizeof(box_ranges[0]))

static struct writ_fmt_range range_of(const struct writ_fmt_sandbox *box,
				      const struct box_range *which)
{
	struct writ_fmt_range range;

	memcpy(&range, (const char *)box + which->offset, sizeof(range));
	return range;
}

static bool ranges_ok(const struct image *image, const struct writ_fmt_sandbox *box)
{
	for (size_t i = 0; i < N_BOX_RANGES; i++) {
		struct writ_fmt_range range = range_of(box, &box_ranges[i]);

		if (range.count > box_ranges[i].max ||
		    !image_has(image, box_ranges[i].section, range.first, range.count))
			return false;
	}
	return true;
}

/*
 * The records of one kind are the sandboxes', in their order, each one's own; so a small file can't
 * make large sandboxes. Behind them in ENDPOINTS are those of conditions.
 */
static bool range_covers(const struct image *image, const struct box_range *which)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_SANDBOXES); i++) {
		struct writ_fmt_range range = range_of(image_SANDBOXES(image, i), which);

		if (range.first != (range.count ? at : 0))
			return false;
		at += range.count;
	}
	return at == image_count(image, which->section) || which->section == WRIT_SECTION_ENDPOINTS;
}

/*
 * What is not handled is allowed, so a variant handles all that the newest ABI it stands for can;
 * check_landlock has seen that it is no more than the oldest one can.
 */
static bool handles_all(const struct writ_fmt_landlock *variant, uint32_t newest)
{
	return variant->handled_fs == fs_bits_of(newest) &&
	       variant->handled_net == net_bits_of(newest) &&
	       variant->scoped == scoped_bits_of(newest);
}

static const char *check_variants(const struct image *image, const struct writ_fmt_sandbox *box)
{
	struct writ_fmt_range range = box->landlock;

	if (range.count == 0 || image_LANDLOCK(image, range.first)->abi != 1)
		return "no Landlock variant for ABI 1";
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_landlock *variant = image_LANDLOCK(image, range.first + i);
		uint32_t next = i + 1 < range.count
					? image_LANDLOCK(image, range.first + i + 1)->abi
					: 0;

		if (i + 1 < range.count && next <= variant->abi)
			return "the Landlock variants do not ascend";
		if (!handles_all(variant, next - 1)) /* the last one: of all that is to come */
			return "a Landlock variant leaves rights unhandled";
		if (box->ports.count && !(box->plan & WRIT_PLAN_NETWORK) &&
		    variant->handled_net != NET_BITS && !(variant->lacking & WRIT_LACKS_NET_PORT))
			return "ports are granted where Landlock does not limit them";
	}
	return NULL;
}

static bool limits_ascend(const struct image *image, struct writ_fmt_range range)
{
	for (uint32_t i = 1; i < range.count; i++) {
		if (image_LIMITS(image, range.first + i)->id <=
		    image_LIMITS(image, range.first + i - 1)->id)
			return false;
	}
	return true;
}

static bool is_alone(const struct image *image, const struct writ_fmt_sandbox *box)
{
	for (uint32_t i = 0; i < box->limits.count; i++) {
		const struct writ_fmt_limit *limit = image_LIMITS(image, box->limits.first + i);

		if (limit->id == WRIT_LIMIT_PROCESSES)
			return limit->value == 1;
	}
	return false;
}

/* What a sandbox relies on its filters for. */
static uint32_t demands_of(const struct image *image, const struct writ_fmt_sandbox *box)
{
	bool is_gated = box->plan & WRIT_PLAN_NETWORK;

	return (is_alone(image, box) ? VERIFY_ALONE : 0) |
	       (box->ports.count || is_gated ? 0 : VERIFY_NO_PORT) |
	       (box->unix_sockets.count ? 0 : VERIFY_NO_UNIX) | (is_gated ? VERIFY_GATE : 0) |
	       (box->flags & WRIT_SANDBOX_STRICT_EXEC ? VERIFY_STRICT_EXEC : 0) |
	       (box->plan & WRIT_PLAN_BROKER ? VERIFY_BROKER : 0) |
	       (box->plan & WRIT_PLAN_RESOLVER ? VERIFY_RESOLVER : VERIFY_NO_RESOLVER) |
	       (box->plan & WRIT_PLAN_KEEPER ? 0 : VERIFY_NO_KEEPER) |
	       (box->plan & WRIT_PLAN_READ_ONLY ? 0 : VERIFY_NO_READ_ONLY) |
	       (box->plan & WRIT_PLAN_PID_NS ? 0 : VERIFY_NO_PID_NS);
}

static const char *check_filters(const struct image *image, const struct writ_fmt_sandbox *box)
{
	struct writ_fmt_range range = box->filters;
	const char *what = range.count ? NULL : "no filter";

	for (uint32_t i = 0; i < range.count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (image_FILTERS(image, range.first + i)->audit_arch ==
			    image_FILTERS(image, range.first + j)->audit_arch)
				return "two filters for one architecture";
		}
	}
	for (uint32_t i = 0; !what && i < range.count; i++) {
		const struct writ_fmt_filter *filter = image_FILTERS(image, range.first + i);

		what = verify_probes(filter->audit_arch, image_INSNS(image, filter->insns.first),
				     filter->insns.count, demands_of(image, box));
	}
	return what;
}

static bool asks(const struct image *image, struct writ_fmt_range range)
{
	const struct writ_fmt_insn *insns = image_INSNS(image, range.first);

	for (uint32_t i = 0; i < range.count; i++) {
		if (insns[i].k == SECCOMP_ACTION_USER_NOTIF && insns[i].code == BPF_OP_RET_K)
			return true;
	}
	return false;
}

/*
 * Whether a sandbox needs a supervisor is read from its system call rules, and whether it has one
 * of ours from its plan, so its filters must ask none without them: where nobody listens, the
 * command could do so itself, and let itself pass.
 */
static const char *check_notify(const struct image *image, const struct writ_fmt_sandbox *box)
{
	if (box->plan & (WRIT_PLAN_BROKER | WRIT_PLAN_NETWORK))
		return NULL;
	for (uint32_t i = 0; i < box->filters.count; i++) {
		if (asks(image, image_FILTERS(image, box->filters.first + i)->insns) &&
		    !image_list_notifies(image, box->calls))
			return "a filter asks a supervisor, and no system call rule does";
	}
	return NULL;
}

/* A grant or a denial, as it is no condition's operand. */
static bool endpoints_grant(const struct image *image, struct writ_fmt_range range)
{
	for (uint32_t i = 0; i < range.count; i++) {
		if (!(image_ENDPOINTS(image, range.first + i)->flags & ~WRIT_ENDPOINT_UDP))
			return false;
	}
	return true;
}

/*
 * Has a sandbox before the filters of this one, and relies on them for the same? Then they have
 * been looked at. The last one with the same system calls is asked: sandboxes that extend one
 * another mostly share them.
 */
static bool calls_are_checked(const struct image *image, uint32_t index)
{
	const struct writ_fmt_sandbox *box = image_SANDBOXES(image, index), *before;
	uint32_t sharer = verify_sharer(image, index);

	if (sharer == WRIT_NONE)
		return false;
	before = image_SANDBOXES(image, sharer);
	if (demands_of(image, box) != demands_of(image, before) ||
	    box->filters.count != before->filters.count)
		return false;
	for (uint32_t i = 0; i < box->filters.count; i++) {
		const struct writ_fmt_filter *a = image_FILTERS(image, box->filters.first + i);
		const struct writ_fmt_filter *b = image_FILTERS(image, before->filters.first + i);

		if (a->audit_arch != b->audit_arch || !same_range(a->insns, b->insns))
			return false;
	}
	return true;
}

static const char *check_calls(const struct image *image, const struct writ_fmt_sandbox *box)
{
	const char *what = check_filters(image, box);

	return what ? what : check_notify(image, box);
}

static const char *check_sandbox(const struct image *image, uint32_t index)
{
	const struct writ_fmt_sandbox *box = image_SANDBOXES(image, index);
	const char *what;

	if (!verify_str(image, box->name, 1, WRIT_MAX_NAME))
		return "the name";
	if (box->flags & ~(WRIT_SANDBOX_BEST_EFFORT | WRIT_SANDBOX_STRICT_EXEC) ||
	    box->plan & ~WRIT_KNOWN_PLANS)
		return "unknown flags";
	if (!verify_plan(box))
		return "the plan is not one that holds together";
	if (!verify_str(image, box->user, 0, WRIT_MAX_NAME))
		return "the user";
	if (!ranges_ok(image, box))
		return "a range leaves its section, or is too long";
	what = check_variants(image, box);
	if (!what && !calls_are_checked(image, index))
		what = check_calls(image, box);
	if (what)
		return what;
	if (!endpoints_grant(image, box->endpoints))
		return "an endpoint that is neither granted nor denied";
	return limits_ascend(image, box->limits) ? NULL : "the limits";
}

/*
 * A filter that can't be judged is no sign of damage: a later compiler may know its architecture.
 */
static int check_architectures(const struct image *image, struct writ_error *error)
{
	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_FILTERS); i++) {
		uint32_t arch = image_FILTERS(image, i)->audit_arch;

		if (!verify_knows_arch(arch))
			return error_set(error, WRIT_E_UNSUPPORTED,
					 "the bundle has a filter for architecture 0x%x, which "
					 "this runtime does not know",
					 arch);
	}
	return 0;
}

/* A section of records, one row each; sandboxes last, which refer to the others. */
static const struct {
	const char *name;
	const char *(*check)(const struct image *image, uint32_t index);
	enum writ_section_id section;
	uint32_t max;
} record_checks[] = {
	{"paths", check_path, WRIT_SECTION_PATHS, WRIT_MAX_ALL},
	{"ports", check_port, WRIT_SECTION_PORTS, WRIT_MAX_ALL},
	{"landlock", check_landlock, WRIT_SECTION_LANDLOCK, UINT32_MAX},
	{"filters", check_filter, WRIT_SECTION_FILTERS, WRIT_MAX_FILTERS},
	{"limits", check_limit, WRIT_SECTION_LIMITS, UINT32_MAX},
	{"env", check_env, WRIT_SECTION_ENV, WRIT_MAX_ALL},
	{"endpoints", verify_endpoint, WRIT_SECTION_ENDPOINTS, UINT32_MAX},
	{"denies", verify_deny, WRIT_SECTION_DENIES, WRIT_MAX_ALL},
	{"scratches", verify_scratch, WRIT_SECTION_SCRATCHES, WRIT_MAX_ALL},
	{"unix_sockets", verify_unix_socket, WRIT_SECTION_UNIX_SOCKETS, WRIT_MAX_ALL},
	{"call_conds", verify_call_cond, WRIT_SECTION_CALL_CONDS, UINT32_MAX},
	{"calls", verify_call, WRIT_SECTION_CALLS, WRIT_MAX_ALL},
	{"sandboxes", check_sandbox, WRIT_SECTION_SANDBOXES, WRIT_MAX_SANDBOXES},
};
#define N_RECORD_CHECKS (sizeof(record_checks) / sizeof(record_checks[0]))

/* Before all else: some of what follows looks at each sandbox for each. */
static int check_counts(const struct image *image, struct writ_error *error)
{
	for (size_t c = 0; c < N_RECORD_CHECKS; c++) {
		uint32_t n = image_count(image, record_checks[c].section);

		if (n > record_checks[c].max)
			return verify_bad(error, record_checks[c].name, n, "too many");
	}
	return 0;
}

int verify_sandboxes(const struct image *image, struct writ_error *error)
{
	const struct verify_names names = {WRIT_SECTION_SANDBOXES,
					   image_count(image, WRIT_SECTION_SANDBOXES),
					   sizeof(struct writ_fmt_sandbox)};
	int rc = check_architectures(image, error);

	if (!rc)
		rc = check_counts(image, error);
	if (!rc)
		rc = verify_calls(image, error);
	if (rc)
		return rc;
	for (size_t c = 0; c < N_RECORD_CHECKS; c++) {
		uint32_t n = image_count(image, record_checks[c].section);

		for (uint32_t i = 0; i < n; i++) {
			const char *what = record_checks[c].check(image, i);

			if (what)
				return verify_bad(error, record_checks[c].name, i, what);
		}
	}
	if (!verify_names_ascend(image, &names))
		return verify_bad(error, "sandboxes", 0, "the names do not ascend");
	for (size_t i = 0; i < N_BOX_RANGES; i++) {
		if (!range_covers(image, &box_ranges[i]))
			return verify_bad(error, box_ranges[i].name, 0,
					  "not each sandbox's own, in order");
	}
	return 0;
}
