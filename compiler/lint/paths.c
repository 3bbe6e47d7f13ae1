/*
 * Lints on what paths are granted.
 *
 * A grant is reported where it is stated, also in a base of other sandboxes. It is looked at as
 * text: what a parameter will be bound to is not known, so "${w}" is above nothing, and neither is
 * a link followed. What a "deny" of the same sandbox takes out is not reported.
 */
#include <stdlib.h>
#include <string.h>

#include "ir/ir_print.h"
#include "lint/rules.h"

enum risk_rights { WRITES, ANY };
enum risk_reach { WITHIN, OVER };

struct risk {
	enum diag_code code;
	enum risk_rights rights;
	enum risk_reach reach;
	const char *path;
};

static const struct risk risks[] = {
#define PATH_RISK(code, rights, reach, path) {DIAG_##code, rights, reach, path},
#include "lint/paths.def"
#undef PATH_RISK
};

/* What is wrong with it, in a message. */
static const struct {
	enum diag_code code;
	const char *why;
} reasons[] = {
	{DIAG_W0302, "programs are looked for there"},
	{DIAG_W0303, "programs load code from there"},
	{DIAG_W0304, "shells and logins run what is there"},
	{DIAG_W0305, "git runs what is there"},
	{DIAG_W0306, "cron, systemd and their like run what is there"},
	{DIAG_W0307, "policies and bundles are there"},
	{DIAG_W0309, "keys are there"},
	{DIAG_W0311, "what is behind it acts with other rights"},
	{DIAG_W0312, "it is about the host"},
};

static const char *reason_of(enum diag_code code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].code == code)
			return reasons[i].why;
	}
	return diag_info(code)->title;
}

#define N_RISKS (sizeof(risks) / sizeof(risks[0]))

static bool is_granting(enum ast_grant_kind kind)
{
	return kind == AST_FS_READ || kind == AST_FS_WRITE || kind == AST_FS_EXECUTE ||
	       kind == AST_NET_UNIX;
}

/* Does a deny of the sandbox take the whole path out? Nothing is said where it was not looked. */
static bool is_denied(struct lint *lint, const struct lint_sandbox *sandbox, struct str path)
{
	for (size_t i = 0; i < sandbox->ir->denies.n; i++) {
		if (lint->comparisons++ > LINT_MAX_COMPARISONS ||
		    lint_is_within(path, sandbox->denies[i]) ||
		    ir_pattern_matches(sandbox->denies[i], path))
			return true;
	}
	return false;
}

/* The path, or something in it: the pattern's last bytes may stand for names below it. */
static bool is_within_pattern(struct str path, struct str pattern)
{
	if (ir_pattern_is_exact(pattern))
		return lint_is_within(path, pattern);
	for (size_t len = path.len; len; len--) {
		if ((len == path.len || path.ptr[len] == '/') &&
		    ir_pattern_matches(pattern, (struct str){path.ptr, len}))
			return true;
	}
	return false;
}

/* Of "/" and "~" themselves other rules speak. */
static bool is_over(struct str tree, struct str pattern)
{
	return tree.len > 1 && lint_is_within(pattern, tree);
}

/*
 * A deny takes a tree's dangerous part out; for a grant within that part it must cover the grant.
 */
static bool is_risk(struct lint *lint, const struct lint_sandbox *sandbox,
		    const struct lint_grant *grant, const struct risk *risk)
{
	struct str path = str_from(risk->path);

	if (risk->rights == WRITES && grant->kind != AST_FS_WRITE)
		return false;
	/* A program that is only executed is read, and nothing else. */
	if (grant->kind == AST_FS_EXECUTE && risk->code != DIAG_W0309)
		return false;
	if (is_within_pattern(grant->text, path))
		return !is_denied(lint, sandbox, grant->text);
	return risk->reach == OVER && is_over(grant->text, path) && !is_denied(lint, sandbox, path);
}

static const char *verb_of(enum ast_grant_kind kind)
{
	if (kind == AST_FS_WRITE)
		return "written";
	return kind == AST_NET_UNIX ? "connected to" : "read";
}

/* One finding of a code for a grant: rows of one code stand together. */
static void check_risks(struct lint *lint, const struct lint_sandbox *sandbox,
			const struct lint_grant *grant)
{
	for (size_t i = 0; i < N_RISKS; i++) {
		const struct risk *risk = &risks[i];

		if (!is_risk(lint, sandbox, grant, risk))
			continue;
		diag_report(lint->diags, risk->code, grant->span, "'%.*s' can be %s: %s",
			    STR_ARG(grant->text), verb_of(grant->kind), reason_of(risk->code));
		while (i + 1 < N_RISKS && risks[i + 1].code == risk->code)
			i++;
	}
}

