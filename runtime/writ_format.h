/*
 * The bundle: what the compiler writes and the runtime enforces, byte for byte.
 *
 * A bundle is a header, a table of sections and the sections. Each section is an array of one
 * fixed-width record; all integers are little-endian; sections begin at multiples of 8 and the gaps
 * are zero. Nothing in here is trusted: the runtime copies the file to private memory and checks
 * every field before use (runtime/verify.c); docs/format.md is for people. With what it includes it
 * is all that the compiler and the runtime share. It holds no functions.
 */
#ifndef WRIT_FORMAT_H
#define WRIT_FORMAT_H

#include "writ_format_sign.h"
/* The first bytes: not text, a name, then line endings that a text-mode copy would change. */
#define WRIT_MAGIC          "\x7fWRT\r\n\x1a\n"
#define WRIT_MAGIC_SIZE     8u
#define WRIT_FORMAT_VERSION 5u
#define WRIT_DIGEST_SIZE    32u
#define WRIT_ALIGN          8u
#define WRIT_NONE           UINT32_MAX

/* Limits that both sides hold to; the compiler has a diagnostic for each. */
#define WRIT_MAX_BUNDLE     (256u << 20)
#define WRIT_MAX_SECTIONS   64u
#define WRIT_MAX_NAME       255u  /* bytes of a role, tool, user, sandbox or parameter name */
#define WRIT_MAX_TEXT       4095u /* bytes of an expanded path or value: PATH_MAX without its NUL */
#define WRIT_MAX_RULES      65534u
#define WRIT_MAX_INSNS      4096u /* BPF_MAXINSNS: the kernel's limit for one filter */
#define WRIT_MAX_STATES     65535u
#define WRIT_MAX_CELLS      (1u << 26) /* rows times columns: what opening has to look at */
#define WRIT_MAX_BLOCKS     65536u     /* different ones */
#define WRIT_MIN_BLOCK_BITS 2u
#define WRIT_MAX_SANDBOXES  4096u
#define WRIT_MAX_FILTERS    (3u * WRIT_MAX_SANDBOXES) /* one for each architecture there is */
#define WRIT_MAX_GRANTS     4096u  /* paths, ports and variables of one sandbox, each */
#define WRIT_MAX_ALL        65536u /* the same of all sandboxes together, each; different calls */
#define WRIT_MAX_RANGE      1024u  /* ports in one range: each is a rule of its own in the kernel */
#define WRIT_MAX_UDP_PORTS  64u    /* that a sandbox may send to: the gate listens on each */
#define WRIT_MAX_ARGS       64u    /* arguments of one tool, and of one call */
#define WRIT_MAX_TESTS      1024u  /* in one rule's condition */
#define WRIT_MAX_OPERANDS   1024u  /* of one test */
#define WRIT_MAX_PATTERN    255u   /* bytes of a "matches" pattern */
#define WRIT_MAX_NAMES      63u    /* of a denied path, between its slashes */
#define WRIT_MAX_CHAIN      4096u  /* rules that decide one role's calls of one tool */
#define WRIT_MAX_CHAIN_WORK (1u << 26) /* lengths of all chains: what opening looks at */
#define WRIT_MAX_CONDITION  65536u     /* bytes of a where clause as text */
#define WRIT_MAX_EXPANDED   (1u << 26) /* bytes and parts of all texts: what opening keeps */
#define WRIT_MAX_VALUE      (1u << 20) /* bytes of an argument; no test holds of a longer one */

struct writ_fmt_header {
	uint8_t magic[WRIT_MAGIC_SIZE];
	uint32_t format_version;
	uint32_t n_sections;
	uint64_t file_size;
	uint8_t digest[WRIT_DIGEST_SIZE]; /* SHA-256 of the whole file with this field zero */
	uint64_t reserved;                /* zero */
};
_Static_assert(sizeof(struct writ_fmt_header) == 64, "on disk");

/*
 * Sections, one row each: SECTION(id, name, record type). id is on disk: never renumber. A section
 * of a kind the runtime does not know is refused if it is flagged WRIT_SECTION_REQUIRED. Each known
 * section stands exactly once, in this order, also when empty.
 */
