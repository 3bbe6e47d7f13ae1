/*
 * What a verb is given: a source and the bundle it compiles to say the same.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/input.h"
#include "ir/ir_print.h"

static char dir[] = "/tmp/writ-input-XXXXXX";
static char source[64], bundle[64];

static void write_to(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	cr_assert(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
}

static void setup_input(void)
{
	static const char text[] = "policy p version 7;\nrole r { allow x where n < 3; deny y; }\n";

	cr_assert_not_null(mkdtemp(dir));
	snprintf(source, sizeof(source), "%s/p.writ", dir);
	snprintf(bundle, sizeof(bundle), "%s/p.wrt", dir);
	write_to(source, text, sizeof(text) - 1);
}

static void teardown_input(void)
{
	unlink(source);
	unlink(bundle);
	rmdir(dir);
}

static const char *list(struct input *input)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ir_print(out, &input->compilation.arena, input->ir);
	fclose(out);
	return text;
}

Test(input, a_bundle_says_what_its_source_says, .init = setup_input, .fini = teardown_input)
{
	struct input from_source, from_bundle;

	cr_assert_eq(input_load(source, &from_source), CLI_OK);
	cr_expect(!from_source.is_bundle);
	write_to(bundle, from_source.bundle.ptr, from_source.bundle.len);
	cr_assert_eq(input_load(bundle, &from_bundle), CLI_OK);
	cr_expect(from_bundle.is_bundle);
	cr_expect_str_eq(list(&from_bundle), list(&from_source));
	cr_expect_eq(from_bundle.bundle.len, from_source.bundle.len);
	input_fini(&from_source);
	input_fini(&from_bundle);
}

static void expect_unusable(const char *path)
{
	struct input input;

	cr_expect_eq(input_load(path, &input), CLI_INPUT, "%s", path);
	cr_expect_null(input.ir);
	input_fini(&input);
}

/* On standard error it is said why; here it is only kept out of the tests' output. */
Test(input, what_can_not_be_used_is_refused, .init = setup_input, .fini = teardown_input)
{
	struct input input;

	cr_assert_not_null(freopen("/dev/null", "w", stderr));
	cr_assert_eq(input_load(source, &input), CLI_OK);
	write_to(bundle, input.bundle.ptr, input.bundle.len - 1);
	expect_unusable(bundle);
	input.bundle.ptr[input.bundle.len / 2] ^= 1;
	write_to(bundle, input.bundle.ptr, input.bundle.len);
	expect_unusable(bundle);
	write_to(bundle, input.bundle.ptr, WRIT_MAGIC_SIZE);
	expect_unusable(bundle);
	write_to(bundle, "policy p;\nrole r { allow }\n", 26);
	expect_unusable(bundle);
	input_fini(&input);
	unlink(bundle);
	expect_unusable(bundle);
	expect_unusable(dir);
}
