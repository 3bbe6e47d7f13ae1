/*
 * The provers of rules, decision table and Landlock: what is right is proven, whatever the policy,
 * and one change in the emitted records is told with what goes wrong by it.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cases.h"
#include "support/gen_policy.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "support/proof.h"
#include "verify/wildcards.h"

static const char text[] =
	"param work : path;\nparam api : port = 443;\n"
	"set web : hosts { \"api.example.com:${api}\", \"10.0.0.0/8:80\" };\n"
	"tool read_file { class read; sandbox box; arg path : path; }\n"
	"tool git_* { class write; sandbox net; arg remote : string; }\n"
	"tool git_l* { class read; }\n"
	"sandbox box { filesystem { read \"/srv\"; write \"${work}/out\"; execute \"/usr/bin\";\n"
	"  read \"/lib/ld-linux-aarch64.so.1\"; }\n"
	"  syscalls { allow @default; allow kill; } }\n"
	"sandbox net { network { connect \"*:${api}\", \"*:8000-8010\"; } }\n"
	"role guest { allow read_file where path under \"${work}\" and (path matches \"/**/*.c\" "
	"or\n"
	"    path == \"/a\") rate 10/minute; }\n"
	"role dev extends guest { allow git_*; deny git_push where remote != \"origin\";\n"
	"  ask *_x where n < 3 using net; allow get where url in web; }\n"
	"role other { allow *l*; deny read_file; }\n"
	"user \"al\" : guest;\nuser \"bo\" : guest, other;\nuser \"cy\" : dev, other;\n";

static struct proof_subject subject;

static void *records(enum writ_section_id id, size_t size, uint32_t *n)
{
	return bundle_section(&subject.bundle, id, size, n);
}

#define RECORDS(section, type, n) ((type *)records(WRIT_SECTION_##section, sizeof(type), (n)))

/* The bundle is wrong, and what is said of it has these words. */
static void expect_wrong(const char *words)
{
	const char *wrong = proof_run(maker_arena(), &subject);

	cr_expect(strstr(wrong, words), "'%s' is not in '%s'", words, wrong);
	subject = proof_make(text);
}

static uint32_t rule_of(const char *pattern, enum writ_verdict_id verdict)
{
	for (uint32_t i = 0; i < subject.policy->rules.n; i++) {
		const struct ir_rule *rule = &subject.policy->rules.items[i];

		if (rule->verdict == verdict && str_eq_cstr(rule->pattern, pattern))
			return i;
	}
	cr_assert_fail("no rule %s", pattern);
	return 0;
}

static void begin(void)
{
	subject = proof_make(text);
	cr_assert_str_eq(proof_run(maker_arena(), &subject), "");
}

TestSuite(prove, .init = begin);

Test(prove, what_the_compiler_makes_is_proven, .timeout = 240)
{
	uint64_t random = 11;

	for (unsigned i = 0; i < CASES(150); i++) {
		subject = proof_make(gen_policy(maker_arena(), &random));
		cr_assert_str_eq(proof_run(maker_arena(), &subject), "");
	}
}

Test(prove, policies_of_hardly_anything_are_proven)
{
	static const char *const texts[] = {
		"role r { }\n",
		"role r { allow *; }\n",
		"role r { allow x; deny *; }\nuser \"u\" : r;\n",
		"sandbox s { }\nrole r { deny **a*; allow *a; ask b***; }\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		subject = proof_make(texts[i]);
		cr_expect_str_eq(proof_run(maker_arena(), &subject), "", "%s", texts[i]);
	}
}

Test(prove, a_cell_of_another_rule)
{
	uint32_t n;
	uint16_t *cells = RECORDS(CELLS, uint16_t, &n);

	memset(cells, 0, n * sizeof(*cells));
	expect_wrong("are decided by nothing; the policy says: by");
	cells = RECORDS(CELLS, uint16_t, &n);
	for (uint32_t i = 0; i < n; i++)
		cells[i] = (uint16_t)(rule_of("git_*", WRIT_VERDICT_ALLOW) + 1);
	expect_wrong("are decided by allow git_* of role 'dev'; the policy says: by");
	cells = RECORDS(CELLS, uint16_t, &n);
	memset(cells, 0xff, n * sizeof(*cells));
	expect_wrong("a cell that is none");
}

