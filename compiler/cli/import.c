/*
 * writc import: another program's file as a policy in Writ, on standard output.
 *
 * The only kind there is yet is the YAML form of a policy. Its translation (front/yaml.h) is
 * formatted as fmt would; comments stay with the statements they stood at. What it imports is
 * neither read nor translated: a policy may import files of both forms.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "front/fmt.h"
#include "front/yaml.h"

static int import_yaml(struct str path)
{
	struct arena arena;
	struct sources sources = {.arena = &arena};
	struct diag_list diags;
	struct report_file report = {.path = path.ptr, .diags = &diags};
	struct str text;
	uint32_t file;
	int status = CLI_INPUT;

	arena_init(&arena);
	diag_init(&diags, &arena, &sources);
	report.error = -source_load(&sources, path, &file);
	if (!report.error && yaml_to_writ(&diags, file, &text) &&
	    !fmt_source(&arena, &diags, source_add(&sources, STR("<translation>"), text), &text)) {
		fwrite(text.ptr, 1, text.len, stdout);
		status = CLI_OK;
	}
	diag_sort(&diags);
	report_text(&report, 1);
	arena_fini(&arena);
	return status;
}

int verb_import(int argc, char **argv)
{
	static const char *const later[] = {"oci", "srt", "claude", NULL};
	const struct cli_option none[] = {{NULL, NULL, NULL}};
	int n = cli_parse("import", none, argc, argv);

	if (n < 0)
		return CLI_USAGE;
	if (n == 0)
		return cli_usage_error("import", "which kind of file? There is: yaml");
	for (size_t i = 0; later[i]; i++) {
		if (strcmp(argv[0], later[i]) == 0)
			return cli_usage_error("import",
					       "'%s' is not supported yet; there is: yaml",
					       argv[0]);
	}
	if (strcmp(argv[0], "yaml") != 0)
		return cli_usage_error("import", "unknown kind '%s'; there is: yaml", argv[0]);
	if (n != 2)
		return cli_usage_error("import",
				       n == 1 ? "which file?" : "only one file at a time");
	return import_yaml(str_from(argv[1]));
}
