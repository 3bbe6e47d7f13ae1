/*
 * The bundle: what the compiler writes and the runtime enforces, byte for byte.
 *
 * A bundle is a header, a table of sections and the sections. Each section is an array of one
 * fixed-width record; all integers are little-endian; sections begin at multiples of 8 and the gaps
 * are zero. Nothing in here is trusted: the runtime copies the file to private memory and checks
 * every field before use (runtime/verify.c). docs/format.md describes it for people.
 *
 * This is the only header that the compiler and the runtime share. It holds no functions.
 */
#ifndef WRIT_FORMAT_H
#define WRIT_FORMAT_H

#include <stdint.h>

/*
 * The first bytes: a non-text byte, a name, then line endings that a text-mode copy would change.
 */
#define WRIT_MAGIC          "\x7fWRT\r\n\x1a\n"
#define WRIT_MAGIC_SIZE     8u
#define WRIT_FORMAT_VERSION 1u
#define WRIT_DIGEST_SIZE    32u
#define WRIT_ALIGN          8u
#define WRIT_NONE           UINT32_MAX

/* Limits that both sides hold to; the compiler has a diagnostic for each. */
#define WRIT_MAX_BUNDLE    (256u << 20)
#define WRIT_MAX_SECTIONS  64u
#define WRIT_MAX_NAME      255u  /* bytes of a role, tool, user, sandbox or parameter name */
#define WRIT_MAX_TEXT      4095u /* bytes of an expanded path or value: PATH_MAX without its NUL */
#define WRIT_MAX_RULES     65534u
#define WRIT_MAX_INSNS     4096u /* BPF_MAXINSNS: the kernel's limit for one filter */
#define WRIT_MAX_STATES    65535u
#define WRIT_MAX_SANDBOXES 4096u
#define WRIT_MAX_FILTERS   (2u * WRIT_MAX_SANDBOXES) /* one for each architecture there is */
#define WRIT_MAX_GRANTS    4096u  /* paths, ports and variables of one sandbox, each */
#define WRIT_MAX_ALL       65536u /* the same of all sandboxes together, each */
#define WRIT_MAX_RANGE     1024u  /* ports in one range: each is a rule of its own in the kernel */

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
	SECTION(23, ACCEPTS, uint32_t)

enum writ_section_id {
#define SECTION(id, name, type) WRIT_SECTION_##name = id,
	WRIT_SECTIONS(SECTION)
#undef SECTION
};
#define WRIT_KNOWN_SECTIONS 23u

#define WRIT_SECTION_REQUIRED 1u

struct writ_fmt_section {
	uint32_t id;
	uint32_t flags;
	uint64_t offset; /* from the beginning of the file, a multiple of WRIT_ALIGN */
	uint64_t size;   /* in bytes, a multiple of the record's size */
};
_Static_assert(sizeof(struct writ_fmt_section) == 24, "on disk");

/* Bytes in STRINGS; those of names are unique by content and never empty. No NUL bytes inside. */
struct writ_fmt_str {
	uint32_t offset;
	uint32_t len;
};

/* A run of records in another section. */
struct writ_fmt_range {
	uint32_t first;
	uint32_t count;
};

struct writ_fmt_policy { /* exactly one record */
	struct writ_fmt_str name;
	uint64_t version;
	uint32_t n_deny;    /* rules [0, n_deny) deny, */
	uint32_t n_ask;     /* the next n_ask ask, the rest allow */
	uint32_t n_rows;    /* of CELLS */
	uint32_t n_named;   /* columns [0, n_named) are tools by name, the rest classes */
	uint32_t n_classes; /* character classes: the width of a row of STATES */
	uint32_t start;     /* the first state */
};
_Static_assert(sizeof(struct writ_fmt_policy) == 40, "on disk");

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

struct writ_fmt_sandbox {
	struct writ_fmt_str name;
	uint32_t flags;
	uint32_t reserved;
	struct writ_fmt_range paths;
	struct writ_fmt_range ports;
	struct writ_fmt_range landlock; /* variants, ascending by abi; the first has abi 1 */
	struct writ_fmt_range filters;  /* at most one for an architecture */
	struct writ_fmt_range limits;
	struct writ_fmt_range env;
};
_Static_assert(sizeof(struct writ_fmt_sandbox) == 64, "on disk");

/* What a policy grants on a path (the language's rights; bits of writ_fmt_path.rights). */
#define WRIT_PATH_READ    1u
#define WRIT_PATH_WRITE   2u
#define WRIT_PATH_EXECUTE 4u
/* The compiler added this path (an ELF interpreter): nobody is warned when it does not exist. */
#define WRIT_PATH_IMPLIED 8u

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

/* Why a host's Landlock is not enough for a sandbox: bits of writ_fmt_landlock.lacking, one row
 * each. */
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

/* A rule, for telling why; the verdict is in its position (see writ_fmt_policy). */
struct writ_fmt_rule {
	struct writ_fmt_str pattern;
	uint32_t role;
	uint32_t line;
	uint32_t col;
	uint32_t reserved;
	struct writ_fmt_str file;
};
_Static_assert(sizeof(struct writ_fmt_rule) == 32, "on disk");

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
 * hash is writ_name_hash(): docs/format.md. Both sides implement it; tests hold them together.
 *   h = len * 0x9E3779B97F4A7C15
 *   for each full or partial group of 8 bytes w (little-endian, zero-filled):
 *     h = (h ^ w) * 0xD6E8FEB86659FD93;  h ^= h >> 32
 *   hash = (uint32_t)(h ^ h >> 29)          (all arithmetic modulo 2^64)
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
 * CELLS is n_rows rows of as many cells as there are COLUMNS. 0: no rule matches, denied. Else the
 * index of the deciding rule, plus 1.
 *
 * A tool name that is not in TOOL_INDEX runs through the automaton of all wildcards: from start,
 * for each byte b, state = STATES[state * n_classes + CHAR_CLASSES[b]]; at the end ACCEPTS[state]
 * is the column, or WRIT_NONE. CHAR_CLASSES has 256 entries; state 0 is a sink with ACCEPTS
 * WRIT_NONE, where every byte that can't be in a tool name ([A-Za-z0-9_.-]) leads.
 */

#endif
