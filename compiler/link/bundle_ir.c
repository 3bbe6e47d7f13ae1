/*
 * Records back into IR, array by array, in the order that link/ wrote them.
 *
 * In: an image that writ_verify has accepted, so every index and range can be followed. Names and
 * texts point into the image. What the compiler adds on its own (ELF interpreters) is left out
 * again; system calls it adds are marked as guards in the bundle as in the IR.
 */
#include "link/bundle_ir.h"

#include "link/bundle_where.h"

struct reader {
	struct arena *arena;
	const struct bundle_image *image;
	struct ir_policy *policy;
	struct ir_part *parts;
	struct ir_call *calls; /* those of all lists, which sandboxes may share */
	struct bundle_conditions conditions;
	const struct ir_where **known; /* conditions made so far, by their first test's index */
};

static void read_params(const struct reader *reader)
{
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, PARAMS); i++) {
		const struct writ_fmt_param *param = BUNDLE_AT(reader->image, PARAMS, param, i);

		vec_add(reader->arena, &reader->policy->params,
			((struct ir_param){
				.name = bundle_str(reader->image, param->name),
				.type = (enum writ_param_type)param->type,
				.has_default = param->has_default,
				.fallback = bundle_str(reader->image, param->fallback),
			}));
	}
}

static void read_tools(const struct reader *reader)
{
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, TOOLS); i++) {
		const struct writ_fmt_tool *record = BUNDLE_AT(reader->image, TOOLS, tool, i);
		struct ir_tool *tool = vec_push(reader->arena, &reader->policy->tools);

		tool->name = bundle_str(reader->image, record->name);
		tool->class = (enum writ_tool_class)record->class;
		tool->sandbox = record->sandbox;
		tool->declared = record->flags & WRIT_TOOL_DECLARED;
		for (uint32_t a = 0; a < record->args.count; a++) {
			const struct writ_fmt_arg *arg = BUNDLE_AT(reader->image, ARGS, arg,
								   record->args.first + a);

			vec_add(reader->arena, &tool->args,
				((struct ir_arg){bundle_str(reader->image, arg->name),
						 (enum writ_arg_kind)arg->kind, arg->secret}));
		}
	}
}

static enum writ_verdict_id verdict_of(const struct reader *reader, uint32_t rule)
{
	const struct writ_fmt_policy *head = BUNDLE_AT(reader->image, POLICY, policy, 0);

	if (rule < head->n_deny)
		return WRIT_VERDICT_DENY;
	return rule - head->n_deny < head->n_ask ? WRIT_VERDICT_ASK : WRIT_VERDICT_ALLOW;
}

/* Rules that one statement makes share their condition, here as in the bundle. */
static const struct ir_where *read_where(struct reader *reader, struct writ_fmt_range tests)
{
	const struct ir_where **known = &reader->known[tests.first];

	if (tests.count && !*known)
		*known = bundle_where(&reader->conditions, tests);
	return tests.count ? *known : NULL;
}

static void read_rules(struct reader *reader)
{
	reader->conditions = (struct bundle_conditions){.arena = reader->arena,
							.image = reader->image,
							.policy = reader->policy,
							.parts = reader->parts};
	reader->known = arena_alloc(reader->arena, (BUNDLE_N(reader->image, TESTS) + 1u) *
							   sizeof(struct ir_where *));
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, RULES); i++) {
		const struct writ_fmt_rule *rule = BUNDLE_AT(reader->image, RULES, rule, i);

		vec_add(reader->arena, &reader->policy->rules,
			((struct ir_rule){
				.verdict = verdict_of(reader, i),
				.pattern = bundle_str(reader->image, rule->pattern),
				.role = rule->role,
				.origin = {bundle_str(reader->image, rule->file), rule->line,
					   rule->col},
				.where = read_where(reader, rule->where),
				.condition = bundle_str(reader->image, rule->condition),
				.sandbox = rule->sandbox,
				.rate = rule->rate,
				.period_s = rule->period_s,
				.burst = rule->burst,
			}));
	}
}

static struct ir_indices read_indices(const struct reader *reader, struct writ_fmt_range range)
{
	const uint32_t *indices = reader->image->sections[WRIT_SECTION_INDICES].records;
	struct ir_indices out = {0};

	for (uint32_t i = 0; i < range.count; i++)
		vec_add(reader->arena, &out, indices[range.first + i]);
	return out;
}

