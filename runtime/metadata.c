/*
 * See metadata.h. A constant program: one comparison a call, one a request of ioctl. Calls of
 * another architecture, or of x32, pass it: the sandbox's own filter refuses those. Only the words
 * are looked at that the kernel looks at (a request of ioctl is an unsigned int).
 */
#include "runtime/metadata.h"

#include <errno.h>
#include <sys/syscall.h>

#include "runtime/writ_format.h"

#define DATA_NR      0u /* offsets in struct seccomp_data, seccomp(2) */
#define DATA_ARCH    4u
#define DATA_REQUEST 24u

#define LOAD(offset)                                                                               \
	{                                                                                          \
		.code = BPF_OP_LD_W_ABS, .k = (offset)                                             \
	}
#define RETURN(what)                                                                               \
	{                                                                                          \
		.code = BPF_OP_RET_K, .k = (what)                                                  \
	}
#define REFUSE RETURN(SECCOMP_ACTION_ERRNO | EPERM)
/* Equal: the next instruction, which refuses; else the one behind it. */
#define REFUSED(value) {.code = BPF_OP_JEQ_K, .jt = 0, .jf = 1, .k = (value)}, REFUSE

/* Since 5.16 and later, of one number everywhere. */
#define NR_FCHMODAT2     452
#define NR_SETXATTRAT    463
#define NR_REMOVEXATTRAT 466
#define NR_FILE_SETATTR  469

/* Requests of ioctl: FS_IOC_SETFLAGS, the same of 32 bits, FS_IOC_FSSETXATTR. */
#define SET_FLAGS    0x40086602u
#define SET_FLAGS_32 0x40046602u
#define SET_XATTR    0x401c5820u

static const struct writ_fmt_insn program[] = {
	LOAD(DATA_ARCH),
	{.code = BPF_OP_JEQ_K, .jt = 1, .jf = 0, .k = KERNEL_AUDIT_ARCH},
	RETURN(SECCOMP_ACTION_ALLOW),
	LOAD(DATA_NR),
#ifdef SYS_chmod
	REFUSED(SYS_chmod),
	REFUSED(SYS_chown),
	REFUSED(SYS_lchown),
	REFUSED(SYS_utime),
	REFUSED(SYS_utimes),
	REFUSED(SYS_futimesat),
#endif
	REFUSED(SYS_fchmod),
	REFUSED(SYS_fchmodat),
	REFUSED(NR_FCHMODAT2),
	REFUSED(SYS_fchown),
	REFUSED(SYS_fchownat),
	REFUSED(SYS_utimensat),
	REFUSED(SYS_setxattr),
	REFUSED(SYS_lsetxattr),
	REFUSED(SYS_fsetxattr),
	REFUSED(NR_SETXATTRAT),
	REFUSED(SYS_removexattr),
	REFUSED(SYS_lremovexattr),
	REFUSED(SYS_fremovexattr),
	REFUSED(NR_REMOVEXATTRAT),
	REFUSED(NR_FILE_SETATTR),
	{.code = BPF_OP_JEQ_K, .jt = 1, .jf = 0, .k = SYS_ioctl},
	RETURN(SECCOMP_ACTION_ALLOW),
	LOAD(DATA_REQUEST),
	REFUSED(SET_FLAGS),
	REFUSED(SET_FLAGS_32),
	REFUSED(SET_XATTR),
	RETURN(SECCOMP_ACTION_ALLOW),
};

const struct bpf_program metadata_filter = {
	.len = sizeof(program) / sizeof(program[0]),
	.insns = program,
};

static const struct writ_fmt_insn session_program[] = {
	LOAD(DATA_ARCH),
	{.code = BPF_OP_JEQ_K, .jt = 1, .jf = 0, .k = KERNEL_AUDIT_ARCH},
	RETURN(SECCOMP_ACTION_ALLOW),
	LOAD(DATA_NR),
	REFUSED(SYS_setsid),
	RETURN(SECCOMP_ACTION_ALLOW),
};

const struct bpf_program session_filter = {
	.len = sizeof(session_program) / sizeof(session_program[0]),
	.insns = session_program,
};
