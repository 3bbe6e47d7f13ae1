/*
 * What the passes of sema share. Private to sema/.
 *
 * The passes run in the order of sema.c. Each reads the syntax tree and what earlier ones left in
 * struct sema, reports what is wrong, and goes on with what is usable, so that one run finds as
 * many mistakes as it can. Declarations are known by two numbers: their index in the tree, and
 * their id, the place of their name in sorted order, which is the index in the IR. IR_NONE is no
 * index and no id.
 */
#ifndef WRIT_SEMA_PASS_H
#define WRIT_SEMA_PASS_H

#include "base/map.h"
#include "sema/sema.h"

#define SEMA_MAX_INHERIT_DEPTH 64u
#define SEMA_MAX_SANDBOXES     4096u
#define SEMA_MAX_FLAT_RULES    (16u << 20) /* of all roles together, inherited ones counted again */
#define SEMA_MAX_FLAT_GRANTS   (4u << 20)  /* of all sandboxes together, likewise */
#define SEMA_MAX_TESTS         (1u << 18)  /* of all conditions together */
#define SEMA_MAX_SET_ITEMS     (1u << 20)  /* of all sets together, likewise */

enum sema_kind { SEMA_PARAM, SEMA_TOOL, SEMA_SANDBOX, SEMA_ROLE, SEMA_SET, SEMA_USER, SEMA__KINDS };

/* Every declaration of one kind. */
struct sema_names {
	struct ast_names list; /* by index; a repeated name is in it again */
	struct map first;      /* name to the index of its first declaration */
	uint32_t *ids;         /* index to id; IR_NONE for a repeated one */
	uint32_t *order;       /* id to index */
	uint32_t n_ids;
};

/* Who inherits from whom, of roles or of sandboxes, by index. */
struct sema_graph {
	struct ir_indices *parents;
	uint32_t *order; /* every index, parents first */
	bool usable;     /* false when there is a cycle: then order is not filled */
};

/* A set with the items of the sets it holds; those are not items themselves. */
struct sema_set {
	const struct ast_set *ast;
	VEC(const struct ast_set_item *) items; /* in source order, nearest first */
};

/* An argument that tools of a pattern have. */
struct sema_arg {
	const struct ir_arg *arg;
	const struct ir_tool *tool;  /* that has it */
	const struct ir_tool *other; /* that has it with another type, or NULL */
};

struct sema_args {
	const struct ir_tool *only; /* the one declared tool meant: it has no others; or NULL */
	struct map by_name;
	VEC(struct sema_arg) list;
};

struct sema_call {
	struct ir_call call;
	bool named_errno; /* the policy names the errno itself */
	bool of_group;    /* the policy names a group that the call is in */
};

struct sema_env {
	struct ir_env env;
	struct span span;
	bool own; /* stated by the sandbox itself, not inherited */
};

VEC_TYPE(sema_paths, struct ir_path);
VEC_TYPE(sema_ports, struct ir_port);
VEC_TYPE(sema_calls, struct sema_call);
VEC_TYPE(sema_envs, struct sema_env);
VEC_TYPE(sema_endpoints, struct ir_endpoint);

/* What a path says but grant: a denied pattern, a scratch directory, a unix socket. */
enum sema_place_kind { SEMA_PLACE_DENY, SEMA_PLACE_SCRATCH, SEMA_PLACE_UNIX, SEMA_PLACE__KINDS };

struct sema_place {
	struct ir_text text;
	uint64_t size_bytes; /* of a scratch directory */
	struct ir_origin origin;
	struct span span;
	bool own; /* stated by the sandbox itself, not inherited */
};

VEC_TYPE(sema_place_list, struct sema_place);

