/*
 * Effective permissions for people: lists that end after MAX_LINES, since they go into a small
 * window of an editor.
 */
#include "lsp/describe.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ir/ir_print.h"

#define MAX_LINES 30u

static const char *const verdicts[] = {
	[WRIT_VERDICT_DENY] = "deny",
	[WRIT_VERDICT_ASK] = "ask",
	[WRIT_VERDICT_ALLOW] = "allow",
};

static const char *const classes[] = {
	[WRIT_CLASS_NONE] = "none",   [WRIT_CLASS_READ] = "read",
	[WRIT_CLASS_WRITE] = "write", [WRIT_CLASS_EXECUTE] = "execute",
	[WRIT_CLASS_ADMIN] = "admin",
};

/* A list in a code block. */
struct listing {
	FILE *out;
	size_t lines;
};

static void begin(struct listing *listing, FILE *out, const char *title, const char *language)
{
	*listing = (struct listing){.out = out};
	fprintf(out, "\n**%s**\n\n```%s\n", title, language);
}

/* True when there is room for one line more, which the caller writes. */
static bool next(struct listing *listing)
{
	return listing->lines++ < MAX_LINES;
}

static void end(const struct listing *listing, const char *nothing)
{
	if (!listing->lines)
		fprintf(listing->out, "%s\n", nothing);
	if (listing->lines > MAX_LINES)
		fprintf(listing->out, "# and %zu more\n", listing->lines - MAX_LINES);
	fputs("```\n", listing->out);
}

static int rule_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A role's rules strictest first, which is the order of the IR's. */
static uint32_t *sorted_rules(const struct ir_role *role)
{
	uint32_t *rules = calloc(role->rules.n + 1, sizeof(*rules));

	if (!rules)
		arena_die();
	for (size_t i = 0; i < role->rules.n; i++)
		rules[i] = role->rules.items[i];
	qsort(rules, role->rules.n, sizeof(*rules), rule_cmp);
	return rules;
}

/* What a rule demands beside its tool. */
static void print_terms(FILE *out, const struct ir_policy *ir, const struct ir_rule *rule)
{
	if (rule->where)
		fprintf(out, " where %.*s", STR_ARG(rule->condition));
	if (rule->sandbox != IR_NONE)
		fprintf(out, " using %.*s", STR_ARG(ir->sandboxes.items[rule->sandbox].name));
	if (rule->rate)
		fprintf(out, " rate %" PRIu32 " in %" PRIu32 " s", rule->rate, rule->period_s);
}

void describe_role(FILE *out, const struct ir_policy *ir, struct str name)
{
	struct listing listing;

	for (size_t r = 0; r < ir->roles.n; r++) {
		const struct ir_role *role = &ir->roles.items[r];
		uint32_t *rules;

		if (!str_eq(role->name, name))
			continue;
		rules = sorted_rules(role);
		begin(&listing, out, "What it may call, inherited rules included", "writ");
		for (size_t i = 0; i < role->rules.n && next(&listing); i++) {
			const struct ir_rule *rule = &ir->rules.items[rules[i]];

			fprintf(out, "%s %.*s", verdicts[rule->verdict], STR_ARG(rule->pattern));
			print_terms(out, ir, rule);
			fputc(';', out);
			if (rule->role != r)
				fprintf(out, "  # from %.*s",
					STR_ARG(ir->roles.items[rule->role].name));
			fputc('\n', out);
		}
		if (role->rules.n > MAX_LINES)
			listing.lines = role->rules.n;
		end(&listing, "# nothing");
		free(rules);
	}
}

/* One role's answer: the rules that could decide, up to the first that always does. */
static void print_answer(struct listing *listing, const struct ir_policy *ir,
			 const struct ir_role *role, struct str tool)
{
	uint32_t *rules = sorted_rules(role);
	bool settled = false;

	for (size_t i = 0; i < role->rules.n && !settled; i++) {
		const struct ir_rule *rule = &ir->rules.items[rules[i]];

		if (!ir_pattern_matches(rule->pattern, tool))
			continue;
		settled = !rule->where;
		if (!next(listing))
			continue;
		fprintf(listing->out, "%.*s: %s", STR_ARG(role->name), verdicts[rule->verdict]);
		print_terms(listing->out, ir, rule);
		fputc('\n', listing->out);
	}
	free(rules);
}

static void print_tool(FILE *out, const struct ir_policy *ir, const struct ir_tool *tool,
		       struct str name)
{
	if (!tool) {
		fputs("\nNo `tool` declares it: it has no class and no sandbox.\n", out);
		return;
	}
	fprintf(out, "\nClass `%s`, ", classes[tool->class]);
	if (tool->sandbox == IR_NONE)
		fputs("no sandbox", out);
	else
		fprintf(out, "sandbox `%.*s`", STR_ARG(ir->sandboxes.items[tool->sandbox].name));
	if (!str_eq(tool->name, name))
		fprintf(out, ", as `%.*s` says", STR_ARG(tool->name));
	fputs(".\n", out);
}

void describe_tool(FILE *out, const struct ir_policy *ir, struct str name)
{
	struct listing listing;

	print_tool(out, ir, ir_tool_for(ir, name), name);
	begin(&listing, out, "Who may call it", "");
	for (size_t i = 0; i < ir->roles.n; i++)
		print_answer(&listing, ir, &ir->roles.items[i], name);
	end(&listing, "nobody");
}

