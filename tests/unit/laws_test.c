/*
 * What holds for every policy: of this tree, and generated.
 *
 *   compiling twice gives the same bytes;
 *   a bundle read back is the IR it was made from;
 *   formatting changes nothing but where rules stand;
 *   the same policy in YAML gives the same bytes, but for where rules stand.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "front/fmt.h"
#include "ir/ir_print.h"
#include "link/bundle_ir.h"
#include "runtime/writ.h"
#include "support/cases.h"
#include "support/gen_policy.h"
#include "support/policy.h"

#define GENERATED CASES(60)

struct made {
	struct compilation compilation;
	struct bytes bundle;
};

/* False when the text has errors. A bundle with the places of rules, or without. */
static bool make(struct made *made, const char *path, struct str text, bool strip)
{
	const struct bundle_options options = {.archs = {true, true}, .strip_places = strip};
	struct compilation *compilation = &made->compilation;

	compilation_init(compilation);
	made->bundle = (struct bytes){NULL, 0};
	return !compile_check_text(compilation, str_from(path),
				   str_copy(&compilation->arena, text.ptr, text.len)) &&
	       compilation->ir && !compile_bundle(compilation, &options, &made->bundle);
}

static bool same_bytes(const struct made *a, const struct made *b)
{
	return a->bundle.len == b->bundle.len &&
	       memcmp(a->bundle.ptr, b->bundle.ptr, a->bundle.len) == 0;
}

static char *listing(struct arena *arena, const struct ir_policy *policy)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ir_print(out, arena, policy);
	fclose(out);
	return text;
}

static void expect_reads_back(struct made *made, const char *name)
{
	struct arena *arena = &made->compilation.arena;
	const struct ir_policy *back;
	struct bundle_image image;
	struct writ_error error;
	char *want, *found;

	cr_assert_eq(writ_verify(made->bundle.ptr, made->bundle.len, &error), 0, "%s: %s", name,
		     error.text);
	bundle_read(made->bundle, &image);
	back = bundle_ir(arena, &image);
	cr_assert_not_null(back, "%s", name);
	want = listing(arena, made->compilation.ir);
	found = listing(arena, back);
	cr_expect_str_eq(found, want, "%s", name);
	free(want);
	free(found);
}

static void expect_formatted_same(const char *path, struct str text, const struct made *stripped)
{
	struct compilation formatting;
	struct made again;
	struct str once;
	uint32_t file;

	compilation_init(&formatting);
	file = source_add(&formatting.sources, STR("in.writ"), text);
	cr_assert_eq(fmt_source(&formatting.arena, &formatting.diags, file, &once), 0, "%s", path);
	cr_assert(make(&again, path, once, true), "%s: formatted it has errors:\n%s", path,
		  policy_report(&again.compilation));
	cr_expect(same_bytes(&again, stripped), "%s: formatted it is another policy", path);
	compilation_fini(&again.compilation);
	compilation_fini(&formatting);
}

/* False when the text has errors. */
static bool expect_laws(const char *path, struct str text)
{
	struct made first, second, stripped;
	bool ok = make(&first, path, text, false);

	cr_assert_eq(make(&second, path, text, false), ok, "%s", path);
	if (ok) {
		cr_expect(same_bytes(&first, &second), "%s: compiled twice it differs", path);
		expect_reads_back(&first, path);
		cr_assert(make(&stripped, path, text, true), "%s", path);
		expect_formatted_same(path, text, &stripped);
		compilation_fini(&stripped.compilation);
	}
	compilation_fini(&first.compilation);
	compilation_fini(&second.compilation);
	return ok;
}

Test(laws, hold_for_every_policy_of_this_tree, .timeout = 120)
{
	static const char *const patterns[] = {"policies/*/*.writ", "tests/*/*.writ",
					       "tests/*/*/*.writ", "docs/*/*.writ"};
	glob_t files = {0};
	size_t compiled = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i += CASES_DIVISOR) {
		struct compilation holder;
		uint32_t file;

		compilation_init(&holder);
		cr_assert_eq(source_load(&holder.sources, str_from(files.gl_pathv[i]), &file), 0);
		compiled += expect_laws(files.gl_pathv[i], holder.sources.files.items[file].text);
		compilation_fini(&holder);
	}
	globfree(&files);
	cr_expect_geq(compiled, 20u, "%zu compile", compiled);
}

