/*
 * What is enforced, held against what is listed.
 *
 * In: an image that writ_verify has accepted, and the policy that stands in it. Out: is its
 * decision table the one that the RBAC back end makes of the rules, are its paths and variants
 * those of the Landlock back end, and do its filters mean what the system call rules say?
 * writ_verify has only made sure that all of them can be followed. Nothing that is compared depends
 * on anything but the policy, so a difference is a forgery, or a bundle of another version of the
 * compiler.
 */
#include "link/bundle_check.h"

#include <string.h>

#include "backend/landlock.h"
#include "backend/rbac.h"
#include "base/map.h"
#include "verify/verify_bpf.h"

struct comparison {
	const struct bundle_image *image;
	struct rbac_plan plan;
};

static bool same_array(const struct comparison *in, enum writ_section_id id, const void *items,
		       size_t n, size_t size)
{
	const struct bundle_section *section = &in->image->sections[id];

	return section->n == n && (n == 0 || memcmp(section->records, items, n * size) == 0);
}

static bool same_head(const struct comparison *in)
{
	const struct writ_fmt_policy *head = BUNDLE_AT(in->image, POLICY, policy, 0);

	return head->n_rows == in->plan.n_rows && head->n_named == in->plan.n_named &&
	       head->n_classes == in->plan.automaton.n_classes &&
	       head->start == in->plan.automaton.start && head->block_bits == in->plan.blocks.bits;
}

static bool same_rows(const struct comparison *in)
{
	for (uint32_t i = 0; i < BUNDLE_N(in->image, ROLES); i++) {
		if (BUNDLE_AT(in->image, ROLES, role, i)->row != i)
			return false;
	}
	for (uint32_t i = 0; i < BUNDLE_N(in->image, USERS); i++) {
		if (BUNDLE_AT(in->image, USERS, user, i)->row != in->plan.user_rows[i])
			return false;
	}
	return true;
}

static bool same_columns(const struct comparison *in)
{
	if (BUNDLE_N(in->image, COLUMNS) != in->plan.columns.n)
		return false;
	for (uint32_t i = 0; i < in->plan.columns.n; i++) {
		const struct writ_fmt_column *have = BUNDLE_AT(in->image, COLUMNS, column, i);
		const struct rbac_column *want = &in->plan.columns.items[i];
		struct str name = bundle_str(in->image, have->name);

		if (!str_eq(name, want->name) || have->sandbox != want->sandbox ||
		    have->class != (uint32_t)want->class)
			return false;
	}
	return true;
}

static bool same_chains(const struct comparison *in)
{
	if (BUNDLE_N(in->image, CHAINS) != in->plan.chains.n)
		return false;
	for (uint32_t i = 0; i < in->plan.chains.n; i++) {
		const struct writ_fmt_range *have = BUNDLE_AT(in->image, CHAINS, range, i);
		const struct rbac_chain *want = &in->plan.chains.items[i];

		if (have->first != want->first || have->count != want->count)
			return false;
	}
	return same_array(in, WRIT_SECTION_CHAIN_RULES, in->plan.chain_rules.items,
			  in->plan.chain_rules.n, sizeof(uint16_t));
}

static bool same_table(const struct comparison *in)
{
	const struct automaton *automaton = &in->plan.automaton;

	return same_array(in, WRIT_SECTION_CELLS, in->plan.blocks.cells, in->plan.blocks.n_cells,
			  sizeof(uint16_t)) &&
	       same_array(in, WRIT_SECTION_BLOCKS, in->plan.blocks.ids, in->plan.blocks.n_ids,
			  sizeof(uint16_t)) &&
	       same_array(in, WRIT_SECTION_CHAR_CLASSES, automaton->char_classes,
			  sizeof(automaton->char_classes), 1) &&
	       same_array(in, WRIT_SECTION_STATES, automaton->next,
			  (size_t)automaton->n_states * automaton->n_classes, sizeof(uint16_t)) &&
	       same_array(in, WRIT_SECTION_ACCEPTS, in->plan.accepts, automaton->n_states,
			  sizeof(uint32_t));
}