#define WRIT_SECTIONS(SECTION)                                                                     \
	SECTION(1, STRINGS, uint8_t)                                                               \
	SECTION(2, POLICY, struct writ_fmt_policy)                                                 \
	SECTION(3, PARAMS, struct writ_fmt_param)                                                  \
	SECTION(4, PARTS, struct writ_fmt_part)                                                    \
	SECTION(5, SANDBOXES, struct writ_fmt_sandbox)                                             \
	SECTION(6, PATHS, struct writ_fmt_path)                                                    \
	SECTION(7, PORTS, struct writ_fmt_port)                                                    \
	SECTION(8, LANDLOCK, struct writ_fmt_landlock)                                             \
	SECTION(9, FILTERS, struct writ_fmt_filter)                                                \
	SECTION(10, INSNS, struct writ_fmt_insn)                                                   \
	SECTION(11, LIMITS, struct writ_fmt_limit)                                                 \
	SECTION(12, ENV, struct writ_fmt_env)                                                      \
	SECTION(13, RULES, struct writ_fmt_rule)                                                   \
	SECTION(14, ROLES, struct writ_fmt_role)                                                   \
	SECTION(15, USERS, struct writ_fmt_user)                                                   \
	SECTION(16, COLUMNS, struct writ_fmt_column)                                               \
	SECTION(17, ROLE_INDEX, struct writ_fmt_slot)                                              \
	SECTION(18, USER_INDEX, struct writ_fmt_slot)                                              \
	SECTION(19, TOOL_INDEX, struct writ_fmt_slot)                                              \
	SECTION(20, CELLS, uint16_t)                                                               \
	SECTION(21, CHAR_CLASSES, uint8_t)                                                         \
	SECTION(22, STATES, uint16_t)                                                              \
	SECTION(23, ACCEPTS, uint32_t)                                                             \
	SECTION(24, CHAINS, struct writ_fmt_range)                                                 \
	SECTION(25, CHAIN_RULES, uint16_t)                                                         \
	SECTION(26, TESTS, struct writ_fmt_test)                                                   \
	SECTION(27, OPERANDS, struct writ_fmt_operand)                                             \
	SECTION(28, ENDPOINTS, struct writ_fmt_endpoint)                                           \
	SECTION(29, DENIES, struct writ_fmt_place)                                                 \
	SECTION(30, SCRATCHES, struct writ_fmt_place)                                              \
	SECTION(31, UNIX_SOCKETS, struct writ_fmt_place)                                           \
	SECTION(32, CALLS, struct writ_fmt_call)                                                   \
	SECTION(33, CALL_CONDS, struct writ_fmt_call_cond)                                         \
	SECTION(34, TOOLS, struct writ_fmt_tool)                                                   \
	SECTION(35, ARGS, struct writ_fmt_arg)                                                     \
	SECTION(36, ROLE_INFO, struct writ_fmt_role_info)                                          \
	SECTION(37, USER_INFO, struct writ_fmt_user_info)                                          \
	SECTION(38, CONFLICTS, struct writ_fmt_conflict)                                           \
	SECTION(39, REDACTS, struct writ_fmt_redact)                                               \
	SECTION(40, INDICES, uint32_t)                                                             \
	SECTION(41, BLOCKS, uint16_t)                                                              \
	SECTION(42, CALL_LISTS, uint16_t)

enum writ_section_id {
#define SECTION(id, name, type) WRIT_SECTION_##name = id,
	WRIT_SECTIONS(SECTION)
#undef SECTION
};
#define WRIT_KNOWN_SECTIONS 42u

#define WRIT_SECTION_REQUIRED 1u

struct writ_fmt_section {
	uint32_t id;
	uint32_t flags;
	uint64_t offset; /* from the beginning of the file, a multiple of WRIT_ALIGN */
	uint64_t size;   /* in bytes, a multiple of the record's size */
};
_Static_assert(sizeof(struct writ_fmt_section) == 24, "on disk");

/*
 * Bytes in STRINGS, none of them NUL, and behind them one that is. Those of names are unique by
 * content and never empty. The empty string is 0, 0.
 */
struct writ_fmt_str {
	uint32_t offset;
	uint32_t len;
};

