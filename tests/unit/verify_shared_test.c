/*
 * What several sandboxes have is looked at once; what one of them has alone, or relies on for more
 * than those before it, is looked at for that one.
 *
 * Of the sample, c has the list and the programs of a, and b between them has others. writ_verify
 * accepts it; each test changes what c shares with a, or only seems to.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "runtime/kernel_abi.h"
#include "support/bundle_maker.h"

static const char text[] = "sandbox a { syscalls { allow @default; } }\n"
			   "sandbox b { syscalls { allow @default; deny kcmp notify; } }\n"
			   "sandbox c extends a { limits { wall 1s; } }\n";

#define AARCH64  0xC00000B7u
#define RISCV64  0xC00000F3u
#define EPERM_OF (SECCOMP_ACTION_ERRNO | 1u)

/* Each sandbox has two filters: of c they are these. */
enum { C_X86_64 = 4, C_AARCH64 };

struct sample {
	struct test_bundle bundle;
	struct writ_fmt_sandbox *boxes;
	struct writ_fmt_filter *filters;
	struct writ_fmt_insn *insns;
	uint32_t n_filters;
};

static void look(struct sample *sample)
{
	sample->boxes = bundle_section(&sample->bundle, WRIT_SECTION_SANDBOXES,
				       sizeof(*sample->boxes), NULL);
	sample->filters = bundle_section(&sample->bundle, WRIT_SECTION_FILTERS,
					 sizeof(*sample->filters), &sample->n_filters);
	sample->insns = bundle_section(&sample->bundle, WRIT_SECTION_INSNS, sizeof(*sample->insns),
				       NULL);
}

static struct sample make_sample(void)
{
	struct sample sample = {.bundle = bundle_make(text)};

	look(&sample);
	cr_assert_eq(sample.n_filters, 6u);
	return sample;
}

/* Gives a filter a program of its own: a copy with some instructions replaced. */
static void replace(struct sample *sample, uint32_t filter, struct writ_fmt_insn from,
		    struct writ_fmt_insn to)
{
	struct writ_fmt_range range = sample->filters[filter].insns;
	struct writ_fmt_insn *copy = malloc(range.count * sizeof(*copy));
	uint32_t n = 0;

	memcpy(copy, sample->insns + range.first, range.count * sizeof(*copy));
	for (uint32_t i = 0; i < range.count; i++) {
		if (copy[i].code != from.code || copy[i].k != from.k)
			continue;
		copy[i].code = to.code;
		copy[i].k = to.k;
		n++;
	}
	cr_assert(n);
	range.first = bundle_append(&sample->bundle, WRIT_SECTION_INSNS, copy, sizeof(*copy),
				    range.count);
	free(copy);
	look(sample);
	sample->filters[filter].insns = range;
}

static void replace_returns(struct sample *sample, uint32_t filter, uint32_t from, uint32_t to)
{
	replace(sample, filter, (struct writ_fmt_insn){.code = BPF_OP_RET_K, .k = from},
		(struct writ_fmt_insn){.code = BPF_OP_RET_K, .k = to});
}

static void expect(struct sample *sample, const char *what)
{
	struct writ_error error = {.code = 0};
	int rc;

	bundle_seal(&sample->bundle);
	rc = writ_verify(sample->bundle.bytes, sample->bundle.size, &error);
	if (!what)
		cr_expect_eq(rc, 0, "%s", error.text);
	else
		cr_expect(rc && strstr(error.text, what), "%s instead of %s",
			  rc ? error.text : "accepted", what);
	free(sample->bundle.bytes);
}

Test(verify_shared, sandboxes_with_equal_rules_share_list_and_programs)
{
	struct sample sample = make_sample();
	const struct writ_fmt_sandbox *boxes = sample.boxes;
	const struct writ_fmt_filter *filters = sample.filters;

	cr_assert_eq(boxes[2].filters.first, (uint32_t)C_X86_64);
	cr_assert_eq(memcmp(&boxes[0].calls, &boxes[2].calls, sizeof(boxes->calls)), 0);
	cr_assert_neq(memcmp(&boxes[1].calls, &boxes[2].calls, sizeof(boxes->calls)), 0);
	cr_assert_eq(memcmp(&filters[0], &filters[C_X86_64], 2 * sizeof(*filters)), 0);
	expect(&sample, NULL);
}

/* As long as the one that has been looked at, and another one. */
Test(verify_shared, a_program_of_its_own_is_looked_at)
{
	for (uint32_t filter = C_X86_64; filter <= C_AARCH64; filter++) {
		struct sample equal = make_sample(), allows = make_sample(),
			      damaged = make_sample();

		replace_returns(&equal, filter, EPERM_OF, EPERM_OF);
		expect(&equal, NULL);
		replace_returns(&allows, filter, EPERM_OF, SECCOMP_ACTION_ALLOW);
		expect(&allows, "sandboxes[2]: a filter allows");
		replace_returns(&damaged, filter, EPERM_OF, 1);
		expect(&damaged, filter == C_X86_64 ? "filters[4]: an unknown action"
						    : "filters[5]: an unknown action");
	}
}

Test(verify_shared, a_part_of_a_program_is_looked_at)
{
	struct sample shorter = make_sample(), later = make_sample(), past = make_sample();

	shorter.filters[C_X86_64].insns.count--;
	expect(&shorter, "filters[4]: a jump out of the program");
	later.filters[C_X86_64].insns.first++;
	later.filters[C_X86_64].insns.count--;
	expect(&later, "filters[4]: it uses the accumulator");
	past.filters[C_AARCH64].insns.count = UINT32_MAX;
	expect(&past, "filters[5]: the range of instructions");
}

