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

struct ir_arg {
	struct str name;
	enum writ_arg_kind kind;
	bool secret;
};

struct ir_tool {
	struct str name; /* may hold wildcards: then it lends its properties to tools seen at run
			    time */
	enum writ_tool_class class;
	uint32_t sandbox;        /* or IR_NONE */
	bool declared;           /* false: only named by a rule */
	VEC(struct ir_arg) args; /* sorted by name; of a declared one its own, else its lender's */
};

/* Names and addresses of peers: of network sections, and of "url in SET" conditions. */
enum ir_host_kind {
	IR_HOST_ANY,    /* "*" */
	IR_HOST_NAME,   /* exactly this name */
	IR_HOST_SUFFIX, /* "*.example.org": any name below, not example.org itself */
	IR_HOST_NET,    /* an address or a CIDR */
};

#define IR_ENDPOINT_CONNECT 1u
#define IR_ENDPOINT_BIND    2u
#define IR_ENDPOINT_DENY    4u
#define IR_ENDPOINT_SNI     16u /* with CONNECT: TLS must name it */

struct ir_endpoint {
	uint32_t rights; /* IR_ENDPOINT_*; 0 in a condition */
	bool udp;        /* only UDP; else TCP, and what is denied any protocol */
	enum ir_host_kind kind;
	struct ir_text name; /* NAME and SUFFIX (without the "*."): lower case, no dot at the end */
	uint8_t address[16]; /* NET: IPv6, or IPv4 mapped (::ffff:a.b.c.d); host bits are zero */
	uint8_t prefix; /* NET: 0 to 128; of IPv4 96 more than written; below 96 no IPv4 is meant */
	uint16_t first, last; /* ports, both included; 0 and 65535: any */
	uint32_t param;       /* the port is this parameter's value, or IR_NONE */
	struct ir_origin origin;
};

/*
 * A condition on the arguments of a call. A test is true, false, or unknown: the argument is
 * missing or is not of the test's type. Unknown goes through "not" unchanged; "and" and "or" are
 * Kleene's (false and unknown is false, true or unknown is true). An allow or ask rule matches when
 * its condition is true, a deny rule when it is not false: a missing argument never widens.
 */
enum ir_where_kind { IR_WHERE_AND, IR_WHERE_OR, IR_WHERE_NOT, IR_WHERE_TEST };

struct ir_operand {
	struct ir_text text;         /* of STRING_*, PATH_*, HOST_* and URL_* tests of texts */
	int64_t number;              /* of INT_* and BOOL_EQ (0 or 1) */
	struct ir_endpoint endpoint; /* of ENDPOINT, URL_IN and HOST_IN */
};

struct ir_where {
	enum ir_where_kind kind;
	VEC(struct ir_where *) kids; /* AND, OR: two or more, none of their own kind; NOT: one */
	struct str arg;              /* TEST: the argument's name */
	enum writ_test_op op;
	VEC(struct ir_operand) operands; /* true when one of them is; none for PRESENT */
	struct {
		struct str text;         /* of this test, as fmt prints it */
		struct ir_origin origin; /* where the test is written */
	} source;
};

struct ir_rule {
	enum writ_verdict_id verdict;
	struct str pattern;
	uint32_t role; /* that the rule is written in */
	struct ir_origin origin;
	const struct ir_where *where; /* or NULL: always */
	struct str condition; /* the where clause in canonical text, without "where"; or empty */
	uint32_t sandbox;     /* of "using", or IR_NONE: the tool's own */
	uint32_t rate;        /* calls a period, 0: no limit */
	uint32_t period_s;
	uint32_t burst; /* at least 1 when there is a rate */
};

VEC_TYPE(ir_indices, uint32_t);

struct ir_role {
	struct str name;
	struct ir_indices
		rules; /* all effective: its own, then its ancestors', nearest first; no doubles */
	struct ir_indices parents; /* as written */
	struct ir_origin origin;
};

struct ir_user {
	struct str name;
	struct ir_indices roles; /* sorted, no doubles */
};