/* A run of records in another section. */
struct writ_fmt_range {
	uint32_t first;
	uint32_t count;
};

#define WRIT_AUDITS_REQUIRED 1u /* decisions wait for their records, */
#define WRIT_AUDITS_DENY     2u /* and when these can't be kept: deny at once, */
#define WRIT_AUDITS_DROP     4u /* or leave them out; else wait for some time, then deny */

struct writ_fmt_policy { /* exactly one record */
	struct writ_fmt_str name;
	uint64_t version;
	uint32_t n_deny;     /* rules [0, n_deny) deny, */
	uint32_t n_ask;      /* the next n_ask ask, the rest allow */
	uint32_t n_rows;     /* of the decision table */
	uint32_t n_named;    /* columns [0, n_named) are tools by name, the rest classes */
	uint32_t n_classes;  /* character classes: the width of a row of STATES */
	uint32_t start;      /* the first state */
	uint32_t block_bits; /* a block has 1 << block_bits cells; 0 in a table without cells */
	uint32_t audit;      /* WRIT_AUDITS_*: DROP alone, or the others */
};
_Static_assert(sizeof(struct writ_fmt_policy) == 48, "on disk");

enum writ_param_type {
	WRIT_PARAM_STRING = 1,
	WRIT_PARAM_PATH = 2,
	WRIT_PARAM_HOST = 3,
	WRIT_PARAM_PORT = 4,
	WRIT_PARAM_INT = 5,
	WRIT_PARAM_SIZE = 6,
	WRIT_PARAM_DURATION = 7,
};

struct writ_fmt_param {
	struct writ_fmt_str name;
	uint32_t type;        /* enum writ_param_type */
	uint32_t has_default; /* 0 or 1 */
	struct writ_fmt_str fallback;
};
_Static_assert(sizeof(struct writ_fmt_param) == 24, "on disk");

/* A text is a run of parts, expanded when the bundle is loaded. */
enum writ_part_kind { WRIT_PART_LITERAL = 1, WRIT_PART_PARAM = 2, WRIT_PART_HOME = 3 };

struct writ_fmt_part {
	uint32_t kind;
	uint32_t param;           /* for PARAM, else 0 */
	struct writ_fmt_str text; /* for LITERAL, else 0, 0 */
};
_Static_assert(sizeof(struct writ_fmt_part) == 16, "on disk");

#define WRIT_SANDBOX_BEST_EFFORT 1u
#define WRIT_SANDBOX_STRICT_EXEC 2u

/* What enforces a sandbox beside Landlock, seccomp and limits (docs/plan.md), one row each. */
#define WRIT_PLANS(PLAN)                                                                           \
	PLAN(0, KEEPER, "keeper", "a process of ours stays with the launch and ends it")           \
	PLAN(1, PID_NS, "PID namespace", "no process outlives it, none outside is seen")           \
	PLAN(2, MOUNT_NS, "mount namespace", "mounts of the launch's own")                         \
	PLAN(3, READ_ONLY, "read-only mounts", "no metadata is changed outside the write grants")  \
	PLAN(4, NOEXEC, "noexec mounts", "nothing is mapped executable but what may be executed")  \
	PLAN(5, PROC, "procfs of its own", "/proc shows the launch's processes only")              \
	PLAN(6, BROKER, "broker", "files are opened on the tool's behalf, denied ones are not")    \
	PLAN(7, NETWORK, "net gate", "connections are made on the tool's behalf, as is listed")    \
	PLAN(8, RESOLVER, "resolver", "names are looked up and datagrams sent on, those listed")

enum writ_plan {
#define PLAN(bit, id, name, doc) WRIT_PLAN_##id = 1 << bit,
	WRIT_PLANS(PLAN)
#undef PLAN
};
#define WRIT_KNOWN_PLANS 0x1ffu

