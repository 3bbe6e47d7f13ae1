/*
 * Diagnostics as JSON, and as SARIF 2.1.0 (OASIS, sarif-v2.1.0-os).
 *
 * Lines and columns count from 1. A column counts bytes in JSON, as in text; SARIF has no such
 * unit, so it gets code points, and byte offsets beside them. Text that is not valid UTF-8 can't
 * come up in a message (source files are checked), but a path given by the user can be anything:
 * bytes that are not text are replaced.
 */
#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const char *const severities[] = {[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning"};

/* Every jansson failure is out of memory here, which the compiler does not survive anyway. */
static json_t *must(json_t *value)
{
	if (!value) {
		fputs("writc: out of memory\n", stderr);
		exit(CLI_BUG);
	}
	return value;
}

static void add(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)))
		must(NULL);
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)))
		must(NULL);
}

static json_t *text(struct str s)
{
	json_t *value = json_stringn(s.ptr, s.len);
	char *copy;

	if (value)
		return value;
	copy = calloc(1, s.len + 1);
	if (!copy)
		must(NULL);
	memcpy(copy, s.ptr, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	}
	value = json_stringn(copy, s.len);
	free(copy);
	return must(value);
}

static struct str span_path(const struct diag_list *diags, struct span span)
{
	return diags->sources->files.items[span.file].path;
}

static void add_place(json_t *object, const struct diag_list *diags, struct span span)
{
	struct line_col begin, end;

	if (span.file == SPAN_NO_FILE)
		return;
	begin = source_line_col(diags->sources, span.file, span.begin);
	end = source_line_col(diags->sources, span.file, span.end);
	add(object, "file", text(span_path(diags, span)));
	add(object, "line", json_integer(begin.line));
	add(object, "column", json_integer(begin.col));
	add(object, "end_line", json_integer(end.line));
	add(object, "end_column", json_integer(end.col));
}

static json_t *diag_json(const struct diag_list *diags, const struct diag *diag)
{
	json_t *object = must(json_object()), *notes = must(json_array());

	add(object, "code", json_string(diag_info(diag->code)->code));
	add(object, "severity", json_string(severities[diag->severity]));
	add(object, "message", text(diag->message));
	add_place(object, diags, diag->span);
	for (size_t i = 0; i < diag->notes.n; i++) {
		const struct diag_note *note = &diag->notes.items[i];
		json_t *entry = must(json_object());

		add(entry, "kind", json_string(note->is_help ? "help" : "note"));
		add(entry, "message", text(note->text));
		add_place(entry, diags, note->span);
		append(notes, entry);
	}
	add(object, "notes", notes);
	return object;
}

static json_t *unreadable_json(const struct report_file *file)
{
	json_t *object = must(json_object());

	add(object, "severity", json_string("error"));
	add(object, "message", json_string(strerror(file->error)));
	add(object, "file", text(str_from(file->path)));
	return object;
}

static void dump(json_t *root)
{
	if (json_dumpf(root, stdout, JSON_INDENT(2)))
		fputs("writc: can't write to standard output\n", stderr);
	putchar('\n');
	json_decref(root);
}

void report_json(const struct report_file *files, size_t n)
{
	json_t *root = must(json_object()), *list = must(json_array());
	json_int_t errors = 0, warnings = 0;

	for (size_t i = 0; i < n; i++) {
		if (files[i].error) {
			append(list, unreadable_json(&files[i]));
			errors++;
			continue;
		}
		for (size_t d = 0; d < files[i].diags->items.n; d++)
			append(list, diag_json(files[i].diags, &files[i].diags->items.items[d]));
		errors += (json_int_t)files[i].diags->errors;
		warnings += (json_int_t)files[i].diags->warnings;
	}
	add(root, "diagnostics", list);
	add(root, "errors", json_integer(errors));
	add(root, "warnings", json_integer(warnings));
	dump(root);
}

/* RFC 3986: everything but unreserved characters and the slash is percent-encoded. */
static json_t *uri(struct str path)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = calloc(3, path.len + 1);
	size_t n = 0;
	json_t *value;

	if (!out)
		must(NULL);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char byte = (unsigned char)path.ptr[i];

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		    (byte >= '0' && byte <= '9') || (byte && strchr("-._~/", byte))) {
			out[n++] = (char)byte;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[byte >> 4];
		out[n++] = digits[byte & 15];
	}
	value = must(json_stringn(out, n));
	free(out);
	return value;
}

static json_t *sarif_message(struct str message)
{
	json_t *object = must(json_object());

	add(object, "text", text(message));
	return object;
}

static json_t *sarif_artifact(struct str path)
{
	json_t *object = must(json_object());

	add(object, "uri", uri(path));
	return object;
}

