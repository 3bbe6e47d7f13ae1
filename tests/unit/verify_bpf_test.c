#include <criterion/criterion.h>

#include "runtime/kernel_abi.h"
#include "runtime/verify.h"

#define LD(k)                                                                                      \
	{                                                                                          \
		BPF_OP_LD_W_ABS, 0, 0, (k)                                                         \
	}
#define JEQ(k, jt, jf)                                                                             \
	{                                                                                          \
		BPF_OP_JEQ_K, (jt), (jf), (k)                                                      \
	}
#define RET(k)                                                                                     \
	{                                                                                          \
		BPF_OP_RET_K, 0, 0, (k)                                                            \
	}
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

Test(verify_bpf, filters_of_ours_are_good)
{
	const struct writ_fmt_insn insns[] = {
		LD(4),
		JEQ(KERNEL_AUDIT_ARCH, 1, 0),
		RET(SECCOMP_ACTION_KILL_PROCESS),
		LD(16),
		{BPF_OP_AND_K, 0, 0, 0xff},
		{BPF_OP_JSET_K, 0, 1, 3},
		{BPF_OP_JA, 0, 0, 1},
		RET(SECCOMP_ACTION_ALLOW),
		RET(SECCOMP_ACTION_ERRNO | 38),
	};

	cr_expect_null(verify_bpf(insns, COUNT(insns)));
}

Test(verify_bpf, everything_else_is_refused)
{
	static const struct writ_fmt_insn bad[][3] = {
		{LD(64), RET(SECCOMP_ACTION_ALLOW), RET(SECCOMP_ACTION_ALLOW)},
		{LD(2), RET(SECCOMP_ACTION_ALLOW), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), JEQ(1, 1, 0), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), JEQ(1, 0, 255), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_JA, 0, 0, 1}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_JA, 0, 0, UINT32_MAX}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ALLOW), LD(0)},
		{LD(0), RET(0x7ffc0000), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(0x7fc00000), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ERRNO), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ERRNO | 4096), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ALLOW | 1), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {0x02, 0, 0, 0}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {0x16, 0, 0, 0}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_RET_K, 1, 0, SECCOMP_ACTION_ALLOW}, RET(SECCOMP_ACTION_ALLOW)},
		{JEQ(1, 0, 0), RET(SECCOMP_ACTION_ALLOW), RET(SECCOMP_ACTION_ALLOW)},
	};
	static struct writ_fmt_insn many[WRIT_MAX_INSNS + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not_null(verify_bpf(bad[i], 3), "program %zu", i);
	for (size_t i = 0; i <= WRIT_MAX_INSNS; i++)
		many[i] = (struct writ_fmt_insn)RET(SECCOMP_ACTION_ALLOW);
	cr_expect_null(verify_bpf(many, WRIT_MAX_INSNS));
	cr_expect_not_null(verify_bpf(many, WRIT_MAX_INSNS + 1));
	cr_expect_not_null(verify_bpf(many, 0));
}