void lint_home(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];

		for (size_t g = 0; g < sandbox->grants.n; g++) {
			const struct lint_grant *grant = &sandbox->grants.items[g];

			if (is_granting(grant->kind) &&
			    (str_eq(grant->text, STR("~")) || str_eq(grant->text, STR("/home")) ||
			     str_eq(grant->text, STR("/root"))))
				diag_report(lint->diags, DIAG_W0308, grant->span,
					    "all of '%.*s' is granted", STR_ARG(grant->text));
		}
	}
}

/* ---- variables that name directories of code ---- */

static const struct {
	const char *name;
	enum diag_code code;
} code_paths[] = {
	{"PATH", DIAG_W0302},      {"LD_LIBRARY_PATH", DIAG_W0303}, {"PYTHONPATH", DIAG_W0303},
	{"NODE_PATH", DIAG_W0303}, {"PERL5LIB", DIAG_W0303},        {"RUBYLIB", DIAG_W0303},
};

static struct map writable_trees(struct lint *lint, const struct ir_sandbox *sandbox)
{
	struct map trees = {0};

	for (size_t i = 0; i < sandbox->paths.n; i++) {
		const struct ir_path *path = &sandbox->paths.items[i];

		if (path->rights & WRIT_PATH_WRITE)
			map_put(lint->arena, &trees,
				ir_text_spell(lint->arena, lint->ir, &path->text), 0);
	}
	return trees;
}

/* Is the path one of the trees, or in one? */
static bool is_in_trees(const struct map *trees, struct str path)
{
	for (size_t len = path.len; len; len--) {
		if ((len == path.len || path.ptr[len] == '/') &&
		    map_get(trees, (struct str){path.ptr, len}, NULL))
			return true;
	}
	return false;
}

static void check_code_path(struct lint *lint, const struct lint_sandbox *sandbox,
			    const struct ast_env *env, enum diag_code code)
{
	const struct map writable = writable_trees(lint, sandbox->ir);
	struct str value = lint_spell(lint, &env->value);

	while (value.len) {
		const char *colon = memchr(value.ptr, ':', value.len);
		size_t len = colon ? (size_t)(colon - value.ptr) : value.len;
		struct str path = {value.ptr, len};

		if (len && is_in_trees(&writable, path) && !is_denied(lint, sandbox, path)) {
			diag_report(lint->diags, code, env->value.span,
				    "'%.*s' is in %.*s and can be written: %s", STR_ARG(path),
				    STR_ARG(env->name.text), reason_of(code));
			return;
		}
		value.ptr += len + (colon != NULL);
		value.len -= len + (colon != NULL);
	}
}

static void check_code_paths(struct lint *lint, const struct lint_sandbox *sandbox)
{
	for (size_t e = 0; e < sandbox->ast->env.n; e++) {
		const struct ast_env *env = &sandbox->ast->env.items[e];

		for (size_t c = 0; c < sizeof(code_paths) / sizeof(code_paths[0]); c++) {
			if (env->kind == AST_ENV_SET &&
			    str_eq_cstr(env->name.text, code_paths[c].name))
				check_code_path(lint, sandbox, env, code_paths[c].code);
		}
	}
}

/* The policy's own files, where they are known by absolute paths. */
static void check_policy_files(struct lint *lint, const struct lint_sandbox *sandbox,
			       const struct lint_grant *grant)
{
	const struct sources *sources = lint->diags->sources;

	if (grant->kind != AST_FS_WRITE || grant->text.len < 2)
		return;
	for (size_t f = 0; f < sources->files.n; f++) {
		struct str path = sources->files.items[f].path;

		if (!lint_is_within(path, grant->text) || str_eq(path, grant->text) ||
		    is_denied(lint, sandbox, path))
			continue;
		diag_report(lint->diags, DIAG_W0307, grant->span,
			    "'%.*s' can be written: this policy is in it", STR_ARG(grant->text));
		return;
	}
}

void lint_risky_path(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];

		for (size_t g = 0; g < sandbox->grants.n; g++) {
			if (!is_granting(sandbox->grants.items[g].kind))
				continue;
			check_risks(lint, sandbox, &sandbox->grants.items[g]);
			check_policy_files(lint, sandbox, &sandbox->grants.items[g]);
		}
		check_code_paths(lint, sandbox);
	}
}

/* ---- interpreters ---- */

static const char *const interpreters[] = {
	"sh",    "bash",   "dash",  "zsh",     "fish",   "ksh",  "python*", "perl*",   "ruby*",
	"node",  "nodejs", "deno",  "bun",     "php*",   "lua*", "tclsh*",  "awk",     "gawk",
	"mawk",  "env",    "xargs", "busybox", "find",   "make", "expect",  "guile*",  "java",
	"socat", "ssh",    "vim",   "ed",      "strace", "gdb",  "nohup",   "timeout",
};

static const char *const program_trees[] = {"/", "/bin", "/usr", "/usr/bin", "/usr/local/bin"};

