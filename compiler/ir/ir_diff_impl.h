/*
 * What the parts of the comparison share. OLD and NEW index every pair.
 *
 * Names that differ between the policies but mean the same (indices of parameters, renamed
 * sandboxes and roles) are made comparable first: texts become keys, sandboxes and roles get
 * common ids. From then on equality is equality of bytes.
 */
#ifndef WRIT_IR_IR_DIFF_IMPL_H
#define WRIT_IR_IR_DIFF_IMPL_H

#include "base/map.h"
#include "ir/automaton.h"
#include "ir/ir_diff.h"

enum { OLD, NEW };

VEC_TYPE(diff_bytes, char);
VEC_TYPE(diff_entries, struct ir_diff_entry);

struct diff {
	struct arena *arena;
	const struct ir_policy *policy[2];
	struct diff_entries entries;
	uint32_t *sandbox_ids[2]; /* by sandbox: equal ids are one sandbox, perhaps renamed */
	uint32_t *role_ids[2];    /* the same of roles */
	struct map sandbox_pairs; /* effects of unlike sandboxes, already compared */
	struct diff_rules *rules;
	uint64_t work; /* tests looked at so far */
};

/* Texts: ir_diff_text.c */

/*
 * A text as bytes that are equal when the texts are, of whichever policy: a parameter is its name
 * between two NULs, which no literal holds; home is "~" between two.
 */
struct str diff_key(struct arena *arena, const struct ir_policy *policy,
		    const struct ir_text *text);
bool diff_key_is_literal(struct str key);

enum diff_relation {
	DIFF_UNRELATED, /* or not known */
	DIFF_SAME,
	DIFF_ABOVE, /* the first holds all of the second */
	DIFF_BELOW,
	DIFF_APART, /* nothing is in both */
};

/* Of two directory trees, by their keys. */
enum diff_relation diff_paths(struct str a, struct str b);

/* Of the hosts of two endpoints, each with its policy's key of its name. */
struct diff_host {
	const struct ir_endpoint *endpoint;
	struct str name;
	struct str param; /* name of the parameter that is the port, or empty */
};

struct diff_host diff_host(struct arena *arena, const struct ir_policy *policy,
			   const struct ir_endpoint *endpoint);
enum diff_relation diff_hosts(const struct diff_host *a, const struct diff_host *b);

/* Are a's ports all among b's? */
bool diff_ports_within(const struct diff_host *a, const struct diff_host *b);

/* Does every text that pattern q matches match p too? "Don't know" is false. */
bool diff_glob_covers(struct str p, struct str q);

void diff_put(struct arena *arena, struct diff_bytes *out, const void *bytes, size_t n);
/* The same with its length before it, so that a key can't be read in two ways. */
void diff_put_str(struct arena *arena, struct diff_bytes *out, struct str text);

/* "64MiB", "90s" */
struct str diff_size_text(struct diff *diff, uint64_t bytes);
struct str diff_duration_text(struct diff *diff, uint64_t ms);

/* Entries: ir_diff_text.c */

struct ir_diff_entry *diff_entry(struct diff *diff, struct diff_entries *list,
				 enum ir_diff_change change, enum ir_diff_effect effect);
void diff_object(struct diff *diff, struct ir_diff_entry *entry, struct str name,
		 const struct ir_origin *origin, int side);

/* What all entries together do. */
enum ir_diff_effect diff_effect_of(const struct diff_entries *list);
/* Of two effects together. */
enum ir_diff_effect diff_effect_join(enum ir_diff_effect a, enum ir_diff_effect b);

/* Truth tables: ir_diff_cases.c */

/* Facts about two atoms: combinations of their truth that can't come up. */
#define DIFF_NEVER_FF 1u
#define DIFF_NEVER_FT 2u /* the first false, the second true */
#define DIFF_NEVER_TF 4u
#define DIFF_NEVER_TT 8u

#define DIFF_MAX_ATOMS   512u
#define DIFF_MAX_VECTORS 8192u
#define DIFF_MAX_TABLE   (1u << 19) /* cells */
#define DIFF_MAX_CASES   (1u << 20) /* of one comparison */
#define DIFF_MAX_WORK    (1u << 29) /* tests looked at, of all comparisons */

/* The combinations of n atoms' truth that can come up, perhaps more, never fewer. */
struct diff_table {
	uint32_t n_atoms;
	uint32_t n_rows;
	uint8_t *rows; /* n_rows of n_atoms: 0 or 1 */
};

/* forbidden is a matrix of n_atoms x n_atoms, of which only i < j is read. -1: too many. */
int diff_table_build(struct arena *arena, uint32_t n_atoms, const uint8_t *forbidden,
		     struct diff_table *out);
/* Adds a row unless it is there. */
void diff_table_add(struct arena *arena, struct diff_table *table, struct map *known,
		    const uint8_t *row);

/* Decisions on calls: ir_diff_rules.c, ir_diff_where.c */

/* A rule's content without its place; equal contents have one id. */
struct diff_content {
	const struct ir_policy *policy;
	const struct ir_rule *rule;
	int side;
	uint32_t sandbox; /* common id, or IR_NONE */
	bool closes;      /* always matches: no later rule decides */
};

/* Rules in the order in which they are asked, as a path through a tree: the last one, the others.
 */
struct diff_chain {
	uint32_t before; /* chain 0 is empty */
	uint32_t content;
	uint32_t length;
	bool closed;
};

