/*
 * Launches where the kernel has less than the newest: without mount_setattr(2), as before Linux
 * 5.12.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "support/box.h"

TestSuite(older_kernel, .init = make_box, .fini = remove_box, .timeout = 30);

/* For this process and what it starts. */
static void take_mount_setattr(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERNEL_NR_MOUNT_SETATTR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(insns) / sizeof(insns[0]), .filter = insns};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
			     &program),
		     0, "%s", strerror(errno));
}

static bool is_told(const struct writ_sandbox *sandbox, const char *what)
{
	const char *warning;

	for (size_t i = 0; (warning = writ_sandbox_warning(sandbox, i)); i++) {
		if (strstr(warning, what))
			return true;
	}
	return false;
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
	struct writ_error error = {.text = ""};
	struct writ_sandbox *sandbox;
	char output[1024];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	take_mount_setattr();
	sandbox = open_box(BOX("write \"${box}\"; "), &error);
	cr_assert_not_null(sandbox, "%s", error.text);
	cr_expect(is_told(sandbox, "no owner or attribute"));
	cr_expect(is_told(sandbox, "/proc is the host's"));
	cr_expect_not(is_told(sandbox, "process group"));
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
	struct writ_error error = {.text = ""};
	struct writ_sandbox *sandbox;
	char output[1024];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	take_mount_setattr();
	sandbox = open_box(BOX("write \"${box}\"; deny \"${box}/**/.env\"; "), &error);
	cr_assert_not_null(sandbox, "%s", error.text);
	cr_expect(is_told(sandbox, "process group"));
	(void)run_in_box(sandbox, "echo x >$box/f && cat $box/f; echo x 2>&- >$box/.env || echo no",
			 output);
	cr_expect_str_eq(output, "x\nno\n");
	writ_sandbox_close(sandbox);
}

Test(older_kernel, without_mount_setattr_there_is_no_scratch)
{
	struct writ_error error = {.code = 0};

	take_mount_setattr();
	cr_expect_null(open_box(BOX("scratch \"${box}\" 1MiB; "), &error));
	cr_expect_eq(error.code, WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "mount namespace"), "%s", error.text);
}
