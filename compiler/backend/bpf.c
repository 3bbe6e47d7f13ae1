/*
 * The layout of a graph of tests as a program.
 *
 * Instructions are produced from the last to the first. When a node is placed, everything it leads
 * to stands behind it already, so every jump distance is known at once and no pass has to be
 * repeated. A conditional jump reaches 255 instructions; for a farther target a stepping stone is
 * placed just before it is needed (an unconditional jump, or the return itself when the target is
 * one) and then serves later jumps too. Invariant: rev[0] is the program's last instruction, and
 * at[node] is the index in rev of the nearest place from which node runs.
 */
#include "backend/bpf.h"

#include <linux/bpf_common.h>
#include <stdbool.h>
#include <string.h>

#define NOT_PLACED UINT32_MAX

/* Every node of a path is an instruction of its own, so none that is deeper fits. */
#define BPF_MAX_DEPTH WRIT_MAX_INSNS

/* Distances that fit in jt and jf, less one for a stepping stone of the other branch. */
#define JUMP_REACH 254u

static uint32_t node_depth(const struct bpf_graph *graph, const struct bpf_node *node)
{
	uint32_t yes, no;

	if (BPF_CLASS(node->code) == BPF_RET)
		return 1;
	yes = graph->depths.items[node->yes];
	no = graph->depths.items[node->no];
	return 1 + (yes > no ? yes : no);
}

static uint32_t node_intern(struct bpf_graph *graph, struct bpf_node node)
{
	struct str key = {(const char *)&node, sizeof(node)};
	uint32_t index = (uint32_t)graph->nodes.n;

	if (map_get(&graph->known, key, &index))
		return index;
	key = str_copy(graph->arena, key.ptr, key.len);
	map_put(graph->arena, &graph->known, key, index);
	vec_add(graph->arena, &graph->nodes, node);
	vec_add(graph->arena, &graph->depths, node_depth(graph, &node));
	vec_add(graph->arena, &graph->marks, 0);
	return index;
}

uint32_t bpf_return(struct bpf_graph *graph, uint32_t action)
{
	return node_intern(graph, (struct bpf_node){.code = BPF_RET | BPF_K, .k = action});
}

uint32_t bpf_load(struct bpf_graph *graph, uint32_t offset, uint32_t next)
{
	return node_intern(graph, (struct bpf_node){.code = BPF_LD | BPF_W | BPF_ABS,
						    .k = offset,
						    .yes = next,
						    .no = next});
}

uint32_t bpf_and(struct bpf_graph *graph, uint32_t mask, uint32_t next)
{
	return node_intern(graph, (struct bpf_node){.code = BPF_ALU | BPF_AND | BPF_K,
						    .k = mask,
						    .yes = next,
						    .no = next});
}

uint32_t bpf_jump(struct bpf_graph *graph, uint16_t op, uint32_t k, uint32_t yes, uint32_t no)
{
	if (yes == no)
		return yes;
	return node_intern(graph, (struct bpf_node){.code = (uint32_t)BPF_JMP | op | BPF_K,
						    .k = k,
						    .yes = yes,
						    .no = no});
}

uint32_t bpf_enter(const struct bpf_graph *graph, uint32_t offset, uint32_t mask, uint32_t target)
{
	const struct bpf_node *load = &graph->nodes.items[target], *next;

	if (load->code != (BPF_LD | BPF_W | BPF_ABS) || load->k != offset)
		return target;
	if (mask == BPF_NO_MASK)
		return load->yes;
	next = &graph->nodes.items[load->yes];
	return next->code == (BPF_ALU | BPF_AND | BPF_K) && next->k == mask ? next->yes : target;
}

uint32_t bpf_depth(const struct bpf_graph *graph, uint32_t node)
{
	return graph->depths.items[node];
}

static uint32_t count_new(struct bpf_graph *graph, uint32_t index) /* NOLINT(misc-no-recursion) */
{
	const struct bpf_node *node = &graph->nodes.items[index];

	if (graph->marks.items[index] == graph->walk || BPF_CLASS(node->code) == BPF_RET)
		return 0;
	graph->marks.items[index] = graph->walk;
	if (node->yes == node->no)
		return 1 + count_new(graph, node->yes);
	return 1 + count_new(graph, node->yes) + count_new(graph, node->no);
}

uint32_t bpf_size(struct bpf_graph *graph, uint32_t node)
{
	/* Already too long; and the walk goes no deeper than this. */
	if (bpf_depth(graph, node) > BPF_MAX_DEPTH)
		return bpf_depth(graph, node);
	graph->walk++;
	return count_new(graph, node);
}

