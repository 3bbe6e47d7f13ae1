#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

static const char text[] =
	"param w : path = \"/srv\";\n"
	"param p : port = 8080;\n"
	"tool t_* { sandbox s; }\n"
	"sandbox s {\n"
	"  filesystem { read \"/usr\", \"${w}\", \"~/x\"; execute \"/bin/true\"; }\n"
	"  network { connect \"*:${p}\", \"*:8000-8003\"; }\n"
	"  limits { wall 5s; processes 3; }\n"
	"  env { pass PATH; set A = \"b\"; }\n"
	"}\n"
	"role r { allow t_*, named; deny t_x; }\n"
	"user \"u\" : r;\n";

/* A change of one field of one record of text's bundle must be refused. */
#define EXPECT_REFUSED(section, type, ...) EXPECT_REFUSED_IN(text, section, type, __VA_ARGS__)

#define EXPECT_REFUSED_IN(source, section, type, ...)                                              \
	do {                                                                                       \
		struct test_bundle bundle = bundle_make(source);                                   \
		struct writ_error error = {.code = 0};                                             \
		uint32_t count = 0;                                                                \
		type *record = bundle_section(&bundle, WRIT_SECTION_##section, sizeof(type),       \
					      &count);                                             \
                                                                                                   \
		cr_assert_gt(count, 0u, #section " is empty");                                     \
		__VA_ARGS__;                                                                       \
		bundle_seal(&bundle);                                                              \
		cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT, #__VA_ARGS__ ": %s",     \
			     error.text);                                                          \
	} while (0)

Test(open, a_good_bundle_opens)
{
	struct writ_policy *policy = bundle_open(text, NULL);

	cr_expect_str_eq(writ_policy_name(policy), "test");
	cr_expect_eq(writ_policy_version(policy), 0u);
	writ_close(policy);
	writ_close(NULL);
}

Test(open, fields_out_of_range_are_refused)
{
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_deny = 1000);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_ask = UINT32_MAX);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_rows++);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_named = 1000);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_classes++);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->start = 60000);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->block_bits = 0);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->block_bits++);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->block_bits = 32);
	for (uint32_t audit = 5; audit <= 8; audit++)
		EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->audit = audit);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->name.len = 0);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record->type = 8);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record->has_default = 2);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record->name.offset = UINT32_MAX);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record[0].fallback = record[1].fallback);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record[1].fallback.offset++);
	EXPECT_REFUSED(PARTS, struct writ_fmt_part, record->kind = 9);
	EXPECT_REFUSED(PARTS, struct writ_fmt_part, record->text.len = UINT32_MAX);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->flags = 4);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->paths.count = 1000);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->landlock.count = 0);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->filters.count = 0);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->env.first = UINT32_MAX);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->rights = 0);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->access = UINT64_C(1) << 40);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->access = 0);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path,
		       for (uint32_t i = 0; i < count; i++) if (record[i].rights == WRIT_PATH_READ)
			       record[i]
				       .access |= 2 /* WRITE_FILE */);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->text.count = 0);
	EXPECT_REFUSED(PORTS, struct writ_fmt_port, record->rights = 4);
	EXPECT_REFUSED(PORTS, struct writ_fmt_port, record->reserved = 1);
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->abi = 2);
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->handled_fs &= ~UINT64_C(1));
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->handled_fs |= 1u << 14);
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->lacking |= 1u << 20);
	EXPECT_REFUSED(FILTERS, struct writ_fmt_filter, record->insns.count--);
	EXPECT_REFUSED(FILTERS, struct writ_fmt_filter,
		       record[1].audit_arch = record[0].audit_arch);
	EXPECT_REFUSED(LIMITS, struct writ_fmt_limit, record->id = 100);
	EXPECT_REFUSED(LIMITS, struct writ_fmt_limit, record[1].id = record[0].id);
	EXPECT_REFUSED(LIMITS, struct writ_fmt_limit, record->value = 0);
	EXPECT_REFUSED(ENV, struct writ_fmt_env, record->kind = 0);
	EXPECT_REFUSED(RULES, struct writ_fmt_rule, record->role = 5);
	EXPECT_REFUSED(ROLES, struct writ_fmt_role, record->row = 77);
	EXPECT_REFUSED(USERS, struct writ_fmt_user, record->row = 77);
	EXPECT_REFUSED(COLUMNS, struct writ_fmt_column, record->sandbox = 3);
	EXPECT_REFUSED(COLUMNS, struct writ_fmt_column, record->class = 5);
	EXPECT_REFUSED(CELLS, uint16_t, record[0] = 60000);
	EXPECT_REFUSED(BLOCKS, uint16_t, record[0] = 1);
	EXPECT_REFUSED(BLOCKS, uint16_t, record[0] = UINT16_MAX);
	EXPECT_REFUSED(CHAR_CLASSES, uint8_t, record['a'] = 255);
	EXPECT_REFUSED(CHAR_CLASSES, uint8_t, record[' '] = record['a']);
	EXPECT_REFUSED(STATES, uint16_t, record[0] = 1);
	EXPECT_REFUSED(STATES, uint16_t, record[count - 1] = 65000);
	EXPECT_REFUSED(ACCEPTS, uint32_t, record[0] = 0);
	EXPECT_REFUSED(ACCEPTS, uint32_t, record[count - 1] = 10000);
}

