/*
 * Nodes of test blocks.
 *
 * A test, and in it a block about a sandbox, is built up in struct parse and joins what it stands
 * in when it ends. Nothing here is decided about what a test expects; the names are as written.
 */
#include "front/build.h"

void build_test_begin(struct parse *parse, struct ast_text name)
{
	parse->in_head = true;
	parse->test = (struct ast_test){.name = name};
}

void build_test_end(struct parse *parse, struct span span)
{
	parse->test.span = span;
	vec_add(parse->arena, &parse->ast->tests, parse->test);
}

void build_expect(struct parse *parse, const struct ast_expect *expect)
{
	if (build_has_room(parse, parse->test.expects.n, BUILD_LIST_EXPECTS, expect->span))
		vec_add(parse->arena, &parse->test.expects, *expect);
}

void build_box_begin(struct parse *parse, struct ast_name sandbox)
{
	parse->box = (struct ast_box_test){.sandbox = sandbox};
}

void build_box_end(struct parse *parse, struct span span)
{
	parse->box.span = span;
	vec_add(parse->arena, &parse->test.boxes, parse->box);
}

void build_box_expect(struct parse *parse, enum ast_verdict verdict,
		      const struct ast_box_expect *target, struct span span)
{
	struct ast_box_expect expect = *target;

	expect.verdict = verdict;
	expect.span = span;
	if (build_has_room(parse, parse->box.expects.n, BUILD_LIST_EXPECTS, span))
		vec_add(parse->arena, &parse->box.expects, expect);
}