Test(prove, blocks_of_another_row)
{
	uint32_t n;
	uint16_t *blocks = RECORDS(BLOCKS, uint16_t, &n);

	blocks[0] = blocks[n - 1];
	expect_wrong("role 'dev' and tool");
	RECORDS(BLOCKS, uint16_t, &n)[n - 1] = UINT16_MAX;
	expect_wrong("user 'cy' and tool");
	RECORDS(POLICY, struct writ_fmt_policy, &n)->block_bits = 32;
	expect_wrong("the blocks of every row");
	RECORDS(POLICY, struct writ_fmt_policy, &n)->n_rows++;
	expect_wrong("the blocks of every row");
}

Test(prove, a_cell_that_skips_a_condition)
{
	uint32_t n, rule = rule_of("read_file", WRIT_VERDICT_ALLOW);
	uint16_t *cells = RECORDS(CELLS, uint16_t, &n);

	for (uint32_t i = 0; i < n; i++)
		cells[i] = cells[i] > subject.policy->rules.n ? (uint16_t)(rule + 1) : cells[i];
	expect_wrong("a cell that is none");
}

Test(prove, a_chain_without_a_rule)
{
	uint32_t n;
	struct writ_fmt_range *chains = RECORDS(CHAINS, struct writ_fmt_range, &n);
	uint32_t longest = 0;

	for (uint32_t i = 0; i < n; i++)
		longest = chains[i].count > chains[longest].count ? i : longest;
	cr_assert_gt(chains[longest].count, 1u);
	chains[longest].count--;
	expect_wrong("the policy says: by");
	chains = RECORDS(CHAINS, struct writ_fmt_range, &n);
	chains[longest].first = UINT32_MAX;
	expect_wrong("a cell that is none");
}

Test(prove, a_chain_with_another_rule)
{
	uint32_t n;
	uint16_t *rules = RECORDS(CHAIN_RULES, uint16_t, &n);

	rules[0] ^= 1;
	expect_wrong("the policy says: by");
	rules = RECORDS(CHAIN_RULES, uint16_t, &n);
	rules[n - 1] = UINT16_MAX;
	expect_wrong("a rule that is none");
}

Test(prove, rows_of_somebody_else)
{
	uint32_t n;

	RECORDS(ROLES, struct writ_fmt_role, &n)[1].row = 0;
	expect_wrong("role 'guest' and tool");
	RECORDS(USERS, struct writ_fmt_user, &n)[0].row = 0;
	expect_wrong("user 'al' and tool");
	RECORDS(USERS, struct writ_fmt_user, &n)[2].row = 1000;
	expect_wrong("user 'cy' has no row");
}

Test(prove, names_in_the_wrong_slots)
{
	struct writ_fmt_slot *slots, slot;
	uint32_t n, taken, free;

	slots = RECORDS(ROLE_INDEX, struct writ_fmt_slot, &n);
	for (taken = 0; slots[taken].id == WRIT_NONE; taken++)
		;
	for (free = 0; slots[free].id != WRIT_NONE; free++)
		;
	slot = slots[free];
	slots[free] = slots[taken];
	slots[taken] = slot;
	expect_wrong("is not found by its name");
	slots = RECORDS(TOOL_INDEX, struct writ_fmt_slot, &n);
	for (taken = 0; slots[taken].id == WRIT_NONE; taken++)
		;
	slots[taken].hash ^= 1;
	expect_wrong("is not found by its name");
	slots = RECORDS(USER_INDEX, struct writ_fmt_slot, &n);
	slots[0] = (struct writ_fmt_slot){0, n};
	expect_wrong("entries that are none");
}

Test(prove, another_name_in_the_table)
{
	uint32_t n;
	struct writ_fmt_role *roles = RECORDS(ROLES, struct writ_fmt_role, &n);
	struct writ_fmt_str name = roles[0].name;

	roles[0].name = roles[1].name;
	expect_wrong("role 'dev' stands under another name");
	roles = RECORDS(ROLES, struct writ_fmt_role, &n);
	roles[0].name.offset = UINT32_MAX - 1;
	expect_wrong("role 'dev' stands under another name");
	RECORDS(PARAMS, struct writ_fmt_param, &n)[0].name = name;
	expect_wrong("parameter 'api'");
}