/* Variants are those of ABI 1 to 6, in this order. */
Test(open, landlock_that_leaves_something_open_is_refused)
{
	for (uint32_t abi = 1; abi <= 6; abi++) {
		uint32_t v = abi - 1;

		EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record[v].handled_fs &= ~2ull);
		EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record[v].abi += 100);
		EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock,
			       record[v].lacking ^= WRIT_LACKS_NET_PORT);
		if (abi >= 4)
			EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock,
				       record[v].handled_net = 0);
		EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record[v].scoped ^= 1);
	}
	/* Fewer variants: the last one would stand for kernels that can do more. */
	for (uint32_t n = 0; n < 6; n++)
		EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->landlock.count = n);
}

Test(open, filters_that_allow_everything_are_refused)
{
	static const struct writ_fmt_insn allow = {.code = 6, .k = 0x7fff0000};
	struct test_bundle bundle = bundle_make(text);
	uint32_t count,
		first = bundle_append(&bundle, WRIT_SECTION_INSNS, &allow, sizeof(allow), 1);
	struct writ_fmt_filter *filters = bundle_section(&bundle, WRIT_SECTION_FILTERS,
							 sizeof(*filters), &count);
	struct writ_error error;

	bundle_seal(&bundle);
	cr_assert_eq(bundle_try(&bundle, &error), 0, "%s", error.text);
	filters[0].insns = (struct writ_fmt_range){first, 1};
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "architecture"), "%s", error.text);
}

Test(open, filters_for_another_architecture_are_refused)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_fmt_filter *filters = bundle_section(&bundle, WRIT_SECTION_FILTERS,
							 sizeof(*filters), NULL);
	uint32_t arch = filters[0].audit_arch;
	struct writ_error error;

	filters[0].audit_arch = filters[1].audit_arch;
	filters[1].audit_arch = arch;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	filters[0].audit_arch = 0x80000016u; /* s390x */
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_UNSUPPORTED, "%s", error.text);
}

/* A filter may allow TCP sockets only where ports are granted, which Landlock then limits. */
Test(open, sockets_without_ports_are_refused)
{
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->ports.count = 0);
}

