/*
 * Results of tests as one JSON object; its keys are in docs/testing.md.
 */
#include "cli/json_out.h"
#include "cli/testing.h"

static void add_text(json_t *object, const char *key, struct str text)
{
	json_out_add(object, key, json_out_text(text));
}

static void add_number(json_t *object, const char *key, size_t number)
{
	json_out_add(object, key, json_out_must(json_integer((json_int_t)number)));
}

static void add_bool(json_t *object, const char *key, bool value)
{
	json_out_add(object, key, json_out_must(json_boolean(value)));
}

/* "file", "line" and "column", when there is a place. */
static void add_place(json_t *object, const struct test_file *file, struct span span)
{
	const struct sources *sources = &file->input.compilation.sources;
	struct span place = source_map(sources, span);
	struct line_col at;

	if (place.file == SPAN_NO_FILE)
		return;
	at = source_line_col(sources, place.file, place.begin);
	add_text(object, "file", sources->files.items[place.file].path);
	add_number(object, "line", at.line);
	add_number(object, "column", at.col);
}

static json_t *remark(const struct test_file *file, struct span span, struct str text)
{
	json_t *object = json_out_must(json_object());

	add_text(object, "message", text);
	add_place(object, file, span);
	return object;
}

static json_t *result_json(const struct test_file *file, const struct test_result *result)
{
	json_t *object = json_out_must(json_object());
	json_t *notes = json_out_must(json_array());

	add_text(object, "expectation", result->question);
	add_bool(object, "passed", result->passed);
	add_place(object, file, result->span);
	for (size_t i = 0; i < result->notes.n; i++)
		json_out_append(notes, remark(file, result->notes.items[i].span,
					      result->notes.items[i].text));
	if (!result->passed)
		add_text(object, "message", result->message);
	json_out_add(object, "notes", notes);
	return object;
}

static json_t *block_json(const struct test_file *file, const struct test_block *block)
{
	json_t *object = json_out_must(json_object());
	json_t *results = json_out_must(json_array());

	add_text(object, "name", block->name);
	add_place(object, file, block->span);
	add_bool(object, "passed", !block->failed && !block->error.len);
	if (block->error.len)
		add_text(object, "error", block->error);
	for (size_t i = 0; i < block->results.n; i++)
		json_out_append(results, result_json(file, &block->results.items[i]));
	json_out_add(object, "expectations", results);
	return object;
}

static json_t *gaps_json(const struct test_file *file, const struct test_gap *gaps, size_t n)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < n; i++)
		json_out_append(array, remark(file, gaps[i].span, gaps[i].text));
	return array;
}

static json_t *coverage_json(const struct test_file *file, const struct test_coverage *coverage)
{
	json_t *object = json_out_must(json_object());

	add_number(object, "points", coverage->points);
	add_number(object, "covered", coverage->covered);
	json_out_add(object, "missing", gaps_json(file, coverage->gaps.items, coverage->gaps.n));
	add_number(object, "sandbox_statements", coverage->grants);
	add_number(object, "sandbox_statements_asked", coverage->grants_asked);
	json_out_add(object, "sandbox_missing",
		     gaps_json(file, coverage->unasked.items, coverage->unasked.n));
	return object;
}

static json_t *file_json(const struct test_file *file, const struct test_coverage *coverage)
{
	json_t *object = json_out_must(json_object());
	json_t *blocks = json_out_must(json_array());

	add_text(object, "file", str_from(file->path));
	add_bool(object, "usable", file->status == 0);
	add_number(object, "passed", file->n_results - file->n_failed);
	add_number(object, "failed", file->n_failed);
	add_number(object, "errors", file->n_errors);
	for (size_t b = 0; b < file->blocks.n; b++)
		json_out_append(blocks, block_json(file, &file->blocks.items[b]));
	json_out_add(object, "tests", blocks);
	if (coverage && !file->status)
		json_out_add(object, "coverage", coverage_json(file, coverage));
	return object;
}

void test_print_json(const struct test_report *report)
{
	json_t *root = json_out_must(json_object());
	json_t *files = json_out_must(json_array());

	for (size_t i = 0; i < report->n; i++)
		json_out_append(files, file_json(&report->files[i],
						 report->coverage ? &report->coverage[i] : NULL));
	add_number(root, "version", 1);
	json_out_add(root, "files", files);
	if (report->coverage) {
		add_number(root, "coverage_percent", test_percent(report));
		add_bool(root, "coverage_below_minimum", report->below);
	}
	json_out_dump(root);
}
