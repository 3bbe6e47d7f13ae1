/*
 * Inheritance of roles and of sandboxes: resolve parents, refuse cycles, order parents first. Sets
 * that hold other sets are the same thing.
 *
 * The order is found by taking, again and again, declarations whose parents are all taken (Kahn's
 * algorithm), without recursion, so a long chain can't exhaust the stack. What is left at the end
 * has a cycle above it; following parents among the left-overs finds it, and each cycle found is
 * reported once, with the way around it.
 */
#include "sema/pass.h"

#include <string.h>

struct inherit {
	struct sema *sema;
	enum sema_kind kind;
	struct sema_graph *graph;
	uint32_t n;
	uint32_t *waiting; /* parents not yet taken */
	uint32_t *depth;   /* of the longest way up */
	uint32_t *seen_by; /* start + 1 of the walk that came here, 0 for none */
};

/* seen_by tells here which child named a parent already. */
static void add_parent(struct inherit *in, uint32_t child, uint32_t parent)
{
	if (in->seen_by[parent] == child + 1)
		return;
	in->seen_by[parent] = child + 1;
	vec_add(in->sema->arena, &in->graph->parents[child], parent);
}

static void resolve_parents(struct inherit *in, const struct ast_names *named)
{
	for (uint32_t i = 0; i < in->n; i++) {
		for (size_t p = 0; p < named[i].n; p++) {
			const struct ast_name *name = &named[i].items[p];
			uint32_t parent = sema_resolve(in->sema, in->kind, name->text, name->span);

			if (parent != IR_NONE)
				add_parent(in, i, parent);
		}
		in->waiting[i] = (uint32_t)in->graph->parents[i].n;
	}
	memset(in->seen_by, 0, in->n * sizeof(*in->seen_by));
}

/* The children of every declaration: the parents' lists turned round. */
static struct ir_indices *children_of(struct inherit *in)
{
	struct arena *arena = in->sema->arena;
	struct ir_indices *children = arena_alloc(arena, in->n * sizeof(*children));

	for (uint32_t i = 0; i < in->n; i++) {
		for (size_t p = 0; p < in->graph->parents[i].n; p++)
			vec_add(arena, &children[in->graph->parents[i].items[p]], i);
	}
	return children;
}

/* Fills order and returns how many could be ordered. */
static uint32_t order_parents_first(struct inherit *in)
{
	const struct ir_indices *children = children_of(in);
	uint32_t *order = in->graph->order;
	uint32_t n = 0;

	for (uint32_t i = 0; i < in->n; i++) {
		if (!in->waiting[i])
			order[n++] = i;
	}
	for (uint32_t next = 0; next < n; next++) {
		uint32_t parent = order[next];

		for (size_t c = 0; c < children[parent].n; c++) {
			uint32_t child = children[parent].items[c];

			if (in->depth[child] <= in->depth[parent])
				in->depth[child] = in->depth[parent] + 1;
			if (--in->waiting[child] == 0)
				order[n++] = child;
		}
	}
	return n;
}

static uint32_t waiting_parent(const struct inherit *in, uint32_t index)
{
	const struct ir_indices *parents = &in->graph->parents[index];

	for (size_t p = 0; p < parents->n; p++) {
		if (in->waiting[parents->items[p]])
			return parents->items[p];
	}
	return IR_NONE;
}

static const char *kind_word(const struct inherit *in)
{
	static const char *const words[SEMA__KINDS] = {
		[SEMA_ROLE] = "role", [SEMA_SANDBOX] = "sandbox", [SEMA_SET] = "set"};

	return words[in->kind];
}

static const char *verb(const struct inherit *in)
{
	return in->kind == SEMA_SET ? "holds" : "extends";
}

/* The notes stop after some steps: a cycle of thousands needs no page of them. */
#define MAX_CYCLE_NOTES 16u

static void report_cycle(struct inherit *in, uint32_t member)
{
	const struct ast_name *names = in->sema->names[in->kind].list.items;
	struct diag_list *diags = in->sema->diags;
	uint32_t at = member, notes = 0;
	struct diag *diag;

	diag = diag_report(diags, DIAG_E0310, names[member].span, "%s '%.*s' %s itself",
			   kind_word(in), STR_ARG(names[member].text), verb(in));
	do {
		uint32_t parent = waiting_parent(in, at);

		if (notes++ < MAX_CYCLE_NOTES)
			diag_note(diags, diag, names[at].span, "'%.*s' %s '%.*s'",
				  STR_ARG(names[at].text), verb(in), STR_ARG(names[parent].text));
		at = parent;
	} while (at != member);
}

/*
 * From every left-over, up to the place where a walk was before. Was it this walk, there is a cycle
 * that no walk has found yet.
 */
static void report_cycles(struct inherit *in)
{
	for (uint32_t start = 0; start < in->n; start++) {
		uint32_t at = start;

		if (!in->waiting[start])
			continue;
		while (!in->seen_by[at]) {
			in->seen_by[at] = start + 1;
			at = waiting_parent(in, at);
		}
		if (in->seen_by[at] == start + 1)
			report_cycle(in, at);
	}
}

/* Only the first is reported: what extends it is too deep for the same reason. */
static void check_depth(struct inherit *in)
{
	for (uint32_t i = 0; i < in->n; i++) {
		const struct ast_name *name;

		if (in->depth[in->graph->order[i]] != SEMA_MAX_INHERIT_DEPTH + 1)
			continue;
		name = &in->sema->names[in->kind].list.items[in->graph->order[i]];
		diag_report(in->sema->diags, DIAG_E0453, name->span,
			    "%s '%.*s' has more than %u generations of ancestors", kind_word(in),
			    STR_ARG(name->text), SEMA_MAX_INHERIT_DEPTH);
		in->graph->usable = false;
		return;
	}
}

struct sema_graph sema_graph(struct sema *sema, enum sema_kind kind,
			     const struct ast_names *parents)
{
	uint32_t n = (uint32_t)sema->names[kind].list.n;
	struct sema_graph graph = {
		.parents = arena_alloc(sema->arena, n * sizeof(struct ir_indices)),
		.order = arena_alloc(sema->arena, n * sizeof(uint32_t)),
	};
	struct inherit in = {
		.sema = sema,
		.kind = kind,
		.graph = &graph,
		.n = n,
		.waiting = arena_alloc(sema->arena, n * sizeof(uint32_t)),
		.depth = arena_alloc(sema->arena, n * sizeof(uint32_t)),
		.seen_by = arena_alloc(sema->arena, n * sizeof(uint32_t)),
	};

	resolve_parents(&in, parents);
	graph.usable = order_parents_first(&in) == n;
	if (graph.usable)
		check_depth(&in);
	else
		report_cycles(&in);
	return graph;
}
