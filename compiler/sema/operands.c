/*
 * What conditions compare arguments with: literals and sets, checked and lowered by the type of the
 * argument.
 *
 * An operand that could never be equal to a value of its type (a relative path, a host with a port)
 * is a mistake: the rule would silently never match, or always. Wildcards stand after "matches"
 * only, so that nobody takes a "*" for one where it is a byte.
 */
#include "sema/conditions.h"

#include <string.h>

static const struct {
	enum ast_literal_kind kind;
	const char *example;
} wanted[] = {
	[WRIT_ARG_STRING] = {AST_STRING, "\"text\""},
	[WRIT_ARG_PATH] = {AST_STRING, "\"/srv/agent\""},
	[WRIT_ARG_URL] = {AST_STRING, "\"https://example.org/\""},
	[WRIT_ARG_HOST] = {AST_STRING, "\"api.example.org\""},
	[WRIT_ARG_INT] = {AST_INT, "10"},
	[WRIT_ARG_BOOL] = {AST_BOOL, "true"},
};

bool sema_check_literal_kind(struct sema *sema, const struct ast_literal *literal,
			     enum writ_arg_kind kind)
{
	struct diag *diag;

	if (literal->kind == wanted[kind].kind)
		return true;
	diag = diag_report(sema->diags, DIAG_E0219, literal->span,
			   "the argument is %s; this is not", sema_a_kind(kind));
	if (literal->kind == AST_WORD && wanted[kind].kind == AST_STRING)
		diag_help(sema->diags, diag, "strings are written in quotes: \"%.*s\"",
			  STR_ARG(literal->word));
	else
		diag_help(sema->diags, diag, "write %s, such as %s", sema_a_kind(kind),
			  wanted[kind].example);
	return false;
}

static void unusable(struct condition *in, struct span span, const char *why)
{
	diag_report(in->sema->diags, DIAG_E0222, span, "%s", why);
}

/* The bytes of a text without parameters; false when it has some. */
static bool plain(const struct ir_text *text, struct str *out)
{
	if (text->n > 1 || (text->n && text->parts[0].kind != IR_PART_LITERAL))
		return false;
	*out = text->n ? text->parts[0].literal : STR("");
	return true;
}

