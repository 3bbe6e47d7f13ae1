/*
 * What stands under the cursor: how it is declared, and what it comes down to.
 *
 * Of a role what it may call, of a tool who may call it, of a sandbox what it grants; of a keyword,
 * a limit or a group of system calls what it is; and why a diagnostic is one. What it comes down to
 * needs a policy without errors.
 */
#include <stdlib.h>
#include <string.h>

#include "lsp/describe.h"
#include "lsp/features.h"
#include "lsp/json.h"
#include "lsp/words.h"
#include "tables/syscalls.h"

#define MAX_SOURCE_LINES 12

/* The first lines of a text, as a block of code. */
static void print_source(FILE *out, struct str text)
{
	size_t lines = 0, len = 0;

	while (len < text.len && lines < MAX_SOURCE_LINES)
		lines += text.ptr[len++] == '\n';
	fprintf(out, "```writ\n%.*s%s\n```\n", (int)len, text.ptr, len < text.len ? "..." : "");
}

/* The source text of the first declaration of this kind and name in a list of the tree. */
#define FIND_SPAN(list, wanted, field)                                                             \
	for (size_t i = 0; i < (list)->n; i++) {                                                   \
		if (str_eq((list)->items[i].field.text, (wanted)))                                 \
			return (list)->items[i].span;                                              \
	}

static struct span declaration_span(const struct ast *ast, const struct ref *ref)
{
	if (ref->kind == REF_PARAM)
		FIND_SPAN(&ast->params, ref->name, name)
	if (ref->kind == REF_SET)
		FIND_SPAN(&ast->sets, ref->name, name)
	if (ref->kind == REF_TOOL)
		FIND_SPAN(&ast->tools, ref->name, pattern)
	if (ref->kind == REF_SANDBOX)
		FIND_SPAN(&ast->sandboxes, ref->name, name)
	if (ref->kind == REF_ROLE)
		FIND_SPAN(&ast->roles, ref->name, name)
	return SPAN_NONE;
}

static void print_arg(FILE *out, const struct analysis *analysis, const struct ref *ref)
{
	const struct ast *ast = &analysis->compilation.ast;

	for (size_t t = 0; t < ast->tools.n; t++) {
		const struct ast_tool *tool = &ast->tools.items[t];

		if (!ir_patterns_overlap(tool->pattern.text, ref->owner))
			continue;
		for (size_t i = 0; i < tool->props.n; i++) {
			const struct ast_tool_prop *prop = &tool->props.items[i];

			if (prop->kind == AST_TOOL_ARG && str_eq(prop->arg.name.text, ref->name))
				print_source(out, analysis_text(
							  analysis,
							  source_map(&analysis->compilation.sources,
								     prop->span)));
		}
	}
}

static void print_mention(FILE *out, struct workspace *workspace, const struct target *target)
{
	const struct analysis *analysis = target->analysis;
	const struct ref *ref = target->mention->ref;
	const struct ir_policy *ir = analysis->compilation.ir;
	struct span span = declaration_span(&analysis->compilation.ast, ref);

	if (span.file != SPAN_NO_FILE)
		print_source(out, analysis_text(analysis,
						source_map(&analysis->compilation.sources, span)));
	if (ref->kind == REF_ARG)
		print_arg(out, analysis, ref);
	if (ref->kind != REF_ROLE && ref->kind != REF_TOOL && ref->kind != REF_SANDBOX)
		return;
	if (!ir)
		fputs("\nWhat it comes down to is shown when the policy has no errors.\n", out);
	else if (ref->kind == REF_ROLE)
		describe_role(out, ir, ref->name);
	else if (ref->kind == REF_TOOL)
		describe_tool(out, ir, ref->name);
	else
		describe_sandbox(out, &workspace->scratch, ir, ref->name);
}

static void print_word(FILE *out, const struct target *target)
{
	struct str word = words_at(document_text(target->document), target->offset);
	const char *doc = words_limit_doc(word);
	const struct call_group *group = group_find(word);

	if (group)
		fprintf(out, "`%s`: %s\n\n%u rules on system calls.\n", group->name, group->doc,
			group->n_calls);
	else if (words_keyword_doc(word))
		fprintf(out, "`%.*s`: %s\n", STR_ARG(word), words_keyword_doc(word));
	else if (doc)
		fprintf(out, "`%.*s`: %s\n", STR_ARG(word), doc);
	else if (syscall_exists(word))
		fprintf(out, "`%.*s`: a system call.\n", STR_ARG(word));
}

static void print_diags(FILE *out, const struct target *target)
{
	const struct diag_list *diags = &target->analysis->compilation.diags;

	for (size_t i = 0; i < diags->items.n; i++) {
		const struct diag *diag = &diags->items.items[i];
		const struct diag_info *info = diag_info(diag->code);

		if (diag->span.file == target->file && diag->span.begin <= target->offset &&
		    diag->span.end >= target->offset)
			fprintf(out, "\n**%s** %s: %s\n", info->code, info->title,
				info->explanation);
	}
}

json_t *feature_hover(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct target target;
	char *text = NULL;
	size_t size = 0;
	json_t *hover = NULL;
	FILE *out;

	(void)refused;
	if (!target_find(workspace, params, &target))
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		arena_die();
	if (target.mention)
		print_mention(out, workspace, &target);
	else
		print_word(out, &target);
	print_diags(out, &target);
	if (fclose(out))
		arena_die();
	if (size)
		hover = lsp_must(json_pack("{s:{s:s,s:o}}", "contents", "kind", "markdown", "value",
					   lsp_text((struct str){text, size})));
	if (hover && target.mention)
		lsp_set(hover, "range",
			analysis_range(workspace, target.analysis, target.mention->span));
	free(text);
	return hover;
}
