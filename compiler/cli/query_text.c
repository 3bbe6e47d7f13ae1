/*
 * Answers to queries for people.
 */
#include <stdio.h>

#include "base/utf8.h"
#include "cli/query.h"
#include "judge/why.h"

static void put(struct str text)
{
	utf8_print(stdout, text);
}

static void put_line(struct str text)
{
	put(text);
	putchar('\n');
}

/* "    allow git_* where ..., role 'x', file:1:2" */
static void put_rule(const struct query *query, uint32_t index, const char *lead)
{
	const struct ir_rule *rule = &query->ir->rules.items[index];

	fputs(lead, stdout);
	put(why_rule_text(query->arena, query->ir, index));
	fputs("  (role '", stdout);
	put(query->ir->roles.items[rule->role].name);
	putchar('\'');
	if (rule->origin.line) {
		fputs(", ", stdout);
		put(rule->origin.file);
		printf(":%u:%u", rule->origin.line, rule->origin.col);
	}
	puts(")");
}

static void put_rules(const struct query *query, const struct query_answer *answer)
{
	for (size_t i = 0; i < answer->chain.n; i++)
		put_rule(query, answer->chain.items[i], "    ");
	if (answer->some.n)
		puts("    and of some of these:");
	for (size_t i = 0; i < answer->some.n; i++)
		put_rule(query, answer->some.items[i], "      ");
}

static void put_names(const struct query *query, const char *lead, const struct ir_indices *roles)
{
	for (size_t i = 0; i < roles->n; i++) {
		fputs(i ? ", " : lead, stdout);
		put(query->ir->roles.items[roles->items[i]].name);
	}
}

static void put_user_names(const struct query *query, const char *lead,
			   const struct ir_indices *users)
{
	for (size_t i = 0; i < users->n; i++) {
		fputs(i ? ", \"" : lead, stdout);
		put(query->ir->users.items[users->items[i]].name);
		putchar('"');
	}
}

void query_who_text(const struct query *query)
{
	for (size_t i = 0; i < query->found.n; i++) {
		const struct query_answer *answer = &query->found.items[i];

		fputs(answer->is_user ? "user \"" : "role ", stdout);
		put(answer->name);
		puts(answer->is_user ? "\"" : "");
		put_rules(query, answer);
	}
	if (query->found.n)
		return;
	fputs("nobody can call '", stdout);
	put(query->name);
	puts("'");
}

void query_what_text(const struct query *query)
{
	for (size_t i = 0; i < query->found.n; i++) {
		const struct query_answer *answer = &query->found.items[i];

		fputs(answer->is_pattern ? "any other tool matching " : "", stdout);
		put_line(answer->name);
		put_rules(query, answer);
	}
	if (query->found.n)
		return;
	if (!query->roles.n) {
		printf("the policy has no %s '", query->is_user ? "user" : "role");
		put(query->name);
		puts("'");
		return;
	}
	printf("%s '", query->is_user ? "user" : "role");
	put(query->name);
	puts("' can call nothing");
}

void query_tools_text(const struct query *query)
{
	for (size_t t = 0; t < query->ir->tools.n; t++) {
		const struct ir_tool *tool = &query->ir->tools.items[t];

		put(tool->name);
		if (!tool->declared)
			fputs("  (not declared: only rules name it)", stdout);
		if (tool->class != WRIT_CLASS_NONE)
			printf("  class %s", query_class_name(tool->class));
		if (tool->sandbox != IR_NONE) {
			fputs("  sandbox ", stdout);
			put(query->ir->sandboxes.items[tool->sandbox].name);
		}
		putchar('\n');
		for (size_t a = 0; a < tool->args.n; a++)
			put_line(str_printf(query->arena, "    %.*s : %s%s",
					    STR_ARG(tool->args.items[a].name),
					    query_kind_name(tool->args.items[a].kind),
					    tool->args.items[a].secret ? " secret" : ""));
	}
	if (!query->ir->tools.n)
		puts("there are no tools");
}

void query_roles_text(const struct query *query)
{
	for (uint32_t r = 0; r < query->ir->roles.n; r++) {
		const struct ir_role *role = &query->ir->roles.items[r];
		struct ir_indices users = query_holders(query, r);

		put(role->name);
		put_names(query, "  extends ", &role->parents);
		printf("  %zu rule%s", role->rules.n, role->rules.n == 1 ? "" : "s");
		put_user_names(query, "  users \"", &users);
		putchar('\n');
	}
	if (!query->ir->roles.n)
		puts("there are no roles");
}

void query_users_text(const struct query *query)
{
	for (size_t u = 0; u < query->ir->users.n; u++) {
		const struct ir_user *user = &query->ir->users.items[u];

		putchar('"');
		put(user->name);
		putchar('"');
		put_names(query, "  roles ", &user->roles);
		putchar('\n');
	}
	if (!query->ir->users.n)
		puts("there are no users");
}
