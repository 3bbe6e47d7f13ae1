/*
 * See refusals.h. Each refusal is five instructions, which fall through to the next.
 */
#include "support/refusals.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "runtime/landlock.h"

#define MAX_REFUSALS 16
#define N_INSNS      5

static void put_refusal(struct sock_filter insns[N_INSNS], const struct refusal *refusal)
{
	const struct sock_filter flagged = BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, refusal->flags, 0,
						    1);
	const struct sock_filter always = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, 0, 1);
	const struct sock_filter test[N_INSNS] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)refusal->call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		refusal->flags ? flagged : always,
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)refusal->error),
	};

	memcpy(insns, test, sizeof(test));
}

void refuse_calls(const struct refusal *refusals, size_t n)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_filter insns[MAX_REFUSALS * N_INSNS + 1];
	struct sock_fprog program = {.len = (unsigned short)(n * N_INSNS + 1), .filter = insns};

	cr_assert_leq(n, MAX_REFUSALS);
	for (size_t i = 0; i < n; i++)
		put_refusal(&insns[i * N_INSNS], &refusals[i]);
	insns[n * N_INSNS] = allow;
	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
			     &program),
		     0, "%s", strerror(errno));
}

/* Whoever is in a Landlock domain mounts nothing: landlock(7). */
void refuse_mounts_unseen(void)
{
	const struct landlock_ruleset_abi6 rights = {.handled_access_fs = LANDLOCK_FS_MAKE_CHAR};
	int ruleset = (int)syscall(KERNEL_NR_LANDLOCK_CREATE_RULESET, &rights, sizeof(rights), 0);

	cr_assert(ruleset >= 0);
	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(landlock_enter(ruleset), 0);
	(void)close(ruleset);
}