struct writ_fmt_sandbox {
	struct writ_fmt_str name;
	uint32_t flags;
	uint32_t plan; /* enum writ_plan bits */
	struct writ_fmt_range paths;
	struct writ_fmt_range ports;
	struct writ_fmt_range landlock; /* variants, ascending by abi; the first has abi 1 */
	struct writ_fmt_range filters;  /* at most one for an architecture */
	struct writ_fmt_range limits;
	struct writ_fmt_range env;
	struct writ_fmt_range endpoints;
	struct writ_fmt_range denies;
	struct writ_fmt_range scratches;
	struct writ_fmt_range unix_sockets;
	struct writ_fmt_range calls; /* of CALL_LISTS: indices of CALLS, strictly ascending */
	struct writ_fmt_str user;    /* to become when launched as root: name or number; or empty */
};
_Static_assert(sizeof(struct writ_fmt_sandbox) == 112, "on disk");

/* What a policy grants on a path (the language's rights; bits of writ_fmt_path.rights). */
#define WRIT_PATH_READ    1u
#define WRIT_PATH_WRITE   2u
#define WRIT_PATH_EXECUTE 4u
/* The compiler added this path (an ELF interpreter): nobody is warned when it does not exist. */
#define WRIT_PATH_IMPLIED 8u
/* The policy demands that it exists: else the sandbox is refused. */
#define WRIT_PATH_REQUIRED 16u

/*
 * A grant on a file or a directory tree. access holds LANDLOCK_ACCESS_FS_* bits; the runtime keeps
 * those that the chosen variant handles and, on what is not a directory, only those that a file may
 * have.
 */
struct writ_fmt_path {
	struct writ_fmt_range text; /* of PARTS */
	uint32_t rights;
	uint32_t reserved;
	uint64_t access;
};
_Static_assert(sizeof(struct writ_fmt_path) == 24, "on disk");

#define WRIT_PORT_CONNECT 1u
#define WRIT_PORT_BIND    2u

struct writ_fmt_port {
	uint32_t rights;
	uint16_t first; /* first to last, both included; 0, 0 when param names the port */
	uint16_t last;
	uint32_t param; /* index of a port parameter, or WRIT_NONE */
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_port) == 16, "on disk");

/* Why a host's Landlock is not enough for a sandbox: bits of writ_fmt_landlock.lacking. */
#define WRIT_LACKINGS(LACKING)                                                                     \
	LACKING(0, TRUNCATE, 3, "truncate(2) on files outside the write grants")                   \
	LACKING(1, NET_PORT, 4, "TCP connect and bind limited to the listed ports")                \
	LACKING(2, IOCTL_DEV, 5, "ioctl(2) on device files under the granted trees")               \
	LACKING(3, SIGNAL, 6, "signals kept inside the sandbox")                                   \
	LACKING(4, ABSTRACT_UNIX, 6, "abstract unix sockets kept inside the sandbox")

enum writ_lacking {
#define LACKING(bit, id, abi, doc) WRIT_LACKS_##id = 1 << bit,
	WRIT_LACKINGS(LACKING)
#undef LACKING
};

/*
 * What to ask of a kernel whose Landlock ABI is abi or higher, up to the next variant. lacking is
 * what the sandbox needs and such a kernel can't do: not zero is a refusal, unless the sandbox is
 * best effort.
 */
struct writ_fmt_landlock {
	uint32_t abi;
	uint32_t lacking;
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};
_Static_assert(sizeof(struct writ_fmt_landlock) == 32, "on disk");

struct writ_fmt_filter {
	uint32_t audit_arch; /* AUDIT_ARCH_*, <linux/audit.h> */
	uint32_t reserved;
	struct writ_fmt_range insns;
};
_Static_assert(sizeof(struct writ_fmt_filter) == 16, "on disk");

struct writ_fmt_insn { /* struct sock_filter, <linux/filter.h> */
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};
_Static_assert(sizeof(struct writ_fmt_insn) == 8, "on disk");

enum writ_limit_id {
#define LIMIT(id, name, unit, doc) WRIT_LIMIT_##id,
#include "limits.def"
#undef LIMIT
	WRIT_LIMIT__COUNT
};

struct writ_fmt_limit {
	uint32_t id; /* ascending within a sandbox */
	uint32_t reserved;
	uint64_t value; /* milliseconds, bytes or a count; at least 1 */
};
_Static_assert(sizeof(struct writ_fmt_limit) == 16, "on disk");

