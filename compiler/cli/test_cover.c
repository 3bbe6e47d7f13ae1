/*
 * Coverage: what no test has asked for.
 *
 * A rule is covered when it decided an expectation, and a condition when it also kept its rule from
 * matching where the rule would have had its say. These are the points that the percentage is made
 * of. Rules that can never decide anything (lint reports them) are none, since no test could cover
 * them. What a sandbox grants is listed apart: that a question was asked about a path says little
 * about the tree below it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "cli/testing.h"
#include "ir/ir_print.h"

static size_t list_length(const struct ir_sandbox *box, enum judge_list list)
{
	switch (list) {
	case JUDGE_PATHS:
		return box->paths.n;
	case JUDGE_DENIES:
		return box->denies.n;
	case JUDGE_SCRATCHES:
		return box->scratches.n;
	case JUDGE_UNIX:
		return box->unix_sockets.n;
	case JUDGE_PORTS:
		return box->ports.n;
	case JUDGE_ENDPOINTS:
		return box->endpoints.n;
	case JUDGE_NONE:
	case JUDGE_LIST__COUNT:
		break;
	}
	return 0;
}

void test_cover_init(struct test_file *file)
{
	const struct ir_policy *ir = file->input.ir;
	struct arena *arena = file->judge.arena;
	struct test_cover *cover = &file->cover;

	cover->decided = arena_alloc(arena, ir->rules.n);
	cover->missed = arena_alloc(arena, ir->rules.n);
	cover->asked = arena_alloc(arena, ir->sandboxes.n);
	for (int list = 0; list < JUDGE_LIST__COUNT; list++) {
		cover->grants[list] = arena_alloc(arena, ir->sandboxes.n * sizeof(bool *));
		for (size_t s = 0; s < ir->sandboxes.n; s++)
			cover->grants[list][s] = arena_alloc(arena,
							     list_length(&ir->sandboxes.items[s],
									 (enum judge_list)list));
	}
}

void test_cover_rules(struct test_file *file, const struct why_rules *rules, uint32_t decided)
{
	if (decided != IR_NONE)
		file->cover.decided[decided] = true;
	/* Strictest first: what stands behind the one that decided was not looked at. */
	for (size_t i = 0; i < rules->n && rules->items[i].rule < decided; i++)
		file->cover.missed[rules->items[i].rule] |= !rules->items[i].holds;
}

void test_cover_grant(struct test_file *file, uint32_t sandbox, const struct judgement *judgement)
{
	const struct ir_sandbox *box = &file->input.ir->sandboxes.items[sandbox];

	file->cover.asked[sandbox] = true;
	/* Paths that the compiler adds are behind those of the policy. */
	if (judgement->index < list_length(box, judgement->by))
		file->cover.grants[judgement->by][sandbox][judgement->index] = true;
}

/* ---- rules and conditions ---- */

/* The rules that some cell or chain of the table names. */
static bool *find_deciding(const struct test_file *file)
{
	const struct bundle_image *image = &file->judge.image;
	const uint16_t *cells = image->sections[WRIT_SECTION_CELLS].records;
	const uint16_t *chained = image->sections[WRIT_SECTION_CHAIN_RULES].records;
	uint32_t n_rules = BUNDLE_N(image, RULES);
	bool *deciding = arena_alloc(file->judge.arena, n_rules);

	for (uint32_t i = 0; i < BUNDLE_N(image, CELLS); i++) {
		if (cells[i] && cells[i] <= n_rules)
			deciding[cells[i] - 1] = true;
	}
	for (uint32_t i = 0; i < BUNDLE_N(image, CHAIN_RULES); i++)
		deciding[chained[i]] = true;
	return deciding;
}

static struct test_gap *add_gap(const struct test_file *file, struct test_coverage *out,
				const struct ir_origin *origin)
{
	struct test_gap *gap = vec_push(file->judge.arena, &out->gaps);

	gap->span = test_place(file, origin);
	return gap;
}

