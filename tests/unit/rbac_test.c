#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/rbac.h"
#include "base/map.h"
#include "support/ir_maker.h"

static struct ir_policy *policy_new(void)
{
	return arena_new(maker_arena(), struct ir_policy);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct ir_tool *)a)->name, ((const struct ir_tool *)b)->name);
}

static void add_tool(struct ir_policy *policy, struct str name, uint32_t sandbox)
{
	vec_add(maker_arena(), &policy->tools,
		((struct ir_tool){.name = name, .sandbox = sandbox, .declared = true}));
	qsort(policy->tools.items, policy->tools.n, sizeof(*policy->tools.items), by_name);
}

static uint32_t add_role(struct ir_policy *policy)
{
	vec_add(maker_arena(), &policy->roles,
		((struct ir_role){.name = str_printf(maker_arena(), "r%05zu", policy->roles.n)}));
	return (uint32_t)policy->roles.n - 1;
}

/* Rules must be added strictest first. */
static void add_rule(struct ir_policy *policy, uint32_t role, enum writ_verdict_id verdict,
		     struct str pattern)
{
	vec_add(maker_arena(), &policy->roles.items[role].rules, (uint32_t)policy->rules.n);
	vec_add(maker_arena(), &policy->rules,
		((struct ir_rule){.verdict = verdict, .pattern = pattern, .role = role}));
}

static uint32_t column_of(const struct rbac_plan *plan, struct str tool)
{
	for (uint32_t i = 0; i < plan->n_named; i++) {
		if (str_eq(plan->columns.items[i].name, tool))
			return i;
	}
	return plan->accepts[automaton_run(&plan->automaton, tool)];
}

/* The table's answer, in the terms of ir_decide: the deciding rule or IR_NONE. */
static uint32_t lookup(const struct rbac_plan *plan, uint32_t row, struct str tool)
{
	uint32_t column = column_of(plan, tool);
	uint16_t cell = column == WRIT_NONE ? 0 : plan->cells[row * plan->columns.n + column];

	return cell ? cell - 1u : IR_NONE;
}

static void check_tool(const struct ir_policy *policy, const struct rbac_plan *plan,
		       struct str tool)
{
	const struct ir_tool *declared = ir_tool_for(policy, tool);
	uint32_t column = column_of(plan, tool), rule;

	for (uint32_t role = 0; role < policy->roles.n; role++) {
		ir_decide(policy, &role, 1, tool, &rule);
		cr_assert_eq(lookup(plan, role, tool), rule, "role %u, tool %.*s", role,
			     STR_ARG(tool));
	}
	for (size_t u = 0; u < policy->users.n; u++) {
		const struct ir_indices *roles = &policy->users.items[u].roles;

		ir_decide(policy, roles->items, roles->n, tool, &rule);
		cr_assert_eq(lookup(plan, plan->user_rows[u], tool), rule, "user %zu, tool %.*s", u,
			     STR_ARG(tool));
	}
	if (column != WRIT_NONE)
		cr_assert_eq(plan->columns.items[column].sandbox,
			     declared ? declared->sandbox : WRIT_NONE, "tool %.*s", STR_ARG(tool));
	else
		cr_assert_null(declared, "tool %.*s", STR_ARG(tool));
}

static struct str random_text(uint64_t *random, bool wild)
{
	static const char bytes[] = "ab_*";
	size_t len = 1 + maker_random(random) % 5;
	char *text = arena_alloc(maker_arena(), len);

	for (size_t i = 0; i < len; i++)
		text[i] = bytes[maker_random(random) % (wild ? 4 : 3)];
	return (struct str){text, len};
}

static void fill_random(struct ir_policy *policy, uint64_t *random)
{
	unsigned n_rules = (unsigned)(maker_random(random) % 20);
	struct map names = {0};

	for (unsigned i = 0; i < 1 + maker_random(random) % 6; i++)
		add_role(policy);
	for (unsigned i = 0; i < maker_random(random) % 12; i++) {
		struct str name = random_text(random, i % 2);

		if (map_put(maker_arena(), &names, name, 0))
			add_tool(policy, name, (uint32_t)(maker_random(random) % 3));
	}
	for (unsigned i = 0; i < n_rules; i++) {
		struct str pattern = random_text(random, i % 3);
		enum writ_verdict_id verdict = (enum writ_verdict_id)(i * 3 / n_rules);

		/* sema makes a tool of every exact name in a rule. */
		if (ir_pattern_is_exact(pattern) && map_put(maker_arena(), &names, pattern, 0))
			add_tool(policy, pattern, 7);
		add_rule(policy, (uint32_t)(maker_random(random) % policy->roles.n), verdict,
			 pattern);
	}
	for (unsigned u = 0; u < 4; u++) {
		struct ir_user *user = vec_push(maker_arena(), &policy->users);

		for (uint32_t role = 0; role < policy->roles.n; role++) {
			if (u == role || maker_random(random) % 2)
				vec_add(maker_arena(), &user->roles, role);
		}
		if (user->roles.n == 0)
			vec_add(maker_arena(), &user->roles, 0);
	}
}

