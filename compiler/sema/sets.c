/*
 * Sets: named lists of paths, hosts, system calls or tools.
 *
 * A set may hold other sets of its kind. Each is written out once here, so that its users see plain
 * items only, and go through them with their own checks: a wildcard is right in one place and wrong
 * in another. What is checked here is what holds for every use: the kind of the items, cycles, and
 * names that could mean two things. Where only strings can be items, every name is a set's; among
 * system calls and tools a name is a set's when a set of that kind is declared.
 */
#include "sema/pass.h"

static const struct set_kind {
	const char *word;
	bool of_texts;
} kinds[] = {
	[AST_SET_PATHS] = {"paths", true},
	[AST_SET_HOSTS] = {"hosts", true},
	[AST_SET_SYSCALLS] = {"syscalls", false},
	[AST_SET_TOOLS] = {"tools", false},
};

static const struct ast_set *set_at(const struct sema *sema, uint32_t index)
{
	return &sema->ast->sets.items[index];
}

static bool is_plain_name(struct str name)
{
	return name.len && name.ptr[0] != '@' && ir_pattern_is_exact(name);
}

const struct sema_set *sema_set_find(const struct sema *sema, struct str name,
				     enum ast_set_kind kind)
{
	uint32_t index;

	if (!map_get(&sema->names[SEMA_SET].first, name, &index) ||
	    set_at(sema, index)->kind != kind)
		return NULL;
	return &sema->sets[index];
}

static void report_kind(struct sema *sema, const struct ast_name *name, const struct ast_set *set,
			enum ast_set_kind wanted)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0216, name->span,
					"'%.*s' is a set of %s; a set of %s is needed here",
					STR_ARG(name->text), kinds[set->kind].word,
					kinds[wanted].word);

	diag_note(sema->diags, diag, set->name.span, "declared here");
}

const struct sema_set *sema_set(struct sema *sema, const struct ast_name *name,
				enum ast_set_kind kind)
{
	uint32_t index = sema_resolve(sema, SEMA_SET, name->text, name->span);

	if (index == IR_NONE)
		return NULL;
	if (set_at(sema, index)->kind == kind)
		return &sema->sets[index];
	report_kind(sema, name, set_at(sema, index), kind);
	return NULL;
}

/* Names that could mean two things. */
static void check_name(struct sema *sema, const struct ast_set *set)
{
	struct diag *diag;
	uint32_t tool;

	if (syscall_exists(set->name.text))
		diag_report(sema->diags, DIAG_E0114, set->name.span,
			    "'%.*s' is a system call; a set can't have its name",
			    STR_ARG(set->name.text));
	if (set->kind != AST_SET_TOOLS ||
	    !map_get(&sema->names[SEMA_TOOL].first, set->name.text, &tool))
		return;
	diag = diag_report(sema->diags, DIAG_E0115, set->name.span,
			   "'%.*s' is a tool; a set of tools can't have its name",
			   STR_ARG(set->name.text));
	diag_note(sema->diags, diag, sema->ast->tools.items[tool].pattern.span,
		  "the tool is declared here");
}

/* Does the item name another set? A report when that one is of another kind. */
static bool names_set(struct sema *sema, const struct ast_set *set, const struct ast_set_item *item)
{
	uint32_t index;

	if (item->is_text || !is_plain_name(item->name.text))
		return false;
	if (!map_get(&sema->names[SEMA_SET].first, item->name.text, &index))
		return kinds[set->kind].of_texts;
	if (set_at(sema, index)->kind == set->kind)
		return true;
	/* A tool may be called like a set of hosts. */
	if (set->kind != AST_SET_TOOLS)
		report_kind(sema, &item->name, set_at(sema, index), set->kind);
	return false;
}

static void check_item(struct sema *sema, const struct ast_set *set,
		       const struct ast_set_item *item)
{
	bool of_texts = kinds[set->kind].of_texts;
	struct span span = item->is_text ? item->text.span : item->name.span;

	if (item->is_text && !of_texts)
		diag_report(sema->diags, DIAG_E0217, span,
			    "a set of %s holds names, without quotes", kinds[set->kind].word);
	else if (!item->is_text && of_texts && !is_plain_name(item->name.text))
		diag_report(sema->diags, DIAG_E0217, span, "a set of %s holds strings",
			    kinds[set->kind].word);
	else if (set->kind == AST_SET_TOOLS && item->name.text.ptr[0] == '@')
		diag_report(sema->diags, DIAG_E0217, span,
			    "groups are of system calls, not of tools");
	else if (set->kind == AST_SET_TOOLS)
		sema_check_name_length(sema, item->name.text, span);
}

static bool fits(const struct ast_set *set, const struct ast_set_item *item)
{
	return item->is_text == kinds[set->kind].of_texts;
}

/* Checks a set's own items and keeps the plain ones; the names of sets go to held. */
static void own_items(struct sema *sema, uint32_t index, struct ast_names *held)
{
	const struct ast_set *set = set_at(sema, index);

	sema->sets[index].ast = set;
	check_name(sema, set);
	for (size_t i = 0; i < set->items.n; i++) {
		const struct ast_set_item *item = &set->items.items[i];

		if (names_set(sema, set, item)) {
			vec_add(sema->arena, held, item->name);
			continue;
		}
		check_item(sema, set, item);
		if (fits(set, item))
			vec_add(sema->arena, &sema->sets[index].items, item);
	}
}

/* Appends what a set holds through another, which has all its items already. */
static void add_items(struct sema *sema, struct sema_set *set, const struct sema_set *held,
		      struct map *seen)
{
	for (size_t i = 0; i < held->items.n; i++) {
		const struct ast_set_item *item = held->items.items[i];
		/* An item is known by its address: several ways lead to the same one. */
		uintptr_t address = (uintptr_t)item;
		struct str key = str_copy(sema->arena, (const char *)&address, sizeof(address));

		if (map_put(sema->arena, seen, key, 0))
			vec_add(sema->arena, &set->items, item);
	}
}

static void write_out(struct sema *sema, const struct sema_graph *graph)
{
	size_t total = 0;

	for (size_t i = 0; i < sema->ast->sets.n; i++) {
		uint32_t index = graph->order[i];
		const struct ir_indices *held = &graph->parents[index];
		struct map seen = {0};

		for (size_t h = 0; h < held->n && total <= SEMA_MAX_SET_ITEMS; h++) {
			total += sema->sets[held->items[h]].items.n;
			add_items(sema, &sema->sets[index], &sema->sets[held->items[h]], &seen);
		}
		total += sema->sets[index].items.n;
		if (total <= SEMA_MAX_SET_ITEMS)
			continue;
		diag_report(sema->diags, DIAG_E0457, set_at(sema, index)->name.span,
			    "the sets have more than %u items, those of sets they hold counted",
			    SEMA_MAX_SET_ITEMS);
		return;
	}
}

void sema_sets(struct sema *sema)
{
	size_t n = sema->ast->sets.n;
	struct ast_names *held = arena_alloc(sema->arena, n * sizeof(*held));
	struct sema_graph graph;

	sema->sets = arena_alloc(sema->arena, n * sizeof(*sema->sets));
	for (uint32_t i = 0; i < n; i++)
		own_items(sema, i, &held[i]);
	graph = sema_graph(sema, SEMA_SET, held);
	if (graph.usable)
		write_out(sema, &graph);
}
