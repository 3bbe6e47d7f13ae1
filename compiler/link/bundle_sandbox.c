/*
 * From IR to records: sandboxes, what they grant and what the kernel is told for them.
 *
 * A sandbox's filter is proved right after it is made; sandboxes with equal rules share the
 * filter, and those with equal filters the instructions. Invariant: every index written names a
 * record that exists, because arrays of the IR are written whole and in order.
 */
#include "link/linker.h"

#include "backend/landlock.h"
#include "backend/seccomp.h"
#include "base/bug.h"
#include "ir/ir_plan.h"
#include "verify/verify_bpf.h"

/* Conditions of a sandbox, and of the rules of one call, that are nothing special. */
#define ORDINARY_CONDS   300u
#define ORDINARY_OF_CALL 24u

static void put_paths(struct linker *linker, const struct landlock_plan *plan)
{
	for (size_t i = 0; i < plan->paths.n; i++) {
		const struct landlock_path *path = &plan->paths.items[i];
		struct ir_part part = {.kind = IR_PART_LITERAL, .literal = path->loader};
		struct ir_text loader = {&part, 1};

		LINKER_ADD(linker, PATHS,
			   (struct writ_fmt_path){
				   .text = linker_put_text(linker, path->path ? &path->path->text
									      : &loader),
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

		LINKER_ADD(linker, PORTS,
			   (struct writ_fmt_port){
				   .rights = port->rights,
				   .first = bound ? 0 : port->first,
				   .last = bound ? 0 : port->last,
				   .param = bound ? port->param : WRIT_NONE,
			   });
	}
}

static struct writ_fmt_range put_program(struct linker *linker, const struct bpf_program *program)
{
	return linker_put_shared(linker, &linker->filters, WRIT_SECTION_INSNS, program->insns,
				 program->n);
}

static void report_undecided(struct linker *linker, const struct ir_sandbox *sandbox,
			     enum arch arch, const struct filter_proof *proof)
{
	struct diag *diag = diag_report(linker->diags, DIAG_E0410, SPAN_NONE,
					"the system call rules of sandbox '%.*s' depend on each "
					"other too much to prove its filter for %s",
					STR_ARG(sandbox->name), arch_info(arch)->name);

	if (proof->dearest.ptr)
		diag_help(linker->diags, diag, "the rules of '%.*s' take most of the proof",
			  STR_ARG(proof->dearest));
}

/* False, with the reason reported, when it would take too long; a filter that is wrong is the end.
 */
static bool prove(struct linker *linker, const struct ir_sandbox *sandbox, enum arch arch,
		  const struct bpf_program *program)
{
	struct filter_proof proof = prove_filter(linker->arena, sandbox, arch, program->insns,
						 program->n);

	switch (proof.result) {
	case FILTER_PROVED:
		return true;
	case FILTER_UNDECIDED:
		report_undecided(linker, sandbox, arch, &proof);
		return false;
	case FILTER_MALFORMED:
	case FILTER_DIFFERS:
		break;
	}
	bug_exit("the filter made for sandbox '%.*s' does not mean what the policy says\n  %.*s",
		 STR_ARG(sandbox->name), STR_ARG(proof.wrong));
}

static void report_too_long(struct linker *linker, const struct ir_sandbox *sandbox, enum arch arch,
			    const struct seccomp_filter *filter)
{
	struct diag *diag = diag_report(linker->diags, DIAG_E0401, SPAN_NONE,
					"the system call filter of sandbox '%.*s' for %s has more "
					"than %u instructions",
					STR_ARG(sandbox->name), arch_info(arch)->name,
					WRIT_MAX_INSNS);

	for (size_t i = 0; i < SECCOMP_HEAVIEST && filter->heaviest[i].call.ptr; i++)
		diag_help(linker->diags, diag, "the rules of '%.*s' come to %u",
			  STR_ARG(filter->heaviest[i].call), filter->heaviest[i].insns);
}

/*
 * Are the rules so few that their filter is far from every limit? A test measures it: such rules
 * came to a sixth of WRIT_MAX_INSNS and a tenth of VERIFY_MAX_STEPS.
 */
static bool is_ordinary(const struct ir_sandbox *sandbox)
{
	uint32_t all = 0, of_call = 0;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];

		if (i > 0 && !str_eq(rule->name, sandbox->calls.items[i - 1].name))
			of_call = 0;
		of_call += rule->n_conds;
		all += rule->n_conds;
		if (of_call > ORDINARY_OF_CALL || all > ORDINARY_CONDS)
			return false;
	}
	return true;
}