enum writ_env_kind { WRIT_ENV_PASS = 1, WRIT_ENV_SET = 2, WRIT_ENV_SECRET = 3 };

struct writ_fmt_env {
	uint32_t kind;
	uint32_t reserved;
	struct writ_fmt_str name;
	struct writ_fmt_range value; /* of PARTS, for SET */
};
_Static_assert(sizeof(struct writ_fmt_env) == 24, "on disk");

enum writ_verdict_id { WRIT_VERDICT_DENY = 0, WRIT_VERDICT_ASK = 1, WRIT_VERDICT_ALLOW = 2 };

/*
 * A rule; the verdict is in its position (see writ_fmt_policy). file, line and col are empty and 0
 * in a bundle compiled without places.
 */
struct writ_fmt_rule {
	struct writ_fmt_str pattern;
	uint32_t role;
	uint32_t line;
	uint32_t col;
	uint32_t sandbox; /* of "using", or WRIT_NONE: the tool's own */
	struct writ_fmt_str file;
	struct writ_fmt_range where;   /* of TESTS; none: the rule always matches */
	struct writ_fmt_str condition; /* the where clause as text, for telling why */
	uint32_t rate;                 /* calls a period, 0: no limit */
	uint32_t period_s;
	uint32_t burst;
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_rule) == 64, "on disk");

/* Types of tool arguments. */
enum writ_arg_kind {
	WRIT_ARG_STRING = 1,
	WRIT_ARG_PATH = 2,
	WRIT_ARG_URL = 3,
	WRIT_ARG_HOST = 4,
	WRIT_ARG_INT = 5,
	WRIT_ARG_BOOL = 6,
};

/*
 * What a test does with the value of an argument, one row each: TEST(id, name, operand, doc).
 * operand is TEXT (of PARTS, put together when the bundle is loaded), NUMBER, ENDPOINT or NONE.
 * What each does exactly is in docs/language.md, "Conditions". A value that is not of the test's
 * type makes the test unknown.
 */
#define WRIT_TESTS(TEST)                                                                           \
	TEST(1, PRESENT, NONE, "the argument is given")                                            \
	TEST(2, STRING_EQ, TEXT, "equal, byte for byte")                                           \
	TEST(3, STRING_MATCHES, TEXT, "'*' any bytes, '?' one byte")                               \
	TEST(4, PATH_EQ, TEXT, "the same path, both normalised")                                   \
	TEST(5, PATH_UNDER, TEXT, "the same or below, both normalised")                            \
	TEST(6, PATH_MATCHES, TEXT, "normalised; '*', '?' within a name, '**' any names")          \
	TEST(7, HOST_EQ, TEXT, "the same host: no case, no dot at the end")                        \
	TEST(8, HOST_MATCHES, TEXT, "as HOST_EQ; '*' any bytes")                                   \
	TEST(9, ENDPOINT, ENDPOINT, "the URL's or host's name and port are listed")                \
	TEST(10, INT_EQ, NUMBER, "==")                                                             \
	TEST(11, INT_LT, NUMBER, "<")                                                              \
	TEST(12, INT_LE, NUMBER, "<=")                                                             \
	TEST(13, INT_GT, NUMBER, ">")                                                              \
	TEST(14, INT_GE, NUMBER, ">=")                                                             \
	TEST(15, BOOL_EQ, NUMBER, "true is 1, false is 0")                                         \
	TEST(16, URL_EQ, TEXT, "a URL, in its one spelling: byte for byte")                        \
	TEST(17, URL_MATCHES, TEXT, "as URL_EQ; '*' any bytes, '?' one byte")                      \
	TEST(18, URL_IN, ENDPOINT, "as ENDPOINT, of a URL only")                                   \
	TEST(19, HOST_IN, ENDPOINT, "as ENDPOINT, of a host only")

enum writ_test_op {
#define TEST(id, name, operand, doc) WRIT_TEST_##name = id,
	WRIT_TESTS(TEST)
#undef TEST
};

