/*
 * Compile-time proof that runtime/kernel_abi.h says what the kernel's headers say, wherever the
 * build machine has them. musl's tool chain has none: then there is nothing to compare, and the
 * glibc build of the same commit has compared. What Debian 12's headers do not know yet is compared
 * when they do.
 */
#include "runtime/kernel_abi.h"

#include <fcntl.h>
#include <stddef.h>

_Static_assert(sizeof(struct landlock_ruleset_abi6) == 24, "kernel ABI");
_Static_assert(sizeof(struct landlock_path_beneath) == 12, "kernel ABI");
_Static_assert(sizeof(struct landlock_net_port) == 16, "kernel ABI");
_Static_assert(sizeof(struct capability_data) == 12, "kernel ABI");
_Static_assert(sizeof(struct clone_args_abi) == 88, "kernel ABI");
_Static_assert(sizeof(struct seccomp_notif_abi) == 80, "kernel ABI");
_Static_assert(sizeof(struct seccomp_reply_abi) == 24, "kernel ABI");
_Static_assert(sizeof(struct seccomp_addfd_abi) == 24, "kernel ABI");
_Static_assert(sizeof(struct statx_abi) == 256, "kernel ABI");
_Static_assert(sizeof(struct route_request_abi) == 36, "kernel ABI");
_Static_assert(sizeof(struct netlink_answer_abi) == 20, "kernel ABI");

#if defined(__GLIBC__) && defined(__has_include)
#if __has_include(<linux/landlock.h>) && __has_include(<linux/seccomp.h>)
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/ioprio.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

_Static_assert(LANDLOCK_VERSION_FLAG == LANDLOCK_CREATE_RULESET_VERSION, "kernel ABI");
_Static_assert(LANDLOCK_FS_EXECUTE == LANDLOCK_ACCESS_FS_EXECUTE, "kernel ABI");
_Static_assert(LANDLOCK_FS_WRITE_FILE == LANDLOCK_ACCESS_FS_WRITE_FILE, "kernel ABI");
_Static_assert(LANDLOCK_FS_READ_FILE == LANDLOCK_ACCESS_FS_READ_FILE, "kernel ABI");
_Static_assert(LANDLOCK_FS_READ_DIR == LANDLOCK_ACCESS_FS_READ_DIR, "kernel ABI");
_Static_assert(LANDLOCK_FS_MAKE_CHAR == LANDLOCK_ACCESS_FS_MAKE_CHAR, "kernel ABI");
_Static_assert(LANDLOCK_FS_MAKE_BLOCK == LANDLOCK_ACCESS_FS_MAKE_BLOCK, "kernel ABI");
_Static_assert((int)LANDLOCK_PATH_BENEATH == (int)LANDLOCK_RULE_PATH_BENEATH, "kernel ABI");
_Static_assert(SECCOMP_OP_SET_FILTER == SECCOMP_SET_MODE_FILTER, "kernel ABI");
_Static_assert(SECCOMP_OP_ACTION_AVAIL == SECCOMP_GET_ACTION_AVAIL, "kernel ABI");
_Static_assert(SECCOMP_ACTION_KILL_PROCESS == SECCOMP_RET_KILL_PROCESS, "kernel ABI");
_Static_assert(SECCOMP_ACTION_ERRNO == SECCOMP_RET_ERRNO, "kernel ABI");
_Static_assert(SECCOMP_ACTION_USER_NOTIF == SECCOMP_RET_USER_NOTIF, "kernel ABI");
_Static_assert(SECCOMP_ACTION_LOG == SECCOMP_RET_LOG, "kernel ABI");
_Static_assert(SECCOMP_ACTION_ALLOW == SECCOMP_RET_ALLOW, "kernel ABI");
_Static_assert(SECCOMP_ACTION_MASK == SECCOMP_RET_ACTION_FULL, "kernel ABI");
_Static_assert(SECCOMP_DATA_SIZE == sizeof(struct seccomp_data), "kernel ABI");
_Static_assert(SECCOMP_OP_NOTIF_SIZES == SECCOMP_GET_NOTIF_SIZES, "kernel ABI");
_Static_assert(SECCOMP_NEW_LISTENER == SECCOMP_FILTER_FLAG_NEW_LISTENER, "kernel ABI");
_Static_assert(SECCOMP_NOTIF_CONTINUE == SECCOMP_USER_NOTIF_FLAG_CONTINUE, "kernel ABI");
_Static_assert(SECCOMP_ADDFD_AND_SEND == SECCOMP_ADDFD_FLAG_SEND, "kernel ABI");
_Static_assert(SECCOMP_IOCTL_RECV == SECCOMP_IOCTL_NOTIF_RECV, "kernel ABI");
_Static_assert(SECCOMP_IOCTL_SEND == SECCOMP_IOCTL_NOTIF_SEND, "kernel ABI");
_Static_assert(SECCOMP_IOCTL_ID_VALID == SECCOMP_IOCTL_NOTIF_ID_VALID, "kernel ABI");
_Static_assert(SECCOMP_IOCTL_ADDFD == SECCOMP_IOCTL_NOTIF_ADDFD, "kernel ABI");
_Static_assert(sizeof(struct seccomp_notif_abi) == sizeof(struct seccomp_notif), "kernel ABI");
_Static_assert(sizeof(struct seccomp_sizes_abi) == sizeof(struct seccomp_notif_sizes),
	       "kernel ABI");
