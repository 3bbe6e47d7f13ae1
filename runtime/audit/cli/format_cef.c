/*
 * CEF, ArcSight's Common Event Format (version 0): "CEF:0|Vendor|Product|Version|Class|Name|
 * Severity|Extension". In the header "|" and "\" are escaped by a backslash, and there are no line
 * ends. In the extension "=" and "\" are, and line ends are \n and \r. Keys are those of its
 * dictionary; what it has none for is in the custom strings and numbers, each with its label.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/cli/format.h"
#include "runtime/audit/record_meaning.h"
#include "runtime/cli/cli.h"

static const struct extension {
	const char *key;
	const char *label; /* of a custom field */
	enum record_column column;
} extensions[] = {
	{"externalId", NULL, RECORD_SEQ},   {"cat", NULL, RECORD_KIND},
	{"act", NULL, RECORD_VERDICT},      {"reason", NULL, RECORD_REASON},
	{"suser", NULL, RECORD_USER},       {"spriv", NULL, RECORD_ROLE},
	{"msg", NULL, RECORD_DETAIL},       {"cs1", "tool", RECORD_TOOL},
	{"cs2", "args", RECORD_ARGS},       {"cs3", "rule", RECORD_RULE},
	{"cs4", "policy", RECORD_POLICY},   {"cs5", "session", RECORD_SESSION},
	{"cs6", "sandbox", RECORD_SANDBOX}, {"cn1", "duration_us", RECORD_DURATION},
	{"cn2", "peak_bytes", RECORD_PEAK}, {"cn3", "status", RECORD_STATUS},
	{"out", NULL, RECORD_BYTES},
};
#define N_EXTENSIONS (sizeof(extensions) / sizeof(extensions[0]))

static void print_escaped(FILE *out, const char *text, const char *special)
{
	for (; *text; text++)
		(void)fprintf(out, strchr(special, *text) ? "\\%c" : "%c", *text);
}

/* What has no form in CEF, control characters and what is not UTF-8, is shown as <U+XXXX>. */
static void print_safe(FILE *out, const char *text, size_t len, const char *special)
{
	char *piece = strndup(text, len);
	char *safe = NULL;
	size_t size = 0;
	FILE *memory = piece ? open_memstream(&safe, &size) : NULL;

	if (memory) {
		cli_print_safe(memory, piece);
		if (fclose(memory) == 0)
			print_escaped(out, safe, special);
	}
	free(safe);
	free(piece);
}

static void print_header(FILE *out, const char *text)
{
	print_safe(out, text, strlen(text), "|\\");
}

/* Only of the extension: line ends have a form there. */
static void print_value(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");

		print_safe(out, text, len, "=\\");
		text += len;
		if (*text)
			(void)fputs(*text++ == '\n' ? "\\n" : "\\r", out);
	}
}

static void print_extension(FILE *out, const struct extension *extension,
			    const struct record_value *cell)
{
	char *copy;
	const char *text = format_text_of(cell, &copy);

	if (cell->type != RECORD_NULL)
		(void)fprintf(out, " %s=", extension->key);
	if (text)
		print_value(out, text);
	else if (cell->type == RECORD_INTEGER)
		(void)fprintf(out, "%" PRId64, cell->number);
	if (extension->label && cell->type != RECORD_NULL)
		(void)fprintf(out, " %sLabel=%s", extension->key, extension->label);
	free(copy);
}

void format_cef(struct output *output, const struct record *record)
{
	const char *kind = record->values[RECORD_KIND].text;
	const char *verdict = record->values[RECORD_VERDICT].text;
	FILE *out = output->out;

	(void)fprintf(out, "CEF:0|Writ|writ|%s|", writ_version());
	print_header(out, kind ? kind : "unknown");
	(void)putc('|', out);
	print_header(out, kind ? kind : "unknown");
	if (verdict) {
		(void)putc(' ', out);
		print_header(out, verdict);
	}
	(void)fprintf(out, "|%d|rt=%" PRId64, record_severity(record),
		      record->values[RECORD_WALL].number / 1000);
	for (size_t i = 0; i < N_EXTENSIONS; i++)
		print_extension(out, &extensions[i], &record->values[extensions[i].column]);
	(void)putc('\n', out);
}