/*
 * One step of a rule's condition. The condition is in negation normal form: "not" is only at tests
 * (NEGATED). Evaluation begins at the first test of the rule's range; a test that holds goes on at
 * yes, else at no: an index relative to the range's first, greater than the test's own, or MATCH or
 * FAIL. An unknown test holds in a deny rule, negated or not, and in no other. Jumps are those of
 * "and" and "or" of the tests, nested anyhow: taken in order, tests join to one that leads to MATCH
 * and FAIL (runtime/verify_conditions.c).
 */
#define WRIT_TEST_NEGATED 1u
#define WRIT_TEST_MATCH   0xffffffffu
#define WRIT_TEST_FAIL    0xfffffffeu

struct writ_fmt_test {
	struct writ_fmt_str arg;
	uint16_t op; /* enum writ_test_op */
	uint16_t flags;
	uint32_t yes;
	uint32_t no;
	struct writ_fmt_range operands; /* the test is true when it is for one of them */
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_test) == 32, "on disk");

struct writ_fmt_operand {
	struct writ_fmt_range text; /* of PARTS */
	int64_t number;
	uint32_t endpoint; /* of ENDPOINTS, or WRIT_NONE */
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_operand) == 24, "on disk");

enum writ_host_kind {
	WRIT_HOST_ANY = 0,
	WRIT_HOST_NAME = 1,
	WRIT_HOST_SUFFIX = 2,
	WRIT_HOST_NET = 3
};

#define WRIT_ENDPOINT_CONNECT 1u
#define WRIT_ENDPOINT_BIND    2u
#define WRIT_ENDPOINT_DENY    4u
#define WRIT_ENDPOINT_UDP     8u
#define WRIT_ENDPOINT_SNI     16u /* with CONNECT, of names: TLS must name it */

struct writ_fmt_endpoint {
	uint32_t flags;             /* WRIT_ENDPOINT_* */
	uint32_t kind;              /* enum writ_host_kind */
	struct writ_fmt_range name; /* of PARTS, for NAME and SUFFIX (without "*.") */
	uint8_t address[16];        /* for NET; IPv4 as ::ffff:a.b.c.d */
	uint32_t prefix;            /* for NET: 0 to 128 */
	uint16_t first;             /* ports, both included; 0 to 65535: any */
	uint16_t last;
	uint32_t param; /* index of a port parameter, or WRIT_NONE */
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_endpoint) == 48, "on disk");

/* A denied path pattern, a scratch directory or a unix socket. */
struct writ_fmt_place {
	struct writ_fmt_range text; /* of PARTS */
	uint64_t size_bytes;        /* of scratch, else 0 */
};
_Static_assert(sizeof(struct writ_fmt_place) == 16, "on disk");

/*
 * A system call rule that a sandbox's filters were made from, for tools that read bundles. The
 * kernel is told the filters only. Sandboxes that have the same rule list it by its index.
 */
enum writ_call_verdict {
	WRIT_CALL_ALLOW = 0,
	WRIT_CALL_LOG = 1,
	WRIT_CALL_ERRNO = 2,
	WRIT_CALL_KILL = 3,
	WRIT_CALL_NOTIFY = 4,
};

struct writ_fmt_call {
	struct writ_fmt_str name;
	uint16_t verdict; /* enum writ_call_verdict */
	uint16_t error;
	uint32_t guard; /* 0 or 1 */
	struct writ_fmt_range conds;
};
_Static_assert(sizeof(struct writ_fmt_call) == 24, "on disk");

struct writ_fmt_call_cond {
	uint32_t arg; /* 0 to 5 */
	uint16_t op;  /* enum cond_op of the compiler's tables */
	uint16_t is_64;
	uint64_t mask;
	uint64_t value;
};
_Static_assert(sizeof(struct writ_fmt_call_cond) == 24, "on disk");

/* A tool as declared (perhaps with wildcards), or named by a rule. */
#define WRIT_TOOL_DECLARED 1u

struct writ_fmt_tool {
	struct writ_fmt_str name;
	uint32_t class;
	uint32_t sandbox; /* or WRIT_NONE */
	uint32_t flags;
	uint32_t reserved;
	struct writ_fmt_range args;
};
_Static_assert(sizeof(struct writ_fmt_tool) == 32, "on disk");