Test(verify_shared, a_program_is_for_the_architecture_it_was_looked_at_for)
{
	struct sample sample = make_sample();

	sample.filters[C_X86_64].audit_arch = RISCV64;
	expect(&sample, "sandboxes[2]: a filter does not begin with the test");
}

/* b may ask a supervisor: a and c, whose lists have no rule that does, may not. */
Test(verify_shared, a_program_that_asks_is_for_who_has_a_rule_that_does)
{
	struct sample sample = make_sample();

	sample.filters[C_X86_64].insns = sample.filters[2].insns;
	sample.filters[C_AARCH64].insns = sample.filters[3].insns;
	expect(&sample, "sandboxes[2]: a filter asks a supervisor");
	for (uint32_t filter = C_X86_64; filter <= C_AARCH64; filter++) {
		sample = make_sample();
		sample.filters[filter].insns = sample.filters[filter - 2].insns;
		expect(&sample, "sandboxes[2]: a filter asks a supervisor");
	}
}

/* Be it where nothing leads. */
Test(verify_shared, a_program_that_asks_last_asks)
{
	struct sample sample = make_sample();
	struct writ_fmt_range range = sample.filters[C_X86_64].insns;
	struct writ_fmt_insn *copy = calloc(range.count + 1, sizeof(*copy));

	memcpy(copy, sample.insns + range.first, range.count * sizeof(*copy));
	copy[range.count].code = BPF_OP_RET_K;
	copy[range.count++].k = SECCOMP_ACTION_USER_NOTIF;
	range.first = bundle_append(&sample.bundle, WRIT_SECTION_INSNS, copy, sizeof(*copy),
				    range.count);
	free(copy);
	look(&sample);
	sample.filters[C_X86_64].insns = range;
	expect(&sample, "sandboxes[2]: a filter asks a supervisor");
}

/* The rule that asks is one of the list's, wherever it stands in CALLS. */
Test(verify_shared, a_list_without_the_rule_that_asks_is_told_by_its_indices)
{
	struct sample sample = make_sample();
	uint32_t n_calls, asking = 0;
	struct writ_fmt_call *calls = bundle_section(&sample.bundle, WRIT_SECTION_CALLS,
						     sizeof(*calls), &n_calls);
	uint16_t *indices = bundle_section(&sample.bundle, WRIT_SECTION_CALL_LISTS,
					   sizeof(*indices), NULL);
	struct writ_fmt_range list = sample.boxes[1].calls;

	while (asking < list.count &&
	       calls[indices[list.first + asking]].verdict != WRIT_CALL_NOTIFY)
		asking++;
	cr_assert_lt(asking, list.count);
	calls[indices[list.first + asking]].verdict = WRIT_CALL_KILL;
	expect(&sample, "sandboxes[1]: a filter asks a supervisor");
}

/* One process at most; and nothing that ends those that are left. */
Test(verify_shared, who_relies_on_a_program_for_more_has_it_looked_at)
{
	struct sample alone = make_sample(), unkept = make_sample();
	struct writ_fmt_limit *limits = bundle_section(&alone.bundle, WRIT_SECTION_LIMITS,
						       sizeof(*limits), NULL);

	*limits = (struct writ_fmt_limit){.id = WRIT_LIMIT_PROCESSES, .value = 1};
	expect(&alone, "sandboxes[2]: a filter allows clone, and the limit is one process");
	unkept.boxes[2].plan = 0;
	expect(&unkept, "sandboxes[2]: a filter allows processes, and nothing ends them");
}

/* Behind those of a stand those of b: a third of c's is held against none. */
Test(verify_shared, a_filter_more_is_looked_at)
{
	struct sample sample = make_sample();
	struct writ_fmt_filter of_b = sample.filters[2];

	bundle_append(&sample.bundle, WRIT_SECTION_FILTERS, &of_b, sizeof(of_b), 1);
	look(&sample);
	sample.boxes[2].filters.count++;
	expect(&sample, "sandboxes[2]: two filters for one architecture");
}

/* Those of c are third ones of a and b then: all that c has is what a has, and it has none. */
Test(verify_shared, a_filter_is_what_each_has)
{
	struct sample sample = make_sample();
	const struct writ_fmt_insn from = {.code = BPF_OP_JEQ_K, .k = AARCH64};
	const struct writ_fmt_insn to = {.code = BPF_OP_JEQ_K, .k = RISCV64};
	struct writ_fmt_filter was[6];

	sample.filters[C_X86_64] = sample.filters[3];
	for (uint32_t filter = C_X86_64; filter <= C_AARCH64; filter++) {
		replace(&sample, filter, from, to);
		sample.filters[filter].audit_arch = RISCV64;
	}
	memcpy(was, sample.filters, sizeof(was));
	sample.filters[2] = was[C_AARCH64];
	memcpy(&sample.filters[3], &was[2], 3 * sizeof(*was));
	sample.boxes[0].filters = (struct writ_fmt_range){0, 3};
	sample.boxes[1].filters = (struct writ_fmt_range){3, 3};
	sample.boxes[2].filters = (struct writ_fmt_range){0, 0};
	expect(&sample, "sandboxes[2]: no filter");
}
