/*
 * Tests that jump, back into a tree of "and", "or" and "not".
 *
 * The compiler writes a condition in negation normal form with short-circuit jumps, so each group
 * of tests has one entry, its first, and two exits. Tests are taken in order; a group merges with
 * the one before it when one exit of that leads to its entry and the other is one of its own: by
 * "and" when it is entered on yes, by "or" when on no. In the end there is one group, which leads
 * to MATCH and FAIL; what does not merge so was not written by the compiler. The tree has the
 * meaning of the source's, unknown included, as De Morgan's laws hold for Kleene's logic.
 */
#include "link/bundle_where.h"

#include <inttypes.h>
#include <string.h>

#include "ir/ir_print.h"

#define SPELT_OPERANDS 8u /* of one test; it is for people */

struct group {
	struct ir_where *where;
	uint32_t entry; /* the index of its first test */
	uint32_t yes;
	uint32_t no;
};

struct ir_part *bundle_parts(struct arena *arena, const struct bundle_image *image)
{
	static const enum ir_part_kind kinds[] = {[WRIT_PART_LITERAL] = IR_PART_LITERAL,
						  [WRIT_PART_PARAM] = IR_PART_PARAM,
						  [WRIT_PART_HOME] = IR_PART_HOME};
	uint32_t n = BUNDLE_N(image, PARTS);
	struct ir_part *parts = arena_alloc(arena, n * sizeof(*parts));

	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_part *part = BUNDLE_AT(image, PARTS, part, i);

		parts[i] = (struct ir_part){
			.kind = kinds[part->kind],
			.literal = bundle_str(image, part->text),
			.param = part->param,
		};
	}
	return parts;
}

struct ir_text bundle_text(struct ir_part *parts, struct writ_fmt_range range)
{
	return (struct ir_text){parts + range.first, range.count};
}

struct ir_endpoint bundle_endpoint(const struct bundle_image *image, struct ir_part *parts,
				   uint32_t index)
{
	static const enum ir_host_kind kinds[] = {[WRIT_HOST_ANY] = IR_HOST_ANY,
						  [WRIT_HOST_NAME] = IR_HOST_NAME,
						  [WRIT_HOST_SUFFIX] = IR_HOST_SUFFIX,
						  [WRIT_HOST_NET] = IR_HOST_NET};
	const struct writ_fmt_endpoint *record = BUNDLE_AT(image, ENDPOINTS, endpoint, index);
	struct ir_endpoint endpoint = {
		.rights = record->flags & ~WRIT_ENDPOINT_UDP,
		.udp = record->flags & WRIT_ENDPOINT_UDP,
		.kind = kinds[record->kind],
		.name = bundle_text(parts, record->name),
		.prefix = (uint8_t)record->prefix,
		.first = record->first,
		.last = record->last,
		.param = record->param,
	};

	memcpy(endpoint.address, record->address, sizeof(endpoint.address));
	return endpoint;
}

enum operand_kind { OPERAND_NONE, OPERAND_TEXT, OPERAND_NUMBER, OPERAND_ENDPOINT };

static const enum operand_kind operand_kinds[] = {
#define TEST(id, name, operand, doc) [id] = OPERAND_##operand,
	WRIT_TESTS(TEST)
#undef TEST
};

/* The language's operators; those of "==" may have several operands, as "in". */
static const char *const op_names[] = {
	[WRIT_TEST_PRESENT] = "present",
	[WRIT_TEST_STRING_EQ] = "==",
	[WRIT_TEST_STRING_MATCHES] = "matches",
	[WRIT_TEST_PATH_EQ] = "==",
	[WRIT_TEST_PATH_UNDER] = "under",
	[WRIT_TEST_PATH_MATCHES] = "matches",
	[WRIT_TEST_HOST_EQ] = "==",
	[WRIT_TEST_HOST_MATCHES] = "matches",
	[WRIT_TEST_ENDPOINT] = "in",
	[WRIT_TEST_INT_EQ] = "==",
	[WRIT_TEST_INT_LT] = "<",
	[WRIT_TEST_INT_LE] = "<=",
	[WRIT_TEST_INT_GT] = ">",
	[WRIT_TEST_INT_GE] = ">=",
	[WRIT_TEST_BOOL_EQ] = "==",
	[WRIT_TEST_URL_EQ] = "==",
	[WRIT_TEST_URL_MATCHES] = "matches",
	[WRIT_TEST_URL_IN] = "in",
	[WRIT_TEST_HOST_IN] = "in",
};

static struct str spell_operand(const struct bundle_conditions *in, const struct ir_where *test,
				const struct ir_operand *operand)
{
	switch (operand_kinds[test->op]) {
	case OPERAND_TEXT:
		return str_printf(in->arena, "\"%.*s\"",
				  STR_ARG(ir_text_spell(in->arena, in->policy, &operand->text)));
	case OPERAND_ENDPOINT:
		return str_printf(in->arena, "\"%.*s\"",
				  STR_ARG(ir_endpoint_spell(in->arena, in->policy,
							    &operand->endpoint)));
	case OPERAND_NUMBER:
		if (test->op == WRIT_TEST_BOOL_EQ)
			return str_from(operand->number ? "true" : "false");
		return str_printf(in->arena, "%" PRId64, operand->number);
	case OPERAND_NONE:
		break;
	}
	return STR("");
}

