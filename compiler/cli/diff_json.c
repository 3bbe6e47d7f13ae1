/*
 * A policy diff for programs: JSON (docs/diff.md describes every field), and SARIF 2.1.0, where
 * each thing that is more than before is a result at its place in NEW.
 */
#include "cli/diff.h"

#include <stdio.h>

#include "cli/json_out.h"

static void add_text(json_t *object, const char *key, struct str text)
{
	if (text.len)
		json_out_add(object, key, json_out_text(text));
}

static json_t *object_json(const struct ir_diff_object *object)
{
	json_t *out = json_out_must(json_object());

	json_out_add(out, "name", json_out_text(object->name));
	if (!object->origin.file.len)
		return out;
	json_out_add(out, "in", json_string(object->in_old ? "old" : "new"));
	json_out_add(out, "file", json_out_text(object->origin.file));
	json_out_add(out, "line", json_integer(object->origin.line));
	json_out_add(out, "column", json_integer(object->origin.col));
	return out;
}

static json_t *entry_json(const struct ir_diff_entry *entry)
{
	json_t *out = json_out_must(json_object()), *subject = json_out_must(json_object());
	json_t *objects = json_out_must(json_array());

	json_out_add(subject, "kind", json_string(diff_subject_name(entry->subject)));
	json_out_add(subject, "name", json_out_text(entry->name));
	json_out_add(out, "subject", subject);
	json_out_add(out, "change", json_string(ir_diff_info(entry->change)->name));
	json_out_add(out, "effect", json_string(diff_effect_name(entry->effect)));
	for (size_t i = 0; i < entry->objects.n; i++)
		json_out_append(objects, object_json(&entry->objects.items[i]));
	json_out_add(out, "objects", objects);
	add_text(out, "before", entry->before);
	add_text(out, "after", entry->after);
	add_text(out, "example", entry->example);
	add_text(out, "note", entry->note);
	return out;
}

void diff_json(const struct diff_report *report)
{
	const struct ir_diff *diff = report->diff;
	json_t *root = json_out_must(json_object()), *summary = json_out_must(json_object());
	json_t *changes = json_out_must(json_array());

	for (int effect = 0; effect < IR_DIFF_EFFECT__COUNT; effect++)
		json_out_add(summary, diff_effect_name((enum ir_diff_effect)effect),
			     json_integer((json_int_t)diff->counts[effect]));
	for (size_t i = 0; i < diff->entries.n; i++)
		json_out_append(changes, entry_json(&diff->entries.items[i]));
	json_out_add(root, "old", json_out_text(str_from(report->old_path)));
	json_out_add(root, "new", json_out_text(str_from(report->new_path)));
	json_out_add(root, "summary", summary);
	json_out_add(root, "changes", changes);
	json_out_dump(root);
}

static json_t *rules_sarif(void)
{
	json_t *rules = json_out_must(json_array());

	for (int change = 0; change < IR_DIFF_CHANGE__COUNT; change++) {
		const struct ir_diff_info *info = ir_diff_info((enum ir_diff_change)change);
		char id[64];

		snprintf(id, sizeof(id), "writ/diff/%s", info->name);
		json_out_append(rules, sarif_rule(id, info->title, info->explanation, "warning"));
	}
	return rules;
}

/*
 * A place is a line: what the column counts is known of the source only. What has no place in NEW
 * is about the file as a whole.
 */
static json_t *location_sarif(const struct diff_report *report, const struct ir_diff_object *object)
{
	json_t *location = json_out_must(json_object()), *physical = json_out_must(json_object());
	bool placed = object->origin.file.len && !object->in_old;

	json_out_add(physical, "artifactLocation",
		     sarif_artifact(placed ? object->origin.file : str_from(report->new_path)));
	if (placed) {
		json_t *region = json_out_must(json_object());

		json_out_add(region, "startLine", json_integer(object->origin.line));
		json_out_add(physical, "region", region);
	}
	json_out_add(location, "physicalLocation", physical);
	return location;
}

static json_t *message_sarif(const struct ir_diff_entry *entry, const struct ir_diff_object *object)
{
	struct arena scratch;
	struct str text;
	json_t *message;

	arena_init(&scratch);
	text = str_printf(&scratch, "%s %.*s: %s: %.*s", diff_subject_name(entry->subject),
			  STR_ARG(entry->name), ir_diff_info(entry->change)->title,
			  STR_ARG(object->name));
	if (entry->before.len)
		text = str_printf(&scratch, "%.*s; was: %.*s", STR_ARG(text),
				  STR_ARG(entry->before));
	if (entry->after.len)
		text = str_printf(&scratch, "%.*s; now: %.*s", STR_ARG(text),
				  STR_ARG(entry->after));
	message = sarif_message(text);
	arena_fini(&scratch);
	return message;
}

static json_t *result_sarif(const struct diff_report *report, const struct ir_diff_entry *entry,
			    const struct ir_diff_object *object)
{
	json_t *result = json_out_must(json_object()), *locations = json_out_must(json_array());
	char id[64];

	snprintf(id, sizeof(id), "writ/diff/%s", ir_diff_info(entry->change)->name);
	json_out_add(result, "ruleId", json_string(id));
	json_out_add(result, "ruleIndex", json_integer(entry->change));
	json_out_add(result, "level", json_string("warning"));
	json_out_add(result, "message", message_sarif(entry, object));
	json_out_append(locations, location_sarif(report, object));
	json_out_add(result, "locations", locations);
	return result;
}

void diff_sarif(const struct diff_report *report)
{
	struct sarif_run run = {.rules = rules_sarif()};
	json_t *invocation = json_out_must(json_object());

	json_out_add(invocation, "executionSuccessful", json_true());
	run.invocation = invocation;
	run.results = json_out_must(json_array());
	for (size_t i = 0; i < report->diff->entries.n; i++) {
		const struct ir_diff_entry *entry = &report->diff->entries.items[i];
		bool widens = entry->effect == IR_DIFF_WIDENED || entry->effect == IR_DIFF_CHANGED;

		for (size_t o = 0; widens && o < entry->objects.n; o++)
			json_out_append(run.results,
					result_sarif(report, entry, &entry->objects.items[o]));
	}
	sarif_print(&run);
}