/* A sandbox on its way: what it states itself, then what it inherits too. */
struct sema_box {
	const struct ast_sandbox *ast;
	bool has_syscalls; /* it or an ancestor has a syscalls section */
	bool strict_exec;
	struct str user; /* or empty */
	struct span user_span;
	bool user_own; /* stated by the sandbox itself, not inherited */
	struct sema_paths paths;
	struct sema_ports ports;
	struct sema_endpoints endpoints;
	struct sema_place_list places[SEMA_PLACE__KINDS];
	struct sema_calls calls;
	struct sema_envs env;
	bool limit_own[WRIT_LIMIT__COUNT];
	bool limit_set[WRIT_LIMIT__COUNT];
	uint64_t limits[WRIT_LIMIT__COUNT];
};

struct sema {
	struct arena *arena;
	struct diag_list *diags;
	const struct ast *ast;
	struct ir_policy *ir;
	struct sema_names names[SEMA__KINDS];
	struct sema_set *sets; /* by index */
	struct map bad_items;  /* of sets, by address: what was reported once is not again */
	const struct ir_policy *lenders; /* holds the declared tools with wildcards only */
	struct map args_at;              /* pattern to index in args */
	VEC(const struct sema_args *) args;
	struct sema_graph roles;
	size_t n_tests; /* of all conditions */
};

/* names.c: declarations, and looking them up. */
void sema_names(struct sema *sema);
uint32_t sema_id(const struct sema *sema, enum sema_kind kind, uint32_t index);
bool sema_is_first(const struct sema *sema, enum sema_kind kind, uint32_t index);

/* The index of a declaration, or IR_NONE after reporting that there is none. */
uint32_t sema_resolve(struct sema *sema, enum sema_kind kind, struct str name, struct span span);
void sema_check_name_length(struct sema *sema, struct str name, struct span span);

/* "did you mean", when a name is near enough. */
void sema_nearest_help(struct sema *sema, struct diag *diag, const struct str_nearest *nearest);

/*
 * sets.c: the set that a name means, which is to be of this kind; NULL after reporting that there
 * is none. Items of PATHS and HOSTS have a text; those of SYSCALLS and TOOLS a name, also "@group"
 * and patterns.
 */
const struct sema_set *sema_set(struct sema *sema, const struct ast_name *name,
				enum ast_set_kind kind);

/*
 * Where a tool or a system call may stand as well: NULL, without a report, when the name is not a
 * set of this kind.
 */
const struct sema_set *sema_set_find(const struct sema *sema, struct str name,
				     enum ast_set_kind kind);

/* args.c: what a pattern's tools declare; after sema_tools. sema_arg may return NULL. */
const struct sema_args *sema_args(struct sema *sema, struct str pattern);
const struct sema_arg *sema_arg(const struct sema_args *args, struct str name);
void sema_note_arg(struct sema *sema, struct diag *diag, const struct ir_tool *tool,
		   struct str arg);
void sema_unknown_arg(struct sema *sema, const struct ast_name *name, const struct sema_args *args);

/* params.c: a value that a test binds. */
void sema_check_binding(struct sema *sema, const struct ast_binding *binding);

/* inherit.c */
struct sema_graph sema_graph(struct sema *sema, enum sema_kind kind,
			     const struct ast_names *parents);

/* text.c: strings with parameters in them. */
#define SEMA_TYPE(type) (1u << (type))
#define SEMA_ANY_TYPE   UINT32_MAX
const char *sema_a_type(enum ast_type type); /* "a path", "an int" */
struct ir_text sema_text(struct sema *sema, const struct ast_text *text, uint32_t types,
			 const char *where);
bool sema_plain_text(struct sema *sema, const struct ast_text *text, const char *where,
		     struct str *out);
int sema_text_cmp(const struct ir_text *a, const struct ir_text *b);
struct ir_origin sema_origin(const struct sema *sema, struct span span);

/* paths.c */
bool sema_path_text(struct sema *sema, const struct ast_text *text, struct ir_text *out);
/* The same, where "*" and "?" stand for characters of a name, and "**" alone for any names. */
bool sema_path_pattern(struct sema *sema, const struct ast_text *text, struct ir_text *out);

