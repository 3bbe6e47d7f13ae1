#include <criterion/criterion.h>

#include <string.h>
#include <unistd.h>

#include "runtime/sandbox.h"
#include "support/box.h"
#include "support/bundle_maker.h"

#define ALONE "sandbox s { filesystem { " FILES " } limits { processes 1; } }\n"

Test(alone, a_filter_that_refuses_processes_needs_nobody_to_count_them)
{
	struct writ_sandbox *sandbox = bundle_sandbox(ALONE);
	const char *const argv[] = {"sh", "-c", "/bin/true | /bin/true", NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_limit limit;
	struct writ_error error;

	cr_expect_eq(sandbox->processes, PROCESSES_ALONE);
	cr_expect_eq(sandbox->cgroups.n, 0);
	cr_assert_eq(writ_sandbox_limit(sandbox, 0, &limit), 0);
	cr_expect_eq(limit.value, 1);
	cr_expect_eq(limit.of_launch, 1);
	cr_expect_not_null(strstr(limit.by, "filter"), "%s", limit.by);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_EXITED);
	cr_expect_eq(result.status, 2); /* can't fork */
	writ_sandbox_close(sandbox);
}

/* A limit of one that the filter was not made for. */
Test(alone, a_filter_that_allows_them_is_refused)
{
	struct test_bundle bundle = bundle_make("sandbox s { limits { processes 2; } }\n");
	struct writ_fmt_limit *limits;
	struct writ_error error = {.text = ""};
	uint32_t n;

	cr_assert_eq(bundle_try(&bundle, &error), 0, "%s", error.text);
	limits = bundle_section(&bundle, WRIT_SECTION_LIMITS, sizeof(*limits), &n);
	cr_assert_eq(n, 1);
	limits[0].value = 1;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	cr_expect_not_null(strstr(error.text, "the limit is one"), "%s", error.text);
}
