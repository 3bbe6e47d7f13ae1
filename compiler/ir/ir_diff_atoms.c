/*
 * From tests to cases.
 *
 * A test with several operands is true when one of them is, so the operands are the atoms, and a
 * list that gained an item is seen to have gained just that. Integers and booleans are tried at
 * values around every constant, which is exact; the atoms of other types are related in pairs.
 */
#include "ir/ir_diff_where.h"

#include <string.h>
#include <strings.h>

static const enum diff_family families[] = {
	[WRIT_TEST_PRESENT] = FAMILY_PRESENT,
	[WRIT_TEST_STRING_EQ] = FAMILY_STRING,
	[WRIT_TEST_STRING_MATCHES] = FAMILY_STRING,
	[WRIT_TEST_PATH_EQ] = FAMILY_PATH,
	[WRIT_TEST_PATH_UNDER] = FAMILY_PATH,
	[WRIT_TEST_PATH_MATCHES] = FAMILY_PATH,
	[WRIT_TEST_HOST_EQ] = FAMILY_HOST,
	[WRIT_TEST_HOST_MATCHES] = FAMILY_HOST,
	[WRIT_TEST_ENDPOINT] = FAMILY_ENDPOINT,
	[WRIT_TEST_INT_EQ] = FAMILY_INT,
	[WRIT_TEST_INT_LT] = FAMILY_INT,
	[WRIT_TEST_INT_LE] = FAMILY_INT,
	[WRIT_TEST_INT_GT] = FAMILY_INT,
	[WRIT_TEST_INT_GE] = FAMILY_INT,
	[WRIT_TEST_BOOL_EQ] = FAMILY_INT,
	[WRIT_TEST_URL_EQ] = FAMILY_URL,
	[WRIT_TEST_URL_MATCHES] = FAMILY_URL,
	[WRIT_TEST_URL_IN] = FAMILY_URL_IN,
	[WRIT_TEST_HOST_IN] = FAMILY_HOST_IN,
};

static uint32_t find_slot(const struct diff_cases *cases, struct str arg, enum diff_family family)
{
	for (uint32_t i = 0; i < cases->slots.n; i++) {
		if (cases->slots.items[i].family == family &&
		    str_eq(cases->slots.items[i].arg, arg))
			return i;
	}
	return IR_NONE;
}

uint32_t diff_cases_test(struct diff_cases *cases, int side, const struct ir_where *where)
{
	struct diff_bytes key = {0};
	enum diff_family family = families[where->op];
	uint32_t index = (uint32_t)cases->tests.n, slot;

	diff_put_where(cases->arena, &key, cases->diff->policy[side], where);
	if (!map_put(cases->arena, &cases->test_ids, (struct str){key.items, key.n}, index)) {
		map_get(&cases->test_ids, (struct str){key.items, key.n}, &index);
		return index;
	}
	slot = find_slot(cases, where->arg, family);
	if (slot == IR_NONE) {
		slot = (uint32_t)cases->slots.n;
		vec_add(cases->arena, &cases->slots,
			((struct diff_slot){.arg = where->arg, .family = family}));
	}
	vec_add(cases->arena, &cases->slots.items[slot].tests, index);
	vec_add(cases->arena, &cases->tests,
		((struct diff_test){.where = where, .side = side, .slot = slot}));
	return index;
}

/* "X/" followed by two stars, with no other wildcard, is everything under X. */
static void simplify(struct diff_atom *atom)
{
	struct str text = atom->text;

	if (atom->op != WRIT_TEST_PATH_MATCHES || text.len < 3 ||
	    memcmp(text.ptr + text.len - 3, "/**", 3) != 0)
		return;
	text.len -= 3;
	if (memchr(text.ptr, '*', text.len) || memchr(text.ptr, '?', text.len))
		return;
	atom->op = WRIT_TEST_PATH_UNDER;
	atom->text = text;
}

static struct str atom_key(struct diff_cases *cases, const struct diff_test *test,
			   const struct diff_atom *atom, const struct ir_operand *operand)
{
	struct diff_bytes key = {0};

	diff_put(cases->arena, &key, &atom->op, sizeof(atom->op));
	if (atom->op == WRIT_TEST_PATH_UNDER)
		diff_put_str(cases->arena, &key, atom->text);
	else
		diff_put_operand(cases->arena, &key, cases->diff->policy[test->side], test->where,
				 operand);
	return (struct str){key.items, key.n};
}