/* "n < 5", "a in {"x", "y"}", "path under "/a" or path under "/b""; names of sets are lost. */
static struct str spell_test(const struct bundle_conditions *in, const struct ir_where *test)
{
	const char *op = op_names[test->op];
	bool is_set = operand_kinds[test->op] == OPERAND_ENDPOINT ||
		      (test->operands.n > 1 && strcmp(op, "==") == 0);
	struct str out = str_printf(in->arena, "%.*s %s%s", STR_ARG(test->arg), is_set ? "in" : op,
				    is_set ? " {" : "");
	struct str between = is_set ? STR(", ")
				    : str_printf(in->arena, " or %.*s %s ", STR_ARG(test->arg), op);

	for (size_t i = 0; i < test->operands.n && i < SPELT_OPERANDS; i++) {
		struct str operand = spell_operand(in, test, &test->operands.items[i]);
		struct str before = i ? between : str_from(is_set ? "" : " ");

		out = str_printf(in->arena, "%.*s%.*s%.*s", STR_ARG(out), STR_ARG(before),
				 STR_ARG(operand));
	}
	return str_printf(in->arena, "%.*s%s%s", STR_ARG(out),
			  test->operands.n > SPELT_OPERANDS ? ", ..." : "", is_set ? "}" : "");
}

static struct ir_where *read_test(const struct bundle_conditions *in,
				  const struct writ_fmt_test *test)
{
	struct arena *arena = in->arena;
	const struct bundle_image *image = in->image;
	struct ir_where *where = arena_new(arena, struct ir_where);
	struct ir_where * not ;

	where->kind = IR_WHERE_TEST;
	where->arg = bundle_str(image, test->arg);
	where->op = (enum writ_test_op)test->op;
	for (uint32_t i = 0; i < test->operands.count; i++) {
		const struct writ_fmt_operand *record = BUNDLE_AT(image, OPERANDS, operand,
								  test->operands.first + i);
		struct ir_operand operand = {.text = bundle_text(in->parts, record->text),
					     .number = record->number};

		if (record->endpoint != WRIT_NONE)
			operand.endpoint = bundle_endpoint(image, in->parts, record->endpoint);
		vec_add(arena, &where->operands, operand);
	}
	where->source.text = spell_test(in, where);
	if (!(test->flags & WRIT_TEST_NEGATED))
		return where;
	not = arena_new(arena, struct ir_where);
	not ->kind = IR_WHERE_NOT;
	vec_add(arena, &not ->kids, where);
	return not ;
}

static void add_kids(struct arena *arena, struct ir_where *parent, struct ir_where *kid)
{
	if (kid->kind != parent->kind) {
		vec_add(arena, &parent->kids, kid);
		return;
	}
	for (size_t i = 0; i < kid->kids.n; i++)
		vec_add(arena, &parent->kids, kid->kids.items[i]);
}

static struct ir_where *join(struct arena *arena, enum ir_where_kind kind, struct ir_where *a,
			     struct ir_where *b)
{
	struct ir_where *parent = a;

	if (a->kind != kind) {
		parent = arena_new(arena, struct ir_where);
		parent->kind = kind;
		vec_add(arena, &parent->kids, a);
	}
	add_kids(arena, parent, b);
	return parent;
}

/* Makes one group of the last two, if they are parts of one. */
static bool merge(struct arena *arena, struct group *a, const struct group *b)
{
	enum ir_where_kind kind;

	if (a->yes == b->entry && a->no == b->no)
		kind = IR_WHERE_AND;
	else if (a->no == b->entry && a->yes == b->yes)
		kind = IR_WHERE_OR;
	else
		return false;
	a->where = join(arena, kind, a->where, b->where);
	a->yes = b->yes;
	a->no = b->no;
	return true;
}

const struct ir_where *bundle_where(struct bundle_conditions *in, struct writ_fmt_range tests)
{
	struct group *groups = arena_alloc(in->arena, tests.count * sizeof(*groups));
	size_t n = 0;

	if (tests.count == 0)
		return NULL;
	for (uint32_t i = 0; i < tests.count; i++) {
		const struct writ_fmt_test *test = BUNDLE_AT(in->image, TESTS, test,
							     tests.first + i);

		groups[n++] = (struct group){read_test(in, test), i, test->yes, test->no};
		while (n > 1 && merge(in->arena, &groups[n - 2], &groups[n - 1]))
			n--;
	}
	if (n == 1 && groups[0].yes == WRIT_TEST_MATCH && groups[0].no == WRIT_TEST_FAIL)
		return groups[0].where;
	in->broken = true;
	return NULL;
}