Test(laws, hold_for_generated_policies, .timeout = 120)
{
	uint64_t random = 77;

	for (unsigned i = 0; i < GENERATED; i++) {
		struct arena arena;
		struct str text;

		arena_init(&arena);
		text = str_printf(&arena, "policy generated;\n%s", gen_policy(&arena, &random));
		cr_assert(expect_laws("generated.writ", text), "%s", text.ptr);
		arena_fini(&arena);
	}
}

/* What every generated policy begins with (tests/support/gen_policy.c), in YAML. */
static const char yaml_head[] =
	"policy: generated\n"
	"params:\n"
	"  workspace: path\n"
	"  api: host\n"
	"  gate: host\n"
	"  port: {type: port, default: 443}\n"
	"sets:\n"
	"  web: {hosts: ['api.example.com:443', '*.example.org:80', '10.0.0.0/8:8000-8100',\n"
	"    '[2001:db8::/32]:443', '${api}:${port}', '192.168.1.1:443']}\n"
	"  wide: {hosts: ['*:443', '[::1]:80', 'udp://9.9.9.9:53', '${gate}:80',\n"
	"    'any.example.com:1-65535', 'most.example.com:2-65535']}\n"
	"  dirs: {paths: ['${workspace}/src', /data, ~/notes]}\n"
	"  some: {tools: [alpha, git_push, zeta]}\n"
	"sandboxes:\n"
	"  quick: {limits: {wall: 1s}}\n"
	"  slow: {limits: {wall: 2s}}\n"
	"tools:\n"
	"  alpha: {class: read, ARGS}\n"
	"  beta: {class: write, sandbox: slow, ARGS}\n"
	"  git_push: {class: write, ARGS}\n"
	"  git_*: {class: write, sandbox: slow, ARGS}\n";

static const char yaml_args[] = "args: {path: path, url: url, host: host, n: int, flag: bool, "
				"text: {type: string, secret: true}}";

static void put_yaml_head(FILE *out)
{
	const char *rest = yaml_head;
	const char *mark;

	for (; (mark = strstr(rest, "ARGS")); rest = mark + strlen("ARGS"))
		fprintf(out, "%.*s%s", (int)(mark - rest), rest, yaml_args);
	fputs(rest, out);
}

/* Cuts " KEYWORD value" off the end of a rule; "" when it has none. */
static const char *cut(char *rule, const char *keyword)
{
	char *at = strstr(rule, keyword);

	if (!at)
		return "";
	*at = '\0';
	return at + strlen(keyword);
}

/* "  allow a, b where C using S rate N/minute;" */
static void put_yaml_rule(FILE *out, char *rule)
{
	const char *rate, *using, *where;
	char *patterns = strchr(rule + 2, ' ');

	*strrchr(rule, ';') = '\0';
	rate = cut(rule, " rate ");
	using = cut(rule, " using ");
	where = cut(rule, " where ");
	fprintf(out, "      {%.*s: [", (int)(patterns - rule - 2), rule + 2);
	for (char *name = strtok(patterns, ", "); name; name = strtok(NULL, ", "))
		fprintf(out, "'%s', ", name);
	fprintf(out, "]");
	if (*where)
		fprintf(out, ", where: '%s'", where);
	if (*using)
		fprintf(out, ", using: %s", using);
	if (*rate)
		fprintf(out, ", rate: %s", rate);
	fprintf(out, "},\n");
}