struct ir_path {
	struct ir_text text; /* begins with "/", IR_PART_HOME or a path parameter */
	uint32_t rights;     /* WRIT_PATH_READ, _WRITE, _EXECUTE, and perhaps _REQUIRED */
	struct ir_origin origin;
};

struct ir_port {
	uint32_t rights;      /* WRIT_PORT_CONNECT | WRIT_PORT_BIND */
	uint16_t first, last; /* a range, both ends included; equal for one port */
	uint32_t param;       /* the port is this parameter's value, or IR_NONE */
	struct ir_origin origin;
};

/* From the most permissive to the strictest, as the kernel ranks the actions of filters. */
enum ir_call_verdict { IR_CALL_ALLOW, IR_CALL_LOG, IR_CALL_NOTIFY, IR_CALL_ERRNO, IR_CALL_KILL };

/*
 * One system call rule. The verdict on a call is the strictest of the rules whose conditions all
 * hold: kill, then errno (of the first such rule), then notify (a supervisor decides), then log
 * (allowed, and the kernel logs it), then allow. Where none matches, EPERM; for a number the table
 * does not know, and for clone3, ENOSYS.
 */
struct ir_call {
	struct str name;
	enum ir_call_verdict verdict;
	uint16_t error;                /* for IR_CALL_ERRNO: 1 to 4095 */
	const struct call_cond *conds; /* all must hold */
	uint32_t n_conds;
	bool guard; /* made by the compiler to keep another promise; no statement of the policy */
};

/* A path pattern that is refused inside what is granted: "*", "?" within a name, "**" any names. */
struct ir_deny {
	struct ir_text text;
	struct ir_origin origin;
};

/* A private file system in memory. */
struct ir_scratch {
	struct ir_text text;
	uint64_t size_bytes;
	struct ir_origin origin;
};

struct ir_unix { /* a unix socket that may be connected to */
	struct ir_text text;
	struct ir_origin origin;
};

struct ir_env {
	enum writ_env_kind kind;
	struct str name;
	struct ir_text value; /* for WRIT_ENV_SET */
};

struct ir_sandbox {
	struct str name;
	bool best_effort;
	bool strict_exec;          /* only what execute grants is mapped executable */
	struct str user;           /* to become when launched as root: a name, a number, or empty */
	VEC(struct ir_path) paths; /* one entry a distinct text, rights joined; sorted by text */
	VEC(struct ir_port) ports; /* sorted, no doubles */
	VEC(struct ir_call) calls; /* sorted by name, then strictest first */
	VEC(struct ir_env) env;    /* one entry a name; sorted by name */
	VEC(struct ir_deny) denies; /* sorted by text, no doubles, as the next two */
	VEC(struct ir_scratch) scratches;
	VEC(struct ir_unix) unix_sockets;
	VEC(struct ir_endpoint) endpoints; /* all but TCP grants of any host, which are in ports */
	struct ir_origin origin;
	bool limit_set[WRIT_LIMIT__COUNT];
	uint64_t limits[WRIT_LIMIT__COUNT];
};

struct ir_conflict {
	bool session;            /* not both active in one session; else: no user holds both */
	struct ir_indices roles; /* sorted, two or more */
	struct ir_origin origin;
};

struct ir_redact {
	struct str pattern; /* POSIX extended regular expression */
	struct ir_origin origin;
};

enum ir_audit_full { IR_AUDIT_BLOCK, IR_AUDIT_DENY, IR_AUDIT_DROP };

struct ir_audit {
	bool required; /* decisions wait for their records */
	enum ir_audit_full full;
	struct ir_origin origin;
};

struct ir_policy {
	struct str name;
	uint64_t version;
	struct ir_audit audit;
	VEC(struct ir_param) params; /* sorted by name */
	VEC(struct ir_tool) tools;   /* sorted by name: declared ones and exact names in rules */
	VEC(struct ir_rule) rules;   /* sorted: deny, then ask, then allow; each in source order */
	VEC(struct ir_role) roles;   /* sorted by name */
	VEC(struct ir_user) users;   /* sorted by name */
	VEC(struct ir_sandbox) sandboxes; /* sorted by name */
	VEC(struct ir_conflict) conflicts;
	VEC(struct ir_redact) redacts;
};