struct writ_fmt_arg {
	struct writ_fmt_str name;
	uint32_t kind;   /* enum writ_arg_kind */
	uint32_t secret; /* 0 or 1 */
};
_Static_assert(sizeof(struct writ_fmt_arg) == 16, "on disk");

struct writ_fmt_role_info {            /* one for each role */
	struct writ_fmt_range rules;   /* of INDICES: all effective rules */
	struct writ_fmt_range parents; /* of INDICES: roles */
};
_Static_assert(sizeof(struct writ_fmt_role_info) == 16, "on disk");

struct writ_fmt_user_info {          /* one for each user */
	struct writ_fmt_range roles; /* of INDICES */
};
_Static_assert(sizeof(struct writ_fmt_user_info) == 8, "on disk");

struct writ_fmt_conflict {
	struct writ_fmt_range roles; /* of INDICES */
	uint32_t session;            /* 0 or 1 */
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_conflict) == 16, "on disk");

struct writ_fmt_redact {
	struct writ_fmt_str pattern;
};
_Static_assert(sizeof(struct writ_fmt_redact) == 8, "on disk");

struct writ_fmt_role {
	struct writ_fmt_str name;
	uint32_t row;
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_role) == 16, "on disk");

/* A user's row combines those of its roles. */
struct writ_fmt_user {
	struct writ_fmt_str name;
	uint32_t row;
	uint32_t reserved;
};
_Static_assert(sizeof(struct writ_fmt_user) == 16, "on disk");

enum writ_tool_class {
	WRIT_CLASS_NONE = 0,
	WRIT_CLASS_READ = 1,
	WRIT_CLASS_WRITE = 2,
	WRIT_CLASS_EXECUTE = 3,
	WRIT_CLASS_ADMIN = 4,
};

/* A tool known by name, or a class of names that the same wildcards match (then name is 0, 0). */
struct writ_fmt_column {
	struct writ_fmt_str name;
	uint32_t sandbox; /* or WRIT_NONE */
	uint32_t class;   /* enum writ_tool_class */
};
_Static_assert(sizeof(struct writ_fmt_column) == 16, "on disk");

/*
 * An open-addressing hash table of names: a power of two of slots (at least 1, load at most one
 * half), linear probing from hash & (slots - 1), wrapping. id is the index of the role, user or
 * column. A lookup ends at the first empty slot: there is one within WRIT_MAX_PROBES of every
 * start.
 *
 * hash is writ_name_hash(), whose formula is in docs/format.md. Both sides implement it; tests hold
 * them together.
 */
#define WRIT_HASH_SEED  0x9E3779B97F4A7C15u
#define WRIT_HASH_MUL   0xD6E8FEB86659FD93u
#define WRIT_MAX_PROBES 64u

struct writ_fmt_slot {
	uint32_t hash;
	uint32_t id; /* WRIT_NONE: empty, then hash is 0 */
};
_Static_assert(sizeof(struct writ_fmt_slot) == 8, "on disk");

/*
 * The decision table has n_rows rows of as many cells as there are COLUMNS. Most rows are mostly
 * empty, and alike where they are not, so a row is cut into blocks of 1 << block_bits cells, and of
 * blocks with equal cells one is kept. BLOCKS has, row by row, the numbers of its blocks, CELLS the
 * cells of each block; those behind the last column are 0. With n_blocks the blocks of a row:
 *
 *	block = BLOCKS[row * n_blocks + (column >> block_bits)]
 *	cell = CELLS[(block << block_bits) + (column & ((1 << block_bits) - 1))]
 *
 * A cell of 0: no rule matches, denied. Up to the number of RULES: the index of the deciding rule,
 * plus 1. Above it, the index of a chain, plus 1, plus that number: the rules that may decide it,
 * ascending, up to one without a condition; the first whose condition holds does.
 *
 * A tool name that is not in TOOL_INDEX runs through the automaton of all wildcards: from start,
 * for each byte b, state = STATES[state * n_classes + CHAR_CLASSES[b]]; at the end ACCEPTS[state]
 * is the column, or WRIT_NONE. CHAR_CLASSES has 256 entries; state 0 is a sink with ACCEPTS
 * WRIT_NONE, where every byte that can't be in a tool name ([A-Za-z0-9_.-]) leads.
 */

#endif