static void read_subjects(const struct reader *reader)
{
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, ROLES); i++) {
		const struct writ_fmt_role_info *info = BUNDLE_AT(reader->image, ROLE_INFO,
								  role_info, i);

		vec_add(reader->arena, &reader->policy->roles,
			((struct ir_role){
				.name = bundle_str(reader->image,
						   BUNDLE_AT(reader->image, ROLES, role, i)->name),
				.rules = read_indices(reader, info->rules),
				.parents = read_indices(reader, info->parents),
			}));
	}
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, USERS); i++) {
		const struct writ_fmt_user_info *info = BUNDLE_AT(reader->image, USER_INFO,
								  user_info, i);

		vec_add(reader->arena, &reader->policy->users,
			((struct ir_user){
				.name = bundle_str(reader->image,
						   BUNDLE_AT(reader->image, USERS, user, i)->name),
				.roles = read_indices(reader, info->roles),
			}));
	}
}

static void read_paths(const struct reader *reader, const struct writ_fmt_sandbox *record,
		       struct ir_sandbox *sandbox)
{
	for (uint32_t i = 0; i < record->paths.count; i++) {
		const struct writ_fmt_path *path = BUNDLE_AT(reader->image, PATHS, path,
							     record->paths.first + i);

		if (path->rights & WRIT_PATH_IMPLIED)
			continue;
		vec_add(reader->arena, &sandbox->paths,
			((struct ir_path){.text = bundle_text(reader->parts, path->text),
					  .rights = path->rights}));
	}
	for (uint32_t i = 0; i < record->ports.count; i++) {
		const struct writ_fmt_port *port = BUNDLE_AT(reader->image, PORTS, port,
							     record->ports.first + i);

		vec_add(reader->arena, &sandbox->ports,
			((struct ir_port){.rights = port->rights,
					  .first = port->first,
					  .last = port->last,
					  .param = port->param}));
	}
}

static void read_places(const struct reader *reader, const struct writ_fmt_sandbox *record,
			struct ir_sandbox *sandbox)
{
	struct arena *arena = reader->arena;
	const struct bundle_image *image = reader->image;

	for (uint32_t i = 0; i < record->denies.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(image, DENIES, place,
							       record->denies.first + i);

		vec_push(arena, &sandbox->denies)->text = bundle_text(reader->parts, place->text);
	}
	for (uint32_t i = 0; i < record->scratches.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(image, SCRATCHES, place,
							       record->scratches.first + i);

		vec_add(arena, &sandbox->scratches,
			((struct ir_scratch){.text = bundle_text(reader->parts, place->text),
					     .size_bytes = place->size_bytes}));
	}
	for (uint32_t i = 0; i < record->unix_sockets.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(image, UNIX_SOCKETS, place,
							       record->unix_sockets.first + i);

		vec_push(arena, &sandbox->unix_sockets)->text = bundle_text(reader->parts,
									    place->text);
	}
	for (uint32_t i = 0; i < record->endpoints.count; i++)
		vec_add(arena, &sandbox->endpoints,
			bundle_endpoint(image, reader->parts, record->endpoints.first + i));
}

static const struct call_cond *read_conds(const struct reader *reader)
{
	uint32_t n = BUNDLE_N(reader->image, CALL_CONDS);
	struct call_cond *conds = arena_alloc(reader->arena, n * sizeof(*conds));

	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_call_cond *cond = BUNDLE_AT(reader->image, CALL_CONDS,
								  call_cond, i);

		conds[i] = (struct call_cond){.arg = (uint8_t)cond->arg,
					      .is_64 = cond->is_64,
					      .op = (enum cond_op)cond->op,
					      .mask = cond->mask,
					      .value = cond->value};
	}
	return conds;
}

static struct ir_call *read_calls(const struct reader *reader)
{
	static const enum ir_call_verdict verdicts[] = {[WRIT_CALL_ALLOW] = IR_CALL_ALLOW,
							[WRIT_CALL_LOG] = IR_CALL_LOG,
							[WRIT_CALL_ERRNO] = IR_CALL_ERRNO,
							[WRIT_CALL_KILL] = IR_CALL_KILL,
							[WRIT_CALL_NOTIFY] = IR_CALL_NOTIFY};
	const struct call_cond *conds = read_conds(reader);
	uint32_t n = BUNDLE_N(reader->image, CALLS);
	struct ir_call *calls = arena_alloc(reader->arena, n * sizeof(*calls));

	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_call *call = BUNDLE_AT(reader->image, CALLS, call, i);