Test(open, names_that_do_not_ascend_are_refused)
{
	static const char pairs[] = "param p : int = 1;\nparam q : int = 2;\n"
				    "tool a { sandbox s; }\ntool b { sandbox t; }\n"
				    "sandbox s { limits { wall 1s; } }\n"
				    "sandbox t { limits { wall 2s; } }\n"
				    "role x { allow a; }\nrole y { allow b; }\n"
				    "user \"u\" : x;\nuser \"v\" : y;\n";

	EXPECT_REFUSED_IN(pairs, PARAMS, struct writ_fmt_param, record[1].name = record[0].name);
	EXPECT_REFUSED_IN(pairs, SANDBOXES, struct writ_fmt_sandbox,
			  record[1].name = record[0].name);
	EXPECT_REFUSED_IN(pairs, PARAMS, struct writ_fmt_param, struct writ_fmt_param was = *record;
			  record[0] = record[1]; record[1] = was);
	EXPECT_REFUSED_IN(pairs, SANDBOXES, struct writ_fmt_sandbox,
			  struct writ_fmt_str was = record[0].name;
			  record[0].name = record[1].name; record[1].name = was);
	EXPECT_REFUSED_IN(pairs, COLUMNS, struct writ_fmt_column, record[1].name = record[0].name);
	EXPECT_REFUSED_IN(pairs, ROLES, struct writ_fmt_role, record[1].name = record[0].name);
	EXPECT_REFUSED_IN(pairs, USERS, struct writ_fmt_user, record[1].name = record[0].name);
}

/* Records and their slots exchanged together: every lookup still finds its name. */
Test(open, a_consistent_exchange_of_names_is_refused)
{
	struct test_bundle bundle = bundle_make("role x { allow a; }\nrole y { allow a; }\n");
	struct writ_fmt_role *roles = bundle_section(&bundle, WRIT_SECTION_ROLES, sizeof(*roles),
						     NULL);
	uint32_t n_slots;
	struct writ_fmt_slot *slots = bundle_section(&bundle, WRIT_SECTION_ROLE_INDEX,
						     sizeof(*slots), &n_slots);
	struct writ_fmt_role was = roles[0];
	struct writ_error error;

	roles[0] = roles[1];
	roles[1] = was;
	for (uint32_t i = 0; i < n_slots; i++)
		slots[i].id ^= slots[i].id != WRIT_NONE;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "ascend"), "%s", error.text);
}

/*
 * Rules: 0 denies t_x, 1 allows t_*, 2 allows named. Columns: named, t_x, the class of t_*.
 */
Test(open, cells_that_contradict_the_rules_are_refused)
{
	struct test_bundle good = bundle_make(text);
	const uint16_t *cells = bundle_section(&good, WRIT_SECTION_CELLS, sizeof(*cells), NULL);

	cr_assert(cells[0] == 3 && cells[1] == 1 && cells[2] == 2);
	EXPECT_REFUSED(CELLS, uint16_t, record[0] = 1);
	EXPECT_REFUSED(CELLS, uint16_t, record[0] = 2);
	EXPECT_REFUSED(CELLS, uint16_t, record[1] = 0);
	EXPECT_REFUSED(CELLS, uint16_t, record[1] = 3);
	EXPECT_REFUSED(CELLS, uint16_t, record[2] = 1);
	EXPECT_REFUSED(CELLS, uint16_t, record[2] = 3);
	EXPECT_REFUSED(CELLS, uint16_t, record[2] = 4);
	EXPECT_REFUSED(CELLS, uint16_t, record[3] = 1); /* behind the last column */
	EXPECT_REFUSED(RULES, struct writ_fmt_rule, record[2].pattern.len--);
}

/*
 * Two roles, fourteen tools in four blocks: 0 denies t_x to the second, 1 allows t_* to both. What
 * of the block where t_x is, and of the one with the class, belongs to whom?
 */
static const char shared[] = "tool a1 {}\ntool a2 {}\ntool a3 {}\ntool a4 {}\n"
			     "tool b1 {}\ntool b2 {}\ntool b3 {}\ntool b4 {}\n"
			     "tool c1 {}\ntool c2 {}\ntool c3 {}\ntool t_x {}\n"
			     "role r { allow t_*; }\n"
			     "role s extends r { deny t_x; }\n";

