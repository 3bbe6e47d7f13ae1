/*
 * What the compiler knows about system calls: names and numbers per architecture, and the groups
 * that policies name with "@". Names and numbers come from libseccomp; the groups are data
 * (groups.def).
 */
#ifndef WRIT_TABLES_SYSCALLS_H
#define WRIT_TABLES_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum arch { ARCH_X86_64, ARCH_AARCH64, ARCH_RISCV64, ARCH__COUNT };

struct arch_info {
	const char *name;       /* "x86_64" */
	uint32_t audit_arch;    /* AUDIT_ARCH_*, what seccomp_data.arch holds */
	uint32_t x32_bit;       /* numbers from here on are another ABI's and are killed; 0: none */
	bool by_default;        /* a target of a compilation that names none */
	const char *loaders[3]; /* dynamic ELF interpreters of this architecture, NULL-terminated */
};

const struct arch_info *arch_info(enum arch arch);

/* True and *arch set when name is an architecture's name. */
bool arch_find(struct str name, enum arch *arch);

/* Is name a system call of any architecture that libseccomp knows (also of none of our targets)? */
bool syscall_exists(struct str name);

/* The number of a system call on an architecture, or -1 when it has none there. */
int syscall_number(struct str name, enum arch arch);

/* The name of a number on an architecture (static storage), or .ptr NULL. */
struct str syscall_name(enum arch arch, uint32_t number);

/* One past the highest number the table knows for an architecture. */
uint32_t syscall_limit(enum arch arch);

/*
 * Why no policy can allow a call, though it may name it: what else confines a process would not
 * hold any more. NULL of all others.
 */
const char *call_confined(struct str name);

/* The known name nearest to a misspelt one, or .ptr NULL; for "did you mean". */
struct str syscall_suggest(struct str name);

/*
 * A test on one argument of a system call. is_64 tells the width the kernel uses for this argument:
 * 32 bits for an int, where the upper half of the register is ignored by the kernel and so must be
 * by us.
 */
enum cond_op {
	COND_EQ,
	COND_NE,
	COND_LT,
	COND_LE,
	COND_GT,
	COND_GE,
	COND_MASKED_EQ, /* (arg & mask) == value */
	COND_MASKED_NE, /* (arg & mask) != value */
};

struct call_cond {
	uint8_t arg; /* 0 to 5 */
	bool is_64;
	enum cond_op op;
	uint64_t mask; /* for the masked operators */
	uint64_t value;
};

#define CALL_MAX_CONDS 24

/*
 * False when no call fulfils all of the conditions. Not everything impossible is found; what is
 * found is.
 */
bool call_conds_possible(const struct call_cond *conds, uint32_t n);

/* A member of a group: a call, allowed where all its conditions hold. */
struct group_call {
	const char *name;
	const struct call_cond *conds;
	uint8_t n_conds;
};

struct call_group {
	const char *name; /* "@default" */
	const char *doc;
	const struct group_call *calls; /* a name may come several times: any of them allows it */
	uint32_t n_calls;
};

const struct call_group *group_find(struct str name);
const struct call_group *group_at(uint32_t index); /* NULL past the last one */

/* The value of an errno name ("EPERM"), or -1. */
int errno_value(struct str name);

/* The name of an errno value, or NULL. */
const char *errno_name(int value);

#endif