		calls[i] = (struct ir_call){
			.name = bundle_str(reader->image, call->name),
			.verdict = verdicts[call->verdict],
			.error = call->error,
			.conds = conds + call->conds.first,
			.n_conds = call->conds.count,
			.guard = call->guard,
		};
	}
	return calls;
}

/* The rules of the sandboxes' lists, one list behind the other as in CALL_LISTS. */
static struct ir_call *read_lists(const struct reader *reader)
{
	const uint16_t *indices = reader->image->sections[WRIT_SECTION_CALL_LISTS].records;
	const struct ir_call *calls = read_calls(reader);
	uint32_t n = BUNDLE_N(reader->image, CALL_LISTS);
	struct ir_call *lists = arena_alloc(reader->arena, n * sizeof(*lists));

	for (uint32_t i = 0; i < n; i++)
		lists[i] = calls[indices[i]];
	return lists;
}

static void read_limits(const struct reader *reader, const struct writ_fmt_sandbox *record,
			struct ir_sandbox *sandbox)
{
	for (uint32_t i = 0; i < record->limits.count; i++) {
		const struct writ_fmt_limit *limit = BUNDLE_AT(reader->image, LIMITS, limit,
							       record->limits.first + i);

		sandbox->limit_set[limit->id] = true;
		sandbox->limits[limit->id] = limit->value;
	}
	for (uint32_t i = 0; i < record->env.count; i++) {
		const struct writ_fmt_env *env = BUNDLE_AT(reader->image, ENV, env,
							   record->env.first + i);

		vec_add(reader->arena, &sandbox->env,
			((struct ir_env){.kind = (enum writ_env_kind)env->kind,
					 .name = bundle_str(reader->image, env->name),
					 .value = bundle_text(reader->parts, env->value)}));
	}
}

static void read_sandboxes(const struct reader *reader)
{
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, SANDBOXES); i++) {
		const struct writ_fmt_sandbox *record = BUNDLE_AT(reader->image, SANDBOXES, sandbox,
								  i);
		struct ir_sandbox *sandbox = vec_push(reader->arena, &reader->policy->sandboxes);

		sandbox->name = bundle_str(reader->image, record->name);
		sandbox->best_effort = record->flags & WRIT_SANDBOX_BEST_EFFORT;
		sandbox->strict_exec = record->flags & WRIT_SANDBOX_STRICT_EXEC;
		sandbox->user = bundle_str(reader->image, record->user);
		read_paths(reader, record, sandbox);
		read_places(reader, record, sandbox);
		sandbox->calls.items = reader->calls + record->calls.first;
		sandbox->calls.n = sandbox->calls.cap = record->calls.count;
		read_limits(reader, record, sandbox);
	}
}

static void read_conflicts(const struct reader *reader)
{
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, CONFLICTS); i++) {
		const struct writ_fmt_conflict *conflict = BUNDLE_AT(reader->image, CONFLICTS,
								     conflict, i);

		vec_add(reader->arena, &reader->policy->conflicts,
			((struct ir_conflict){.session = conflict->session,
					      .roles = read_indices(reader, conflict->roles)}));
	}
	for (uint32_t i = 0; i < BUNDLE_N(reader->image, REDACTS); i++)
		vec_push(reader->arena, &reader->policy->redacts)->pattern =
			bundle_str(reader->image,
				   BUNDLE_AT(reader->image, REDACTS, redact, i)->pattern);
}

static struct ir_audit read_audit(uint32_t flags)
{
	struct ir_audit audit = {.required = flags & WRIT_AUDITS_REQUIRED};

	if (flags & WRIT_AUDITS_DENY)
		audit.full = IR_AUDIT_DENY;
	else if (flags & WRIT_AUDITS_DROP)
		audit.full = IR_AUDIT_DROP;
	return audit;
}

struct ir_policy *bundle_ir(struct arena *arena, const struct bundle_image *image)
{
	const struct writ_fmt_policy *head = BUNDLE_AT(image, POLICY, policy, 0);
	struct reader reader = {.arena = arena,
				.image = image,
				.policy = arena_new(arena, struct ir_policy)};

	reader.policy->name = bundle_str(image, head->name);
	reader.policy->version = head->version;
	reader.policy->audit = read_audit(head->audit);
	reader.parts = bundle_parts(arena, image);
	reader.calls = read_lists(&reader);
	read_params(&reader);
	read_tools(&reader);
	read_rules(&reader);
	read_subjects(&reader);
	read_sandboxes(&reader);
	read_conflicts(&reader);
	return reader.conditions.broken ? NULL : reader.policy;
}
