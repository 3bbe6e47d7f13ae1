/*
 * The meaning of a policy, as plain data.
 *
 * Every name is resolved to an index, inheritance is already flattened (a sandbox holds what its
 * parents grant, a role lists the rules it has through them), and everything is in a canonical
 * order, so that equal sources give equal bytes. Back ends read this and nothing else. What is in
 * here is valid by construction: sema reports errors and makes no IR then.
 */
#ifndef WRIT_IR_IR_H
#define WRIT_IR_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"
#include "runtime/writ_format.h"
#include "tables/syscalls.h"

#define IR_NONE UINT32_MAX

/* Where something was written; kept for "why". */
struct ir_origin {
	struct str file;
	uint32_t line;
	uint32_t col;
};

/* Text with holes that are filled when the bundle is loaded. */
enum ir_part_kind { IR_PART_LITERAL, IR_PART_PARAM, IR_PART_HOME };

struct ir_part {
	enum ir_part_kind kind;
	struct str literal;
	uint32_t param;
};

struct ir_text {
	struct ir_part *parts; /* no two literals in a row, no empty literal */
	size_t n;
};

struct ir_param {
	struct str name;
	enum writ_param_type type;
	bool has_default;
	struct str fallback; /* in the spelling that the runtime parses: "443", "/srv/x" */
};

struct ir_tool {
	struct str name; /* may hold wildcards: then it lends its properties to tools seen at run
			    time */
	enum writ_tool_class class;
	uint32_t sandbox; /* or IR_NONE */
	bool declared;    /* false: only named by a rule */
};

struct ir_rule {
	enum writ_verdict_id verdict;
	struct str pattern;
	uint32_t role; /* that the rule is written in */
	struct ir_origin origin;
};

VEC_TYPE(ir_indices, uint32_t);

struct ir_role {
	struct str name;
	struct ir_indices
		rules; /* all effective: its own, then its ancestors', nearest first; no doubles */
};

struct ir_user {
	struct str name;
	struct ir_indices roles; /* sorted, no doubles */
};

struct ir_path {
	struct ir_text text; /* begins with "/", IR_PART_HOME or a path parameter */
	uint32_t rights;     /* WRIT_PATH_READ | WRIT_PATH_WRITE | WRIT_PATH_EXECUTE */
	struct ir_origin origin;
};

struct ir_port {
	uint32_t rights;      /* WRIT_PORT_CONNECT | WRIT_PORT_BIND */
	uint16_t first, last; /* a range, both ends included; equal for one port */
	uint32_t param;       /* the port is this parameter's value, or IR_NONE */
};

enum ir_call_verdict { IR_CALL_ALLOW, IR_CALL_ERRNO, IR_CALL_KILL };

/*
 * One system call rule. The verdict on a call is the strictest of the rules whose conditions all
 * hold: kill, then errno (of the first such rule), then allow. Where none matches, EPERM; for a
 * number the table does not know, and for clone3, ENOSYS.
 */
struct ir_call {
	struct str name;
	enum ir_call_verdict verdict;
	uint16_t error;                /* for IR_CALL_ERRNO: 1 to 4095 */
	const struct call_cond *conds; /* all must hold */
	uint32_t n_conds;
};

struct ir_env {
	enum writ_env_kind kind;
	struct str name;
	struct ir_text value; /* for WRIT_ENV_SET */
};

struct ir_sandbox {
	struct str name;
	bool best_effort;
	VEC(struct ir_path) paths; /* one entry a distinct text, rights joined; sorted by text */
	VEC(struct ir_port) ports; /* sorted, no doubles */
	VEC(struct ir_call) calls; /* sorted by name, then strictest first */
	VEC(struct ir_env) env;    /* one entry a name; sorted by name */
	bool limit_set[WRIT_LIMIT__COUNT];
	uint64_t limits[WRIT_LIMIT__COUNT];
};

struct ir_policy {
	struct str name;
	uint64_t version;
	VEC(struct ir_param) params; /* sorted by name */
	VEC(struct ir_tool) tools;   /* sorted by name: declared ones and exact names in rules */
	VEC(struct ir_rule) rules;   /* sorted: deny, then ask, then allow; each in source order */
	VEC(struct ir_role) roles;   /* sorted by name */
	VEC(struct ir_user) users;   /* sorted by name */
	VEC(struct ir_sandbox) sandboxes; /* sorted by name */
};

/* The one matcher of tool patterns: "*" stands for any bytes of a name, also none. */
bool ir_pattern_matches(struct str pattern, struct str name);
bool ir_pattern_is_exact(struct str pattern);

/* How many of a pattern's bytes are not "*". */
size_t ir_pattern_literals(struct str pattern);

/*
 * The reference meaning: the verdict of a set of roles on a tool name, decided by walking the
 * rules. *rule is the index of the rule that decided (the first of the strictest verdict), or
 * IR_NONE.
 */
enum writ_verdict_id ir_decide(const struct ir_policy *policy, const uint32_t *roles,
			       size_t n_roles, struct str tool, uint32_t *rule);

/*
 * The tool declaration a name belongs to: exact, else the pattern with most literal bytes (of
 * equals the first in byte order), else NULL.
 */
const struct ir_tool *ir_tool_for(const struct ir_policy *policy, struct str name);

/*
 * The reference meaning of the system call rules: a SECCOMP_RET_* value for a call that is known.
 */
uint32_t ir_call_verdict(const struct ir_sandbox *sandbox, enum arch arch, uint32_t number,
			 const uint64_t args[6]);

#endif
