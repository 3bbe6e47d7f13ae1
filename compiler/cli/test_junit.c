/*
 * Results of tests as JUnit XML, as CI services read it: a test block is a test suite, an
 * expectation a test case.
 *
 * Names and messages may hold any bytes. XML 1.0 has no way to write most control characters, so
 * those, and bytes that are no UTF-8, become \xHH.
 */
#include "base/utf8.h"
#include "cli/testing.h"

static bool is_xml(uint32_t scalar)
{
	return scalar >= 0x20 && scalar != 0x7f && scalar != 0xfffe && scalar != 0xffff;
}

static void put_char(struct str text, size_t len)
{
	switch (text.ptr[0]) {
	case '<':
		fputs("&lt;", stdout);
		return;
	case '>':
		fputs("&gt;", stdout);
		return;
	case '&':
		fputs("&amp;", stdout);
		return;
	case '"':
		fputs("&quot;", stdout);
		return;
	default:
		fwrite(text.ptr, 1, len, stdout);
	}
}

static void put_text(struct str text)
{
	while (text.len) {
		uint32_t scalar = 0;
		size_t len = utf8_decode(text, &scalar);

		if (len && is_xml(scalar))
			put_char(text, len);
		else
			printf("\\x%02x", (unsigned char)text.ptr[0]);
		len = len && is_xml(scalar) ? len : 1;
		text = (struct str){text.ptr + len, text.len - len};
	}
}

static void put_attribute(const char *name, struct str value)
{
	printf(" %s=\"", name);
	put_text(value);
	putchar('"');
}

static void put_place(const struct test_file *file, struct span span)
{
	const struct sources *sources = &file->input.compilation.sources;
	struct span place = source_map(sources, span);

	put_attribute("file", sources->files.items[place.file].path);
	printf(" line=\"%u\"", source_line_col(sources, place.file, place.begin).line);
}

static void put_remark(const struct test_file *file, struct span span, struct str text)
{
	struct str where = test_where(file, span);

	put_text(where);
	fputs(where.len ? ": " : "", stdout);
	put_text(text);
}

static void put_failure(const struct test_file *file, const struct test_result *result)
{
	fputs("      <failure", stdout);
	put_attribute("message", result->message);
	fputs(">", stdout);
	put_remark(file, result->span, result->message);
	for (size_t i = 0; i < result->notes.n; i++) {
		putchar('\n');
		put_remark(file, result->notes.items[i].span, result->notes.items[i].text);
	}
	fputs("</failure>\n", stdout);
}

static void put_case(const struct test_file *file, const struct test_result *result)
{
	fputs("    <testcase", stdout);
	put_attribute("name", result->question);
	put_attribute("classname", str_from(file->path));
	put_place(file, result->span);
	if (result->passed) {
		fputs("/>\n", stdout);
		return;
	}
	fputs(">\n", stdout);
	put_failure(file, result);
	fputs("    </testcase>\n", stdout);
}

/* One case that is an error: of what could not even be asked. */
static void put_error(struct str name, struct str class, struct str message)
{
	fputs("    <testcase", stdout);
	put_attribute("name", name);
	put_attribute("classname", class);
	fputs(">\n      <error", stdout);
	put_attribute("message", message);
	fputs("/>\n    </testcase>\n", stdout);
}

static void put_suite(const struct test_file *file, const struct test_block *block)
{
	bool is_error = block->error.len > 0;

	fputs("  <testsuite", stdout);
	put_attribute("name", block->name);
	put_place(file, block->span);
	printf(" tests=\"%zu\" failures=\"%zu\" errors=\"%d\">\n", block->results.n + is_error,
	       block->failed, is_error);
	if (is_error)
		put_error(block->name, str_from(file->path), block->error);
	for (size_t i = 0; i < block->results.n; i++)
		put_case(file, &block->results.items[i]);
	fputs("  </testsuite>\n", stdout);
}

static void put_unusable(const struct test_file *file)
{
	struct str path = str_from(file->path);

	fputs("  <testsuite", stdout);
	put_attribute("name", path);
	fputs(" tests=\"1\" failures=\"0\" errors=\"1\">\n", stdout);
	put_error(STR("compile"), path, STR("the policy can't be compiled"));
	fputs("  </testsuite>\n", stdout);
}

void test_print_junit(const struct test_report *report)
{
	size_t tests = 0, failures = 0, errors = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct test_file *file = &report->files[i];

		tests += file->n_results + file->n_errors + (file->status != 0);
		failures += file->n_failed;
		errors += file->n_errors + (file->status != 0);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"writc test\"",
	      stdout);
	printf(" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", tests, failures, errors);
	for (size_t i = 0; i < report->n; i++) {
		const struct test_file *file = &report->files[i];

		if (file->status)
			put_unusable(file);
		for (size_t b = 0; b < file->blocks.n; b++)
			put_suite(file, &file->blocks.items[b]);
	}
	fputs("</testsuites>\n", stdout);
	if (report->coverage)
		printf("<!-- coverage: %u per cent%s -->\n", test_percent(report),
		       report->below ? ", less than demanded" : "");
}
