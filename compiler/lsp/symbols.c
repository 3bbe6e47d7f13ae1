/*
 * The outline of a document: its declarations, with the arguments of tools below them.
 */
#include "lsp/features.h"
#include "lsp/json.h"

/* SymbolKind of the protocol. */
enum {
	SYMBOL_METHOD = 6,
	SYMBOL_PROPERTY = 7,
	SYMBOL_FUNCTION = 12,
	SYMBOL_VARIABLE = 13,
	SYMBOL_ARRAY = 18,
	SYMBOL_NAMESPACE = 3,
	SYMBOL_CLASS = 5,
	SYMBOL_KEY = 20,
};

struct outline {
	const struct workspace *workspace;
	const struct target *target;
	json_t *list;
};

struct symbol {
	int kind;
	const char *detail;
	struct str name;
	struct span span; /* of the declaration */
	struct span name_span;
};

/* The span in the document, or false when it is in another file. */
static bool map_span(const struct outline *outline, struct span *span)
{
	*span = source_map(&outline->target->analysis->compilation.sources, *span);
	return span->file == outline->target->file;
}

static json_t *add(const struct outline *outline, struct symbol symbol, json_t *list)
{
	json_t *out;

	if (!map_span(outline, &symbol.span) || !map_span(outline, &symbol.name_span))
		return NULL;
	/* The protocol wants the name within the declaration. */
	symbol.span = span_join(symbol.span, symbol.name_span);
	out = lsp_object();
	lsp_set(out, "name", lsp_text(symbol.name.len ? symbol.name : STR("?")));
	lsp_set(out, "detail", json_string(symbol.detail));
	lsp_set(out, "kind", json_integer(symbol.kind));
	lsp_set(out, "range",
		analysis_range(outline->workspace, outline->target->analysis, symbol.span));
	lsp_set(out, "selectionRange",
		analysis_range(outline->workspace, outline->target->analysis, symbol.name_span));
	lsp_push(list, out);
	return out;
}

static void add_tool(const struct outline *outline, const struct ast_tool *tool)
{
	json_t *children, *out;

	out = add(outline,
		  (struct symbol){SYMBOL_FUNCTION, "tool", tool->pattern.text, tool->span,
				  tool->pattern.span},
		  outline->list);
	if (!out)
		return;
	children = lsp_array();
	for (size_t i = 0; i < tool->props.n; i++) {
		const struct ast_tool_prop *prop = &tool->props.items[i];

		if (prop->kind == AST_TOOL_ARG)
			add(outline,
			    (struct symbol){SYMBOL_PROPERTY, "arg", prop->arg.name.text, prop->span,
					    prop->arg.name.span},
			    children);
	}
	lsp_set(out, "children", children);
}

#define ADD_EACH(outline, ast_list, kind, detail)                                                  \
	for (size_t i = 0; i < (ast_list)->n; i++)                                                 \
	add((outline),                                                                             \
	    (struct symbol){(kind), (detail), (ast_list)->items[i].name.text,                      \
			    (ast_list)->items[i].span, (ast_list)->items[i].name.span},            \
	    (outline)->list)

static struct str plain_text(const struct outline *outline, const struct ast_text *text)
{
	struct str out = analysis_text(outline->target->analysis,
				       source_map(&outline->target->analysis->compilation.sources,
						  text->span));

	if (out.len > 1 && out.ptr[0] == '"')
		return (struct str){out.ptr + 1, out.len - 2};
	return out;
}

static void add_texts(const struct outline *outline, const struct ast *ast)
{
	for (size_t i = 0; i < ast->users.n; i++) {
		const struct ast_user *user = &ast->users.items[i];

		add(outline,
		    (struct symbol){SYMBOL_KEY, "user", plain_text(outline, &user->name),
				    user->span, user->name.span},
		    outline->list);
	}
	for (size_t i = 0; i < ast->tests.n; i++) {
		const struct ast_test *test = &ast->tests.items[i];

		add(outline,
		    (struct symbol){SYMBOL_METHOD, "test", plain_text(outline, &test->name),
				    test->span, test->name.span},
		    outline->list);
	}
}

json_t *feature_symbols(struct workspace *workspace, const json_t *params, struct str *refused)
{
	struct target target;
	struct outline outline = {workspace, &target, NULL};
	const struct ast *ast;

	(void)refused;
	if (!target_find(workspace, params, &target))
		return NULL;
	outline.list = lsp_array();
	ast = &target.analysis->compilation.ast;
	ADD_EACH(&outline, &ast->params, SYMBOL_VARIABLE, "param");
	ADD_EACH(&outline, &ast->sets, SYMBOL_ARRAY, "set");
	for (size_t i = 0; i < ast->tools.n; i++)
		add_tool(&outline, &ast->tools.items[i]);
	ADD_EACH(&outline, &ast->sandboxes, SYMBOL_NAMESPACE, "sandbox");
	ADD_EACH(&outline, &ast->roles, SYMBOL_CLASS, "role");
	add_texts(&outline, ast);
	return outline.list;
}
