/*
 * Keys and signed bundles for tests: in files of a directory of the test's own.
 */
#ifndef WRIT_TESTS_SIGNED_H
#define WRIT_TESTS_SIGNED_H

#include <stddef.h>
#include <stdint.h>

#include "link/sign.h"
#include "support/bundle_maker.h"

/* Makes the directory, which signed_end removes with all that is in it. */
void signed_begin(void);
void signed_end(void);

/* A path in that directory. */
const char *signed_path(const char *name);

/* Writes NAME; returns its path. */
const char *signed_put(const char *name, const void *bytes, size_t size);

/* A key of its own for each number, the same each time. */
struct secret_key signed_key(unsigned number);

/* Writes the public half of a key to NAME; returns its path. */
const char *signed_public(unsigned number, const char *name);

/* The bundle of one rule: policy "test" of this version. */
struct test_bundle signed_bundle(uint64_t version, const char *text);

/* The same, signed with a key. */
struct test_bundle signed_with(unsigned number, const struct test_bundle *bundle);

#endif
