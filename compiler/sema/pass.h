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

enum sema_kind { SEMA_PARAM, SEMA_TOOL, SEMA_SANDBOX, SEMA_ROLE, SEMA_USER, SEMA__KINDS };

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

struct sema_call {
	struct ir_call call;
	bool named_errno; /* the policy names the errno itself */
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

/* A sandbox on its way: what it states itself, then what it inherits too. */
struct sema_box {
	const struct ast_sandbox *ast;
	bool has_syscalls; /* it or an ancestor has a syscalls section */
	struct sema_paths paths;
	struct sema_ports ports;
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
};

/* names.c: declarations, and looking them up. */
void sema_names(struct sema *sema);
uint32_t sema_id(const struct sema *sema, enum sema_kind kind, uint32_t index);
bool sema_is_first(const struct sema *sema, enum sema_kind kind, uint32_t index);

/* The index of a declaration, or IR_NONE after reporting that there is none. */
uint32_t sema_resolve(struct sema *sema, enum sema_kind kind, struct str name, struct span span);
void sema_check_name_length(struct sema *sema, struct str name, struct span span);

/* Keeps the candidate nearest to a misspelt name. */
struct sema_nearest {
	struct str wanted;
	struct str best; /* .ptr NULL: nothing is near */
	unsigned distance;
};

struct sema_nearest sema_nearest(struct str wanted);
void sema_nearest_offer(struct sema_nearest *nearest, struct str candidate);
void sema_nearest_help(struct sema *sema, struct diag *diag, const struct sema_nearest *nearest);

/* inherit.c */
struct sema_graph sema_graph(struct sema *sema, enum sema_kind kind,
			     const struct ast_names *parents);

/* text.c: strings with parameters in them. */
#define SEMA_TYPE(type) (1u << (type))
#define SEMA_ANY_TYPE   UINT32_MAX
const char *sema_type_name(enum ast_type type);
struct ir_text sema_text(struct sema *sema, const struct ast_text *text, uint32_t types,
			 const char *where);
bool sema_plain_text(struct sema *sema, const struct ast_text *text, const char *where,
		     struct str *out);
int sema_text_cmp(const struct ir_text *a, const struct ir_text *b);
struct ir_origin sema_origin(const struct sema *sema, struct span span);

/* paths.c */
bool sema_path_text(struct sema *sema, const struct ast_text *text, struct ir_text *out);

/* The passes, one a file. */
void sema_params(struct sema *sema);
void sema_tools(struct sema *sema);
void sema_roles(struct sema *sema);
void sema_users(struct sema *sema);
void sema_sandboxes(struct sema *sema);

/* network.c: the system call rules that keep a sandbox to the ports it was granted. */
void sema_network_guards(struct sema *sema, struct sema_box *box);

/* syscalls.c: the rules every sandbox has, whatever its policy says. */
void sema_launch_guards(struct sema *sema, struct sema_box *box);
void sema_default_calls(struct sema *sema, struct sema_box *box);

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
extern const struct sema_section sema_syscalls;
extern const struct sema_section sema_limits;
extern const struct sema_section sema_env;

#endif
