/*
 * Bundles for tests: compiled in memory from a string of source, taken apart, changed, and opened.
 */
#ifndef WRIT_TESTS_BUNDLE_MAKER_H
#define WRIT_TESTS_BUNDLE_MAKER_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/writ.h"
#include "runtime/writ_format.h"

struct test_bundle {
	uint8_t *bytes;
	size_t size;
};

/* Compiles text, before which a policy line is put; it must have no errors. */
struct test_bundle bundle_make(const char *text);

/* The same to a file. */
void bundle_write(const char *path, const char *text);

/* A writable view of a section's records, and how many there are. */
void *bundle_section(struct test_bundle *bundle, enum writ_section_id id, size_t record_size,
		     uint32_t *count);

/*
 * Puts n records at the end of a section; the index of the first. Views of sections are stale then.
 */
uint32_t bundle_append(struct test_bundle *bundle, enum writ_section_id id, const void *records,
		       size_t record_size, uint32_t n);

/* Makes the digest right again after a change. */
void bundle_seal(struct test_bundle *bundle);

/* Opens it without parameters; the result of writ_open_memory. */
int bundle_try(const struct test_bundle *bundle, struct writ_error *error);

/* Opens text's bundle, which must work. params is "name=value name=value", or NULL. */
struct writ_policy *bundle_open(const char *text, const char *params);

/* Text's first sandbox, opened; the test is skipped where this host can't enforce it. */
struct writ_sandbox *bundle_sandbox(const char *text);

/* The result of writ_open_memory, with params as above. */
int bundle_open_with(const struct test_bundle *bundle, const char *params,
		     struct writ_policy **policy, struct writ_error *error);

/* The same for examining only: what can't be enforced yet is no error. */
int bundle_examine(const struct test_bundle *bundle, const char *params,
		   struct writ_policy **policy, struct writ_error *error);

#endif