Test(prove, tools_of_another_class_or_sandbox)
{
	uint32_t n;

	RECORDS(COLUMNS, struct writ_fmt_column, &n)[0].class ^= 1;
	expect_wrong("is of another class");
	RECORDS(COLUMNS, struct writ_fmt_column, &n)[n - 1].sandbox ^= 1;
	expect_wrong("would run in another sandbox");
	RECORDS(TOOLS, struct writ_fmt_tool, &n)[0].flags ^= 1;
	expect_wrong("has another class, sandbox or argument");
	RECORDS(ARGS, struct writ_fmt_arg, &n)[0].secret ^= 1;
	expect_wrong("has another class, sandbox or argument");
}

Test(prove, an_automaton_that_reads_otherwise)
{
	uint32_t n, classes, start;
	uint16_t *states;
	uint8_t *bytes;

	classes = RECORDS(POLICY, struct writ_fmt_policy, &n)->n_classes;
	start = RECORDS(POLICY, struct writ_fmt_policy, &n)->start;
	bytes = RECORDS(CHAR_CLASSES, uint8_t, &n);
	states = RECORDS(STATES, uint16_t, &n);
	states[start * classes + bytes['g']] = 0;
	expect_wrong("tool 'g");
	bytes = RECORDS(CHAR_CLASSES, uint8_t, &n);
	bytes['Q'] = bytes['g'];
	expect_wrong("tool 'Q");
	bytes = RECORDS(CHAR_CLASSES, uint8_t, &n);
	bytes[' '] = bytes['l'];
	expect_wrong("a byte that no tool name can have");
	RECORDS(POLICY, struct writ_fmt_policy, &n)->start = 0;
	expect_wrong("is matched by no wildcard");
	RECORDS(POLICY, struct writ_fmt_policy, &n)->start = UINT32_MAX;
	expect_wrong("leads to no state");
	RECORDS(STATES, uint16_t, &n)[0] = 1;
	expect_wrong("not well formed");
}

Test(prove, names_that_lead_to_another_column)
{
	uint32_t *accepts, n, n_states;

	accepts = RECORDS(ACCEPTS, uint32_t, &n_states);
	for (uint32_t i = 0; i < n_states; i++)
		accepts[i] = accepts[i] == WRIT_NONE ? WRIT_NONE : accepts[n_states - 1];
	expect_wrong("tool '");
	accepts = RECORDS(ACCEPTS, uint32_t, &n_states);
	accepts[0] = accepts[n_states - 1];
	expect_wrong("not well formed");
	accepts = RECORDS(ACCEPTS, uint32_t, &n_states);
	RECORDS(COLUMNS, struct writ_fmt_column, &n);
	accepts[n_states - 1] = n;
	expect_wrong("leads to no column");
}

Test(prove, a_rule_that_says_otherwise)
{
	uint32_t n, i = rule_of("read_file", WRIT_VERDICT_ALLOW);

	RECORDS(RULES, struct writ_fmt_rule, &n)[i].rate++;
	expect_wrong("it has another rate");
	RECORDS(RULES, struct writ_fmt_rule, &n)[i].sandbox = 0;
	expect_wrong("it uses another sandbox");
	RECORDS(RULES, struct writ_fmt_rule, &n)[i].role ^= 1;
	expect_wrong("it is another role's");
	RECORDS(RULES, struct writ_fmt_rule, &n)[i].where.count = 0;
	expect_wrong("it lacks its condition");
	RECORDS(RULES, struct writ_fmt_rule, &n)[i].condition.len--;
	expect_wrong("its condition is told otherwise");
	RECORDS(POLICY, struct writ_fmt_policy, &n)->n_deny--;
	expect_wrong("it has another verdict");
}

/* The first test of a rule, and how many there are. */
static struct writ_fmt_test *tests_of(uint32_t rule, uint32_t *count)
{
	uint32_t n;
	struct writ_fmt_range where = RECORDS(RULES, struct writ_fmt_rule, &n)[rule].where;

