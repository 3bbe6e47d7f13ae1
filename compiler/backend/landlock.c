/*
 * From grants to rulesets, for every generation of kernels at once.
 *
 * A ruleset always handles everything its kernel can: what is not granted is refused. What an older
 * kernel's Landlock can't refuse only matters if the sandbox's filter lets a process try; that is
 * decided here, from the system call rules, so that the runtime needs to look at one number.
 * Invariant: a variant's lacking is 0 only if nothing the policy does not grant is possible on such
 * a kernel.
 */
#include "backend/landlock.h"

#include <string.h>

#include "backend/landlock_abi.h"
#include "ir/ir_deny.h"
#include "ir/ir_plan.h"
#include "tables/groups.h"

#define READ_ACCESS    (LL_FS_READ_FILE | LL_FS_READ_DIR)
#define EXECUTE_ACCESS (LL_FS_EXECUTE | LL_FS_READ_FILE)
/*
 * All but running files, device nodes, and ioctl on devices. REFER and TRUNCATE are needed to
 * rename between directories and to rewrite files.
 */
#define WRITE_ACCESS                                                                               \
	(READ_ACCESS | LL_FS_WRITE_FILE | LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR |  \
	 LL_FS_MAKE_REG | LL_FS_MAKE_SOCK | LL_FS_MAKE_FIFO | LL_FS_MAKE_SYM | LL_FS_REFER |       \
	 LL_FS_TRUNCATE)

/* Which right a bit needs; the rows of landlock_abi.h as data. */
struct abi_row {
	uint64_t bit;
	uint32_t abi;
};

#define RIGHT(bit, name, abi) {(uint64_t)1 << (bit), (abi)},
static const struct abi_row fs_rows[] = {LL_FS_RIGHTS(RIGHT)};
static const struct abi_row net_rows[] = {LL_NET_RIGHTS(RIGHT)};
static const struct abi_row scope_rows[] = {LL_SCOPES(RIGHT)};
#undef RIGHT

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t known_at(const struct abi_row *rows, size_t n, uint32_t abi)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= rows[i].abi <= abi ? rows[i].bit : 0;
	return bits;
}

static uint64_t path_access(uint32_t rights)
{
	return (rights & WRIT_PATH_READ ? READ_ACCESS : 0u) |
	       (rights & WRIT_PATH_WRITE ? WRITE_ACCESS : 0u) |
	       (rights & WRIT_PATH_EXECUTE ? EXECUTE_ACCESS : 0u);
}

/* ---- what the filter lets a process try ---- */

/* O_TRUNC with an access mode of which Landlock asks for no write right. */
static const uint64_t quiet_truncs[] = {CALL_O_TRUNC, CALL_O_TRUNC | CALL_O_ACCMODE};

/* Is a condition on the flags false for all flags with these of O_TRUNC and the access mode? */
static bool cond_stops(const struct call_cond *cond, uint64_t bits)
{
	const uint64_t known = CALL_O_ACCMODE | CALL_O_TRUNC;

	if (cond->op == COND_EQ)
		return (cond->value & known) != bits;
	if (cond->op == COND_MASKED_EQ)
		return (cond->value & cond->mask & known) != (bits & cond->mask);
	if (cond->op == COND_MASKED_NE)
		return (cond->mask & ~known) == 0 && cond->value == (bits & cond->mask);
	return false;
}

/* Does a rule allow an open that truncates a file without asking Landlock for a write right? */
static bool rule_opens_trunc(const struct ir_call *rule, uint8_t flags_arg)
{
	bool stops[] = {false, false};

	for (uint32_t i = 0; i < rule->n_conds; i++) {
		const struct call_cond *cond = &rule->conds[i];

		for (unsigned mode = 0; cond->arg == flags_arg && mode < 2; mode++)
			stops[mode] |= cond_stops(cond, quiet_truncs[mode]);
	}
	return !stops[0] || !stops[1];
}

static bool is_one_of(struct str name, const char *const *names)
{
	while (*names && !str_eq_cstr(name, *names))
		names++;
	return *names != NULL;
}

/* What a supervisor is asked about it may let through. */
static bool lets_through(const struct ir_call *rule)
{
	return rule->verdict <= IR_CALL_NOTIFY;
}

/* Is a call refused whatever its arguments are? */
static bool always_refused(const struct ir_sandbox *sandbox, struct str name)
{
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if (!lets_through(rule) && rule->n_conds == 0 && str_eq(rule->name, name))
			return true;
	}
	return false;
}

static bool rule_truncates(const struct ir_call *rule)
{
	static const char *const names[] = {"truncate", "truncate64", "openat2", NULL};

	if (is_one_of(rule->name, names))
		return true;
	if (str_eq_cstr(rule->name, "open"))
		return rule_opens_trunc(rule, 1);
	return str_eq_cstr(rule->name, "openat") && rule_opens_trunc(rule, 2);
}

/*
 * Calls that send a signal, or have the kernel send one of the caller's choice to whom it chooses.
 */
static bool rule_signals(const struct ir_call *rule)
{
	static const char *const names[] = {"kill",
					    "tkill",
					    "tgkill",
					    "rt_sigqueueinfo",
					    "rt_tgsigqueueinfo",
					    "pidfd_send_signal",
					    NULL};

	if (is_one_of(rule->name, names))
		return true;
	if (str_eq_cstr(rule->name, "fcntl"))
		return ir_call_takes(rule, 1, CALL_F_SETOWN) ||
		       ir_call_takes(rule, 1, CALL_F_SETOWN_EX);
	return str_eq_cstr(rule->name, "ioctl") &&
	       (ir_call_takes(rule, 1, CALL_FIOSETOWN) || ir_call_takes(rule, 1, CALL_SIOCSPGRP));
}

