/*
 * See metadata.h. One comparison a call, one a request of ioctl. Calls of another architecture, or
 * of x32, pass: the sandbox's own filter refuses those. Only the words are looked at that the
 * kernel looks at (a request of ioctl is an unsigned int).
 */
#include "runtime/metadata.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "runtime/kernel_abi.h"
#include "runtime/seccomp.h"

#define DATA_NR      0u /* offsets in struct seccomp_data, seccomp(2) */
#define DATA_ARCH    4u
#define DATA_REQUEST 24u

#define REFUSE (SECCOMP_ACTION_ERRNO | EPERM)

/* Since 5.16 and later, of one number everywhere. */
#define NR_SETXATTRAT    463
#define NR_REMOVEXATTRAT 466
#define NR_FILE_SETATTR  469

/* What a broker does for a tool: the mode and the times of a file. */
static const uint16_t brokered[] = {
#ifdef SYS_chmod
	SYS_chmod,    SYS_utime,           SYS_utimes,    SYS_futimesat,
#endif
	SYS_fchmodat, KERNEL_NR_FCHMODAT2, SYS_utimensat,
};

static const uint16_t refused[] = {
#ifdef SYS_chmod
	SYS_chown,        SYS_lchown,
#endif
	SYS_fchown,       SYS_fchownat,     SYS_setxattr,    SYS_lsetxattr,
	SYS_fsetxattr,    NR_SETXATTRAT,    SYS_removexattr, SYS_lremovexattr,
	SYS_fremovexattr, NR_REMOVEXATTRAT, NR_FILE_SETATTR,
};

/* FS_IOC_SETFLAGS, the same of 32 bits, FS_IOC_FSSETXATTR. */
static const uint32_t requests[] = {0x40086602u, 0x40046602u, 0x401c5820u};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static struct writ_fmt_insn *put(struct writ_fmt_insn *at, uint16_t code, uint32_t k)
{
	*at = (struct writ_fmt_insn){.code = code, .k = k};
	return at + 1;
}

/* Equal: this is the verdict; else on. */
static struct writ_fmt_insn *put_case(struct writ_fmt_insn *at, uint32_t value, uint32_t verdict)
{
	at = put(at, BPF_OP_JEQ_K, value);
	at[-1].jf = 1;
	return put(at, BPF_OP_RET_K, verdict);
}

/* For calls of this architecture; others pass. */
static struct writ_fmt_insn *begin(struct writ_fmt_insn *at)
{
	at = put(at, BPF_OP_LD_W_ABS, DATA_ARCH);
	at = put(at, BPF_OP_JEQ_K, KERNEL_AUDIT_ARCH);
	at[-1].jt = 1;
	at = put(at, BPF_OP_RET_K, SECCOMP_ACTION_ALLOW);
	return put(at, BPF_OP_LD_W_ABS, DATA_NR);
}

size_t metadata_program(enum metadata_way way, struct writ_fmt_insn out[METADATA_MAX])
{
	static const uint32_t verdicts[] = {
		[METADATA_REFUSED] = REFUSE,
		[METADATA_ASKED] = SECCOMP_ACTION_USER_NOTIF,
		[METADATA_PASSED] = SECCOMP_ACTION_ALLOW,
	};
	struct writ_fmt_insn *at = begin(out);

	at = put_case(at, SYS_fchmod, way == METADATA_PASSED ? REFUSE : verdicts[way]);
	for (size_t i = 0; i < LEN(brokered); i++)
		at = put_case(at, brokered[i], verdicts[way]);
	for (size_t i = 0; i < LEN(refused); i++)
		at = put_case(at, refused[i], REFUSE);
	at = put(at, BPF_OP_JEQ_K, SYS_ioctl);
	at[-1].jt = 1;
	at = put(at, BPF_OP_RET_K, SECCOMP_ACTION_ALLOW);
	at = put(at, BPF_OP_LD_W_ABS, DATA_REQUEST);
	for (size_t i = 0; i < LEN(requests); i++)
		at = put_case(at, requests[i], REFUSE);
	at = put(at, BPF_OP_RET_K, SECCOMP_ACTION_ALLOW);
	return (size_t)(at - out);
}

int metadata_enter(enum metadata_way way)
{
	struct writ_fmt_insn insns[METADATA_MAX];
	const struct bpf_program program = {
		.len = (uint16_t)metadata_program(way, insns),
		.insns = insns,
	};

	return way == METADATA_ASKED ? seccomp_listen(&program, true) : seccomp_enter(&program);
}

int metadata_enter_session(void)
{
	struct writ_fmt_insn insns[METADATA_MAX];
	struct writ_fmt_insn *at = put_case(begin(insns), SYS_setsid, REFUSE);
	struct bpf_program program = {.insns = insns};

	at = put(at, BPF_OP_RET_K, SECCOMP_ACTION_ALLOW);
	program.len = (uint16_t)(at - insns);
	return seccomp_enter(&program);
}