/* The record of a filter; false, with the reason reported, when a limit is exceeded. */
static bool make_filter(struct linker *linker, const struct ir_sandbox *sandbox, enum arch arch,
			struct writ_fmt_filter *out)
{
	const struct seccomp_options options = {linker->options->profile,
						linker->options->small_filters, &linker->trees};
	struct seccomp_filter filter;

	*out = (struct writ_fmt_filter){.audit_arch = arch_info(arch)->audit_arch};
	if (linker->options->limits_only && is_ordinary(sandbox))
		return true;
	seccomp_plan(linker->arena, sandbox, arch, &options, &filter);
	if (filter.too_long) {
		report_too_long(linker, sandbox, arch, &filter);
		return false;
	}
	if (!prove(linker, sandbox, arch, &filter.program))
		return false;
	out->insns = put_program(linker, &filter.program);
	return true;
}

/*
 * Making and verifying a filter is most of the work on a sandbox, and many have the same rules: the
 * run of records that these are tells.
 */
static void put_filter(struct linker *linker, const struct ir_sandbox *sandbox, enum arch arch,
		       struct writ_fmt_range calls)
{
	const uint32_t rules[] = {calls.first, calls.count, arch,
				  ir_plan_has_broker(linker->arena, sandbox),
				  ir_plan_has_gate(sandbox)};
	struct str key = str_copy(linker->arena, (const char *)rules, sizeof(rules));
	struct writ_fmt_filter filter;
	uint32_t same;

	if (map_get(&linker->sandbox_filters, key, &same)) {
		filter = linker->made_filters.items[same];
	} else {
		if (!make_filter(linker, sandbox, arch, &filter))
			return;
		map_put(linker->arena, &linker->sandbox_filters, key,
			(uint32_t)linker->made_filters.n);
		vec_add(linker->arena, &linker->made_filters, filter);
	}
	LINKER_ADD(linker, FILTERS, filter);
}

static void put_filters(struct linker *linker, const struct ir_sandbox *sandbox,
			struct writ_fmt_range calls)
{
	for (unsigned i = 0; i < ARCH__COUNT; i++) {
		if (linker->options->archs[i])
			put_filter(linker, sandbox, (enum arch)i, calls);
	}
}

static void put_limits(struct linker *linker, const struct ir_sandbox *sandbox)
{
	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++) {
		if (sandbox->limit_set[id])
			LINKER_ADD(linker, LIMITS,
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
			record.value = linker_put_text(linker, &env->value);
		LINKER_ADD(linker, ENV, record);
	}
}

static struct writ_fmt_range put_endpoints(struct linker *linker, const struct ir_sandbox *sandbox)
{
	uint32_t first = writer_count(&linker->writer, WRIT_SECTION_ENDPOINTS);

	for (size_t i = 0; i < sandbox->endpoints.n; i++) {
		struct writ_fmt_endpoint record = linker_endpoint(linker,
								  &sandbox->endpoints.items[i]);

		LINKER_ADD(linker, ENDPOINTS, record);
	}
	return writer_range(&linker->writer, WRIT_SECTION_ENDPOINTS, first);
}

static struct writ_fmt_range put_denies(struct linker *linker, const struct ir_sandbox *sandbox)
{
	uint32_t first = writer_count(&linker->writer, WRIT_SECTION_DENIES);