static void add_atom(struct diff_cases *cases, struct diff_slot *slot, struct diff_test *test,
		     const struct ir_operand *operand)
{
	const struct ir_policy *policy = cases->diff->policy[test->side];
	struct diff_atom atom = {.op = test->where->op, .number = operand->number};
	uint32_t index = (uint32_t)slot->atoms.n;
	struct str key;

	atom.text = diff_key(cases->arena, policy, &operand->text);
	if (ir_test_has_endpoints(atom.op))
		atom.host = diff_host(cases->arena, policy, &operand->endpoint);
	simplify(&atom);
	key = atom_key(cases, test, &atom, operand);
	if (map_put(cases->arena, &slot->atom_ids, key, index))
		vec_add(cases->arena, &slot->atoms, atom);
	else
		map_get(&slot->atom_ids, key, &index);
	vec_add(cases->arena, &test->atoms, index);
}

/* a is fine in all of b. */
static uint8_t implications(enum diff_relation relation)
{
	switch (relation) {
	case DIFF_SAME:
		return DIFF_NEVER_TF | DIFF_NEVER_FT;
	case DIFF_ABOVE:
		return DIFF_NEVER_FT;
	case DIFF_BELOW:
		return DIFF_NEVER_TF;
	case DIFF_APART:
		return DIFF_NEVER_TT;
	case DIFF_UNRELATED:
		return 0;
	}
	return 0;
}

static bool has(struct str text, char byte)
{
	return memchr(text.ptr, byte, text.len);
}

static uint8_t relate_globs(const struct diff_atom *a, const struct diff_atom *b)
{
	uint8_t never = 0;

	if (diff_glob_covers(a->text, b->text))
		never |= DIFF_NEVER_FT;
	if (diff_glob_covers(b->text, a->text))
		never |= DIFF_NEVER_TF;
	return never;
}

static bool is_equality(const struct diff_atom *atom)
{
	return atom->op == WRIT_TEST_STRING_EQ || atom->op == WRIT_TEST_URL_EQ;
}

static uint8_t relate_strings(const struct diff_atom *a, const struct diff_atom *b)
{
	bool a_eq = is_equality(a), b_eq = is_equality(b);

	if (!diff_key_is_literal(a->text) || !diff_key_is_literal(b->text))
		return 0;
	if (a_eq && b_eq)
		return DIFF_NEVER_TT;
	if (!a_eq && !b_eq)
		return relate_globs(a, b);
	/* A "*" of a plain text is a star, which the pattern may match or not. */
	if (has(a_eq ? a->text : b->text, '*'))
		return 0;
	if (diff_glob_covers(a_eq ? b->text : a->text, a_eq ? a->text : b->text))
		return a_eq ? DIFF_NEVER_TF : DIFF_NEVER_FT;
	return DIFF_NEVER_TT;
}

static bool has_upper(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
			return true;
	}
	return false;
}

/* The case of the host means nothing, that of the rest does. */
static uint8_t relate_urls(const struct diff_atom *a, const struct diff_atom *b)
{
	return has_upper(a->text) || has_upper(b->text) ? 0 : relate_strings(a, b);
}

/* The tree that all a path pattern matches is in. */
static struct str pattern_tree(struct str pattern)
{
	size_t n = 0;

	while (n < pattern.len && pattern.ptr[n] != '*' && pattern.ptr[n] != '?')
		n++;
	if (n == pattern.len)
		return pattern;
	while (n > 0 && pattern.ptr[n - 1] != '/')
		n--;
	return (struct str){pattern.ptr, n};
}

/* The tree that a path must be in for the atom to be true. */
static struct str tree_of(const struct diff_atom *atom)
{
	return atom->op == WRIT_TEST_PATH_MATCHES ? pattern_tree(atom->text) : atom->text;
}

