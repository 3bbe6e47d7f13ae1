/*
 * From IR to records, section by section in the order of the format.
 *
 * The back ends compute, this file only writes down: each put_ function turns one array of the IR,
 * or the plan a back end made of it, into records. A sandbox's filter is verified right after it is
 * made; sandboxes with equal filters share the instructions. Invariant: every index written names a
 * record that exists, because arrays of the IR are written whole and in order.
 */
#include "link/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/landlock.h"
#include "backend/rbac.h"
#include "backend/seccomp.h"
#include "link/name_index.h"
#include "link/writer.h"
#include "verify/verify_bpf.h"

/* The exit status for our own mistakes: EX_SOFTWARE of sysexits.h. */
#define EXIT_BUG 70

struct linker {
	struct arena *arena;
	struct diag_list *diags;
	const struct ir_policy *policy;
	const struct bundle_options *options;
	struct writer writer;
	struct map filters; /* instructions to the first one's index */
	struct rbac_plan rbac;
};

#define ADD(linker, section, ...)                                                                  \
	writer_add(&(linker)->writer, WRIT_SECTION_##section, &(__VA_ARGS__), 1)

static struct writ_fmt_range put_text(struct linker *linker, const struct ir_text *text)
{
	static const uint32_t kinds[] = {[IR_PART_LITERAL] = WRIT_PART_LITERAL,
					 [IR_PART_PARAM] = WRIT_PART_PARAM,
					 [IR_PART_HOME] = WRIT_PART_HOME};
	uint32_t first = writer_count(&linker->writer, WRIT_SECTION_PARTS);

	for (size_t i = 0; i < text->n; i++) {
		const struct ir_part *part = &text->parts[i];
		struct writ_fmt_part record = {.kind = kinds[part->kind]};

		if (part->kind == IR_PART_LITERAL)
			record.text = writer_str(&linker->writer, part->literal);
		if (part->kind == IR_PART_PARAM)
			record.param = part->param;
		ADD(linker, PARTS, record);
	}
	return writer_range(&linker->writer, WRIT_SECTION_PARTS, first);
}

static void put_params(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->params.n; i++) {
		const struct ir_param *param = &linker->policy->params.items[i];

		ADD(linker, PARAMS,
		    (struct writ_fmt_param){
			    .name = writer_str(&linker->writer, param->name),
			    .type = param->type,
			    .has_default = param->has_default,
			    .fallback = writer_str(&linker->writer, param->fallback),
		    });
	}
}

static void put_paths(struct linker *linker, const struct landlock_plan *plan)
{
	for (size_t i = 0; i < plan->paths.n; i++) {
		const struct landlock_path *path = &plan->paths.items[i];
		struct ir_part part = {.kind = IR_PART_LITERAL, .literal = path->loader};
		struct ir_text loader = {&part, 1};

		ADD(linker, PATHS,
		    (struct writ_fmt_path){
			    .text = put_text(linker, path->path ? &path->path->text : &loader),
			    .rights = path->rights,
			    .access = path->access,
		    });
	}
}

static void put_ports(struct linker *linker, const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->ports.n; i++) {
		const struct ir_port *port = &sandbox->ports.items[i];
		bool bound = port->param != IR_NONE;

		ADD(linker, PORTS,
		    (struct writ_fmt_port){
			    .rights = port->rights,
			    .first = bound ? 0 : port->first,
			    .last = bound ? 0 : port->last,
			    .param = bound ? port->param : WRIT_NONE,
		    });
	}
}

/* Where a program's instructions are, written once for all equal programs. */
static struct writ_fmt_range put_program(struct linker *linker, const struct bpf_program *program)
{
	struct str key = {(const char *)program->insns, program->n * sizeof(*program->insns)};
	uint32_t first;

	if (!map_get(&linker->filters, key, &first)) {
		first = writer_add(&linker->writer, WRIT_SECTION_INSNS, program->insns, program->n);
		map_put(linker->arena, &linker->filters, key, first);
	}
	return (struct writ_fmt_range){first, program->n};
}

static void require_verified(struct linker *linker, const struct ir_sandbox *sandbox,
			     enum arch arch, const struct bpf_program *program)
{
	struct str wrong = verify_filter(linker->arena, sandbox, arch, program->insns, program->n);

	if (wrong.len == 0)
		return;
	fprintf(stderr,
		"writc: internal error: the filter made for sandbox '%.*s' does not mean what the "
		"policy says: %.*s\nNothing was written. Please report this with the policy.\n",
		STR_ARG(sandbox->name), STR_ARG(wrong));
	exit(EXIT_BUG);
}

static void put_filters(struct linker *linker, const struct ir_sandbox *sandbox)
{
	for (unsigned i = 0; i < ARCH__COUNT; i++) {
		enum arch arch = (enum arch)i;
		struct bpf_program program;

		if (!linker->options->archs[i])
			continue;
		if (seccomp_assemble(linker->arena, sandbox, arch, &program)) {
			diag_report(linker->diags, DIAG_E0401, SPAN_NONE,
				    "the system call filter of sandbox '%.*s' for %s has more than "
				    "%u instructions",
				    STR_ARG(sandbox->name), arch_info(arch)->name, WRIT_MAX_INSNS);
			continue;
		}
		require_verified(linker, sandbox, arch, &program);
		ADD(linker, FILTERS,
		    (struct writ_fmt_filter){.audit_arch = arch_info(arch)->audit_arch,
					     .insns = put_program(linker, &program)});
	}
}