/* The one matcher of tool patterns: "*" stands for any bytes of a name, also none. */
bool ir_pattern_matches(struct str pattern, struct str name);
bool ir_pattern_is_exact(struct str pattern);

/* Is there a name that both match? */
bool ir_patterns_overlap(struct str a, struct str b);

/* How many of a pattern's bytes are not "*". */
size_t ir_pattern_literals(struct str pattern);

/*
 * The reference meaning: the verdict of a set of roles on a tool name, decided by walking the
 * rules. *rule is the index of the rule that decided (the first of the strictest verdict), or
 * IR_NONE. A call without arguments.
 */
enum writ_verdict_id ir_decide(const struct ir_policy *policy, const uint32_t *roles,
			       size_t n_roles, struct str tool, uint32_t *rule);

/* What the holes of texts are filled with. */
struct ir_values {
	const struct str
		*params; /* by index, every one bound: defaults are the caller's to fill in */
	struct str home;
};

/* text is read as the type that a test needs; with a NULL pointer it can't be read as any. */
struct ir_call_arg {
	struct str name;
	struct str text;
};

struct ir_call_list { /* an argument with several values, which are such texts */
	struct str name;
	const struct str *items;
	size_t n;
};

struct ir_request {
	const uint32_t *roles;
	size_t n_roles;
	struct str tool;
	const struct ir_call_arg *args;
	size_t n_args;
	const struct ir_call_list *lists;
	size_t n_lists;
	const struct ir_values *values;
};

/* The same with arguments, but without lists. The arena is for expanded texts. ir/ir_where.c */
enum writ_verdict_id ir_decide_plain(struct arena *arena, const struct ir_policy *policy,
				     const struct ir_request *request, uint32_t *rule);

/*
 * The same with lists: as if the call were made for each of their elements. *decider is the one of
 * these calls that decided, or was asked about last; NULL: nobody wants it. ir/ir_lists.c
 */
enum writ_verdict_id ir_decide_call(struct arena *arena, const struct ir_policy *policy,
				    const struct ir_request *request, uint32_t *rule,
				    struct ir_request *decider);

/* Is a rule one of the request's roles'? */
bool ir_request_has_rule(const struct ir_policy *policy, const struct ir_request *request,
			 uint32_t rule);

enum ir_truth { IR_FALSE, IR_UNKNOWN, IR_TRUE };

/* The truth of a condition, or of one test of it, for a call without lists. */
enum ir_truth ir_where_truth(struct arena *arena, const struct ir_where *where,
			     const struct ir_request *request);

/* Is it a host's name or address, as an argument of type host has one? */
bool ir_is_host(struct str text);

/* Could a URL's text be compared with this one? docs/language.md, "Conditions". */
bool ir_is_plain_url(struct str text);

/* Are a test's operands endpoints? */
bool ir_test_has_endpoints(enum writ_test_op op);

/* The tool, or the pattern of tools, of exactly this name, or NULL. */
const struct ir_tool *ir_tool_named(const struct ir_policy *policy, struct str name);

/*
 * The tool declaration a name belongs to: exact, else the pattern with most literal bytes (of
 * equals the first in byte order), else NULL.
 */
const struct ir_tool *ir_tool_for(const struct ir_policy *policy, struct str name);

/* Does a condition hold of the argument it tests? The kernel reads as many bits as it has. */
bool ir_cond_holds(const struct call_cond *cond, uint64_t arg);

/* Could a rule match a call one of whose arguments has this value? */
bool ir_call_takes(const struct ir_call *rule, uint8_t arg, uint64_t value);

/* Where the rules of a call begin, or would: they are sorted by name. */
size_t ir_first_call(const struct ir_sandbox *sandbox, struct str name);

/*
 * The reference meaning of the system call rules: a SECCOMP_RET_* value for a call that is known.
 */
uint32_t ir_call_verdict(const struct ir_sandbox *sandbox, enum arch arch, uint32_t number,
			 const uint64_t args[6]);

#endif
