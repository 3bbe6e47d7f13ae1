/*
 * Launches where the kernel has less than the newest: without mount_setattr(2), as before Linux
 * 5.12.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "runtime/kernel_abi.h"
#include "support/box.h"
#include "support/refusals.h"

TestSuite(older_kernel, .init = make_box, .fini = remove_box, .timeout = 30);

static const struct refusal no_mount_setattr = {KERNEL_NR_MOUNT_SETATTR, ENOSYS, 0};

static struct writ_sandbox *open_on_older(const char *text)
{
	struct writ_error error = {.text = ""};
	struct writ_sandbox *sandbox;

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	refuse_calls(&no_mount_setattr, 1);
	sandbox = open_box(text, &error);
	cr_assert_not_null(sandbox, "%s", error.text);
	return sandbox;
}

static const char *instead_of(const struct writ_sandbox *sandbox, const char *name)
{
	struct writ_mechanism mechanism;

	for (size_t i = 0; !writ_sandbox_mechanism(sandbox, i, &mechanism); i++) {
		if (!strcmp(mechanism.name, name))
			return mechanism.is_there ? "there" : mechanism.instead;
	}
	return "not in the plan";
}

Test(older_kernel, without_mount_setattr_the_pid_namespace_stays)
{
	struct writ_sandbox *sandbox = open_on_older(BOX("write \"${box}\"; "));
	char output[1024];

	cr_expect(box_is_told(sandbox, "no owner"));
	cr_expect(box_is_told(sandbox, "/proc is the host's"));
	cr_expect_not(box_is_told(sandbox, "process group"));
	cr_expect_str_eq(instead_of(sandbox, "PID namespace"), "there");
	cr_expect_str_neq(instead_of(sandbox, "read-only mounts"), "there");
	(void)run_in_box(sandbox, "echo $$; chmod 600 /usr/bin/env 2>&1 | grep -o 'Operation.*'",
			 output);
	cr_expect_str_eq(output, "2\nOperation not permitted\n");
	writ_sandbox_close(sandbox);
}

/* It looks for the tool's descriptors in a procfs of the tool's PID namespace. */
Test(older_kernel, without_mount_setattr_a_broker_has_neither)
{
	struct writ_sandbox *sandbox =
		open_on_older(BOX("write \"${box}\"; deny \"${box}/**/.env\"; "));
	char output[1024];

	cr_expect(box_is_told(sandbox, "process group"));
	(void)run_in_box(sandbox, "echo x >$box/f && cat $box/f; echo x 2>&- >$box/.env || echo no",
			 output);
	cr_expect_str_eq(output, "x\nno\n");
	writ_sandbox_close(sandbox);
}

Test(older_kernel, without_mount_setattr_there_is_no_scratch)
{
	struct writ_error error = {.code = 0};

	refuse_calls(&no_mount_setattr, 1);
	cr_expect_null(open_box(BOX("scratch \"${box}\" 1MiB; "), &error));
	cr_expect_eq(error.code, WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "mount namespace"), "%s", error.text);
}
