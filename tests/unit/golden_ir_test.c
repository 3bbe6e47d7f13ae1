/*
 * Golden IR: what sema makes of whole policies.
 */
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ir/ir_print.h"
#include "support/golden.h"
#include "support/policy.h"

static const char *listing_of(const char *path)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	char *listing = NULL;
	size_t size = 0;
	FILE *out;

	compilation_init(compilation);
	cr_assert_eq(compile_check(compilation, str_from(path)), 0, "%s", path);
	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	out = open_memstream(&listing, &size);
	ir_print(out, &compilation->arena, compilation->ir);
	fclose(out);
	return listing;
}

Test(golden, ir_of_each_construct)
{
	golden_check("ir/constructs.ir", listing_of("tests/golden/ir/constructs.writ"));
}

Test(golden, ir_of_every_construct_of_sandboxes)
{
	golden_check("ir/sandbox.ir", listing_of("tests/golden/ir/sandbox.writ"));
}

Test(golden, ir_of_roles_and_conditions)
{
	golden_check("ir/rbac.ir", listing_of("tests/golden/ir/rbac.writ"));
}

Test(golden, ir_of_a_sandbox_that_states_nothing)
{
	golden_check("ir/default.ir", listing_of("tests/golden/ir/default.writ"));
}

Test(golden, listing_does_not_depend_on_the_working_directory)
{
	char absolute[4096];
	const char *here = listing_of("tests/golden/ir/constructs.writ");

	cr_assert_not_null(realpath("tests/golden/ir/constructs.writ", absolute));
	cr_expect_str_eq(listing_of(absolute), here);
	cr_assert_eq(chdir("tests/golden/ir"), 0);
	cr_expect_str_eq(listing_of("constructs.writ"), here);
	cr_expect_str_eq(listing_of("./constructs.writ"), here);
	cr_expect_str_eq(listing_of("../ir/constructs.writ"), here);
}
