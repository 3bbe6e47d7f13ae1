#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/bundle_maker.h"

#define BUNDLE BUILD_DIR "/policies/dev-agent.wrt"

static const struct writ_param params[] = {{"workspace", "/tmp"}};
static const struct writ_options options = {.params = params, .n_params = 1, .home = "/home/x"};

/* A real policy's bundle. */
static struct test_bundle load(void)
{
	struct test_bundle bundle;
	struct stat st;
	int fd = open(BUNDLE, O_RDONLY);

	cr_assert_geq(fd, 0, "%s: make it first", BUNDLE);
	cr_assert_eq(fstat(fd, &st), 0);
	bundle.size = (size_t)st.st_size;
	bundle.bytes = malloc(bundle.size);
	cr_assert_eq(read(fd, bundle.bytes, bundle.size), st.st_size);
	close(fd);
	return bundle;
}

static int try_open(const void *bytes, size_t size, struct writ_policy **policy)
{
	return writ_open_memory(bytes, size, &options, policy, NULL);
}

static void expect_exit_3(const void *bytes, size_t size, size_t at, int what)
{
	struct writ_policy *policy = NULL;
	int rc = try_open(bytes, size, &policy);

	if (rc >= 0 || writ_exit_status(rc) != 3)
		cr_assert_fail("byte %zu, change 0x%02x: %s", at, (unsigned int)what,
			       writ_strerror(rc));
}

Test(format, the_bundle_is_good)
{
	struct test_bundle bundle = load();
	struct writ_policy *policy = NULL;

	cr_assert_eq(try_open(bundle.bytes, bundle.size, &policy), 0);
	writ_close(policy);
}

Test(format, every_truncation_is_refused)
{
	struct test_bundle bundle = load();

	for (size_t size = 0; size < bundle.size; size++)
		expect_exit_3(bundle.bytes, size, size, 0);
}

/* Now the header agrees with the shorter file: the table of sections must not. */
Test(format, every_consistent_truncation_is_refused)
{
	struct test_bundle bundle = load();
	struct writ_fmt_header *header = (struct writ_fmt_header *)bundle.bytes;

	for (size_t size = sizeof(*header); size < bundle.size; size += 3) {
		struct test_bundle cut = {bundle.bytes, size};

		header->file_size = size;
		bundle_seal(&cut);
		expect_exit_3(bundle.bytes, size, size, 0);
	}
}

Test(format, trailing_bytes_are_refused)
{
	struct test_bundle bundle = load();
	struct writ_fmt_header *header;

	bundle.bytes = realloc(bundle.bytes, bundle.size + WRIT_ALIGN);
	memset(bundle.bytes + bundle.size, 0, WRIT_ALIGN);
	expect_exit_3(bundle.bytes, bundle.size + 1, bundle.size, 0);
	bundle.size += WRIT_ALIGN;
	header = (struct writ_fmt_header *)bundle.bytes;
	header->file_size = bundle.size;
	bundle_seal(&bundle);
	expect_exit_3(bundle.bytes, bundle.size, bundle.size, 0);
}

/*
 * Every bit of every byte of the header and the table of sections, which is where meaning is
 * densest.
 */
Test(format, every_change_of_the_frame_is_refused)
{
	struct test_bundle bundle = load();
	size_t frame = sizeof(struct writ_fmt_header);

	for (size_t i = 0; i < frame; i++) {
		for (int change = 1; change < 256; change++) {
			bundle.bytes[i] ^= (uint8_t)change;
			expect_exit_3(bundle.bytes, bundle.size, i, change);
			bundle.bytes[i] ^= (uint8_t)change;
		}
	}
}

Test(format, every_changed_byte_is_refused)
{
	struct test_bundle bundle = load();

	for (size_t i = 0; i < bundle.size; i++) {
		int change = 1 << (i % 8);

		bundle.bytes[i] ^= (uint8_t)change;
		expect_exit_3(bundle.bytes, bundle.size, i, change);
		bundle.bytes[i] ^= (uint8_t)change;
	}
}

static void use(const struct writ_policy *policy)
{
	static const char *const subjects[] = {"guest", "admin", "alice", "x"};
	static const char *const tools[] = {"read_file", "git_log", "execute_bash", "zz", "a b"};
	struct writ_decision decision;
	struct writ_rule rule;

	for (size_t i = 0; i < 20; i++) {
		struct writ_request request = {.role = subjects[i % 4], .tool = tools[i / 4]};

		if (writ_check(policy, &request, &decision) && decision.reason == WRIT_BY_RULE)
			(void)!writ_rule(policy, decision.rule, &rule);
		request.user = request.role;
		request.role = NULL;
		(void)!writ_check(policy, &request, &decision);
		(void)writ_sandbox_name(policy, decision.sandbox);
	}
}

/* With a digest that agrees, what opens must still be safe to use: sanitizers judge. */
Test(format, no_consistent_change_crashes)
{
	static const uint8_t changes[] = {0x01, 0xff};
	struct test_bundle bundle = load();

	for (size_t i = 0; i < 2 * bundle.size; i++) {
		uint8_t before = bundle.bytes[i / 2];
		struct writ_policy *policy = NULL;

		bundle.bytes[i / 2] ^= changes[i % 2];
		bundle_seal(&bundle);
		if (try_open(bundle.bytes, bundle.size, &policy) == 0) {
			use(policy);
			writ_close(policy);
		}
		bundle.bytes[i / 2] = before;
	}
}
