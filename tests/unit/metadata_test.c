/*
 * The filter that stands in for read-only mounts, against the compiler's list of what changes
 * metadata: every number of this architecture, and every request.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "runtime/metadata.h"
#include "support/cbpf.h"
#include "tables/plan_calls.h"

#define NUMBERS 1024

static unsigned verdict(int nr, unsigned arch, unsigned long long arg1)
{
	const struct seccomp_data data = {.nr = nr, .arch = arch, .args = {0, arg1}};
	unsigned result = 0;

	cr_assert(cbpf_run(metadata_filter.insns, metadata_filter.len, &data, &result));
	return result;
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

Test(metadata, the_filter_against_sessions_refuses_nothing_else)
{
	for (int nr = 0; nr < NUMBERS; nr++) {
		const struct seccomp_data data = {.nr = nr, .arch = KERNEL_AUDIT_ARCH};
		unsigned result = 0;

		cr_assert(cbpf_run(session_filter.insns, session_filter.len, &data, &result));
		cr_expect_eq(result == (SECCOMP_RET_ERRNO | EPERM), nr == SYS_setsid, "%d", nr);
	}
}
