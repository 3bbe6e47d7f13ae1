/*
 * The bundle holds finished programs, one an architecture; this finds the host's and hands it to
 * the kernel, unchanged. There is no best effort here: the filter is what keeps the network, other
 * processes and the rest of the kernel's surface away, and every kernel that can run tools has had
 * it since 4.14.
 */
#include "runtime/seccomp.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/raw.h"
#include "runtime/verify.h"

_Static_assert(sizeof(struct writ_fmt_insn) == 8, "struct sock_filter");

bool seccomp_available(void)
{
	uint32_t action = SECCOMP_ACTION_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_OP_ACTION_AVAIL, 0, &action) == 0;
}

static const struct writ_fmt_filter *find_filter(const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->filters;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_filter *filter = image_FILTERS(&source->policy->image,
								     range.first + i);

		if (filter->audit_arch == KERNEL_AUDIT_ARCH)
			return filter;
	}
	return NULL;
}

int seccomp_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	const struct writ_fmt_filter *filter = find_filter(source);
	struct writ_fmt_insn *insns;

	if (!filter)
		return error_set(source->error, WRIT_E_HOST,
				 "sandbox '%.200s' was not compiled for " KERNEL_ARCH_NAME
				 ": it has no system call filter for this host",
				 sandbox->name);
	if (!seccomp_available())
		return error_set(source->error, WRIT_E_HOST,
				 "sandbox '%.200s' can't be enforced: this kernel has no seccomp "
				 "filters here",
				 sandbox->name);
	insns = pool_array(&sandbox->pool, filter->insns.count, sizeof(*insns));
	if (!insns)
		return error_nomem(source->error);
	memcpy(insns, image_INSNS(&source->policy->image, filter->insns.first),
	       filter->insns.count * sizeof(*insns));
	sandbox->filter.insns = insns;
	sandbox->filter.len = (uint16_t)filter->insns.count;
	/* It has passed all other probes of its kind. */
	sandbox->makes_sessions = verify_probes(KERNEL_AUDIT_ARCH, insns, filter->insns.count,
						VERIFY_NO_PID_NS) != NULL;
	return 0;
}

int seccomp_enter(const struct bpf_program *filter)
{
	return (int)RAW(SYS_seccomp, SECCOMP_OP_SET_FILTER, 0, filter);
}

/* Before Linux 5.19 a handled signal always interrupts. */
int seccomp_listen(const struct bpf_program *filter, bool only_kills)
{
	long fd = -EINVAL;

	if (only_kills)
		fd = RAW(SYS_seccomp, SECCOMP_OP_SET_FILTER,
			 SECCOMP_NEW_LISTENER | SECCOMP_WAIT_KILLABLE, filter);
	if (fd == -EINVAL)
		fd = RAW(SYS_seccomp, SECCOMP_OP_SET_FILTER, SECCOMP_NEW_LISTENER, filter);
	return (int)fd;
}
