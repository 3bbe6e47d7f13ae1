/*
 * See bundle_maker.h. Memory is the test process's and goes with it.
 */
#include "support/bundle_maker.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "compile.h"
#include "runtime/sha256.h"
#include "support/policy.h"

#define MAX_PARAMS 16

struct test_bundle bundle_make(const char *text)
{
	struct compilation *compilation = policy_check(text);
	struct bundle_options options = {.archs = {true, true}};
	struct bytes bytes = {NULL, 0};
	struct test_bundle bundle;

	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_assert_eq(compile_bundle(compilation, &options, &bytes), 0);
	bundle.bytes = malloc(bytes.len);
	bundle.size = bytes.len;
	memcpy(bundle.bytes, bytes.ptr, bytes.len);
	return bundle;
}

void *bundle_section(struct test_bundle *bundle, enum writ_section_id id, size_t record_size,
		     uint32_t *count)
{
	struct writ_fmt_section *table =
		(struct writ_fmt_section *)(bundle->bytes + sizeof(struct writ_fmt_header));
	struct writ_fmt_section *section = &table[id - 1];

	cr_assert_eq(section->id, (uint32_t)id);
	if (count)
		*count = (uint32_t)(section->size / record_size);
	return bundle->bytes + section->offset;
}

/* Copies the bundle section by section, as the layout moves. */
uint32_t bundle_append(struct test_bundle *bundle, enum writ_section_id id, const void *records,
		       size_t record_size, uint32_t n)
{
	size_t extra = record_size * n;
	struct test_bundle grown = {calloc(1, bundle->size + extra + WRIT_ALIGN), 0};
	struct writ_fmt_header *header = (struct writ_fmt_header *)grown.bytes;
	struct writ_fmt_section *table = (struct writ_fmt_section *)(header + 1);
	uint32_t first = 0;

	memcpy(grown.bytes, bundle->bytes, sizeof(*header) + WRIT_KNOWN_SECTIONS * sizeof(*table));
	grown.size = sizeof(*header) + WRIT_KNOWN_SECTIONS * sizeof(*table);
	for (uint32_t i = 0; i < WRIT_KNOWN_SECTIONS; i++) {
		size_t from = (size_t)table[i].offset, size = (size_t)table[i].size;

		grown.size = (grown.size + WRIT_ALIGN - 1) & ~(size_t)(WRIT_ALIGN - 1);
		table[i].offset = grown.size;
		memcpy(grown.bytes + grown.size, bundle->bytes + from, size);
		grown.size += size;
		if (i + 1 != (uint32_t)id)
			continue;
		first = (uint32_t)(size / record_size);
		memcpy(grown.bytes + grown.size, records, extra);
		table[i].size += extra;
		grown.size += extra;
	}
	header->file_size = grown.size;
	free(bundle->bytes);
	*bundle = grown;
	return first;
}

void bundle_seal(struct test_bundle *bundle)
{
	struct writ_fmt_header *header = (struct writ_fmt_header *)bundle->bytes;
	struct sha256 hash;
	uint8_t digest[SHA256_SIZE];

	if (bundle->size < sizeof(*header))
		return;
	memset(header->digest, 0, sizeof(header->digest));
	sha256_init(&hash);
	sha256_update(&hash, bundle->bytes, bundle->size);
	sha256_final(&hash, digest);
	memcpy(header->digest, digest, sizeof(digest));
}

int bundle_try(const struct test_bundle *bundle, struct writ_error *error)
{
	struct writ_policy *policy = NULL;
	int rc = writ_open_memory(bundle->bytes, bundle->size, NULL, &policy, error);

	if (!rc)
		writ_close(policy);
	return rc;
}

static int open_bundle(const struct test_bundle *bundle, const char *params, int examine,
		       struct writ_policy **policy, struct writ_error *error)
{
	struct writ_param items[MAX_PARAMS];
	struct writ_options options = {.params = items, .home = "/home/test", .examine = examine};
	char *copy = strdup(params ? params : "");
	char *state = NULL;

	for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
		char *equals = strchr(word, '=');

		*equals = '\0';
		items[options.n_params++] = (struct writ_param){word, equals + 1};
	}
	return writ_open_memory(bundle->bytes, bundle->size, &options, policy, error);
}

int bundle_open_with(const struct test_bundle *bundle, const char *params,
		     struct writ_policy **policy, struct writ_error *error)
{
	return open_bundle(bundle, params, 0, policy, error);
}

void bundle_write(const char *path, const char *text)
{
	struct test_bundle bundle = bundle_make(text);
	FILE *out = fopen(path, "wbe");

	cr_assert(out && fwrite(bundle.bytes, bundle.size, 1, out) == 1 && fclose(out) == 0, "%s",
		  path);
	free(bundle.bytes);
}

int bundle_examine(const struct test_bundle *bundle, const char *params,
		   struct writ_policy **policy, struct writ_error *error)
{
	return open_bundle(bundle, params, 1, policy, error);
}

struct writ_policy *bundle_open(const char *text, const char *params)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_policy *policy = NULL;
	struct writ_error error = {.code = 0};

	cr_assert_eq(bundle_open_with(&bundle, params, &policy, &error), 0, "%s", error.text);
	return policy;
}

struct writ_sandbox *bundle_sandbox(const char *text)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error = {.code = 0};
	int rc = writ_sandbox_open(policy, 0, &sandbox, &error);

	writ_close(policy);
	if (rc == -WRIT_E_HOST)
		cr_skip_test("this host can't: %s", error.text);
	cr_assert_eq(rc, 0, "%s", error.text);
	return sandbox;
}