	*count = where.count;
	return RECORDS(TESTS, struct writ_fmt_test, &n) + where.first;
}

Test(prove, conditions_with_other_jumps)
{
	uint32_t n, rule = rule_of("read_file", WRIT_VERDICT_ALLOW);
	struct writ_fmt_test *tests = tests_of(rule, &n);

	cr_assert_eq(n, 3u);
	/* a and (b or c) becomes (a and b) or c */
	tests[0].no = 2;
	expect_wrong("where test 1, of 'path', does not hold, it goes on otherwise");
	tests_of(rule, &n)[0].no = WRIT_TEST_MATCH;
	expect_wrong("where test 0, of 'path', does not hold, it goes on otherwise");
	tests_of(rule, &n)[0].yes = WRIT_TEST_MATCH;
	expect_wrong("where test 0, of 'path', holds, it goes on otherwise");
	tests_of(rule, &n)[1].no = WRIT_TEST_FAIL;
	expect_wrong("where test 1, of 'path', does not hold");
	tests_of(rule, &n)[0].yes = 2;
	expect_wrong("test 1, of 'path', is never made");
	tests_of(rule, &n)[2].no = 1;
	expect_wrong("where test 2, of 'path', does not hold");
	tests_of(rule, &n)[1].yes = 1;
	expect_wrong("where test 1, of 'path', holds");
}

Test(prove, conditions_with_other_tests)
{
	uint32_t n, rule = rule_of("read_file", WRIT_VERDICT_ALLOW);

	tests_of(rule, &n)[0].flags ^= WRIT_TEST_NEGATED;
	expect_wrong("test 0, of 'path', is not the condition's");
	tests_of(rule, &n)[1].op = WRIT_TEST_PATH_EQ;
	expect_wrong("test 1, of 'path', is not the condition's");
	tests_of(rule, &n)[1].operands.first++;
	expect_wrong("test 1, of 'path', is not the condition's");
	RECORDS(OPERANDS, struct writ_fmt_operand, &n)[0].text.first++;
	expect_wrong("is not the condition's");
	rule = rule_of("*_x", WRIT_VERDICT_ASK);
	RECORDS(OPERANDS, struct writ_fmt_operand, &n)[tests_of(rule, &n)->operands.first].number++;
	expect_wrong("test 0, of 'n', is not the condition's");
	RECORDS(ENDPOINTS, struct writ_fmt_endpoint, &n)[n - 1].prefix--;
	expect_wrong("test 0, of 'url', is not the condition's");
	RECORDS(RULES, struct writ_fmt_rule, &n)[rule].where.count--;
	expect_wrong("it lacks its condition");
}

static struct writ_fmt_path *path_of(uint32_t index)
{
	uint32_t n;

	return RECORDS(PATHS, struct writ_fmt_path, &n) + index;
}

Test(prove, paths_with_other_rights)
{
	uint32_t n;
	struct writ_fmt_path *paths;

	for (uint32_t i = 0; i < subject.policy->sandboxes.items[0].paths.n; i++) {
		path_of(i)->access ^= 4;
		expect_wrong("the Landlock rights are");
		path_of(i)->rights ^= WRIT_PATH_WRITE;
		expect_wrong("the Landlock rights are");
		path_of(i)->text = path_of(i + 1)->text;
		expect_wrong("is another path than");
	}
	paths = RECORDS(PATHS, struct writ_fmt_path, &n);
	cr_assert(paths[n - 1].rights & WRIT_PATH_IMPLIED);
	paths[n - 1].access |= 2;
	expect_wrong("has other rights than to execute");
	paths = path_of(n - 1);
	paths->text = path_of(0)->text;
	expect_wrong("can't be executed");
}

