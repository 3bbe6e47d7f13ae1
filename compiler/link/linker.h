/*
 * The linker at work: what the files that write a bundle share.
 *
 * bundle.c leads and writes what is the policy's own, bundle_sandbox.c what sandboxes are made of,
 * bundle_calls.c their system call rules, bundle_text.c texts and endpoints, which both use, and
 * bundle_rbac.c the decision table. Each put_ function turns one array of the IR, or the plan a
 * back end made of it, into records.
 */
#ifndef WRIT_LINK_LINKER_H
#define WRIT_LINK_LINKER_H

#include "backend/rbac.h"
#include "backend/seccomp_memo.h"
#include "link/bundle.h"
#include "link/writer.h"

struct linker {
	struct arena *arena;
	struct diag_list *diags;
	const struct ir_policy *policy;
	const struct bundle_options *options;
	struct writer writer;
	/* Runs of records that are written once, each to its first one's index. */
	struct map filters, texts, endpoints, call_lists, conds;
	const struct writ_fmt_range *calls; /* of CALL_LISTS, one for each sandbox */
	struct map wheres;                  /* conditions, by address, to their first test */
	struct map
		sandbox_filters; /* run of CALL_LISTS and architecture to index in made_filters */
	VEC(struct writ_fmt_filter) made_filters;
	struct tree_memo trees; /* of all filters */
	struct rbac_plan rbac;
};

#define LINKER_ADD(linker, section, ...)                                                           \
	writer_add(&(linker)->writer, WRIT_SECTION_##section, &(__VA_ARGS__), 1)

/* A text's parts; none for the empty text. link/bundle_text.c */
struct writ_fmt_range linker_put_text(struct linker *linker, const struct ir_text *text);

/*
 * n records, written once for all equal runs of the section; they must live as long as the linker.
 * link/bundle_text.c
 */
struct writ_fmt_range linker_put_shared(struct linker *linker, struct map *known,
					enum writ_section_id section, const void *records,
					size_t n);

/* The record of an endpoint, its name written. link/bundle_text.c */
struct writ_fmt_endpoint linker_endpoint(struct linker *linker, const struct ir_endpoint *endpoint);

/* The index of an endpoint of a condition. link/bundle_text.c */
uint32_t linker_put_endpoint(struct linker *linker, const struct ir_endpoint *endpoint);

/* A run of indices. link/bundle_text.c */
struct writ_fmt_range linker_put_indices(struct linker *linker, const struct ir_indices *indices);

/* System call rules, and linker->calls. link/bundle_calls.c */
void linker_put_calls(struct linker *linker);

/* The sections of sandboxes. link/bundle_sandbox.c */
void linker_put_sandboxes(struct linker *linker);

/* The decision table; false, with the reason reported, when it can't be made. link/bundle_rbac.c */
bool linker_plan_rbac(struct linker *linker);

/* Rules, conditions, subjects, columns and the table. link/bundle_rbac.c */
void linker_put_rbac(struct linker *linker);

void linker_report_too_large(struct linker *linker);

#endif
