/*
 * The provers of verify/, one after the other, on the sections of a bundle.
 *
 * In: an image that writ_verify has accepted, and the policy that it lists. Every artifact in it is
 * held against the policy's meaning, none against another artifact made by the same back end, so a
 * bundle of another version of the compiler passes when it means the same.
 */
#include "link/bundle_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "ir/ir_print.h"
#include "verify/prove_kept.h"
#include "verify/prove_landlock.h"
#include "verify/prove_names.h"
#include "verify/prove_plan.h"
#include "verify/prove_rbac.h"
#include "verify/prove_rules.h"
#include "verify/verify_bpf.h"

struct proving {
	struct arena *arena;
	const struct bundle_image *image;
	const struct ir_policy *policy;
	enum bundle_proof_scope scope;
	struct view view;
	struct map filters; /* that are right, with their rules */
	struct bundle_proof *out;
};

/* ---- listings ---- */

/* Everything the policy says, a fact a line, but for places. The caller frees it. */
static char *list(struct arena *arena, const struct ir_policy *policy)
{
	struct ir_policy placeless = *policy;
	char *text = NULL;
	size_t size = 0, n = policy->rules.n;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		arena_die();
	placeless.rules.items = arena_alloc(arena, n * sizeof(*placeless.rules.items));
	for (size_t i = 0; i < n; i++) {
		placeless.rules.items[i] = policy->rules.items[i];
		placeless.rules.items[i].origin = (struct ir_origin){0};
	}
	ir_print(out, arena, &placeless);
	if (fclose(out))
		arena_die();
	return text;
}

static struct str line_at(const char *text)
{
	return (struct str){text, strcspn(text, "\n")};
}

/* A line, and the one above it that says what it is part of. */
static struct str line_text(struct arena *arena, const char *text, const char *line)
{
	const char *above = line;

	if (*line == '\0')
		return STR("nothing more");
	while (above > text && *above == '\t') {
		above--;
		while (above > text && above[-1] != '\n')
			above--;
	}
	if (above == line)
		return line_at(line);
	return str_printf(arena, "%.*s: %.*s", STR_ARG(line_at(above)), STR_ARG(line_at(line + 1)));
}

struct str bundle_difference(struct arena *arena, const struct ir_policy *have,
			     const struct ir_policy *want)
{
	char *texts[2] = {list(arena, have), list(arena, want)};
	const char *lines[2] = {texts[0], texts[1]};
	struct str wrong = STR("");

	while (*lines[0] && str_eq(line_at(lines[0]), line_at(lines[1]))) {
		lines[0] += line_at(lines[0]).len + 1;
		lines[1] += line_at(lines[1]).len + 1;
	}
	if (*lines[0] || *lines[1])
		wrong = str_printf(arena, "'%.*s' where the policy says '%.*s'",
				   STR_ARG(line_text(arena, texts[0], lines[0])),
				   STR_ARG(line_text(arena, texts[1], lines[1])));
	wrong = str_copy(arena, wrong.ptr, wrong.len);
	free(texts[0]);
	free(texts[1]);
	return wrong;
}

/* ---- proofs ---- */

static void claim(struct proving *in, const struct bundle_claim *claim)
{
	if (in->out->wrong.len == 0)
		vec_add(in->arena, &in->out->claims, *claim);
}

static void prove_listed(struct proving *in)
{
	const struct ir_policy *policy = in->policy;

	in->out->wrong = prove_names(in->arena, policy, &in->view);
	if (in->out->wrong.len == 0)
		in->out->wrong = prove_kept(in->arena, policy, &in->view);
	claim(in, &(struct bundle_claim){.kind = BUNDLE_CLAIM_NAMES,
					 .counts = {policy->roles.n, policy->users.n,
						    policy->tools.n}});
}

static void prove_decisions(struct proving *in)
{
	struct prove_rbac_count count;
	size_t n_tests;

	in->out->wrong = prove_rules(in->arena, in->policy, &in->view, &n_tests);
	claim(in, &(struct bundle_claim){.kind = BUNDLE_CLAIM_RULES,
					 .counts = {in->policy->rules.n, n_tests}});
	if (in->out->wrong.len)
		return;
	in->out->wrong = prove_rbac(in->arena, in->policy, &in->view, &count);
	claim(in, &(struct bundle_claim){.kind = BUNDLE_CLAIM_TABLE,
					 .counts = {count.rows, count.columns, count.states}});
}

