/*
 * writc import: another program's file as a policy in Writ, on standard output.
 *
 * A kind of file is a row of the table, with a function that translates the text of one. What comes
 * out is formatted as fmt would; what a translation has to say beside the policy goes to standard
 * error. What a policy in YAML imports is neither read nor translated: a policy may import files of
 * both forms.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "front/fmt.h"
#include "front/yaml.h"
#include "import/oci.h"

struct import {
	struct diag_list diags;
	uint32_t file;
	struct str path;
	struct oci_options oci;
};

/* Does the text hold more than white space and comments? */
static bool states_something(struct str text)
{
	bool in_comment = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\n')
			in_comment = false;
		else if (text.ptr[i] == '#')
			in_comment = true;
		else if (!in_comment && !strchr(" \t\r", text.ptr[i]))
			return true;
	}
	return false;
}

static bool import_yaml(struct import *import, struct str *out)
{
	struct diag *diag;

	if (!yaml_to_writ(&import->diags, import->file, out))
		return false;
	if (states_something(*out))
		return true;
	diag = diag_report(&import->diags, DIAG_E0014, (struct span){import->file, 0, 0},
			   "this file holds no policy");
	diag_help(&import->diags, diag, "write 'policy: NAME' as the first line");
	return false;
}

static bool import_oci(struct import *import, struct str *out)
{
	struct oci_notes notes = {0};

	if (!oci_to_writ(&import->diags, import->file, &import->oci, out, &notes))
		return false;
	for (size_t i = 0; i < notes.n; i++) {
		utf8_print(stderr, import->path);
		fputs(": note: ", stderr);
		utf8_print(stderr, notes.items[i]);
		fputc('\n', stderr);
	}
	return true;
}

static const struct kind {
	const char *name;
	bool has_options;
	bool (*translate)(struct import *import, struct str *out);
} kinds[] = {
	{"yaml", false, import_yaml},
	{"oci", true, import_oci},
};

static int import_file(struct import *import, const struct kind *kind)
{
	struct arena arena;
	struct sources sources = {.arena = &arena};
	struct report_file report = {.path = import->path.ptr, .diags = &import->diags};
	struct str text;
	int status = CLI_INPUT;

	arena_init(&arena);
	diag_init(&import->diags, &arena, &sources);
	report.error = -source_load(&sources, import->path, &import->file);
	if (!report.error && kind->translate(import, &text) &&
	    !fmt_source(&arena, &import->diags, source_add(&sources, STR("<translation>"), text),
			&text)) {
		fwrite(text.ptr, 1, text.len, stdout);
		status = CLI_OK;
	}
	diag_sort(&import->diags);
	report_text(&report, 1);
	arena_fini(&arena);
	return status;
}

/* ---- options ---- */

/* Takes the first item off a list with commas between; then *list is NULL behind the last. */
static struct str next_item(const char **list)
{
	struct str item = {*list, strcspn(*list, ",")};

	*list = item.ptr[item.len] ? item.ptr + item.len + 1 : NULL;
	return item;
}

static bool read_caps(const char *list, uint64_t *caps)
{
	*caps = 0;
	if (strcmp(list, "docker") == 0)
		*caps = oci_docker_caps();
	else if (strcmp(list, "all") == 0)
		*caps = oci_all_caps();
	else if (strcmp(list, "none") != 0) {
		do {
			struct str cap = next_item(&list);

			if (oci_find_cap(cap, caps))
				continue;
			cli_usage_error("import",
					"there is no capability '%.*s'; --caps is docker, none, "
					"all, or capabilities with commas between them",
					STR_ARG(cap));
			return false;
		} while (list);
	}
	return true;
}

/* list: NULL for the default. */
static bool read_targets(const char *list, bool archs[ARCH__COUNT])
{
	for (int arch = 0; !list && arch < ARCH__COUNT; arch++)
		archs[arch] = arch_info((enum arch)arch)->by_default;
	while (list) {
		struct str name = next_item(&list);
		enum arch arch;

		if (!arch_find(name, &arch)) {
			cli_usage_error("import",
					"unknown architecture '%.*s'; there are: x86_64, aarch64, "
					"riscv64",
					STR_ARG(name));
			return false;
		}
		archs[arch] = true;
	}
	return true;
}

static bool read_options(struct oci_options *out, const char *caps, const char *kernel,
			 const char *target)
{
	out->has_kernel = kernel != NULL;
	if (kernel && !oci_parse_kernel(str_from(kernel), out->kernel)) {
		cli_usage_error("import", "--kernel is a version such as 6.1");
		return false;
	}
	return read_caps(caps ? caps : "docker", &out->caps) && read_targets(target, out->archs);
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	}
	cli_usage_error("import", "unknown kind '%s'; there are: yaml, oci", name);
	return NULL;
}

int verb_import(int argc, char **argv)
{
	const char *caps = NULL, *kernel = NULL, *target = NULL;
	const struct cli_option options[] = {{"--caps", NULL, &caps},
					     {"--kernel", NULL, &kernel},
					     {"--target", NULL, &target},
					     {NULL, NULL, NULL}};
	int n = cli_parse("import", options, argc, argv);
	struct import import = {.file = 0};
	const struct kind *kind;

	if (n < 0)
		return CLI_USAGE;
	if (n == 0)
		return cli_usage_error("import", "which kind of file? There are: yaml, oci");
	kind = find_kind(argv[0]);
	if (!kind)
		return CLI_USAGE;
	if (n != 2)
		return cli_usage_error("import",
				       n == 1 ? "which file?" : "only one file at a time");
	if (!kind->has_options && (caps || kernel || target))
		return cli_usage_error("import", "--caps, --kernel and --target are for oci only");
	if (!read_options(&import.oci, caps, kernel, target))
		return CLI_USAGE;
	import.path = str_from(argv[1]);
	return import_file(&import, kind);
}
