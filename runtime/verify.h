/*
 * Complete validation of a bundle's contents: after verify_image() every index, range, string and
 * program in it can be used without a further check. Errors: FORMAT.
 */
#ifndef WRIT_RUNTIME_VERIFY_H
#define WRIT_RUNTIME_VERIFY_H

#include "runtime/image.h"

WRIT_MUST_CHECK int verify_image(const struct image *image, struct writ_error *error);

/* The parts of it, one file each. */
WRIT_MUST_CHECK int verify_sandboxes(const struct image *image, struct writ_error *error);
WRIT_MUST_CHECK int verify_rbac(const struct image *image, struct writ_error *error);
WRIT_MUST_CHECK int verify_table(const struct image *image, struct writ_error *error);
WRIT_MUST_CHECK int verify_conditions(const struct image *image, struct writ_error *error);
WRIT_MUST_CHECK int verify_info(const struct image *image, struct writ_error *error);

/* NULL when the kernel would load this program as a seccomp filter, else what is wrong with it. */
const char *verify_bpf(const struct writ_fmt_insn *insns, uint32_t count);

/* Are the probes of an architecture known? A filter for another can't be judged. */
bool verify_knows_arch(uint32_t audit_arch);

/* What a sandbox relies on its filters for, beside what every one does. */
#define VERIFY_NO_PORT      1u   /* it may have no TCP sockets */
#define VERIFY_STRICT_EXEC  2u   /* memory becomes executable as a mapping of a file only */
#define VERIFY_BROKER       4u   /* a broker makes the calls that name files */
#define VERIFY_NO_KEEPER    8u   /* nothing ends what outlives the command: there is nothing */
#define VERIFY_NO_READ_ONLY 16u  /* nothing keeps metadata: it can't be changed */
#define VERIFY_NO_PID_NS    32u  /* a launch is its process group: nobody leaves that */
#define VERIFY_ALONE        64u  /* nothing counts its processes: it can't make any */
#define VERIFY_NO_UNIX      128u /* it may have no unix sockets but pairs */
#define VERIFY_GATE         256u /* a net gate gives sockets their peers and names */
#define VERIFY_RESOLVER     512u /* the gate makes datagram sockets, in a namespace of its own */
#define VERIFY_NO_RESOLVER  1024u

/*
 * NULL when a filter that verify_bpf accepted refuses what a launch relies on, else what is wrong.
 * demands: VERIFY_ bits.
 */
const char *verify_probes(uint32_t audit_arch, const struct writ_fmt_insn *insns, uint32_t count,
			  uint32_t demands);

/* Do the bits of a sandbox's plan, and what else it says of itself, go together? */
bool verify_plan(const struct writ_fmt_sandbox *box);

/* What they have in common. */
int verify_bad(struct writ_error *error, const char *section, uint32_t index, const char *what);
bool verify_str(const struct image *image, struct writ_fmt_str str, uint32_t min, uint32_t max);
bool verify_tool_name(const char *name, size_t len);

/* The order of two strings by bytes, as memcmp's. */
int verify_str_order(const struct image *image, struct writ_fmt_str a, struct writ_fmt_str b);

bool verify_text(const struct image *image, struct writ_fmt_range text);

/* Is a text not empty, and does it begin as an absolute path does? */
bool verify_path_text(const struct image *image, struct writ_fmt_range text);

/* Records of sandboxes, by index: NULL, or what is wrong. runtime/verify_place.c */
const char *verify_endpoint(const struct image *image, uint32_t index);
const char *verify_deny(const struct image *image, uint32_t index);
const char *verify_scratch(const struct image *image, uint32_t index);
const char *verify_unix_socket(const struct image *image, uint32_t index);

/* The same of system call rules, each after those before it. runtime/verify_calls.c */
const char *verify_call(const struct image *image, uint32_t index);
const char *verify_call_cond(const struct image *image, uint32_t index);

/* The last sandbox before one that has the same list of them, or WRIT_NONE. */
uint32_t verify_sharer(const struct image *image, uint32_t index);

/* The sandboxes' lists, of so many as there may be: their order and indices, not the records. */
WRIT_MUST_CHECK int verify_calls(const struct image *image, struct writ_error *error);

/* A run of records that begin with their name. */
struct verify_names {
	enum writ_section_id section;
	uint32_t n;
	size_t record_size;
};

/* Do their names, which verify_str has accepted, ascend strictly by bytes? Then none is there
 * twice. */
bool verify_names_ascend(const struct image *image, const struct verify_names *names);

#endif