static void put_limits(struct linker *linker, const struct ir_sandbox *sandbox)
{
	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++) {
		if (sandbox->limit_set[id])
			ADD(linker, LIMITS,
			    (struct writ_fmt_limit){.id = id, .value = sandbox->limits[id]});
	}
}

static void put_env(struct linker *linker, const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->env.n; i++) {
		const struct ir_env *env = &sandbox->env.items[i];
		struct writ_fmt_env record = {.kind = env->kind,
					      .name = writer_str(&linker->writer, env->name)};

		if (env->kind == WRIT_ENV_SET)
			record.value = put_text(linker, &env->value);
		ADD(linker, ENV, record);
	}
}

/* The runtime's limits on what a bundle makes it do when it is opened. */
static void check_grants(struct linker *linker, const struct writ_fmt_sandbox *box, struct str name)
{
	const struct {
		const char *what;
		uint32_t own;
		enum writ_section_id section;
	} rows[] = {
		{"paths", box->paths.count, WRIT_SECTION_PATHS},
		{"port ranges", box->ports.count, WRIT_SECTION_PORTS},
		{"environment variables", box->env.count, WRIT_SECTION_ENV},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t all = writer_count(&linker->writer, rows[i].section);

		if (rows[i].own > WRIT_MAX_GRANTS)
			diag_report(linker->diags, DIAG_E0405, SPAN_NONE,
				    "sandbox '%.*s' has %u %s; at most %u are possible",
				    STR_ARG(name), rows[i].own, rows[i].what, WRIT_MAX_GRANTS);
		else if (all > WRIT_MAX_ALL && all - rows[i].own <= WRIT_MAX_ALL)
			diag_report(linker->diags, DIAG_E0405, SPAN_NONE,
				    "the sandboxes up to '%.*s' have more than %u %s together",
				    STR_ARG(name), WRIT_MAX_ALL, rows[i].what);
	}
}

static void put_sandbox(struct linker *linker, const struct ir_sandbox *sandbox)
{
	struct writer *writer = &linker->writer;
	uint32_t paths = writer_count(writer, WRIT_SECTION_PATHS);
	uint32_t ports = writer_count(writer, WRIT_SECTION_PORTS);
	uint32_t landlock = writer_count(writer, WRIT_SECTION_LANDLOCK);
	uint32_t filters = writer_count(writer, WRIT_SECTION_FILTERS);
	uint32_t limits = writer_count(writer, WRIT_SECTION_LIMITS);
	uint32_t env = writer_count(writer, WRIT_SECTION_ENV);
	struct writ_fmt_sandbox record;
	struct landlock_plan plan = {0};

	landlock_lower(linker->arena, sandbox, linker->options->archs, &plan);
	put_paths(linker, &plan);
	put_ports(linker, sandbox);
	writer_add(writer, WRIT_SECTION_LANDLOCK, plan.variants.items, plan.variants.n);
	put_filters(linker, sandbox);
	put_limits(linker, sandbox);
	put_env(linker, sandbox);
	record = (struct writ_fmt_sandbox){
		.name = writer_str(writer, sandbox->name),
		.flags = sandbox->best_effort ? WRIT_SANDBOX_BEST_EFFORT : 0,
		.paths = writer_range(writer, WRIT_SECTION_PATHS, paths),
		.ports = writer_range(writer, WRIT_SECTION_PORTS, ports),
		.landlock = writer_range(writer, WRIT_SECTION_LANDLOCK, landlock),
		.filters = writer_range(writer, WRIT_SECTION_FILTERS, filters),
		.limits = writer_range(writer, WRIT_SECTION_LIMITS, limits),
		.env = writer_range(writer, WRIT_SECTION_ENV, env),
	};
	check_grants(linker, &record, sandbox->name);
	ADD(linker, SANDBOXES, record);
}

static void put_rules(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->rules.n; i++) {
		const struct ir_rule *rule = &linker->policy->rules.items[i];

		ADD(linker, RULES,
		    (struct writ_fmt_rule){
			    .pattern = writer_str(&linker->writer, rule->pattern),
			    .role = rule->role,
			    .line = rule->origin.line,
			    .col = rule->origin.col,
			    .file = writer_str(&linker->writer, rule->origin.file),
		    });
	}
}

static void put_index(struct linker *linker, enum writ_section_id section, const char *what,
		      const struct str *names, size_t n)
{
	struct name_index index;

	if (name_index_build(linker->arena, names, n, &index)) {
		diag_report(linker->diags, DIAG_E0404, SPAN_NONE,
			    "the names of too many %s hash alike", what);
		return;
	}
	writer_add(&linker->writer, section, index.slots, index.n);
}