_Static_assert(KERNEL_RESOLVE_NO_MAGICLINKS == RESOLVE_NO_MAGICLINKS, "kernel ABI");
_Static_assert(KERNEL_RESOLVE_NO_SYMLINKS == RESOLVE_NO_SYMLINKS, "kernel ABI");
_Static_assert(KERNEL_FS_TMPFS == TMPFS_MAGIC, "kernel ABI");
_Static_assert(KERNEL_GETFLAGS == FS_IOC_GETFLAGS, "kernel ABI");
_Static_assert(KERNEL_FLAG_CASEFOLD == FS_CASEFOLD_FL, "kernel ABI");
_Static_assert(KERNEL_SIOCSIFFLAGS == SIOCSIFFLAGS, "kernel ABI");
_Static_assert(KERNEL_SIOCGIFINDEX == SIOCGIFINDEX, "kernel ABI");
_Static_assert(KERNEL_SIOCGSKNS == SIOCGSKNS, "kernel ABI");
_Static_assert(KERNEL_NLM_F_REQUEST == NLM_F_REQUEST, "kernel ABI");
_Static_assert(KERNEL_NLM_F_ACK == NLM_F_ACK, "kernel ABI");
_Static_assert(KERNEL_NLM_F_CREATE == NLM_F_CREATE, "kernel ABI");
_Static_assert((int)KERNEL_RTM_NEWROUTE == (int)RTM_NEWROUTE, "kernel ABI");
_Static_assert((int)KERNEL_RT_TABLE_LOCAL == (int)RT_TABLE_LOCAL, "kernel ABI");
_Static_assert((int)KERNEL_RT_SCOPE_HOST == (int)RT_SCOPE_HOST, "kernel ABI");
_Static_assert(KERNEL_RTPROT_BOOT == RTPROT_BOOT, "kernel ABI");
_Static_assert((int)KERNEL_RTN_LOCAL == (int)RTN_LOCAL, "kernel ABI");
_Static_assert((int)KERNEL_RTA_OIF == (int)RTA_OIF, "kernel ABI");
_Static_assert(BPF_OP_LD_W_ABS == (BPF_LD | BPF_W | BPF_ABS), "kernel ABI");
_Static_assert(BPF_OP_AND_K == (BPF_ALU | BPF_AND | BPF_K), "kernel ABI");
_Static_assert(BPF_OP_JA == (BPF_JMP | BPF_JA), "kernel ABI");
_Static_assert(BPF_OP_JEQ_K == (BPF_JMP | BPF_JEQ | BPF_K), "kernel ABI");
_Static_assert(BPF_OP_JGT_K == (BPF_JMP | BPF_JGT | BPF_K), "kernel ABI");
_Static_assert(BPF_OP_JGE_K == (BPF_JMP | BPF_JGE | BPF_K), "kernel ABI");
_Static_assert(BPF_OP_JSET_K == (BPF_JMP | BPF_JSET | BPF_K), "kernel ABI");
_Static_assert(BPF_OP_RET_K == (BPF_RET | BPF_K), "kernel ABI");
_Static_assert(sizeof(struct bpf_program) == sizeof(struct sock_fprog), "kernel ABI");
_Static_assert(offsetof(struct bpf_program, insns) == offsetof(struct sock_fprog, filter),
	       "kernel ABI");