static uint8_t relate_paths(const struct diff_atom *a, const struct diff_atom *b)
{
	enum diff_relation relation = diff_paths(tree_of(a), tree_of(b));
	bool a_under = a->op == WRIT_TEST_PATH_UNDER, b_under = b->op == WRIT_TEST_PATH_UNDER;
	bool a_eq = a->op == WRIT_TEST_PATH_EQ, b_eq = b->op == WRIT_TEST_PATH_EQ;
	uint8_t never = 0;

	if (relation == DIFF_APART)
		return DIFF_NEVER_TT;
	if (a_under && b_under)
		return implications(relation);
	if (b_under && (relation == DIFF_BELOW || relation == DIFF_SAME))
		never |= DIFF_NEVER_TF;
	if (a_under && (relation == DIFF_ABOVE || relation == DIFF_SAME))
		never |= DIFF_NEVER_FT;
	/* One path can't be in a tree that is all below it. */
	if ((a_eq && relation == DIFF_ABOVE) || (b_eq && relation == DIFF_BELOW))
		never |= DIFF_NEVER_TT;
	return never;
}

/* An address has several spellings, and each has a ":" but that of IPv4. */
static uint8_t relate_host_texts(const struct diff_atom *a, const struct diff_atom *b)
{
	if (a->op != WRIT_TEST_HOST_EQ || b->op != WRIT_TEST_HOST_EQ)
		return 0;
	if (!diff_key_is_literal(a->text) || !diff_key_is_literal(b->text) || has(a->text, ':') ||
	    has(b->text, ':') || has(a->text, '.') != has(b->text, '.'))
		return 0;
	if (a->text.len != b->text.len)
		return a->text.ptr[a->text.len - 1] == '.' || b->text.ptr[b->text.len - 1] == '.'
			       ? 0
			       : DIFF_NEVER_TT;
	return strncasecmp(a->text.ptr, b->text.ptr, a->text.len) == 0 ? 0 : DIFF_NEVER_TT;
}

/* A host without a port is compared by name alone, so ports keep no two endpoints apart. */
static uint8_t relate_endpoints(const struct diff_atom *a, const struct diff_atom *b)
{
	enum diff_relation relation = diff_hosts(&a->host, &b->host);
	bool same_kind = a->host.endpoint->udp == b->host.endpoint->udp;
	uint8_t never = 0;

	if (relation == DIFF_APART)
		return DIFF_NEVER_TT;
	if (!same_kind)
		return 0;
	if ((relation == DIFF_BELOW || relation == DIFF_SAME) &&
	    diff_ports_within(&a->host, &b->host))
		never |= DIFF_NEVER_TF;
	if ((relation == DIFF_ABOVE || relation == DIFF_SAME) &&
	    diff_ports_within(&b->host, &a->host))
		never |= DIFF_NEVER_FT;
	return never;
}

static uint8_t relate(enum diff_family family, const struct diff_atom *a, const struct diff_atom *b)
{
	switch (family) {
	case FAMILY_STRING:
		return relate_strings(a, b);
	case FAMILY_PATH:
		return relate_paths(a, b);
	case FAMILY_HOST:
		return relate_host_texts(a, b);
	case FAMILY_URL:
		return relate_urls(a, b);
	case FAMILY_ENDPOINT:
	case FAMILY_URL_IN:
	case FAMILY_HOST_IN:
		return relate_endpoints(a, b);
	case FAMILY_PRESENT:
	case FAMILY_INT:
		return 0;
	}
	return 0;
}

static int build_related(struct diff_cases *cases, struct diff_slot *slot)
{
	uint32_t n = (uint32_t)slot->atoms.n;
	uint8_t *never;

	if (n > DIFF_MAX_ATOMS)
		return -1;
	never = arena_alloc(cases->arena, (size_t)n * n);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = i + 1; j < n; j++)
			never[(size_t)i * n + j] = relate(slot->family, &slot->atoms.items[i],
							  &slot->atoms.items[j]);
	}
	return diff_table_build(cases->arena, n, never, &slot->table);
}

static bool number_holds(const struct diff_atom *atom, int64_t value)
{
	if (atom->op == WRIT_TEST_INT_LT)
		return value < atom->number;
	if (atom->op == WRIT_TEST_INT_LE)
		return value <= atom->number;
	if (atom->op == WRIT_TEST_INT_GT)
		return value > atom->number;
	if (atom->op == WRIT_TEST_INT_GE)
		return value >= atom->number;
	return value == atom->number;
}

static void try_number(struct diff_cases *cases, struct diff_slot *slot, struct map *known,
		       int64_t value)
{
	uint8_t *row = arena_alloc(cases->arena, slot->atoms.n);

	for (size_t i = 0; i < slot->atoms.n; i++)
		row[i] = number_holds(&slot->atoms.items[i], value);
	diff_table_add(cases->arena, &slot->table, known, row);
}

