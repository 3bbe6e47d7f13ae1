/*
 * Fuzzes the importer of seccomp profiles. In: a byte that chooses capabilities, architectures and
 * a kernel, then JSON. The laws: no crash, no sanitizer report, no hang; every place that is
 * reported is in the file; what is refused is refused with a reason; and what is translated is a
 * policy that compiles with no error but that a filter is too long, and has one sandbox.
 */
#include <stdint.h>
#include <stdlib.h>

#include "compile.h"
#include "import/oci.h"

static void check_places(const struct compilation *compilation)
{
	for (size_t i = 0; i < compilation->diags.items.n; i++) {
		struct span span = compilation->diags.items.items[i].span;

		if (span.file != SPAN_NO_FILE &&
		    (span.end < span.begin ||
		     span.end > compilation->sources.files.items[span.file].text.len))
			abort();
	}
}

static void check_policy(struct str text)
{
	struct compilation compilation;

	compilation_init(&compilation);
	if (compile_check_text(&compilation, STR("fuzz/imported.writ"), text) || !compilation.ir ||
	    compilation.ir->sandboxes.n != 1)
		abort();
	compilation_fini(&compilation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_options options = {.archs = {true, true}};
	struct compilation compilation;
	struct oci_notes notes = {0};
	struct str text;
	uint32_t file;
	bool good;

	if (!size)
		return 0;
	options.caps = data[0] & 1 ? oci_docker_caps() : data[0] & 2 ? oci_all_caps() : 0;
	options.archs[data[0] >> 2 & 1] = !(data[0] & 8);
	options.has_kernel = data[0] & 16;
	options.kernel[0] = 6;
	compilation_init(&compilation);
	file = source_add(&compilation.sources, STR("fuzz/profile.json"),
			  (struct str){(const char *)data + 1, size - 1});
	good = oci_to_writ(&compilation.diags, file, &options, &text, &notes);
	if (good != (compilation.diags.errors == 0))
		abort();
	check_places(&compilation);
	if (good)
		check_policy(text);
	compilation_fini(&compilation);
	return 0;
}