Test(open, blocks_that_contradict_the_rules_are_refused)
{
	struct test_bundle good = bundle_make(shared);
	uint32_t n;
	const uint16_t *blocks = bundle_section(&good, WRIT_SECTION_BLOCKS, sizeof(*blocks), &n);
	static const uint16_t expected[] = {0, 0, 1, 2, 0, 0, 3, 2};

	cr_assert_eq(n, sizeof(expected) / sizeof(expected[0]));
	cr_assert_eq(memcmp(blocks, expected, sizeof(expected)), 0);
	/* No rule for a tool whose class is allowed, and the other way round. */
	EXPECT_REFUSED_IN(shared, BLOCKS, uint16_t, record[6] = 0);
	EXPECT_REFUSED_IN(shared, CELLS, uint16_t, record[8] = 0);
	EXPECT_REFUSED_IN(shared, BLOCKS, uint16_t, record[4] = 1);
	EXPECT_REFUSED_IN(shared, BLOCKS, uint16_t, record[7] = 3);
	/* A block that nobody has, and one that is not there. */
	EXPECT_REFUSED_IN(shared, BLOCKS, uint16_t, record[6] = 1);
	EXPECT_REFUSED_IN(shared, BLOCKS, uint16_t, record[7] = 4);
	/* The same blocks in another order are another's bundle. */
	EXPECT_REFUSED_IN(shared, BLOCKS, uint16_t,
			  for (uint32_t i = 0; i < count; i++)
				  record[i] = (uint16_t)(record[i] == 1   ? 2
							 : record[i] == 2 ? 1
									  : record[i]));
}

/* Many rows of one block each: the file stays small, what opening would have to look at does not.
 */
static int open_with_rows(uint32_t n_rows, struct writ_error *error)
{
	char source[32768] = "role r { allow a";
	struct test_bundle bundle;
	struct writ_fmt_policy *policy;
	uint32_t n_blocks;
	uint16_t *blocks, *first;

	for (uint32_t i = 0; i < 1000; i++)
		sprintf(source + strlen(source), ", tool_%03u", i);
	strcat(source, "; }\n");
	bundle = bundle_make(source);
	first = bundle_section(&bundle, WRIT_SECTION_BLOCKS, sizeof(*blocks), &n_blocks);
	blocks = calloc((size_t)n_rows * n_blocks, sizeof(*blocks));
	for (uint32_t i = 0; i < n_rows; i++)
		memcpy(blocks + (size_t)i * n_blocks, first, n_blocks * sizeof(*blocks));
	bundle_append(&bundle, WRIT_SECTION_BLOCKS, blocks, sizeof(*blocks),
		      (n_rows - 1) * n_blocks);
	policy = bundle_section(&bundle, WRIT_SECTION_POLICY, sizeof(*policy), NULL);
	policy->n_rows = n_rows;
	bundle_seal(&bundle);
	return bundle_try(&bundle, error);
}

Test(open, tables_larger_than_their_limit_are_refused)
{
	struct writ_error error;

	cr_expect_eq(open_with_rows(WRIT_MAX_CELLS / 1001, &error), 0, "%s", error.text);
	cr_expect_eq(open_with_rows(WRIT_MAX_CELLS / 1001 + 1, &error), -WRIT_E_FORMAT);
	cr_expect_not_null(strstr(error.text, "size of the table"), "%s", error.text);
}

/* A name that is not listed must not be taken for a tool that is. */
Test(open, accepts_leads_to_classes_only)
{
	EXPECT_REFUSED(ACCEPTS, uint32_t,
		       for (uint32_t i = 0; i < count; i++) if (record[i] != WRIT_NONE)
			       record[i] = 0);
}