struct sandbox_check {
	struct arena *arena;
	const struct bundle_image *image;
	const struct writ_fmt_sandbox *record;
	const struct ir_sandbox *sandbox;
	struct map *known; /* filters that are right, with their rules */
};

static bool find_arch(uint32_t audit_arch, enum arch *out)
{
	for (int i = 0; i < ARCH__COUNT; i++) {
		*out = (enum arch)i;
		if (arch_info(*out)->audit_arch == audit_arch)
			return true;
	}
	return false;
}

/* Checking a filter is most of the work, and many sandboxes share theirs. */
static bool filter_is_right(const struct sandbox_check *in, const struct writ_fmt_filter *filter,
			    enum arch arch)
{
	const struct writ_fmt_range calls = in->record->calls, insns = filter->insns;
	const uint32_t words[] = {calls.first, calls.count, insns.first, insns.count, arch};
	struct str key = str_copy(in->arena, (const char *)words, sizeof(words));

	if (!map_put(in->arena, in->known, key, 0))
		return true;
	return verify_filter(in->arena, in->sandbox, arch,
			     BUNDLE_AT(in->image, INSNS, insn, insns.first), insns.count)
		       .len == 0;
}

static bool same_path(const struct sandbox_check *in, const struct writ_fmt_path *have,
		      const struct landlock_path *want)
{
	const struct writ_fmt_part *part = BUNDLE_AT(in->image, PARTS, part, have->text.first);

	if (have->rights != want->rights || have->access != want->access)
		return false;
	/* The text of one that is listed was read from this record. */
	return want->path || (have->text.count == 1 && part->kind == WRIT_PART_LITERAL &&
			      str_eq(bundle_str(in->image, part->text), want->loader));
}

static bool same_landlock(const struct sandbox_check *in, const bool archs[ARCH__COUNT])
{
	const struct writ_fmt_range paths = in->record->paths, variants = in->record->landlock;
	struct landlock_plan plan = {0};

	landlock_lower(in->arena, in->sandbox, archs, &plan);
	if (plan.paths.n != paths.count || plan.variants.n != variants.count)
		return false;
	for (uint32_t i = 0; i < paths.count; i++) {
		if (!same_path(in, BUNDLE_AT(in->image, PATHS, path, paths.first + i),
			       &plan.paths.items[i]))
			return false;
	}
	return memcmp(BUNDLE_AT(in->image, LANDLOCK, landlock, variants.first), plan.variants.items,
		      plan.variants.n * sizeof(*plan.variants.items)) == 0;
}

static bool sandbox_is_honest(const struct sandbox_check *in)
{
	bool archs[ARCH__COUNT] = {false};

	for (uint32_t i = 0; i < in->record->filters.count; i++) {
		const struct writ_fmt_filter *filter = BUNDLE_AT(in->image, FILTERS, filter,
								 in->record->filters.first + i);
		enum arch arch;

		if (!find_arch(filter->audit_arch, &arch) || !filter_is_right(in, filter, arch))
			return false;
		archs[arch] = true;
	}
	return same_landlock(in, archs);
}

static bool sandboxes_are_honest(struct arena *arena, const struct bundle_image *image,
				 const struct ir_policy *policy)
{
	struct map known = {0};

	for (uint32_t i = 0; i < policy->sandboxes.n; i++) {
		const struct sandbox_check in = {
			.arena = arena,
			.image = image,
			.record = BUNDLE_AT(image, SANDBOXES, sandbox, i),
			.sandbox = &policy->sandboxes.items[i],
			.known = &known,
		};

		if (!sandbox_is_honest(&in))
			return false;
	}
	return true;
}

bool bundle_is_honest(struct arena *arena, const struct bundle_image *image,
		      const struct ir_policy *policy)
{
	struct comparison in = {.image = image};

	if (rbac_build(arena, policy, &in.plan) != RBAC_OK)
		return false;
	return same_head(&in) && same_rows(&in) && same_columns(&in) && same_chains(&in) &&
	       same_table(&in) && sandboxes_are_honest(arena, image, policy);
}
