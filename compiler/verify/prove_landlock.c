/*
 * Grants against access bits, ABI by ABI.
 *
 * What the bits are, since when, and which of them "read", "write" and "execute" are stands here
 * once more, from the kernel's Documentation/userspace-api/landlock.rst and docs/language.md. A
 * kernel is told the rights that a variant handles; what is not handled is allowed everywhere, so a
 * variant must handle all that each ABI it is for can, and a path has, of those, just what its
 * grant says. What an ABI can't handle is lacking when the sandbox could make use of it: when a
 * call that does the forbidden thing gets past the system call rules, as far as conditions on the
 * argument that matters tell (docs/format.md, "landlock").
 */
#include "verify/prove_landlock.h"

#include <string.h>

#include "ir/ir_deny.h"
#include "tables/groups.h"

/* The newest ABI with a right that is in the tables below, and the newest that anything is for. */
#define NEWEST_ABI 7u

#define R WRIT_PATH_READ
#define W WRIT_PATH_WRITE
#define X WRIT_PATH_EXECUTE

/* Rights on files and directories: LANDLOCK_ACCESS_FS_* by bit, and what grants them. */
static const struct {
	uint32_t since;
	uint32_t granted_by;
} fs_rights[] = {
	{1, X},         /* EXECUTE */
	{1, W},         /* WRITE_FILE */
	{1, R | W | X}, /* READ_FILE */
	{1, R | W},     /* READ_DIR */
	{1, W},         /* REMOVE_DIR */
	{1, W},         /* REMOVE_FILE */
	{1, 0},         /* MAKE_CHAR */
	{1, W},         /* MAKE_DIR */
	{1, W},         /* MAKE_REG */
	{1, W},         /* MAKE_SOCK */
	{1, W},         /* MAKE_FIFO */
	{1, 0},         /* MAKE_BLOCK */
	{1, W},         /* MAKE_SYM */
	{2, W},         /* REFER */
	{3, W},         /* TRUNCATE */
	{5, 0},         /* IOCTL_DEV */
};

#undef R
#undef W
#undef X

/* LANDLOCK_ACCESS_NET_BIND_TCP and _CONNECT_TCP; LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and _SIGNAL */
#define NET_SINCE   4u
#define NET_BITS    3u
#define SCOPE_SINCE 6u
#define SCOPE_BITS  3u

#define ALL_BITS UINT32_MAX /* of an argument of 32 bits */

/*
 * Calls that do what an old Landlock can't keep them from. With an argument, those calls where its
 * known bits are these; else all.
 */
static const struct danger {
	const char *call;
	uint32_t lacks;
	uint8_t arg;
	uint32_t known;
	uint32_t bits;
} dangers[] = {
	/* Landlock asks for a write right only where the access mode says so. */
	{"open", WRIT_LACKS_TRUNCATE, 1, CALL_O_ACCMODE | CALL_O_TRUNC, CALL_O_TRUNC},
	{"open", WRIT_LACKS_TRUNCATE, 1, CALL_O_ACCMODE | CALL_O_TRUNC,
	 CALL_O_TRUNC | CALL_O_ACCMODE},
	{"openat", WRIT_LACKS_TRUNCATE, 2, CALL_O_ACCMODE | CALL_O_TRUNC, CALL_O_TRUNC},
	{"openat", WRIT_LACKS_TRUNCATE, 2, CALL_O_ACCMODE | CALL_O_TRUNC,
	 CALL_O_TRUNC | CALL_O_ACCMODE},
	{"openat2", WRIT_LACKS_TRUNCATE, 0, 0, 0}, /* its flags are in memory */
	{"truncate", WRIT_LACKS_TRUNCATE, 0, 0, 0},
	{"truncate64", WRIT_LACKS_TRUNCATE, 0, 0, 0},
	{"kill", WRIT_LACKS_SIGNAL, 0, 0, 0},
	{"tkill", WRIT_LACKS_SIGNAL, 0, 0, 0},
	{"tgkill", WRIT_LACKS_SIGNAL, 0, 0, 0},
	{"rt_sigqueueinfo", WRIT_LACKS_SIGNAL, 0, 0, 0},
	{"rt_tgsigqueueinfo", WRIT_LACKS_SIGNAL, 0, 0, 0},
	{"pidfd_send_signal", WRIT_LACKS_SIGNAL, 0, 0, 0},
	/* The kernel then sends it, to whomever the caller has chosen. */
	{"fcntl", WRIT_LACKS_SIGNAL, 1, ALL_BITS, CALL_F_SETOWN},
	{"fcntl", WRIT_LACKS_SIGNAL, 1, ALL_BITS, CALL_F_SETOWN_EX},
	{"ioctl", WRIT_LACKS_SIGNAL, 1, ALL_BITS, CALL_FIOSETOWN},
	{"ioctl", WRIT_LACKS_SIGNAL, 1, ALL_BITS, CALL_SIOCSPGRP},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

struct check {
	struct arena *arena;
	const struct view *view;
	const struct ir_sandbox *sandbox;
	const struct writ_fmt_sandbox *record;
	VEC(const char *) loaders; /* ELF interpreters that a sandbox which executes needs */
};

static uint64_t fs_bits_at(uint32_t abi)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < LEN(fs_rights); i++)
		bits |= (uint64_t)(fs_rights[i].since <= abi) << i;
	return bits;
}