static void sum_rule(const struct test_file *file, uint32_t index, struct test_coverage *out)
{
	const struct ir_policy *ir = file->input.ir;
	const struct ir_rule *rule = &ir->rules.items[index];

	out->points++;
	out->covered += file->cover.decided[index];
	if (file->cover.decided[index])
		return;
	add_gap(file, out, &rule->origin)->text =
		str_printf(file->judge.arena, "'%.*s' of role '%.*s' decides in no test",
			   STR_ARG(why_rule_text(file->judge.arena, ir, index)),
			   STR_ARG(ir->roles.items[rule->role].name));
}

/* Rules of one statement share their condition: it is one point. */
static void sum_condition(const struct test_file *file, uint32_t index, bool missed,
			  struct test_coverage *out)
{
	const struct ir_policy *ir = file->input.ir;
	const struct ir_rule *rule = &ir->rules.items[index];

	out->points++;
	out->covered += missed;
	if (missed)
		return;
	add_gap(file, out, &rule->origin)->text =
		str_printf(file->judge.arena,
			   "in no test the condition '%.*s' keeps '%s %.*s' from matching",
			   STR_ARG(rule->condition), why_verdict(rule->verdict),
			   STR_ARG(rule->pattern));
}

static struct str pointer_key(struct arena *arena, const void *pointer)
{
	return str_copy(arena, (const char *)&pointer, sizeof(pointer));
}

struct condition {
	uint32_t rule; /* the first that has it */
	bool missed;
};

static void sum_rules(const struct test_file *file, struct test_coverage *out)
{
	const struct ir_policy *ir = file->input.ir;
	struct arena *arena = file->judge.arena;
	const bool *deciding = find_deciding(file);
	struct condition *conditions = arena_alloc(arena, ir->rules.n * sizeof(*conditions));
	struct map known = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < ir->rules.n; i++) {
		const struct ir_where *where = ir->rules.items[i].where;
		uint32_t at = n;

		if (!deciding[i])
			continue;
		sum_rule(file, i, out);
		if (!where)
			continue;
		if (map_put(arena, &known, pointer_key(arena, where), at))
			conditions[n++].rule = i;
		else
			(void)map_get(&known, pointer_key(arena, where), &at);
		conditions[at].missed |= file->cover.missed[i];
	}
	for (uint32_t i = 0; i < n; i++)
		sum_condition(file, conditions[i].rule, conditions[i].missed, out);
}

/* ---- sandboxes ---- */

static struct str port_text(struct arena *arena, const struct ir_policy *ir,
			    const struct ir_port *port)
{
	struct ir_endpoint endpoint = {.kind = IR_HOST_ANY,
				       .first = port->first,
				       .last = port->last,
				       .param = port->param};

	return ir_endpoint_spell(arena, ir, &endpoint);
}

/* What a statement says, and where. */
static struct str statement(const struct test_file *file, const struct ir_sandbox *box,
			    enum judge_list list, size_t i, const struct ir_origin **origin)
{
	struct arena *arena = file->judge.arena;
	const struct ir_policy *ir = file->input.ir;
	const struct ir_text *text = NULL;

	if (list == JUDGE_PORTS) {
		*origin = &box->ports.items[i].origin;
		return port_text(arena, ir, &box->ports.items[i]);
	}
	if (list == JUDGE_ENDPOINTS) {
		*origin = &box->endpoints.items[i].origin;
		return ir_endpoint_spell(arena, ir, &box->endpoints.items[i]);
	}
	if (list == JUDGE_PATHS) {
		*origin = &box->paths.items[i].origin;
		text = &box->paths.items[i].text;
	} else if (list == JUDGE_DENIES) {
		*origin = &box->denies.items[i].origin;
		text = &box->denies.items[i].text;
	} else if (list == JUDGE_SCRATCHES) {
		*origin = &box->scratches.items[i].origin;
		text = &box->scratches.items[i].text;
	} else {
		*origin = &box->unix_sockets.items[i].origin;
		text = &box->unix_sockets.items[i].text;
	}
	return ir_text_spell(arena, ir, text);
}

