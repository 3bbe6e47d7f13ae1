/*
 * The parts of the kernel's interface that libwrit uses and that a libc may not declare.
 *
 * musl ships no <linux/...> headers, and those of a build machine are often older than the kernel
 * the bundle will meet, so every number the runtime hands to the kernel stands here. All of them
 * are ABI: they never change. Where the build machine has the kernel's own header,
 * runtime/kernel_abi.c holds the two together.
 */
#ifndef WRIT_RUNTIME_KERNEL_ABI_H
#define WRIT_RUNTIME_KERNEL_ABI_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "bundles are little-endian and are read in place"
#endif

/* <linux/audit.h>: what seccomp_data.arch holds for native calls. */
#if defined(__x86_64__)
#define KERNEL_AUDIT_ARCH 0xC000003Eu
#define KERNEL_ARCH_NAME  "x86_64"
#elif defined(__aarch64__)
#define KERNEL_AUDIT_ARCH 0xC00000B7u
#define KERNEL_ARCH_NAME  "aarch64"
#elif defined(__riscv) && __riscv_xlen == 64
#define KERNEL_AUDIT_ARCH 0xC00000F3u
#define KERNEL_ARCH_NAME  "riscv64"
#else
#error "libwrit knows x86_64, aarch64 and riscv64"
#endif

/* System calls after 424 have the same number on every architecture but alpha. */
#define KERNEL_NR_PIDFD_SEND_SIGNAL       424
#define KERNEL_NR_OPEN_TREE               428
#define KERNEL_NR_MOVE_MOUNT              429
#define KERNEL_NR_FSOPEN                  430
#define KERNEL_NR_FSCONFIG                431
#define KERNEL_NR_FSMOUNT                 432
#define KERNEL_NR_PIDFD_OPEN              434
#define KERNEL_NR_CLONE3                  435
#define KERNEL_NR_CLOSE_RANGE             436
#define KERNEL_NR_OPENAT2                 437
#define KERNEL_NR_PIDFD_GETFD             438
#define KERNEL_NR_FACCESSAT2              439
#define KERNEL_NR_MOUNT_SETATTR           442
#define KERNEL_NR_LANDLOCK_CREATE_RULESET 444
#define KERNEL_NR_LANDLOCK_ADD_RULE       445
#define KERNEL_NR_LANDLOCK_RESTRICT_SELF  446
#define KERNEL_NR_FCHMODAT2               452

/* <linux/futex.h>: between processes that share memory */
#define KERNEL_FUTEX_WAIT 0
#define KERNEL_FUTEX_WAKE 1

/* <linux/landlock.h> */
#define LANDLOCK_VERSION_FLAG    1u
#define LANDLOCK_PATH_BENEATH    1
#define LANDLOCK_NET_PORT        2
#define LANDLOCK_FS_EXECUTE      (UINT64_C(1) << 0)
#define LANDLOCK_FS_WRITE_FILE   (UINT64_C(1) << 1)
#define LANDLOCK_FS_READ_FILE    (UINT64_C(1) << 2)
#define LANDLOCK_FS_READ_DIR     (UINT64_C(1) << 3)
#define LANDLOCK_FS_MAKE_CHAR    (UINT64_C(1) << 6)
#define LANDLOCK_FS_MAKE_BLOCK   (UINT64_C(1) << 11)
#define LANDLOCK_FS_TRUNCATE     (UINT64_C(1) << 14)
#define LANDLOCK_FS_IOCTL_DEV    (UINT64_C(1) << 15)
#define LANDLOCK_NET_BIND_TCP    (UINT64_C(1) << 0)
#define LANDLOCK_NET_CONNECT_TCP (UINT64_C(1) << 1)

/* What the language's write gives in a directory, of all ABIs together. */
#define LANDLOCK_FS_OF_WRITE UINT64_C(0x77be)