static uint64_t access_of(uint32_t rights)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < LEN(fs_rights); i++)
		bits |= (uint64_t)((fs_rights[i].granted_by & rights) != 0) << i;
	return bits;
}

/* ---- what a sandbox needs Landlock for ---- */

/* Is the condition false for every value that has these bits, of the known ones? */
static bool excludes(const struct call_cond *cond, const struct danger *danger)
{
	uint64_t width = cond->is_64 ? UINT64_MAX : UINT32_MAX;
	uint64_t mask = cond->mask & width, differ = (cond->value ^ danger->bits) & width;

	if (cond->arg != danger->arg)
		return false;
	switch (cond->op) {
	case COND_EQ:
		return (differ & danger->known) != 0;
	case COND_NE:
		return (width & ~(uint64_t)danger->known) == 0 && differ == 0;
	case COND_MASKED_EQ:
		return (((cond->value ^ (danger->bits & mask)) & danger->known) & width) != 0;
	case COND_MASKED_NE:
		return (mask & ~(uint64_t)danger->known) == 0 &&
		       (danger->bits & mask) == (cond->value & width);
	case COND_LT:
	case COND_LE:
	case COND_GT:
	case COND_GE:
		break;
	}
	return false;
}

static bool lets_pass(const struct ir_call *rule, const struct danger *danger)
{
	/* A supervisor that is asked may let it pass. */
	if (!str_eq_cstr(rule->name, danger->call) || rule->verdict > IR_CALL_NOTIFY)
		return false;
	for (uint32_t i = 0; danger->known && i < rule->n_conds; i++) {
		if (excludes(&rule->conds[i], danger))
			return false;
	}
	return true;
}

static bool is_possible(const struct ir_sandbox *sandbox, const struct danger *danger)
{
	bool passes = false;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];
		bool refuses = rule->verdict == IR_CALL_ERRNO || rule->verdict == IR_CALL_KILL;

		if (refuses && rule->n_conds == 0 && str_eq_cstr(rule->name, danger->call))
			return false;
		passes |= lets_pass(rule, danger);
	}
	return passes;
}

/* Could a file below the path, or the path itself, be a device that does something? */
static bool may_be_device(const struct ir_text *text)
{
	static const char *const harmless[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
					       "/dev/urandom"};
	struct str first = text->n ? text->parts[0].literal : STR("");

	if (text->n == 0 || text->parts[0].kind != IR_PART_LITERAL)
		return false;
	for (size_t i = 0; text->n == 1 && i < LEN(harmless); i++) {
		if (str_eq_cstr(first, harmless[i]))
			return false;
	}
	return str_eq_cstr(first, "/") || str_eq_cstr(first, "/dev") ||
	       (first.len >= 5 && memcmp(first.ptr, "/dev/", 5) == 0);
}

static uint32_t needs_of(const struct ir_sandbox *sandbox)
{
	bool is_gated = sandbox->endpoints.n || sandbox->unix_sockets.n;
	uint32_t needs = sandbox->ports.n && !is_gated ? WRIT_LACKS_NET_PORT : 0;

	for (size_t i = 0; i < sandbox->paths.n; i++) {
		if (may_be_device(&sandbox->paths.items[i].text))
			needs |= WRIT_LACKS_IOCTL_DEV;
	}
	for (size_t i = 0; i < LEN(dangers); i++) {
		if (is_possible(sandbox, &dangers[i]))
			needs |= dangers[i].lacks;
	}
	/* A net gate connects what sockets of AF_UNIX there are, and to no abstract names. */
	return needs;
}

