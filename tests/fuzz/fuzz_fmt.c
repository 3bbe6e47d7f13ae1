/*
 * Fuzzes the formatter with source text. In: any bytes. The laws: no crash, no sanitizer report, no
 * hang; what has no syntax errors formats to text with the same tokens and comments in the same
 * order; and formatting that changes nothing.
 */
#include <stdlib.h>

#include "front/build.h"
#include "front/fmt.h"

struct session {
	struct arena arena;
	struct sources sources;
	struct diag_list diags;
};

struct listing {
	struct str text;
	struct ast ast;
	struct tokens tokens;
};

static struct str text_at(const struct listing *listing, struct span span)
{
	return (struct str){listing->text.ptr + span.begin, span.end - span.begin};
}

static void list(struct session *session, uint32_t file, struct listing *out)
{
	*out = (struct listing){.text = session->sources.files.items[file].text};
	parse_alone(&session->diags, file, &out->ast, &out->tokens);
	if (session->diags.errors)
		abort();
}

static void expect_same(const struct listing *a, const struct listing *b)
{
	if (a->tokens.n != b->tokens.n || a->ast.comments.n != b->ast.comments.n)
		abort();
	for (size_t i = 0; i < a->tokens.n; i++) {
		if (!str_eq(text_at(a, a->tokens.items[i].span),
			    text_at(b, b->tokens.items[i].span)))
			abort();
	}
	for (size_t i = 0; i < a->ast.comments.n; i++) {
		if (!str_eq(text_at(a, a->ast.comments.items[i]),
			    text_at(b, b->ast.comments.items[i])))
			abort();
	}
}

static void check(struct session *session, struct str text)
{
	uint32_t first = source_add(&session->sources, STR("in.writ"), text), second;
	struct listing before, after;
	struct str once, twice;

	if (fmt_source(&session->arena, &session->diags, first, &once))
		return;
	second = source_add(&session->sources, STR("out.writ"),
			    str_copy(&session->arena, once.ptr, once.len));
	list(session, first, &before);
	list(session, second, &after);
	expect_same(&before, &after);
	if (fmt_source(&session->arena, &session->diags, second, &twice) || !str_eq(once, twice))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session session = {0};

	arena_init(&session.arena);
	session.sources.arena = &session.arena;
	diag_init(&session.diags, &session.arena, &session.sources);
	check(&session, str_copy(&session.arena, (const char *)data, size));
	arena_fini(&session.arena);
	return 0;
}