Test(open, ranges_of_ports_are_bounded)
{
	EXPECT_REFUSED(PORTS, struct writ_fmt_port,
		       for (uint32_t i = 0; i < count; i++) if (record[i].param == WRIT_NONE)
			       record[i]
				       .last = (uint16_t)(record[i].first + WRIT_MAX_RANGE));
}

/* n sandboxes with so many paths each, all but one of a text that is as long as a text can be. */
static struct test_bundle bundle_with_paths(uint32_t n, uint32_t each)
{
	char source[4096] = "";
	struct test_bundle bundle;
	struct writ_fmt_path *paths = calloc((size_t)n * each, sizeof(*paths));
	struct writ_fmt_part part = {.kind = WRIT_PART_LITERAL, .text.len = WRIT_MAX_TEXT};
	char long_text[WRIT_MAX_TEXT + 1] = "";
	struct writ_fmt_sandbox *boxes;
	uint32_t first;

	for (uint32_t i = 0; i < n; i++)
		sprintf(source + strlen(source), "sandbox s%02u { filesystem { read \"/a\"; } }\n",
			i);
	bundle = bundle_make(source);
	memset(long_text, 'a', WRIT_MAX_TEXT);
	long_text[0] = '/';
	part.text.offset = bundle_append(&bundle, WRIT_SECTION_STRINGS, long_text, 1,
					 sizeof(long_text));
	first = bundle_append(&bundle, WRIT_SECTION_PARTS, &part, sizeof(part), 1);
	for (uint32_t i = 0; i < n * each; i++)
		paths[i] = (struct writ_fmt_path){{first, 1}, WRIT_PATH_READ, 0, 4};
	bundle_append(&bundle, WRIT_SECTION_PATHS, paths, sizeof(*paths), n * each - n);
	boxes = bundle_section(&bundle, WRIT_SECTION_SANDBOXES, sizeof(*boxes), NULL);
	for (uint32_t i = 0; i < n; i++)
		boxes[i].paths = (struct writ_fmt_range){i * each, each};
	bundle_seal(&bundle);
	free(paths);
	return bundle;
}

static int open_with_paths(uint32_t n, uint32_t each, struct writ_error *error)
{
	struct test_bundle bundle = bundle_with_paths(n, each);

	return bundle_try(&bundle, error);
}

/* What the process has had resident at the most since the last forget_peak. */
static long peak_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (status && !kib && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %ld", &kib) != 1)
			kib = 0;
	if (status)
		fclose(status);
	return kib;
}

/* proc(5), clear_refs: 5 makes the peak what is resident now. */
static void forget_peak(void)
{
	FILE *refs = fopen("/proc/self/clear_refs", "w");

	cr_assert(refs && fputs("5", refs) != EOF && fclose(refs) == 0);
}

Test(open, many_paths_are_refused_or_share_their_text)
{
	struct test_bundle bundle = bundle_with_paths(16, WRIT_MAX_GRANTS);
	struct writ_error error;
	long before;

	forget_peak(); /* what compiling took, and what a sanitizer keeps of it, is no matter */
	before = peak_kib();
	/* Unshared, the texts would be 256 MiB. */
	cr_expect_eq(bundle_try(&bundle, &error), 0, "%s", error.text);
	cr_expect_lt(peak_kib() - before, 64 << 10, "%ld KiB", peak_kib() - before);
	cr_expect_eq(open_with_paths(1, WRIT_MAX_GRANTS, &error), 0, "%s", error.text);
	cr_expect_eq(open_with_paths(1, WRIT_MAX_GRANTS + 1, &error), -WRIT_E_FORMAT);
	cr_expect_eq(open_with_paths(17, WRIT_MAX_GRANTS, &error), -WRIT_E_FORMAT);
}

