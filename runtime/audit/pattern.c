/*
 * A tree of a regular expression becomes steps (Thompson's construction, Pike's program).
 *
 * Repetitions are written out, so the number of steps is the size of the pattern, and it is
 * limited. A step knows only where to go on, and the program is never executed as such:
 * runtime/audit/states.c follows all of its ways at once.
 */
#include "runtime/audit/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/pattern_tree.h"

#define NOWHERE UINT16_MAX

struct emit {
	struct program *program;
	const struct tree *tree;
	bool hidden;
	bool too_large;
	bool no_memory;
	size_t work; /* also of what puts no step, as "(){99}{99}{99}" */
};

void program_init(struct program *program)
{
	memset(program, 0, sizeof(*program));
}

void program_fini(struct program *program)
{
	free(program->steps);
	free(program->sets);
	free(program->starts);
	program_init(program);
}

/* Room for one more of an array whose capacity is the power of two at or above its count. */
static void *grown(void *items, size_t n, size_t size)
{
	if (n && (n & (n - 1)))
		return items;
	return realloc(items, (n ? 2 * n : 1) * size);
}

static bool failed(const struct emit *emit)
{
	return emit->too_large || emit->no_memory;
}

static uint16_t here(const struct emit *emit)
{
	return (uint16_t)emit->program->n_steps;
}

static void put(struct emit *emit, struct step step)
{
	struct program *program = emit->program;
	struct step *steps;

	emit->too_large |= program->n_steps >= PATTERN_MAX_STEPS;
	if (failed(emit))
		return;
	steps = grown(program->steps, program->n_steps, sizeof(*steps));
	if (!steps) {
		emit->no_memory = true;
		return;
	}
	program->steps = steps;
	program->steps[program->n_steps++] = step;
}

/* The number of a set, of which each is kept once. */
static uint16_t set_id(struct emit *emit, const struct byte_set *set)
{
	struct program *program = emit->program;
	struct byte_set *sets;

	for (size_t i = program->n_sets; i > 0; i--)
		if (memcmp(&program->sets[i - 1], set, sizeof(*set)) == 0)
			return (uint16_t)(i - 1);
	sets = grown(program->sets, program->n_sets, sizeof(*sets));
	if (!sets) {
		emit->no_memory = true;
		return 0;
	}
	program->sets = sets;
	program->sets[program->n_sets] = *set;
	return (uint16_t)program->n_sets++;
}

/*
 * Steps that are to go on at a place that is not known yet are a list, each with the one before in
 * that very field.
 */
static void patch_others(struct emit *emit, uint16_t last)
{
	uint16_t to = here(emit);

	while (!failed(emit) && last != NOWHERE) {
		struct step *step = &emit->program->steps[last];

		last = step->other;
		step->other = to;
	}
}

static void put_node(struct emit *emit, uint32_t id);

static void put_repeat(struct emit *emit, const struct node *node)
{
	bool bounded = node->max != TREE_EVER;
	uint16_t last = NOWHERE;

	for (uint32_t i = 0; i < node->min && !failed(emit); i++)
		put_node(emit, node->child);
	for (uint32_t i = node->min; bounded && i < node->max && !failed(emit); i++) {
		uint16_t at = here(emit);

		put(emit,
		    (struct step){.kind = STEP_SPLIT, .to = (uint16_t)(at + 1), .other = last});
		last = at;
		put_node(emit, node->child);
	}
	if (!bounded) {
		last = here(emit);
		put(emit, (struct step){.kind = STEP_SPLIT,
					.to = (uint16_t)(last + 1),
					.other = NOWHERE});
		put_node(emit, node->child);
		put(emit, (struct step){.kind = STEP_JUMP, .other = last});
	}
	patch_others(emit, last);
}

