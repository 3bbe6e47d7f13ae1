/*
 * Fuzzes the bundle reader. In: any bytes, whose digest is made right first, so that the fuzzer
 * gets past it. The laws: no crash and no sanitizer report; a bundle that opens is one that
 * writ_verify accepts, and answers every question without one either, however it was made; and what
 * writ_verify accepts, the compiler can read back, and say whether it enforces what it lists.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "runtime/sha256.h"
#include "runtime/writ.h"
#include "runtime/writ_format.h"

static const char *const names[] = {"guest",
				    "developer",
				    "admin",
				    "alice",
				    "read_file",
				    "git_log",
				    "execute_python",
				    "a",
				    "",
				    "x y",
				    "zzzzzzzzzzzzzzzzzzzzzzzz"};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* Of every type that a condition may read. */
static const struct writ_arg args[] = {
	{.name = "path", .text = "/tmp/../srv//x/.env", .text_len = 19},
	{.name = "url", .text = "https://[2001:db8::1]:8443/x", .text_len = 28},
	{.name = "host", .text = "api.example.com.", .text_len = 16},
	{.name = "command", .text = "rm -rf x", .text_len = 8},
	{.name = "n", .type = WRIT_ARG_INTEGER, .number = -1},
	{.name = "flag", .type = WRIT_ARG_BOOLEAN, .number = 1},
};

static void set_digest(uint8_t *bytes, size_t size)
{
	struct writ_fmt_header header;
	struct sha256 hash;

	if (size < sizeof(header))
		return;
	memcpy(&header, bytes, sizeof(header));
	memset(header.digest, 0, sizeof(header.digest));
	sha256_init(&hash);
	sha256_update(&hash, &header, sizeof(header));
	sha256_update(&hash, bytes + sizeof(header), size - sizeof(header));
	sha256_final(&hash, header.digest);
	memcpy(bytes, &header, sizeof(header));
}

static void ask(const struct writ_policy *policy)
{
	for (size_t i = 0; i < N_NAMES * N_NAMES; i++) {
		struct writ_request request = {.tool = names[i % N_NAMES],
					       .args = args,
					       .n_args = i % 3 ? sizeof(args) / sizeof(args[0])
							       : 0};
		struct writ_decision decision;
		struct writ_rule rule;

		if (i & 1)
			request.role = names[i / N_NAMES];
		else
			request.user = names[i / N_NAMES];
		if (writ_check(policy, &request, &decision) != decision.verdict)
			abort();
		if (decision.rule != WRIT_NO_ID && writ_rule(policy, decision.rule, &rule))
			abort();
	}
}

static void read_back(uint8_t *bytes, size_t size)
{
	const struct ir_policy *policy;
	struct bundle_image image;
	struct bundle_proof proof;
	struct arena arena;

	arena_init(&arena);
	bundle_read((struct bytes){bytes, size}, &image);
	policy = bundle_ir(&arena, &image);
	if (policy)
		bundle_prove(&arena, &image, policy, BUNDLE_PROVE_ALL, &proof);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct writ_param params[] = {{"workspace", "/tmp"}};
	static const struct writ_options options = {.params = params,
						    .n_params = 1,
						    .home = "/",
						    .examine = 1};
	struct writ_policy *policy = NULL;
	uint8_t *bytes = malloc(size ? size : 1);
	bool verified;

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	set_digest(bytes, size);
	verified = !writ_verify(bytes, size, NULL);
	if (verified)
		read_back(bytes, size);
	if (!writ_open_memory(bytes, size, &options, &policy, NULL)) {
		if (!verified)
			abort();
		ask(policy);
		for (uint32_t id = 0; id < 4; id++) {
			struct writ_sandbox *sandbox = NULL;

			if (!writ_sandbox_open(policy, id, &sandbox, NULL))
				writ_sandbox_close(sandbox);
		}
	}
	writ_close(policy);
	free(bytes);
	return 0;
}