Test(open, verifying_needs_no_parameters)
{
	struct test_bundle bundle = bundle_make("param w : path;\n"
						"sandbox s { filesystem { read \"${w}\"; } }\n");
	struct writ_error error;

	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_PARAM);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), 0, "%s", error.text);
	cr_expect_eq(writ_verify(NULL, 0, &error), -WRIT_E_INVALID);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size - 1, &error), -WRIT_E_FORMAT);
	bundle.bytes[bundle.size - 1] ^= 1;
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_DIGEST);
}

Test(open, index_tables_that_lie_are_refused)
{
	EXPECT_REFUSED(ROLE_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++) record[i].hash ^= 1);
	EXPECT_REFUSED(ROLE_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++) record[i].id = 0);
	EXPECT_REFUSED(USER_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++)
			       record[i] = (struct writ_fmt_slot){0, WRIT_NONE});
	EXPECT_REFUSED(TOOL_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++) if (record[i].id != WRIT_NONE) record[i]
			       .id = 1000);
}

Test(open, the_frame_is_checked)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_fmt_header *header = (struct writ_fmt_header *)bundle.bytes;
	struct writ_fmt_section *table = (struct writ_fmt_section *)(header + 1);
	struct writ_error error;

	header->format_version = WRIT_FORMAT_VERSION + 1;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_UNSUPPORTED);
	header->format_version = WRIT_FORMAT_VERSION;
	table[4].id = 999;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_UNSUPPORTED, "%s", error.text);
	table[4].flags = 0;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	table[4].id = 5;
	table[4].flags = WRIT_SECTION_REQUIRED;
	table[5].offset -= WRIT_ALIGN;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	table[5].offset += WRIT_ALIGN;
	table[22].size = UINT64_MAX;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
}

/* Sealed again, so that every check behind the digest is what is tried. */
Test(open, no_truncation_and_no_change_crashes)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_error error;
	size_t n_opened = 0;

	for (size_t i = 0; i < bundle.size; i++) {
		static const uint8_t changes[] = {0x01, 0x80, 0xff};

		for (size_t c = 0; c < sizeof(changes); c++) {
			uint8_t before = bundle.bytes[i];

			bundle.bytes[i] ^= changes[c];
			bundle_seal(&bundle);
			n_opened += bundle_try(&bundle, &error) == 0;
			bundle.bytes[i] = before;
		}
	}
	/* Names, limits and positions may change into other valid ones. */
	cr_expect_lt(n_opened, bundle.size * 3 / 2, "%zu of %zu opened", n_opened, bundle.size * 3);
	for (size_t size = 0; size < bundle.size; size++) {
		struct test_bundle cut = {bundle.bytes, size};

		cr_expect_lt(bundle_try(&cut, &error), 0);
	}
}

Test(open, what_is_no_bundle_is_told)
{
	struct writ_policy *policy = NULL;
	struct writ_error error;
	char path[] = "/tmp/writ-open-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_expect_eq(writ_open(path, NULL, &policy, &error), -WRIT_E_FORMAT);
	cr_assert_eq(ftruncate(fd, (off_t)WRIT_MAX_BUNDLE + 1), 0);
	cr_expect_eq(writ_open(path, NULL, &policy, &error), -WRIT_E_FORMAT);
	close(fd);
	unlink(path);
	cr_expect_eq(writ_open(path, NULL, &policy, &error), -WRIT_E_OPEN);
	cr_expect_gt(error.sys_errno, 0);
	cr_expect_eq(writ_open("/tmp", NULL, &policy, &error), -WRIT_E_OPEN);
	cr_expect_eq(writ_open("/dev/null", NULL, &policy, &error), -WRIT_E_OPEN);
	cr_expect_eq(writ_open(NULL, NULL, &policy, &error), -WRIT_E_INVALID);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(writ_open(path, NULL, &policy, NULL), -WRIT_E_OPEN, "a FIFO must not block");
	unlink(path);
	cr_expect_null(policy);
}

Test(open, what_is_open_is_read_only)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		*(volatile char *)policy = 0;
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	writ_close(policy);
}
