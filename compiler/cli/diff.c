/*
 * writc diff: what a new version of a policy permits that the old one did not, and the reverse.
 */
#include "cli/diff.h"

#include <stdio.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/input.h"

#define MAX_READ 600u

static const char *const formats[] = {"text", "json", "markdown", "sarif", NULL};

static void (*const printers[])(const struct diff_report *) = {
	diff_text,
	diff_json,
	diff_markdown,
	diff_sarif,
};

enum fail_on { FAIL_ON_WIDEN, FAIL_ON_ANY, FAIL_ON_NEVER };

static const char *const fail_ons[] = {"widen", "any", "never", NULL};

static const char *const subjects[] = {
	[IR_DIFF_ROLE] = "role",       [IR_DIFF_USER] = "user",     [IR_DIFF_TOOL] = "tool",
	[IR_DIFF_SANDBOX] = "sandbox", [IR_DIFF_POLICY] = "policy",
};

static const struct {
	const char *name;
	char sign;
} effects[] = {
	[IR_DIFF_WIDENED] = {"widened", '+'},
	[IR_DIFF_NARROWED] = {"narrowed", '-'},
	[IR_DIFF_CHANGED] = {"changed", '~'},
	[IR_DIFF_NEUTRAL] = {"neutral", '~'},
};

const char *diff_subject_name(enum ir_diff_subject subject)
{
	return subjects[subject];
}

const char *diff_effect_name(enum ir_diff_effect effect)
{
	return effects[effect].name;
}

char diff_sign(enum ir_diff_effect effect)
{
	return effects[effect].sign;
}

void diff_put_summary(const struct ir_diff *diff)
{
	const char *comma = "";

	for (int effect = 0; effect < IR_DIFF_EFFECT__COUNT; effect++) {
		if (!diff->counts[effect])
			continue;
		printf("%s%zu %s", comma, diff->counts[effect], effects[effect].name);
		comma = ", ";
	}
}

void diff_put_text(struct str text)
{
	unsigned columns;

	while (text.len) {
		unsigned char byte = (unsigned char)text.ptr[0];
		size_t used = 1;

		if (byte < 0x20 || byte == 0x7f)
			printf("\\x%02x", byte);
		else
			used = utf8_print_one(stdout, text, &columns);
		text.ptr += used;
		text.len -= used;
	}
}

struct str diff_clip(struct str text)
{
	size_t len = text.len < MAX_READ ? text.len : MAX_READ;

	/* Not inside of a character. */
	while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return (struct str){text.ptr, len};
}

static int status_of(const struct ir_diff *diff, int fail_on)
{
	bool widened = diff->counts[IR_DIFF_WIDENED] || diff->counts[IR_DIFF_CHANGED];

	if (fail_on == FAIL_ON_NEVER)
		return CLI_OK;
	if (fail_on == FAIL_ON_ANY)
		return diff->entries.n ? CLI_FINDINGS : CLI_OK;
	return widened ? CLI_FINDINGS : CLI_OK;
}

static int diff_files(char **paths, int format, int fail_on)
{
	struct input inputs[2];
	struct ir_diff diff;
	struct diff_report report = {paths[0], paths[1], &diff};
	int old = input_load(paths[0], &inputs[0]);
	int new = input_load(paths[1], &inputs[1]);
	int status = old ? old : new;

	if (!status) {
		ir_diff(&inputs[1].compilation.arena, inputs[0].ir, inputs[1].ir, &diff);
		printers[format](&report);
		status = status_of(&diff, fail_on);
	}
	input_fini(&inputs[0]);
	input_fini(&inputs[1]);
	return status;
}

int verb_diff(int argc, char **argv)
{
	const char *format = NULL, *fail_on = NULL;
	const struct cli_option options[] = {
		{"--format", NULL, &format},
		{"--fail-on", NULL, &fail_on},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("diff", options, argc, argv);
	int form = 0, when = FAIL_ON_WIDEN;

	if (n < 0)
		return CLI_USAGE;
	if (n != 2)
		return cli_usage_error("diff", "two policies are compared: OLD and NEW");
	if (format)
		form = cli_choice("diff", "--format", format, formats);
	if (fail_on)
		when = cli_choice("diff", "--fail-on", fail_on, fail_ons);
	if (form < 0 || when < 0)
		return CLI_USAGE;
	return diff_files(argv, form, when);
}