Test(rbac, the_table_decides_like_the_rules, .timeout = 120)
{
	uint64_t random = 11;

	for (unsigned round = 0; round < 300; round++) {
		struct ir_policy *policy = policy_new();
		struct rbac_plan plan;

		fill_random(policy, &random);
		cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_OK);
		for (size_t i = 0; i < policy->tools.n; i++) {
			if (ir_pattern_is_exact(policy->tools.items[i].name))
				check_tool(policy, &plan, policy->tools.items[i].name);
		}
		for (unsigned i = 0; i < 150; i++)
			check_tool(policy, &plan, random_text(&random, false));
		check_tool(policy, &plan, STR("another-NAME.9"));
	}
}

Test(rbac, bytes_no_tool_name_holds_lead_to_the_sink)
{
	struct ir_policy *policy = policy_new();
	struct rbac_plan plan;

	add_rule(policy, add_role(policy), WRIT_VERDICT_ALLOW, STR("*"));
	cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_OK);
	cr_assert_eq(lookup(&plan, 0, STR("anything")), 0u);
	for (unsigned byte = 0; byte < 256; byte++) {
		char name[3] = {'a', (char)byte, 'b'};
		bool valid = byte && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789_.-",
					    (int)byte);

		cr_assert_eq(lookup(&plan, 0, (struct str){name, 3}), valid ? 0u : IR_NONE,
			     "byte %u", byte);
	}
}

Test(rbac, a_policy_without_wildcards_has_a_sink_only)
{
	struct ir_policy *policy = policy_new();
	struct rbac_plan plan;

	add_tool(policy, STR("read"), WRIT_NONE);
	add_rule(policy, add_role(policy), WRIT_VERDICT_ALLOW, STR("read"));
	cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_OK);
	cr_assert_eq(plan.automaton.n_states, 1u);
	cr_assert_eq(plan.automaton.start, 0u);
	cr_assert_eq(lookup(&plan, 0, STR("read")), 0u);
	cr_assert_eq(lookup(&plan, 0, STR("write")), IR_NONE);
}

Test(rbac, users_with_the_same_roles_share_a_row)
{
	struct ir_policy *policy = policy_new();
	struct rbac_plan plan;

	for (int i = 0; i < 3; i++)
		add_role(policy);
	for (int i = 0; i < 5; i++) {
		struct ir_user *user = vec_push(maker_arena(), &policy->users);

		vec_add(maker_arena(), &user->roles, 1);
		if (i < 4)
			vec_add(maker_arena(), &user->roles, 2);
	}
	cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_OK);
	cr_assert_eq(plan.n_rows, 4u);
	cr_assert_eq(plan.user_rows[0], 3u);
	cr_assert_eq(plan.user_rows[3], 3u);
	cr_assert_eq(plan.user_rows[4], 1u);
}

Test(rbac, wildcards_that_multiply_are_an_error, .timeout = 120)
{
	struct ir_policy *policy = policy_new();
	struct rbac_plan plan;
	uint32_t role = add_role(policy);

	for (char c = 'a'; c <= 't'; c++)
		add_rule(policy, role, WRIT_VERDICT_ALLOW, str_printf(maker_arena(), "*%c*", c));
	cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_TOO_MANY_STATES);
}

Test(rbac, a_table_too_large_is_an_error)
{
	struct ir_policy *policy = policy_new();
	struct rbac_plan plan;

	for (unsigned i = 0; i < 9000; i++) {
		add_role(policy);
		vec_add(maker_arena(), &policy->tools,
			((struct ir_tool){.name = str_printf(maker_arena(), "t%05u", i)}));
	}
	cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_TOO_MANY_CELLS);
}

/* A cell as a bundle's reader finds it. */
static uint16_t block_cell(const struct rbac_table *table, const struct rbac_blocks *blocks,
			   uint32_t row, uint32_t column)
{
	uint32_t size = 1u << blocks->bits, n_blocks = (table->n_columns + size - 1) / size;
	uint32_t block = blocks->ids[row * n_blocks + column / size];

	cr_assert_lt(block * size + column % size, blocks->n_cells);
	return blocks->cells[block * size + column % size];
}