static bool contains(struct str text, const char *what)
{
	return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static struct ir_text any_text(struct condition *in, const struct ast_text *text)
{
	return sema_text(in->sema, text, SEMA_ANY_TYPE, "a condition");
}

static struct ir_text url_text(struct condition *in, const struct ast_text *text)
{
	struct ir_text out = any_text(in, text);
	struct str bytes;

	if (!plain(&out, &bytes) || ir_is_plain_url(bytes))
		return out;
	unusable(in, text->span,
		 contains(bytes, "://")
			 ? "no URL is equal to this: they are compared without the scheme's own "
			   "port, a dot behind the host, and never with IPv6"
			 : "a URL begins with its scheme, as in \"https://\"");
	return out;
}

static struct ir_text path_text(struct condition *in, const struct ast_text *text)
{
	struct ir_text out = {0};

	for (size_t i = 0; i < text->n; i++) {
		if (text->parts[i].is_param ||
		    !memchr(text->parts[i].text.ptr, '*', text->parts[i].text.len))
			continue;
		unusable(in, text->span, "wildcards mean something after 'matches' only");
		return out;
	}
	sema_path_text(in->sema, text, &out);
	return out;
}

static struct ir_text host_text(struct condition *in, const struct ast_text *text)
{
	struct ir_text out = sema_text(in->sema, text, SEMA_TYPE(AST_TYPE_HOST), "a host's name");
	struct str bytes;

	if (plain(&out, &bytes) && !ir_is_host(bytes))
		unusable(in, text->span,
			 "this is not a host: write a name or an address, without a port");
	return out;
}

static struct ir_text host_pattern(struct condition *in, const struct ast_text *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.:*";
	struct ir_text out = sema_text(in->sema, text, SEMA_TYPE(AST_TYPE_HOST), "a host's name");
	struct str bytes;

	if (!plain(&out, &bytes))
		return out;
	for (size_t i = 0; i < bytes.len; i++) {
		if (memchr(allowed, bytes.ptr[i], sizeof(allowed) - 1))
			continue;
		unusable(in, text->span,
			 "no host matches this: names are letters, digits, '-', '_' and '.'");
		return out;
	}
	if (!bytes.len)
		unusable(in, text->span, "no host matches an empty pattern");
	return out;
}

static struct ir_text path_pattern(struct condition *in, const struct ast_text *text)
{
	struct ir_text out = {0};

	sema_path_pattern(in->sema, text, &out);
	return out;
}

typedef struct ir_text lower_text(struct condition *in, const struct ast_text *text);

static lower_text *const exact_texts[] = {
	[WRIT_ARG_STRING] = any_text,
	[WRIT_ARG_PATH] = path_text,
	[WRIT_ARG_URL] = url_text,
	[WRIT_ARG_HOST] = host_text,
};

static lower_text *const patterns[] = {
	[WRIT_ARG_STRING] = any_text,
	[WRIT_ARG_PATH] = path_pattern,
	[WRIT_ARG_URL] = any_text,
	[WRIT_ARG_HOST] = host_pattern,
};

static void check_pattern_length(struct condition *in, const struct ast_text *text)
{
	size_t bytes = 0;

	for (size_t i = 0; i < text->n; i++)
		bytes += text->parts[i].is_param ? 0 : text->parts[i].text.len;
	if (bytes > WRIT_MAX_PATTERN)
		diag_report(in->sema->diags, DIAG_E0460, text->span,
			    "this pattern is %zu bytes long; at most %u are possible", bytes,
			    WRIT_MAX_PATTERN);
}

static int64_t lower_number(struct condition *in, const struct ast_literal *literal)
{
	if (literal->number <= INT64_MAX)
		return (int64_t)literal->number;
	unusable(in, literal->span,
		 "no argument can be that large: integers have 64 bits, one of "
		 "them for the sign");
	return 0;
}

void sema_literal_operands(struct condition *in, const struct ast_expr *expr,
			   enum writ_arg_kind kind, struct ir_where *test)
{
	for (size_t i = 0; i < expr->literals.n; i++) {
		const struct ast_literal *literal = &expr->literals.items[i];
		struct ir_operand operand = {0};

		if (!sema_check_literal_kind(in->sema, literal, kind))
			continue;
		if (literal->kind != AST_STRING)
			operand.number = lower_number(in, literal);
		else if (expr->kind == AST_EXPR_MATCHES)
			operand.text = patterns[kind](in, &literal->text);
		else
			operand.text = exact_texts[kind](in, &literal->text);
		if (expr->kind == AST_EXPR_MATCHES)
			check_pattern_length(in, &literal->text);
		vec_add(in->sema->arena, &test->operands, operand);
	}
}

static void add_paths(struct condition *in, const struct sema_set *set, struct ir_where *test)
{
	for (size_t i = 0; i < set->items.n; i++) {
		struct ir_operand operand = {0};

		if (sema_item_path(in->sema, set->items.items[i], false, &operand.text))
			vec_add(in->sema->arena, &test->operands, operand);
	}
}

/* Endpoints of UDP are for sandboxes: what has a URL or a host is spoken to by TCP. */
static void add_endpoints(struct condition *in, const struct ast_expr *expr,
			  const struct sema_set *set, struct ir_where *test)
{
	size_t udp = 0;

	for (size_t i = 0; i < set->items.n; i++) {
		struct ir_operand operand = {.endpoint.param = IR_NONE};

		if (!sema_item_endpoint(in->sema, set->items.items[i], 0, &operand.endpoint))
			continue;
		udp += operand.endpoint.udp;
		if (!operand.endpoint.udp)
			vec_add(in->sema->arena, &test->operands, operand);
	}
	if (udp && udp == set->items.n)
		unusable(in, expr->set.span, "all endpoints of this set are UDP: no URL is in it");
}

void sema_set_operands(struct condition *in, const struct ast_expr *expr, enum writ_arg_kind kind,
		       struct ir_where *test)
{
	bool paths = kind == WRIT_ARG_PATH;
	const struct sema_set *set = sema_set(in->sema, &expr->set,
					      paths ? AST_SET_PATHS : AST_SET_HOSTS);

	if (set && paths)
		add_paths(in, set, test);
	else if (set)
		add_endpoints(in, expr, set, test);
}