/* The sandbox that a statement is written in. An item of a set is of the one it was found in. */
static struct str writer_of(const struct test_file *file, struct span statement,
			    const struct ir_sandbox *found)
{
	const struct compilation *compilation = &file->input.compilation;

	for (size_t s = 0; s < compilation->ast.sandboxes.n; s++) {
		const struct ast_sandbox *box = &compilation->ast.sandboxes.items[s];
		struct span whole = source_map(&compilation->sources, box->span);

		if (whole.file == statement.file && whole.begin <= statement.begin &&
		    statement.begin < whole.end)
			return box->name.text;
	}
	return found->name;
}

struct grant {
	struct span span;
	struct str text;
	const struct ir_sandbox *sandbox; /* one that has it */
	bool asked;
};

struct grants {
	VEC(struct grant) items;
	struct map known;
};

/* A statement is one grant, however many sandboxes inherit it. */
static void add_grant(const struct test_file *file, size_t sandbox, enum judge_list list, size_t i,
		      struct grants *grants)
{
	struct arena *arena = file->judge.arena;
	const struct ir_sandbox *box = &file->input.ir->sandboxes.items[sandbox];
	const struct ir_origin *origin;
	struct str text = statement(file, box, list, i, &origin);
	struct str key = str_printf(arena, "%.*s:%u:%u", STR_ARG(origin->file), origin->line,
				    origin->col);
	uint32_t at = (uint32_t)grants->items.n;

	if (map_put(arena, &grants->known, key, at))
		vec_add(arena, &grants->items,
			((struct grant){test_place(file, origin), text, box, false}));
	else
		(void)map_get(&grants->known, key, &at);
	grants->items.items[at].asked |= file->cover.grants[list][sandbox][i];
}

static void sum_grants(const struct test_file *file, struct test_coverage *out)
{
	const struct ir_policy *ir = file->input.ir;
	struct arena *arena = file->judge.arena;
	struct grants grants = {0};

	for (size_t s = 0; s < ir->sandboxes.n; s++) {
		for (int list = JUDGE_NONE + 1; list < JUDGE_LIST__COUNT; list++) {
			size_t n = list_length(&ir->sandboxes.items[s], (enum judge_list)list);

			for (size_t i = 0; i < n; i++)
				add_grant(file, s, (enum judge_list)list, i, &grants);
		}
	}
	out->grants = grants.items.n;
	for (size_t i = 0; i < grants.items.n; i++) {
		const struct grant *grant = &grants.items.items[i];

		out->grants_asked += grant->asked;
		if (!grant->asked)
			vec_add(arena, &out->unasked,
				((struct test_gap){
					grant->span,
					str_printf(arena,
						   "\"%.*s\" of sandbox '%.*s' decides "
						   "in no test",
						   STR_ARG(grant->text),
						   STR_ARG(writer_of(file, grant->span,
								     grant->sandbox)))}));
	}
}

static void sum_sandboxes(const struct test_file *file, struct test_coverage *out)
{
	const struct ir_policy *ir = file->input.ir;

	for (size_t s = 0; s < ir->sandboxes.n; s++) {
		const struct ir_sandbox *box = &ir->sandboxes.items[s];

		if (!file->cover.asked[s])
			vec_add(file->judge.arena, &out->unasked,
				((struct test_gap){test_place(file, &box->origin),
						   str_printf(file->judge.arena,
							      "no test asks about sandbox '%.*s'",
							      STR_ARG(box->name))}));
	}
}

static int by_place(const void *a, const void *b)
{
	const struct test_gap *x = a, *y = b;

	if (x->span.file != y->span.file)
		return x->span.file < y->span.file ? -1 : 1;
	if (x->span.begin != y->span.begin)
		return x->span.begin < y->span.begin ? -1 : 1;
	return str_cmp(x->text, y->text);
}

void test_cover_sum(const struct test_file *file, struct test_coverage *out)
{
	*out = (struct test_coverage){0};
	sum_rules(file, out);
	sum_sandboxes(file, out);
	sum_grants(file, out);
	if (out->gaps.n)
		qsort(out->gaps.items, out->gaps.n, sizeof(*out->gaps.items), by_place);
	if (out->unasked.n)
		qsort(out->unasked.items, out->unasked.n, sizeof(*out->unasked.items), by_place);
}