/* The rights of a file; the others are EINVAL in a rule on what is not a directory. */
#define LANDLOCK_FS_OF_FILE                                                                        \
	(LANDLOCK_FS_EXECUTE | LANDLOCK_FS_WRITE_FILE | LANDLOCK_FS_READ_FILE |                    \
	 LANDLOCK_FS_TRUNCATE | LANDLOCK_FS_IOCTL_DEV)

struct landlock_ruleset_abi6 {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* since ABI 4 */
	uint64_t scoped;             /* since ABI 6 */
};

struct landlock_path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

struct landlock_net_port {
	uint64_t allowed_access;
	uint64_t port;
};

/* <linux/seccomp.h>, <linux/filter.h>, <linux/bpf_common.h> */
#define SECCOMP_OP_SET_FILTER       1
#define SECCOMP_OP_ACTION_AVAIL     2
#define SECCOMP_ACTION_KILL_PROCESS 0x80000000u
#define SECCOMP_ACTION_ERRNO        0x00050000u
#define SECCOMP_ACTION_USER_NOTIF   0x7fc00000u
#define SECCOMP_ACTION_LOG          0x7ffc0000u
#define SECCOMP_ACTION_ALLOW        0x7fff0000u
#define SECCOMP_ACTION_MASK         0xffff0000u
#define SECCOMP_DATA_SIZE           64u
#define SECCOMP_OP_NOTIF_SIZES      3
#define SECCOMP_NEW_LISTENER        (1u << 3)
#define SECCOMP_WAIT_KILLABLE       (1u << 5) /* since 5.19 */
#define SECCOMP_NOTIF_CONTINUE      (1u << 0)
#define SECCOMP_ADDFD_AND_SEND      (1u << 1) /* since 5.14 */
#define SECCOMP_NOTIF_SYNC_WAKE     (UINT64_C(1) << 0)
#define SECCOMP_IOCTL_RECV          0xc0502100u
#define SECCOMP_IOCTL_SEND          0xc0182101u
#define SECCOMP_IOCTL_ID_VALID      0x40082102u
#define SECCOMP_IOCTL_ADDFD         0x40182103u
#define SECCOMP_IOCTL_SET_FLAGS     0x40082104u /* since 6.6 */

struct seccomp_notif_abi {
	uint64_t id;
	uint32_t pid;
	uint32_t flags;
	int32_t nr;
	uint32_t arch;
	uint64_t instruction;
	uint64_t args[6];
};

struct seccomp_reply_abi {
	uint64_t id;
	int64_t value;
	int32_t error;
	uint32_t flags;
};

struct seccomp_addfd_abi {
	uint64_t id;
	uint32_t flags;
	uint32_t srcfd;
	uint32_t newfd;
	uint32_t newfd_flags;
};

struct seccomp_sizes_abi {
	uint16_t notif;
	uint16_t reply;
	uint16_t data;
};

#define BPF_OP_LD_W_ABS 0x20u
#define BPF_OP_AND_K    0x54u
#define BPF_OP_JA       0x05u
#define BPF_OP_JEQ_K    0x15u
#define BPF_OP_JGT_K    0x25u
#define BPF_OP_JGE_K    0x35u
#define BPF_OP_JSET_K   0x45u
#define BPF_OP_RET_K    0x06u

struct bpf_program {
	uint16_t len;
	const void *insns; /* struct sock_filter, which struct writ_fmt_insn is */
};

/* <linux/sched.h>, <linux/pidfd.h>, <linux/wait.h> */
#define KERNEL_CLONE_VM          0x00000100
#define KERNEL_CLONE_FILES       0x00000400
#define KERNEL_CLONE_SIGHAND     0x00000800
#define KERNEL_CLONE_PIDFD       0x00001000
#define KERNEL_CLONE_VFORK       0x00004000
#define KERNEL_CLONE_NEWNS       0x00020000
#define KERNEL_CLONE_SETTLS      0x00080000
#define KERNEL_CLONE_NEWUSER     0x10000000
#define KERNEL_CLONE_NEWPID      0x20000000
#define KERNEL_CLONE_NEWNET      0x40000000
#define KERNEL_CLONE_INTO_CGROUP UINT64_C(0x200000000) /* since 5.7 */
#define KERNEL_PIDFD_THREAD      0x80                  /* since 6.9 */
#define KERNEL_PIDFD_GROUP       (1u << 2)             /* since 6.9 */
#define KERNEL_P_PIDFD           3
#define KERNEL_WALL              0x40000000
#define KERNEL_SIGNALS           64 /* numbers 1 to 64 */
#define KERNEL_SIGSET_SIZE       8