/* Values at and beside every constant are in every interval that the constants make. */
static int build_numbers(struct diff_cases *cases, struct diff_slot *slot)
{
	struct map known = {0};

	if (slot->atoms.n > DIFF_MAX_ATOMS)
		return -1;
	slot->table.n_atoms = (uint32_t)slot->atoms.n;
	for (size_t i = 0; i < slot->atoms.n; i++) {
		int64_t number = slot->atoms.items[i].number;

		try_number(cases, slot, &known, number);
		if (number > INT64_MIN)
			try_number(cases, slot, &known, number - 1);
		if (number < INT64_MAX)
			try_number(cases, slot, &known, number + 1);
	}
	return 0;
}

/* A test alone in its slot is one atom, however many operands it has. */
static int build_alone(struct diff_cases *cases, struct diff_slot *slot)
{
	struct diff_test *test = &cases->tests.items[slot->tests.items[0]];

	vec_add(cases->arena, &test->atoms, 0);
	return diff_table_build(cases->arena, 1, (const uint8_t[1]){0}, &slot->table);
}

static int build_slot(struct diff_cases *cases, struct diff_slot *slot)
{
	slot->present = slot->family == FAMILY_PRESENT
				? IR_NONE
				: find_slot(cases, slot->arg, FAMILY_PRESENT);
	if (slot->family == FAMILY_PRESENT || (slot->family != FAMILY_INT && slot->tests.n == 1))
		return build_alone(cases, slot);
	for (size_t t = 0; t < slot->tests.n; t++) {
		struct diff_test *test = &cases->tests.items[slot->tests.items[t]];

		for (size_t i = 0; i < test->where->operands.n; i++)
			add_atom(cases, slot, test, &test->where->operands.items[i]);
	}
	return slot->family == FAMILY_INT ? build_numbers(cases, slot) : build_related(cases, slot);
}

int diff_cases_build(struct diff_cases *cases)
{
	uint64_t n_cases = 1;

	cases->truth = arena_alloc(cases->arena, cases->tests.n * sizeof(*cases->truth));
	for (size_t i = 0; i < cases->slots.n; i++) {
		struct diff_slot *slot = &cases->slots.items[i];

		if (build_slot(cases, slot))
			return -1;
		n_cases *= slot->table.n_rows + 1u;
		if (n_cases > DIFF_MAX_CASES)
			return -1;
	}
	cases->diff->work += n_cases * (cases->tests.n + 1);
	return cases->diff->work > DIFF_MAX_WORK ? -1 : 0;
}

static bool is_unknown(const struct diff_slot *slot)
{
	return slot->value == slot->table.n_rows;
}

/* An argument that is missing, or given twice, has no known value. Row 1 of PRESENT is "given". */
static bool is_consistent(const struct diff_cases *cases, const struct diff_slot *slot)
{
	if (slot->present == IR_NONE || is_unknown(slot))
		return true;
	return cases->slots.items[slot->present].value == 1;
}

static enum ir_truth truth_of(const struct diff_cases *cases, const struct diff_test *test)
{
	const struct diff_slot *slot = &cases->slots.items[test->slot];
	const uint8_t *row = slot->table.rows + (size_t)slot->value * slot->table.n_atoms;

	if (is_unknown(slot))
		return IR_UNKNOWN;
	for (size_t i = 0; i < test->atoms.n; i++) {
		if (row[test->atoms.items[i]])
			return IR_TRUE;
	}
	return IR_FALSE;
}

/* Counts on; false after the last combination. */
static bool advance(struct diff_cases *cases)
{
	for (size_t i = 0; i < cases->slots.n; i++) {
		struct diff_slot *slot = &cases->slots.items[i];

		if (slot->value++ < slot->table.n_rows)
			return true;
		slot->value = 0;
	}
	return false;
}

bool diff_cases_next(struct diff_cases *cases, bool first)
{
	bool consistent = false;

	while (!consistent) {
		if (!first && !advance(cases))
			return false;
		first = false;
		consistent = true;
		for (size_t i = 0; i < cases->slots.n && consistent; i++)
			consistent = is_consistent(cases, &cases->slots.items[i]);
	}
	for (size_t i = 0; i < cases->tests.n; i++)
		cases->truth[i] = truth_of(cases, &cases->tests.items[i]);
	return true;
}