	for (size_t i = 0; i < sandbox->denies.n; i++)
		LINKER_ADD(linker, DENIES,
			   (struct writ_fmt_place){linker_put_text(linker,
								   &sandbox->denies.items[i].text),
						   0});
	return writer_range(&linker->writer, WRIT_SECTION_DENIES, first);
}

static struct writ_fmt_range put_scratches(struct linker *linker, const struct ir_sandbox *sandbox)
{
	uint32_t first = writer_count(&linker->writer, WRIT_SECTION_SCRATCHES);

	for (size_t i = 0; i < sandbox->scratches.n; i++) {
		const struct ir_scratch *scratch = &sandbox->scratches.items[i];

		LINKER_ADD(linker, SCRATCHES,
			   (struct writ_fmt_place){linker_put_text(linker, &scratch->text),
						   scratch->size_bytes});
	}
	return writer_range(&linker->writer, WRIT_SECTION_SCRATCHES, first);
}

static struct writ_fmt_range put_sockets(struct linker *linker, const struct ir_sandbox *sandbox)
{
	uint32_t first = writer_count(&linker->writer, WRIT_SECTION_UNIX_SOCKETS);

	for (size_t i = 0; i < sandbox->unix_sockets.n; i++)
		LINKER_ADD(linker, UNIX_SOCKETS,
			   (struct writ_fmt_place){
				   linker_put_text(linker, &sandbox->unix_sockets.items[i].text),
				   0});
	return writer_range(&linker->writer, WRIT_SECTION_UNIX_SOCKETS, first);
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
		{"network endpoints", box->endpoints.count, WRIT_SECTION_ENDPOINTS},
		{"denied paths", box->denies.count, WRIT_SECTION_DENIES},
		{"scratch directories", box->scratches.count, WRIT_SECTION_SCRATCHES},
		{"unix sockets", box->unix_sockets.count, WRIT_SECTION_UNIX_SOCKETS},
		{"system call rules", box->calls.count, WRIT_SECTION_CALL_LISTS},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool shared = rows[i].section == WRIT_SECTION_CALL_LISTS;
		uint32_t all = shared ? 0 : writer_count(&linker->writer, rows[i].section);

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

static void put_sandbox(struct linker *linker, const struct ir_sandbox *sandbox,
			struct writ_fmt_range calls)
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
	put_filters(linker, sandbox, calls);
	put_limits(linker, sandbox);
	put_env(linker, sandbox);
	record = (struct writ_fmt_sandbox){
		.name = writer_str(writer, sandbox->name),
		.flags = (sandbox->best_effort ? WRIT_SANDBOX_BEST_EFFORT : 0) |
			 (sandbox->strict_exec ? WRIT_SANDBOX_STRICT_EXEC : 0),
		.plan = ir_plan(linker->arena, sandbox),
		.user = writer_str(writer, sandbox->user),
		.paths = writer_range(writer, WRIT_SECTION_PATHS, paths),
		.ports = writer_range(writer, WRIT_SECTION_PORTS, ports),
		.landlock = writer_range(writer, WRIT_SECTION_LANDLOCK, landlock),
		.filters = writer_range(writer, WRIT_SECTION_FILTERS, filters),
		.limits = writer_range(writer, WRIT_SECTION_LIMITS, limits),
		.env = writer_range(writer, WRIT_SECTION_ENV, env),
		.endpoints = put_endpoints(linker, sandbox),
		.denies = put_denies(linker, sandbox),
		.scratches = put_scratches(linker, sandbox),
		.unix_sockets = put_sockets(linker, sandbox),
		.calls = calls,
	};
	check_grants(linker, &record, sandbox->name);
	LINKER_ADD(linker, SANDBOXES, record);
}

void linker_put_sandboxes(struct linker *linker)
{
	linker_put_calls(linker);
	for (size_t i = 0; i < linker->policy->sandboxes.n; i++)
		put_sandbox(linker, &linker->policy->sandboxes.items[i], linker->calls[i]);
}