/* Of what is wrong with a sandbox. */
static void fail_sandbox(struct proving *in, uint32_t sandbox, const char *what, struct str wrong)
{
	if (wrong.len == 0)
		return;
	in->out->wrong = str_printf(in->arena, "sandbox '%.*s', %s: %.*s",
				    STR_ARG(in->policy->sandboxes.items[sandbox].name), what,
				    STR_ARG(wrong));
}

static void prove_rights(struct proving *in, uint32_t sandbox)
{
	const struct ir_sandbox *box = &in->policy->sandboxes.items[sandbox];
	size_t n_variants;

	fail_sandbox(in, sandbox, "Landlock",
		     prove_landlock(in->arena, in->policy, &in->view, sandbox, &n_variants));
	claim(in, &(struct bundle_claim){.kind = BUNDLE_CLAIM_LANDLOCK,
					 .sandbox = box->name,
					 .counts = {box->paths.n, box->ports.n, n_variants}});
}

static void prove_mechanisms(struct proving *in, uint32_t sandbox)
{
	if (in->out->wrong.len == 0)
		fail_sandbox(in, sandbox, "plan",
			     prove_plan(in->arena, in->policy, &in->view, sandbox));
}

/* Proving a filter is most of the work, and many sandboxes share theirs. */
static bool is_known(struct proving *in, uint32_t sandbox, const struct writ_fmt_filter *filter)
{
	const struct writ_fmt_sandbox *box = BUNDLE_AT(in->image, SANDBOXES, sandbox, sandbox);
	const uint32_t words[] = {
		box->calls.first,
		box->calls.count,
		filter->insns.first,
		filter->insns.count,
		filter->audit_arch,
		box->plan & (WRIT_PLAN_BROKER | WRIT_PLAN_NETWORK | WRIT_PLAN_RESOLVER)};
	struct str key = str_copy(in->arena, (const char *)words, sizeof(words));

	return !map_put(in->arena, &in->filters, key, 0);
}

static bool find_arch(uint32_t audit_arch, enum arch *out)
{
	for (int i = 0; i < ARCH__COUNT; i++) {
		*out = (enum arch)i;
		if (arch_info(*out)->audit_arch == audit_arch)
			return true;
	}
	return false;
}

static void prove_program(struct proving *in, uint32_t sandbox,
			  const struct writ_fmt_filter *filter)
{
	const struct ir_sandbox *box = &in->policy->sandboxes.items[sandbox];
	enum arch arch;

	if (!find_arch(filter->audit_arch, &arch)) {
		fail_sandbox(in, sandbox, "filter", STR("it is for an unknown architecture"));
		return;
	}
	if (!is_known(in, sandbox, filter))
		fail_sandbox(in, sandbox, arch_info(arch)->name,
			     verify_filter(in->arena, box, arch,
					   BUNDLE_AT(in->image, INSNS, insn, filter->insns.first),
					   filter->insns.count));
	claim(in, &(struct bundle_claim){.kind = BUNDLE_CLAIM_FILTER,
					 .sandbox = box->name,
					 .arch = arch_info(arch)->name,
					 .counts = {filter->insns.count}});
}

static void prove_sandbox(struct proving *in, uint32_t sandbox)
{
	struct writ_fmt_range filters = BUNDLE_AT(in->image, SANDBOXES, sandbox, sandbox)->filters;

	prove_rights(in, sandbox);
	prove_mechanisms(in, sandbox);
	if (in->scope == BUNDLE_PROVE_REST)
		return;
	for (uint32_t i = 0; in->out->wrong.len == 0 && i < filters.count; i++)
		prove_program(in, sandbox,
			      BUNDLE_AT(in->image, FILTERS, filter, filters.first + i));
}

void bundle_prove(struct arena *arena, const struct bundle_image *image,
		  const struct ir_policy *policy, enum bundle_proof_scope scope,
		  struct bundle_proof *out)
{
	struct proving in = {
		.arena = arena, .image = image, .policy = policy, .scope = scope, .out = out};

	*out = (struct bundle_proof){.wrong = STR("")};
	for (int id = 0; id <= (int)WRIT_KNOWN_SECTIONS; id++)
		in.view.sections[id] = (struct view_section){image->sections[id].records,
							     image->sections[id].n};
	prove_listed(&in);
	if (out->wrong.len == 0)
		prove_decisions(&in);
	for (uint32_t i = 0; out->wrong.len == 0 && i < policy->sandboxes.n; i++)
		prove_sandbox(&in, i);
}