/* What became of one decision: up to a change of the verdict, of the rate and of the sandbox. */
struct diff_aspect {
	bool any;
	enum ir_diff_change change;
	enum ir_diff_effect effect;
	struct str before, after, example;
};

enum { ASPECT_VERDICT, ASPECT_RATE, ASPECT_SANDBOX, ASPECT__COUNT };

struct diff_decision {
	struct diff_aspect aspects[ASPECT__COUNT];
};

/* A tool name, or a class of names that the same wildcards match. */
struct diff_column {
	struct str name;
	bool is_class;
	struct ir_indices wilds;       /* that match */
	const struct ir_tool *tool[2]; /* whose properties it has, or NULL */
	uint32_t sandbox[2];           /* common id, or IR_NONE */
};

struct diff_rules {
	VEC(struct diff_column) columns;
	VEC(struct str) wilds;           /* distinct wildcards of both policies */
	struct map wild_ids, named;      /* wildcard to index, tool name to column */
	struct ir_indices *wild_columns; /* by wildcard, ascending */
	VEC(struct diff_content) contents;
	struct map content_ids;
	uint32_t *content_of[2]; /* by rule */
	VEC(struct diff_chain) chains;
	struct map chain_ids;
	VEC(struct diff_decision) decisions;
	struct map decision_ids;
	bool too_many_wildcards;
};

void diff_rules_init(struct diff *diff);

/* What some roles of each side may do, by column. */
struct diff_row {
	uint32_t *chains[2];
	uint32_t *permits[2]; /* a rule that allows or asks, or IR_NONE: for places */
	uint32_t *denies[2];
};

void diff_row_init(struct diff *diff, struct diff_row *row);
/* Roles of a side; none: everything is denied. */
void diff_row_fill(struct diff *diff, struct diff_row *row, int side,
		   const struct ir_indices *roles);

/* Have the roles the same rules, but for places? Then their rows are equal. */
bool diff_same_rules(struct diff *diff, const struct ir_indices *old, const struct ir_indices *new);

/* The columns that a rule is about: ascending. The one item of an exact name is put to *one. */
struct ir_indices diff_columns_of(const struct diff *diff, struct str pattern, uint32_t *one);

/* The index of what changed at a column; its aspects are all empty when nothing did. */
uint32_t diff_decide(struct diff *diff, uint32_t column, uint32_t old_chain, uint32_t new_chain);

/* The part of that which looks at conditions; own are the ids of the tool's own sandboxes. */
void diff_compare_chains(struct diff *diff, const uint32_t chains[2], const uint32_t own[2],
			 struct diff_decision *out);

/* What a chain permits, in words. */
struct str diff_chain_text(struct diff *diff, uint32_t chain);

/* Bytes that are equal when conditions are. */
void diff_put_where(struct arena *arena, struct diff_bytes *out, const struct ir_policy *policy,
		    const struct ir_where *where);
void diff_put_operand(struct arena *arena, struct diff_bytes *out, const struct ir_policy *policy,
		      const struct ir_where *test, const struct ir_operand *operand);

/* Roles, users, tools: ir_diff_roles.c, ir_diff_users.c */

void diff_match_roles(struct diff *diff);
void diff_roles(struct diff *diff);

/* The role of a side with a common id, or IR_NONE. */
uint32_t diff_role_at(const struct diff *diff, int side, uint32_t id);

/* Adds an entry for each way in which columns of the row changed. model: subject, name, note. */
void diff_report_row(struct diff *diff, const struct diff_row *row,
		     const struct ir_diff_entry *model);

/* Where the rule stands that made a column's decision what it is now; *side is whose it is. */
const struct ir_origin *diff_row_origin(const struct diff *diff, const struct diff_row *row,
					uint32_t column, enum ir_diff_effect effect, int *side);

/* "a, b, c and 4 more" */
struct str diff_list(struct diff *diff, const struct str *names, size_t n);

void diff_users(struct diff *diff);
void diff_tools(struct diff *diff);

/* Sandboxes: ir_diff_sandbox.c, ir_diff_network.c, ir_diff_calls.c */

/* Two sandboxes of the two policies; either may be NULL: it grants nothing. */
struct diff_pair {
	const struct ir_sandbox *side[2];
};

void diff_sandbox_contents(struct diff *diff, const struct diff_pair *pair,
			   struct diff_entries *out);
void diff_filesystem(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out);
void diff_network(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out);
void diff_calls(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out);

/* One thing of a sandbox that changed; those that changed in the same way share an entry. */
struct diff_item {
	enum ir_diff_change change;
	enum ir_diff_effect effect;
	struct str name;
	const struct ir_origin *origin; /* or NULL */
	int side;                       /* that the origin is of */
	struct str before, after;       /* such an item has an entry of its own; .len 0: none */
};

void diff_item(struct diff *diff, struct diff_entries *out, const struct diff_item *item);

void diff_match_sandboxes(struct diff *diff);
void diff_sandboxes(struct diff *diff);

/* The sandbox of a side with a common id, or NULL. */
const struct ir_sandbox *diff_sandbox_at(const struct diff *diff, int side, uint32_t id);

/*
 * What it means that a tool runs in b of NEW and ran in a of OLD (common ids, or IR_NONE). False
 * when nothing.
 */
bool diff_sandbox_change(struct diff *diff, uint32_t a, uint32_t b, struct diff_aspect *out);

#endif
