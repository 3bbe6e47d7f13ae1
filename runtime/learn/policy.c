/*
 * See policy.h. Every line that grants something stands below a comment that says what it was seen
 * for; what a policy can't grant, or should not, is a comment only. The layout is that of writc
 * fmt, so that it stays as it is when the file is formatted.
 */
#include "runtime/learn/policy.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/learn/policy_parts.h"
#include "runtime/learn/text.h"

#define SCRATCH_MIN_MIB 64u
#define MIB             (1u << 20)

void policy_name(const char *command, char name[POLICY_MAX_NAME])
{
	const char *base = text_base(command);
	size_t n = 0;

	if (!isalpha((unsigned char)*base))
		name[n++] = '_';
	for (; *base && n < POLICY_MAX_NAME - 1; base++)
		name[n++] = isalnum((unsigned char)*base) ? *base : '_';
	name[n] = '\0';
}

/* A path as the policy has it: "${workspace}/x", "~/x". */
static void put_path(FILE *out, const struct setting *setting, const char *path)
{
	const char *rest = path;

	(void)putc('"', out);
	if (setting->workspace && text_below(path, setting->workspace)) {
		(void)fputs("${workspace}", out);
		rest += strlen(setting->workspace);
	} else if (setting->home && text_below(path, setting->home)) {
		(void)putc('~', out);
		rest += strlen(setting->home);
	}
	text_put_string(out, rest);
	(void)putc('"', out);
}

static void put_uses(FILE *out, unsigned int uses)
{
	static const struct {
		unsigned int use;
		const char *text;
	} rows[] = {
		{USE_READ, "read"},
		{USE_LIST, "listed"},
		{USE_WRITE, "written"},
		{USE_CREATE, "created"},
		{USE_ENTRY, "replaced or removed"},
		{USE_EXECUTE, "executed"},
	};
	const char *before = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!(uses & rows[i].use))
			continue;
		(void)fprintf(out, "%s%s", before, rows[i].text);
		before = ", ";
	}
	if (!*before)
		(void)fputs("used", out);
}

static void put_reason(FILE *out, const struct grant *grant)
{
	(void)fputs("    # ", out);
	put_uses(out, grant->uses);
	(void)fputs(" by ", out);
	seen_by_print(out, &grant->by);
	if (grant->n > 1)
		(void)fprintf(out, ": %zu files, such as ", grant->n);
	else if (grant->example && strcmp(grant->example, grant->path) != 0)
		(void)fputs(": ", out);
	if (grant->n > 1 || (grant->example && strcmp(grant->example, grant->path) != 0))
		text_put_plain(out, grant->example);
	(void)putc('\n', out);
}

static void put_grant(FILE *out, const struct setting *setting, const struct grant *grant)
{
	static const char *const verbs[] = {
		[RIGHT_READ] = "read",
		[RIGHT_WRITE] = "write",
		[RIGHT_EXECUTE] = "execute",
	};

	put_reason(out, grant);
	(void)fprintf(out, "    %s%s ",
		      grant->too_wide ? "# Not granted, as it holds too much: " : "",
		      verbs[grant->right]);
	put_path(out, setting, grant->path);
	(void)fputs(";\n", out);
}

static void put_scratch(FILE *out, const struct scratch *scratch, const struct usage *usage)
{
	uint64_t mib = policy_headroom(usage->file_bytes / MIB, SCRATCH_MIN_MIB);

	(void)fputs("    # temporary files, made and removed by ", out);
	seen_by_print(out, &scratch->by);
	(void)fprintf(out, "\n    scratch \"%s\" %" PRIu64 "MiB;\n", scratch->path, mib);
}

static void put_filesystem(FILE *out, const struct policy *policy)
{
	const struct grants *grants = policy->grants;

	(void)fputs("  filesystem {\n", out);
	for (size_t i = 0; i < grants->n; i++)
		put_grant(out, policy->setting, &grants->items[i]);
	for (size_t i = 0; i < grants->n_scratch; i++)
		put_scratch(out, &grants->scratch[i], &policy->trace->usage);
	(void)fputs("  }\n", out);
}

static void put_head(FILE *out, const struct policy *policy)
{
	(void)fputs("# What this command used when it was run, as writ learn saw it:\n#  ", out);
	for (char *const *word = policy->trace->command; *word; word++) {
		(void)putc(' ', out);
		text_put_plain(out, *word);
	}
	(void)fputs("\n# Read it before you rely on it: another run may use more, and what it used "
		    "may be\n# more than it should.\n",
		    out);
	if (policy->trace->status)
		(void)fprintf(out, "# The command ended with status %d.\n", policy->trace->status);
	(void)fprintf(out, "policy %s;\n", policy->name);
}

static bool uses_workspace(const struct policy *policy)
{
	const struct setting *setting = policy->setting;

	for (size_t i = 0; setting->workspace && i < policy->grants->n; i++) {
		const struct grant *grant = &policy->grants->items[i];

		if (!grant->too_wide && text_below(grant->path, setting->workspace))
			return true;
	}
	return false;
}

static void put_roles(FILE *out, const char *name)
{
	(void)fprintf(out,
		      "\ntool %s {\n  class execute;\n  sandbox %s;\n}\n\nrole agent {\n  allow "
		      "%s;\n}\n\nuser \"agent\" : agent;\n",
		      name, name, name);
}

void policy_print(FILE *out, const struct policy *policy)
{
	put_head(out, policy);
	if (uses_workspace(policy)) {
		(void)fputs("\n# The directory that it ran in.\nparam workspace : path = \"", out);
		text_put_string(out, policy->setting->workspace);
		(void)fputs("\";\n", out);
	}
	(void)fprintf(out, "\nsandbox %s {\n", policy->name);
	put_filesystem(out, policy);
	policy_put_network(out, policy->record);
	policy_put_calls(out, policy->record, policy->trace->foreign);
	policy_put_limits(out, &policy->trace->usage);
	policy_put_environment(out, policy->record);
	(void)fputs("}\n", out);
	put_roles(out, policy->name);
}
