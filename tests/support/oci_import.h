/*
 * Seccomp profiles for tests, from a string of JSON, and pieces to put one together.
 */
#ifndef WRIT_TESTS_OCI_IMPORT_H
#define WRIT_TESTS_OCI_IMPORT_H

#include "import/oci.h"

/* Lives as long as the test. */
struct imported {
	bool good;
	struct diag_list diags;
	struct sources sources;
	struct arena arena;
	struct oci_notes notes;
	const char *text;
};

struct imported *oci_import(const char *json, const struct oci_options *options);

/* The diagnostics as writc prints them. */
const char *oci_report(const struct imported *imported);

/* For all architectures and kernels that sandboxes need. */
struct oci_options oci_options(uint64_t caps);

#define RULE(names, action, args)                                                                  \
	"{\"names\": [" names "], \"action\": \"SCMP_ACT_" action "\", \"args\": [" args "]}"
#define ARG(index, op, value)                                                                      \
	"{\"index\": " #index ", \"op\": \"SCMP_CMP_" op "\", \"value\": " value "}"
#define MASKED(index, mask, two)                                                                   \
	"{\"index\": " #index ", \"op\": \"SCMP_CMP_MASKED_EQ\", \"value\": " mask                 \
	", \"valueTwo\": " two "}"
#define PROFILE(defaults, rules) "{" defaults ", \"syscalls\": [" rules "]}"
#define REFUSE                   "\"defaultAction\": \"SCMP_ACT_ERRNO\""

#endif