Test(prove, ports_and_variants_of_another_policy)
{
	struct writ_fmt_landlock *variants;
	uint32_t n;

	RECORDS(PORTS, struct writ_fmt_port, &n)[0].rights ^= WRIT_PORT_BIND;
	expect_wrong("are not what the policy grants");
	RECORDS(PORTS, struct writ_fmt_port, &n)[1].last = 0;
	expect_wrong("are not what the policy grants");
	variants = RECORDS(LANDLOCK, struct writ_fmt_landlock, &n);
	cr_assert_eq(n, 12u);
	variants[1].handled_fs ^= 1 << 13;
	expect_wrong("Landlock ABI 2: the rights on files");
	RECORDS(LANDLOCK, struct writ_fmt_landlock, &n)[3].handled_net = 0;
	expect_wrong("Landlock ABI 4: the rights on ports");
	RECORDS(LANDLOCK, struct writ_fmt_landlock, &n)[5].scoped = 1;
	expect_wrong("Landlock ABI 6: the scopes");
	RECORDS(LANDLOCK, struct writ_fmt_landlock, &n)[4].lacking ^= WRIT_LACKS_SIGNAL;
	expect_wrong("Landlock ABI 5: what it lacks");
	RECORDS(LANDLOCK, struct writ_fmt_landlock, &n)[2].abi = 2;
	expect_wrong("not for one ABI after the other");
}

/* What an old kernel's Landlock can't keep is asked of the calls, by the prover for itself. */
Test(prove, what_landlock_lacks)
{
	static const struct {
		const char *calls;
		uint32_t lacking;
	} rows[] = {
		{"allow openat;", WRIT_LACKS_TRUNCATE},
		{"allow openat(flags == O_RDONLY);", 0},
		{"allow openat(flags & O_TRUNC == 0);", 0},
		{"allow openat(flags & O_ACCMODE == O_WRONLY);", 0},
		{"allow openat(flags & O_ACCMODE == O_RDONLY);", WRIT_LACKS_TRUNCATE},
		{"allow openat(flags == O_TRUNC);", WRIT_LACKS_TRUNCATE},
		{"allow openat(flags < 64);", WRIT_LACKS_TRUNCATE},
		{"allow openat; deny openat;", 0},
		{"allow truncate log;", WRIT_LACKS_TRUNCATE},
		{"allow kill;", WRIT_LACKS_SIGNAL},
		{"allow kill; deny kill(sig == 9);", WRIT_LACKS_SIGNAL},
		{"allow fcntl(cmd == F_GETFD);", 0},
		{"allow fcntl(cmd == F_SETOWN);", WRIT_LACKS_SIGNAL},
		{"allow read;", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *source = str_printf(maker_arena(), "sandbox s { syscalls { %s } }\n",
						rows[i].calls)
					     .ptr;
		uint32_t n;

		subject = proof_make(source);
		cr_expect_str_eq(proof_run(maker_arena(), &subject), "", "%s", source);
		cr_expect_eq(RECORDS(LANDLOCK, struct writ_fmt_landlock, &n)[0].lacking,
			     rows[i].lacking, "%s", source);
	}
}

/* The provers' own reading of wildcards, against the one matcher of the compiler. */
Test(prove, wildcards_match_as_patterns_do)
{
	static const char bytes[] = "ab_";
	uint64_t random = 5;

	for (unsigned round = 0; round < 200; round++) {
		struct ir_policy *policy = arena_new(maker_arena(), struct ir_policy);
		struct wildcards wildcards;

		for (unsigned i = 0; i < 1 + round % 7; i++) {
			char pattern[8] = "*";

			for (size_t at = 0; at < 1 + maker_random(&random) % 6; at++)
				pattern[at] = "ab_*"[maker_random(&random) % 4];
			vec_add(maker_arena(), &policy->rules,
				((struct ir_rule){.pattern = str_copy(maker_arena(), pattern,
								      strlen(pattern))}));
		}
		wildcards_init(&wildcards, maker_arena(), policy);
		for (unsigned number = 0; number < 243; number++) {
			char name[6] = {bytes[number % 3], bytes[number / 3 % 3],
					bytes[number / 9 % 3], bytes[number / 27 % 3],
					bytes[number / 81]};
			struct str word = {name, 1 + number % 5};
			uint32_t set = wildcards_run(&wildcards, word);
			uint32_t list = wildcards_matching(&wildcards, set);
			size_t matching = 0;

			for (size_t p = 0; p < wildcards.patterns.n; p++)
				matching += ir_pattern_matches(wildcards.patterns.items[p], word);
			cr_assert_eq(wildcards.lists.items[list].n, matching, "%.*s",
				     STR_ARG(word));
		}
	}
}