/* struct clone_args, since 5.7. */
struct clone_args_abi {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

/* <linux/capability.h>, <linux/securebits.h>, <linux/prctl.h> */
#define CAPABILITY_VERSION_3 0x20080522u
#define CAPABILITY_SETGID    6u
#define CAPABILITY_SETUID    7u
#define CAPABILITY_SETPCAP   8u
#define CAPABILITY_SYS_ADMIN 21u
#define CAPABILITY_SETFCAP   31u

struct capability_header {
	uint32_t version;
	int32_t pid;
};

struct capability_data {
	uint32_t effective;
	uint32_t permitted;
	uint32_t inheritable;
};

#define KERNEL_PR_SET_PDEATHSIG    1
#define KERNEL_PR_GET_DUMPABLE     3
#define KERNEL_PR_SET_DUMPABLE     4
#define KERNEL_PR_SET_NAME         15
#define KERNEL_PR_CAPBSET_READ     23
#define KERNEL_PR_CAPBSET_DROP     24
#define KERNEL_PR_SET_SECUREBITS   28
#define KERNEL_PR_SET_SUBREAPER    36
#define KERNEL_PR_SET_NO_NEW_PRIVS 38
#define KERNEL_PR_CAP_AMBIENT      47
#define KERNEL_CAP_AMBIENT_CLEAR   4

/*
 * NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE on, KEEP_CAPS off, and all four locked: uid 0
 * means nothing at execve any more, and nobody can turn that back (capabilities(7)).
 */
#define SECUREBITS_NO_PRIVILEGE 0xefL

/* <asm/fcntl.h>: what libcs of 64 bits say is 0, and some pass. */
#if defined(__aarch64__)
#define KERNEL_O_LARGEFILE 0400000u
#else
#define KERNEL_O_LARGEFILE 0100000u
#endif

/* openat2(2). */
struct open_how_abi {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define KERNEL_RESOLVE_NO_MAGICLINKS 0x02u
#define KERNEL_RESOLVE_NO_SYMLINKS   0x04u

/* statx(2). */
struct statx_time_abi {
	int64_t sec;
	uint32_t nsec;
	int32_t reserved;
};

struct statx_abi {
	uint32_t mask;
	uint32_t blksize;
	uint64_t attributes;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	uint16_t mode;
	uint16_t spare;
	uint64_t ino;
	uint64_t size;
	uint64_t blocks;
	uint64_t attributes_mask;
	struct statx_time_abi times[4];
	uint32_t rdev_major;
	uint32_t rdev_minor;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint64_t mnt_id; /* since 5.8 */
	uint64_t more[13];
};
#define KERNEL_STATX_TYPE   0x0001u
#define KERNEL_STATX_MODE   0x0002u
#define KERNEL_STATX_INO    0x0100u
#define KERNEL_STATX_MNT_ID 0x1000u

/* <linux/magic.h>, <linux/fs.h>: file systems, and what ioctl_iflags(2) says of a directory. */
#define KERNEL_FS_TMPFS      0x01021994
#define KERNEL_GETFLAGS      0x80086601u
#define KERNEL_FLAG_CASEFOLD 0x40000000u
/* <linux/mount.h>, <linux/fcntl.h> */
#define KERNEL_OPEN_TREE_CLONE    1u
#define KERNEL_OPEN_TREE_CLOEXEC  02000000u
#define KERNEL_AT_RECURSIVE       0x8000u
#define KERNEL_MOVE_MOUNT_F_EMPTY 0x04u
#define KERNEL_MOVE_MOUNT_T_EMPTY 0x40u
#define KERNEL_FSOPEN_CLOEXEC     1u
#define KERNEL_FSMOUNT_CLOEXEC    1u
#define KERNEL_FSCONFIG_STRING    1u
#define KERNEL_FSCONFIG_CREATE    6u
#define KERNEL_MOUNT_RDONLY       0x01u
#define KERNEL_MOUNT_NOSUID       0x02u
#define KERNEL_MOUNT_NODEV        0x04u
#define KERNEL_MOUNT_NOEXEC       0x08u

struct mount_attr_abi {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns_fd;
};

/* <linux/sockios.h>, <linux/netlink.h>, <linux/rtnetlink.h> */
#define KERNEL_SIOCSIFFLAGS   0x8914u
#define KERNEL_SIOCGIFINDEX   0x8933u
#define KERNEL_SIOCGSKNS      0x894Cu /* the network namespace of a socket */
#define KERNEL_NLM_F_REQUEST  0x001u
#define KERNEL_NLM_F_ACK      0x004u
#define KERNEL_NLM_F_CREATE   0x400u
#define KERNEL_RTM_NEWROUTE   24u
#define KERNEL_RT_TABLE_LOCAL 255u
#define KERNEL_RT_SCOPE_HOST  254u
#define KERNEL_RTPROT_BOOT    3u
#define KERNEL_RTN_LOCAL      2u
#define KERNEL_RTA_OIF        4u

/* struct nlmsghdr, struct rtmsg, and one struct rtattr with what it holds. */
struct route_request_abi {
	uint32_t len;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
	uint8_t family;
	uint8_t destination_bits;
	uint8_t source_bits;
	uint8_t tos;
	uint8_t table;
	uint8_t protocol;
	uint8_t scope;
	uint8_t route_type;
	uint32_t route_flags;
	uint16_t attribute_len;
	uint16_t attribute;
	uint32_t interface;
};

/* struct nlmsghdr, and what struct nlmsgerr begins with. */
struct netlink_answer_abi {
	uint32_t len;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
	int32_t error;
};

/* <linux/netlink.h>, <linux/sock_diag.h>, <linux/inet_diag.h>, <asm/socket.h> */
#define KERNEL_NETLINK_SOCK_DIAG   4
#define KERNEL_SOCK_DIAG_BY_FAMILY 20u
#define KERNEL_TCP_DESTROY_GROUPS  0x5u /* SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY */
#define KERNEL_INET_DIAG_INFO      2u
#define KERNEL_SO_COOKIE           57

/* struct sockaddr_nl */
struct netlink_name_abi {
	uint16_t family;
	uint16_t pad;
	uint32_t port;
	uint32_t groups;
};

/* struct inet_diag_sockid: ports and addresses in network order. */
struct diag_id_abi {
	uint16_t own_port;
	uint16_t peer_port;
	uint8_t own[16];
	uint8_t peer[16];
	uint32_t interface;
	uint32_t cookie[2];
};

/* struct nlmsghdr and struct inet_diag_req_v2 */
struct diag_request_abi {
	uint32_t len;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
	uint8_t family;
	uint8_t protocol;
	uint8_t extensions;
	uint8_t pad;
	uint32_t states;
	struct diag_id_abi id;
};

/* struct nlmsghdr and struct inet_diag_msg; attributes follow. */
struct diag_answer_abi {
	uint32_t len;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
	uint8_t family;
	uint8_t state;
	uint8_t timer;
	uint8_t retransmits;
	struct diag_id_abi id;
	uint32_t expires;
	uint32_t receive_queue;
	uint32_t send_queue;
	uint32_t user;
	uint32_t inode;
};

/* <linux/fs.h>, <asm/ioctls.h>, <linux/ioprio.h> */
#define KERNEL_RWF_NOWAIT         8 /* for pipes since 6.4 */
#define KERNEL_TIOCGDEV           0x80045432u
#define KERNEL_IOPRIO_WHO_PROCESS 1
#define KERNEL_IOPRIO_CLASS_SHIFT 13
#define KERNEL_IOPRIO_CLASS_RT    1

#endif
