/*
 * writc query: the policy asked the other way round.
 *
 * Nothing is tried out: an answer is the list of rules that decide, with their conditions, so it
 * holds for every call. A tool that is not known by name is told by the wildcards that match it.
 */
#include "cli/query.h"

#include <stdio.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/hint.h"
#include "cli/input.h"
#include "judge/why.h"

static const char *const formats[] = {"text", "json", NULL};

const char *query_class_name(enum writ_tool_class class)
{
	static const char *const names[] = {
		[WRIT_CLASS_NONE] = "",       [WRIT_CLASS_READ] = "read",
		[WRIT_CLASS_WRITE] = "write", [WRIT_CLASS_EXECUTE] = "execute",
		[WRIT_CLASS_ADMIN] = "admin",
	};

	return names[class];
}

const char *query_kind_name(enum writ_arg_kind kind)
{
	static const char *const names[] = {
		[WRIT_ARG_STRING] = "string", [WRIT_ARG_PATH] = "path", [WRIT_ARG_URL] = "url",
		[WRIT_ARG_HOST] = "host",     [WRIT_ARG_INT] = "int",   [WRIT_ARG_BOOL] = "bool",
	};

	return names[kind];
}

struct ir_indices query_holders(const struct query *query, uint32_t role)
{
	struct ir_indices out = {0};

	for (uint32_t u = 0; u < query->ir->users.n; u++) {
		const struct ir_indices *roles = &query->ir->users.items[u].roles;

		for (size_t i = 0; i < roles->n; i++) {
			if (roles->items[i] == role)
				vec_add(query->arena, &out, u);
		}
	}
	return out;
}

/* ---- who can call a tool ---- */

/* The rules of one subject that match, strictest first, up to one without a condition. */
static void ask_subject(struct query *query, const struct ir_indices *roles, bool is_user,
			struct str name)
{
	struct query_answer answer = {.is_user = is_user, .name = name};

	answer.chain = chain_of_roles(query->arena, query->ir, roles, query->name);
	if (chain_permits(query->ir, &answer.chain))
		vec_add(query->arena, &query->found, answer);
}

static bool ask_who(struct query *query)
{
	const struct ir_policy *ir = query->ir;

	for (uint32_t r = 0; r < ir->roles.n; r++) {
		struct ir_indices self = {&r, 1, 1};

		ask_subject(query, &self, false, ir->roles.items[r].name);
	}
	for (size_t u = 0; u < ir->users.n; u++)
		ask_subject(query, &ir->users.items[u].roles, true, ir->users.items[u].name);
	return query->found.n > 0;
}

/* ---- what a subject can call ---- */

static void ask_tools(struct query *query, const struct chain_index *index)
{
	for (size_t t = 0; t < query->ir->tools.n; t++) {
		struct query_answer answer = {.name = query->ir->tools.items[t].name};

		if (!ir_pattern_is_exact(answer.name))
			continue;
		answer.chain = chain_of(index, answer.name);
		if (chain_permits(query->ir, &answer.chain))
			vec_add(query->arena, &query->found, answer);
	}
}

/* Each wildcard once. */
static void ask_patterns(struct query *query, const struct chain_index *index)
{
	struct map known = {0};

	for (size_t i = 0; i < index->wild.n; i++) {
		struct query_answer answer = {
			.is_pattern = true,
			.name = query->ir->rules.items[index->wild.items[i]].pattern,
		};

		if (!map_put(query->arena, &known, answer.name, 0))
			continue;
		answer.chain = chain_of_pattern(index, answer.name, &answer.some);
		if (chain_permits(query->ir, &answer.chain))
			vec_add(query->arena, &query->found, answer);
	}
}

static bool ask_what(struct query *query)
{
	const struct ir_policy *ir = query->ir;
	struct chain_index index;
	uint32_t id = query->is_user ? why_user(ir, query->name) : why_role(ir, query->name);

	if (id == IR_NONE)
		return false;
	if (query->is_user)
		query->roles = ir->users.items[id].roles;
	else
		vec_add(query->arena, &query->roles, id);
	chain_index_init(&index, query->arena, ir, &query->roles);
	ask_tools(query, &index);
	ask_patterns(query, &index);
	return query->found.n > 0;
}

/* ---- what there is ---- */

static bool ask_all_tools(struct query *query)
{
	return query->ir->tools.n > 0;
}

static bool ask_all_roles(struct query *query)
{
	return query->ir->roles.n > 0;
}

static bool ask_all_users(struct query *query)
{
	return query->ir->users.n > 0;
}

static const struct query_kind kinds[] = {
	{"who-can", true, ask_who, query_who_text, query_who_json},
	{"what-can", true, ask_what, query_what_text, query_what_json},
	{"tools", false, ask_all_tools, query_tools_text, query_tools_json},
	{"roles", false, ask_all_roles, query_roles_text, query_roles_json},
	{"users", false, ask_all_users, query_users_text, query_users_json},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- the command line ---- */

struct order {
	const char *path;
	const struct query_kind *kind;
	const char *name; /* or NULL */
	bool is_user;
	int format;
};

static int run(const struct order *order)
{
	struct input input;
	int status = input_load(order->path, &input);
	struct query query = {.arena = &input.compilation.arena, .is_user = order->is_user};

	if (!status) {
		query.ir = input.ir;
		query.name = order->name ? str_from(order->name) : STR("");
		status = order->kind->ask(&query) ? CLI_OK : CLI_FINDINGS;
		if (order->format)
			order->kind->json(&query);
		else
			order->kind->text(&query);
		if (order->kind->ask == ask_what)
			hint_subject(query.ir, query.name, order->is_user);
		else if (order->kind->ask == ask_who)
			hint_tool(query.ir, query.name);
	}
	input_fini(&input);
	return status;
}

static const struct query_kind *find_kind(const char *word)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (str_eq_cstr(str_from(word), kinds[i].word))
			return &kinds[i];
	}
	cli_usage_error("query",
			"'%s' is no question; there are who-can, what-can, tools, roles and users",
			word);
	return NULL;
}

static int check(const struct order *order, int n)
{
	int wanted = order->kind->takes_name ? 3 : 2;

	if (n < wanted)
		return cli_usage_error("query", "%s needs a name", order->kind->word);
	if (n > wanted)
		return cli_usage_error("query", "there is one question at a time");
	if (order->is_user && order->kind->ask != ask_what)
		return cli_usage_error("query", "--user goes with what-can");
	return CLI_OK;
}

int verb_query(int argc, char **argv)
{
	struct order order = {0};
	const char *format = NULL;
	const struct cli_option options[] = {
		{"--user", &order.is_user, NULL},
		{"--format", NULL, &format},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("query", options, argc, argv);
	int status;

	if (n < 0)
		return CLI_USAGE;
	if (n < 2)
		return cli_usage_error("query", "a FILE and a question are needed");
	if (format)
		order.format = cli_choice("query", "--format", format, formats);
	order.kind = find_kind(argv[1]);
	if (order.format < 0 || !order.kind)
		return CLI_USAGE;
	order.path = argv[0];
	order.name = n > 2 ? argv[2] : NULL;
	status = check(&order, n);
	return status ? status : run(&order);
}
