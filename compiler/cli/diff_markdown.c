/*
 * A policy diff as a comment on a pull request: a table, and behind a fold what changed how.
 *
 * Every text of the policies is in a code span, where Markdown and mentions mean nothing; what
 * would end the span or the table's cell is taken care of.
 */
#include "cli/diff.h"

#include <stdio.h>
#include <string.h>

#define MAX_OBJECTS 20u

/* Rows of the table: a comment has a limit, and a reader too. */
#define MAX_ROWS 200u

/* The longest run of backticks in a text: the span's fence must be longer. */
static size_t longest_fence(struct str text)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = text.ptr[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void put_fence(size_t n)
{
	while (n-- > 0)
		putchar('`');
}

/* In a table also a code span may hold no bare "|". */
static void put_code(struct str text, bool in_table)
{
	size_t fence = longest_fence(text) + 1, begin = 0;
	bool pad = fence > 1;

	put_fence(fence);
	fputs(pad ? " " : "", stdout);
	for (size_t i = 0; in_table && i < text.len; i++) {
		if (text.ptr[i] != '|')
			continue;
		diff_put_text((struct str){text.ptr + begin, i - begin});
		fputs("\\|", stdout);
		begin = i + 1;
	}
	diff_put_text((struct str){text.ptr + begin, text.len - begin});
	fputs(pad ? " " : "", stdout);
	put_fence(fence);
}

static void put_objects(const struct ir_diff_entry *entry, bool in_table)
{
	size_t n = entry->objects.n;

	for (size_t i = 0; i < n && i < MAX_OBJECTS; i++) {
		fputs(i ? ", " : "", stdout);
		put_code(entry->objects.items[i].name, in_table);
	}
	if (n > MAX_OBJECTS)
		printf(" and %zu more", n - MAX_OBJECTS);
}

static void put_row(const struct ir_diff_entry *entry)
{
	printf("| **%c** %s | %s ", diff_sign(entry->effect), diff_effect_name(entry->effect),
	       diff_subject_name(entry->subject));
	put_code(entry->name, true);
	if (entry->note.len) {
		fputs(" ", stdout);
		put_code(entry->note, true);
	}
	printf(" | %s | ", ir_diff_info(entry->change)->title);
	put_objects(entry, true);
	fputs(" |\n", stdout);
}

static void put_detail(const char *label, struct str text)
{
	if (!text.len)
		return;
	printf("  - %s: ", label);
	put_code(diff_clip(text), false);
	puts(text.len > diff_clip(text).len ? "..." : "");
}

static void put_details(const struct ir_diff_entry *entry)
{
	if (!entry->before.len && !entry->after.len)
		return;
	printf("- %s ", diff_subject_name(entry->subject));
	put_code(entry->name, false);
	printf(", %s: ", ir_diff_info(entry->change)->title);
	put_objects(entry, false);
	putchar('\n');
	put_detail("was", entry->before);
	put_detail("now", entry->after);
	put_detail("more is permitted when", entry->example);
}

static bool has_details(const struct ir_diff *diff)
{
	for (size_t i = 0; i < diff->entries.n; i++) {
		if (diff->entries.items[i].before.len || diff->entries.items[i].after.len)
			return true;
	}
	return false;
}

void diff_markdown(const struct diff_report *report)
{
	const struct ir_diff *diff = report->diff;
	size_t n = diff->entries.n < MAX_ROWS ? diff->entries.n : MAX_ROWS;

	if (!diff->entries.n) {
		fputs("### Policy: effective permissions are unchanged\n", stdout);
		return;
	}
	fputs("### Policy: ", stdout);
	diff_put_summary(diff);
	fputs("\n\n| | who | change | what |\n| --- | --- | --- | --- |\n", stdout);
	for (size_t i = 0; i < n; i++)
		put_row(&diff->entries.items[i]);
	if (n < diff->entries.n)
		printf("\n%zu more changes are not shown.\n", diff->entries.n - n);
	if (!has_details(diff))
		return;
	fputs("\n<details><summary>Before and after</summary>\n\n", stdout);
	for (size_t i = 0; i < n; i++)
		put_details(&diff->entries.items[i]);
	fputs("\n</details>\n", stdout);
}