/* How many code points stand before a place on its line, plus 1. */
static json_int_t code_point_column(const struct diag_list *diags, struct span span,
				    struct line_col at)
{
	struct str line = source_line(diags->sources, span.file, at.line);
	json_int_t column = 1;

	for (size_t i = 0; i + 1 < at.col && i < line.len; i++)
		column += ((unsigned char)line.ptr[i] & 0xc0) != 0x80;
	return column;
}

static json_t *sarif_region(const struct diag_list *diags, struct span span)
{
	struct line_col begin = source_line_col(diags->sources, span.file, span.begin);
	struct line_col end = source_line_col(diags->sources, span.file, span.end);
	json_t *region = must(json_object());

	add(region, "startLine", json_integer(begin.line));
	add(region, "startColumn", json_integer(code_point_column(diags, span, begin)));
	add(region, "endLine", json_integer(end.line));
	add(region, "endColumn", json_integer(code_point_column(diags, span, end)));
	add(region, "byteOffset", json_integer(span.begin));
	add(region, "byteLength", json_integer(span.end - span.begin));
	return region;
}

static json_t *sarif_location(const struct diag_list *diags, struct span span)
{
	json_t *location = must(json_object()), *physical = must(json_object());

	add(physical, "artifactLocation", sarif_artifact(span_path(diags, span)));
	add(physical, "region", sarif_region(diags, span));
	add(location, "physicalLocation", physical);
	return location;
}

static json_t *sarif_result(const struct diag_list *diags, const struct diag *diag)
{
	json_t *result = must(json_object()), *locations = must(json_array());
	json_t *related = must(json_array());

	add(result, "ruleId", json_string(diag_info(diag->code)->code));
	add(result, "ruleIndex", json_integer(diag->code));
	add(result, "level", json_string(severities[diag->severity]));
	add(result, "message", sarif_message(diag->message));
	if (diag->span.file != SPAN_NO_FILE)
		append(locations, sarif_location(diags, diag->span));
	add(result, "locations", locations);
	for (size_t i = 0; i < diag->notes.n; i++) {
		const struct diag_note *note = &diag->notes.items[i];
		json_t *location;

		if (note->span.file == SPAN_NO_FILE)
			continue;
		location = sarif_location(diags, note->span);
		add(location, "message", sarif_message(note->text));
		append(related, location);
	}
	add(result, "relatedLocations", related);
	return result;
}

static json_t *sarif_rules(void)
{
	json_t *rules = must(json_array());

	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);
		json_t *rule = must(json_object()), *level = must(json_object());

		add(rule, "id", json_string(info->code));
		add(rule, "shortDescription", sarif_message(str_from(info->title)));
		add(rule, "fullDescription", sarif_message(str_from(info->explanation)));
		add(level, "level", json_string(severities[info->severity]));
		add(rule, "defaultConfiguration", level);
		append(rules, rule);
	}
	return rules;
}

static json_t *sarif_tool(void)
{
	json_t *tool = must(json_object()), *driver = must(json_object());

	add(driver, "name", json_string("writc"));
	add(driver, "version", json_string(WRIT_VERSION));
	add(driver, "rules", sarif_rules());
	add(tool, "driver", driver);
	return tool;
}

/* A file that can't be read is the run's failure, not a result about its content. */
static json_t *sarif_invocation(const struct report_file *files, size_t n)
{
	json_t *invocation = must(json_object()), *notes = must(json_array());
	bool readable = true;

	for (size_t i = 0; i < n; i++) {
		json_t *note;

		if (!files[i].error)
			continue;
		readable = false;
		note = must(json_object());
		add(note, "level", json_string("error"));
		add(note, "message",
		    must(json_pack("{s:o}", "text",
				   must(json_sprintf("can't read a policy: %s",
						     strerror(files[i].error))))));
		append(notes, note);
	}
	add(invocation, "executionSuccessful", json_boolean(readable));
	add(invocation, "toolExecutionNotifications", notes);
	return invocation;
}

void report_sarif(const struct report_file *files, size_t n)
{
	json_t *root = must(json_object()), *runs = must(json_array());
	json_t *run = must(json_object()), *results = must(json_array());
	json_t *invocations = must(json_array());

	for (size_t i = 0; i < n; i++) {
		for (size_t d = 0; !files[i].error && d < files[i].diags->items.n; d++)
			append(results,
			       sarif_result(files[i].diags, &files[i].diags->items.items[d]));
	}
	append(invocations, sarif_invocation(files, n));
	add(run, "tool", sarif_tool());
	add(run, "invocations", invocations);
	add(run, "columnKind", json_string("unicodeCodePoints"));
	add(run, "results", results);
	append(runs, run);
	add(root, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	add(root, "version", json_string("2.1.0"));
	add(root, "runs", runs);
	dump(root);
}
