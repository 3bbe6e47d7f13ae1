/*
 * From IR to records: rules and the decision table that the RBAC back end made of them, with the
 * subjects and tools that it is looked up by.
 */
#include "link/linker.h"

#include "backend/conditions.h"
#include "link/name_index.h"

enum operand_kind { OPERAND_NONE, OPERAND_TEXT, OPERAND_NUMBER, OPERAND_ENDPOINT };

static const enum operand_kind operand_kinds[] = {
#define TEST(id, name, operand, doc) [WRIT_TEST_##name] = OPERAND_##operand,
	WRIT_TESTS(TEST)
#undef TEST
};

/* Where something is written; nowhere in a bundle without places. */
static struct ir_origin rule_origin(const struct linker *linker, const struct ir_origin *origin)
{
	return linker->options->strip_places ? (struct ir_origin){0} : *origin;
}

static void put_operands(struct linker *linker, const struct ir_where *test)
{
	for (size_t i = 0; i < test->operands.n; i++) {
		const struct ir_operand *operand = &test->operands.items[i];
		struct writ_fmt_operand record = {.endpoint = WRIT_NONE};

		switch (operand_kinds[test->op]) {
		case OPERAND_TEXT:
			record.text = linker_put_text(linker, &operand->text);
			break;
		case OPERAND_NUMBER:
			record.number = operand->number;
			break;
		case OPERAND_ENDPOINT:
			record.endpoint = linker_put_endpoint(linker, &operand->endpoint);
			break;
		case OPERAND_NONE:
			break;
		}
		LINKER_ADD(linker, OPERANDS, record);
	}
}

static void put_tests(struct linker *linker, const struct condition_program *program)
{
	struct writer *writer = &linker->writer;

	for (size_t i = 0; i < program->tests.n; i++) {
		const struct condition_test *step = &program->tests.items[i];
		uint32_t first = writer_count(writer, WRIT_SECTION_OPERANDS);

		put_operands(linker, step->test);
		LINKER_ADD(linker, TESTS,
			   (struct writ_fmt_test){
				   .arg = writer_str(writer, step->test->arg),
				   .op = (uint16_t)step->test->op,
				   .flags = step->negated ? WRIT_TEST_NEGATED : 0,
				   .yes = step->yes,
				   .no = step->no,
				   .operands = writer_range(writer, WRIT_SECTION_OPERANDS, first),
			   });
	}
}

/* A rule's condition; the rules that one statement gave for several tools share it. */
static struct writ_fmt_range put_where(struct linker *linker, const struct ir_rule *rule)
{
	uintptr_t *address = arena_new(linker->arena, uintptr_t);
	struct str key = {(const char *)address, sizeof(*address)};
	struct condition_program program;
	uint32_t first;

	if (!rule->where)
		return (struct writ_fmt_range){0, 0};
	*address = (uintptr_t)rule->where;
	condition_build(linker->arena, rule->where, &program);
	if (!map_get(&linker->wheres, key, &first)) {
		first = writer_count(&linker->writer, WRIT_SECTION_TESTS);
		map_put(linker->arena, &linker->wheres, key, first);
		put_tests(linker, &program);
	}
	return (struct writ_fmt_range){first, (uint32_t)program.tests.n};
}

static void check_rule(struct linker *linker, const struct ir_rule *rule)
{
	if (rule->condition.len > WRIT_MAX_CONDITION)
		diag_report(linker->diags, DIAG_E0409, SPAN_NONE,
			    "the condition of '%.*s' in role '%.*s' is %zu bytes long; at most %u "
			    "are possible",
			    STR_ARG(rule->pattern),
			    STR_ARG(linker->policy->roles.items[rule->role].name),
			    rule->condition.len, WRIT_MAX_CONDITION);
}

