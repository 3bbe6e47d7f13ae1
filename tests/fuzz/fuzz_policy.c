/*
 * Fuzzes the compiler with source text. In: any bytes. The laws: no crash, no sanitizer report, no
 * hang; text without errors compiles; and what the compiler wrote, the runtime accepts (or refuses
 * for its parameters only).
 */
#include <stdlib.h>

#include "compile.h"
#include "runtime/writ.h"

static void check_bundle(struct compilation *compilation)
{
	const struct bundle_options options = {.archs = {true, true}};
	struct writ_policy *policy = NULL;
	struct writ_error error;
	struct bytes bytes;
	int rc;

	if (compile_bundle(compilation, &options, &bytes))
		return;
	rc = writ_open_memory(bytes.ptr, bytes.len, NULL, &policy, &error);
	if (rc && rc != -WRIT_E_PARAM && rc != -WRIT_E_UNSUPPORTED)
		abort();
	writ_close(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compilation compilation;
	struct str text = {(const char *)data, size};

	compilation_init(&compilation);
	if (!compile_check_text(&compilation, STR("fuzz/policy.writ"), text) && compilation.ir)
		check_bundle(&compilation);
	compilation_fini(&compilation);
	return 0;
}
