#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "support/ir_maker.h"
#include "tables/profile.h"
#include "tables/syscalls.h"

static struct diag_list *load(const char *text, size_t len, struct profile *out)
{
	struct diag_list *diags = arena_new(maker_arena(), struct diag_list);
	struct sources *sources = arena_new(maker_arena(), struct sources);
	char path[] = "/tmp/profile-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	sources->arena = maker_arena();
	diag_init(diags, maker_arena(), sources);
	cr_assert_eq(profile_load(diags, str_from(path), out), 0);
	unlink(path);
	return diags;
}

static struct diag_list *load_text(const char *text, struct profile *out)
{
	return load(text, strlen(text), out);
}

Test(profile, the_built_in_profile_is_sorted_and_names_calls)
{
	const struct profile *profile = profile_default();
	uint64_t total = 0;

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct profile_sample *sample = &profile->samples.items[i];

		cr_expect(syscall_exists(sample->call), "%s", sample->call.ptr);
		cr_expect_gt(sample->count, 0u);
		if (i > 0)
			cr_expect_leq(str_cmp(sample[-1].call, sample->call), 0, "%s",
				      sample->call.ptr);
		total += sample->count;
	}
	cr_assert_eq(total, profile->total);
	cr_assert_gt(total, 0u);
}

Test(profile, samples_are_read_by_name_and_by_number)
{
	struct profile profile;
	struct diag_list *diags = load_text("# comment\n"
					    "3 openat 0 0 0x80000 # another\n"
					    "\n"
					    "  4 0 1 2 3 4 5 0xffffffffffffffff\r\n"
					    "7 openat 1",
					    &profile);
	size_t n, first;

	cr_assert_eq(diags->errors, 0u);
	cr_assert_eq(profile.samples.n, 3u);
	cr_assert_eq(profile.total, 14u);
	first = profile_find(&profile, STR("openat"), &n);
	cr_assert_eq(n, 2u);
	cr_assert_eq(profile.samples.items[first].args[2], 0x80000u);
	cr_assert_eq(profile.samples.items[first + 1].count, 7u);
	first = profile_find(&profile, STR("read"), &n);
	cr_assert_eq(n, 1u);
	cr_assert_eq(profile.samples.items[first].args[5], UINT64_MAX);
	profile_find(&profile, STR("close"), &n);
	cr_assert_eq(n, 0u);
}

static const struct {
	const char *text;
	enum diag_code code;
	uint32_t begin;
} bad_cases[] = {
	{"", DIAG_E0480, 0},
	{"# nothing\n", DIAG_E0480, 0},
	{"openat 3\n", DIAG_E0480, 0},
	{"0 openat\n", DIAG_E0480, 0},
	{"-1 openat\n", DIAG_E0480, 0},
	{"4294967296 openat\n", DIAG_E0480, 0},
	{"99999999999999999999999 openat\n", DIAG_E0480, 0},
	{"3\n", DIAG_E0480, 1},
	{"3 opneat\n", DIAG_E0105, 2},
	{"3 400\n", DIAG_E0105, 2},
	{"3 openat x\n", DIAG_E0480, 9},
	{"3 openat 0x\n", DIAG_E0480, 9},
	{"3 openat 0x10000000000000000\n", DIAG_E0480, 9},
	{"3 openat 1 2 3 4 5 6 7\n", DIAG_E0480, 21},
};

Test(profile, what_is_malformed_is_reported_where_it_is)
{
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		struct profile profile;
		struct diag_list *diags = load_text(bad_cases[i].text, &profile);

		cr_expect_eq(diags->errors, 1u, "%s", bad_cases[i].text);
		cr_expect_eq(diags->items.items[0].code, bad_cases[i].code, "%s",
			     bad_cases[i].text);
		cr_expect_eq(diags->items.items[0].span.begin, bad_cases[i].begin, "%s: %u",
			     bad_cases[i].text, diags->items.items[0].span.begin);
	}
}

Test(profile, bytes_that_are_no_text_are_an_error)
{
	struct profile profile;

	cr_assert_eq(load("3 read\0\n", 8, &profile)->errors, 1u);
	cr_assert_eq(load("3 read \xff\n", 9, &profile)->errors, 1u);
}

Test(profile, too_many_samples_are_one_error)
{
	size_t n = PROFILE_MAX_SAMPLES + 100;
	char *text = malloc(7 * n + 1);
	struct profile profile;
	struct diag_list *diags;

	cr_assert_not_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + 7 * i, "1 read\n", 8);
	diags = load_text(text, &profile);
	cr_assert_eq(diags->errors, 1u);
	cr_assert_eq(diags->items.items[0].code, DIAG_E0481);
	free(text);
}