_Static_assert(KERNEL_CLONE_VM == CLONE_VM, "kernel ABI");
_Static_assert(KERNEL_CLONE_FILES == CLONE_FILES, "kernel ABI");
_Static_assert(KERNEL_CLONE_PIDFD == CLONE_PIDFD, "kernel ABI");
_Static_assert(KERNEL_CLONE_VFORK == CLONE_VFORK, "kernel ABI");
_Static_assert(KERNEL_CLONE_SIGHAND == CLONE_SIGHAND, "kernel ABI");
_Static_assert(KERNEL_CLONE_FILES == CLONE_FILES, "kernel ABI");
_Static_assert(KERNEL_CLONE_SETTLS == CLONE_SETTLS, "kernel ABI");
_Static_assert(KERNEL_CLONE_NEWNS == CLONE_NEWNS, "kernel ABI");
_Static_assert(KERNEL_CLONE_NEWUSER == CLONE_NEWUSER, "kernel ABI");
_Static_assert(KERNEL_CLONE_NEWPID == CLONE_NEWPID, "kernel ABI");
_Static_assert(CAPABILITY_VERSION_3 == _LINUX_CAPABILITY_VERSION_3, "kernel ABI");
_Static_assert(CAPABILITY_SETPCAP == CAP_SETPCAP, "kernel ABI");
_Static_assert(CAPABILITY_SYS_ADMIN == CAP_SYS_ADMIN, "kernel ABI");
_Static_assert(CAPABILITY_SETFCAP == CAP_SETFCAP, "kernel ABI");
_Static_assert(KERNEL_PR_SET_PDEATHSIG == PR_SET_PDEATHSIG, "kernel ABI");
_Static_assert(KERNEL_PR_GET_DUMPABLE == PR_GET_DUMPABLE, "kernel ABI");
_Static_assert(KERNEL_PR_SET_DUMPABLE == PR_SET_DUMPABLE, "kernel ABI");
_Static_assert(KERNEL_PR_SET_NAME == PR_SET_NAME, "kernel ABI");
_Static_assert(KERNEL_PR_SET_SUBREAPER == PR_SET_CHILD_SUBREAPER, "kernel ABI");
_Static_assert(KERNEL_PR_SET_SECUREBITS == PR_SET_SECUREBITS, "kernel ABI");
_Static_assert(KERNEL_PR_SET_NO_NEW_PRIVS == PR_SET_NO_NEW_PRIVS, "kernel ABI");
_Static_assert(KERNEL_PR_CAPBSET_READ == PR_CAPBSET_READ, "kernel ABI");
_Static_assert(KERNEL_PR_CAPBSET_DROP == PR_CAPBSET_DROP, "kernel ABI");
_Static_assert(KERNEL_PR_CAP_AMBIENT == PR_CAP_AMBIENT, "kernel ABI");
_Static_assert(KERNEL_CAP_AMBIENT_CLEAR == PR_CAP_AMBIENT_CLEAR_ALL, "kernel ABI");
_Static_assert(KERNEL_OPEN_TREE_CLONE == OPEN_TREE_CLONE, "kernel ABI");
_Static_assert(KERNEL_OPEN_TREE_CLOEXEC == OPEN_TREE_CLOEXEC, "kernel ABI");
_Static_assert(KERNEL_MOVE_MOUNT_F_EMPTY == MOVE_MOUNT_F_EMPTY_PATH, "kernel ABI");
_Static_assert(KERNEL_MOVE_MOUNT_T_EMPTY == MOVE_MOUNT_T_EMPTY_PATH, "kernel ABI");
_Static_assert(KERNEL_FSOPEN_CLOEXEC == FSOPEN_CLOEXEC, "kernel ABI");
_Static_assert(KERNEL_FSMOUNT_CLOEXEC == FSMOUNT_CLOEXEC, "kernel ABI");
_Static_assert((int)KERNEL_FSCONFIG_STRING == (int)FSCONFIG_SET_STRING, "kernel ABI");
_Static_assert((int)KERNEL_FSCONFIG_CREATE == (int)FSCONFIG_CMD_CREATE, "kernel ABI");
_Static_assert(KERNEL_MOUNT_RDONLY == MOUNT_ATTR_RDONLY, "kernel ABI");
_Static_assert(KERNEL_MOUNT_NOSUID == MOUNT_ATTR_NOSUID, "kernel ABI");
_Static_assert(KERNEL_MOUNT_NODEV == MOUNT_ATTR_NODEV, "kernel ABI");
_Static_assert(KERNEL_MOUNT_NOEXEC == MOUNT_ATTR_NOEXEC, "kernel ABI");
_Static_assert(sizeof(struct mount_attr_abi) == sizeof(struct mount_attr), "kernel ABI");
_Static_assert(KERNEL_RWF_NOWAIT == RWF_NOWAIT, "kernel ABI");
_Static_assert(KERNEL_TIOCGDEV == TIOCGDEV, "kernel ABI");
_Static_assert(KERNEL_IOPRIO_WHO_PROCESS == IOPRIO_WHO_PROCESS, "kernel ABI");
_Static_assert(KERNEL_IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_SHIFT, "kernel ABI");
_Static_assert(KERNEL_IOPRIO_CLASS_RT == IOPRIO_CLASS_RT, "kernel ABI");
_Static_assert(SECUREBITS_NO_PRIVILEGE ==
		       ((SECURE_ALL_BITS & ~issecure_mask(SECURE_KEEP_CAPS)) | SECURE_ALL_LOCKS),
	       "kernel ABI");
#endif
#endif