static bool is_interpreter(struct str path)
{
	const char *slash = memrchr(path.ptr, '/', path.len);
	struct str name = path;

	for (size_t i = 0; i < sizeof(program_trees) / sizeof(program_trees[0]); i++) {
		if (str_eq_cstr(path, program_trees[i]))
			return true;
	}
	if (slash)
		name = (struct str){slash + 1, (size_t)(path.ptr + path.len - slash - 1)};
	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		if (ir_pattern_matches(str_from(interpreters[i]), name))
			return true;
	}
	return false;
}

/* A program of the sandbox that runs whatever it is told to, or .ptr NULL. */
static struct str interpreter_in(struct lint *lint, const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->paths.n; i++) {
		struct str path;

		if (!(sandbox->paths.items[i].rights & WRIT_PATH_EXECUTE))
			continue;
		path = ir_text_spell(lint->arena, lint->ir, &sandbox->paths.items[i].text);
		if (is_interpreter(path))
			return path;
	}
	return (struct str){NULL, 0};
}

static const struct ast_name *sandbox_of(const struct ast_tool *tool)
{
	for (size_t i = 0; i < tool->props.n; i++) {
		if (tool->props.items[i].kind == AST_TOOL_SANDBOX)
			return &tool->props.items[i].sandbox;
	}
	return NULL;
}

static bool is_lesser_class(const struct ir_tool *tool)
{
	return tool->class == WRIT_CLASS_READ || tool->class == WRIT_CLASS_WRITE;
}

/* Of each sandbox of the IR, once. */
static const struct str *interpreters_in(struct lint *lint)
{
	struct str *found = arena_alloc(lint->arena, lint->ir->sandboxes.n * sizeof(*found));

	for (size_t i = 0; i < lint->ir->sandboxes.n; i++)
		found[i] = interpreter_in(lint, &lint->ir->sandboxes.items[i]);
	return found;
}

/* A tool of a lesser class that runs in a sandbox where an interpreter can be started. */
static void check_interpreter(struct lint *lint, const struct str *found, struct str tool,
			      const struct ast_name *sandbox)
{
	const struct ir_sandbox *first = lint->ir->sandboxes.items;
	uint32_t id = 0, box = 0;

	if (!map_get(&lint->tool_ids, tool, &id) || !is_lesser_class(&lint->ir->tools.items[id]) ||
	    !map_get(&lint->sandbox_ids, sandbox->text, &box) ||
	    !found[lint->sandboxes[box].ir - first].ptr)
		return;
	diag_report(lint->diags, DIAG_W0310, sandbox->span,
		    "tool '%.*s' is not of class execute, and its sandbox can execute '%.*s'",
		    STR_ARG(tool), STR_ARG(found[lint->sandboxes[box].ir - first]));
}

void lint_interpreter(struct lint *lint)
{
	const struct str *found = interpreters_in(lint);

	for (size_t i = 0; i < lint->ast->tools.n; i++) {
		const struct ast_tool *tool = &lint->ast->tools.items[i];
		const struct ast_name *name = sandbox_of(tool);

		if (name)
			check_interpreter(lint, found, tool->pattern.text, name);
	}
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (rule->using.text.ptr && rule->verdict != AST_DENY)
				check_interpreter(lint, found, rule->pattern.text, &rule->using);
		}
	}
}

/* ---- grants within grants ---- */

static struct str key_of(struct lint *lint, const struct lint_grant *grant, struct str path)
{
	return str_printf(lint->arena, "%u %.*s", grant->kind, STR_ARG(path));
}

/* The path of the same kind that a grant is in, other than its own, or .ptr NULL. */
static struct str outer_grant(struct lint *lint, const struct map *stated,
			      const struct lint_grant *grant)
{
	struct str path = grant->text;

	while (path.len > 1) {
		while (path.len && path.ptr[path.len - 1] != '/')
			path.len--;
		path.len -= path.len > 1;
		if (path.len && map_get(stated, key_of(lint, grant, path), NULL))
			return path;
	}
	return (struct str){NULL, 0};
}

void lint_grant_within(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_grants *grants = &lint->sandboxes[i].grants;
		struct map stated = {0};

		for (size_t g = 0; g < grants->n; g++)
			map_put(lint->arena, &stated,
				key_of(lint, &grants->items[g], grants->items[g].text), 0);
		for (size_t g = 0; g < grants->n; g++) {
			const struct lint_grant *grant = &grants->items[g];
			struct str outer = {NULL, 0};

			if (is_granting(grant->kind) && grant->kind != AST_NET_UNIX &&
			    !grant->required)
				outer = outer_grant(lint, &stated, grant);
			if (outer.ptr)
				diag_report(lint->diags, DIAG_W0314, grant->span,
					    "'%.*s' is in '%.*s', which is granted",
					    STR_ARG(grant->text), STR_ARG(outer));
		}
	}
}
