/*
 * The filter that stands in for read-only mounts, against the compiler's list of what changes
 * metadata: every number of this architecture, and every request.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "runtime/metadata.h"
#include "support/cbpf.h"
#include "tables/plan_calls.h"

#define NUMBERS 1024

static unsigned verdict_of(enum metadata_way way, const struct seccomp_data *data)
{
	struct writ_fmt_insn insns[METADATA_MAX];
	const void *program = insns; /* struct sock_filter */
	size_t n = metadata_program(way, insns);
	unsigned result = 0;

	cr_assert(n <= METADATA_MAX && cbpf_run(program, n, data, &result));
	return result;
}

static unsigned verdict(int nr, unsigned arch, unsigned long long arg1)
{
	const struct seccomp_data data = {.nr = nr, .arch = arch, .args = {0, arg1}};

	return verdict_of(METADATA_REFUSED, &data);
}

Test(metadata, every_call_that_changes_it_is_refused_and_no_other)
{
	const unsigned refused = SECCOMP_RET_ERRNO | EPERM;
	size_t n = 0;

	for (int nr = 0; nr < NUMBERS; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
		bool is_metadata = name && call_is_metadata(str_from(name));

		/* Newer than the library: setxattrat, removexattrat, file_setattr. */
		if (!name && (nr == 463 || nr == 466 || nr == 469))
			is_metadata = true;
		cr_expect_eq(verdict(nr, KERNEL_AUDIT_ARCH, 0) == refused, is_metadata, "%d %s", nr,
			     name ? name : "?");
		n += is_metadata;
		free(name);
	}
	cr_expect_gt(n, 14u);
}

Test(metadata, requests_of_ioctl_are_told_apart_by_what_the_kernel_looks_at)
{
	uint32_t request;

	for (uint32_t i = 0; (request = call_metadata_request_at(i)); i++) {
		cr_expect_eq(verdict(SYS_ioctl, KERNEL_AUDIT_ARCH, request),
			     SECCOMP_RET_ERRNO | EPERM);
		cr_expect_eq(verdict(SYS_ioctl, KERNEL_AUDIT_ARCH, 1ull << 32 | request),
			     SECCOMP_RET_ERRNO | EPERM);
		cr_expect_eq(verdict(SYS_ioctl, KERNEL_AUDIT_ARCH, request + 1), SECCOMP_RET_ALLOW);
	}
}

/* The sandbox's own filter refuses what is not of this architecture. */
Test(metadata, other_architectures_are_left_to_the_filter_behind)
{
	cr_expect_eq(verdict(SYS_fchmod, 1, 0), SECCOMP_RET_ALLOW);
}

/* What is not refused is what a broker makes, or with METADATA_PASSED the sandbox's filter hands
 * over.
 */
Test(metadata, a_broker_is_asked_about_modes_and_times_only)
{
	static const char *const asked[] = {"chmod", "fchmod", "fchmodat",  "fchmodat2",
					    "utime", "utimes", "futimesat", "utimensat"};

	for (int nr = 0; nr < NUMBERS; nr++) {
		const struct seccomp_data data = {.nr = nr, .arch = KERNEL_AUDIT_ARCH};
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
		unsigned plain = verdict_of(METADATA_REFUSED, &data);
		unsigned with = plain, passed = plain;

		for (size_t i = 0; name && i < sizeof(asked) / sizeof(asked[0]); i++) {
			if (strcmp(name, asked[i]) != 0)
				continue;
			with = SECCOMP_RET_USER_NOTIF;
			passed = nr == SYS_fchmod ? plain : SECCOMP_RET_ALLOW;
			cr_expect_neq(plain, SECCOMP_RET_ALLOW);
		}
		cr_expect_eq(verdict_of(METADATA_ASKED, &data), with, "%s", name ? name : "?");
		cr_expect_eq(verdict_of(METADATA_PASSED, &data), passed, "%s", name ? name : "?");
		cr_expect(passed != SECCOMP_RET_ALLOW || plain == SECCOMP_RET_ALLOW ||
				  call_is_mediated(str_from(name)),
			  "%s", name);
		free(name);
	}
}

static int try_session(void)
{
	if (fork() == 0)
		_exit(setsid() < 0 ? 2 : 0);
	return 0;
}

Test(metadata, the_filter_against_sessions_refuses_them)
{
	int status = 0;

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(metadata_enter_session(), 0);
	cr_assert_eq(try_session(), 0);
	cr_assert_gt(wait(&status), 0);
	cr_expect_eq(WEXITSTATUS(status), 2);
}