static void put_rules(struct linker *linker)
{
	for (size_t i = 0; i < linker->policy->rules.n; i++) {
		const struct ir_rule *rule = &linker->policy->rules.items[i];
		struct ir_origin origin = rule_origin(linker, &rule->origin);

		check_rule(linker, rule);
		LINKER_ADD(linker, RULES,
			   (struct writ_fmt_rule){
				   .pattern = writer_str(&linker->writer, rule->pattern),
				   .role = rule->role,
				   .line = origin.line,
				   .col = origin.col,
				   .sandbox = rule->sandbox,
				   .file = writer_str(&linker->writer, origin.file),
				   .where = put_where(linker, rule),
				   .condition = writer_str(&linker->writer, rule->condition),
				   .rate = rule->rate,
				   .period_s = rule->period_s,
				   .burst = rule->burst,
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
		LINKER_ADD(linker, ROLES,
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
		LINKER_ADD(linker, USERS,
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
		LINKER_ADD(linker, COLUMNS,
			   (struct writ_fmt_column){.name = writer_str(&linker->writer,
								       column->name),
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

	writer_add(writer, WRIT_SECTION_CELLS, rbac->blocks.cells, rbac->blocks.n_cells);
	writer_add(writer, WRIT_SECTION_BLOCKS, rbac->blocks.ids, rbac->blocks.n_ids);
	writer_add(writer, WRIT_SECTION_CHAR_CLASSES, automaton->char_classes,
		   sizeof(automaton->char_classes));
	writer_add(writer, WRIT_SECTION_STATES, automaton->next,
		   (size_t)automaton->n_states * automaton->n_classes);
	writer_add(writer, WRIT_SECTION_ACCEPTS, rbac->accepts, automaton->n_states);
	for (size_t i = 0; i < rbac->chains.n; i++)
		LINKER_ADD(linker, CHAINS,
			   (struct writ_fmt_range){rbac->chains.items[i].first,
						   rbac->chains.items[i].count});
	writer_add(writer, WRIT_SECTION_CHAIN_RULES, rbac->chain_rules.items, rbac->chain_rules.n);
}

/* Where the limit on chains was met, for a message: "tool 't' of role 'r'". */
static struct str limit_place(struct linker *linker)
{
	const struct rbac_plan *rbac = &linker->rbac;
	const struct ir_policy *policy = linker->policy;
	struct str tool = rbac->columns.items[rbac->limit.column].name;
	struct str what = STR("tools that only wildcards match");
	struct str who = STR("a user of several roles");

	if (tool.ptr)
		what = str_printf(linker->arena, "tool '%.*s'", STR_ARG(tool));
	if (rbac->limit.row < policy->roles.n)
		who = str_printf(linker->arena, "role '%.*s'",
				 STR_ARG(policy->roles.items[rbac->limit.row].name));
	return str_printf(linker->arena, "%.*s and %.*s", STR_ARG(who), STR_ARG(what));
}

static void report_chains(struct linker *linker, enum rbac_result result)
{
	struct str place = limit_place(linker);

	if (result == RBAC_CHAIN_TOO_LONG)
		diag_report(linker->diags, DIAG_E0407, SPAN_NONE,
			    "more than %u rules with conditions decide about %.*s", WRIT_MAX_CHAIN,
			    STR_ARG(place));
	else if (result == RBAC_TOO_MANY_CHAINS)
		diag_report(linker->diags, DIAG_E0406, SPAN_NONE,
			    "the policy's %zu rules and the combinations of those with conditions "
			    "are more than %u, counted up to %.*s",
			    linker->policy->rules.n, UINT16_MAX, STR_ARG(place));
	else
		diag_report(linker->diags, DIAG_E0408, SPAN_NONE,
			    "the rules with conditions, counted for every role and tool up to "
			    "%.*s, are more than %u",
			    STR_ARG(place), WRIT_MAX_CHAIN_WORK);
}

static void report_table(struct linker *linker, enum rbac_result result)
{
	const struct rbac_plan *rbac = &linker->rbac;

	if (result == RBAC_TOO_MANY_CELLS)
		diag_report(
			linker->diags, DIAG_E0403, SPAN_NONE,
			"the decision table would have %u rows (roles, and the users of several "
			"roles) of %zu tools, more than %u cells",
			rbac->n_rows, rbac->columns.n, WRIT_MAX_CELLS);
	else
		diag_report(linker->diags, DIAG_E0403, SPAN_NONE,
			    "the %u rows of the decision table (roles, and the users of several "
			    "roles) have more than %u different blocks",
			    rbac->n_rows, WRIT_MAX_BLOCKS);
}

bool linker_plan_rbac(struct linker *linker)
{
	enum rbac_result result = rbac_build(linker->arena, linker->policy, &linker->rbac);

	switch (result) {
	case RBAC_OK:
		return true;
	case RBAC_TOO_MANY_STATES:
		diag_report(linker->diags, DIAG_E0402, SPAN_NONE,
			    "the wildcards of the policy need more than %u states together",
			    WRIT_MAX_STATES);
		return false;
	case RBAC_TOO_MANY_CELLS:
	case RBAC_TOO_MANY_BLOCKS:
		report_table(linker, result);
		return false;
	case RBAC_TOO_MANY_CHAINS:
	case RBAC_CHAIN_TOO_LONG:
	case RBAC_CHAINS_TOO_LARGE:
		report_chains(linker, result);
		return false;
	}
	return false;
}

void linker_put_rbac(struct linker *linker)
{
	put_rules(linker);
	put_roles(linker);
	put_users(linker);
	put_columns(linker);
	put_table(linker);
}
