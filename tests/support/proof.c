/*
 * See proof.h.
 */
#include "support/proof.h"

#include "link/bundle_read.h"
#include "support/policy.h"
#include "verify/prove_kept.h"
#include "verify/prove_landlock.h"
#include "verify/prove_names.h"
#include "verify/prove_plan.h"
#include "verify/prove_rbac.h"
#include "verify/prove_rules.h"

struct proof_subject proof_make(const char *text)
{
	return (struct proof_subject){policy_ir(text), bundle_make(text)};
}

static struct str run(struct arena *arena, const struct ir_policy *policy, const struct view *view)
{
	struct prove_rbac_count count;
	struct str wrong = prove_names(arena, policy, view);
	size_t n;

	if (wrong.len == 0)
		wrong = prove_kept(arena, policy, view);
	if (wrong.len == 0)
		wrong = prove_rules(arena, policy, view, &n);
	if (wrong.len == 0)
		wrong = prove_rbac(arena, policy, view, &count);
	for (uint32_t i = 0; wrong.len == 0 && i < policy->sandboxes.n; i++)
		wrong = prove_landlock(arena, policy, view, i, &n);
	for (uint32_t i = 0; wrong.len == 0 && i < policy->sandboxes.n; i++)
		wrong = prove_plan(arena, policy, view, i);
	return wrong;
}

const char *proof_run(struct arena *arena, const struct proof_subject *subject)
{
	struct bundle_image image;
	struct view view;
	struct str wrong;

	bundle_read((struct bytes){subject->bundle.bytes, subject->bundle.size}, &image);
	for (int id = 0; id <= (int)WRIT_KNOWN_SECTIONS; id++)
		view.sections[id] = (struct view_section){image.sections[id].records,
							  image.sections[id].n};
	wrong = run(arena, subject->policy, &view);
	return arena_strndup(arena, wrong.ptr, wrong.len);
}