static void put_roles(struct linker *linker)
{
	const struct ir_policy *policy = linker->policy;
	struct str *names = arena_alloc(linker->arena, policy->roles.n * sizeof(*names));

	for (uint32_t i = 0; i < policy->roles.n; i++) {
		names[i] = policy->roles.items[i].name;
		ADD(linker, ROLES,
		    (struct writ_fmt_role){.name = writer_str(&linker->writer, names[i]),
					   .row = i});
	}
	put_index(linker, WRIT_SECTION_ROLE_INDEX, "roles", names, policy->roles.n);
}

static void put_users(struct linker *linker)
{
	const struct ir_policy *policy = linker->policy;
	struct str *names = arena_alloc(linker->arena, policy->users.n * sizeof(*names));

	for (size_t i = 0; i < policy->users.n; i++) {
		names[i] = policy->users.items[i].name;
		ADD(linker, USERS,
		    (struct writ_fmt_user){.name = writer_str(&linker->writer, names[i]),
					   .row = linker->rbac.user_rows[i]});
	}
	put_index(linker, WRIT_SECTION_USER_INDEX, "users", names, policy->users.n);
}

static void put_columns(struct linker *linker)
{
	const struct rbac_plan *rbac = &linker->rbac;
	struct str *names = arena_alloc(linker->arena, rbac->columns.n * sizeof(*names));

	for (size_t i = 0; i < rbac->columns.n; i++) {
		const struct rbac_column *column = &rbac->columns.items[i];

		names[i] = column->name;
		ADD(linker, COLUMNS,
		    (struct writ_fmt_column){.name = writer_str(&linker->writer, column->name),
					     .sandbox = column->sandbox,
					     .class = column->class});
	}
	put_index(linker, WRIT_SECTION_TOOL_INDEX, "tools", names, rbac->n_named);
}

static void put_table(struct linker *linker)
{
	const struct rbac_plan *rbac = &linker->rbac;
	const struct automaton *automaton = &rbac->automaton;
	struct writer *writer = &linker->writer;

	writer_add(writer, WRIT_SECTION_CELLS, rbac->cells, (size_t)rbac->n_rows * rbac->columns.n);
	writer_add(writer, WRIT_SECTION_CHAR_CLASSES, automaton->char_classes,
		   sizeof(automaton->char_classes));
	writer_add(writer, WRIT_SECTION_STATES, automaton->next,
		   (size_t)automaton->n_states * automaton->n_classes);
	writer_add(writer, WRIT_SECTION_ACCEPTS, rbac->accepts, automaton->n_states);
}

static uint32_t count_rules(const struct ir_policy *policy, enum writ_verdict_id verdict)
{
	uint32_t count = 0;

	for (size_t i = 0; i < policy->rules.n; i++)
		count += policy->rules.items[i].verdict == verdict;
	return count;
}

static void put_policy(struct linker *linker)
{
	const struct ir_policy *policy = linker->policy;

	ADD(linker, POLICY,
	    (struct writ_fmt_policy){
		    .name = writer_str(&linker->writer, policy->name),
		    .version = policy->version,
		    .n_deny = count_rules(policy, WRIT_VERDICT_DENY),
		    .n_ask = count_rules(policy, WRIT_VERDICT_ASK),
		    .n_rows = linker->rbac.n_rows,
		    .n_named = linker->rbac.n_named,
		    .n_classes = linker->rbac.automaton.n_classes,
		    .start = linker->rbac.automaton.start,
	    });
}

static void report_too_large(struct linker *linker)
{
	diag_report(linker->diags, DIAG_E0403, SPAN_NONE,
		    "the policy's bundle would be larger than %u bytes", WRIT_MAX_BUNDLE);
}

/* The decision table; false when it can't be made. */
static bool plan_table(struct linker *linker)
{
	switch (rbac_build(linker->arena, linker->policy, &linker->rbac)) {
	case RBAC_OK:
		return true;
	case RBAC_TOO_MANY_STATES:
		diag_report(linker->diags, DIAG_E0402, SPAN_NONE,
			    "the wildcards of the policy need more than %u states together",
			    WRIT_MAX_STATES);
		return false;
	case RBAC_TOO_MANY_CELLS:
		report_too_large(linker);
		return false;
	}
	return false;
}

int bundle_build(struct arena *arena, struct diag_list *diags, const struct ir_policy *policy,
		 const struct bundle_options *options, struct bytes *out)
{
	struct linker linker = {.arena = arena,
				.diags = diags,
				.policy = policy,
				.options = options,
				.writer = {.arena = arena}};
	size_t errors = diags->errors;

	if (!plan_table(&linker))
		return -1;
	put_params(&linker);
	for (size_t i = 0; i < policy->sandboxes.n; i++)
		put_sandbox(&linker, &policy->sandboxes.items[i]);
	put_rules(&linker);
	put_roles(&linker);
	put_users(&linker);
	put_columns(&linker);
	put_table(&linker);
	put_policy(&linker);
	if (writer_finish(&linker.writer, out))
		report_too_large(&linker);
	return diags->errors == errors ? 0 : -1;
}