static void print_paths(struct listing *listing, struct arena *arena, const struct ir_policy *ir,
			const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->paths.n; i++) {
		const struct ir_path *path = &sandbox->paths.items[i];
		struct str text = ir_text_spell(arena, ir, &path->text);

		if (next(listing))
			fprintf(listing->out, "%c%c%c %.*s\n",
				path->rights & WRIT_PATH_READ ? 'r' : '-',
				path->rights & WRIT_PATH_WRITE ? 'w' : '-',
				path->rights & WRIT_PATH_EXECUTE ? 'x' : '-', STR_ARG(text));
	}
	for (size_t i = 0; i < sandbox->denies.n; i++) {
		struct str text = ir_text_spell(arena, ir, &sandbox->denies.items[i].text);

		if (next(listing))
			fprintf(listing->out, "deny %.*s\n", STR_ARG(text));
	}
	for (size_t i = 0; i < sandbox->scratches.n; i++) {
		const struct ir_scratch *scratch = &sandbox->scratches.items[i];
		struct str text = ir_text_spell(arena, ir, &scratch->text);

		if (next(listing))
			fprintf(listing->out, "scratch %.*s, %" PRIu64 " bytes\n", STR_ARG(text),
				scratch->size_bytes);
	}
}

static void print_port(struct listing *listing, const struct ir_policy *ir,
		       const struct ir_port *port)
{
	FILE *out = listing->out;

	if (!next(listing))
		return;
	fprintf(out, "%s *:", port->rights & WRIT_PORT_BIND ? "bind" : "connect");
	if (port->param != IR_NONE)
		fprintf(out, "${%.*s}\n", STR_ARG(ir->params.items[port->param].name));
	else if (port->first == port->last)
		fprintf(out, "%u\n", port->first);
	else
		fprintf(out, "%u-%u\n", port->first, port->last);
}

static const char *endpoint_verb(const struct ir_endpoint *endpoint)
{
	if (endpoint->rights & IR_ENDPOINT_DENY)
		return "deny";
	return endpoint->rights & IR_ENDPOINT_BIND ? "bind" : "connect";
}

static void print_network(struct listing *listing, struct arena *arena, const struct ir_policy *ir,
			  const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->ports.n; i++)
		print_port(listing, ir, &sandbox->ports.items[i]);
	for (size_t i = 0; i < sandbox->endpoints.n; i++) {
		const struct ir_endpoint *endpoint = &sandbox->endpoints.items[i];
		struct str text = ir_endpoint_spell(arena, ir, endpoint);

		if (next(listing))
			fprintf(listing->out, "%s %.*s\n", endpoint_verb(endpoint), STR_ARG(text));
	}
	for (size_t i = 0; i < sandbox->unix_sockets.n; i++) {
		struct str text = ir_text_spell(arena, ir, &sandbox->unix_sockets.items[i].text);

		if (next(listing))
			fprintf(listing->out, "unix %.*s\n", STR_ARG(text));
	}
}

static void print_rest(struct listing *listing, const struct ir_sandbox *sandbox)
{
	static const struct {
		const char *name, *unit;
	} limits[] = {
#define LIMIT_DURATION             " ms"
#define LIMIT_SIZE                 " bytes"
#define LIMIT_COUNT                ""
#define LIMIT(id, name, unit, doc) {name, LIMIT_##unit},
#include "runtime/limits.def"
#undef LIMIT
#undef LIMIT_COUNT
#undef LIMIT_SIZE
#undef LIMIT_DURATION
	};

	for (size_t i = 0; i < WRIT_LIMIT__COUNT; i++) {
		if (sandbox->limit_set[i] && next(listing))
			fprintf(listing->out, "limit %s %" PRIu64 "%s\n", limits[i].name,
				sandbox->limits[i], limits[i].unit);
	}
	for (size_t i = 0; i < sandbox->env.n; i++) {
		if (next(listing))
			fprintf(listing->out, "env %.*s\n", STR_ARG(sandbox->env.items[i].name));
	}
}

static size_t count_allowed(const struct ir_sandbox *sandbox)
{
	struct str before = STR("");
	size_t n = 0;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];

		if (call->verdict != IR_CALL_ALLOW && call->verdict != IR_CALL_LOG)
			continue;
		n += !str_eq(call->name, before);
		before = call->name;
	}
	return n;
}

void describe_sandbox(FILE *out, struct arena *arena, const struct ir_policy *ir, struct str name)
{
	struct listing listing;

	for (size_t i = 0; i < ir->sandboxes.n; i++) {
		const struct ir_sandbox *sandbox = &ir->sandboxes.items[i];

		if (!str_eq(sandbox->name, name))
			continue;
		begin(&listing, out, "What it grants, inherited grants included", "");
		print_paths(&listing, arena, ir, sandbox);
		print_network(&listing, arena, ir, sandbox);
		print_rest(&listing, sandbox);
		end(&listing, "nothing");
		fprintf(out, "\n%zu system calls are allowed, some of them on conditions%s.\n",
			count_allowed(sandbox), sandbox->best_effort ? "; best effort" : "");
	}
}
