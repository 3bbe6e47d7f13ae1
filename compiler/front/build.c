/*
 * Nodes of the syntax tree: names, literals, and the declarations of one statement.
 *
 * The grammar calls in with spans; names and values are read from the source text there. Nothing is
 * resolved: a name is kept as written. What has no node yet is recorded as pending, and sema
 * refuses it.
 */
#include "front/build.h"

#include "front/words.h"

struct ast_name build_name(struct parse *parse, struct span span)
{
	return (struct ast_name){parse_text_at(parse, span), span};
}

struct ast_literal build_number_literal(struct parse *parse, enum ast_literal_kind kind,
					struct span span)
{
	return (struct ast_literal){.kind = kind,
				    .span = span,
				    .number = build_number(parse, span)};
}

struct ast_literal build_text_literal(struct span span, struct ast_text text)
{
	return (struct ast_literal){.kind = AST_STRING, .span = span, .text = text};
}

struct ast_literal build_word_literal(struct parse *parse, struct span span)
{
	struct str word = parse_text_at(parse, span);
	bool yes = str_eq_cstr(word, "true");

	if (yes || str_eq_cstr(word, "false"))
		return (struct ast_literal){.kind = AST_BOOL, .span = span, .number = yes};
	return (struct ast_literal){.kind = AST_WORD, .span = span, .word = word};
}

void build_pending(struct parse *parse, const char *feature, struct span span)
{
	*vec_push(parse->arena, &parse->ast->pending) = (struct ast_pending){feature, span};
}

/*
 * The parser found its footing again: blocks are to be handed out token by token. Brackets of the
 * statement that was given up are not open any more, and what was read last begins the next one or
 * ends the last.
 */
void build_recovered(struct parse *parse)
{
	struct lexer *lexer = &parse->lexer;

	lexer->statement = lexer->now.span;
	lexer->recovering = false;
	lexer->wants_open = false;
	while (lexer->depth && !lexer->opens[lexer->depth - 1].is_block)
		lexer->depth--;
}

/* A block began: the bracket read last, if it was not missing, is its own. */
void build_open(struct parse *parse)
{
	struct lexer *lexer = &parse->lexer;

	parse->blocks++;
	parse->in_head = false;
	if (lexer->depth && lexer->now.span.begin == lexer->opens[lexer->depth - 1].span.begin)
		lexer->opens[lexer->depth - 1].is_block = true;
}

void build_test_begin(struct parse *parse, struct span span)
{
	parse->in_head = true;
	build_pending(parse, "'test' blocks", span);
}

/* A pattern token is all the scanner knows; a policy's name has neither dots nor stars. */
static bool is_policy_name(struct str name)
{
	if (name.ptr[0] == '-' || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.' || name.ptr[i] == '*')
			return false;
	}
	return true;
}

static void report_policy_name(struct parse *parse, struct span name)
{
	struct str text = parse_text_at(parse, name);
	struct diag *diag = diag_report(parse->diags, DIAG_E0017, name,
					"'%.*s' can't be the name of a policy", STR_ARG(text));

	diag_help(parse->diags, diag,
		  "a policy's name is letters, digits, '_' and '-', and does not begin with a "
		  "digit or '-'");
}

void build_policy(struct parse *parse, struct span line, struct span name, struct span version)
{
	bool names_the_whole = parse->file == parse->main_file && !parse->ast->name.text.ptr;
	struct diag *diag;

	if (parse->policy_line.file != SPAN_NO_FILE) {
		diag = diag_report(parse->diags, DIAG_E0015, line,
				   "second 'policy' line in one file");
		diag_note(parse->diags, diag, parse->policy_line, "the first one is here");
		return;
	}
	parse->policy_line = line;
	if (parse->decls > 0)
		diag_report(parse->diags, DIAG_E0015, line,
			    "the 'policy' line must come before everything else");
	if (!is_policy_name(parse_text_at(parse, name)))
		report_policy_name(parse, name);
	if (!names_the_whole)
		return;
	parse->ast->name = build_name(parse, name);
	parse->ast->version_span = version;
	if (version.file != SPAN_NO_FILE)
		parse->ast->version = build_number(parse, version);
}

void build_import(struct parse *parse, struct ast_text path)
{
	*vec_push(parse->arena, &parse->imports) = path;
}

void build_param(struct parse *parse, struct ast_name name, struct span type,
		 const struct ast_literal *fallback)
{
	struct ast_param param = {.name = name, .type_span = type};
	int value = 0;

	if (!words_match(parse, &words_param_type, type, &value))
		return;
	param.type = (enum ast_type)value;
	param.has_default = fallback != NULL;
	if (fallback)
		param.fallback = *fallback;
	*vec_push(parse->arena, &parse->ast->params) = param;
}

void build_set(struct parse *parse, struct ast_name name, struct span kind, struct span span)
{
	int value = 0;

	words_match(parse, &words_set_kind, kind, &value);
	map_put(parse->arena, parse->set_names, name.text, 0);
	build_pending(parse, "named sets", span);
}

void build_user(struct parse *parse, struct ast_text name, struct ast_names roles)
{
	struct ast_user *user = vec_push(parse->arena, &parse->ast->users);

	user->name = name;
	user->roles = roles;
}
