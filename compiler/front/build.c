/*
 * Nodes of the syntax tree: names, literals, and the declarations of one statement.
 *
 * The grammar calls in with spans; names and values are read from the source text there. Nothing is
 * resolved: a name is kept as written.
 */
#include "front/build.h"

#include "front/words.h"

struct ast_name build_name(struct parse *parse, struct span span)
{
	return (struct ast_name){parse_text_at(parse, span), span};
}

/* Words with dots between them, as members of objects are called. */
static bool is_arg_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		bool is_dot = name.ptr[i] == '.';

		if (name.ptr[i] == '*')
			return false;
		if (is_dot && (i == 0 || i + 1 == name.len || name.ptr[i - 1] == '.'))
			return false;
	}
	return true;
}

struct ast_name build_arg_name(struct parse *parse, struct span span)
{
	struct ast_name name = build_name(parse, span);
	struct diag *diag;

	if (is_arg_name(name.text))
		return name;
	diag = diag_report(parse->diags, DIAG_E0017, span,
			   "'%.*s' can't be the name of an argument", STR_ARG(name.text));
	diag_help(
		parse->diags, diag,
		"an argument's name is letters, digits, '_' and '-', with a '.' before a member's");
	return name;
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

static const struct {
	size_t max;
	const char *what;
} lists[] = {
	[BUILD_LIST_SET_ITEMS] = {PARSE_MAX_SET_ITEMS, "items in one set"},
	[BUILD_LIST_IN_VALUES] = {PARSE_MAX_IN_VALUES, "values in one 'in'"},
	[BUILD_LIST_CONDS] = {PARSE_MAX_CONDS, "conditions on one system call"},
	[BUILD_LIST_TERMS] = {PARSE_MAX_TERMS, "constants in one value"},
	[BUILD_LIST_BINDINGS] = {PARSE_MAX_BINDINGS, "values in one list"},
	[BUILD_LIST_EXPECTS] = {PARSE_MAX_EXPECTS, "expectations in one block"},
};

/* May a list of n items take one more? If not, that is reported, once a statement or test. */
bool build_has_room(struct parse *parse, size_t n, enum build_list list, struct span item)
{
	struct span owner = list == BUILD_LIST_EXPECTS ? parse->test.name.span
						       : parse->lexer.statement;

	if (n < lists[list].max)
		return true;
	if (parse->full_list != owner.begin + 1)
		diag_report(parse->diags, DIAG_E0018, item, "there are more than %zu %s",
			    lists[list].max, lists[list].what);
	parse->full_list = owner.begin + 1;
	return false;
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

void build_import(struct parse *parse, struct ast_text path, struct span span)
{
	vec_add(parse->arena, &parse->ast->imports,
		((struct ast_import){path, span, SPAN_NO_FILE}));
}

void build_param(struct parse *parse, struct ast_name name, struct span type,
		 const struct ast_literal *fallback, struct span span)
{
	struct ast_param param = {.name = name, .type_span = type, .span = span};
	int value = 0;

	if (!words_match(parse, &words_param_type, type, &value))
		return;
	param.type = (enum ast_type)value;
	param.has_default = fallback != NULL;
	if (fallback)
		param.fallback = *fallback;
	*vec_push(parse->arena, &parse->ast->params) = param;
}

void build_set(struct parse *parse, struct ast_name name, struct span kind,
	       const struct ast_set_items *items, struct span span)
{
	int value = 0;

	if (words_match(parse, &words_set_kind, kind, &value))
		vec_add(parse->arena, &parse->ast->sets,
			((struct ast_set){name, (enum ast_set_kind)value, span, *items}));
}

void build_user(struct parse *parse, struct ast_text name, struct ast_names roles, struct span span)
{
	vec_add(parse->arena, &parse->ast->users, ((struct ast_user){name, roles, span}));
}

void build_conflict(struct parse *parse, bool session, struct ast_names roles, struct span span)
{
	vec_add(parse->arena, &parse->ast->conflicts,
		((struct ast_conflict){session, roles, span}));
}

void build_redact(struct parse *parse, struct ast_text pattern, struct span span)
{
	vec_add(parse->arena, &parse->ast->redacts, ((struct ast_redact){pattern, span}));
}

void build_audit_begin(struct parse *parse)
{
	parse->in_head = true;
	parse->audit = (struct ast_audit){.props = {0}};
}

void build_audit_end(struct parse *parse, struct span span)
{
	parse->audit.span = span;
	vec_add(parse->arena, &parse->ast->audits, parse->audit);
}

void build_audit_required(struct parse *parse, struct span span)
{
	vec_add(parse->arena, &parse->audit.props,
		((struct ast_audit_prop){.is_required = true, .span = span}));
}

void build_audit_full(struct parse *parse, struct span word, struct span span)
{
	int value = 0;

	if (words_match(parse, &words_audit_full, word, &value))
		vec_add(parse->arena, &parse->audit.props,
			((struct ast_audit_prop){.full = (enum ast_audit_full)value,
						 .span = span}));
}