/*
 * endpoints.c: "name:443", "*.name:443", "10.0.0.0/8:*", "[2001:db8::1]:1-9", "udp://name:53",
 * "${host}:${port}". False after reporting what is wrong.
 */
bool sema_endpoint(struct sema *sema, const struct ast_text *text, struct ir_endpoint *out);
/* With rights (IR_ENDPOINT_*): what is denied may leave out the port. */
bool sema_granted_endpoint(struct sema *sema, const struct ast_text *text, uint32_t rights,
			   struct ir_endpoint *out);

/*
 * set_items.c: an item of a set, lowered. False when there is something wrong with it, which is
 * reported at its first use only. rights are IR_ENDPOINT_*, or 0 in a condition.
 */
bool sema_item_path(struct sema *sema, const struct ast_set_item *item, bool wildcards,
		    struct ir_text *out);
bool sema_item_endpoint(struct sema *sema, const struct ast_set_item *item, uint32_t rights,
			struct ir_endpoint *out);
/* Is it a system call or a group? */
bool sema_item_call(struct sema *sema, const struct ast_set_item *item);
void sema_check_set_items(struct sema *sema);

/* Reports statements of the sandbox's own that give a call two error numbers. */
void sema_check_errnos(struct sema *sema, const struct sema_box *box);

/* call_conds.c: the bits that a value has in the register of an argument. */
struct call_arg;
bool sema_call_value(struct sema *sema, const struct ast_value *value, const struct call_arg *arg,
		     uint64_t *out);
/* The position of the argument that a name means, with its type in *arg; -1 after reporting. */
int sema_call_arg(struct sema *sema, struct str call, const struct ast_name *name,
		  const struct call_arg **arg);
/* A total order of conditions. */
int sema_cond_cmp(const struct call_cond *a, const struct call_cond *b);
/* Adds a rule for each way in which all conditions of a statement can hold. */
void sema_add_conditional(struct sema *sema, struct sema_box *box, const struct ast_call *stated,
			  const struct sema_call *rule);

/* The passes, one a file. */
void sema_params(struct sema *sema);
void sema_sets(struct sema *sema);
void sema_tools(struct sema *sema);
void sema_roles(struct sema *sema);
void sema_users(struct sema *sema);
void sema_conflicts(struct sema *sema);
void sema_redacts(struct sema *sema);
void sema_audit(struct sema *sema);
void sema_tests(struct sema *sema);
void sema_sandboxes(struct sema *sema);

/* network.c: the system call rules that keep a sandbox to the ports it was granted. */
void sema_network_guards(struct sema *sema, struct sema_box *box, const struct ir_sandbox *out);

/* syscalls.c: what a sandbox without a syscalls section allows. */
void sema_default_calls(struct sema *sema, struct sema_box *box);

/*
 * guards.c: the rules that keep what else a sandbox promises. out has all but its calls, which are
 * the box's still.
 */
void sema_guards(struct sema *sema, struct sema_box *box, const struct ir_sandbox *out);
/* Reports a name that is no system call and no group; true when it is one. */
bool sema_check_call(struct sema *sema, const struct ast_name *name);

/*
 * A section of a sandbox: own() checks and lowers what the sandbox itself states, inherit() adds
 * one parent's (settled) statements, settle() brings everything into the canonical order without
 * doubles.
 */
struct sema_section {
	void (*own)(struct sema *sema, struct sema_box *box);
	void (*inherit)(struct sema *sema, struct sema_box *box, const struct sema_box *parent);
	void (*settle)(struct sema *sema, struct sema_box *box);
};

extern const struct sema_section sema_filesystem;
extern const struct sema_section sema_network;
extern const struct sema_section sema_places;
extern const struct sema_section sema_syscalls;
extern const struct sema_section sema_limits;
extern const struct sema_section sema_env;
extern const struct sema_section sema_demands;

#endif