static uint32_t lacking_at(uint32_t needs, uint32_t abi)
{
#define LACKING(bit, id, since, doc) needs &= ~((uint32_t)(abi >= (since)) << (bit));
	WRIT_LACKINGS(LACKING)
#undef LACKING
	return needs;
}

/* ---- variants ---- */

static struct str check_abi(const struct check *check, const struct writ_fmt_landlock *variant,
			    uint32_t abi, uint32_t needs)
{
	const char *what = NULL;

	if (variant->handled_fs != fs_bits_at(abi))
		what = "the rights on files that are handled are not all there are";
	else if (variant->handled_net != (abi >= NET_SINCE ? NET_BITS : 0))
		what = "the rights on ports that are handled are not all there are";
	else if (variant->scoped != (abi >= SCOPE_SINCE ? SCOPE_BITS : 0))
		what = "the scopes are not all there are";
	else if (variant->lacking != lacking_at(needs, abi))
		what = "what it lacks is not what the sandbox needs and it can't do";
	return what ? str_printf(check->arena, "Landlock ABI %u: %s", abi, what) : STR("");
}

static struct str check_variants(const struct check *check)
{
	struct writ_fmt_range range = check->record->landlock;
	uint32_t needs = needs_of(check->sandbox), abi = 1;
	struct str wrong = STR("");

	if (range.count == 0 || !view_has(check->view, WRIT_SECTION_LANDLOCK, range))
		return STR("there is no Landlock variant");
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_landlock *variant = VIEW_AT(check->view, LANDLOCK, landlock,
								  range.first + i);
		uint32_t end = NEWEST_ABI + 1;

		if (i + 1 < range.count)
			end = VIEW_AT(check->view, LANDLOCK, landlock, range.first + i + 1)->abi;
		if (variant->abi != abi || end <= abi || end > NEWEST_ABI + 1)
			return STR("the Landlock variants are not for one ABI after the other");
		for (; wrong.len == 0 && abi < end; abi++)
			wrong = check_abi(check, variant, abi, needs);
		if (wrong.len)
			return wrong;
	}
	return wrong;
}

/* ---- paths and ports ---- */

static struct str text_name(const struct ir_text *text)
{
	return text->n == 1 && text->parts[0].kind == IR_PART_LITERAL ? text->parts[0].literal
								      : STR("");
}

static bool is_loader(const struct check *check, struct str path)
{
	for (size_t i = 0; i < check->loaders.n; i++) {
		if (str_eq_cstr(path, check->loaders.items[i]))
			return true;
	}
	return false;
}

static struct str check_path(const struct check *check, const struct writ_fmt_path *have,
			     uint32_t index)
{
	const struct ir_path *want = &check->sandbox->paths.items[index];
	uint64_t access = access_of(want->rights);
	struct str name = text_name(&want->text);

	if (is_loader(check, name))
		access |= access_of(WRIT_PATH_EXECUTE);
	if (!view_text_is(check->view, have->text, &want->text))
		return str_printf(check->arena, "path %u is another path than '%.*s'", index,
				  STR_ARG(name));
	if (have->rights != want->rights || have->access != access)
		return str_printf(check->arena,
				  "path %u, '%.*s': the Landlock rights are %#llx, and what the "
				  "policy grants is %#llx",
				  index, STR_ARG(name), (unsigned long long)have->access,
				  (unsigned long long)access);
	return STR("");
}

/* The ELF interpreter that a grant of the compiler's own is for, or NULL. */
static const char *loader_of(const struct check *check, const struct writ_fmt_path *path)
{
	const struct writ_fmt_part *part;

	if (path->text.count != 1 || !view_has(check->view, WRIT_SECTION_PARTS, path->text))
		return NULL;
	part = VIEW_AT(check->view, PARTS, part, path->text.first);
	if (part->kind != WRIT_PART_LITERAL)
		return NULL;
	for (size_t i = 0; i < check->loaders.n; i++) {
		if (str_eq_cstr(view_str(check->view, part->text), check->loaders.items[i]))
			return check->loaders.items[i];
	}
	return NULL;
}

static bool grants_itself(const struct check *check, const char *loader)
{
	for (size_t i = 0; i < check->sandbox->paths.n; i++) {
		if (str_eq_cstr(text_name(&check->sandbox->paths.items[i].text), loader))
			return true;
	}
	return false;
}

