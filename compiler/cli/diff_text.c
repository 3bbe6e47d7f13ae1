/*
 * A policy diff for a terminal: one block a subject, "+" for more, "-" for less, "~" for both.
 */
#include "cli/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Names of objects on one line; JSON has all. */
#define MAX_OBJECTS 12u

static bool stdout_has_color(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

static const char *color_of(enum ir_diff_effect effect)
{
	switch (effect) {
	case IR_DIFF_WIDENED:
		return "\033[31m";
	case IR_DIFF_NARROWED:
		return "\033[32m";
	case IR_DIFF_CHANGED:
		return "\033[33m";
	case IR_DIFF_NEUTRAL:
	case IR_DIFF_EFFECT__COUNT:
		return "";
	}
	return "";
}

static bool same_subject(const struct ir_diff_entry *a, const struct ir_diff_entry *b)
{
	return a->subject == b->subject && str_eq(a->name, b->name);
}

static void put_subject(const struct ir_diff_entry *entry)
{
	printf("%s ", diff_subject_name(entry->subject));
	diff_put_text(entry->name);
	if (entry->note.len) {
		fputs(" (", stdout);
		diff_put_text(entry->note);
		putchar(')');
	}
	putchar('\n');
}

/* Of a tool or a sandbox that itself changed, the name is in the line above. */
static bool names_itself(const struct ir_diff_entry *entry)
{
	return entry->objects.n == 1 && str_eq(entry->objects.items[0].name, entry->name);
}

static void put_objects(const struct ir_diff_entry *entry)
{
	size_t n = entry->objects.n;

	for (size_t i = 0; i < n && i < MAX_OBJECTS; i++) {
		fputs(i ? ", " : ": ", stdout);
		diff_put_text(entry->objects.items[i].name);
	}
	if (n > MAX_OBJECTS)
		printf(" and %zu more", n - MAX_OBJECTS);
}

/* What only OLD says has its place there. */
static void put_place(const struct ir_diff_object *object)
{
	if (!object->origin.file.len)
		return;
	fputs(object->in_old ? "  [was " : "  [", stdout);
	diff_put_text(object->origin.file);
	printf(":%u]", object->origin.line);
}

static void put_line(const char *label, struct str text)
{
	if (!text.len)
		return;
	printf("      %s: ", label);
	diff_put_text(diff_clip(text));
	puts(text.len > diff_clip(text).len ? "..." : "");
}

static void put_entry(const struct ir_diff_entry *entry, bool color)
{
	printf("  %s%c %s", color ? color_of(entry->effect) : "", diff_sign(entry->effect),
	       ir_diff_info(entry->change)->title);
	if (!names_itself(entry))
		put_objects(entry);
	fputs(color ? "\033[0m" : "", stdout);
	put_place(&entry->objects.items[0]);
	putchar('\n');
	put_line("was", entry->before);
	put_line("now", entry->after);
	put_line("more is permitted when", entry->example);
}

void diff_text(const struct diff_report *report)
{
	const struct ir_diff *diff = report->diff;
	bool color = stdout_has_color();

	for (size_t i = 0; i < diff->entries.n; i++) {
		const struct ir_diff_entry *entry = &diff->entries.items[i];

		if (i == 0 || !same_subject(entry, entry - 1))
			put_subject(entry);
		put_entry(entry, color);
	}
	if (!diff->entries.n)
		return;
	diff_put_summary(diff);
	putchar('\n');
}
