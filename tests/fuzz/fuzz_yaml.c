/*
 * Fuzzes the YAML front end. In: any bytes. The laws: no crash, no sanitizer report, no hang; every
 * place that is reported is in the YAML file; and what was translated without an error is, read as
 * Writ, the same number of everything.
 */
#include <stdlib.h>

#include "compile.h"
#include "front/parse.h"
#include "front/yaml.h"

/* Reports come sorted or not, but never from the generated text. */
static void check_places(const struct compilation *compilation)
{
	for (size_t i = 0; i < compilation->diags.items.n; i++) {
		struct span span = compilation->diags.items.items[i].span;

		if (span.file == SPAN_NO_FILE)
			continue;
		if (compilation->sources.files.items[span.file].original != SPAN_NO_FILE ||
		    span.end < span.begin ||
		    span.end > compilation->sources.files.items[span.file].text.len)
			abort();
	}
}

static void check_translation(struct str yaml)
{
	struct compilation compilation;
	struct ast first, again;
	struct str text;

	compilation_init(&compilation);
	if (!parse_text(&compilation.diags, STR("fuzz/policy.yaml"), yaml, &first) &&
	    compilation.diags.errors == 0 &&
	    yaml_to_writ(&compilation.diags,
			 source_add(&compilation.sources, STR("fuzz/again.yaml"), yaml), &text)) {
		if (parse_text(&compilation.diags, STR("fuzz/policy.writ"), text, &again) ||
		    compilation.diags.errors || first.roles.n != again.roles.n ||
		    first.tools.n != again.tools.n || first.sets.n != again.sets.n ||
		    first.sandboxes.n != again.sandboxes.n || first.users.n != again.users.n ||
		    first.tests.n != again.tests.n)
			abort();
	}
	compilation_fini(&compilation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compilation compilation;
	struct str text = {(const char *)data, size};

	compilation_init(&compilation);
	if (!compile_check_text(&compilation, STR("fuzz/policy.yaml"), text))
		check_places(&compilation);
	compilation_fini(&compilation);
	check_translation(text);
	return 0;
}
