/*
 * The provers, proven: every byte of a bundle but those of the filters is changed, in several ways.
 *
 * A change must be refused by libwrit, or told by the comparison with the policy, or mean nothing:
 * then it names an equal text elsewhere, or the runtime, asked about every subject and many tools
 * and arguments, answers as before. The score is printed; a change that is none of these is missed,
 * and fails the test. The provers also see what libwrit refuses, and must come to an end on it.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "support/cases.h"
#include "support/gen_policy.h"
#include "support/ir_maker.h"
#include "support/proof.h"

static const char text[] =
	"param work : path;\nparam api : port = 443;\nparam peer : host = \"a.example.org\";\n"
	"set web : hosts { \"api.example.com:${api}\", \"10.0.0.0/8:80\", \"${peer}:22\" };\n"
	"tool read { class read; sandbox box; arg path : path; arg token : string secret; }\n"
	"tool git_* { class write; sandbox net; arg remote : string; }\n"
	"tool git_l* { class read; }\n"
	"sandbox box { filesystem { read \"/srv\"; write \"${work}/out\"; execute \"/usr/bin\";\n"
	"    deny \"~/.ssh\"; scratch \"/tmp\" 1MiB; }\n"
	"  syscalls { allow read, openat; allow ioctl(request == 5); deny kill kill; }\n"
	"  limits { wall 5s; cpu 1s; } env { pass PATH; set A = \"x${work}\"; } }\n"
	"sandbox net { network { connect \"*:${api}\", \"*:8000-8010\", \"b.example.org:443\"; } "
	"}\n"
	"role a { allow read where path under \"${work}\" and (path matches \"/**/*.c\" or\n"
	"    not path == \"/a\") rate 10/minute; }\n"
	"role b extends a { allow git_*; deny git_up where remote != \"origin\";\n"
	"  ask *_x where n < 3 using net; allow get where url in web; }\n"
	"role c { allow *l*; deny read; }\n"
	"user \"u\" : a;\nuser \"v\" : a, c;\nuser \"w\" : b, c;\n"
	"conflict session a, c;\nredact \"sk-[a-z]+\";\n";

/* The rest of this record is where a rule is written, which nothing is decided by. */
static bool is_place(enum writ_section_id section, size_t at)
{
	size_t in_rule = at % sizeof(struct writ_fmt_rule);

	return section == WRIT_SECTION_RULES &&
	       ((in_rule >= offsetof(struct writ_fmt_rule, line) &&
		 in_rule < offsetof(struct writ_fmt_rule, sandbox)) ||
		(in_rule >= offsetof(struct writ_fmt_rule, file) &&
		 in_rule < offsetof(struct writ_fmt_rule, where)));
}

/*
 * All sections but those of filters. On those that decide the runtime can be asked what a change
 * means. Every step'th byte is changed: of long ones that are only listed not every one.
 */
static const struct section {
	const char *name;
	enum writ_section_id id;
	bool decides;
	size_t step;
} sections[] = {
#define SECTION(id, decides, step)                                                                 \
	{                                                                                          \
#id, WRIT_SECTION_##id, decides, step                                              \
	}
	SECTION(STRINGS, true, 5),    SECTION(POLICY, true, 1),
	SECTION(PARAMS, false, 1),    SECTION(PARTS, false, 1),
	SECTION(SANDBOXES, false, 1), SECTION(PATHS, false, 1),
	SECTION(PORTS, false, 1),     SECTION(LANDLOCK, false, 1),
	SECTION(LIMITS, false, 1),    SECTION(ENV, false, 1),
	SECTION(RULES, true, 1),      SECTION(ROLES, true, 1),
	SECTION(USERS, true, 1),      SECTION(COLUMNS, true, 1),
	SECTION(ROLE_INDEX, true, 1), SECTION(USER_INDEX, true, 1),
	SECTION(TOOL_INDEX, true, 1), SECTION(BLOCKS, true, 1),
	SECTION(CELLS, true, 1),      SECTION(CHAR_CLASSES, true, 1),
	SECTION(STATES, true, 1),     SECTION(ACCEPTS, true, 1),
	SECTION(CHAINS, true, 1),     SECTION(CHAIN_RULES, true, 1),
	SECTION(TESTS, true, 1),      SECTION(OPERANDS, true, 1),
	SECTION(ENDPOINTS, false, 1), SECTION(DENIES, false, 1),
	SECTION(SCRATCHES, false, 1), SECTION(UNIX_SOCKETS, false, 1),
	SECTION(CALLS, false, 5),     SECTION(CALL_CONDS, false, 5),
	SECTION(TOOLS, false, 1),     SECTION(ARGS, false, 1),
	SECTION(ROLE_INFO, false, 1), SECTION(USER_INFO, false, 1),
	SECTION(CONFLICTS, false, 1), SECTION(REDACTS, false, 1),
	SECTION(INDICES, false, 1),   SECTION(CALL_LISTS, false, 1),
#undef SECTION
};

