/*
 * Golden trees and tokens: what scanner and grammar make of a policy with every construct.
 */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "front/build.h"
#include "policy.tab.h"
#include "support/ast_dump.h"
#include "support/golden.h"

#define CONSTRUCTS "tests/golden/ast/constructs.writ"

static struct arena arena;
static struct sources sources;
static struct diag_list diags;

static void setup(void)
{
	arena_init(&arena);
	sources.arena = &arena;
	diag_init(&diags, &arena, &sources);
}

Test(golden, ast_of_each_construct, .init = setup)
{
	struct ast ast;

	cr_assert_eq(parse_policy(&diags, STR(CONSTRUCTS), &ast), 0);
	cr_assert_eq(diags.errors, 0);
	golden_check("ast/constructs.txt", ast_dump(&ast));
}

static const char *kind_name(int kind)
{
	static const char *const names[] = {
#define KEYWORD(token, text, place) [T_##token - T_ALLOW] = "keyword",
#include "grammar/keywords.def"
#undef KEYWORD
		[T_IDENT - T_ALLOW] = "name",        [T_PATTERN - T_ALLOW] = "pattern",
		[T_INT - T_ALLOW] = "int",           [T_SIZE - T_ALLOW] = "size",
		[T_DURATION - T_ALLOW] = "duration", [T_STRING - T_ALLOW] = "string",
		[T_GROUP - T_ALLOW] = "group",       [T_LIST_END - T_ALLOW] = "list-end",
	};
	size_t index = (size_t)(kind - T_ALLOW);

	return index < sizeof(names) / sizeof(names[0]) && names[index] ? names[index] : "sign";
}

Test(golden, tokens_of_each_construct, .init = setup)
{
	struct tokens tokens = {0};
	struct ast ast = {.version_span = SPAN_NONE};
	char *text = NULL;
	size_t size = 0;
	uint32_t file;
	FILE *out;

	cr_assert_eq(source_load(&sources, STR(CONSTRUCTS), &file), 0);
	parse_alone(&diags, file, &ast, &tokens);
	cr_assert_eq(diags.errors, 0);
	out = open_memstream(&text, &size);
	for (size_t i = 0; i + 1 < tokens.n; i++) {
		struct span span = tokens.items[i].span;
		struct line_col at = source_line_col(&sources, file, span.begin);

		fprintf(out, "%u:%u %s %.*s\n", at.line, at.col, kind_name(tokens.items[i].kind),
			(int)(span.end - span.begin),
			sources.files.items[file].text.ptr + span.begin);
	}
	fclose(out);
	cr_expect_eq(tokens.items[tokens.n - 1].kind, 0);
	golden_check("tokens/constructs.txt", text);
}
