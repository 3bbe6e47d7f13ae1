/*
 * A profile on its way: as read (oci_read.c), then by system call (oci_calls.c), then as text
 * (oci_text.c).
 */
#ifndef WRIT_IMPORT_OCI_PROFILE_H
#define WRIT_IMPORT_OCI_PROFILE_H

#include "import/jtree.h"
#include "import/oci.h"

#define OCI_MAX_NAMES 65536u /* of system calls, in all rules */
#define OCI_MAX_RULES 256u   /* for one call */

/* From the most permissive to the strictest, as the kernel ranks them. */
enum oci_action { OCI_ALLOW, OCI_LOG, OCI_NOTIFY, OCI_ERRNO, OCI_KILL };

struct oci_verdict {
	enum oci_action action;
	uint16_t error; /* of OCI_ERRNO */
};

struct oci_name {
	struct str text;
	struct span span;
};

struct oci_arg {
	uint32_t index; /* 0 to 5 */
	enum cond_op op;
	uint64_t value;
	uint64_t mask; /* of COND_MASKED_EQ */
	struct span span;
};

struct oci_rule { /* one that applies, given the options, on some target */
	VEC(struct oci_name) names;
	VEC(struct oci_arg) args;
	struct oci_verdict verdict;
	bool archs[ARCH__COUNT]; /* where it applies */
	struct span span;
};

struct oci_profile {
	VEC(struct oci_rule) rules;
	struct oci_verdict fallback; /* of calls that no rule holds for */
	bool kills_threads;          /* it kills a thread somewhere, where Writ kills the process */
	bool has_flags;              /* it has flags that are not part of a policy */
	size_t n_names;
};

/* What words mean. False for a word that is none of them. oci_words.c */
enum oci_word_kind {
	OCI_WORD_ACTION,
	OCI_WORD_OPERATOR,
	OCI_WORD_ARCH,   /* libseccomp's: SCMP_ARCH_X86_64 */
	OCI_WORD_GOARCH, /* Docker's, in includes and excludes: amd64 */
	OCI_WORD_FLAG,
	OCI_WORD_CAP,
	OCI_WORD__KINDS
};

/* The number of the word: an enum oci_act of actions, a cond_op, a capability. -1: no such word. */
int oci_word(enum oci_word_kind kind, struct str text);

/* The word at an index, or NULL past the last. */
const char *oci_word_at(enum oci_word_kind kind, size_t index);

/* Actions as profiles name them: the verdicts, and what Writ has no word for. */
enum oci_act {
	OCI_ACT_ALLOW,
	OCI_ACT_LOG,
	OCI_ACT_NOTIFY,
	OCI_ACT_ERRNO,
	OCI_ACT_KILL_PROCESS,
	OCI_ACT_KILL_THREAD,
	OCI_ACT_TRAP,
	OCI_ACT_TRACE,
};

/* The architecture of ours that a Go name means, or -1. */
int oci_target_of(struct str goarch);

/* False, and reported, when it is no profile. oci_read.c */
bool oci_read(struct diag_list *diags, const struct jtree *root, const struct oci_options *options,
	      struct oci_profile *out);

struct oci_case { /* where all conditions hold, the verdict */
	struct oci_verdict verdict;
	struct call_cond *conds;
	uint32_t n;
	struct span span;
};

VEC_TYPE(oci_cases, struct oci_case);

/* For qsort: by verdict, then those with fewer conditions first; 0 when they are the same. */
int oci_case_cmp(const void *left, const void *right);

struct oci_call {
	struct str name;
	struct span span;
	struct oci_cases cases; /* none hold together but with equal verdicts */
};

struct oci_calls {
	VEC(struct oci_call) items; /* sorted by name; what is in no target's table is not there */
	VEC(struct str) unknown;    /* names that the table does not have at all */
	bool has_alternatives;      /* a rule had several conditions on one argument */
};

/* By system call; false, and reported, when the rules can't be said in Writ. oci_calls.c */
bool oci_sort(struct diag_list *diags, const struct oci_profile *profile,
	      const struct oci_options *options, struct oci_calls *out);

bool oci_same_verdict(struct oci_verdict a, struct oci_verdict b);

/*
 * Adds cases of a verdict for all calls of which none of the given cases holds. False when they
 * would be too many.
 */
bool oci_complement(struct arena *arena, const struct oci_cases *cases, struct oci_verdict verdict,
		    struct oci_cases *out);

/* One way in which a comparison can hold, in Writ. */
struct oci_way {
	struct str text;
	struct call_cond conds[2]; /* what it says, without a sign */
	uint32_t n;
};

VEC_TYPE(oci_ways, struct oci_way);

/* The ways in which a condition on an argument of a call can hold. oci_spell.c */
struct oci_ways oci_spell(struct arena *arena, struct str call, const struct call_cond *cond);

/* A number as policies of imported profiles have it. */
struct str oci_number(struct arena *arena, uint64_t value);

#endif
