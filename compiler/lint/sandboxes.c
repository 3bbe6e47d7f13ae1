/*
 * Lints on sandboxes: limits, files, system calls and the environment.
 *
 * What is missing or contradicts itself is looked for where a tool runs, not in a base that others
 * complete; what is stated is reported where it is stated.
 */
#include "lint/rules.h"

#include <linux/seccomp.h>

#include "ir/ir_print.h"
#include "sema/sema.h"

static void missing_limit(struct lint *lint, enum writ_limit_id id, enum diag_code code,
			  const char *name)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];

		if (sandbox->runs && !sandbox->ir->limit_set[id])
			diag_report(lint->diags, code, sandbox->ast->name.span,
				    "sandbox '%.*s' has no '%s' limit",
				    STR_ARG(sandbox->ast->name.text), name);
	}
}

void lint_no_wall_limit(struct lint *lint)
{
	missing_limit(lint, WRIT_LIMIT_WALL, DIAG_W0104, "wall");
}

void lint_no_memory_limit(struct lint *lint)
{
	missing_limit(lint, WRIT_LIMIT_MEMORY, DIAG_W0105, "memory");
}

/* The longest of the trees that a path is in, or .ptr NULL. */
static struct str tree_above(const struct map *trees, struct str path)
{
	struct str above = path;

	while (above.len) {
		if (map_get(trees, above, NULL))
			return above;
		while (above.len && above.ptr[above.len - 1] != '/')
			above.len--;
		above.len -= above.len > 0;
	}
	return map_get(trees, STR("/"), NULL) && path.ptr[0] == '/' ? STR("/")
								    : (struct str){NULL, 0};
}

/* The paths of a sandbox that have a right. */
static struct map trees_with(struct lint *lint, const struct ir_sandbox *sandbox, uint32_t right)
{
	struct map trees = {0};

	for (size_t i = 0; i < sandbox->paths.n; i++) {
		const struct ir_path *path = &sandbox->paths.items[i];

		if (path->rights & right)
			map_put(lint->arena, &trees,
				ir_text_spell(lint->arena, lint->ir, &path->text), 0);
	}
	return trees;
}

/*
 * A program in a tree that can be written, or a tree with programs in which something can be
 * written. The spelling decides: what two parameters are bound to can't be compared before they
 * are.
 */
static void check_programs(struct lint *lint, const struct lint_sandbox *sandbox)
{
	const struct map writable = trees_with(lint, sandbox->ir, WRIT_PATH_WRITE);
	const struct map executable = trees_with(lint, sandbox->ir, WRIT_PATH_EXECUTE);

	for (size_t i = 0; i < sandbox->ir->paths.n; i++) {
		const struct ir_path *path = &sandbox->ir->paths.items[i];
		struct str spelt = ir_text_spell(lint->arena, lint->ir, &path->text);
		struct str program = spelt, written = spelt;

		if (path->rights & WRIT_PATH_EXECUTE)
			written = tree_above(&writable, spelt);
		else if (path->rights & WRIT_PATH_WRITE)
			program = tree_above(&executable, spelt);
		else
			continue;
		if (!program.ptr || !written.ptr)
			continue;
		diag_report(lint->diags, DIAG_W0106, sandbox->ast->name.span,
			    "sandbox '%.*s' can execute '%.*s' and write '%.*s'",
			    STR_ARG(sandbox->ast->name.text), STR_ARG(program), STR_ARG(written));
		return;
	}
}

void lint_write_covers_execute(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		if (lint->sandboxes[i].runs)
			check_programs(lint, &lint->sandboxes[i]);
	}
}

static bool can_start(const struct ir_sandbox *sandbox, enum arch arch)
{
	static const uint64_t args[6];
	int number = syscall_number(STR("execve"), arch);

	return number >= 0 &&
	       ir_call_verdict(sandbox, arch, (uint32_t)number, args) == SECCOMP_RET_ALLOW;
}