static void check_blocks(const struct rbac_table *table)
{
	struct rbac_blocks blocks;
	uint32_t size, next = 0;

	cr_assert_eq(rbac_blocks_make(maker_arena(), table, &blocks), 0);
	size = 1u << blocks.bits;
	for (uint32_t row = 0; row < table->n_rows; row++) {
		for (uint32_t i = 0; i < table->n_columns; i++)
			cr_assert_eq(block_cell(table, &blocks, row, i),
				     table->cells[row * table->n_columns + i]);
		for (uint32_t i = table->n_columns; i % size; i++)
			cr_assert_eq(block_cell(table, &blocks, row, i), 0);
	}
	for (uint32_t i = 0; i < blocks.n_ids; i++) {
		cr_assert_leq(blocks.ids[i], next);
		next += blocks.ids[i] == next;
	}
	cr_assert_eq(next * size, blocks.n_cells);
	for (uint32_t i = 0; i < next * size; i += size) {
		for (uint32_t k = 0; k < i; k += size)
			cr_assert_neq(memcmp(blocks.cells + i, blocks.cells + k, 2 * size), 0);
	}
	/* Never much larger than the table is. */
	cr_assert_leq(blocks.n_ids + blocks.n_cells, table->n_rows * (2 * table->n_columns + 4));
}

/* Empty to full tables, of few rules to many, and rows that are like others. */
Test(rbac, blocks_hold_the_cells_of_the_table)
{
	uint64_t random = 3;

	for (unsigned round = 0; round < 400; round++) {
		uint32_t n_rows = 1 + (uint32_t)(maker_random(&random) % 24);
		uint32_t n_columns = 1 + (uint32_t)(maker_random(&random) % (round % 2 ? 9 : 150));
		uint64_t fill = maker_random(&random) % 9, rules = 1 + maker_random(&random) % 99;
		uint16_t *cells = arena_alloc(maker_arena(), 2u * n_rows * n_columns);

		for (uint32_t i = 0; i < n_rows * n_columns; i++) {
			if (i >= n_columns && maker_random(&random) % 4)
				cells[i] = cells[i - n_columns];
			else if (maker_random(&random) % 8 < fill)
				cells[i] = (uint16_t)(maker_random(&random) % rules);
		}
		check_blocks(&(struct rbac_table){cells, n_rows, n_columns});
	}
}

Test(rbac, a_table_without_cells_has_no_blocks)
{
	struct rbac_blocks blocks;

	cr_expect_eq(rbac_blocks_make(maker_arena(), &(struct rbac_table){NULL, 0, 7}, &blocks), 0);
	cr_expect_eq(blocks.n_ids + blocks.n_cells + blocks.bits, 0u);
	cr_expect_eq(rbac_blocks_make(maker_arena(), &(struct rbac_table){NULL, 7, 0}, &blocks), 0);
	cr_expect_eq(blocks.n_ids + blocks.n_cells + blocks.bits, 0u);
}

/* Each row another: blocks of a row are as many as rows, smaller ones fewer until they repeat. */
Test(rbac, more_blocks_than_can_be_numbered_are_an_error)
{
	const uint32_t n = WRIT_MAX_BLOCKS;
	uint16_t *cells = arena_alloc(maker_arena(), (n + 1) * 2 * sizeof(*cells));
	struct rbac_blocks blocks;

	for (uint32_t i = 0; i <= n; i++) {
		cells[2 * i] = (uint16_t)i;
		cells[2 * i + 1] = (uint16_t)(i >> 16);
	}
	cr_expect_eq(rbac_blocks_make(maker_arena(), &(struct rbac_table){cells, n, 2}, &blocks),
		     0);
	cr_expect_eq(blocks.n_cells, 4 * n);
	cr_expect_eq(blocks.ids[n - 1], n - 1);
	cr_expect_eq(rbac_blocks_make(maker_arena(), &(struct rbac_table){cells, n + 1, 2},
				      &blocks),
		     -1);
}

Test(rbac, a_thousand_roles_and_two_thousand_tools_take_half_a_second, .timeout = 60)
{
	struct ir_policy *policy = policy_new();
	struct rbac_plan plan;
	struct timespec begin, end;
	uint64_t random = 5;
	double ms;

	for (unsigned i = 0; i < 2000; i++)
		vec_add(maker_arena(), &policy->tools,
			((struct ir_tool){.name = str_printf(maker_arena(), "tool_%04u", i),
					  .sandbox = WRIT_NONE}));
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t role = add_role(policy);

		for (unsigned r = 0; r < 5; r++)
			add_rule(policy, role, WRIT_VERDICT_ALLOW,
				 policy->tools.items[maker_random(&random) % 2000].name);
		add_rule(policy, role, WRIT_VERDICT_ALLOW,
			 str_printf(maker_arena(), "tool_%03u*", i / 5));
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	cr_assert_eq(rbac_build(maker_arena(), policy, &plan), RBAC_OK);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ms = (double)(end.tv_sec - begin.tv_sec) * 1e3 +
	     (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
	fprintf(stderr, "rbac_build, 1000 roles, 2000 tools, 6000 rules: %.1f ms\n", ms);
#ifndef __SANITIZE_ADDRESS__
	cr_assert_lt(ms, 500);
#endif
	for (unsigned i = 0; i < 2000; i += 37) {
		uint32_t role = i % 1000, rule;

		ir_decide(policy, &role, 1, policy->tools.items[i].name, &rule);
		cr_assert_eq(lookup(&plan, role, policy->tools.items[i].name), rule);
	}
}
