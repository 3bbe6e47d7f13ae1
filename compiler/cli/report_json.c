/*
 * Diagnostics as JSON, and as SARIF 2.1.0 (OASIS, sarif-v2.1.0-os).
 *
 * Lines and columns count from 1. A column counts bytes in JSON, as in text; SARIF has no such
 * unit, so it gets code points, and byte offsets beside them. Text that is not valid UTF-8 can't
 * come up in a message (source files are checked), but a path given by the user can be anything:
 * bytes that are not text are replaced.
 */
#include "cli/report.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/json_out.h"
#include "lint/lint.h"

static const char *const severities[] = {[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning"};

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
	json_out_add(object, "file", json_out_text(span_path(diags, span)));
	json_out_add(object, "line", json_integer(begin.line));
	json_out_add(object, "column", json_integer(begin.col));
	json_out_add(object, "end_line", json_integer(end.line));
	json_out_add(object, "end_column", json_integer(end.col));
}

static json_t *diag_json(const struct diag_list *diags, const struct diag *diag)
{
	json_t *object = json_out_must(json_object()), *notes = json_out_must(json_array());

	json_out_add(object, "code", json_string(diag_info(diag->code)->code));
	json_out_add(object, "severity", json_string(severities[diag->severity]));
	json_out_add(object, "message", json_out_text(diag->message));
	add_place(object, diags, diag->span);
	for (size_t i = 0; i < diag->notes.n; i++) {
		const struct diag_note *note = &diag->notes.items[i];
		json_t *entry = json_out_must(json_object());

		json_out_add(entry, "kind", json_string(note->is_help ? "help" : "note"));
		json_out_add(entry, "message", json_out_text(note->text));
		add_place(entry, diags, note->span);
		json_out_append(notes, entry);
	}
	json_out_add(object, "notes", notes);
	return object;
}

static json_t *unreadable_json(const struct report_file *file)
{
	json_t *object = json_out_must(json_object());

	json_out_add(object, "severity", json_string("error"));
	json_out_add(object, "message", json_string(strerror(file->error)));
	json_out_add(object, "file", json_out_text(str_from(file->path)));
	return object;
}

static void add_suppressed(json_t *list, const struct diag_list *diags)
{
	for (size_t i = 0; i < diags->suppressed.n; i++) {
		json_t *entry = diag_json(diags, &diags->suppressed.items[i].diag);

		json_out_add(entry, "reason", json_out_text(diags->suppressed.items[i].reason));
		json_out_append(list, entry);
	}
}

void report_json(const struct report_file *files, size_t n)
{
	json_t *root = json_out_must(json_object()), *list = json_out_must(json_array());
	json_t *suppressed = json_out_must(json_array());
	json_int_t errors = 0, warnings = 0;

	for (size_t i = 0; i < n; i++) {
		if (files[i].error) {
			json_out_append(list, unreadable_json(&files[i]));
			errors++;
			continue;
		}
		for (size_t d = 0; d < files[i].diags->items.n; d++)
			json_out_append(list,
					diag_json(files[i].diags, &files[i].diags->items.items[d]));
		add_suppressed(suppressed, files[i].diags);
		errors += (json_int_t)files[i].diags->errors;
		warnings += (json_int_t)files[i].diags->warnings;
	}
	json_out_add(root, "diagnostics", list);
	json_out_add(root, "suppressed", suppressed);
	json_out_add(root, "errors", json_integer(errors));
	json_out_add(root, "warnings", json_integer(warnings));
	json_out_dump(root);
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
	json_t *region = json_out_must(json_object());

	json_out_add(region, "startLine", json_integer(begin.line));
	json_out_add(region, "startColumn", json_integer(code_point_column(diags, span, begin)));
	json_out_add(region, "endLine", json_integer(end.line));
	json_out_add(region, "endColumn", json_integer(code_point_column(diags, span, end)));
	json_out_add(region, "byteOffset", json_integer(span.begin));
	json_out_add(region, "byteLength", json_integer(span.end - span.begin));
	return region;
}

static json_t *sarif_location(const struct diag_list *diags, struct span span)
{
	json_t *location = json_out_must(json_object()), *physical = json_out_must(json_object());

	json_out_add(physical, "artifactLocation", sarif_artifact(span_path(diags, span)));
	json_out_add(physical, "region", sarif_region(diags, span));
	json_out_add(location, "physicalLocation", physical);
	return location;
}

/* The run being written: rules holds the codes that came up, at[] where each is in it. */
struct sarif {
	json_t *rules;
	json_t *results;
	bool known[DIAG__COUNT];
	size_t at[DIAG__COUNT];
};

static size_t rule_index(struct sarif *sarif, enum diag_code code)
{
	const struct diag_info *info = diag_info(code);
	const char *fix = lint_fix(code);
	json_t *rule;

	if (sarif->known[code])
		return sarif->at[code];
	rule = sarif_rule(info->code, info->title, info->explanation, severities[info->severity]);
	if (fix)
		json_out_add(rule, "help", sarif_message(str_from(fix)));
	sarif->known[code] = true;
	sarif->at[code] = json_array_size(sarif->rules);
	json_out_append(sarif->rules, rule);
	return sarif->at[code];
}

static json_t *sarif_related(const struct diag_list *diags, const struct diag *diag)
{
	json_t *related = json_out_must(json_array());

	for (size_t i = 0; i < diag->notes.n; i++) {
		const struct diag_note *note = &diag->notes.items[i];
		json_t *location;

		if (note->span.file == SPAN_NO_FILE)
			continue;
		location = sarif_location(diags, note->span);
		json_out_add(location, "message", sarif_message(note->text));
		json_out_append(related, location);
	}
	return related;
}

static json_t *add_result(struct sarif *sarif, const struct diag_list *diags,
			  const struct diag *diag)
{
	json_t *result = json_out_must(json_object()), *locations = json_out_must(json_array());

	json_out_add(result, "ruleId", json_string(diag_info(diag->code)->code));
	json_out_add(result, "ruleIndex", json_integer((json_int_t)rule_index(sarif, diag->code)));
	json_out_add(result, "level", json_string(severities[diag->severity]));
	json_out_add(result, "message", sarif_message(diag->message));
	if (diag->span.file != SPAN_NO_FILE)
		json_out_append(locations, sarif_location(diags, diag->span));
	json_out_add(result, "locations", locations);
	json_out_add(result, "relatedLocations", sarif_related(diags, diag));
	json_out_append(sarif->results, result);
	return result;
}

/* A result with a suppression is shown as such, and fails nothing (SARIF 2.1.0, 3.27.23). */
static void add_suppressed_result(struct sarif *sarif, const struct diag_list *diags,
				  const struct diag_suppressed *suppressed)
{
	json_t *result = add_result(sarif, diags, &suppressed->diag);
	json_t *list = json_out_must(json_array()), *entry = json_out_must(json_object());

	json_out_add(entry, "kind", json_string("inSource"));
	json_out_add(entry, "justification", json_out_text(suppressed->reason));
	json_out_append(list, entry);
	json_out_add(result, "suppressions", list);
}

/* A file that can't be read is the run's failure, not a result about its content. */
static json_t *sarif_invocation(const struct report_file *files, size_t n)
{
	json_t *invocation = json_out_must(json_object()), *notes = json_out_must(json_array());
	bool readable = true;

	for (size_t i = 0; i < n; i++) {
		json_t *note;

		if (!files[i].error)
			continue;
		readable = false;
		note = json_out_must(json_object());
		json_out_add(note, "level", json_string("error"));
		json_out_add(note, "message",
			     json_out_must(json_pack(
				     "{s:o}", "text",
				     json_out_must(json_sprintf("can't read a policy: %s",
								strerror(files[i].error))))));
		json_out_append(notes, note);
	}
	json_out_add(invocation, "executionSuccessful", json_boolean(readable));
	json_out_add(invocation, "toolExecutionNotifications", notes);
	return invocation;
}

void report_sarif(const struct report_file *files, size_t n)
{
	struct sarif sarif = {.rules = json_out_must(json_array()),
			      .results = json_out_must(json_array())};
	struct sarif_run run = {.rules = sarif.rules,
				.results = sarif.results,
				.invocation = sarif_invocation(files, n)};

	for (size_t i = 0; i < n; i++) {
		const struct diag_list *diags = files[i].diags;

		if (files[i].error)
			continue;
		for (size_t d = 0; d < diags->items.n; d++)
			add_result(&sarif, diags, &diags->items.items[d]);
		for (size_t d = 0; d < diags->suppressed.n; d++)
			add_suppressed_result(&sarif, diags, &diags->suppressed.items[d]);
	}
	sarif_print(&run);
}