/* "role NAME extends PARENT {", rules, "}" */
static void put_yaml_role(FILE *out, char **lines)
{
	char *head = strtok_r(NULL, "\n", lines);
	char name[32] = "", parent[32] = "";
	char *rule;

	cr_assert_geq(sscanf(head, "role %31s extends %31s", name, parent), 1, "%s", head);
	fprintf(out, "  %s:\n", name);
	if (*parent)
		fprintf(out, "    extends: %s\n", parent);
	fprintf(out, "    rules: [\n");
	for (rule = strtok_r(NULL, "\n", lines); *rule != '}'; rule = strtok_r(NULL, "\n", lines))
		put_yaml_rule(out, rule);
	fprintf(out, "    ]\n");
}

/* The generated policy in YAML; it is cut into pieces. To be freed. */
static char *yaml_twin(char *text)
{
	char *roles = strstr(text, "\nrole role0");
	char *users = strstr(text, "\nuser ");
	char *twin = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&twin, &size);
	char *lines, *user;

	cr_assert(roles && users, "%s", text);
	*roles = *users = '\0';
	put_yaml_head(out);
	fputs("roles:\n", out);
	lines = roles + 1; /* which is where strtok_r goes on */
	for (unsigned i = 0; i < GEN_ROLES; i++)
		put_yaml_role(out, &lines);
	fputs("users:\n", out);
	for (user = strtok(users + 1, "\n"); user; user = strtok(NULL, "\n")) {
		char name[32], one[32], two[32];

		cr_assert_eq(sscanf(user, "user \"%31[^\"]\" : %31[a-z0-9], %31[a-z0-9]", name, one,
				    two),
			     3, "%s", user);
		fprintf(out, "  %s: [%s, %s]\n", name, one, two);
	}
	fclose(out);
	return twin;
}

Test(laws, yaml_twins_of_generated_policies_are_the_same, .timeout = 120)
{
	uint64_t random = 770;

	for (unsigned i = 0; i < GENERATED; i++) {
		struct made writ, yaml;
		struct arena arena;
		struct str text;
		char *twin;

		arena_init(&arena);
		text = str_printf(&arena, "policy generated;\n%s", gen_policy(&arena, &random));
		cr_assert(make(&writ, "generated.writ", text, true), "%s", text.ptr);
		twin = yaml_twin(arena_strndup(&arena, text.ptr, text.len));
		cr_assert(make(&yaml, "generated.yaml", str_from(twin), true), "%s\n%s", twin,
			  policy_report(&yaml.compilation));
		cr_assert(same_bytes(&writ, &yaml), "%s\n%s", text.ptr, twin);
		compilation_fini(&writ.compilation);
		compilation_fini(&yaml.compilation);
		arena_fini(&arena);
		free(twin);
	}
}

/* Where the instructions of a sandbox's filter for x86_64 begin. */
static uint32_t filter_of(const struct bundle_image *image, uint32_t sandbox)
{
	const struct writ_fmt_sandbox *boxes = image->sections[WRIT_SECTION_SANDBOXES].records;
	const struct writ_fmt_filter *filters = image->sections[WRIT_SECTION_FILTERS].records;

	cr_assert_eq(boxes[sandbox].filters.count, 2u);
	return filters[boxes[sandbox].filters.first].insns.first;
}

Test(laws, sandboxes_share_a_filter_when_their_rules_are_equal)
{
	static const char text[] =
		"policy p;\n"
		"sandbox a { syscalls { allow read; allow personality(persona == 1); } }\n"
		"sandbox b { syscalls { allow read; allow personality(persona == 2); } }\n"
		"sandbox c { limits { files 9; } syscalls { allow read; "
		"allow personality(persona == 1); } }\n"
		"sandbox d { syscalls { allow read; } }\n";
	struct bundle_image image;
	struct made made;

	cr_assert(make(&made, "p.writ", STR(text), true), "%s", policy_report(&made.compilation));
	bundle_read(made.bundle, &image);
	cr_expect_eq(filter_of(&image, 0), filter_of(&image, 2));
	cr_expect_neq(filter_of(&image, 0), filter_of(&image, 1));
	cr_expect_neq(filter_of(&image, 0), filter_of(&image, 3));
	cr_expect_neq(filter_of(&image, 1), filter_of(&image, 3));
}