static bool has_program(const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->paths.n; i++) {
		if (sandbox->paths.items[i].rights & WRIT_PATH_EXECUTE)
			return true;
	}
	return false;
}

/*
 * What keeps every command from starting, with what to do about it, or NULL. A sandbox without a
 * tool may be waiting for its execute grants in a policy that imports it.
 */
static const char *const *why_nothing_starts(const struct lint_sandbox *sandbox)
{
	static const char *const refused[] = {
		"it refuses execve",
		"a syscalls section begins with nothing allowed; say 'allow @default;' in it",
	};
	static const char *const no_program[] = {
		"it has no 'execute' grant",
		"grant the tool's program, such as: filesystem { execute \"/usr/bin/cat\"; }",
	};

	if (!can_start(sandbox->ir, ARCH_X86_64))
		return refused;
	return sandbox->has_tool && !has_program(sandbox->ir) ? no_program : NULL;
}

void lint_nothing_starts(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];
		const char *const *why = sandbox->runs ? why_nothing_starts(sandbox) : NULL;
		struct diag *diag;

		if (!why)
			continue;
		diag = diag_report(lint->diags, DIAG_W0107, sandbox->ast->name.span,
				   "no command can start in sandbox '%.*s': %s",
				   STR_ARG(sandbox->ast->name.text), why[0]);
		diag_help(lint->diags, diag, "%s", why[1]);
	}
}

static const struct str system_trees[] = {{"/", 1}, {"/proc", 5}, {"/sys", 4}, {"/dev", 4}};

static void check_system_tree(struct lint *lint, const struct lint_grant *grant)
{
	if (grant->kind != AST_FS_READ && grant->kind != AST_FS_WRITE &&
	    grant->kind != AST_FS_EXECUTE)
		return;
	for (size_t i = 0; i < sizeof(system_trees) / sizeof(system_trees[0]); i++) {
		if (str_eq(grant->text, system_trees[i]))
			diag_report(lint->diags, DIAG_W0108, grant->span,
				    "all of '%.*s' is granted", STR_ARG(grant->text));
	}
}

void lint_system_tree(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_grants *grants = &lint->sandboxes[i].grants;

		for (size_t g = 0; g < grants->n; g++)
			check_system_tree(lint, &grants->items[g]);
	}
}

/* Variables by which whoever sets them runs code in the process: ld.so(8) and the interpreters'
 * manuals. */
static const char *const loader_variables[] = {
	"LD_*",
	"BASH_ENV",
	"ENV",
	"NODE_OPTIONS",
	"PYTHONSTARTUP",
	"PYTHONHOME",
	"PERL5OPT",
	"PERL5LIB",
	"RUBYOPT",
	"JAVA_TOOL_OPTIONS",
	"GIT_SSH_COMMAND",
	"GIT_SSH",
	"GIT_EXTERNAL_DIFF",
	"GIT_PROXY_COMMAND",
	"GIT_EXEC_PATH",
	"GIT_CONFIG_*",
	"PYTHONPATH",
	"NODE_PATH",
	"RUBYLIB",
	"PERL5DB",
	"GCONV_PATH",
	"_JAVA_OPTIONS",
	"JDK_JAVA_OPTIONS",
};

static bool is_loader_variable(struct str name)
{
	for (size_t i = 0; i < sizeof(loader_variables) / sizeof(loader_variables[0]); i++) {
		if (ir_pattern_matches(str_from(loader_variables[i]), name))
			return true;
	}
	return false;
}

void lint_loader_variable(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct ast_sandbox *sandbox = lint->sandboxes[i].ast;

		for (size_t e = 0; e < sandbox->env.n; e++) {
			const struct ast_env *env = &sandbox->env.items[e];

			if (env->kind != AST_ENV_SET && is_loader_variable(env->name.text))
				diag_report(lint->diags, DIAG_W0109, env->name.span,
					    "'%.*s' is passed in: its value chooses code to run",
					    STR_ARG(env->name.text));
		}
	}
}