struct layout {
	const struct bpf_node *nodes;
	struct writ_fmt_insn *rev; /* WRIT_MAX_INSNS */
	uint32_t n;                /* goes on counting when rev is full */
	uint32_t *at;
};

static uint32_t layout_push(struct layout *layout, uint16_t code, uint32_t k)
{
	if (layout->n < WRIT_MAX_INSNS)
		layout->rev[layout->n] = (struct writ_fmt_insn){.code = code, .k = k};
	return layout->n++;
}

/* How far a jump that is placed next has to go to a place. */
static uint32_t distance(const struct layout *layout, uint32_t place)
{
	return layout->n - place - 1;
}

static bool is_return(const struct layout *layout, uint32_t node)
{
	return BPF_CLASS(layout->nodes[node].code) == BPF_RET;
}

/* Makes the node run from an instruction at most reach away. Returns are placed here only, on
 * demand. */
static void bring_near(struct layout *layout, uint32_t node, uint32_t reach)
{
	const struct bpf_node *target = &layout->nodes[node];
	bool placed = layout->at[node] != NOT_PLACED;

	if (placed && distance(layout, layout->at[node]) <= reach)
		return;
	if (is_return(layout, node))
		layout->at[node] = layout_push(layout, (uint16_t)target->code, target->k);
	else
		layout->at[node] = layout_push(layout, BPF_JMP | BPF_JA,
					       distance(layout, layout->at[node]));
}

/* A conditional jump whose targets are placed. */
static uint32_t place_jump(struct layout *layout, const struct bpf_node *node)
{
	uint32_t place;

	bring_near(layout, node->yes, JUMP_REACH);
	bring_near(layout, node->no, JUMP_REACH);
	place = layout_push(layout, (uint16_t)node->code, node->k);
	if (place < WRIT_MAX_INSNS) {
		layout->rev[place].jt = (uint8_t)(place - layout->at[node->yes] - 1);
		layout->rev[place].jf = (uint8_t)(place - layout->at[node->no] - 1);
	}
	return place;
}

static bool is_near(const struct layout *layout, uint32_t node)
{
	return layout->at[node] != NOT_PLACED && distance(layout, layout->at[node]) < JUMP_REACH;
}

/*
 * Makes a placed node run from right behind the instruction that is placed next. A test is made
 * twice rather than jumped to: that is as long, and one step less.
 */
static void bring_next(struct layout *layout, uint32_t index)
{
	const struct bpf_node *node = &layout->nodes[index];

	if (!is_return(layout, index) && distance(layout, layout->at[index]) > 0 &&
	    BPF_CLASS(node->code) == BPF_JMP && is_near(layout, node->yes) &&
	    is_near(layout, node->no))
		layout->at[index] = place_jump(layout, node);
	else
		bring_near(layout, index, 0);
}

/* Places a node behind everything that leads to it. The depth is bounded by bpf_emit. */
static void place(struct layout *layout, uint32_t index) /* NOLINT(misc-no-recursion) */
{
	const struct bpf_node *node = &layout->nodes[index];

	if (layout->at[index] != NOT_PLACED || is_return(layout, index))
		return;
	place(layout, node->no);
	place(layout, node->yes);
	if (BPF_CLASS(node->code) == BPF_JMP) {
		layout->at[index] = place_jump(layout, node);
		return;
	}
	/* A load or AND runs into its successor. */
	bring_next(layout, node->yes);
	layout->at[index] = layout_push(layout, (uint16_t)node->code, node->k);
}

int bpf_emit(struct bpf_graph *graph, uint32_t root, struct bpf_program *out)
{
	struct arena *arena = graph->arena;
	struct layout layout = {.nodes = graph->nodes.items};

	if (bpf_depth(graph, root) > BPF_MAX_DEPTH)
		return -1;
	layout.rev = arena_alloc(arena, (size_t)WRIT_MAX_INSNS * sizeof(*layout.rev));
	layout.at = arena_alloc(arena, graph->nodes.n * sizeof(*layout.at));
	memset(layout.at, 0xff, graph->nodes.n * sizeof(*layout.at));
	place(&layout, root);
	bring_near(&layout, root, 0);
	if (layout.n > WRIT_MAX_INSNS)
		return -1;
	out->n = layout.n;
	out->insns = arena_alloc(arena, layout.n * sizeof(*out->insns));
	for (uint32_t i = 0; i < layout.n; i++)
		out->insns[i] = layout.rev[layout.n - 1 - i];
	return 0;
}