/* Could the filter let through a call of which the predicate holds? */
static bool filter_allows(const struct ir_sandbox *sandbox,
			  bool (*is_such)(const struct ir_call *rule))
{
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if (lets_through(rule) && is_such(rule) && !always_refused(sandbox, rule->name))
			return true;
	}
	return false;
}

/* ---- what the grants reach ---- */

/*
 * Does a literal path lead to a device whose ioctls do something: /dev, above it, or below it? A
 * path that begins with a parameter or "~" is the operator's choice and not taken for one.
 */
static bool reaches_devices(const struct ir_path *path)
{
	static const char *const harmless[] = {"/dev/null",   "/dev/zero",    "/dev/full",
					       "/dev/random", "/dev/urandom", NULL};
	struct str text;

	if (path->text.n == 0 || path->text.parts[0].kind != IR_PART_LITERAL)
		return false;
	text = path->text.parts[0].literal;
	while (text.len > 1 && text.ptr[text.len - 1] == '/' && path->text.n == 1)
		text.len--;
	if (path->text.n == 1 && is_one_of(text, harmless))
		return false;
	if (str_eq_cstr(text, "/") || str_eq_cstr(text, "/dev"))
		return true;
	return text.len >= 5 && memcmp(text.ptr, "/dev/", 5) == 0;
}

static bool any_device(const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->paths.n; i++) {
		if (reaches_devices(&sandbox->paths.items[i]))
			return true;
	}
	return false;
}

/* Everything the sandbox needs of Landlock, as WRIT_LACKS_ bits. */
static uint32_t needs(const struct ir_sandbox *sandbox)
{
	uint32_t bits = 0;

	if (filter_allows(sandbox, rule_truncates))
		bits |= WRIT_LACKS_TRUNCATE;
	if (sandbox->ports.n > 0 && !ir_plan_has_gate(sandbox))
		bits |= WRIT_LACKS_NET_PORT;
	if (any_device(sandbox))
		bits |= WRIT_LACKS_IOCTL_DEV;
	if (filter_allows(sandbox, rule_signals))
		bits |= WRIT_LACKS_SIGNAL;
	/* ABSTRACT_UNIX never: no socket(AF_UNIX), or a net gate that connects to files only. */
	return bits;
}

static uint32_t lacking_at(uint32_t needed, uint32_t abi)
{
	static const struct abi_row rows[] = {
#define LACKING(bit, id, since, doc) {(uint64_t)1 << (bit), (since)},
		WRIT_LACKINGS(LACKING)
#undef LACKING
	};

	return needed & ~(uint32_t)known_at(rows, LEN(rows), abi);
}

static bool same_demands(const struct writ_fmt_landlock *a, const struct writ_fmt_landlock *b)
{
	return a->lacking == b->lacking && a->handled_fs == b->handled_fs &&
	       a->handled_net == b->handled_net && a->scoped == b->scoped;
}

static void make_variants(struct arena *arena, uint32_t needed, struct landlock_plan *out)
{
	for (uint32_t abi = 1; abi <= LL_ABI_MAX; abi++) {
		struct writ_fmt_landlock variant = {
			.abi = abi,
			.lacking = lacking_at(needed, abi),
			.handled_fs = known_at(fs_rows, LEN(fs_rows), abi),
			.handled_net = known_at(net_rows, LEN(net_rows), abi),
			.scoped = known_at(scope_rows, LEN(scope_rows), abi),
		};
		size_t n = out->variants.n;

		if (n == 0 || !same_demands(&out->variants.items[n - 1], &variant))
			vec_add(arena, &out->variants, variant);
	}
}

/* The grant of exactly this literal path, or NULL. */
static struct landlock_path *find_literal(struct landlock_plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->paths.n; i++) {
		const struct ir_path *path = plan->paths.items[i].path;

		if (path && path->text.n == 1 && path->text.parts[0].kind == IR_PART_LITERAL &&
		    str_eq_cstr(path->text.parts[0].literal, text))
			return &plan->paths.items[i];
	}
	return NULL;
}

/*
 * The kernel opens a program's ELF interpreter for execution, so the sandbox must grant that;
 * unless the policy denies it.
 */
static void add_loader(struct arena *arena, const char *text, struct landlock_plan *out)
{
	struct landlock_path *path = find_literal(out, text);

	if (!path) {
		path = vec_push(arena, &out->paths);
		path->loader = str_from(text);
		path->rights = WRIT_PATH_EXECUTE | WRIT_PATH_IMPLIED;
	}
	path->access |= EXECUTE_ACCESS;
}

void landlock_lower(struct arena *arena, const struct ir_sandbox *sandbox,
		    const bool archs[ARCH__COUNT], struct landlock_plan *out)
{
	const struct ir_deny_texts denies = ir_deny_patterns(arena, sandbox);
	uint32_t rights = 0;

	for (size_t i = 0; i < sandbox->paths.n; i++) {
		const struct ir_path *path = &sandbox->paths.items[i];

		rights |= path->rights;
		vec_add(arena, &out->paths,
			((struct landlock_path){.path = path,
						.rights = path->rights,
						.access = path_access(path->rights)}));
	}
	for (unsigned arch = 0; rights & WRIT_PATH_EXECUTE && arch < ARCH__COUNT; arch++) {
		const char *const *loader = arch_info((enum arch)arch)->loaders;

		for (; archs[arch] && *loader; loader++) {
			if (!ir_deny_literal(arena, &denies, *loader))
				add_loader(arena, *loader, out);
		}
	}
	make_variants(arena, needs(sandbox), out);
}
