/*
 * Sandboxes: each lowered by itself, then joined with its ancestors, parents first.
 *
 * A sandbox has what its parents have and what it states; there is nothing it can take away but by
 * a deny. best_effort is not inherited: which sandboxes may run less confined than they say must be
 * visible where they are declared. Only when all inheritance is done come the rules that no policy
 * states: @default where no system calls were listed, and the guards.
 */
#include "ir/ir_deny.h"
#include "ir/ir_plan.h"
#include "sema/pass.h"

static const struct sema_section *const sections[] = {
	&sema_filesystem, &sema_places, &sema_network, &sema_syscalls,
	&sema_limits,     &sema_env,    &sema_demands,
};

#define N_SECTIONS (sizeof(sections) / sizeof(sections[0]))

static size_t box_size(const struct sema_box *box)
{
	size_t places = 0;

	for (unsigned kind = 0; kind < SEMA_PLACE__KINDS; kind++)
		places += box->places[kind].n;
	return places + box->paths.n + box->ports.n + box->endpoints.n + box->calls.n + box->env.n +
	       1;
}

static void join(struct sema *sema, struct sema_box *boxes, const struct sema_graph *graph,
		 uint32_t index)
{
	for (size_t s = 0; s < N_SECTIONS; s++) {
		for (size_t p = 0; p < graph->parents[index].n; p++)
			sections[s]->inherit(sema, &boxes[index],
					     &boxes[graph->parents[index].items[p]]);
		sections[s]->settle(sema, &boxes[index]);
	}
}

/* False, and reported, when it would become too much. */
static bool join_all(struct sema *sema, struct sema_box *boxes, const struct sema_graph *graph)
{
	size_t total = 0;

	for (size_t i = 0; i < sema->ast->sandboxes.n; i++) {
		uint32_t index = graph->order[i];

		for (size_t p = 0; p < graph->parents[index].n; p++)
			total += box_size(&boxes[graph->parents[index].items[p]]);
		if (total > SEMA_MAX_FLAT_GRANTS) {
			diag_report(
				sema->diags, DIAG_E0454, boxes[index].ast->name.span,
				"the sandboxes have more than %u grants, inherited ones counted",
				SEMA_MAX_FLAT_GRANTS);
			return false;
		}
		join(sema, boxes, graph, index);
	}
	return true;
}

static void lower_places(struct sema *sema, const struct sema_box *box, struct ir_sandbox *out)
{
	const struct sema_place_list *denies = &box->places[SEMA_PLACE_DENY];
	const struct sema_place_list *scratches = &box->places[SEMA_PLACE_SCRATCH];
	const struct sema_place_list *sockets = &box->places[SEMA_PLACE_UNIX];

	for (size_t i = 0; i < denies->n; i++)
		vec_add(sema->arena, &out->denies,
			((struct ir_deny){denies->items[i].text, denies->items[i].origin}));
	for (size_t i = 0; i < scratches->n; i++)
		vec_add(sema->arena, &out->scratches,
			((struct ir_scratch){scratches->items[i].text,
					     scratches->items[i].size_bytes,
					     scratches->items[i].origin}));
	for (size_t i = 0; i < sockets->n; i++)
		vec_add(sema->arena, &out->unix_sockets,
			((struct ir_unix){sockets->items[i].text, sockets->items[i].origin}));
}

/* What is denied as a whole is not granted. */
static void lower_paths(struct sema *sema, const struct sema_box *box, struct ir_sandbox *out)
{
	struct ir_deny_texts patterns = ir_deny_patterns(sema->arena, out);
	bool few = box->paths.n * patterns.n <= IR_PLAN_MAX_PAIRS;

	for (size_t i = 0; i < box->paths.n; i++) {
		const struct ir_path *path = &box->paths.items[i];

		if (!few || ir_deny_reach(sema->arena, &patterns, &path->text) != IR_DENY_ALL)
			vec_add(sema->arena, &out->paths, *path);
	}
}

static void lower_network(struct sema *sema, const struct sema_box *box, struct ir_sandbox *out)
{
	for (size_t i = 0; i < box->ports.n; i++)
		vec_add(sema->arena, &out->ports, box->ports.items[i]);
	for (size_t i = 0; i < box->endpoints.n; i++)
		vec_add(sema->arena, &out->endpoints, box->endpoints.items[i]);
}

static void lower_calls(struct sema *sema, struct sema_box *box, struct ir_sandbox *out)
{
	sema_default_calls(sema, box);
	sema_network_guards(sema, box, out);
	sema_guards(sema, box, out);
	sema_syscalls.settle(sema, box);
	for (size_t i = 0; i < box->calls.n; i++)
		vec_add(sema->arena, &out->calls, box->calls.items[i].call);
}

static void lower_box(struct sema *sema, struct sema_box box, struct ir_sandbox *out)
{
	out->name = box.ast->name.text;
	out->origin = sema_origin(sema, box.ast->name.span);
	out->best_effort = box.ast->best_effort.file != SPAN_NO_FILE;
	out->strict_exec = box.strict_exec;
	out->user = box.user;
	lower_places(sema, &box, out);
	lower_paths(sema, &box, out);
	lower_network(sema, &box, out);
	for (size_t i = 0; i < box.env.n; i++)
		vec_add(sema->arena, &out->env, box.env.items[i].env);
	for (uint32_t id = 0; id < WRIT_LIMIT__COUNT; id++) {
		out->limit_set[id] = box.limit_set[id];
		out->limits[id] = box.limits[id];
	}
	lower_calls(sema, &box, out);
}

static struct sema_box *own_boxes(struct sema *sema)
{
	size_t n = sema->ast->sandboxes.n;
	struct sema_box *boxes = arena_alloc(sema->arena, n * sizeof(*boxes));

	for (size_t i = 0; i < n; i++) {
		boxes[i].ast = &sema->ast->sandboxes.items[i];
		for (size_t s = 0; s < N_SECTIONS; s++)
			sections[s]->own(sema, &boxes[i]);
	}
	return boxes;
}

void sema_sandboxes(struct sema *sema)
{
	const struct sema_names *names = &sema->names[SEMA_SANDBOX];
	size_t n = sema->ast->sandboxes.n;
	struct ast_names *parents = arena_alloc(sema->arena, n * sizeof(*parents));
	struct sema_box *boxes = own_boxes(sema);
	struct sema_graph graph;

	sema_check_set_items(sema);
	if (n > SEMA_MAX_SANDBOXES) {
		diag_report(sema->diags, DIAG_E0456,
			    sema->ast->sandboxes.items[SEMA_MAX_SANDBOXES].name.span,
			    "this policy has %zu sandboxes; at most %u are possible", n,
			    SEMA_MAX_SANDBOXES);
		return;
	}
	for (size_t i = 0; i < n; i++)
		parents[i] = boxes[i].ast->parents;
	graph = sema_graph(sema, SEMA_SANDBOX, parents);
	if (!graph.usable || !join_all(sema, boxes, &graph))
		return;
	for (uint32_t id = 0; id < names->n_ids; id++)
		lower_box(sema, boxes[names->order[id]],
			  vec_push(sema->arena, &sema->ir->sandboxes));
}