/* Of each but the last: SPLIT, the child, JUMP behind all. */
static void put_either(struct emit *emit, const struct node *node)
{
	const struct node *nodes = emit->tree->nodes;
	uint16_t last = NOWHERE;

	for (uint32_t child = node->child; child != TREE_NONE; child = nodes[child].next) {
		uint16_t split = here(emit);

		if (nodes[child].next == TREE_NONE) {
			put_node(emit, child);
			break;
		}
		put(emit, (struct step){.kind = STEP_SPLIT, .to = (uint16_t)(split + 1)});
		put_node(emit, child);
		put(emit, (struct step){.kind = STEP_JUMP, .other = last});
		if (failed(emit))
			return;
		last = (uint16_t)(here(emit) - 1);
		emit->program->steps[split].other = here(emit);
	}
	patch_others(emit, last);
}

static void put_node(struct emit *emit, uint32_t id)
{
	const struct node *node = &emit->tree->nodes[id];

	emit->too_large |= ++emit->work > (size_t)2 * PATTERN_MAX_STEPS;
	switch (node->kind) {
	case NODE_SET:
		put(emit, (struct step){.kind = STEP_BYTE,
					.hidden = emit->hidden,
					.set = set_id(emit, &node->set)});
		break;
	case NODE_START:
	case NODE_END:
		put(emit, (struct step){.kind = node->kind == NODE_START ? STEP_START : STEP_END});
		break;
	case NODE_ALL:
		for (uint32_t child = node->child; child != TREE_NONE && !failed(emit);
		     child = emit->tree->nodes[child].next)
			put_node(emit, child);
		break;
	case NODE_EITHER:
		put_either(emit, node);
		break;
	case NODE_REPEAT:
		put_repeat(emit, node);
		break;
	}
}

static int put_text(struct emit *emit, const char *text, bool fold, struct writ_error *error)
{
	struct tree tree;
	int rc = tree_parse(&tree, text, fold, error);

	if (rc)
		return rc;
	emit->tree = &tree;
	put_node(emit, tree.root);
	emit->tree = NULL;
	free(tree.nodes);
	if (emit->no_memory)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	if (emit->too_large)
		return fail_set(error, WRIT_E_UNSUPPORTED,
				"the pattern \"%.200s\": with repetitions written out, all "
				"patterns together have more than %u steps",
				text, PATTERN_MAX_STEPS);
	return 0;
}

int program_add(struct program *program, const struct pattern *pattern, struct writ_error *error)
{
	const char *const texts[] = {pattern->before, pattern->hidden, pattern->after};
	struct emit emit = {.program = program};
	uint16_t *starts = grown(program->starts, program->n_starts, sizeof(*starts));

	if (!starts)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	program->starts = starts;
	program->starts[program->n_starts++] = here(&emit);
	for (size_t i = 0; i < 3; i++) {
		int rc;

		emit.hidden = i == 1;
		rc = texts[i] ? put_text(&emit, texts[i], pattern->fold, error) : 0;
		if (rc)
			return rc;
	}
	put(&emit, (struct step){.kind = STEP_FOUND});
	if (failed(&emit))
		return fail_set(error, WRIT_E_UNSUPPORTED, "too many patterns");
	return 0;
}

/* Bytes of one class stay together only while a set has both or neither. */
static void split_classes(struct program *program, const struct byte_set *set)
{
	int split[256][2];
	size_t n = 0;

	memset(split, 0xff, sizeof(split));
	for (unsigned byte = 0; byte < 256; byte++) {
		int *id = &split[program->class_of[byte]][byte_set_has(set, byte)];

		if (*id < 0)
			*id = (int)n++;
		program->class_of[byte] = (uint8_t)*id;
	}
	program->n_classes = n;
}

void program_finish(struct program *program)
{
	memset(program->class_of, 0, sizeof(program->class_of));
	program->n_classes = 1;
	for (size_t i = 0; i < program->n_sets; i++)
		split_classes(program, &program->sets[i]);
	for (unsigned byte = 256; byte > 0; byte--)
		program->example[program->class_of[byte - 1]] = (uint8_t)(byte - 1);
}