/* Where records name texts. */
static const struct text_field {
	enum writ_section_id section;
	size_t record_size;
	size_t offset;
} text_fields[] = {
#define TEXT(section, record, field)                                                               \
	{                                                                                          \
		WRIT_SECTION_##section, sizeof(struct writ_fmt_##record),                          \
			offsetof(struct writ_fmt_##record, field)                                  \
	}
	TEXT(PARAMS, param, name),      TEXT(PARAMS, param, fallback), TEXT(PARTS, part, text),
	TEXT(SANDBOXES, sandbox, name), TEXT(ENV, env, name),          TEXT(RULES, rule, pattern),
	TEXT(RULES, rule, file),        TEXT(RULES, rule, condition),  TEXT(ROLES, role, name),
	TEXT(USERS, user, name),        TEXT(COLUMNS, column, name),   TEXT(TESTS, test, arg),
	TEXT(CALLS, call, name),        TEXT(TOOLS, tool, name),       TEXT(ARGS, arg, name),
	TEXT(REDACTS, redact, pattern), TEXT(POLICY, policy, name),
#undef TEXT
};

#define N_SECTIONS (sizeof(sections) / sizeof(sections[0]))

static struct score {
	size_t refused, told, meaningless, missed;
} scores[N_SECTIONS];

static struct proof_subject subject;
static struct test_bundle mutant;
static const char *params;

/* Is the mutant told from the policy? It has passed libwrit's check. */
static bool is_told(struct arena *arena)
{
	struct proof_subject changed = {subject.policy, mutant};
	const struct ir_policy *listed;
	struct bundle_image image;

	bundle_read((struct bytes){mutant.bytes, mutant.size}, &image);
	listed = bundle_ir(arena, &image);
	return !listed || bundle_difference(arena, listed, subject.policy).len ||
	       *proof_run(arena, &changed);
}

/* ---- asking the runtime ---- */

static const char *const values[] = {"/srv/a.c",       "/a", "origin", "2", "https://10.1.2.3:80/x",
				     "api.example.com"};
static const char *const arg_names[] = {"path", "remote", "n", "url", "token", "host"};

#define N_VALUES (sizeof(values) / sizeof(values[0]))
#define N_NAMES  (sizeof(arg_names) / sizeof(arg_names[0]))

/* All arguments with one value, or for 0 none. */
static size_t fill_args(unsigned round, struct writ_arg args[N_NAMES])
{
	for (size_t i = 0; round && i < N_NAMES; i++)
		args[i] = (struct writ_arg){
			.name = arg_names[i],
			.name_len = strlen(arg_names[i]),
			.text = values[round - 1],
			.text_len = strlen(values[round - 1]),
			.type = WRIT_ARG_BYTES,
		};
	return round ? N_NAMES : 0;
}

static bool answer_alike(struct writ_policy *const policies[2], const struct writ_request *request)
{
	struct writ_decision a, b;

	return writ_check(policies[0], request, &a) == writ_check(policies[1], request, &b) &&
	       a.reason == b.reason && a.rule == b.rule && a.sandbox == b.sandbox;
}

static bool tool_alike(struct writ_policy *const policies[2], const char *tool)
{
	const struct ir_policy *policy = subject.policy;
	struct writ_arg args[N_NAMES];

	for (size_t s = 0; s < policy->roles.n + policy->users.n; s++) {
		bool is_role = s < policy->roles.n;
		struct str name = is_role ? policy->roles.items[s].name
					  : policy->users.items[s - policy->roles.n].name;
		struct writ_request request = {.tool = tool, .args = args};

		request.role = is_role ? name.ptr : NULL;
		request.user = is_role ? NULL : name.ptr;
		request.role_len = request.user_len = name.len;
		for (unsigned round = 0; round <= N_VALUES; round++) {
			request.n_args = fill_args(round, args);
			if (!answer_alike(policies, &request))
				return false;
		}
	}
	return true;
}

/* Names that tools are declared with, and the short ones of these bytes. */
static bool tools_alike(struct writ_policy *const policies[2])
{
	static const char bytes[] = "gitl_xup. ";
	char name[5] = "";

	for (size_t i = 0; i < subject.policy->tools.n; i++) {
		struct str tool = subject.policy->tools.items[i].name;
		char copy[WRIT_MAX_NAME + 1] = "";

		memcpy(copy, tool.ptr, tool.len);
		if (!tool_alike(policies, copy))
			return false;
	}
	for (unsigned number = 0; number < 1000; number++) {
		name[0] = bytes[number % 10];
		name[1] = bytes[number / 10 % 10];
		name[2] = bytes[number / 100];
		if (!tool_alike(policies, name))
			return false;
	}
	return true;
}

/* Does the runtime answer as it does by the bundle that was made? */
static bool means_nothing(void)
{
	struct writ_policy *policies[2] = {NULL, NULL};
	struct writ_error error;
	bool alike;

	cr_assert_eq(bundle_examine(&subject.bundle, params, &policies[0], &error), 0, "%s",
		     error.text);
	alike = bundle_examine(&mutant, params, &policies[1], &error) == 0 && tools_alike(policies);
	writ_close(policies[0]);
	writ_close(policies[1]);
	return alike;
}

/* The text that a field of the record around a byte names, in one of the two bundles. */
static struct str text_of(struct test_bundle *bundle, const struct text_field *field, size_t at)
{
	const char *strings = bundle_section(bundle, WRIT_SECTION_STRINGS, 1, NULL);
	const char *records = bundle_section(bundle, field->section, 1, NULL);
	struct writ_fmt_str name;

	memcpy(&name, records + at / field->record_size * field->record_size + field->offset,
	       sizeof(name));
	return (struct str){strings + name.offset, name.len};
}

/* Does the change only make a record name an equal text elsewhere? */
static bool says_same(enum writ_section_id section, size_t at)
{
	for (size_t i = 0; i < sizeof(text_fields) / sizeof(text_fields[0]); i++) {
		const struct text_field *field = &text_fields[i];
		size_t within = at % field->record_size;

		if (field->section == section && within >= field->offset &&
		    within < field->offset + sizeof(struct writ_fmt_str))
			return str_eq(text_of(&subject.bundle, field, at),
				      text_of(&mutant, field, at));
	}
	return false;
}

/* Does the tool of a record still have its arguments, perhaps those that another one has too? */
static bool args_same(enum writ_section_id section, size_t at)
{
	const struct text_field name = {WRIT_SECTION_ARGS, sizeof(struct writ_fmt_arg), 0};
	const struct writ_fmt_tool *tools = bundle_section(&mutant, WRIT_SECTION_TOOLS,
							   sizeof(*tools), NULL);
	const struct writ_fmt_arg *args = bundle_section(&mutant, WRIT_SECTION_ARGS, sizeof(*args),
							 NULL);
	size_t index = at / sizeof(*tools);
	const struct ir_tool *tool;

	if (section != WRIT_SECTION_TOOLS)
		return false;
	tool = &subject.policy->tools.items[index];
	if (tools[index].args.count != tool->args.n || at % sizeof(*tools) < 24)
		return false;
	for (uint32_t i = 0; i < tool->args.n; i++) {
		uint32_t arg = tools[index].args.first + i;

		if (args[arg].kind != (uint32_t)tool->args.items[i].kind ||
		    args[arg].secret != tool->args.items[i].secret ||
		    !str_eq(text_of(&mutant, &name, arg * sizeof(*args)), tool->args.items[i].name))
			return false;
	}
	return true;
}

/* ---- changing ---- */

/* Of a change that is neither refused nor told. */
static bool is_without_meaning(const struct section *section, size_t at)
{
	return says_same(section->id, at) || args_same(section->id, at) ||
	       (section->decides && means_nothing());
}

static void judge(size_t section, size_t at, uint8_t to)
{
	struct score *score = &scores[section];
	struct proof_subject changed = {subject.policy, mutant};
	struct arena arena;

	arena_init(&arena);
	bundle_seal(&mutant);
	if (writ_verify(mutant.bytes, mutant.size, NULL)) {
		score->refused++;
		(void)proof_run(&arena, &changed);
	} else if (is_told(&arena)) {
		score->told++;
	} else if (is_without_meaning(&sections[section], at)) {
		score->meaningless++;
	} else {
		score->missed++;
		cr_expect_fail("%s: byte %zu changed to %#x", sections[section].name, at, to);
	}
	arena_fini(&arena);
}

/* Every step'th byte of a section, in as many ways. */
static void change_section(size_t section, size_t step)
{
	uint32_t n;
	uint8_t *bytes = bundle_section(&mutant, sections[section].id, 1, &n);

	for (size_t at = 0; at < n; at += step) {
		uint8_t before = bytes[at];
		const uint8_t changes[] = {before ^ 1, before ^ 2, before ^ 0x80,
					   0,          0xff,       (uint8_t)(before + 1)};

		for (size_t i = 0; i < sizeof(changes) && !is_place(sections[section].id, at);
		     i++) {
			if (changes[i] == before)
				continue;
			bytes[at] = changes[i];
			judge(section, at, changes[i]);
		}
		bytes[at] = before;
	}
}

static void change_all(const char *source, size_t step)
{
	subject = proof_make(source);
	mutant = (struct test_bundle){malloc(subject.bundle.size), subject.bundle.size};
	memcpy(mutant.bytes, subject.bundle.bytes, mutant.size);
	for (size_t i = 0; i < N_SECTIONS; i++)
		change_section(i, step * sections[i].step);
	free(mutant.bytes);
}

static void print_score(void)
{
	struct score all = {0};

	for (size_t i = 0; i < N_SECTIONS; i++) {
		all.refused += scores[i].refused;
		all.told += scores[i].told;
		all.meaningless += scores[i].meaningless;
		all.missed += scores[i].missed;
		printf("%-12s refused %6zu, told %6zu, without meaning %4zu, missed %zu\n",
		       sections[i].name, scores[i].refused, scores[i].told, scores[i].meaningless,
		       scores[i].missed);
	}
	printf("%-12s refused %6zu, told %6zu, without meaning %4zu, missed %zu\n", "all",
	       all.refused, all.told, all.meaningless, all.missed);
}

Test(prove_mutation, every_change_is_refused_or_told_or_means_nothing, .timeout = 900)
{
	params = "work=/srv";
	change_all(text, CASES_DIVISOR);
	print_score();
}

Test(prove_mutation, of_generated_policies_too, .timeout = 900)
{
	uint64_t random = 29;

	params = GEN_PARAMS;
	for (unsigned i = 0; i < 4; i++)
		change_all(gen_policy(maker_arena(), &random), 7 * CASES_DIVISOR);
	print_score();
}
