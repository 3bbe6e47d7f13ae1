/*
 * From IR to records, section by section.
 *
 * The back ends compute, the files of link/ only write down. This one leads, and writes what is the
 * policy's own. Invariant: every index written names a record that exists, because arrays of the IR
 * are written whole and in order.
 */
#include "link/bundle.h"

#include "link/linker.h"

static void put_params(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->params.n; i++) {
		const struct ir_param *param = &linker->policy->params.items[i];

		LINKER_ADD(linker, PARAMS,
			   (struct writ_fmt_param){
				   .name = writer_str(&linker->writer, param->name),
				   .type = param->type,
				   .has_default = param->has_default,
				   .fallback = writer_str(&linker->writer, param->fallback),
			   });
	}
}

static uint32_t count_rules(const struct ir_policy *policy, enum writ_verdict_id verdict)
{
	uint32_t count = 0;

	for (size_t i = 0; i < policy->rules.n; i++)
		count += policy->rules.items[i].verdict == verdict;
	return count;
}

static uint32_t audit_flags(const struct ir_audit *audit)
{
	static const uint32_t fulls[] = {
		[IR_AUDIT_DENY] = WRIT_AUDITS_DENY,
		[IR_AUDIT_DROP] = WRIT_AUDITS_DROP,
	};

	return fulls[audit->full] | (audit->required ? WRIT_AUDITS_REQUIRED : 0);
}

static void put_policy(struct linker *linker)
{
	const struct ir_policy *policy = linker->policy;

	LINKER_ADD(linker, POLICY,
		   (struct writ_fmt_policy){
			   .name = writer_str(&linker->writer, policy->name),
			   .version = policy->version,
			   .n_deny = count_rules(policy, WRIT_VERDICT_DENY),
			   .n_ask = count_rules(policy, WRIT_VERDICT_ASK),
			   .n_rows = linker->rbac.n_rows,
			   .n_named = linker->rbac.n_named,
			   .n_classes = linker->rbac.automaton.n_classes,
			   .start = linker->rbac.automaton.start,
			   .block_bits = linker->rbac.blocks.bits,
			   .audit = audit_flags(&policy->audit),
		   });
}

static void put_tools(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->tools.n; i++) {
		const struct ir_tool *tool = &linker->policy->tools.items[i];
		uint32_t args = writer_count(&linker->writer, WRIT_SECTION_ARGS);

		for (size_t a = 0; a < tool->args.n; a++) {
			const struct ir_arg *arg = &tool->args.items[a];

			LINKER_ADD(linker, ARGS,
				   (struct writ_fmt_arg){
					   .name = writer_str(&linker->writer, arg->name),
					   .kind = arg->kind,
					   .secret = arg->secret,
				   });
		}
		LINKER_ADD(linker, TOOLS,
			   (struct writ_fmt_tool){
				   .name = writer_str(&linker->writer, tool->name),
				   .class = tool->class,
				   .sandbox = tool->sandbox,
				   .flags = tool->declared ? WRIT_TOOL_DECLARED : 0,
				   .args = writer_range(&linker->writer, WRIT_SECTION_ARGS, args),
			   });
	}
}

static void put_subjects(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->roles.n; i++) {
		const struct ir_role *role = &linker->policy->roles.items[i];
		struct writ_fmt_role_info info = {
			.rules = linker_put_indices(linker, &role->rules),
			.parents = linker_put_indices(linker, &role->parents),
		};

		LINKER_ADD(linker, ROLE_INFO, info);
	}
	for (size_t i = 0; i < linker->policy->users.n; i++) {
		const struct ir_user *user = &linker->policy->users.items[i];
		struct writ_fmt_user_info info = {
			.roles = linker_put_indices(linker, &user->roles)};

		LINKER_ADD(linker, USER_INFO, info);
	}
}

static void put_conflicts(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->conflicts.n; i++) {
		const struct ir_conflict *conflict = &linker->policy->conflicts.items[i];
		struct writ_fmt_conflict record = {
			.roles = linker_put_indices(linker, &conflict->roles),
			.session = conflict->session,
		};

		LINKER_ADD(linker, CONFLICTS, record);
	}
}

static void put_redacts(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->redacts.n; i++)
		LINKER_ADD(linker, REDACTS,
			   (struct writ_fmt_redact){
				   writer_str(&linker->writer,
					      linker->policy->redacts.items[i].pattern)});
}

void linker_report_too_large(struct linker *linker)
{
	diag_report(linker->diags, DIAG_E0403, SPAN_NONE,
		    "the policy's bundle would be larger than %u bytes", WRIT_MAX_BUNDLE);
}

int bundle_build(struct arena *arena, struct diag_list *diags, const struct ir_policy *policy,
		 const struct bundle_options *options, struct bytes *out)
{
	struct linker linker = {.arena = arena,
				.diags = diags,
				.policy = policy,
				.options = options,
				.writer = {.arena = arena, .size_only = options->limits_only},
				.trees = {.arena = arena}};
	size_t errors = diags->errors;

	if (!linker_plan_rbac(&linker))
		return -1;
	put_params(&linker);
	linker_put_sandboxes(&linker);
	linker_put_rbac(&linker);
	put_tools(&linker);
	put_subjects(&linker);
	put_conflicts(&linker);
	put_redacts(&linker);
	put_policy(&linker);
	if (writer_finish(&linker.writer, out))
		linker_report_too_large(&linker);
	return diags->errors == errors ? 0 : -1;
}
