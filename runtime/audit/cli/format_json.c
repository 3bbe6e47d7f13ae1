/*
 * JSON: one object a record with every column by its name, and beside wall_us the time as text.
 * Arguments are an object within. "json" is one array of them, "jsonl" a line each.
 */
#include <inttypes.h>

#include "runtime/audit/cli/format.h"
#include "runtime/audit/when.h"

static bool may_be_object(enum record_column column)
{
	return column == RECORD_ARGS || column == RECORD_DETAIL;
}

static void print_record(FILE *out, const struct record *record)
{
	char time[WHEN_SIZE];

	when_print(record->values[RECORD_WALL].number, time);
	(void)fprintf(out, "{\"time\":\"%s\"", time);
	for (int i = 0; i < RECORD__COUNT; i++) {
		const struct record_value *cell = &record->values[i];

		(void)fprintf(out, ",\"%s\":", record_names[i]);
		if (cell->type == RECORD_INTEGER)
			(void)fprintf(out, "%" PRId64, cell->number);
		else
			format_json_cell(out, cell, may_be_object((enum record_column)i));
	}
	(void)putc('}', out);
}

void format_json_begin(struct output *output)
{
	(void)putc('[', output->out);
}

void format_json(struct output *output, const struct record *record)
{
	(void)fputs(output->n ? ",\n" : "\n", output->out);
	print_record(output->out, record);
}

void format_json_end(struct output *output)
{
	(void)fputs(output->n ? "\n]\n" : "]\n", output->out);
}

void format_jsonl(struct output *output, const struct record *record)
{
	print_record(output->out, record);
	(void)putc('\n', output->out);
}
