/*
 * What a record means. A table of what makes one serious, the worst first; the first row that a
 * record fits gives its severity.
 */
#include "runtime/audit/record_meaning.h"

#include <signal.h>
#include <string.h>

bool record_says(const struct record *record, enum record_column column, const char *word)
{
	const struct record_value *cell = &record->values[column];

	return cell->text && cell->len == strlen(word) && memcmp(cell->text, word, cell->len) == 0;
}

bool record_is_escape(const struct record *record)
{
	if (record_says(record, RECORD_KIND, "end"))
		return record->values[RECORD_SIGNAL].number == SIGSYS;
	if (record_says(record, RECORD_KIND, "file"))
		return true;
	return record_says(record, RECORD_KIND, "network") &&
	       record_says(record, RECORD_VERDICT, "deny");
}

bool record_is_denial(const struct record *record)
{
	return record_says(record, RECORD_KIND, "decision") &&
	       record_says(record, RECORD_VERDICT, "deny");
}

static bool is_gap(const struct record *record)
{
	return record_says(record, RECORD_KIND, "gap");
}

static bool is_question(const struct record *record)
{
	return record_says(record, RECORD_VERDICT, "ask");
}

static bool is_failure(const struct record *record)
{
	return record->values[RECORD_ERROR].text != NULL;
}

int record_severity(const struct record *record)
{
	static const struct {
		bool (*fits)(const struct record *record);
		int severity;
	} rows[] = {
		{is_gap, 9},           {record_is_escape, 8}, {is_failure, 6},
		{record_is_denial, 5}, {is_question, 3},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].fits(record))
			return rows[i].severity;
	}
	return 1;
}