/* The grants behind the policy's own: each ELF interpreter that is not among those, in order. */
static struct str check_implied(const struct check *check, struct writ_fmt_range range)
{
	const struct writ_fmt_path *path = VIEW_AT(check->view, PATHS, path, range.first);
	uint32_t at = 0;

	for (size_t i = 0; i < check->loaders.n; i++) {
		const char *loader = check->loaders.items[i];

		if (grants_itself(check, loader))
			continue;
		if (at == range.count || loader_of(check, &path[at]) != loader)
			return str_printf(check->arena, "'%s' can't be executed", loader);
		if (path[at].rights != (WRIT_PATH_EXECUTE | WRIT_PATH_IMPLIED) ||
		    path[at].access != access_of(WRIT_PATH_EXECUTE))
			return str_printf(check->arena, "'%s' has other rights than to execute",
					  loader);
		at++;
	}
	return at == range.count ? STR("") : STR("a path is granted that the policy does not have");
}

static struct str check_paths(const struct check *check)
{
	struct writ_fmt_range range = check->record->paths;
	uint32_t n = (uint32_t)check->sandbox->paths.n;
	struct str wrong = STR("");

	if (range.count < n || !view_has(check->view, WRIT_SECTION_PATHS, range))
		return STR("a path is missing");
	for (uint32_t i = 0; wrong.len == 0 && i < n; i++)
		wrong = check_path(check, VIEW_AT(check->view, PATHS, path, range.first + i), i);
	if (wrong.len)
		return wrong;
	return check_implied(check, (struct writ_fmt_range){range.first + n, range.count - n});
}

static struct str check_ports(const struct check *check)
{
	struct writ_fmt_range range = check->record->ports;

	if (range.count != check->sandbox->ports.n ||
	    !view_has(check->view, WRIT_SECTION_PORTS, range))
		return STR("there are more or fewer ports than the policy grants");
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_port *have = VIEW_AT(check->view, PORTS, port,
							   range.first + i);
		const struct ir_port *want = &check->sandbox->ports.items[i];
		bool bound = want->param != IR_NONE;

		if (have->rights != want->rights || have->param != want->param ||
		    have->first != (bound ? 0 : want->first) ||
		    have->last != (bound ? 0 : want->last))
			return str_printf(check->arena,
					  "port %u: %u to %u with rights %u are not what the "
					  "policy grants",
					  i, have->first, have->last, have->rights);
	}
	return STR("");
}

static void add_loaders(struct check *check, const struct ir_deny_texts *denies,
			const struct arch_info *info)
{
	for (const char *const *loader = info->loaders; *loader; loader++) {
		if (!ir_deny_literal(check->arena, denies, *loader))
			vec_add(check->arena, &check->loaders, *loader);
	}
}

/*
 * The ELF interpreters of the architectures there are filters for, but for denied ones; none if
 * nothing executes.
 */
static void find_loaders(struct check *check)
{
	const struct ir_deny_texts denies = ir_deny_patterns(check->arena, check->sandbox);
	struct writ_fmt_range filters = check->record->filters;
	uint32_t rights = 0;

	for (size_t i = 0; i < check->sandbox->paths.n; i++)
		rights |= check->sandbox->paths.items[i].rights;
	if (!(rights & WRIT_PATH_EXECUTE) || !view_has(check->view, WRIT_SECTION_FILTERS, filters))
		return;
	for (uint32_t i = 0; i < filters.count; i++) {
		uint32_t audit_arch =
			VIEW_AT(check->view, FILTERS, filter, filters.first + i)->audit_arch;

		for (unsigned arch = 0; arch < ARCH__COUNT; arch++) {
			const struct arch_info *info = arch_info((enum arch)arch);

			if (info->audit_arch == audit_arch)
				add_loaders(check, &denies, info);
		}
	}
}

struct str prove_landlock(struct arena *arena, const struct ir_policy *policy,
			  const struct view *view, uint32_t sandbox, size_t *n_variants)
{
	struct check check = {.arena = arena,
			      .view = view,
			      .sandbox = &policy->sandboxes.items[sandbox],
			      .record = VIEW_AT(view, SANDBOXES, sandbox, sandbox)};
	struct str wrong;

	find_loaders(&check);
	wrong = check_paths(&check);
	if (wrong.len == 0)
		wrong = check_ports(&check);
	if (wrong.len == 0)
		wrong = check_variants(&check);
	*n_variants = check.record->landlock.count;
	return wrong;
}
